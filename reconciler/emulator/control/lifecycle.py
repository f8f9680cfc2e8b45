"""What happens by itself: a creation, update or deletion whose time has come is finished before the next reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.control import checks, groups
from reconciler.emulator.glue import catalogue

if TYPE_CHECKING:
    import sqlite3


def is_due(db: sqlite3.Connection, moment: float) -> bool:
    """Whether anything waits to be finished; most requests find nothing."""
    return db.execute("SELECT 1 FROM groups WHERE due <= ? LIMIT 1", (moment,)).fetchone() is not None


def settle(db: sqlite3.Connection, moment: float) -> None:
    """Finish everything that is due, in the order it fell due."""
    while group := groups.due(db, moment):
        pending = group.pending or {}
        at, group.due, group.pending = group.due or moment, None, None
        failure = pending.get("failure")
        match pending.get("kind"):
            case "create":
                _created(db, group, at, failure)
            case "update":
                _updated(db, group, at, failure, pending["change"])
            case _:
                _deleted(db, group, at, failure)


def _created(db: sqlite3.Connection, group: groups.Group, at: float, failure: str | None) -> None:
    reason = failure or _bucket_for(db, group) or catalogue.create_for(db, group)
    group.doc["FeatureGroupStatus"] = "CreateFailed" if reason else "Created"
    if reason:
        group.doc["FailureReason"] = reason
    elif "OfflineStoreConfig" in group.doc:
        group.doc["OfflineStoreStatus"] = {"Status": "Active"}
    group.modified_at(at)
    groups.save(db, group)


def _bucket_for(db: sqlite3.Connection, group: groups.Group) -> str | None:
    """The bucket of an offline store comes into being with the group; answers why that failed, if it did."""
    if "OfflineStoreConfig" not in group.doc:
        return None
    from reconciler.emulator.s3 import buckets  # noqa: PLC0415 - start-up is counted

    region = group.scope.rpartition("/")[2]
    try:
        buckets.ensure(db, checks.bucket(group.doc["OfflineStoreConfig"]), region, group.doc["CreationTime"])
    except OSError as error:
        return assumptions.offline_store_blocked(error)
    return None


def _updated(
    db: sqlite3.Connection, group: groups.Group, at: float, failure: str | None, change: dict[str, Any]
) -> None:
    if failure:
        group.doc["LastUpdateStatus"] = {"Status": "Failed", "FailureReason": failure}
    else:
        group.doc["LastUpdateStatus"] = {"Status": "Successful"}
        _apply(db, group, at, change)
    group.modified_at(at)
    groups.save(db, group)


def _apply(db: sqlite3.Connection, group: groups.Group, at: float, change: dict[str, Any]) -> None:
    match change:
        case {"FeatureAdditions": added}:
            group.doc["FeatureDefinitions"] += added
            groups.add_features(db, group, added, at)
            catalogue.evolve(db, group, added, at)
        case {"TtlDuration": None}:
            group.doc["OnlineStoreConfig"].pop("TtlDuration", None)
        case {"TtlDuration": ttl}:
            group.doc["OnlineStoreConfig"]["TtlDuration"] = ttl
        case {"StorageType": storage}:
            group.doc["OnlineStoreConfig"]["StorageType"] = storage
        case {"ThroughputConfig": throughput}:
            group.throughput = throughput


def _deleted(db: sqlite3.Connection, group: groups.Group, at: float, failure: str | None) -> None:
    """The Glue table, the database and the offline data stay (API reference, DeleteFeatureGroup)."""
    if not failure:
        groups.delete(db, group)
        return
    group.doc["FeatureGroupStatus"] = "DeleteFailed"
    group.doc["FailureReason"] = failure
    group.modified_at(at)
    groups.save(db, group)


def start_deletion(group: groups.Group) -> None:
    """From here on the group is Deleting, whatever else was under way."""
    if group.is_updating:
        group.doc["LastUpdateStatus"] = {"Status": "Failed", "FailureReason": "The feature group is being deleted."}
    group.doc["FeatureGroupStatus"] = "Deleting"
    group.doc.pop("FailureReason", None)


def can_be_deleted(group: groups.Group) -> bool:
    """Not while Creating, and not twice."""
    return group.status in assumptions.DELETABLE
