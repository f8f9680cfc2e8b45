"""UpdateFeatureGroup: one kind of change at a time, finished in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.control import checks, groups
from reconciler.emulator.errors import invalid

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_KINDS = ("FeatureAdditions", "OnlineStoreConfig", "ThroughputConfig")
_DAY_S = 24 * 3600


def update(call: Call, request: dict[str, Any]) -> str:
    """Refuse what AWS refuses, then start the change; what it changes is visible when it is done."""
    group = groups.find(call, request["FeatureGroupName"])
    change = _change(request)
    if group.status != "Created":
        raise assumptions.not_in_this_status(group.name, group.status, "updated")
    if group.is_updating:
        raise assumptions.update_in_progress(group.name)
    change = _allowed(call, group, change)
    failed = call.fault("update_fails")
    group.pending = {"kind": "update", "failure": failed.reason if failed else None, "change": change}
    group.due = call.now + call.settings.update_s
    group.doc["LastUpdateStatus"] = {"Status": "InProgress"}
    group.modified_at(call.now)
    groups.save(call.db, group)
    return as_json({"FeatureGroupArn": group.doc["FeatureGroupArn"]})


def _change(request: dict[str, Any]) -> dict[str, Any]:
    """The one change that is asked for."""
    kinds = [kind for kind in _KINDS if kind in request]
    if len(kinds) > 1:
        raise assumptions.two_changes_at_once()
    if not kinds or not request[kinds[0]]:
        raise assumptions.nothing_to_change("UpdateFeatureGroup")
    if kinds == ["OnlineStoreConfig"]:
        online: dict[str, Any] = request["OnlineStoreConfig"]
        if len(online) > 1:
            raise assumptions.two_online_changes_at_once()
        return online
    return {kinds[0]: request[kinds[0]]}


def _allowed(call: Call, group: groups.Group, change: dict[str, Any]) -> dict[str, Any]:
    match change:
        case {"FeatureAdditions": added}:
            _additions(group, added)
            return change
        case {"TtlDuration": ttl}:
            return {"TtlDuration": _ttl(group, ttl)}
        case {"StorageType": storage}:
            _storage(group, storage)
            return change
        case {"ThroughputConfig": config}:
            return {"ThroughputConfig": _throughput(call, group, config)}
    raise assumptions.nothing_to_change("UpdateFeatureGroup")


def _additions(group: groups.Group, added: list[dict[str, Any]]) -> None:
    live = group.doc["FeatureDefinitions"]
    if len(live) + len(added) > checks.MOST_FEATURES:
        raise assumptions.features_exhausted(checks.MOST_FEATURES)
    checks.features(added, (feature["FeatureName"] for feature in live))
    online = group.online
    checks.collections([*live, *added], checks.storage_type(online) if online else None)


def _online(group: groups.Group) -> dict[str, Any]:
    if group.online is None:
        raise invalid(f"FeatureGroup {group.name} has no OnlineStore, so OnlineStoreConfig can't be updated.")
    return group.online


def _ttl(group: groups.Group, ttl: dict[str, Any]) -> dict[str, Any] | None:
    """Unit and Value both null remove the default duration (API reference, UpdateFeatureGroup)."""
    _online(group)
    if ttl == {"Unit": None, "Value": None}:
        return None
    checks.ttl(ttl)
    return ttl


def _storage(group: groups.Group, storage: str) -> None:
    """Standard to Standard_V2 is the only migration, and one-way (API reference, OnlineStoreConfigUpdate)."""
    before = checks.storage_type(_online(group))
    if (before, storage) != ("Standard", "Standard_V2"):
        raise invalid(f"StorageType can't be changed from {before} to {storage}.")
    if group.throughput["ThroughputMode"] == "Provisioned":
        raise invalid("StorageType Standard_V2 is not supported with the ThroughputMode Provisioned.")


def _throughput(call: Call, group: groups.Group, config: dict[str, Any]) -> dict[str, Any]:
    before = group.throughput["ThroughputMode"]
    asked = {"ThroughputMode": before, **config}
    checks.throughput(asked, group.online or {})
    if asked["ThroughputMode"] == "Provisioned":
        return asked
    if before == "Provisioned":
        if group.on_demand_since is not None and call.now - group.on_demand_since < _DAY_S:
            raise assumptions.throughput_switched_today()
        group.on_demand_since = call.now
    return {"ThroughputMode": "OnDemand"}
