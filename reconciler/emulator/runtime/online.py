"""The online store: the latest record of each identifier, in one table; and its size, group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from reconciler.emulator.runtime.records import Record

_FIND = "SELECT instant, deleted, expires, size FROM records WHERE group_id = ? AND id = ?"
_PUT = (
    "INSERT INTO records (group_id, id, instant, deleted, expires, size, body) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (group_id, id) DO UPDATE SET instant = excluded.instant, deleted = excluded.deleted, "
    "expires = excluded.expires, size = excluded.size, body = excluded.body"
)
_READ = "SELECT body, expires FROM records WHERE group_id = ? AND id = ? AND deleted = 0"
_WALK = "SELECT id, deleted, expires FROM records WHERE group_id = ? AND id > ? ORDER BY id"
_GROW = (
    "INSERT INTO online_sizes (group_id, records, bytes) VALUES (?, ?, ?) ON CONFLICT (group_id) DO UPDATE "
    "SET records = records + excluded.records, bytes = bytes + excluded.bytes"
)
_DROPPED_AT_ONCE = 5_000


class Kept(NamedTuple):
    """What the store has of an identifier, but for the values."""

    instant: str
    is_deleted: int
    expires: str | None
    size: int


def find(db: sqlite3.Connection, group_id: int, record_id: str) -> Kept | None:
    """Whatever there is: soft-deleted and expired records too."""
    row = db.execute(_FIND, (group_id, record_id)).fetchone()
    return Kept._make(row) if row else None


def body(db: sqlite3.Connection, group_id: int, record_id: str) -> str:
    """The values of a record that is there, as JSON."""
    row = db.execute("SELECT body FROM records WHERE group_id = ? AND id = ?", (group_id, record_id)).fetchone()
    return str(row[0])


def read(db: sqlite3.Connection, group_id: int, record_id: str) -> tuple[str, str | None] | None:
    """The values as JSON and the expiry of a record that is not deleted; its time may be up."""
    found: tuple[str, str | None] | None = db.execute(_READ, (group_id, record_id)).fetchone()
    return found


def put(db: sqlite3.Connection, group_id: int, record: Record, expires: str | None, *, is_deleted: bool) -> int:
    """Keep a record in place of what there is of it; answers its size."""
    size = len(record.body) if record.body.isascii() else len(record.body.encode())
    db.execute(_PUT, (group_id, record.id, record.instant, is_deleted, expires, size, record.body))
    return size


def remove(db: sqlite3.Connection, group_id: int, record_id: str) -> None:
    """Keep nothing of it."""
    db.execute("DELETE FROM records WHERE group_id = ? AND id = ?", (group_id, record_id))


def grow(db: sqlite3.Connection, group_id: int, records: int, size: int) -> None:
    """Keep count of records (without those that were deleted) and bytes."""
    db.execute(_GROW, (group_id, records, size))


def walk(db: sqlite3.Connection, group_id: int, after: str) -> Iterator[tuple[str, int, str | None]]:
    """Identifiers in their order, those after one of them; with deletion and expiry."""
    yield from db.execute(_WALK, (group_id, after))


def drop(db: sqlite3.Connection, group_id: int) -> None:
    """Forget the records of a group that is deleted; of very many, the rest goes bit by bit."""
    db.execute("DELETE FROM online_sizes WHERE group_id = ?", (group_id,))
    if _drop_some(db, group_id) == _DROPPED_AT_ONCE:
        db.execute("INSERT OR IGNORE INTO leftovers VALUES (?)", (group_id,))


def has_leftovers(db: sqlite3.Connection) -> bool:
    """Whether deleted groups left anything behind."""
    return db.execute("SELECT 1 FROM leftovers LIMIT 1").fetchone() is not None


def drop_leftovers(db: sqlite3.Connection) -> None:
    """Some of what deleted groups left behind."""
    row = db.execute("SELECT group_id FROM leftovers LIMIT 1").fetchone()
    if row is not None and _drop_some(db, row[0]) < _DROPPED_AT_ONCE:
        db.execute("DELETE FROM leftovers WHERE group_id = ?", row)


def _drop_some(db: sqlite3.Connection, group_id: int) -> int:
    """A million at once would hold everyone up for seconds."""
    return db.execute(
        "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE group_id = ? LIMIT ?)",
        (group_id, _DROPPED_AT_ONCE),
    ).rowcount
