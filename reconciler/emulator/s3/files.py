"""Objects on disk: found, placed and removed, in the bucket's folder or, for keys no file can have, in the odd area.

A file in a bucket's folder is an object by itself. Its row in `objects` adds what a file cannot say, and counts only
while size and time of the file are the row's. A writer commits the row of the new file first and then renames the
file into place, so that at any moment the file that is there has its row. Renames and removals take turns by the
store's write lock, in all processes. An odd object is its row in `odd`, which names a file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from reconciler.emulator.calls import as_json
from reconciler.emulator.s3 import places, refusals
from reconciler.emulator.s3.drafts import CHUNK

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.emulator.s3.drafts import Draft
    from reconciler.emulator.s3.walking import Step
    from reconciler.emulator.store import Store

_TRIES = 20
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Found(NamedTuple):
    """An object that is there."""

    key: str
    path: str
    size: int
    mtime_ns: int
    etag: str
    doc: dict[str, Any]
    """What its writer said of it: `headers`, `meta`, and more; empty for a file put there by hand."""

    @property
    def modified(self) -> float:
        return self.mtime_ns / 1e9


Condition: TypeAlias = "Callable[[Found | None], None]"
"""Raises where what is there forbids a change."""


def find(store: Store, bucket: str, key: str) -> Found | None:
    """The object under a key."""
    opened = open_object(store, bucket, key)
    if opened is None:
        return None
    os.close(opened[1])
    return opened[0]


def describe(store: Store, bucket: str, steps: Sequence[Step]) -> list[Found]:
    """The objects a walk passed, without those that are gone since."""
    found: dict[str, Found | None] = {}
    with store.reading() as db:
        for step in steps:
            found[step.key] = _passed(store, db, bucket, step)
    for key, known in found.items():
        if known is None:
            found[key] = find(store, bucket, key)
    return [known for known in found.values() if known is not None]


def _passed(store: Store, db: sqlite3.Connection, bucket: str, step: Step) -> Found | None:
    """An object whose row says all there is to know."""
    if step.is_odd or step.path is None:
        return odd_row(store, db, bucket, step.key)
    status = _status(step.path)
    if status is None:
        return None
    return described_by_row(db, bucket, Found(step.key, step.path, status.st_size, status.st_mtime_ns, "", {}))


def open_object(store: Store, bucket: str, key: str) -> tuple[Found, int] | None:
    """The object and a descriptor of its content, which belong together also while others write."""
    places.check_bucket_name(bucket)
    names = places.segments(key)
    for _ in range(_TRIES):
        opened = _open_plain(store, bucket, key, names) if names else None
        opened = opened or _open_odd(store, bucket, key)
        if opened is not None and (known := _known(store, bucket, *opened)):
            return known, opened[1]
        if opened is None and not (names and places.file_status(store, bucket, names)):
            return None
        if opened is not None:
            os.close(opened[1])
    raise OSError(errno.EBUSY, "the object changes faster than it can be read")


def _open_plain(store: Store, bucket: str, key: str, names: list[str]) -> tuple[Found, int] | None:
    if places.file_status(store, bucket, names) is None:
        return None
    path = places.path_of(store, bucket, names)
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return None
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        return None
    return Found(key, path, found.st_size, found.st_mtime_ns, "", {}), descriptor


def _open_odd(store: Store, bucket: str, key: str) -> tuple[Found, int] | None:
    with store.reading() as db:
        found = odd_row(store, db, bucket, key)
    if found is None:
        return None
    try:
        return found, os.open(found.path, os.O_RDONLY | _NO_FOLLOW)
    except FileNotFoundError:
        return None


def _known(store: Store, bucket: str, found: Found, descriptor: int) -> Found | None:
    """With its row; or, for a file put there by hand, its digest, which is remembered. None: it changed meanwhile."""
    if found.etag:
        return found
    with store.reading() as db:
        described = described_by_row(db, bucket, found)
    if described is not None:
        return described
    etag = _digest(descriptor)
    os.lseek(descriptor, 0, os.SEEK_SET)
    for status in (os.fstat(descriptor), _status(found.path)):
        if status is None or (status.st_size, status.st_mtime_ns) != (found.size, found.mtime_ns):
            return None
    with store.writing() as db:
        # A writer may have placed this very file after the look above; its row says more.
        described = described_by_row(db, bucket, found)
        if described is None:
            described = found._replace(etag=etag)
            write_row(db, bucket, described)
    return described


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _digest(descriptor: int) -> str:
    md5 = hashlib.md5(usedforsecurity=False)
    while chunk := os.read(descriptor, CHUNK):
        md5.update(chunk)
    return md5.hexdigest()


def described_by_row(db: sqlite3.Connection, bucket: str, found: Found) -> Found | None:
    """A plain object with what its row says of it, if it has one."""
    row = db.execute(
        "SELECT etag, doc FROM objects WHERE bucket = ? AND key = ? AND mtime_ns = ? AND size = ?",
        (bucket, found.key, found.mtime_ns, found.size),
    ).fetchone()
    return found._replace(etag=row[0], doc=json.loads(row[1])) if row else None


def odd_row(store: Store, db: sqlite3.Connection, bucket: str, key: str) -> Found | None:
    row = db.execute(
        "SELECT file, size, mtime_ns, etag, doc FROM odd WHERE bucket = ? AND key = ?", (bucket, key)
    ).fetchone()
    if row is None:
        return None
    return Found(key, odd_path(store, row[0]), row[1], row[2], row[3], json.loads(row[4]))


def odd_path(store: Store, file: str) -> str:
    return os.path.join(store.directory, places.ODD, file)  # noqa: PTH118


def part_path(store: Store, file: str) -> str:
    return os.path.join(store.directory, places.PARTS, file)  # noqa: PTH118


def write_row(db: sqlite3.Connection, bucket: str, found: Found) -> None:
    db.execute(
        "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)",
        (bucket, found.key, found.mtime_ns, found.size, found.etag, as_json(found.doc)),
    )


def place(
    store: Store,
    bucket: str,
    key: str,
    draft: Draft,
    *,
    moment: float,
    etag: str = "",
    doc: dict[str, Any] | None = None,
    condition: Condition | None = None,
) -> Found:
    """Make a draft the object, in one step."""
    names = places.segments(key)
    size, mtime_ns = draft.finish(moment)
    path = places.path_of(store, bucket, names) if names else ""
    new = Found(key, path, size, mtime_ns, etag or draft.md5.hex(), doc or {})
    _remember(store, bucket, key, condition)
    if names:
        with store.writing() as db:
            write_row(db, bucket, new)
    try:
        placed, gone = _placed(store, bucket, names, draft, new, condition)
    except BaseException:
        _withdraw(store, bucket, names, new)
        raise
    unlink(gone)
    return placed


def _placed(
    store: Store, bucket: str, names: list[str] | None, draft: Draft, new: Found, condition: Condition | None
) -> tuple[Found, list[str]]:
    """The object as it is there, and the files to remove, which nothing refers to any more."""
    with store.writing() as db:
        places.check_bucket(store, bucket)
        if condition is not None:
            condition(found_inside(store, db, bucket, new.key))
        is_plain = names is not None and _replace(store, db, bucket, names, draft, new)
        gone = _forget_odd(store, db, bucket, new.key)
        if not is_plain:
            _forget_row(db, bucket, new.key, (new.size, new.mtime_ns))
            new = _place_odd(store, db, bucket, draft, new)
    return new, gone


def _withdraw(store: Store, bucket: str, names: list[str] | None, new: Found) -> None:
    """Take back the row of a file that did not come into its place."""
    status = places.file_status(store, bucket, names) if names else None
    if status is None or (status.st_size, status.st_mtime_ns) != (new.size, new.mtime_ns):
        with store.writing() as db:
            _forget_row(db, bucket, new.key, (new.size, new.mtime_ns))


def _replace(store: Store, db: sqlite3.Connection, bucket: str, names: list[str], draft: Draft, new: Found) -> bool:
    """Rename a draft to its plain place; False where folders and files stand in each other's way."""
    try:
        if not places.make_folders(store, (places.BUCKETS, bucket, *names[:-1])):
            return False
        before = places.file_status(store, bucket, names)
        os.replace(draft.path, new.path)  # noqa: PTH105
    except (IsADirectoryError, NotADirectoryError, FileExistsError):
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise
    if before:
        _forget_row(db, bucket, new.key, (before.st_size, before.st_mtime_ns))
    return True


def _place_odd(store: Store, db: sqlite3.Connection, bucket: str, draft: Draft, new: Found) -> Found:
    file = os.urandom(12).hex()
    path = os.path.join(places.own_folder(store, places.ODD), file)  # noqa: PTH118
    os.replace(draft.path, path)  # noqa: PTH105
    db.execute(
        "INSERT INTO odd VALUES (?, ?, ?, ?, ?, ?, ?)",
        (bucket, new.key, file, new.size, new.mtime_ns, new.etag, as_json(new.doc)),
    )
    return new._replace(path=path)


def remove(store: Store, bucket: str, key: str, condition: Condition | None = None) -> bool:
    """Remove an object and the folders that are empty without it; False if there was none."""
    names = places.segments(key)
    _remember(store, bucket, key, condition)
    with store.writing() as db:
        places.check_bucket(store, bucket)
        if condition is not None:
            condition(found_inside(store, db, bucket, key))
        before = places.file_status(store, bucket, names) if names else None
        if names and before:
            os.unlink(places.path_of(store, bucket, names))  # noqa: PTH108
            _forget_row(db, bucket, key, (before.st_size, before.st_mtime_ns))
            _remove_empty_folders(store, bucket, names[:-1])
        gone = _forget_odd(store, db, bucket, key)
    unlink(gone)
    return bool(before or gone)


def redescribe(store: Store, bucket: str, found: Found) -> None:
    """Write what is said of an object anew, if it is still this one."""
    with store.writing() as db:
        if described_by_row(db, bucket, found):
            write_row(db, bucket, found)
        db.execute(
            "UPDATE odd SET doc = ? WHERE bucket = ? AND key = ? AND mtime_ns = ?",
            (as_json(found.doc), bucket, found.key, found.mtime_ns),
        )


def _remember(store: Store, bucket: str, key: str, condition: Condition | None) -> None:
    """Have the digest that a condition will ask for, for inside the transaction nobody should wait for it."""
    if condition is not None:
        find(store, bucket, key)


def found_inside(store: Store, db: sqlite3.Connection, bucket: str, key: str) -> Found | None:
    """What is under a key, for a condition that is checked inside a transaction."""
    names = places.segments(key)
    status = places.file_status(store, bucket, names) if names else None
    if not names or status is None:
        return odd_row(store, db, bucket, key)
    path = places.path_of(store, bucket, names)
    plain = Found(key, path, status.st_size, status.st_mtime_ns, "", {})
    described = described_by_row(db, bucket, plain)
    if described is None:
        with open(path, "rb") as file:  # noqa: PTH123
            described = plain._replace(etag=_digest(file.fileno()))
    return described


def _forget_row(db: sqlite3.Connection, bucket: str, key: str, file: tuple[int, int]) -> None:
    db.execute("DELETE FROM objects WHERE bucket = ? AND key = ? AND size = ? AND mtime_ns = ?", (bucket, key, *file))


def _forget_odd(store: Store, db: sqlite3.Connection, bucket: str, key: str) -> list[str]:
    """The files to remove once the transaction is through."""
    rows = db.execute("DELETE FROM odd WHERE bucket = ? AND key = ? RETURNING file", (bucket, key)).fetchall()
    return [odd_path(store, file) for (file,) in rows]


def unlink(paths: Iterable[str]) -> None:
    """Remove files that nothing refers to any more."""
    for path in paths:
        try:
            os.unlink(path)  # noqa: PTH108
        except FileNotFoundError:
            continue


def _remove_empty_folders(store: Store, bucket: str, names: list[str]) -> None:
    while names:
        try:
            os.rmdir(places.path_of(store, bucket, names))  # noqa: PTH106
        except OSError:
            return
        names = names[:-1]


def missing(store: Store, bucket: str, key: str) -> Exception:
    """Why there is nothing to read."""
    return refusals.no_such_key(key) if places.has_bucket(store, bucket) else refusals.no_such_bucket(bucket)
