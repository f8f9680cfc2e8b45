"""The SageMaker requests answered here, with the limits botocore 1.44.5 models and boto3 does not enforce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.shapes import Flag, Many, Moment, Struct, Text, Whole

if TYPE_CHECKING:
    from reconciler.emulator.shapes import Shape

_NAME = "[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}"
_ARN = r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:"

GROUP_NAME = Text(64, 1, _NAME)
NAME_OR_ARN = Text(256, 1, rf"({_ARN}feature-group\/)?({_NAME})")
FEATURE_NAME = Text(64, 1, "[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}")
RESOURCE_ARN = Text(256, 0, f"{_ARN}.+")
TOKEN = Text(8192, 0)
KMS_KEY = Text(2048, 0, "[a-zA-Z0-9:/_-]*")
S3_URI = Text(1024, 0, "(https|s3)://([^/]+)/?(.*)")
_GLUE_NAME = Text(255, 1)
_PAGE = Whole(1, 100)
_ORDER = Text(enum=("Ascending", "Descending"))
STATUSES = ("Creating", "Created", "CreateFailed", "Deleting", "DeleteFailed")

TAG_MARKS = "_.:/=+-@"
PARAMETER_MARKS = "_.:/=+-"
_TAG_KEY = Text(128, 1, plain=TAG_MARKS)
TAGS = Many(Struct({"Key": _TAG_KEY, "Value": Text(256, 0, plain=TAG_MARKS)}, ("Key", "Value")), 50, 0)

FEATURE = Struct(
    {
        "FeatureName": FEATURE_NAME,
        "FeatureType": Text(enum=("Integral", "Fractional", "String")),
        "CollectionType": Text(enum=("List", "Set", "Vector")),
        "CollectionConfig": Struct({"VectorConfig": Struct({"Dimension": Whole(1, 8192)}, ("Dimension",))}),
    },
    ("FeatureName", "FeatureType"),
)
_TTL: dict[str, Shape] = {"Unit": Text(enum=("Seconds", "Minutes", "Hours", "Days", "Weeks")), "Value": Whole(1)}
_STORAGE = Text(enum=("Standard", "Standard_V2", "InMemory"))
_THROUGHPUT: dict[str, Shape] = {
    "ThroughputMode": Text(enum=("OnDemand", "Provisioned")),
    "ProvisionedReadCapacityUnits": Whole(0, 10_000_000),
    "ProvisionedWriteCapacityUnits": Whole(0, 10_000_000),
}
_ONLINE = Struct(
    {
        "SecurityConfig": Struct({"KmsKeyId": KMS_KEY}),
        "EnableOnlineStore": Flag(),
        "TtlDuration": Struct(_TTL),
        "StorageType": _STORAGE,
    }
)
_OFFLINE = Struct(
    {
        "S3StorageConfig": Struct({"S3Uri": S3_URI, "KmsKeyId": KMS_KEY, "ResolvedOutputS3Uri": S3_URI}, ("S3Uri",)),
        "DisableGlueTableCreation": Flag(),
        "DataCatalogConfig": Struct(
            {"TableName": _GLUE_NAME, "Catalog": _GLUE_NAME, "Database": _GLUE_NAME},
            ("TableName", "Catalog", "Database"),
        ),
        "TableFormat": Text(enum=("Default", "Glue", "Iceberg")),
    },
    ("S3StorageConfig",),
)

CREATE = Struct(
    {
        "FeatureGroupName": GROUP_NAME,
        "RecordIdentifierFeatureName": FEATURE_NAME,
        "EventTimeFeatureName": FEATURE_NAME,
        "FeatureDefinitions": Many(FEATURE, 2500, 1),
        "OnlineStoreConfig": _ONLINE,
        "OfflineStoreConfig": _OFFLINE,
        "ThroughputConfig": Struct(_THROUGHPUT, ("ThroughputMode",)),
        "RoleArn": Text(2048, 20, r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"),
        "Description": Text(128, 0),
        "Tags": TAGS,
    },
    ("FeatureGroupName", "RecordIdentifierFeatureName", "EventTimeFeatureName", "FeatureDefinitions"),
)
DESCRIBE = Struct({"FeatureGroupName": NAME_OR_ARN, "NextToken": TOKEN}, ("FeatureGroupName",))
UPDATE = Struct(
    {
        "FeatureGroupName": NAME_OR_ARN,
        "FeatureAdditions": Many(FEATURE, 100, 1),
        "OnlineStoreConfig": Struct(
            {"TtlDuration": Struct(_TTL, keep_null=("Unit", "Value")), "StorageType": _STORAGE}
        ),
        "ThroughputConfig": Struct(_THROUGHPUT),
    },
    ("FeatureGroupName",),
)
DELETE = Struct({"FeatureGroupName": GROUP_NAME}, ("FeatureGroupName",))
LIST = Struct(
    {
        "NameContains": Text(64, 1),
        "FeatureGroupStatusEquals": Text(enum=STATUSES),
        "OfflineStoreStatusEquals": Text(enum=("Active", "Blocked", "Disabled")),
        "CreationTimeAfter": Moment(),
        "CreationTimeBefore": Moment(),
        "SortOrder": _ORDER,
        "SortBy": Text(enum=("Name", "FeatureGroupStatus", "OfflineStoreStatus", "CreationTime")),
        "MaxResults": _PAGE,
        "NextToken": TOKEN,
    }
)
_PARAMETER_WORD = Text(255, 1, plain=PARAMETER_MARKS)
UPDATE_METADATA = Struct(
    {
        "FeatureGroupName": NAME_OR_ARN,
        "FeatureName": FEATURE_NAME,
        "Description": Text(255, 0, ".*"),
        "ParameterAdditions": Many(Struct({"Key": _PARAMETER_WORD, "Value": _PARAMETER_WORD}), 25, 0),
        "ParameterRemovals": Many(_PARAMETER_WORD, 25, 0),
    },
    ("FeatureGroupName", "FeatureName"),
)
DESCRIBE_METADATA = Struct(
    {"FeatureGroupName": NAME_OR_ARN, "FeatureName": FEATURE_NAME}, ("FeatureGroupName", "FeatureName")
)
ADD_TAGS = Struct({"ResourceArn": RESOURCE_ARN, "Tags": TAGS}, ("ResourceArn", "Tags"))
LIST_TAGS = Struct({"ResourceArn": RESOURCE_ARN, "NextToken": TOKEN, "MaxResults": Whole(50)}, ("ResourceArn",))
DELETE_TAGS = Struct({"ResourceArn": RESOURCE_ARN, "TagKeys": Many(_TAG_KEY, 50, 1)}, ("ResourceArn", "TagKeys"))

_PROPERTY = Text(255, 1, ".+")
_OPERATORS = (
    *("Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"),
    *("Contains", "Exists", "NotExists", "In"),
)
_FILTERS = Many(
    Struct({"Name": _PROPERTY, "Operator": Text(enum=_OPERATORS), "Value": Text(1024, 1, ".+")}, ("Name",)), 20, 1
)
_EXPRESSION_MEMBERS: dict[str, Shape] = {
    "Filters": _FILTERS,
    "NestedFilters": Many(
        Struct({"NestedPropertyName": _PROPERTY, "Filters": _FILTERS}, ("NestedPropertyName", "Filters")), 20, 1
    ),
    "Operator": Text(enum=("And", "Or")),
}
_EXPRESSION = Struct(_EXPRESSION_MEMBERS)
_EXPRESSION_MEMBERS["SubExpressions"] = Many(_EXPRESSION, 20, 1)  # an expression may hold expressions

RESOURCES = (
    *("TrainingJob", "Experiment", "ExperimentTrial", "ExperimentTrialComponent", "Endpoint", "Model"),
    *("ModelPackage", "ModelPackageGroup", "Pipeline", "PipelineExecution", "FeatureGroup", "FeatureMetadata"),
    *("Image", "ImageVersion", "Project", "HyperParameterTuningJob", "ModelCard", "PipelineVersion", "Job"),
    "HubContent",
)
SEARCH = Struct(
    {
        "Resource": Text(enum=RESOURCES),
        "SearchExpression": _EXPRESSION,
        "SortBy": _PROPERTY,
        "SortOrder": _ORDER,
        "NextToken": TOKEN,
        "MaxResults": _PAGE,
        "CrossAccountFilterOption": Text(enum=("SameAccount", "CrossAccount")),
    },
    ("Resource",),
)
