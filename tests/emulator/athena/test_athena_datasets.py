"""The SageMaker SDK's dataset builder: its table, its SQL, and the rows that it is known to give."""

import io
from datetime import UTC, datetime

import pyarrow as pa
import pytest
import sdk_sql
from emulator_help import a_feature
from pyarrow import parquet as files

DAY = "2024-01-01T"
LABELS = [
    ("a", "09:00"),
    ("a", "10:30"),
    ("a", "11:00"),
    ("a", "12:00"),
    ("a", "13:30"),
    ("a", "14:30"),
    ("b", "11:00"),
    ("b", "12:30"),
    ("c", "12:00"),
]
FEATURES = [
    ("a", "10:00", 1, "10:00:00", False),
    ("a", "11:00", 2, "11:00:05", False),
    ("a", "11:00", 3, "12:30:00", False),
    ("a", "13:00", None, "13:00:00", True),
    ("a", "14:00", 5, "14:00:00", False),
    ("b", "10:00", 10, "10:00:00", False),
    ("b", "12:00", None, "12:00:00", True),
]


def moment(clock):
    return datetime.fromisoformat(f"{DAY}{clock}").replace(tzinfo=UTC)


def stamp(clock):
    return f"{DAY}{clock}:00Z"


@pytest.fixture(params=["Glue", "Iceberg"])
def table(request, make, queries, runtime, emulator, s3):
    """The feature group of the worked example, in either format; answers its table."""
    group = make("feats", a_feature("f", "Integral"), offline={"TableFormat": request.param})
    offline = group["OfflineStoreConfig"]
    named = offline["DataCatalogConfig"]
    if request.param == "Glue":
        _put_file(s3, offline["S3StorageConfig"]["ResolvedOutputS3Uri"])
    else:
        columns = "id, at, f, write_time, api_invocation_time, is_deleted"
        rows = ", ".join(_literals(*row) for row in FEATURES)
        queries.run(f"INSERT INTO {named['TableName']} ({columns}) VALUES {rows}", database=named["Database"])
    return named["TableName"]


def _put_file(s3, location):
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("at", pa.string()),
            ("f", pa.int64()),
            ("write_time", pa.timestamp("us", "UTC")),
            ("api_invocation_time", pa.timestamp("us", "UTC")),
            ("is_deleted", pa.bool_()),
        ]
    )
    rows = [
        dict(zip(schema.names, (key, stamp(at), f, moment(invoked), moment(invoked), gone), strict=True))
        for key, at, f, invoked, gone in FEATURES
    ]
    body = io.BytesIO()
    files.write_table(pa.Table.from_pylist(rows, schema), body)
    bucket, _, key = location.removeprefix("s3://").partition("/")
    place = "year=2024/month=01/day=01/hour=10/20240101T140000Z_0123456789abcdef.parquet"
    s3.put_object(Bucket=bucket, Key=f"{key}/{place}", Body=body.getvalue())


def _literals(key, at, f, invoked, gone):
    invoked = f"TIMESTAMP '2024-01-01 {invoked} UTC'"
    return f"('{key}', '{stamp(at)}', {'NULL' if f is None else f}, {invoked}, {invoked}, {str(gone).lower()})"


@pytest.fixture
def labels(queries, table, s3):
    body = "".join(f"{key},{stamp(at)},{number}\n" for number, (key, at) in enumerate(LABELS))
    s3.put_object(Bucket="data", Key="base/dataframe-base-1/base.csv", Body=body.encode())
    queries.run(
        sdk_sql.base_table("dataframe_dataframe_base_1", "s3://data/base/dataframe-base-1"),
        database="sagemaker_featurestore",
    )
    return "dataframe_dataframe_base_1"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, [("a", "14:30", "5")]),
        (
            {"join": "LEFT JOIN"},
            [(key, at, "5" if at == "14:30" else None) for key, at in LABELS],
        ),
        (
            {"join": "LEFT JOIN", "include_deleted": True},
            [
                ("a", "09:00", None),
                ("a", "10:30", "1"),
                *(("a", at, f) for at in ("11:00", "12:00", "13:30") for f in ("1", "3")),
                *(("a", "14:30", f) for f in ("1", "3", "5")),
                ("b", "11:00", "10"),
                ("b", "12:30", "10"),
                ("c", "12:00", None),
            ],
        ),
        ({"join": "LEFT JOIN", "recent": 1}, [("a", "14:30", "5"), ("b", "12:30", None), ("c", "12:00", None)]),
        ({"include_deleted": True, "recent": 1}, [("a", "14:30", "5"), ("b", "12:30", "10")]),
    ],
    ids=["inner", "left", "left with deleted", "left most recent", "inner with deleted most recent"],
)
def test_the_sdk_s_point_in_time_join_gives_the_rows_it_is_known_to_give(queries, table, labels, options, found):
    sql = sdk_sql.dataset(labels, table, **options)

    names, rows = queries.table(sql, database="sagemaker_featurestore")

    assert names == ("key", "at", "number", "id.1", "at.1", "f.1")
    assert sorted((row[0], row[1][11:16], row[5] or "") for row in rows) == sorted(
        (key, at, f or "") for key, at, f in found
    )


def test_the_third_version_of_the_sdk_casts_a_text_as_seconds_and_is_refused(queries, table, labels):
    sql = sdk_sql.dataset(labels, table).replace('from_iso8601_timestamp(fg_0."at")', 'from_unixtime(fg_0."at")')

    reason = queries.fail(sql, database="sagemaker_featurestore")

    assert reason.startswith("FUNCTION_NOT_FOUND: ")
    assert "Unexpected parameters (varchar) for function from_unixtime. Expected: from_unixtime(double)" in reason


def test_the_result_is_where_the_sdk_looks_for_it(queries):
    """Output location in: a folder. Out: the file. The query is echoed, and the metadata lies beside the result."""
    sql = "SELECT 1 AS one"
    found = queries.run(sql, ResultConfiguration={"OutputLocation": "s3://results/sdk/out"})

    place = f"s3://results/sdk/out/{found['QueryExecutionId']}.csv"
    assert found["ResultConfiguration"]["OutputLocation"] == place
    assert found["Query"] == sql
    assert queries.keys("results", "sdk/") == [
        f"sdk/out/{found['QueryExecutionId']}.csv",
        f"sdk/out/{found['QueryExecutionId']}.csv.metadata",
    ]


def test_the_first_look_sees_the_end(queries):
    query = queries.start("SELECT 1")

    assert queries.get(query)["Status"]["State"] == "SUCCEEDED"


def test_records_are_there_as_soon_as_they_were_put(make, queries, runtime):
    group = make("weather", a_feature("temp", "Fractional"), a_feature("Sky"), offline={})
    for number in range(3):
        record = {"id": f"s{number}", "at": f"2024-01-0{number + 1}T00:00:00Z", "temp": str(number + 0.5)}
        values = [{"FeatureName": name, "ValueAsString": value} for name, value in record.items()]
        runtime.put_record(FeatureGroupName="weather", Record=values)
    named = group["OfflineStoreConfig"]["DataCatalogConfig"]

    names, rows = queries.table(
        f'SELECT id, temp, sky, is_deleted FROM "AwsDataCatalog"."{named["Database"]}"."{named["TableName"]}" '
        "WHERE from_iso8601_timestamp(at) >= from_iso8601_timestamp('2024-01-02T00:00:00Z') ORDER BY id"
    )

    assert names == ("id", "temp", "sky", "is_deleted")
    assert rows == [("s1", "1.5", None, "false"), ("s2", "2.5", None, "false")]


def test_a_new_feature_is_null_in_old_files(make, sagemaker, queries, runtime):
    group = make("weather", offline={})

    def put(**record):
        values = [{"FeatureName": name, "ValueAsString": value} for name, value in record.items()]
        runtime.put_record(FeatureGroupName="weather", Record=values)

    put(id="a", at="2024-01-01T00:00:00Z")
    name = group["OfflineStoreConfig"]["DataCatalogConfig"]["TableName"]
    assert queries.rows(f"SELECT id FROM sagemaker_featurestore.{name}") == [("a",)]
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("rain", "Integral")])
    put(id="b", at="2024-01-01T00:00:00Z", rain="7")

    rows = queries.rows(f"SELECT id, rain FROM sagemaker_featurestore.{name} ORDER BY id")

    assert rows == [("a", None), ("b", "7")]


def test_commas_in_quotes_move_the_sdk_s_columns(queries, table, s3):
    """pandas quotes with a double quote, the SDK's table with a backtick: a known defect, kept."""
    s3.put_object(Bucket="data", Key="moved/base.csv", Body=b'"x,y",2024-01-01T00:00:00Z,1\n')
    queries.run(sdk_sql.base_table("moved", "s3://data/moved"), database="sagemaker_featurestore")

    reason = queries.fail("SELECT * FROM moved", database="sagemaker_featurestore")

    assert reason == (
        "HIVE_BAD_DATA: Error parsing field value '2024-01-01T00:00:00Z' for field 2: "
        'For input string: "2024-01-01T00:00:00Z"'
    )
