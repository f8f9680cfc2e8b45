"""The keys of a bucket in S3's order, which is that of their UTF-8 bytes, over both areas.

Code points order text as its UTF-8 bytes do, so Python's and SQLite's comparisons will do. Only folders that can hold
a key of the prefix are read.
"""

from __future__ import annotations

import heapq
import os
from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator.s3 import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.store import Store

_BATCH = 500


class Cursor:
    """How far a walk has to be: whatever sorts before `start` is passed over. It may be moved forward on the way."""

    __slots__ = ("start",)

    def __init__(self, start: str = "") -> None:
        self.start = start


class Step(NamedTuple):
    """A key, or a folder that holds some (its name then ends in a slash, and it has no path)."""

    key: str
    path: str | None
    is_odd: bool = False


def after_key(key: str) -> str:
    """The first text that sorts after a key."""
    return f"{key}\0"


def after_prefix(prefix: str) -> str | None:
    """The first text that sorts after all that begins with a prefix; None if nothing does."""
    for end in range(len(prefix), 0, -1):
        code = ord(prefix[end - 1])
        if code < 0x10FFFF:
            return prefix[: end - 1] + chr(0xE000 if code == 0xD7FF else code + 1)
    return None


def walk(store: Store, bucket: str, prefix: str, cursor: Cursor, *, folded: bool = False) -> Iterator[Step]:
    """Every key with the prefix. `folded`: a folder beyond the prefix is one step, and is not entered."""
    plain = _plain(places.bucket_folder(store, bucket), prefix, cursor, folded=folded)
    odd = _odd(store, bucket, prefix, cursor)
    before = None
    for step in heapq.merge(plain, odd, key=_key):
        if step.key != before and step.key >= cursor.start:
            before = step.key
            yield step


def _key(step: Step) -> str:
    return step.key


def _plain(root: str, prefix: str, cursor: Cursor, *, folded: bool) -> Iterator[Step]:
    """The files below a folder. Keys may be some five hundred folders deep, so no function calls itself here."""
    open_folders = [_opened(root, "", prefix, cursor)]
    while open_folders:
        key = next(open_folders[-1], None)
        if key is None:
            open_folders.pop()
        elif key[-1] != "/":
            if key >= cursor.start:
                yield Step(key, f"{root}/{key}")
        elif folded and key >= cursor.start and len(key) > len(prefix):
            if _holds_objects(root, key):
                yield Step(key, None)
        elif key >= cursor.start or cursor.start.startswith(key):
            open_folders.append(_opened(root, key, prefix, cursor))


def _opened(root: str, base: str, prefix: str, cursor: Cursor) -> Iterator[str]:
    """The keys in a folder, and the folders that may hold some, sorted; without those that are out of the question."""
    found, start = [], cursor.start
    for name in _names(f"{root}/{base}"):
        key = base + name
        is_folder = key[-1] == "/"
        if not (key.startswith(prefix) or (is_folder and prefix.startswith(key))):
            continue
        if (key >= start or (is_folder and start.startswith(key))) and places.is_key(key):
            found.append(key)
    found.sort()
    return iter(found)


def _names(path: str) -> Iterator[str]:
    """The names of files, and of folders with a slash, which puts them where their keys belong."""
    try:
        with os.scandir(path) as found:
            for entry in found:
                if name := _name(entry):
                    yield name
    except (FileNotFoundError, NotADirectoryError):
        return


def _name(entry: os.DirEntry[str]) -> str | None:
    name = entry.name
    if not name.isascii() and not _is_utf8(name):
        return None
    if entry.is_file(follow_symlinks=False):
        return name
    return f"{name}/" if entry.is_dir(follow_symlinks=False) else None


def _is_utf8(name: str) -> bool:
    """What is none has half surrogates, and is no key."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _holds_objects(root: str, base: str) -> bool:
    left = [base]
    while left:
        base = left.pop()
        for name in _names(f"{root}/{base}"):
            if not places.is_key(base + name):
                continue
            if name[-1] != "/":
                return True
            left.append(base + name)
    return False


def remove_empty(path: str) -> bool:
    """Remove a folder in which there are only folders, if anything; False if there is something else."""
    found, left = [], [path]
    while left:
        found.append(left.pop())
        with os.scandir(found[-1]) as inside:
            for entry in inside:
                if not entry.is_dir(follow_symlinks=False):
                    return False
                left.append(entry.path)
    for folder in reversed(found):
        os.rmdir(folder)  # noqa: PTH106
    return True


def _odd(store: Store, bucket: str, prefix: str, cursor: Cursor) -> Iterator[Step]:
    start = prefix
    while True:
        start = max(start, cursor.start)
        with store.reading() as db:
            rows = db.execute(
                "SELECT key, file FROM odd WHERE bucket = ? AND key >= ? ORDER BY key LIMIT ?", (bucket, start, _BATCH)
            ).fetchall()
        for key, file in rows:
            if not key.startswith(prefix):
                return
            start = after_key(key)
            if key < cursor.start:
                break
            yield Step(key, os.path.join(store.directory, places.ODD, file), is_odd=True)  # noqa: PTH118
        else:
            if len(rows) < _BATCH:
                return
