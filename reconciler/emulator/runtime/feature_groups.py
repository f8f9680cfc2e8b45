"""What records need to know of their group, read once for each version of it: a group may have 2,500 features."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.control import groups
from reconciler.emulator.errors import AwsError
from reconciler.emulator.runtime import instants
from reconciler.emulator.runtime.requests import NAME_OR_ARN
from reconciler.emulator.runtime.values import Feature

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.calls import Call

ONLINE, OFFLINE = "OnlineStore", "OfflineStore"
_UNITS = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}
_MOST_REMEMBERED = 128
_is_well_formed = re.compile(NAME_OR_ARN).fullmatch
_ROW = "SELECT id, modified, status, created, name FROM groups WHERE scope = ? AND"


class FeatureGroup:
    """One version of a group; its status is not part of it."""

    __slots__ = (
        *("event_time", "features", "glances", "id", "instant", "is_by_seconds", "modified", "name", "record_id"),
        *("storage", "stores", "ttl_s"),
    )

    def __init__(self, number: int, modified: float, doc: dict[str, Any]) -> None:
        self.id = number
        self.modified = modified
        self.name: str = doc["FeatureGroupName"]
        self.record_id: str = doc["RecordIdentifierFeatureName"]
        self.event_time: str = doc["EventTimeFeatureName"]
        self.features = {each["FeatureName"]: _feature(each) for each in doc["FeatureDefinitions"]}
        self.glances = {name: feature.glance() for name, feature in self.features.items()}
        self.is_by_seconds = self.features[self.event_time].type == "Fractional"
        self.instant: Callable[[str], str | None] = instants.from_seconds if self.is_by_seconds else instants.from_iso
        online: dict[str, Any] = doc.get("OnlineStoreConfig", {})
        enabled = bool(online.get("EnableOnlineStore"))
        self.storage: str | None = online.get("StorageType", "Standard") if enabled else None
        self.stores = frozenset(
            store for store, there in ((ONLINE, enabled), (OFFLINE, "OfflineStoreConfig" in doc)) if there
        )
        self.ttl_s = seconds(online["TtlDuration"]) if enabled and "TtlDuration" in online else None

    def written(self, instant: str) -> str:
        """An event time of ours, in the group's form."""
        return instants.as_seconds(instant) if self.is_by_seconds else instants.as_iso(instant)


def seconds(ttl: dict[str, Any]) -> int:
    """How long a TtlDuration is."""
    return int(ttl["Value"]) * _UNITS[ttl["Unit"]]


def look(call: Call, name_or_arn: str) -> FeatureGroup | None:
    """The group, if it is there and takes records."""
    row = _row(call, name_or_arn)
    return _read(call, row) if row is not None and row[2] == assumptions.STATUS_WITH_RECORDS else None


def find(call: Call, name_or_arn: str, absent: Callable[[str], AwsError]) -> FeatureGroup:
    """The group; or why there is none, in the way the operation says it."""
    row = _row(call, name_or_arn)
    if row is None:
        raise absent(name_or_arn)
    if row[2] != assumptions.STATUS_WITH_RECORDS:
        raise assumptions.unusable_group(row[4], row[2])
    return _read(call, row)


def numbered(call: Call, number: int) -> FeatureGroup | None:
    """The group of a row number, whatever its status."""
    row = call.db.execute("SELECT id, modified FROM groups WHERE id = ?", (number,)).fetchone()
    return _read(call, row) if row else None


def unknown(name_or_arn: str) -> AwsError:
    """Operations that model no ResourceNotFound say it like this (aws/sagemaker-python-sdk, issue 2606)."""
    return AwsError("ValidationError", _absent(name_or_arn))


def not_found(name_or_arn: str) -> AwsError:
    """The others: here it is HTTP 404 (botocore 1.44.5)."""
    return AwsError("ResourceNotFound", _absent(name_or_arn), 404)


def _absent(name_or_arn: str) -> str:
    return f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name_or_arn}"


def _row(call: Call, name_or_arn: str) -> tuple[Any, ...] | None:
    column, value = "name", name_or_arn
    if name_or_arn.startswith("arn:"):
        if not _is_well_formed(name_or_arn):
            return None
        try:
            column, value = groups.key(call, name_or_arn)
        except AwsError:
            return None  # another account's or region's
    found: tuple[Any, ...] | None = call.db.execute(f"{_ROW} {column} = ?", (call.scope, value)).fetchone()
    if found is not None and (hidden := call.fault("group_not_found")):
        is_hidden = not hidden.seconds or call.now < found[3] + hidden.seconds
        return None if is_hidden else found
    return found


def _read(call: Call, row: tuple[Any, ...]) -> FeatureGroup:
    number, modified = row[:2]
    known: FeatureGroup | None = call.memory.get(("group", number))
    if known is not None and known.modified == modified:
        return known
    (doc,) = call.db.execute("SELECT doc FROM groups WHERE id = ?", (number,)).fetchone()
    group = FeatureGroup(number, modified, json.loads(doc))
    if len(call.memory) >= _MOST_REMEMBERED:
        call.memory.clear()
    call.memory["group", number] = group
    return group


def _feature(definition: dict[str, Any]) -> Feature:
    vector = definition.get("CollectionConfig", {}).get("VectorConfig", {})
    return Feature(
        definition["FeatureName"],
        definition["FeatureType"],
        definition.get("CollectionType"),
        vector.get("Dimension"),
    )
