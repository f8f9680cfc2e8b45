"""UpdateRecord: some features of a record that is there; the others stay as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.errors import AwsError
from reconciler.emulator.runtime import instants, online, records
from reconciler.emulator.runtime.feature_groups import OFFLINE, ONLINE, find, not_found
from reconciler.emulator.runtime.ledger import Ledger
from reconciler.emulator.runtime.writing import expiry, target_stores

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call
    from reconciler.emulator.runtime.feature_groups import FeatureGroup
    from reconciler.emulator.runtime.online import Kept
    from reconciler.emulator.runtime.records import Record

_MOST_FEATURES = 100
_STORAGES = frozenset({"Standard_V2", "InMemory"})


def update(call: Call, asked: dict[str, Any]) -> str:
    """Without an event time the record keeps its own; with an older one the update is a conflict (API reference)."""
    group = find(call, asked["FeatureGroupName"], not_found)
    if group.storage not in _STORAGES:
        raise assumptions.update_not_supported(group.name, str(group.storage))
    stores = target_stores(group, asked)
    if ONLINE not in stores:
        raise assumptions.update_needs_online_store()
    changed = _changed(group, asked)
    ledger = Ledger(call)
    kept = ledger.find(group, asked["RecordIdentifierValueAsString"])
    if kept is None or kept.is_deleted:
        raise assumptions.no_such_record(group.name)
    record = _merged(call, group, kept, changed)
    ledger.put(group, record, kept, _expiry(group, record, kept, asked.get("TtlDuration")))
    if OFFLINE in stores:
        ledger.offline(group, record.body if assumptions.UPDATE_WRITES_WHOLE_ROW else _part(group, record, changed))
    ledger.close()
    return ""


def _changed(group: FeatureGroup, asked: dict[str, Any]) -> dict[str, Any]:
    """What is asked for: values by feature, the record identifier among them."""
    record_id: str = asked["RecordIdentifierValueAsString"]
    records.check_id(record_id)
    if len(asked["Features"]) > _MOST_FEATURES:
        raise assumptions.too_many_updates(_MOST_FEATURES)
    changed = records.feature_values(group, asked["Features"])
    if changed.setdefault(group.record_id, record_id) != record_id:
        raise assumptions.update_changes_record_id(group.record_id)
    if "TtlDuration" in asked and group.event_time not in changed:
        raise assumptions.update_ttl_needs_event_time()
    return changed


def _merged(call: Call, group: FeatureGroup, kept: Kept, changed: dict[str, Any]) -> Record:
    before = json.loads(online.body(call.db, group.id, changed[group.record_id]))
    record = records.whole(group, {**before, **changed})
    if record.instant < kept.instant:
        raise _conflict()
    return record


def _expiry(group: FeatureGroup, record: Record, kept: Kept, ttl: dict[str, Any] | None) -> str | None:
    """An update without a time to live leaves that of the record as it is, counted from the event time it has now."""
    if ttl is not None:
        return expiry(group, record.instant, (ONLINE,), ttl)
    if kept.expires is None:
        return None
    lasts = instants.nanoseconds(kept.expires) - instants.nanoseconds(kept.instant)
    expires = instants.written(instants.nanoseconds(record.instant) + lasts)
    if expires is None:
        raise assumptions.expires_too_late()
    return expires


def _part(group: FeatureGroup, record: Record, changed: dict[str, Any]) -> str:
    return records.as_text({group.event_time: record.values[group.event_time], **changed})


def _conflict() -> AwsError:
    """In the words of the model's ConflictException."""
    return AwsError(
        "ConflictException",
        "The service rejected the update because the provided EventTime is older than the record's current EventTime. "
        "To persist the update, retrieve the record's latest EventTime and resubmit the request with an EventTime that "
        "is equal to or newer than the current value.",
        409,
    )
