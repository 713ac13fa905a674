"""Each rule makes the mutants that it is there for, and nothing else."""

from __future__ import annotations

import pytest
from discipline.operators import OPERATORS, Statement, mutants_of

CASES: dict[str, tuple[str, set[str]]] = {
    "comparison": (
        "select a > b as c, d = 'x' as e, f is null as g from t",
        {
            "SELECT a >= b AS c, d = 'x' AS e, f IS NULL AS g FROM t",
            "SELECT a > b AS c, d <> 'x' AS e, f IS NULL AS g FROM t",
            "SELECT a > b AS c, d = 'x' AS e, NOT f IS NULL AS g FROM t",
        },
    ),
    "arithmetic": (
        "select a + b as c, d * e as f, g // h as i from t",
        {
            "SELECT a - b AS c, d * e AS f, g // h AS i FROM t",
            "SELECT a + b AS c, d + e AS f, g // h AS i FROM t",
            "SELECT a + b AS c, d * e AS f, g * h AS i FROM t",
        },
    ),
    "condition": (
        "select a from t where b > 1 and (c or d in ('x', 'y')) having e",
        {
            "SELECT a FROM t WHERE TRUE AND (c OR d IN ('x', 'y')) HAVING e",
            "SELECT a FROM t WHERE b > 1 AND TRUE HAVING e",
            "SELECT a FROM t WHERE b > 1 AND (FALSE OR d IN ('x', 'y')) HAVING e",
            "SELECT a FROM t WHERE b > 1 AND (c OR FALSE) HAVING e",
            "SELECT a FROM t WHERE b > 1 AND (c OR d IN ('y')) HAVING e",
            "SELECT a FROM t WHERE b > 1 AND (c OR d IN ('x')) HAVING e",
            "SELECT a FROM t WHERE b > 1 AND (c OR d IN ('x', 'y')) HAVING TRUE",
        },
    ),
    "join key": (
        "select a from t inner join u on t.b = u.b and t.c = u.c",
        {
            "SELECT a FROM t INNER JOIN u ON TRUE AND t.c = u.c",
            "SELECT a FROM t INNER JOIN u ON t.b = u.b AND TRUE",
        },
    ),
    "join kind": (
        "select a from t inner join u on t.b = u.b left join v on u.b = v.b",
        {
            "SELECT a FROM t LEFT JOIN u ON t.b = u.b LEFT JOIN v ON u.b = v.b",
            "SELECT a FROM t INNER JOIN u ON t.b = u.b INNER JOIN v ON u.b = v.b",
        },
    ),
    "union": (
        "select a from t union all select a from u",
        {"SELECT a FROM t UNION SELECT a FROM u"},
    ),
    "window": (
        "select lag(a) over (partition by b, c order by d desc, e) as f from t",
        {
            "SELECT LAG(a) OVER (PARTITION BY c ORDER BY d DESC, e) AS f FROM t",
            "SELECT LAG(a) OVER (PARTITION BY b ORDER BY d DESC, e) AS f FROM t",
            "SELECT LAG(a) OVER (PARTITION BY b, c ORDER BY e) AS f FROM t",
            "SELECT LAG(a) OVER (PARTITION BY b, c ORDER BY d DESC) AS f FROM t",
            "SELECT LAG(a) OVER (PARTITION BY b, c ORDER BY d ASC, e) AS f FROM t",
            "SELECT LAG(a) OVER (PARTITION BY b, c ORDER BY d DESC, e DESC) AS f FROM t",
            "SELECT LEAD(a) OVER (PARTITION BY b, c ORDER BY d DESC, e) AS f FROM t",
        },
    ),
    "frame": (
        "select sum(a) over (order by b rows between unbounded preceding and 1 preceding) as c from t",
        {
            "SELECT SUM(a) OVER (ORDER BY b rows BETWEEN 1 preceding AND 1 preceding) AS c FROM t",
            "SELECT SUM(a) OVER (ORDER BY b rows BETWEEN UNBOUNDED preceding AND CURRENT ROW) AS c FROM t",
        },
    ),
    "case": (
        "select case when a then b when c then d else e end as f from t",
        {
            "SELECT CASE WHEN c THEN d ELSE e END AS f FROM t",
            "SELECT CASE WHEN a THEN b ELSE e END AS f FROM t",
            "SELECT CASE WHEN a THEN b WHEN c THEN d END AS f FROM t",
            "SELECT CASE WHEN c THEN d WHEN a THEN b ELSE e END AS f FROM t",
        },
    ),
    "default": (
        "select coalesce(a, b, c) as d, coalesce(e, f) as g from t",
        {
            "SELECT COALESCE(a, b) AS d, COALESCE(e, f) AS g FROM t",
            "SELECT COALESCE(a, b, c) AS d, e AS g FROM t",
        },
    ),
    "extreme": (
        "select least(a, b) as c, sum(d) as e, min(f) as g from t",
        {
            "SELECT GREATEST(a, b) AS c, SUM(d) AS e, MIN(f) AS g FROM t",
            "SELECT LEAST(a, b) AS c, MAX(d) AS e, MIN(f) AS g FROM t",
            "SELECT LEAST(a, b) AS c, SUM(d) AS e, MAX(f) AS g FROM t",
        },
    ),
    "key": (
        "with u as (select distinct a, b from t) select a, count(distinct b) as c from u group by a, b",
        {
            "WITH u AS (SELECT a, b FROM t) SELECT a, COUNT(DISTINCT b) AS c FROM u GROUP BY a, b",
            "WITH u AS (SELECT DISTINCT a, b FROM t) SELECT a, COUNT(b) AS c FROM u GROUP BY a, b",
            "WITH u AS (SELECT DISTINCT a, b FROM t) SELECT MIN(a) AS a, COUNT(DISTINCT b) AS c FROM u GROUP BY b",
            "WITH u AS (SELECT DISTINCT a, b FROM t) SELECT a, COUNT(DISTINCT b) AS c FROM u GROUP BY a",
        },
    ),
    "constant": (
        "select coalesce(a, 0) as b, c * 0.01 as d, true as e, f + interval 3 day as g from t",
        {
            "SELECT COALESCE(a, 1) AS b, c * 0.01 AS d, TRUE AS e, f + INTERVAL '3' DAY AS g FROM t",
            "SELECT COALESCE(a, 0) AS b, c * 0.02 AS d, TRUE AS e, f + INTERVAL '3' DAY AS g FROM t",
            "SELECT COALESCE(a, 0) AS b, c * 0.01 AS d, FALSE AS e, f + INTERVAL '3' DAY AS g FROM t",
            "SELECT COALESCE(a, 0) AS b, c * 0.01 AS d, TRUE AS e, f + INTERVAL '4' DAY AS g FROM t",
        },
    ),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_rule_makes_its_mutants(operator: str) -> None:
    """One small thing each, and the rest as it was."""
    sql, expected = CASES[operator]
    assert {mutant.sql for mutant in mutants_of("model", sql) if mutant.operator == operator} == expected


def test_a_mutant_has_the_same_key_in_another_layout_and_beside_another_condition() -> None:
    """A list of survivors outlives what does not touch them."""
    before = {mutant.key for mutant in mutants_of("model", "select a\nfrom t -- why\nwhere b > 1 and c = 2")}
    after = {mutant.key for mutant in mutants_of("model", "select a from t where d = 3 and b > 1\n and c = 2")}
    assert before < after
    assert "condition: b > 1 → TRUE" in before


def test_keys_are_told_apart() -> None:
    """The same change at two places is two mutants."""
    keys = [mutant.key for mutant in mutants_of("model", "select a > 0 as b from t union all select a > 0 as b from u")]
    assert len(set(keys)) == len(keys)
    assert {"comparison: a > 0 → a >= 0", "comparison: a > 0 → a >= 0 (2)"} < set(keys)


def test_what_a_var_has_decided_is_no_condition() -> None:
    """Another value of the var compiles to other SQL, which has mutants of its own."""
    assert not list(mutants_of("model", "select a from t where 15 > 0 and 'all' = 'all'"))


def test_exact_arithmetic_is_tried_once_and_without_its_first_try() -> None:
    """A macro writes a division twice, first in a faster type, and again for every column."""
    division = "coalesce(cast(try_cast({0} * 10 as bigint) // try_cast(c as bigint) as hugeint), ({0} * 10) // c) as x"
    once = [mutant.sql for mutant in mutants_of("model", f"select {division.format('a')} from t")]
    assert {"SELECT (a + 10) // c AS x FROM t", "SELECT (a * 10) * c AS x FROM t"} < set(once)
    inner = division.format("a").removesuffix(" as x")
    assert (
        Statement(f"select {division.format(f'({inner})')} from t").sql()
        == "SELECT (((a * 10) // c) * 10) // c AS x FROM t"
    )
    twice = f"select {division.format('a')}, {division.format('b')} from t"
    assert len(list(mutants_of("model", twice))) == len(once)


def test_the_parser_writes_what_it_read() -> None:
    """Without comments, and each common table by itself."""
    sql = "with a as (select 1 as x), b as (select x from a /* why */) select x from b"
    assert Statement(sql).sql() == "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT x FROM b"
