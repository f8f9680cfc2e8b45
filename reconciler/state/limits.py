"""What AWS accepts in a feature group, as numbers, patterns and names. Values only; `checks` applies them.

Sources: the service model of botocore 1.44.5 for lengths, patterns and enums; the AWS developer guide's quota page
for the rest. Patterns are to be matched whole: AWS's own Terraform and CloudFormation copies leave the end open.
"""

from __future__ import annotations

import re
from typing import Final

NAME: Final = re.compile(r"[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}")
NAME_LENGTH: Final = 64
OUTPUT: Final = re.compile(r"[a-zA-Z0-9_-]+")
"""Columns of datasets: names of features, with or without a prefix."""
DESCRIPTION_LENGTH: Final = 128
FEATURES: Final = 2500
ADDITIONS_PER_CALL: Final = 100
CREATIONS_AT_ONCE: Final = 4

TAGS: Final = 50
TAG_KEY_LENGTH: Final = 128
TAG_VALUE_LENGTH: Final = 256
# Python's \w is letters, digits and "_"; \s stands in for AWS's \p{Z}, less the control characters.
TAG_TEXT: Final = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t\n\r\f\v\x1c-\x1f\x85])*")
FOREIGN_TAG_PREFIXES: Final = ("aws:", "sagemaker:")
"""Tags that AWS and SageMaker Studio put on by themselves: never compared, never removed."""
OWN_TAG_PREFIX: Final = "reconciler:"

ABOUT_LENGTH: Final = 255
# AWS's pattern is `.*`, and its dot stops at every line terminator.
ABOUT_TEXT: Final = re.compile(r"[^\n\r\x85\u2028\u2029]*")
PARAMETERS: Final = 25
PARAMETER_LENGTH: Final = 255
PARAMETER_TEXT: Final = re.compile(r"(?:[\w.:/=+\-]|[^\S\t\n\r\f\v\x1c-\x1f\x85])*")

FEATURE_TYPES: Final = ("Integral", "Fractional", "String")
COLLECTIONS: Final = ("List", "Set", "Vector")
VECTOR_DIMENSION: Final = 8192
RESERVED_FEATURES: Final = ("is_deleted", "write_time", "api_invocation_time")
PARTITION_COLUMNS: Final = ("year", "month", "day", "hour")
"""Columns that the Glue layout adds as partitions; AWS's own Spark connector refuses features so named."""

STORAGE_TYPES: Final = ("Standard", "Standard_V2", "InMemory")
STORAGE_MIGRATION: Final = ("Standard", "Standard_V2")
"""The one change of storage type that AWS makes, and it does not make it back."""
TABLE_FORMATS: Final = ("Glue", "Iceberg")
THROUGHPUT_MODES: Final = ("OnDemand", "Provisioned")
CAPACITY_UNITS: Final = 40_000
TTL_UNITS: Final = {"Weeks": 604_800, "Days": 86_400, "Hours": 3_600, "Minutes": 60, "Seconds": 1}
TTL_VALUE: Final = 2**31 - 1

S3_URI: Final = re.compile(r"(https|s3)://([^/]+)/?(.*)")
S3_URI_LENGTH: Final = 1024
KMS_KEY: Final = re.compile(r"arn:aws[a-z\-]*:kms:[a-z0-9\-]+:\d{12}:key/[a-zA-Z0-9\-]+")
ROLE_ARN: Final = re.compile(r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")
ROLE_ARN_LENGTH: Final = 2048
GLUE_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")
GLUE_DATABASE_LENGTH: Final = 255
GLUE_TABLE_LENGTH: Final = 252

KEEPABLE: Final = {
    "role_arn": "role_arn",
    "online": "online",
    "online_kms_key": "online.kms_key",
    "storage_type": "online.storage_type",
    "offline": "offline",
    "offline_kms_key": "offline.kms_key",
    "s3_uri": "offline.s3_uri",
    "table_format": "offline.table_format",
    "create_table": "offline.create_table",
    "catalog": "offline.catalog",
}
"""The words of `keep_live`, and the immutable field that each one accepts as it is live."""
