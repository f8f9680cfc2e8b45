"""What AWS refuses in a CreateFeatureGroup or FeatureAdditions though every part of it is well formed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.errors import AwsError, invalid
from reconciler.emulator.offline.addresses import as_s3
from reconciler.emulator.s3.places import is_bucket_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_FEATURES = 2500
_RESERVED = frozenset({"is_deleted", "write_time", "api_invocation_time"})
_GLUE_NAME = r"[a-z_][a-z0-9_]*"


def creation(request: dict[str, Any]) -> None:
    """The rules of the developer guide and the API reference, in the order a reader of the request meets them."""
    definitions = request["FeatureDefinitions"]
    features(definitions)
    _keys(request, definitions)
    online = request.get("OnlineStoreConfig", {})
    offline = request.get("OfflineStoreConfig")
    _stores(online, offline)
    if offline:
        _offline(offline, _named(definitions, request["EventTimeFeatureName"]), request.get("RoleArn"))
    collections(definitions, storage_type(online) if online.get("EnableOnlineStore") else None)
    throughput(request.get("ThroughputConfig", {}), online)
    tag_keys([tag["Key"] for tag in request.get("Tags", ())])


def features(definitions: Sequence[dict[str, Any]], live: Iterable[str] = ()) -> None:
    """Names: none reserved, none twice, none there already."""
    taken = {_folded(name) for name in live}
    for definition in definitions:
        name = definition["FeatureName"]
        if name.lower() in _RESERVED:
            raise invalid(f"FeatureName {name} is reserved. Reserved names: {', '.join(sorted(_RESERVED))}.")
        if _folded(name) in taken:
            raise invalid(f"FeatureDefinitions contains a duplicate FeatureName: {name}.")
        taken.add(_folded(name))


def collections(definitions: Iterable[dict[str, Any]], storage: str | None) -> None:
    """Collections live in an InMemory online store only; one Vector per group, of Fractional values."""
    vectors = 0
    for definition in definitions:
        name, kind = definition["FeatureName"], definition.get("CollectionType")
        config = definition.get("CollectionConfig")
        if kind and storage != "InMemory":
            raise invalid(f"CollectionType of feature {name} is only supported with the InMemory StorageType.")
        if config and kind != "Vector":
            raise invalid(f"CollectionConfig of feature {name} is only allowed with the CollectionType Vector.")
        if kind == "Vector":
            vectors += 1
            _vector(name, definition["FeatureType"], config)
    if vectors > 1:
        raise invalid("A FeatureGroup can have only one feature with the CollectionType Vector.")


def throughput(config: dict[str, Any], online: dict[str, Any]) -> None:
    """Provisioned is for offline-only groups and Standard online stores; units are for Provisioned."""
    read = config.get("ProvisionedReadCapacityUnits")
    write = config.get("ProvisionedWriteCapacityUnits")
    if config.get("ThroughputMode") != "Provisioned":
        if read or write:
            raise invalid("Provisioned capacity units are not allowed with the ThroughputMode OnDemand.")
        return
    enabled = bool(online.get("EnableOnlineStore"))
    if enabled and storage_type(online) != "Standard":
        raise invalid(f"The ThroughputMode Provisioned is not supported with StorageType {storage_type(online)}.")
    if write is None or (enabled and read is None):
        raise invalid("The ThroughputMode Provisioned needs provisioned capacity units.")
    if max(read or 0, write) > assumptions.MOST_CAPACITY_UNITS:
        raise invalid(f"Provisioned capacity units can't exceed {assumptions.MOST_CAPACITY_UNITS}.")


def tag_keys(keys: Sequence[str]) -> None:
    """System tags are not a user's to write, and a key is given once."""
    for tag_key in keys:
        if tag_key.lower().startswith("aws:"):
            raise assumptions.system_tag(tag_key)
    if len(set(keys)) < len(keys):
        raise invalid("Tag keys must be unique.")


def storage_type(online: dict[str, Any]) -> str:
    """Standard unless another one was asked for (developer guide)."""
    return str(online.get("StorageType", "Standard"))


def ttl(config: dict[str, Any]) -> None:
    """A duration has a unit and a value."""
    if config.get("Unit") is None or config.get("Value") is None:
        raise assumptions.empty_ttl()


def _keys(request: dict[str, Any], definitions: Sequence[dict[str, Any]]) -> None:
    for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        definition = _named(definitions, request[member])
        if definition is None:
            raise invalid(f"{member} {request[member]} must be one of the FeatureDefinitions.")
        if "CollectionType" in definition:
            raise invalid(f"{member} {request[member]} can't be a collection.")
    record_id = _named(definitions, request["RecordIdentifierFeatureName"]) or {}
    if record_id["FeatureType"] not in assumptions.RECORD_IDENTIFIER_TYPES:
        raise invalid("The feature type of RecordIdentifierFeatureName must be String or Integral.")
    event_time = _named(definitions, request["EventTimeFeatureName"]) or {}
    if event_time["FeatureType"] not in {"String", "Fractional"}:
        raise invalid("The feature type of EventTimeFeatureName must be String or Fractional.")


def _stores(online: dict[str, Any], offline: dict[str, Any] | None) -> None:
    enabled = bool(online.get("EnableOnlineStore"))
    if not enabled and offline is None:
        raise invalid(
            "OnlineStore and OfflineStore cannot be both disabled. "
            "Please enable at least one of them and retry the request."
        )
    if not enabled and ("TtlDuration" in online or "StorageType" in online):
        raise invalid("TtlDuration and StorageType need EnableOnlineStore to be true.")
    if "TtlDuration" in online:
        ttl(online["TtlDuration"])
    if storage_type(online) == "InMemory" and offline is not None:
        raise invalid("OfflineStoreConfig is not supported with the InMemory StorageType.")


def _offline(offline: dict[str, Any], event_time: dict[str, Any] | None, role: str | None) -> None:
    if role is None:
        raise invalid("RoleArn is required when OfflineStoreConfig is given.")
    if not is_bucket_name(bucket(offline)):
        raise not_propagated(role=False)
    disabled = offline.get("DisableGlueTableCreation", False)
    if offline.get("TableFormat") == "Iceberg":
        if disabled:
            raise invalid("DisableGlueTableCreation can't be true with the TableFormat Iceberg.")
        if event_time is None or event_time["FeatureType"] != "String":
            raise invalid("The TableFormat Iceberg needs an EventTimeFeatureName of feature type String.")
    catalog = offline.get("DataCatalogConfig")
    if catalog is None:
        return
    if catalog["Catalog"] != "AwsDataCatalog":
        raise invalid("DataCatalogConfig.Catalog must be AwsDataCatalog.")
    for member, most in (("Database", 255), ("TableName", 252)):
        value = catalog[member]
        if len(value) > most or not re.fullmatch(_GLUE_NAME, value):
            raise invalid(
                f"DataCatalogConfig.{member} {value} must start with a lowercase letter or an underscore, "
                f"hold only lowercase letters, digits and underscores, and be at most {most} characters long."
            )


def bucket(offline: dict[str, Any]) -> str:
    """The bucket of an offline store."""
    return as_s3(offline["S3StorageConfig"]["S3Uri"]).partition("://")[2].partition("/")[0]


def not_propagated(*, role: bool) -> AwsError:
    """What a role or bucket that is too young to be seen gives; terraform-provider-aws retries these two texts."""
    if role:
        return invalid(
            "The execution role ARN is invalid. Please ensure that the role exists and that its trust relationship "
            "policy allows the action 'sts:AssumeRole' for the service principal 'sagemaker.amazonaws.com'."
        )
    return invalid("Invalid S3Uri provided. Please ensure that the bucket exists and is in this region.")


def _vector(name: str, feature_type: str, config: dict[str, Any] | None) -> None:
    if feature_type != "Fractional":
        raise invalid(f"Feature {name} with the CollectionType Vector must be of feature type Fractional.")
    if not config or "VectorConfig" not in config:
        raise invalid(f"Feature {name} with the CollectionType Vector needs CollectionConfig.VectorConfig.Dimension.")


def _named(definitions: Iterable[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((d for d in definitions if d["FeatureName"] == name), None)


def _folded(name: str) -> str:
    return name.lower() if assumptions.CASE_ALONE_IS_NO_DIFFERENCE else name
