"""PutRecord and BatchWriteRecord: whole records, to one store or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.runtime import instants, records
from reconciler.emulator.runtime.feature_groups import ONLINE, find, look, not_found, seconds, unknown
from reconciler.emulator.runtime.ledger import Ledger
from reconciler.emulator.runtime.requests import BATCH_WRITE, OPTIONS, PUT, VIOLATION
from reconciler.emulator.shapes import checked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from reconciler.emulator.calls import Call
    from reconciler.emulator.runtime.feature_groups import FeatureGroup
    from reconciler.emulator.runtime.records import Record

_MOST_ENTRIES = 25
_ALL_WRITTEN = '{"Errors":[],"UnprocessedEntries":[]}'


class Write(NamedTuple):
    """A record that is as it should be, and where it goes."""

    group: FeatureGroup
    record: Record
    stores: Collection[str]
    expires: str | None


def put(call: Call, asked: dict[str, Any]) -> str:
    """A full overwrite; what is older than the record online is history, and goes offline only."""
    write = _glance(call, asked, None, {})
    if write is None:
        asked = checked(PUT, asked, VIOLATION)
        group = find(call, asked["FeatureGroupName"], unknown)
        write = _placed(group, records.read(group, asked["Record"]), asked, None)
    _write(call, (write,))
    return ""


def put_batch(call: Call, asked: dict[str, Any]) -> str:
    """Full overwrites, one after the other; each is refused on its own account."""
    writes = None if call.faults else _glance_all(call, asked)
    if writes is not None:
        _write(call, writes)
        return _ALL_WRITTEN
    asked = checked(BATCH_WRITE, asked, VIOLATION)
    entries, errors, unprocessed = _by_faults(call, asked["Entries"])
    writes = []
    for entry in entries:
        try:
            group = find(call, entry["FeatureGroupName"], not_found)
            writes.append(_placed(group, records.read(group, entry["Record"]), entry, asked.get("TtlDuration")))
        except AwsError as refused:
            if refused.code == "ResourceNotFound" and assumptions.UNKNOWN_GROUP_FAILS_BATCH_WRITE:
                raise
            errors.append(_error(entry, refused.code, refused.message))
    _write(call, writes)
    return as_json({"Errors": errors, "UnprocessedEntries": unprocessed})


def target_stores(group: FeatureGroup, asked: dict[str, Any]) -> Collection[str]:
    """The stores that are asked for, which the group must have; all of them unless some are named."""
    stores: list[str] | None = asked.get("TargetStores")
    if stores is None:
        return group.stores
    if not group.stores.issuperset(stores):
        raise assumptions.store_not_enabled(group.name, ", ".join(sorted(set(stores) - group.stores)))
    return stores


def expiry(group: FeatureGroup, instant: str, stores: Collection[str], ttl: dict[str, Any] | None) -> str | None:
    """When a record expires: after its own time to live, else that of its group. Counted from its event time."""
    if ttl is None:
        ttl_s = group.ttl_s if ONLINE in stores else None
    elif ONLINE in stores:
        ttl_s = seconds(ttl)
    else:
        raise assumptions.ttl_needs_online_store()
    if ttl_s is None:
        return None
    expires = instants.plus(instant, ttl_s)
    if expires is None:
        raise assumptions.expires_too_late()
    return expires


def _glance_all(call: Call, asked: dict[str, Any]) -> list[Write] | None:
    """All entries, if there is nothing about any of them that needs a closer look."""
    entries = asked.get("Entries")
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_ENTRIES:
        return None
    try:
        ttl = checked(OPTIONS, asked, VIOLATION).get("TtlDuration") if len(asked) > 1 else None
    except AwsError:
        return None
    known: dict[str, FeatureGroup | None] = {}
    writes = []
    for entry in entries:
        write = _glance(call, entry, ttl, known) if isinstance(entry, dict) else None
        if write is None:
            return None
        writes.append(write)
    return writes


def _glance(
    call: Call, entry: dict[str, Any], ttl: dict[str, Any] | None, known: dict[str, FeatureGroup | None]
) -> Write | None:
    """One entry, if nothing about it needs a closer look; its shape is then right as well."""
    name = entry.get("FeatureGroupName")
    if not isinstance(name, str):
        return None
    if name not in known:
        known[name] = look(call, name)
    group = known[name]
    record = records.glance(group, entry.get("Record")) if group else None
    if group is None or record is None:
        return None
    try:
        options = checked(OPTIONS, entry, VIOLATION) if len(entry) > 2 else entry
        return _placed(group, record, options, ttl)
    except AwsError:
        return None


def _placed(group: FeatureGroup, record: Record, entry: dict[str, Any], ttl: dict[str, Any] | None) -> Write:
    stores = target_stores(group, entry)
    return Write(group, record, stores, expiry(group, record.instant, stores, entry.get("TtlDuration") or ttl))


def _write(call: Call, writes: Iterable[Write]) -> None:
    ledger = Ledger(call)
    for write in writes:
        ledger.write(*write)
    ledger.close()


def _by_faults(call: Call, entries: list[dict[str, Any]]) -> tuple[list[Any], list[Any], list[Any]]:
    """What is left of a batch after the faults that hit it: entries, errors, unprocessed entries."""
    fail, leave = call.fault("entries_fail"), call.fault("entries_unprocessed")
    left, errors, unprocessed = [], [], []
    for number, entry in enumerate(entries):
        if leave and leave.chance(number) < leave.share:
            unprocessed.append(entry)
        elif fail and fail.chance(number) < fail.share:
            errors.append(_error(entry, fail.reason, "The entry failed on request."))
        else:
            left.append(entry)
    return left, errors, unprocessed


def _error(entry: dict[str, Any], code: str, message: str) -> dict[str, Any]:
    return {"Entry": entry, "ErrorCode": code, "ErrorMessage": message}
