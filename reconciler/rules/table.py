"""What AWS lets happen to each field of a live feature group: one row a field.

This is the whole of what the reconciler believes about change. Sources, per row: `B` is the service model of
botocore 1.44.5, `DG` the AWS developer guide, `CFN` the AWS::SageMaker::FeatureGroup resource schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What changing a field means."""

    ADDITIVE = "additive"
    """May grow, never shrink."""
    UPDATABLE = "updatable"
    """Has a call that changes it in place."""
    IMMUTABLE = "immutable"
    """Fixed when the group was created: a difference is refused."""
    DERIVED = "derived"
    """Filled in or moved by AWS: never compared."""
    COSMETIC = "cosmetic"
    """Cannot be changed and does no harm: counted in a note, never refused."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One field: what changing it means, the action it becomes or the code it is refused with."""

    field: str
    kind: Kind
    source: str
    action: str = ""
    code: str = ""
    label: str = ""
    keep: str = ""
    way_out: str = ""


_VERSION_IT = (
    'Declare the group anew under another name (name="{group}-v2"), fill it, move its readers, '
    'then write retire("{group}", reason="...").'
)
_KEEP_IT = 'Put the live value back into the spec, or accept it by name: keep_live={{"{keep}"}}. Otherwise: '
_NEW_FEATURE = (
    "Keep {key} as it is live and add the new meaning beside it, as in `{key}_v2`; "
    "when nobody reads the old one, mark it deprecated."
)

RULES: tuple[Rule, ...] = (
    Rule("name", Kind.IMMUTABLE, "B: the identity of the group", code="FS402", label="name"),
    Rule("record_id", Kind.IMMUTABLE, "B, CFN createOnly", code="FS201", label="the record identifier"),
    Rule("event_time", Kind.IMMUTABLE, "B, CFN createOnly", code="FS202", label="the event time feature"),
    Rule("features", Kind.ADDITIVE, "B: FeatureAdditions, at most 100 a call", "add_features", "FS101"),
    Rule("features.name", Kind.IMMUTABLE, "B: no call renames a feature", code="FS101"),
    Rule("features.type", Kind.IMMUTABLE, "B: fixed when added", code="FS102", way_out=_NEW_FEATURE),
    Rule("features.collection", Kind.IMMUTABLE, "B: fixed when added", code="FS103", way_out=_NEW_FEATURE),
    Rule("features.dimension", Kind.IMMUTABLE, "B: fixed when added", code="FS104", way_out=_VERSION_IT),
    Rule("features.about", Kind.UPDATABLE, "B: UpdateFeatureMetadata", "update_metadata"),
    Rule("features.parameters", Kind.UPDATABLE, "B: UpdateFeatureMetadata", "update_metadata"),
    Rule(
        "online",
        Kind.IMMUTABLE,
        "B: EnableOnlineStore is not in OnlineStoreConfigUpdate",
        code="FS203",
        label="whether there is an online store",
        keep="online",
    ),
    Rule(
        "online.kms_key",
        Kind.IMMUTABLE,
        "CFN createOnly",
        code="FS205",
        label="the key of the online store",
        keep="online_kms_key",
    ),
    Rule(
        "online.storage_type",
        Kind.UPDATABLE,
        "B, DG: only Standard to Standard_V2, one way",
        "update_storage_type",
        "FS206",
        label="the storage type",
        keep="storage_type",
    ),
    Rule("online.ttl_s", Kind.UPDATABLE, "B: OnlineStoreConfigUpdate.TtlDuration", "update_ttl"),
    Rule(
        "offline",
        Kind.IMMUTABLE,
        "B: no update shape; CFN createOnly",
        code="FS204",
        label="whether there is an offline store",
        keep="offline",
    ),
    Rule(
        "offline.s3_uri",
        Kind.IMMUTABLE,
        "CFN createOnly",
        code="FS207",
        label="where the offline data lies",
        keep="s3_uri",
    ),
    Rule(
        "offline.kms_key",
        Kind.IMMUTABLE,
        "CFN createOnly",
        code="FS208",
        label="the key of the offline store",
        keep="offline_kms_key",
    ),
    Rule(
        "offline.table_format",
        Kind.IMMUTABLE,
        "CFN createOnly",
        code="FS209",
        label="the table format",
        keep="table_format",
    ),
    Rule(
        "offline.create_table",
        Kind.IMMUTABLE,
        "CFN createOnly",
        code="FS210",
        label="who makes the Glue table",
        keep="create_table",
    ),
    Rule(
        "offline.catalog",
        Kind.IMMUTABLE,
        "CFN createOnly; made up by AWS where the spec says nothing",
        code="FS211",
        label="the Glue database and table",
        keep="catalog",
    ),
    Rule("offline.data_uri", Kind.DERIVED, "B: ResolvedOutputS3Uri"),
    Rule("role_arn", Kind.IMMUTABLE, "B, CFN createOnly", code="FS212", label="the role", keep="role_arn"),
    Rule("throughput", Kind.UPDATABLE, "B: ThroughputConfigUpdate", "update_throughput"),
    Rule("description", Kind.COSMETIC, "B: no call changes it; CFN createOnly"),
    Rule("tags", Kind.UPDATABLE, "B: AddTags, DeleteTags", "update_tags"),
    Rule("protected", Kind.UPDATABLE, "a tag of ours", "update_tags"),
    Rule("owner", Kind.UPDATABLE, "a tag of ours: taken where there is none, never from another", "adopt", "FS401"),
    Rule("arn", Kind.DERIVED, "B: FeatureGroupArn"),
    Rule("created_at", Kind.DERIVED, "B: CreationTime"),
    Rule("modified_at", Kind.DERIVED, "B: LastModifiedTime"),
    Rule("health", Kind.DERIVED, "B: statuses, failure reasons, size"),
)

RULE_OF = {rule.field: rule for rule in RULES}


def reason_of(rule: Rule) -> str:
    """Why a difference in an immutable field is refused."""
    if rule.field.startswith("features."):
        return "SageMaker fixes a feature's {field} when it is added: no call changes it."
    return f"SageMaker fixes {rule.label} when a feature group is created: no call changes it."


def way_out_of(rule: Rule) -> str:
    """What to do instead of changing an immutable field."""
    return rule.way_out or ((_KEEP_IT if rule.keep else "") + _VERSION_IT)
