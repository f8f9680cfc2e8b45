"""CREATE TABLE AS, UNLOAD and INSERT INTO, as awswrangler and people send them."""

import io

import pytest
from pyarrow import parquet as files

CTAS = (
    'CREATE TABLE "shop"."temp_table_0123"\nWITH(\n    external_location = \'s3://data/out/temp_table_0123\',\n'
    "{}    format = 'PARQUET')\nAS {}"
)


@pytest.fixture
def read(s3):
    """The Parquet file of a URI."""

    def of(uri):
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return files.read_table(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))

    return of


def listed(orders, execution):
    """The files a manifest names."""
    place = execution["Statistics"]["DataManifestLocation"]
    bucket, _, key = place.removeprefix("s3://").partition("/")
    body = orders.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return [line for line in body.split("\n") if line]


def test_a_table_is_made_of_a_query(orders, glue, read):
    sql = CTAS.format(
        "    write_compression = 'SNAPPY',\n", "SELECT id, price * 2 AS twice, count(*) AS n FROM orders GROUP BY 1, 2"
    )
    found = orders.run(sql)
    table = glue.get_table(DatabaseName="shop", Name="temp_table_0123")["Table"]
    (uri,) = listed(orders, found)

    assert (found["StatementType"], found["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    assert found["ResultConfiguration"]["OutputLocation"] == f"s3://results/athena/tables/{found['QueryExecutionId']}"
    assert found["Statistics"]["DataManifestLocation"] == (
        f"s3://results/athena/tables/{found['QueryExecutionId']}-manifest.csv"
    )
    assert uri.startswith("s3://data/out/temp_table_0123/")
    assert read(uri).to_pylist()[0].keys() == {"id", "twice", "n"}
    assert [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]] == [
        ("id", "bigint"),
        ("twice", "double"),
        ("n", "bigint"),
    ]
    assert orders.rows("SELECT id, twice FROM temp_table_0123 ORDER BY id") == [
        ("1", "5.0"),
        ("2", "20.0"),
        ("3", None),
    ]


def test_its_result_has_no_rows_and_a_count(orders):
    query = orders.run(CTAS.format("", "SELECT * FROM orders"))["QueryExecutionId"]
    found = orders.athena.get_query_results(QueryExecutionId=query)

    assert found["UpdateCount"] == 3
    assert found["ResultSet"]["Rows"] == []
    assert [(c["Name"], c["Type"]) for c in found["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]] == [
        ("rows", "bigint")
    ]


def test_a_table_in_partitions_is_made_of_a_query(orders):
    orders.run(
        CTAS.format("    partitioned_by = ARRAY['paid'],\n", "SELECT id, paid FROM orders WHERE paid IS NOT NULL")
    )

    assert orders.lines("SHOW PARTITIONS temp_table_0123") == [("paid=false",), ("paid=true",)]
    assert orders.rows("SELECT * FROM temp_table_0123 ORDER BY id") == [("1", "true"), ("2", "false")]


@pytest.mark.parametrize(
    ("form", "rest"), [("PARQUET", ""), ("JSON", ""), ("TEXTFILE", "field_delimiter = '|',"), ("parquet", "")]
)
def test_tables_are_made_in_every_format_that_can_be_written(orders, form, rest):
    orders.run(f"CREATE TABLE made WITH ({rest} format = '{form}') AS SELECT id, item, price FROM orders")

    assert orders.rows("SELECT * FROM made ORDER BY id") == [
        ("1", "tea", "2.5"),
        ("2", "cake", "10.0"),
        ("3", None, None),
    ]


def test_a_table_is_made_without_data_when_asked_so(orders):
    orders.run("CREATE TABLE made AS SELECT id FROM orders WITH NO DATA")

    assert orders.table("SELECT * FROM made") == (("id",), [])


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "CREATE TABLE orders AS SELECT 1 AS a",
            "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.shop.orders' already exists.",
        ),
        ("CREATE TABLE t AS SELECT 1", "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1."),
        (
            "CREATE TABLE t AS SELECT 1 AS a, 2 AS a",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once.",
        ),
        ("CREATE TABLE t AS SELECT NULL AS a", "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a."),
        (
            "CREATE TABLE t AS SELECT from_unixtime(0) AS a",
            "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone.",
        ),
        ("CREATE TABLE t AS SELECT nope FROM orders", "COLUMN_NOT_FOUND: line 1:26: Column 'nope' cannot be resolved"),
        (
            "CREATE TABLE t WITH (format = 'ORC') AS SELECT 1 AS a",
            "NOT_SUPPORTED: The emulator cannot write files of the format ORC.",
        ),
        ("CREATE TABLE t WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b", "HIVE_COLUMN_ORDER_MISMATCH: "),
        (
            "CREATE TABLE t WITH (external_location = 's3://data/orders/') AS SELECT 1 AS a",
            "HIVE_PATH_ALREADY_EXISTS: ",
        ),
    ],
)
def test_why_a_table_is_not_made_and_where_to_clean_up(orders, sql, reason):
    query = orders.start(sql)
    found = orders.get(query)["Status"]["StateChangeReason"]

    assert found.startswith(reason)
    assert found.endswith(
        f" You may need to manually clean the data at location 's3://results/athena/tables/{query}' before retrying. "
        "Athena will not delete data in your account."
    )
    assert not list(orders.keys("results", "athena/tables/"))


def test_unload_writes_files_and_their_list(orders, read):
    found = orders.run(
        "UNLOAD (SELECT id, item -- with a ) in a comment\n FROM orders WHERE item <> ')') TO 's3://data/unloaded/' "
        "WITH (  format='PARQUET'  , compression='snappy')"
    )
    (uri,) = listed(orders, found)

    assert found["StatementType"] == "DML"
    assert (
        found["Statistics"]["DataManifestLocation"] == f"s3://results/athena/{found['QueryExecutionId']}-manifest.csv"
    )
    assert read(uri).to_pylist() == [{"id": 1, "item": "tea"}, {"id": 2, "item": "cake"}]


def test_unload_in_partitions_and_as_text(orders, s3):
    orders.run(
        "UNLOAD (SELECT id, item, paid FROM orders WHERE paid IS NOT NULL) TO 's3://data/parts' "
        "WITH (format='TEXTFILE', field_delimiter=',', compression='NONE', partitioned_by=ARRAY['paid'])"
    )
    keys = orders.keys("data", "parts/")

    assert [key.split("/")[1] for key in keys] == ["paid=false", "paid=true"]
    assert [s3.get_object(Bucket="data", Key=key)["Body"].read() for key in keys] == [b"2,cake\n", b"1,tea\n"]


def test_unload_of_nothing_lists_nothing(orders):
    found = orders.run("UNLOAD (SELECT id FROM orders WHERE false) TO 's3://data/none/' WITH (format='PARQUET')")

    assert listed(orders, found) == []
    assert orders.keys("data", "none/") == []


def test_unload_needs_an_empty_place(orders):
    reason = orders.fail("UNLOAD (SELECT 1 AS a) TO 's3://data/orders/' WITH (format='PARQUET')")

    assert reason.startswith("HIVE_PATH_ALREADY_EXISTS: ")


def test_rows_are_inserted_by_place_or_by_name(orders):
    first = orders.run("INSERT INTO orders VALUES (4, 'pie', 1, true), (5, NULL, NULL, NULL)")
    orders.run("INSERT INTO shop.orders (item, id) SELECT upper(item), id + 10 FROM orders WHERE id = 1")

    assert first["ResultConfiguration"]["OutputLocation"].endswith(first["QueryExecutionId"])
    assert len(listed(orders, first)) == 1
    assert orders.athena.get_query_results(QueryExecutionId=first["QueryExecutionId"])["UpdateCount"] == 2
    assert orders.rows("SELECT * FROM orders WHERE id > 3 ORDER BY id") == [
        ("4", "pie", "1.0", "true"),
        ("5", None, None, None),
        ("11", "TEA", None, None),
    ]


def test_inserted_partitions_are_registered(orders):
    orders.run("CREATE EXTERNAL TABLE t (n int) PARTITIONED BY (d string) STORED AS PARQUET LOCATION 's3://data/t/'")
    orders.run("INSERT INTO t SELECT 1, 'a b/c' UNION ALL SELECT 2, 'd'")

    assert orders.rows("SELECT * FROM t ORDER BY n") == [("1", "a b/c"), ("2", "d")]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "INSERT INTO orders VALUES ('x', 'pie', 1, true)",
            (
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [bigint, varchar, double, "
                "boolean], Query: [varchar, varchar, integer, boolean]"
            ),
        ),
        (
            "INSERT INTO nothing VALUES (1)",
            "TABLE_NOT_FOUND: line 1:13: Table 'awsdatacatalog.shop.nothing' does not exist",
        ),
        (
            "DELETE FROM orders WHERE id = 1",
            "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables",
        ),
        (
            "UPDATE orders SET id = 1",
            "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables",
        ),
    ],
)
def test_what_cannot_be_written(orders, sql, reason):
    assert orders.fail(sql) == reason
    assert orders.rows("SELECT count(*) FROM orders") == [("3",)]


def test_a_workgroup_that_enforces_its_place_refuses_another_for_tables(orders, athena):
    configuration = {"ResultConfiguration": {"OutputLocation": "s3://results/enforced/"}}
    athena.create_work_group(Name="strict", Configuration=configuration)

    reason = orders.fail(CTAS.format("", "SELECT 1 AS a"), WorkGroup="strict")

    assert reason.startswith(
        "The Create Table As Select query failed because it was submitted with an 'external_location' property to an "
        "Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
        "'external_location' property and resubmit the query."
    )
