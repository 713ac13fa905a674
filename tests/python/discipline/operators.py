"""Mutants by rule: every way in which one small thing in a model's SQL could have been written wrong.

The SQL is what dbt compiled, so that a new model has its mutants the day it is written. A mutant is known by its model,
its operator and what it changes, as the parser writes it: neither by a line nor by the layout of the file.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
LONGEST = 100

OPERATORS = {
    "comparison": "`<` is `<=`, `>` is `>=` and the other way round, `=` is `!=`; a `not` is forgotten or too much",
    "arithmetic": "`+` is `-`, `-` is `+`, `*` is `+`, and a division multiplies",
    "condition": "a condition of a `where`, `having` or `case`, or one of several values or alternatives, is missing",
    "join key": "a condition of a join is missing",
    "join kind": "an inner join is a left join, and the other way round",
    "union": "`union all` is `union`, and the other way round",
    "window": "a column of `partition by` or `order by` is missing, or the order is reversed; `lag` is `lead`",
    "frame": "a frame ends or begins elsewhere",
    "case": "a branch of a `case` is missing, or comes after the next one",
    "default": "what stands for a null is missing",
    "extreme": "`least` is `greatest`, `min` is `max`, `sum` is `max`",
    "key": "a column of `group by`, or a `distinct`, is missing",
    "constant": "a number is one more (in its last digit), `true` is `false`",
}

FLIPPED = {
    **{exp.GT: exp.GTE, exp.GTE: exp.GT, exp.LT: exp.LTE, exp.LTE: exp.LT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ},
    **{exp.Add: exp.Sub, exp.Sub: exp.Add, exp.Mul: exp.Add, exp.IntDiv: exp.Mul, exp.Div: exp.Mul, exp.Mod: exp.Mul},
}
# functions are written in capitals
COLUMN = re.compile(r"\b[a-z][a-z0-9_.]*\b")
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.IntDiv, exp.Div, exp.Mod, exp.Cast, exp.Alias, exp.Paren)
COMPARISONS = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ)
CONDITIONS = (exp.Where, exp.Having, exp.Qualify, exp.If)
EXTREMES = {exp.Least: exp.Greatest, exp.Greatest: exp.Least, exp.Min: exp.Max, exp.Max: exp.Min, exp.Sum: exp.Max}

# the node that something is wrong in, what stands there instead, and a name where the two do not give one
Change = tuple[exp.Expr, exp.Expr, str | None]
Found = Iterator[Change]


@dataclass(frozen=True)
class Mutant:
    """One change in the SQL of one model; `name` says which, and `sql` is the whole of it."""

    model: str
    operator: str
    name: str
    sql: str

    @property
    def key(self) -> str:
        """By what the list of survivors knows it."""
        return f"{self.operator}: {self.name}"


class Statement:
    """A parsed query whose common tables are written one by one, so that a change writes only one of them again."""

    def __init__(self, sql: str) -> None:
        body = without_first_tries(sqlglot.parse_one(sql, dialect=DIALECT))
        tables = body.args.get("with_")
        self.head = "WITH RECURSIVE" if tables and tables.args.get("recursive") else "WITH"
        parts = [*tables.expressions, body] if tables else [body]
        if tables:
            tables.pop()
        # a root of its own for each, so that every node can be replaced
        self.parts = [exp.Tuple(expressions=[part]) for part in parts]
        self.texts = [self.written(part) for part in self.parts]

    def written(self, part: exp.Expr) -> str:
        """One part as it is now: copying it first, as `text` does, would take most of the time."""
        return part.expressions[0].sql(dialect=DIALECT, comments=False, copy=False)

    def sql(self, number: int | None = None) -> str:
        """The whole query, with one part as it is now."""
        texts = list(self.texts)
        if number is not None:
            texts[number] = self.written(self.parts[number])
        *tables, body = texts
        return f"{self.head} {', '.join(tables)} {body}" if tables else body


def mutants_of(model: str, sql: str) -> Iterator[Mutant]:
    """Every mutant of a model, in the order in which they stand in it; the same key never twice."""
    statement = Statement(sql)
    unchanged = statement.sql()
    seen: Counter[tuple[str, str]] = Counter()
    shapes: set[tuple[str, str]] = set()
    for number, part in enumerate(statement.parts):
        for node in list(part.walk(bfs=False)):
            for operator, find in FINDERS.items():
                for old, new, label in find(node):
                    label = label or f"{text(old)} → {text(new)}"
                    if is_exact_arithmetic(node):
                        shape = operator, COLUMN.sub("column", label)
                        if shape in shapes:
                            continue
                        shapes.add(shape)
                    name = shortened(label)
                    seen[operator, name] += 1
                    times = seen[operator, name]
                    old.replace(new)
                    mutated = statement.sql(number)
                    new.replace(old)
                    assert mutated != unchanged, f"{model}: {operator}: {name} changes nothing"
                    yield Mutant(model, operator, name if times == 1 else f"{name} ({times})", mutated)


def text(node: exp.Expr) -> str:
    """SQL on one line, without comments."""
    return node.sql(dialect=DIALECT, comments=False)


def shortened(name: str) -> str:
    """Of a long name the beginning and the end, and a sum of all of it."""
    if len(name) <= LONGEST:
        return name
    return f"{name[:60]} … {name[-25:]} #{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    """Every node above one."""
    while node.parent is not None:
        node = node.parent
        yield node


def without_first_tries(tree: exp.Expr) -> exp.Expr:
    """Divisions to the last digit, which a macro tries in a faster type first, in the type that has room for all.

    The first try changes no row, and what is wrong in only one of the two would not be seen.
    """
    for node in reversed(list(tree.find_all(exp.Coalesce))):
        if node.this.find(exp.TryCast):
            node.replace(node.expressions[0])
    return tree


def is_exact_arithmetic(node: exp.Expr) -> bool:
    """Whether a macro wrote this: a division to the last digit, the same for any columns, and tried once in a model."""
    while not isinstance(node.parent, exp.Select | exp.Case | exp.If | exp.Window | exp.Tuple):
        node = node.parent
    return isinstance(node, ARITHMETIC) and node.find(exp.IntDiv, exp.Mod) is not None


def is_no_time(node: exp.Expr) -> bool:
    """Whether this is none of some span, as a var has decided."""
    return isinstance(node, exp.Mul) and is_interval(node) and node.this.unnest().name == "0"


def is_of_a_var(node: exp.Expr) -> bool:
    """Whether a condition reads no column: dbt wrote a var into it, and another value has SQL of its own."""
    return node.find(exp.Column) is None


def is_simple_case(node: exp.Expr) -> bool:
    """A branch of `case x when 1 then` holds a value, not a condition."""
    return isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and node.parent.this is not None


def is_interval(node: exp.Expr) -> bool:
    """Whether this is a span of time, or a number of them."""
    return isinstance(node, exp.Interval) or (isinstance(node, exp.Mul) and is_interval(node.expression))


def operands(node: exp.Expr, kind: type[exp.Expr]) -> list[exp.Expr]:
    """The parts of a chain of `and` or `or`."""
    if isinstance(node, kind):
        return [*operands(node.this, kind), *operands(node.expression, kind)]
    return [node]


def in_join(node: exp.Expr) -> bool:
    """Whether a condition says which rows a join puts together."""
    for above in ancestors(node):
        if isinstance(above, exp.Join):
            return True
        if not isinstance(above, exp.And | exp.Or | exp.Paren):
            return False
    return False


def edited(node: exp.Expr, edit: Callable[[exp.Expr], object], label: str | None = None) -> Change:
    """A node and an edited copy of it."""
    copied = node.copy()
    edit(copied)
    return node, copied, label


def other_comparison(node: exp.Expr) -> Found:
    if type(node) in COMPARISONS and not is_of_a_var(node) and not (type(node) is exp.EQ and in_join(node)):
        yield node, FLIPPED[type(node)](this=node.this.copy(), expression=node.expression.copy()), None
    if isinstance(node, exp.Not):
        yield node, node.this.copy(), None
    if isinstance(node, exp.Is) and not isinstance(node.parent, exp.Not):
        yield node, exp.Not(this=node.copy()), None


def other_arithmetic(node: exp.Expr) -> Found:
    if type(node) not in FLIPPED or type(node) in COMPARISONS or is_no_time(node.expression):
        return
    if not (type(node) is exp.Mul and is_interval(node)):
        yield node, FLIPPED[type(node)](this=node.this.copy(), expression=node.expression.copy()), None


def missing_condition(node: exp.Expr) -> Found:
    """In a chain the part alone is named, so that the name does not change with its neighbours."""
    if isinstance(node, CONDITIONS) and not is_simple_case(node):
        yield from missing_parts(node.this, exp.And)
    if isinstance(node, exp.Or) and not isinstance(node.parent, exp.Or):
        yield from missing_parts(node, exp.Or)
    if isinstance(node, exp.And) and not isinstance(node.parent, (exp.And, exp.Join, *CONDITIONS)):
        yield from missing_parts(node, exp.And)
    if isinstance(node, exp.In) and len(node.expressions) > 1:
        for place in range(len(node.expressions)):
            yield edited(node, lambda copied, place=place: copied.expressions[place].pop())


def missing_parts(chain: exp.Expr, kind: type[exp.Expr]) -> Found:
    for part in operands(chain, kind):
        if not is_of_a_var(part):
            yield part, exp.Boolean(this=kind is exp.And), None


def missing_join_key(node: exp.Expr) -> Found:
    if isinstance(node, exp.Join) and node.args.get("on"):
        yield from missing_parts(node.args["on"], exp.And)


def other_join_kind(node: exp.Expr) -> Found:
    if isinstance(node, exp.Join) and node.args.get("on"):
        table = node.this.alias_or_name
        if node.side == "LEFT":
            label = f"LEFT JOIN {table} → INNER JOIN"
            yield edited(node, lambda copied: (copied.set("side", None), copied.set("kind", "INNER")), label)
        elif not node.side:
            label = f"INNER JOIN {table} → LEFT JOIN"
            yield edited(node, lambda copied: (copied.set("side", "LEFT"), copied.set("kind", None)), label)


def other_union(node: exp.Expr) -> Found:
    if type(node) is exp.Union:
        names = ("UNION", "UNION ALL") if node.args.get("distinct") else ("UNION ALL", "UNION")
        label = f"{' → '.join(names)} before {text(node.expression)}"
        yield edited(node, lambda copied: copied.set("distinct", not copied.args.get("distinct")), label)


def other_window(node: exp.Expr) -> Found:
    if isinstance(node, exp.Window):
        for place, column in enumerate(node.args.get("partition_by") or []):
            label = f"{text(node.this)} OVER (PARTITION BY without {text(column)})"
            yield edited(node, lambda copied, place=place: copied.args["partition_by"][place].pop(), label)
        order = node.args.get("order")
        for place, column in enumerate(order.expressions if order else []):
            label = f"{text(node.this)} OVER (ORDER BY without {text(column)})"
            if len(order.expressions) > 1:
                yield edited(node, lambda copied, place=place: copied.args["order"].expressions[place].pop(), label)
            label = f"{text(node.this)} OVER (ORDER BY with {text(column)} reversed)"
            yield edited(node, lambda copied, place=place: reverse(copied.args["order"].expressions[place]), label)
    if isinstance(node, exp.Lag | exp.Lead):
        other = exp.Lead if isinstance(node, exp.Lag) else exp.Lag
        yield node, other(**node.copy().args), None


def reverse(ordered: exp.Expr) -> None:
    """Descending where it was ascending; nulls stay where they are."""
    ordered.set("desc", not ordered.args.get("desc"))


def other_frame(node: exp.Expr) -> Found:
    """A frame that ends at the current row ends before it, one that ends before it ends there, and so on."""
    if not isinstance(node, exp.WindowSpec):
        return
    start, start_side = str(node.args.get("start")), node.args.get("start_side")
    end, end_side = str(node.args.get("end")), node.args.get("end_side")
    one = exp.Literal.number(1)
    if start == "UNBOUNDED":
        yield edited(node, lambda copied: copied.set("start", one.copy()))
    elif start_side:
        yield edited(node, lambda copied: (copied.set("start", "CURRENT ROW"), copied.set("start_side", None)))
    elif end_side == "FOLLOWING":
        yield edited(node, lambda copied: (copied.set("start", one.copy()), copied.set("start_side", "FOLLOWING")))
    if end == "CURRENT ROW" and start_side == "PRECEDING":
        yield edited(node, lambda copied: (copied.set("end", one.copy()), copied.set("end_side", "PRECEDING")))
    elif end == "UNBOUNDED" and start_side == "FOLLOWING":
        yield edited(node, lambda copied: copied.set("end", one.copy()))
    elif end_side:
        yield edited(node, lambda copied: (copied.set("end", "CURRENT ROW"), copied.set("end_side", None)))


def other_case(node: exp.Expr) -> Found:
    if not isinstance(node, exp.Case):
        return
    branches = node.args["ifs"]
    default = node.args.get("default")
    for place, branch in enumerate(branches):
        when = f"WHEN {text(branch.this)} THEN {text(branch.args['true'])}"
        if len(branches) == 1:
            yield node, (default or exp.Null()).copy(), f"without {when}"
        else:
            yield edited(node, lambda copied, place=place: copied.args["ifs"][place].pop(), f"without {when}")
        if place + 1 < len(branches) and not is_simple_case(branch):
            yield edited(node, lambda copied, place=place: swap(copied, place), f"{when} after the next branch")
    # what is not there does not change a sum
    if default and not (isinstance(node.parent, exp.Sum) and default.name == "0"):
        label = f"without ELSE {text(default)} after {when}"
        yield edited(node, lambda copied: copied.set("default", None), label)


def swap(case: exp.Expr, place: int) -> None:
    """Put a branch after the next one."""
    branches = list(case.args["ifs"])
    branches[place : place + 2] = reversed(branches[place : place + 2])
    case.set("ifs", branches)


def other_default(node: exp.Expr) -> Found:
    """A number is left to the rule for constants."""
    if isinstance(node, exp.Coalesce) and not node.expressions[-1].is_number:
        if len(node.expressions) == 1:
            yield node, node.this.copy(), None
        else:
            yield edited(node, lambda copied: copied.expressions[-1].pop())


def other_extreme(node: exp.Expr) -> Found:
    other = EXTREMES.get(type(node))
    if other:
        yield node, other(**node.copy().args), None


def missing_key(node: exp.Expr) -> Found:
    if isinstance(node, exp.Select) and node.args.get("group"):
        keys = node.args["group"].expressions
        for place, key in enumerate(keys if len(keys) > 1 else ()):
            others = ", ".join(text(other) for other in keys if other is not key)
            yield edited(
                node, lambda copied, place=place: drop_key(copied, place), f"GROUP BY {others} without {text(key)}"
            )
    if isinstance(node, exp.Select) and node.args.get("distinct"):
        label = f"without DISTINCT of {', '.join(map(text, node.expressions))}"
        yield edited(node, lambda copied: copied.set("distinct", None), label)
    if isinstance(node, exp.Distinct) and not isinstance(node.parent, exp.Select) and len(node.expressions) == 1:
        yield node, node.expressions[0].copy(), None


def drop_key(select: exp.Expr, place: int) -> None:
    """Rows of several groups become one, which takes the column from any of them: the smallest."""
    key = select.args["group"].expressions[place].pop()
    for column in list(select.expressions):
        if column.unalias() == key:
            column.replace(exp.alias_(exp.Min(this=key.copy()), column.alias_or_name))


def other_constant(node: exp.Expr) -> Found:
    if any(is_no_time(above) or (type(above) in COMPARISONS and is_of_a_var(above)) for above in ancestors(node)):
        return
    if isinstance(node, exp.Boolean) and not isinstance(node.parent, exp.Join | exp.Where | exp.And | exp.Or):
        yield in_context(node, exp.Boolean(this=not node.this))
    if isinstance(node, exp.Literal) and node.is_number and not isinstance(node.parent, exp.DataTypeParam):
        decimals = len(node.name.partition(".")[2])
        yield in_context(node, exp.Literal.number(str(Decimal(node.name) + Decimal(1).scaleb(-decimals))))
    if isinstance(node, exp.Interval) and not isinstance(node.parent, exp.Mul) and node.this.name.isdigit():
        yield edited(node, lambda copied: copied.set("this", exp.Literal.string(str(int(node.this.name) + 1))))


def in_context(node: exp.Expr, new: exp.Expr) -> Change:
    """A constant says nothing without what stands around it."""
    around, path = node, []
    while not isinstance(around.parent, exp.Select | exp.Case | exp.Join | exp.Where | exp.Tuple):
        path.append((around.arg_key, around.index))
        around = around.parent
        if not isinstance(around, exp.Cast | exp.Paren | exp.Neg):
            break
    if not path:
        return node, new, None
    copied = around.copy()
    found = copied
    for arg, index in reversed(path):
        found = found.args[arg] if index is None else found.args[arg][index]
    found.replace(new)
    return around, copied, None


FINDERS: dict[str, Callable[[exp.Expr], Found]] = {
    "comparison": other_comparison,
    "arithmetic": other_arithmetic,
    "condition": missing_condition,
    "join key": missing_join_key,
    "join kind": other_join_kind,
    "union": other_union,
    "window": other_window,
    "frame": other_frame,
    "case": other_case,
    "default": other_default,
    "extreme": other_extreme,
    "key": missing_key,
    "constant": other_constant,
}
