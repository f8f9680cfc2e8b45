"""One call for every operation the emulator answers, and what has to be there before it."""

from emulator_help import a_feature, a_group
from shapes_access import (
    IAM,
    KMS,
    LAKE_FORMATION,
    STS,
    prepare_iam,
    prepare_kms,
    prepare_lakeformation,
)
from shapes_athena import ATHENA, prepare_athena
from shapes_s3 import S3_BUCKETS, S3_OBJECTS, prepare_s3
from shapes_words import TAGS, One, a_table, plain

AT = "2024-01-01T10:00:00Z"
LATER = "2024-01-01T11:00:00Z"


def record(record_id="JFK", at=AT, **values):
    given = {"id": record_id, "at": at, **values}
    return [{"FeatureName": name, "ValueAsString": str(value)} for name, value in given.items()]


# SageMaker


def prepare_sagemaker(clients, found):
    made = clients["sagemaker"].create_feature_group(
        **a_group("weather", a_feature("temp", "Fractional"), offline={}), Description="Hourly.", Tags=TAGS
    )
    found["arn"] = made["FeatureGroupArn"]
    for number in range(3):
        clients["sagemaker"].create_feature_group(**a_group(f"other-{number}"))


_WEATHER = {"FeatureGroupName": "weather"}
_TEMP = {**_WEATHER, "FeatureName": "temp"}
SAGEMAKER = {
    "AddTags": One(lambda w: {"ResourceArn": w["arn"], "Tags": TAGS}),
    "CreateFeatureGroup": One(lambda _: a_group("fresh", offline={})),
    "DeleteFeatureGroup": plain(**_WEATHER),
    "DeleteTags": One(lambda w: {"ResourceArn": w["arn"], "TagKeys": ["team"]}),
    "DescribeFeatureGroup": plain(**_WEATHER),
    "DescribeFeatureMetadata": plain(**_TEMP),
    "ListFeatureGroups": plain(MaxResults=2),
    "ListTags": One(lambda w: {"ResourceArn": w["arn"]}),
    "Search": plain(Resource="FeatureGroup", MaxResults=2),
    "UpdateFeatureGroup": plain(**_WEATHER, FeatureAdditions=[a_feature("wind")]),
    "UpdateFeatureMetadata": plain(**_TEMP, Description="Air.", ParameterAdditions=[{"Key": "unit", "Value": "K"}]),
}

# The runtime


def prepare_runtime(clients, found):
    clients["sagemaker"].create_feature_group(
        **a_group("weather", a_feature("temp", "Fractional"), online={"StorageType": "Standard_V2"}, offline={})
    )
    for record_id in ("JFK", "LGA"):
        clients["featurestore-runtime"].put_record(**_WEATHER, Record=record(record_id, temp=1.5), TtlDuration=_LONG)


_LONG = {"Unit": "Weeks", "Value": 5000}
_JFK = {**_WEATHER, "RecordIdentifierValueAsString": "JFK"}
RUNTIME = {
    "BatchGetRecord": plain(
        Identifiers=[
            {**_WEATHER, "RecordIdentifiersValueAsString": ["JFK", "nobody"]},
            {"FeatureGroupName": "nowhere", "RecordIdentifiersValueAsString": ["JFK"]},
        ],
        ExpirationTimeResponse="Enabled",
    ),
    "BatchWriteRecord": plain(
        Entries=[{**_WEATHER, "Record": record("EWR")}, {**_WEATHER, "Record": record("EWR", temp="warm")}]
    ),
    "DeleteRecord": plain(**_JFK, EventTime=LATER),
    "GetRecord": plain(**_JFK, ExpirationTimeResponse="Enabled"),
    "ListRecords": plain(**_WEATHER, MaxResults=1),
    "PutRecord": plain(**_WEATHER, Record=record(temp=2)),
    "UpdateRecord": plain(**_JFK, Features=[{"FeatureName": "temp", "ValueAsString": "3"}]),
}

# Glue


def a_partition(day):
    return {"Values": [day], "StorageDescriptor": {"Location": f"s3://features/labels/day={day}/"}}


def prepare_glue(clients, found):
    glue = clients["glue"]
    glue.create_database(DatabaseInput={"Name": "mine", "Description": "Labels."})
    glue.create_table(DatabaseName="mine", TableInput=a_table())
    glue.create_partition(**_LABELS, PartitionInput=a_partition("1"))
    glue.create_partition(**_LABELS, PartitionInput=a_partition("2"))
    glue.update_table(DatabaseName="mine", TableInput=a_table() | {"Description": "Changed."})
    found["version"] = glue.get_table_versions(**_LABELS)["TableVersions"][-1]["VersionId"]
    found["database"] = "arn:aws:glue:us-east-1:000000000000:database/mine"
    glue.tag_resource(ResourceArn=found["database"], TagsToAdd={"team": "sky"})
    clients["sagemaker"].create_feature_group(**a_group("weather", offline={}))


_MINE = {"DatabaseName": "mine"}
_LABELS = {**_MINE, "TableName": "labels"}
_DAY = {**_LABELS, "PartitionValues": ["1"]}
GLUE = {
    "BatchCreatePartition": plain(**_LABELS, PartitionInputList=[a_partition("1"), a_partition("3")]),
    "BatchDeletePartition": plain(**_LABELS, PartitionsToDelete=[{"Values": ["1"]}, {"Values": ["9"]}]),
    "BatchDeleteTable": plain(**_MINE, TablesToDelete=["labels", "nothing"]),
    "BatchDeleteTableVersion": One(lambda w: {**_LABELS, "VersionIds": [w["version"], "99"]}),
    "BatchGetPartition": plain(**_LABELS, PartitionsToGet=[{"Values": ["1"]}, {"Values": ["9"]}]),
    "BatchUpdatePartition": plain(
        **_LABELS, Entries=[{"PartitionValueList": [day], "PartitionInput": a_partition(day)} for day in ("1", "9")]
    ),
    "CreateDatabase": plain(DatabaseInput={"Name": "another"}),
    "CreatePartition": plain(**_LABELS, PartitionInput=a_partition("3")),
    "CreateTable": plain(**_MINE, TableInput=a_table("others")),
    "DeleteDatabase": plain(Name="mine"),
    "DeletePartition": plain(**_DAY),
    "DeleteTable": plain(**_MINE, Name="labels"),
    "DeleteTableVersion": One(lambda w: {**_LABELS, "VersionId": w["version"]}),
    "GetColumnStatisticsForPartition": plain(**_DAY, ColumnNames=["id"]),
    "GetColumnStatisticsForTable": plain(**_LABELS, ColumnNames=["id"]),
    "GetConnection": One(lambda _: {"Name": "none"}, "EntityNotFoundException"),
    "GetConnections": plain(),
    "GetDatabase": plain(Name="mine"),
    "GetDatabases": plain(MaxResults=1),
    "GetPartition": plain(**_DAY),
    "GetPartitionIndexes": plain(**_LABELS),
    "GetPartitions": plain(**_LABELS, Expression="day > '0'", MaxResults=1),
    "GetTable": plain(DatabaseName="mine", Name="labels"),
    "GetTableVersion": One(lambda w: {**_LABELS, "VersionId": w["version"]}),
    "GetTableVersions": plain(**_LABELS, MaxResults=1),
    "GetTables": plain(DatabaseName="sagemaker_featurestore"),
    "GetTags": One(lambda w: {"ResourceArn": w["database"]}),
    "GetUserDefinedFunction": One(lambda _: {**_MINE, "FunctionName": "f"}, "EntityNotFoundException"),
    "GetUserDefinedFunctions": plain(Pattern="*"),
    "SearchTables": plain(MaxResults=1),
    "TagResource": One(lambda w: {"ResourceArn": w["database"], "TagsToAdd": {"tier": "gold"}}),
    "UntagResource": One(lambda w: {"ResourceArn": w["database"], "TagsToRemove": ["team"]}),
    "UpdateDatabase": plain(Name="mine", DatabaseInput={"Name": "mine", "Description": "Other."}),
    "UpdatePartition": plain(**_LABELS, PartitionValueList=["1"], PartitionInput=a_partition("1")),
    "UpdateTable": plain(**_MINE, TableInput=a_table()),
}

CALLS = {
    "sagemaker": SAGEMAKER,
    "featurestore-runtime": RUNTIME,
    "glue": GLUE,
    "sts": STS,
    "iam": IAM,
    "lakeformation": LAKE_FORMATION,
    "athena": ATHENA,
    "s3": {**S3_BUCKETS, **S3_OBJECTS},
    "kms": KMS,
}
PREPARE = {
    "sagemaker": prepare_sagemaker,
    "featurestore-runtime": prepare_runtime,
    "glue": prepare_glue,
    "iam": prepare_iam,
    "athena": prepare_athena,
    "kms": prepare_kms,
    "s3": prepare_s3,
    "lakeformation": prepare_lakeformation,
}
