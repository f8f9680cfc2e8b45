"""Tables and partitions with all that a client may say of them."""

COLUMN = {"Name": "id", "Type": "string", "Comment": "The airport", "Parameters": {"iceberg.field.id": "1"}}
STORAGE = {
    "Columns": [COLUMN, {"Name": "temp", "Type": "double"}],
    "Location": "s3://features/prod/data",
    "AdditionalLocations": ["s3://features/more"],
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "Compressed": True,
    "NumberOfBuckets": -1,
    "SerdeInfo": {
        "Name": "parquet",
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
    "BucketColumns": ["id"],
    "SortColumns": [{"Column": "id", "SortOrder": 1}],
    "Parameters": {"classification": "parquet"},
    "SkewedInfo": {
        "SkewedColumnNames": ["id"],
        "SkewedColumnValues": ["JFK"],
        "SkewedColumnValueLocationMaps": {"JFK": "s3://features/jfk"},
    },
    "StoredAsSubDirectories": True,
    "SchemaReference": {
        "SchemaId": {"SchemaName": "weather", "RegistryName": "registry"},
        "SchemaVersionId": "00000000-0000-4000-8000-000000000000",
        "SchemaVersionNumber": 3,
    },
}
KEYS = [{"Name": "year", "Type": "string"}, {"Name": "month", "Type": "int", "Comment": "1 to 12"}]
TABLE = {
    "Name": "weather",
    "Description": "Hourly\nweather",
    "Owner": "operations",
    "LastAccessTime": 1_700_000_000,
    "LastAnalyzedTime": 1_700_000_001,
    "Retention": 7,
    "StorageDescriptor": STORAGE,
    "PartitionKeys": KEYS,
    "ViewOriginalText": "SELECT 1",
    "ViewExpandedText": "SELECT 1 AS one",
    "TableType": "EXTERNAL_TABLE",
    "Parameters": {"EXTERNAL": "TRUE", "größe": "💧"},
    "TargetTable": {"CatalogId": "000000000000", "DatabaseName": "features", "Name": "other", "Region": "eu-west-1"},
}
OF_TABLE = {"DatabaseName": "features", "TableName": "weather"}


def a_table(name="weather", **more):
    return {"Name": name, "PartitionKeys": KEYS, "StorageDescriptor": {"Columns": [COLUMN]}, **more}


def a_partition(*values, **more):
    location = "/".join(["s3://features/prod/data", *values])
    return {"Values": list(values), "StorageDescriptor": {"Columns": [COLUMN], "Location": location}, **more}
