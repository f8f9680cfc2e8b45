"""AWS's words and ours: what Describe and Search say, as a `Live`; what a `Group` is, as a request.

Everything that makes two groups look different while they mean the same is settled here, once: stores that are
absent or switched off, formats that have two names, lifetimes in five units, names that AWS makes up, tags that are
not ours to manage. Sources: the service model of botocore 1.44.5, and replies kept in the fixtures of AWS's own
SDK and Kubernetes controller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.state import limits
from reconciler.state.model import (
    PROTECTED_TAG,
    REGISTRY_TAG,
    Catalog,
    Feature,
    Group,
    Health,
    Live,
    Offline,
    Online,
    Throughput,
)

CATALOG = "AwsDataCatalog"

REMOVE_TTL: Mapping[str, None] = {"Unit": None, "Value": None}
"""How the service model says that a lifetime is taken away; boto3's own validation refuses it.

UNVERIFIED on live AWS. Apply reads the group back, so if AWS should take it otherwise, that is an error, not a silence.
"""


def live_from_reply(
    reply: Mapping[str, Any], tags: Mapping[str, str] | None = None, ignore_tags: Iterable[str] = ()
) -> Live:
    """A DescribeFeatureGroup reply (or the same members of a Search result) and the group's tags, as a value."""
    tags = tags or {}
    offline, data_uri, table = _offline(reply.get("OfflineStoreConfig"))
    group = Group(
        name=reply["FeatureGroupName"],
        record_id=reply.get("RecordIdentifierFeatureName", ""),
        event_time=reply.get("EventTimeFeatureName", ""),
        features=tuple(_feature(f) for f in reply.get("FeatureDefinitions", ())),
        online=_online(reply.get("OnlineStoreConfig")),
        offline=offline,
        role_arn=reply.get("RoleArn"),
        throughput=throughput_from_reply(reply.get("ThroughputConfig")),
        description=reply.get("Description") or None,
    )
    live = Live(
        group,
        arn=reply.get("FeatureGroupArn", ""),
        health=_health(reply),
        created_at=_seconds(reply.get("CreationTime")),
        modified_at=_seconds(reply.get("LastModifiedTime")),
        data_uri=data_uri,
        table=table,
    )
    return with_tags(live, tags, ignore_tags)


def with_tags(live: Live, tags: Mapping[str, str], ignore: Iterable[str] = ()) -> Live:
    """The same group with these tags: ownership and protection told apart, those of AWS left out."""

    mine = {k: v for k, v in tags.items() if not is_foreign_tag(k, ignore)}
    owner, protected = mine.pop(REGISTRY_TAG, None), mine.pop(PROTECTED_TAG, None)
    group = replace(live.group, tags=mine, owner=owner, protected=protected == "true")
    return replace(live, group=group)


def is_foreign_tag(key: str, ignore: Iterable[str] = ()) -> bool:
    """A tag that is not ours to manage: AWS's, Studio's, or one the environment's `ignore_tags` names.

    A name in `ignore_tags` that ends with `*` stands for every key that begins so; our own tags it never names.
    """
    return key.startswith(limits.FOREIGN_TAG_PREFIXES) or (
        not key.startswith(limits.OWN_TAG_PREFIX)
        and any(key.startswith(name[:-1]) if name.endswith("*") else key == name for name in ignore)
    )


def own_tags(group: Group) -> dict[str, str]:
    """Every tag that a group of ours carries on AWS."""
    tags = dict(group.tags)
    if group.owner is not None:
        tags[REGISTRY_TAG] = group.owner
    if group.protected:
        tags[PROTECTED_TAG] = "true"
    return tags


def _feature(definition: Mapping[str, Any]) -> Feature:
    dimension = definition.get("CollectionConfig", {}).get("VectorConfig", {}).get("Dimension")
    return Feature(definition["FeatureName"], definition["FeatureType"], definition.get("CollectionType"), dimension)


def _online(config: Mapping[str, Any] | None) -> Online | None:
    # AWS leaves the whole block out when there is no online store; some callers send it switched off.
    if not config or not config.get("EnableOnlineStore"):
        return None
    return Online(
        config.get("StorageType") or "Standard",
        ttl_seconds(config.get("TtlDuration")),
        config.get("SecurityConfig", {}).get("KmsKeyId"),
    )


def ttl_seconds(duration: Mapping[str, Any] | None) -> int | None:
    """A TtlDuration in seconds: 7 Days and 1 Weeks mean the same."""
    if not duration or not duration.get("Value"):
        return None
    return int(duration["Value"]) * limits.TTL_UNITS[duration["Unit"]]


def _offline(config: Mapping[str, Any] | None) -> tuple[Offline | None, str, Catalog | None]:
    if not config:
        return None, "", None
    storage = config.get("S3StorageConfig", {})
    named = config.get("DataCatalogConfig")
    catalog = Catalog(named["Database"], named["TableName"]) if named else None
    offline = Offline(
        storage.get("S3Uri"),
        # Absent, Default and Glue are three names of one format.
        "Iceberg" if config.get("TableFormat") == "Iceberg" else "Glue",
        storage.get("KmsKeyId"),
        create_table=not config.get("DisableGlueTableCreation", False),
        catalog=catalog,
    )
    return offline, storage.get("ResolvedOutputS3Uri", ""), catalog


def throughput_from_reply(config: Mapping[str, Any] | None) -> Throughput:
    """A ThroughputConfig by meaning: AWS fills OnDemand in, and units mean nothing unless provisioned."""
    if not config or config.get("ThroughputMode") != "Provisioned":
        return Throughput()
    return Throughput(
        "Provisioned", config.get("ProvisionedReadCapacityUnits"), config.get("ProvisionedWriteCapacityUnits")
    )


def _health(reply: Mapping[str, Any]) -> Health:
    update, offline = reply.get("LastUpdateStatus") or {}, reply.get("OfflineStoreStatus") or {}
    return Health(
        status=reply.get("FeatureGroupStatus", "Created"),
        failure=reply.get("FailureReason", ""),
        update_status=update.get("Status", ""),
        update_failure=update.get("FailureReason", ""),
        offline_status=offline.get("Status", ""),
        blocked_reason=offline.get("BlockedReason", ""),
        online_bytes=reply.get("OnlineStoreTotalSizeBytes"),
    )


def _seconds(moment: object) -> float:
    if isinstance(moment, datetime):
        return moment.timestamp()
    return float(moment) if isinstance(moment, (int, float)) else 0.0


def create_request(group: Group) -> dict[str, Any]:
    """The CreateFeatureGroup request that makes this group; per-feature metadata needs calls of its own."""
    request: dict[str, Any] = {
        "FeatureGroupName": group.name,
        "RecordIdentifierFeatureName": group.record_id,
        "EventTimeFeatureName": group.event_time,
        "FeatureDefinitions": [definition(f) for f in group.features],
        "Tags": tag_list(own_tags(group)),
    }
    if group.online:
        request["OnlineStoreConfig"] = _online_config(group.online)
    if group.offline:
        request["OfflineStoreConfig"] = _offline_config(group.offline)
    if group.throughput.mode != "OnDemand":
        request["ThroughputConfig"] = throughput_config(group.throughput)
    if group.role_arn:
        request["RoleArn"] = group.role_arn
    if group.description:
        request["Description"] = group.description
    return request


def definition(feature: Feature) -> dict[str, Any]:
    """A FeatureDefinition, as CreateFeatureGroup and FeatureAdditions take it."""
    request: dict[str, Any] = {"FeatureName": feature.name, "FeatureType": feature.type}
    if feature.collection:
        request["CollectionType"] = feature.collection
    if feature.dimension:
        request["CollectionConfig"] = {"VectorConfig": {"Dimension": feature.dimension}}
    return request


def _online_config(online: Online) -> dict[str, Any]:
    config: dict[str, Any] = {"EnableOnlineStore": True}
    if online.storage_type != "Standard":
        config["StorageType"] = online.storage_type
    if online.ttl_s is not None:
        config["TtlDuration"] = ttl_duration(online.ttl_s)
    if online.kms_key:
        config["SecurityConfig"] = {"KmsKeyId": online.kms_key}
    return config


def _offline_config(offline: Offline) -> dict[str, Any]:
    storage = {"S3Uri": offline.s3_uri or ""}
    if offline.kms_key:
        storage["KmsKeyId"] = offline.kms_key
    config: dict[str, Any] = {
        "S3StorageConfig": storage,
        "TableFormat": offline.table_format,
        "DisableGlueTableCreation": not offline.create_table,
    }
    if offline.catalog:
        config["DataCatalogConfig"] = {
            "Catalog": CATALOG,
            "Database": offline.catalog.database,
            "TableName": offline.catalog.table,
        }
    return config


def ttl_duration(seconds: int | None) -> Mapping[str, Any]:
    """A TtlDuration in the largest unit that divides the lifetime; `REMOVE_TTL` where there is none."""
    if seconds is None:
        return REMOVE_TTL
    unit, size = next((u, s) for u, s in limits.TTL_UNITS.items() if seconds % s == 0)
    return {"Unit": unit, "Value": seconds // size}


def throughput_config(throughput: Throughput) -> dict[str, Any]:
    """A ThroughputConfig; units go along only where they mean something."""
    if throughput.mode != "Provisioned":
        return {"ThroughputMode": throughput.mode}
    return {
        "ThroughputMode": throughput.mode,
        "ProvisionedReadCapacityUnits": throughput.read_units,
        "ProvisionedWriteCapacityUnits": throughput.write_units,
    }


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_map(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """AWS's list of tags as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in tags}
