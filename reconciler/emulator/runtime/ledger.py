"""What one request writes to both stores, inside its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import assumptions
from reconciler.emulator.offline import pending
from reconciler.emulator.runtime import instants, online
from reconciler.emulator.runtime.feature_groups import OFFLINE, ONLINE
from reconciler.emulator.runtime.records import marker

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.emulator.calls import Call
    from reconciler.emulator.runtime.feature_groups import FeatureGroup
    from reconciler.emulator.runtime.online import Kept
    from reconciler.emulator.runtime.records import Record


class Ledger:
    """Writes records one by one; `close` adds what is written once for each group."""

    __slots__ = ("_growth", "_rows", "call")

    def __init__(self, call: Call) -> None:
        self.call = call
        self._rows: dict[int, list[str]] = {}
        self._growth: dict[int, tuple[int, int]] = {}

    def write(self, group: FeatureGroup, record: Record, stores: Collection[str], expires: str | None) -> None:
        """Overwrite what is older online; offline everything is history, one row after the other."""
        if ONLINE in stores:
            kept = self.find(group, record.id)
            if kept is None or _supersedes(record.instant, kept.instant):
                self.put(group, record, kept, expires)
        if OFFLINE in stores:
            self.offline(group, record.body)

    def find(self, group: FeatureGroup, record_id: str) -> Kept | None:
        """What the online store has of a record; one whose time is up is removed when it is met."""
        kept = online.find(self.call.db, group.id, record_id)
        if kept is None or kept.expires is None or kept.expires > instants.from_epoch(self.call.now):
            return kept
        self.expire(group, record_id, kept)
        return None

    def put(self, group: FeatureGroup, record: Record, kept: Kept | None, expires: str | None) -> None:
        """Keep a record online in place of what is kept."""
        size = online.put(self.call.db, group.id, record, expires, is_deleted=False)
        more = 1 if kept is None or kept.is_deleted else 0
        self._grow(group.id, more, size - (kept.size if kept else 0))

    def bury(self, group: FeatureGroup, tombstone: Record, kept: Kept | None) -> None:
        """Keep a marker online in place of what is kept: it still orders later writes."""
        size = online.put(self.call.db, group.id, tombstone, None, is_deleted=True)
        fewer = 0 if kept is None or kept.is_deleted else -1
        self._grow(group.id, fewer, size - (kept.size if kept else 0))

    def remove(self, group: FeatureGroup, record_id: str, kept: Kept) -> None:
        """Keep nothing online: what comes next has nothing to be older than."""
        online.remove(self.call.db, group.id, record_id)
        self._grow(group.id, 0 if kept.is_deleted else -1, -kept.size)

    def expire(self, group: FeatureGroup, record_id: str, kept: Kept) -> None:
        """The time of a record is up: it is deleted for good, and a marker of that goes offline (developer guide)."""
        self.remove(group, record_id, kept)
        at = (kept.expires or kept.instant) if assumptions.EXPIRED_AS_OF_EXPIRY else kept.instant
        self.offline_marker(group, marker(group, record_id, group.written(at), at))

    def offline(self, group: FeatureGroup, row: str) -> None:
        """One row for the offline store."""
        rows = self._rows.get(group.id)
        if rows is None:
            self._rows[group.id] = [row]
        else:
            rows.append(row)

    def offline_marker(self, group: FeatureGroup, tombstone: Record) -> None:
        """That a record was deleted, where the group has an offline store."""
        if OFFLINE in group.stores:
            self.offline(group, f'{tombstone.body[:-1]},"is_deleted":true}}')

    def close(self) -> None:
        """Write what was put together; the request is then answered."""
        lag_s = self._lag_s() if self.call.faults else 0.0
        for group_id, rows in self._rows.items():
            pending.append(self.call, group_id, rows, lag_s=lag_s)
        for group_id, (records, size) in self._growth.items():
            if records or size:
                online.grow(self.call.db, group_id, records, size)

    def _grow(self, group_id: int, records: int, size: int) -> None:
        before = self._growth.get(group_id, (0, 0))
        self._growth[group_id] = (before[0] + records, before[1] + size)

    def _lag_s(self) -> float:
        lag, disorder = self.call.fault("offline_lag"), self.call.fault("out_of_order")
        return (lag.seconds if lag else 0.0) + (disorder.seconds * disorder.chance() if disorder else 0.0)


def _supersedes(new: str, kept: str) -> bool:
    return new > kept or (new == kept and assumptions.EQUAL_EVENT_TIME_OVERWRITES)
