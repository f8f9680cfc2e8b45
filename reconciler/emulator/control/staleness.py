"""Stale reads: for a while after a write, DescribeFeatureGroup answers as if it had not happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator.calls import as_json
from reconciler.emulator.control import groups

if TYPE_CHECKING:
    import sqlite3

    from reconciler.emulator.calls import Call
    from reconciler.emulator.faults import Fault


def remember(call: Call, name: str, fault: Fault) -> None:
    """Keep what Describe would answer now, just before the write; None stands for a group that is not there."""
    group = groups.named(call.db, call.scope, name)
    body = None
    if group is not None:
        body = groups.as_described(as_json(group.doc), as_json(group.throughput), group.online_bytes)
    until = call.now + fault.seconds if fault.seconds else None
    reads = fault.reads if fault.reads is not None or until is not None else 1
    call.db.execute(
        "INSERT OR REPLACE INTO stale VALUES (?, ?, ?, ?, ?)", (call.scope, name.lower(), body, reads, until)
    )


def is_stale(db: sqlite3.Connection, scope: str, name: str) -> bool:
    """Whether a read of this group may have to be stale; nearly always not."""
    row = db.execute("SELECT 1 FROM stale WHERE scope = ? AND folded = ?", (scope, name.lower())).fetchone()
    return row is not None


class Before(NamedTuple):
    """What a stale read answers; without a body the group is not there yet."""

    body: str | None


def recall(call: Call, name: str) -> Before | None:
    """What this read answers if it is stale; each one counts."""
    place = (call.scope, name.lower())
    row = call.db.execute("SELECT body, reads, until FROM stale WHERE scope = ? AND folded = ?", place).fetchone()
    if row is None:
        return None
    body, reads, until = row
    if (reads is not None and reads <= 0) or (until is not None and call.now >= until):
        call.db.execute("DELETE FROM stale WHERE scope = ? AND folded = ?", place)
        return None
    call.db.execute("UPDATE stale SET reads = reads - 1 WHERE scope = ? AND folded = ?", place)
    return Before(body)
