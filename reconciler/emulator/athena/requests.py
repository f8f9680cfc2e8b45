"""The shapes of Athena's requests (botocore 1.44.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.shapes import Flag, Many, Moment, Struct, Text, Whole

if TYPE_CHECKING:
    from reconciler.emulator.shapes import Shape

_TOKEN = Text(1024, 1)
_ID = Text(128, 1, r"\S+")
_WORKGROUP = Text(pattern=r"[a-zA-Z0-9._-]{1,128}")
_CATALOG = Text(256, 1)
_NAME = Text(128, 1)
_DATABASE = Text(255, 1)
_SQL = Text(262144, 1)
_DESCRIPTION = Text(1024, 1)
_IDEMPOTENCY = Text(128, 32)
_ENCRYPTION = Struct(
    {"EncryptionOption": Text(enum=("SSE_S3", "SSE_KMS", "CSE_KMS")), "KmsKey": Text()}, ("EncryptionOption",)
)
_ACL = Struct({"S3AclOption": Text(enum=("BUCKET_OWNER_FULL_CONTROL",))}, ("S3AclOption",))
_RESULT: dict[str, Shape] = {
    "OutputLocation": Text(),
    "EncryptionConfiguration": _ENCRYPTION,
    "ExpectedBucketOwner": Text(12, 12, r"[0-9]+"),
    "AclConfiguration": _ACL,
}
_REUSE = Struct(
    {"ResultReuseByAgeConfiguration": Struct({"Enabled": Flag(), "MaxAgeInMinutes": Whole(0, 10080)}, ("Enabled",))}
)

START = Struct(
    {
        "QueryString": _SQL,
        "ClientRequestToken": _IDEMPOTENCY,
        "QueryExecutionContext": Struct({"Database": _DATABASE, "Catalog": _CATALOG}),
        "ResultConfiguration": Struct(_RESULT),
        "WorkGroup": _WORKGROUP,
        "ExecutionParameters": Many(Text(1024, 1), shortest=1),
        "ResultReuseConfiguration": _REUSE,
    },
    ("QueryString",),
)
QUERY = Struct({"QueryExecutionId": _ID}, ("QueryExecutionId",))
BATCH_QUERIES = Struct({"QueryExecutionIds": Many(_ID, 50, 1)}, ("QueryExecutionIds",))
LIST_QUERIES = Struct({"NextToken": _TOKEN, "MaxResults": Whole(0, 50), "WorkGroup": _WORKGROUP})
RESULTS = Struct(
    {
        "QueryExecutionId": _ID,
        "NextToken": _TOKEN,
        "MaxResults": Whole(1),
        "QueryResultType": Text(enum=("DATA_MANIFEST", "DATA_ROWS")),
    },
    ("QueryExecutionId",),
)
PAGED = Struct({"NextToken": _TOKEN, "MaxResults": Whole(1, 50), "WorkGroup": _WORKGROUP})

_MANAGED = Struct({"Enabled": Flag(), "EncryptionConfiguration": Struct({"KmsKey": Text(2048, 1)})})
_VERSION = Struct({"SelectedEngineVersion": _NAME, "EffectiveEngineVersion": _NAME})
_SETTINGS: dict[str, Shape] = {
    "EnforceWorkGroupConfiguration": Flag(),
    "PublishCloudWatchMetricsEnabled": Flag(),
    "BytesScannedCutoffPerQuery": Moment(),
    "RequesterPaysEnabled": Flag(),
    "EngineVersion": _VERSION,
    "AdditionalConfiguration": _NAME,
    "ExecutionRole": Text(2048, 20),
    "CustomerContentEncryptionConfiguration": Struct({"KmsKey": Text(2048, 1)}, ("KmsKey",)),
    "EnableMinimumEncryptionConfiguration": Flag(),
}
_TAGS = Many(Struct({"Key": Text(128, 1), "Value": Text(256, 0)}, ("Key",)))
CREATE_WORKGROUP = Struct(
    {
        "Name": _WORKGROUP,
        "Configuration": Struct(
            {**_SETTINGS, "ResultConfiguration": Struct(_RESULT), "ManagedQueryResultsConfiguration": _MANAGED}
        ),
        "Description": Text(1024, 0),
        "Tags": _TAGS,
    },
    ("Name",),
)
WORKGROUP = Struct({"WorkGroup": _WORKGROUP}, ("WorkGroup",))
UPDATE_WORKGROUP = Struct(
    {
        "WorkGroup": _WORKGROUP,
        "Description": Text(1024, 0),
        "State": Text(enum=("ENABLED", "DISABLED")),
        "ConfigurationUpdates": Struct(
            {
                **_SETTINGS,
                "RemoveBytesScannedCutoffPerQuery": Flag(),
                "ResultConfigurationUpdates": Struct(
                    {
                        **_RESULT,
                        "RemoveOutputLocation": Flag(),
                        "RemoveEncryptionConfiguration": Flag(),
                        "RemoveExpectedBucketOwner": Flag(),
                        "RemoveAclConfiguration": Flag(),
                    }
                ),
                "ManagedQueryResultsConfigurationUpdates": _MANAGED,
            }
        ),
    },
    ("WorkGroup",),
)
DELETE_WORKGROUP = Struct({"WorkGroup": _WORKGROUP, "RecursiveDeleteOption": Flag()}, ("WorkGroup",))
_ARN = Text(1011, 1)
LIST_TAGS = Struct({"ResourceARN": _ARN, "NextToken": _TOKEN, "MaxResults": Whole(75)}, ("ResourceARN",))
TAG = Struct({"ResourceARN": _ARN, "Tags": _TAGS}, ("ResourceARN", "Tags"))
UNTAG = Struct({"ResourceARN": _ARN, "TagKeys": Many(Text(128, 1))}, ("ResourceARN", "TagKeys"))

CATALOG = Struct({"Name": _CATALOG, "WorkGroup": _WORKGROUP}, ("Name",))
LIST_DATABASES = Struct(
    {
        "CatalogName": _CATALOG,
        "NextToken": _TOKEN,
        "MaxResults": Whole(1, 50),
        "WorkGroup": _WORKGROUP,
        "AttributesToGet": Many(Text(enum=("NAME",)), 1),
    },
    ("CatalogName",),
)
DATABASE = Struct(
    {"CatalogName": _CATALOG, "DatabaseName": _NAME, "WorkGroup": _WORKGROUP}, ("CatalogName", "DatabaseName")
)
LIST_TABLES = Struct(
    {
        "CatalogName": _CATALOG,
        "DatabaseName": _NAME,
        "Expression": Text(256, 0),
        "NextToken": _TOKEN,
        "MaxResults": Whole(1, 50),
        "WorkGroup": _WORKGROUP,
        "AttributesToGet": Many(Text(enum=("NAME", "TABLE_TYPE")), 2, 1),
    },
    ("CatalogName", "DatabaseName"),
)
TABLE = Struct(
    {"CatalogName": _CATALOG, "DatabaseName": _NAME, "TableName": _NAME, "WorkGroup": _WORKGROUP},
    ("CatalogName", "DatabaseName", "TableName"),
)

CREATE_NAMED = Struct(
    {
        "Name": _NAME,
        "Description": _DESCRIPTION,
        "Database": _DATABASE,
        "QueryString": _SQL,
        "ClientRequestToken": _IDEMPOTENCY,
        "WorkGroup": _WORKGROUP,
    },
    ("Name", "Database", "QueryString"),
)
NAMED = Struct({"NamedQueryId": _ID}, ("NamedQueryId",))
BATCH_NAMED = Struct({"NamedQueryIds": Many(_ID, 50, 1)}, ("NamedQueryIds",))
UPDATE_NAMED = Struct(
    {"NamedQueryId": _ID, "Name": _NAME, "Description": Text(1024, 0), "QueryString": _SQL},
    ("NamedQueryId", "Name", "QueryString"),
)
