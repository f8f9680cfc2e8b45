"""Rows that were acknowledged and are in no file yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from reconciler.emulator.calls import Call


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


def is_due(db: sqlite3.Connection, moment: float) -> bool:
    """Whether anything should be visible offline by now and is not."""
    return db.execute("SELECT 1 FROM pending WHERE due <= ? LIMIT 1", (moment,)).fetchone() is not None
