"""Whether a group's offline store takes rows: OfflineStoreStatus, which is Blocked while files cannot be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import assumptions
from reconciler.emulator.control import groups
from reconciler.emulator.offline import targets

if TYPE_CHECKING:
    import sqlite3


def is_blocked(db: sqlite3.Connection, group_id: int) -> bool:
    """Whether it was blocked on request; one that is blocked by a flush that failed is to be tried again."""
    group = groups.numbered(db, group_id)
    status = group.doc.get("OfflineStoreStatus", {}) if group else {}
    return status.get("Status") == "Blocked" and status.get("BlockedReason") != _reason(db, group_id)


def block(db: sqlite3.Connection, group_id: int, error: Exception) -> bool:
    """A flush failed: its rows stay pending, and the group says why. Answers whether that is news."""
    reason = assumptions.offline_store_blocked(error)
    if reason == _reason(db, group_id) or targets.find(db, group_id) is None:
        return False
    db.execute("INSERT OR REPLACE INTO blocked VALUES (?, ?)", (group_id, reason))
    group = groups.numbered(db, group_id)
    if group is not None:
        _save(db, group, {"Status": "Blocked", "BlockedReason": reason})
    return True


def unblock(db: sqlite3.Connection, group_id: int) -> None:
    """A flush succeeded."""
    reason = _reason(db, group_id)
    if reason is None:
        return
    db.execute("DELETE FROM blocked WHERE group_id = ?", (group_id,))
    group = groups.numbered(db, group_id)
    if group and group.doc.get("OfflineStoreStatus", {}).get("BlockedReason") == reason:
        _save(db, group, {"Status": "Active"})


def _reason(db: sqlite3.Connection, group_id: int) -> str | None:
    row = db.execute("SELECT reason FROM blocked WHERE group_id = ?", (group_id,)).fetchone()
    return row[0] if row else None


def _save(db: sqlite3.Connection, group: groups.Group, status: dict[str, str]) -> None:
    group.doc["OfflineStoreStatus"] = status
    groups.save(db, group)
