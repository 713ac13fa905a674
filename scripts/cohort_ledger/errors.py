"""Errors as a reader sees them: one sentence that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class LedgerError(RuntimeError):
    """Why something was not done, in words for the reader; `is_whole` if they also say what was not done."""

    is_whole = False


class NotDoneError(LedgerError):
    """What was not done, and why."""

    is_whole = True


def first_line(error: object) -> str:
    """What the engine says, without its advice."""
    return str(error).strip().split("\n")[0]


def in_one_line(message: object) -> str:
    """What a message says first, without the code and the macros that it came from."""
    lines = []
    for line in str(message).strip().splitlines():
        if not line.strip() or line.lstrip().startswith(("LINE ", "> in ", "> called by ")):
            break
        lines.append(line.strip())
    return " ".join(lines)


def in_words(error: BaseException) -> str:
    """An error as it is told: foreseen ones have their own words, others say what they are."""
    if isinstance(error, LedgerError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "it was interrupted"
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed: run `make .venv/tests`, which installs what only some commands need"
    said = f"{type(error).__name__}: {in_one_line(error)}"
    return f"{said}; mend that and run it again, with --debug to see where it came from"


@contextmanager
def or_else(undone: str) -> Iterator[None]:
    """Say first what was not done, whatever the error."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        raise NotDoneError(f"{undone}: {in_words(error)}") from error
