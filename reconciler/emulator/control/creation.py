"""CreateFeatureGroup: the request becomes a group that is Creating."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.control import checks, groups, tags
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def create(call: Call, request: dict[str, Any]) -> str:
    """Refuse what AWS refuses, then start a creation."""
    checks.creation(request)
    if call.fault("role_not_propagated"):
        raise checks.not_propagated(role=True)
    if call.fault("bucket_not_propagated"):
        raise checks.not_propagated(role=False)
    name = request["FeatureGroupName"]
    if groups.named(call.db, call.scope, name):
        raise AwsError(
            "ResourceInUse",
            f"Resource Already Exists: FeatureGroup with name {name} already exists. Choose a different name."
            f"\nInfo: Feature Group '{name}' already exists.",
        )
    _limits(call)
    group = _group(call, request)
    failed = call.fault("create_fails")
    group.pending = {"kind": "create", "failure": failed.reason if failed else None}
    group.due = call.now + _duration(call, request)
    groups.add(call.db, group)
    if request.get("Tags"):
        tags.write(call.db, group.id, request["Tags"])
    return as_json({"FeatureGroupArn": group.doc["FeatureGroupArn"]})


def _limits(call: Call) -> None:
    creating, all_of_them = call.db.execute(
        "SELECT count(*) FILTER (WHERE status = 'Creating'), count(*) FROM groups WHERE scope = ?", (call.scope,)
    ).fetchone()
    if all_of_them >= call.settings.max_groups:
        raise assumptions.groups_exhausted(call.settings.max_groups, all_of_them)
    if creating >= call.settings.parallel_creations:
        raise assumptions.creations_exhausted(call.settings.parallel_creations, creating)


def _group(call: Call, request: dict[str, Any]) -> groups.Group:
    name = request["FeatureGroupName"]
    created = _creation_time(call, name)
    doc: dict[str, Any] = {
        "FeatureGroupArn": groups.arn(call, name),
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": request["RecordIdentifierFeatureName"],
        "EventTimeFeatureName": request["EventTimeFeatureName"],
        "FeatureDefinitions": request["FeatureDefinitions"],
        "CreationTime": created,
        "LastModifiedTime": created,
        "FeatureGroupStatus": "Creating",
    }
    online = request.get("OnlineStoreConfig")
    enabled = bool(online and online.get("EnableOnlineStore"))
    if online and (enabled or assumptions.ECHO_DISABLED_ONLINE_STORE):
        doc["OnlineStoreConfig"] = online
    if "OfflineStoreConfig" in request:
        doc["OfflineStoreConfig"] = _offline(call, request["OfflineStoreConfig"], name, created)
    doc |= {member: request[member] for member in ("RoleArn", "Description") if request.get(member)}
    throughput = _throughput(request.get("ThroughputConfig", {}))
    return groups.Group(call.scope, name, doc, throughput, 0 if enabled else None)


def _offline(call: Call, config: dict[str, Any], name: str, created: float) -> dict[str, Any]:
    """What AWS fills in: the resolved prefix, and false for DisableGlueTableCreation. TableFormat it does not."""
    storage = config["S3StorageConfig"]
    prefix = storage["S3Uri"].rstrip("/")
    place = f"{call.settings.account}/sagemaker/{call.region}/offline-store/{name}-{int(created)}/data"
    return {
        **config,
        "S3StorageConfig": {**storage, "ResolvedOutputS3Uri": f"{prefix}/{place}"},
        "DisableGlueTableCreation": config.get("DisableGlueTableCreation", False),
    }


def _throughput(config: dict[str, Any]) -> dict[str, Any]:
    if config.get("ThroughputMode") == "Provisioned":
        return config
    return {"ThroughputMode": "OnDemand"}


def _creation_time(call: Call, name: str) -> float:
    """Later, in whole seconds, than any group of this name before: paths and tables are named by the second."""
    row = call.db.execute(
        "SELECT epoch FROM epochs WHERE scope = ? AND folded = ?", (call.scope, name.lower())
    ).fetchone()
    return max(call.now, float(row[0] + 1)) if row else call.now


def _duration(call: Call, request: dict[str, Any]) -> float:
    settings = call.settings
    if checks.storage_type(request.get("OnlineStoreConfig", {})) == "InMemory":
        return settings.create_in_memory_s
    return settings.create_offline_s if "OfflineStoreConfig" in request else settings.create_s
