"""DeleteRecord: soft, which leaves a marker online, and hard, which leaves nothing; both leave one offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.runtime import records
from reconciler.emulator.runtime.feature_groups import OFFLINE, ONLINE, find, unknown
from reconciler.emulator.runtime.ledger import Ledger
from reconciler.emulator.runtime.writing import target_stores

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call
    from reconciler.emulator.runtime.feature_groups import FeatureGroup
    from reconciler.emulator.runtime.records import Record


def delete(call: Call, asked: dict[str, Any]) -> str:
    """A deletion must be later than the record (API reference): else a soft one goes offline only, a hard one fails."""
    group = find(call, asked["FeatureGroupName"], unknown)
    stores = target_stores(group, asked)
    tombstone = _tombstone(group, asked["RecordIdentifierValueAsString"], asked["EventTime"])
    ledger = Ledger(call)
    if ONLINE in stores:
        if asked.get("DeletionMode") == "HardDelete":
            _hard(ledger, group, tombstone)
        else:
            _soft(ledger, group, tombstone)
    if OFFLINE in stores:
        ledger.offline_marker(group, tombstone)
    ledger.close()
    return ""


def _tombstone(group: FeatureGroup, record_id: str, event_time: str) -> Record:
    records.check_id(record_id)
    group.features[group.record_id].check(record_id)
    return records.marker(group, record_id, event_time, records.event_time(group, event_time))


def _soft(ledger: Ledger, group: FeatureGroup, tombstone: Record) -> None:
    kept = ledger.find(group, tombstone.id)
    if kept is None or tombstone.instant > kept.instant:
        ledger.bury(group, tombstone, kept)


def _hard(ledger: Ledger, group: FeatureGroup, tombstone: Record) -> None:
    kept = ledger.find(group, tombstone.id)
    if kept is None:
        if not assumptions.HARD_DELETE_OF_NOTHING_SUCCEEDS:
            raise assumptions.no_such_record(group.name)
        return
    if tombstone.instant <= kept.instant:
        raise assumptions.delete_not_later(tombstone.values[group.event_time])
    ledger.remove(group, tombstone.id, kept)
