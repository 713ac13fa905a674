"""Where publications are: directories `000001`, `000002`, … and the link `current` to the one for readers."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cohort_ledger.errors import LedgerError

CURRENT = "current"
INCOMING = ".incoming"
LOCK = ".lock"
WAREHOUSE = "cohort_ledger.duckdb"
MANIFEST = "manifest.json"
READ_ONLY_FILE, DIRECTORY = 0o440, 0o750


def numbered(directory: Path) -> list[Path]:
    """The complete publications, oldest first."""
    return sorted(path for path in directory.glob("[0-9]*") if path.name.isdigit())


def current(directory: Path) -> Path | None:
    """The publication that readers are given, if there is one."""
    link = directory / CURRENT
    return directory / os.readlink(link) if link.is_symlink() else None


@contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Hold the directory for one process; the operating system lets go when it ends, however it ends.

    What this process leaves unfinished goes, and so does what one that was killed has left.
    """
    directory.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerError(f"another publication is being made in {directory}: wait until it has ended") from None
        clear_unfinished(directory)
        try:
            yield
        finally:
            clear_unfinished(directory)


def clear_unfinished(directory: Path) -> None:
    """Remove what is no publication yet, or none any more."""
    for path in directory.glob(f"{INCOMING}*"):
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)


def sync(path: Path) -> None:
    """Have the operating system write a file or directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def point_to(directory: Path, publication: Path) -> None:
    """Make a publication the current one, in one step."""
    link = directory / f"{INCOMING}-link"
    link.unlink(missing_ok=True)
    link.symlink_to(publication.name)
    os.replace(link, directory / CURRENT)
    sync(directory)


def prune(directory: Path, keep: int) -> None:
    """Remove the oldest publications but `keep`, never the current one. Who has one open keeps it."""
    for path in numbered(directory)[:-keep]:
        if path != current(directory):
            leaving = directory / f"{INCOMING}-{path.name}"
            os.replace(path, leaving)
            shutil.rmtree(leaving)
