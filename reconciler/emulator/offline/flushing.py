"""From pending rows to files."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from typing import TYPE_CHECKING

from reconciler.emulator import faults
from reconciler.emulator.offline import claims, health, libraries, pending, targets
from reconciler.emulator.offline.turns import turn
from reconciler.emulator.runtime import expiry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.calls import Site
    from reconciler.emulator.offline.claims import Claim
    from reconciler.emulator.offline.pending import Row
    from reconciler.emulator.offline.targets import Target

_log = logging.getLogger("reconciler.emulator")


def flush(site: Site, *, everything: bool = False) -> int:
    """Write what is due, or everything that is pending; answers the number of rows that became visible.

    When it returns, what was due when it was called is in files, whoever wrote them; but not the rows of a group whose
    files cannot be written: its offline store is Blocked until they can. Nothing may be flushed inside a transaction.
    """
    expiry.settle(site)
    moment = float("inf") if everything else site.now()
    with site.store.reading() as db:
        if not pending.is_due(db, moment):
            return 0
        horizon = pending.last(db)
    libraries.check("pyarrow")
    site = site._replace(faults=faults.Faults(site.store).draw("", faults.FLUSH))
    with turn(site.store):
        with site.store.reading() as db:
            groups = pending.groups_due(db, moment)
        return sum(_flush_all(site, groups, moment, horizon))


def _flush_all(site: Site, groups: list[int], moment: float, horizon: int) -> Iterator[int]:
    missing: libraries.NotInstalled | None = None
    for group_id in groups:
        try:
            yield _flush_group(site, group_id, moment, horizon)
        except libraries.NotInstalled as error:
            missing = error
    if missing is not None:
        raise missing


def _flush_group(site: Site, group_id: int, moment: float, horizon: int) -> int:
    count = 0
    try:
        while written := _flush_portion(site, group_id, moment, horizon):
            count += written
    except claims.Forgotten:
        return count
    except libraries.NotInstalled:
        raise
    except Exception as error:  # noqa: BLE001 - what is wrong with one group must not keep the others from being read
        _block(site, group_id, error)
    return count


def _block(site: Site, group_id: int, error: Exception) -> None:
    """Say what is wrong: once, for it is tried again and again."""
    try:
        with site.store.writing() as db:
            is_news = health.block(db, group_id, error)
    except sqlite3.Error:
        is_news = True  # a disk that is full is full for the store too
    if is_news:
        _log.warning("the offline store of a group cannot be written; its rows wait", exc_info=error)


def _flush_portion(site: Site, group_id: int, moment: float, horizon: int) -> int:
    """Write a claim's worth of rows; answers how many records, 0 when there are no more."""
    with site.store.reading() as db:
        target = targets.find(db, group_id)
        if health.is_blocked(db, group_id):
            return 0
        claim = claims.unfulfilled(db, group_id)
        columns = len(target.features) if target else 1
        rows = claims.rows(db, claim) if claim else claims.portion(db, group_id, moment, horizon, columns)
    if not rows:
        return 0
    claim = claim or _claim(site, group_id, rows)
    _write(site, target, claim, rows)
    return sum(row.records for row in rows)


def _claim(site: Site, group_id: int, rows: list[Row]) -> Claim:
    with site.store.writing() as db:
        made = claims.make(db, group_id, rows, site.call(db).now)
    if made is None:
        raise claims.Forgotten
    return made


def _write(site: Site, target: Target | None, claim: Claim, pending_rows: list[Row]) -> None:
    if target is None:
        with site.store.writing() as db:
            claims.fulfil(db, claim)
        return
    if site.fault("disk_full"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    from reconciler.emulator.offline import parquet, rows  # noqa: PLC0415 - only where rows are written

    if target.is_iceberg:
        libraries.check("pyiceberg")
        from reconciler.emulator.offline.iceberg_appending import write  # noqa: PLC0415 - heavy
    else:
        from reconciler.emulator.offline.glue_files import write  # noqa: PLC0415
    parquet.make_bucket(site, target)
    write(site, target, claim, rows.table(pending_rows, target.features, claim.moment))
