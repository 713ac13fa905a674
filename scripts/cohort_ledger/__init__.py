"""What is done around the dbt project: load, build, publish, report, query; `cohort-ledger --help` lists the commands.

`open_publication` is the door for Python: marts as pandas data frames. No business rule lives here: they are in the
models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cohort_ledger.errors import LedgerError
    from cohort_ledger.publication import open_publication

__all__ = ["LedgerError", "open_publication"]


def __getattr__(name: str) -> Any:
    """What is exported, imported when it is asked for: the command line starts without it."""
    if name in __all__:
        from cohort_ledger import publication

        return getattr(publication, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
