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
_PORTIONS = 20


def settle(site: Site) -> None:
    """Remove what is due, a little in each transaction; of very much the rest is for those who come next."""
    with site.store.reading() as db:
        is_due, has_leftovers = _is_due(db), online.has_leftovers(db)
    try:
        for _ in range(_PORTIONS if is_due else 0):
            with site.store.writing() as db:
                if sweep(site.call(db)) < _AT_ONCE:
                    break
        if has_leftovers:
            with site.store.writing() as db:
                online.drop_leftovers(db)
    except DiskFull:
        return  # nobody sees it any more; it is removed when there is room for its markers


def sweep(call: Call) -> int:
    """Remove some of what has expired; answers how many."""
    ledger = Ledger(call)
    rows = call.db.execute(
        "SELECT group_id, id, instant, deleted, expires, size FROM records WHERE expires <= ? ORDER BY expires LIMIT ?",
        (instants.from_epoch(call.now), _AT_ONCE),
    ).fetchall()
    for group_id, record_id, *kept in rows:
        group = numbered(call, group_id)
        if group is None:
            online.remove(call.db, group_id, record_id)
        else:
            ledger.expire(group, record_id, Kept._make(kept))
    ledger.close()
    return len(rows)


def _is_due(db: sqlite3.Connection) -> bool:
    moment = instants.from_epoch(clock.now(db))
    return db.execute("SELECT 1 FROM records WHERE expires <= ? LIMIT 1", (moment,)).fetchone() is not None
