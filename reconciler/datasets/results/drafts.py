"""Files and folders that are there whole or not at all: written beside their place, and moved there when they are done.

A draft that a dead process has left is removed when the same place is written the next time; a lock, which the kernel
lets go of when a process ends, says who is alive.
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

_LOCK, _BEFORE = "lock", "before"
_CHANCE = "?" * 8
"""What `mkdtemp` puts into a name: with as many letters, drafts of `train.v2` are not taken for those of `train`."""


@contextmanager
def draft_of(place: Path) -> Iterator[Path]:
    """A folder beside the place while the block runs, to write into."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place)
        folder, lock = _new(place)
    except OSError as failed:
        raise Usage(f"Nothing can be written into {place.parent}: {failed}.") from failed
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def move_file(draft: Path, place: Path) -> None:
    """Put a file into its place, over what is there."""
    _settle(draft)
    draft.replace(place)


def move_folder(draft: Path, place: Path) -> None:
    """Put a folder into its place. What is there goes, or is put back where this fails."""
    before = draft.with_name(_BEFORE)
    if place.exists():
        place.rename(before)
    try:
        draft.rename(place)
    except BaseException:
        if before.exists():
            before.rename(place)
        raise


def write_whole(place: Path, content: bytes) -> None:
    """Write a file, whole or not at all, over what is there; raises `Usage` where that cannot be."""
    with draft_of(place) as folder:
        draft = folder / "file"
        try:
            draft.write_bytes(content)
            move_file(draft, place)
        except OSError as failed:
            raise Usage(f"{place} cannot be written: {failed.strerror or failed}.") from failed


def _settle(file: Path) -> None:
    """See to it that the content is on the disk before the name is."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())


def _new(place: Path) -> tuple[Path, BinaryIO]:
    """A new folder with its lock. Until the lock is held another process can take it for abandoned, and remove it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".draft", dir=place.parent))
        with suppress(FileNotFoundError, BlockingIOError):
            lock = (folder / _LOCK).open("ab")
            try:
                _lock(lock)
                if os.path.samestat(os.fstat(lock.fileno()), (folder / _LOCK).stat()):
                    return folder, lock
            except BaseException:
                lock.close()
                raise
            lock.close()


def _remove_abandoned(place: Path) -> None:
    """Drafts of the place whose lock nobody holds. What was to be replaced is put back where nothing took its place."""
    for folder in place.parent.glob(f".{_literal(place.name)}.{_CHANCE}.draft") if fcntl is not None else ():
        with suppress(FileNotFoundError, BlockingIOError), (folder / _LOCK).open("ab") as lock:
            _lock(lock)
            if (folder / _BEFORE).exists() and not place.exists():
                (folder / _BEFORE).rename(place)
            shutil.rmtree(folder, ignore_errors=True)


def _lock(file: BinaryIO) -> None:
    """Raises `BlockingIOError` where another process has it."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _literal(name: str) -> str:
    """A name as a pattern that matches nothing else."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
