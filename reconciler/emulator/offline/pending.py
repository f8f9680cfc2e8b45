"""Rows that were acknowledged and are in no file yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from reconciler.emulator.calls import Call

# A group whose store is blocked is passed over; one that a failed flush has blocked is not: it is tried again.
_GROUPS = """
WITH RECURSIVE waiting (id) AS (
    SELECT min(group_id) FROM pending
    UNION ALL
    SELECT (SELECT min(group_id) FROM pending WHERE group_id > waiting.id) FROM waiting WHERE waiting.id IS NOT NULL
)
SELECT id FROM waiting WHERE id IS NOT NULL
AND EXISTS (SELECT 1 FROM pending WHERE group_id = waiting.id AND due <= ?)
AND NOT EXISTS (
    SELECT 1 FROM groups WHERE id = waiting.id AND offline_status = 'Blocked'
    AND NOT EXISTS (SELECT 1 FROM blocked WHERE group_id = waiting.id)
)
"""


class Row(NamedTuple):
    """What one request wrote to one group: so many records, a line of JSON each."""

    seq: int
    due: float
    invoked: float
    records: int
    lines: str


def append(call: Call, group_id: int, rows: Sequence[str], *, lag_s: float = 0.0) -> None:
    """Keep rows of one request for the offline store, in its transaction.

    Each row is a JSON object: the values as text, by feature, and `"is_deleted":true` for a tombstone. They become
    visible offline after the delay that is set, and `lag_s` more.
    """
    due = call.now + call.settings.offline_delay_s + lag_s
    call.db.execute(
        "INSERT INTO pending (group_id, due, invoked, count, lines) VALUES (?, ?, ?, ?, ?)",
        (group_id, due, call.now, len(rows), "\n".join(rows)),
    )


def groups_due(db: sqlite3.Connection, moment: float) -> list[int]:
    """The groups of which something should be visible offline by now and is not."""
    return [number for (number,) in db.execute(_GROUPS, (moment,))]


def is_due(db: sqlite3.Connection, moment: float) -> bool:
    """Whether there is such a group."""
    return db.execute(f"{_GROUPS} LIMIT 1", (moment,)).fetchone() is not None


def last(db: sqlite3.Connection) -> int:
    """The row that came last so far."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM pending").fetchone()[0])


def read(db: sqlite3.Connection, group_id: int, moment: float, horizon: int) -> sqlite3.Cursor:
    """The rows of a group that are due and came no later than the row `horizon`, in the order they became due.

    Close it: as long as it is open, so is its view of the store, from which no writer can go on.
    """
    return db.execute(
        "SELECT seq, due, invoked, count, lines FROM pending WHERE group_id = ? AND due <= ? AND seq <= ? "
        "ORDER BY due, seq",
        (group_id, moment, horizon),
    )


def depart(db: sqlite3.Connection, group_id: int) -> None:
    """Keep what a group that is being deleted still has to write; it will be written."""
    db.execute(
        "INSERT INTO departed SELECT id, scope, name, doc FROM groups "
        "WHERE id = ? AND EXISTS (SELECT 1 FROM pending WHERE group_id = ?)",
        (group_id, group_id),
    )
    db.execute("DELETE FROM blocked WHERE group_id = ?", (group_id,))
