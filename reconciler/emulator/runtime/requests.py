"""The runtime's requests, with the limits botocore 1.44.5 models and boto3 does not enforce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import assumptions
from reconciler.emulator.shapes import Flag, Many, Struct, Text, Whole

if TYPE_CHECKING:
    from reconciler.emulator import assumptions
from reconciler.emulator.shapes import Shape

VIOLATION = "ValidationError"
"""Where the control plane says ValidationException."""

_NAME = "[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}"
NAME_OR_ARN = rf"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{{12}}:feature-group/)?({_NAME})"
_GROUP = Text(150, 1, NAME_OR_ARN)
_FEATURE = Text(64, 1, _NAME)
_VALUE = Text(358_400, pattern=None if assumptions.LINE_BREAKS_IN_VALUES else ".*")
_STORES = Many(Text(enum=("OnlineStore", "OfflineStore")), 2, 1)
_TTL = Struct(
    {"Unit": Text(enum=("Seconds", "Minutes", "Hours", "Days", "Weeks")), "Value": Whole(1)}, ("Unit", "Value")
)
_EXPIRATION = Text(enum=("Enabled", "Disabled"))
_RECORD = Many(
    Struct(
        {"FeatureName": _FEATURE, "ValueAsString": _VALUE, "ValueAsStringList": Many(_VALUE, 358_400)},
        ("FeatureName",),
    ),
    shortest=1,
)
_OPTIONS: dict[str, Shape] = {"TargetStores": _STORES, "TtlDuration": _TTL}

OPTIONS = Struct(_OPTIONS)
"""What a write may say besides its record."""
PUT = Struct({"FeatureGroupName": _GROUP, "Record": _RECORD, **_OPTIONS}, ("FeatureGroupName", "Record"))
BATCH_WRITE = Struct({"Entries": Many(PUT, 25, 1), "TtlDuration": _TTL}, ("Entries",))
GET = Struct(
    {
        "FeatureGroupName": _GROUP,
        "RecordIdentifierValueAsString": _VALUE,
        "FeatureNames": Many(_FEATURE, shortest=1),
        "ExpirationTimeResponse": _EXPIRATION,
    },
    ("FeatureGroupName", "RecordIdentifierValueAsString"),
)
BATCH_GET = Struct(
    {
        "Identifiers": Many(
            Struct(
                {
                    "FeatureGroupName": _GROUP,
                    "RecordIdentifiersValueAsString": Many(_VALUE, 100, 1),
                    "FeatureNames": Many(_FEATURE, shortest=1),
                },
                ("FeatureGroupName", "RecordIdentifiersValueAsString"),
            ),
            100,
            1,
        ),
        "ExpirationTimeResponse": _EXPIRATION,
    },
    ("Identifiers",),
)
DELETE = Struct(
    {
        "FeatureGroupName": _GROUP,
        "RecordIdentifierValueAsString": _VALUE,
        "EventTime": _VALUE,
        "TargetStores": _STORES,
        "DeletionMode": Text(enum=("SoftDelete", "HardDelete")),
    },
    ("FeatureGroupName", "RecordIdentifierValueAsString", "EventTime"),
)
UPDATE = Struct(
    {"FeatureGroupName": _GROUP, "RecordIdentifierValueAsString": _VALUE, "Features": _RECORD, **_OPTIONS},
    ("FeatureGroupName", "RecordIdentifierValueAsString", "Features"),
)
LIST = Struct(
    {
        "FeatureGroupName": _GROUP,
        "MaxResults": Whole(1, 100),
        "NextToken": Text(8192, 1),
        "IncludeSoftDeletedRecords": Flag(),
    },
    ("FeatureGroupName",),
)
