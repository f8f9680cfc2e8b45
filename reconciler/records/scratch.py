"""Folders for what is needed only while a process is at work; those that dead processes have left are removed.

Who is at work holds a lock, which the kernel lets go of when the process ends. A process number would not do:
containers that share a home have the same ones.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reconciler.errors import Usage

try:
    import fcntl
except ImportError:  # on Windows there is no such lock, and nothing is removed but one's own
    fcntl = None  # type: ignore[assignment]


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """A folder of this process's own under `home`, while the block runs. Processes that are forked leave it alone."""
    place, owner = home / "scratch", os.getpid()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with (place / ".lock").open("ab") as turn:
            _lock(turn, wait=True)
            folder = Path(tempfile.mkdtemp(dir=place))
            lock = _lock_of(folder).open("ab")
            _lock(lock)
            _remove_abandoned(place)
    except OSError as failed:
        raise Usage(
            f"Files that are needed for a while belong into {home}, and nothing can be written there: {failed}."
        ) from failed
    try:
        yield folder
    finally:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()
            _lock_of(folder).unlink(missing_ok=True)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _lock(file: BinaryIO, *, wait: bool = False) -> None:
    """Raises `BlockingIOError` where another process has it."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _remove_abandoned(place: Path) -> None:
    """Folders whose lock nobody holds. Whoever makes a folder has the turn, so none is seen before its lock is held."""
    for folder in place.iterdir() if fcntl is not None else ():
        if not folder.is_dir():
            continue
        with suppress(BlockingIOError), _lock_of(folder).open("ab") as lock:
            _lock(lock)
            shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)
