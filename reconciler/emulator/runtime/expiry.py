"""Records whose time is up: out of sight at once, removed with a marker offline when somebody gets to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import clock
from reconciler.emulator.runtime import instants, online
from reconciler.emulator.runtime.feature_groups import numbered
from reconciler.emulator.runtime.ledger import Ledger
from reconciler.emulator.runtime.online import Kept
from reconciler.emulator.store import DiskFull

if TYPE_CHECKING:
    import sqlite3

    from reconciler.emulator.calls import Call, Site

_AT_ONCE = 1000


def is_due(db: sqlite3.Connection, moment: float) -> bool:
    """Whether there is anything to remove; nearly always not."""
    found = db.execute(
        "SELECT 1 FROM records WHERE expires <= ? UNION ALL SELECT 1 FROM leftovers LIMIT 1",
        (instants.from_epoch(moment),),
    )
    return found.fetchone() is not None


def settle(site: Site) -> None:
    """Remove everything that is due, a little in each transaction, so that others get their turn."""
    try:
        while _is_due(site):
            with site.store.writing() as db:
                sweep(site.call(db))
    except DiskFull:
        return  # nobody sees it any more; it is removed when there is room for its markers


def _is_due(site: Site) -> bool:
    with site.store.reading() as db:
        return is_due(db, clock.now(db))


def sweep(call: Call, most: int = _AT_ONCE) -> None:
    """Remove some of it."""
    ledger = Ledger(call)
    rows = call.db.execute(
        "SELECT group_id, id, instant, deleted, expires, size FROM records WHERE expires <= ? ORDER BY expires LIMIT ?",
        (instants.from_epoch(call.now), most),
    ).fetchall()
    for group_id, record_id, *kept in rows:
        group = numbered(call, group_id)
        if group is None:
            online.remove(call.db, group_id, record_id)
        else:
            ledger.expire(group, record_id, Kept._make(kept))
    ledger.close()
    online.drop_leftovers(call.db)
