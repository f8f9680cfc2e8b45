"""Tables of the catalogue and the statements that make them: formats, partitions, columns."""

import gzip
from datetime import UTC, datetime

import pytest

pa = pytest.importorskip("pyarrow")

OPEN_CSV = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"


@pytest.fixture
def put(s3, queries):
    def one(key, text):
        body = text if isinstance(text, bytes) else text.encode()
        s3.put_object(Bucket="data", Key=key, Body=body)

    return one


def test_open_csv_takes_texts_and_makes_the_declared_types_of_them(queries, put):
    put("csv/a.csv", 'id,name,when,price,ok\n7,"a,b",1704067200000,1.5,true\n8,,1704067200000,2,false\n')
    queries.run(
        f"CREATE EXTERNAL TABLE people (id int, name string, at timestamp, price double, ok boolean) {OPEN_CSV} "
        "LOCATION 's3://data/csv/' TBLPROPERTIES ('skip.header.line.count'='1')"
    )

    assert queries.rows("SELECT * FROM people ORDER BY id") == [
        ("7", "a,b", "2024-01-01 00:00:00.000", "1.5", "true"),
        ("8", "", "2024-01-01 00:00:00.000", "2.0", "false"),
    ]


def test_open_csv_fails_on_what_cannot_be_the_declared_type(queries, put):
    put("csv/a.csv", "x\n")
    queries.run(f"CREATE EXTERNAL TABLE numbers (id int) {OPEN_CSV} LOCATION 's3://data/csv/'")

    assert queries.fail("SELECT * FROM numbers") == (
        "HIVE_BAD_DATA: Error parsing field value 'x' for field 0: For input string: \"x\""
    )


def test_rows_with_too_few_or_too_many_fields_are_filled_and_cut(queries, put):
    put("csv/a.csv", "1\n1,2\n1,2,3\n")
    queries.run(f"CREATE EXTERNAL TABLE t (a string, b string) {OPEN_CSV} LOCATION 's3://data/csv/'")

    assert sorted(queries.rows("SELECT * FROM t"), key=str) == [("1", "2"), ("1", "2"), ("1", None)]


def test_delimited_text_makes_null_of_what_cannot_be_the_declared_type(queries, put):
    put("text/a.txt", '1|x"y|2024-01-01\n\\N||no\n')
    put("text/b.gz", gzip.compress(b"2|z|2024-01-02\n"))
    queries.run(
        "CREATE EXTERNAL TABLE t (id int, name string, day date) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' "
        "LOCATION 's3://data/text/'"
    )

    assert queries.rows("SELECT * FROM t ORDER BY id") == [
        ("1", 'x"y', "2024-01-01"),
        ("2", "z", "2024-01-02"),
        (None, "", None),
    ]


def test_json_lines_are_rows(queries, put):
    put("json/a.json", '{"id": 1, "tags": ["a", "b"], "place": {"lat": 1.5}, "more": 1}\n{"id": 2}\n')
    queries.run(
        "CREATE EXTERNAL TABLE t (id bigint, tags array<string>, place struct<lat:double>) "
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://data/json/'"
    )

    assert queries.rows("SELECT id, tags, place.lat, cardinality(tags) FROM t ORDER BY id") == [
        ("1", "[a, b]", "1.5", "2"),
        ("2", None, None, None),
    ]


def test_parquet_columns_are_found_by_name_whatever_their_case_and_missing_ones_are_null(queries, parquet):
    parquet("p/one.parquet", [{"EventTime": "x", "N": 1}])
    parquet("p/two.parquet", [{"n": 2, "extra": 9}])
    queries.run(
        "CREATE EXTERNAL TABLE t (n bigint, eventtime string, later double) STORED AS PARQUET LOCATION 's3://data/p/'"
    )

    assert queries.rows("SELECT * FROM t ORDER BY n") == [("1", "x", None), ("2", None, None)]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_timestamps_are_read_whatever_unit_and_zone_a_file_has(unit, zone, queries, parquet):
    moment = datetime(2024, 1, 1, 12, 30, 0, 123000, tzinfo=UTC if zone else None)
    parquet("p/one.parquet", [{"at": moment}], at=pa.timestamp(unit, zone))
    queries.run("CREATE EXTERNAL TABLE t (at timestamp) STORED AS PARQUET LOCATION 's3://data/p/'")

    assert queries.rows("SELECT at FROM t") == [("2024-01-01 12:30:00.123",)]


def test_a_table_without_files_or_without_its_bucket_is_empty(queries):
    queries.run("CREATE EXTERNAL TABLE t (n bigint, s string) STORED AS PARQUET LOCATION 's3://data/nothing/'")
    queries.run("CREATE EXTERNAL TABLE u (n bigint) STORED AS PARQUET LOCATION 's3://no-such-bucket/x/'")

    assert queries.table("SELECT * FROM t") == (("n", "s"), [])
    assert queries.rows("SELECT count(*) FROM u") == [("0",)]


def test_hidden_and_empty_files_are_no_data(queries, parquet, put):
    parquet("p/one.parquet", [{"n": 1}])
    put("p/_SUCCESS", "")
    put("p/_metadata", "x")
    put("p/.hidden", "x")
    put("p/_temporary/0/two.parquet", "x")
    put("p/empty.parquet", "")
    queries.run("CREATE EXTERNAL TABLE t (n bigint) STORED AS PARQUET LOCATION 's3://data/p'")

    assert queries.rows("SELECT n FROM t") == [("1",)]


def test_names_of_files_are_no_patterns(queries, parquet):
    parquet("p/[a]*?.parquet", [{"n": 1}])
    parquet("other/a.parquet", [{"n": 2}])
    queries.run("CREATE EXTERNAL TABLE t (n bigint) STORED AS PARQUET LOCATION 's3://data/p/'")

    assert queries.rows("SELECT n FROM t") == [("1",)]


def test_a_file_that_is_no_parquet_is_named_by_its_key(queries, put):
    put("p/one.parquet", "this is no parquet file at all")
    queries.run("CREATE EXTERNAL TABLE t (n bigint) STORED AS PARQUET LOCATION 's3://data/p/'")

    assert queries.fail("SELECT n FROM t") == "HIVE_CURSOR_ERROR: Not valid Parquet file: data/p/one.parquet"


@pytest.fixture
def sales(queries, parquet):
    """A table in partitions, of which none is registered."""
    for year, month in (("2023", "12"), ("2024", "01"), ("2024", "02")):
        parquet(f"sales/year={year}/month={month}/a.parquet", [{"n": int(month)}])
    queries.run(
        "CREATE EXTERNAL TABLE sales (n bigint) PARTITIONED BY (year string, month int) STORED AS PARQUET "
        "LOCATION 's3://data/sales/'"
    )
    return queries


def test_partitions_are_seen_when_they_are_registered(sales):
    assert sales.rows("SELECT * FROM sales") == []
    assert sales.lines("SHOW PARTITIONS sales") == []

    lines = sales.lines("MSCK REPAIR TABLE `sales`;")

    assert lines[0][0].startswith("Partitions not in metastore:\tsales:year=2023/month=12 ")
    assert lines[1:] == [
        (f"Repair: Added partition to metastore sales:year={year}/month={month}",)
        for year, month in (("2023", "12"), ("2024", "01"), ("2024", "02"))
    ]
    assert sales.lines("SHOW PARTITIONS sales") == [
        ("year=2023/month=12",),
        ("year=2024/month=01",),
        ("year=2024/month=02",),
    ]
    assert sales.rows("SELECT * FROM sales WHERE year = '2024' ORDER BY month") == [
        ("1", "2024", "1"),
        ("2", "2024", "2"),
    ]
    assert sales.rows("SELECT month FROM \"sales$partitions\" WHERE year = '2023'") == [("12",)]


def test_partitions_are_added_and_dropped_by_hand_and_may_lie_elsewhere(sales, parquet):
    parquet("elsewhere/b.parquet", [{"n": 99}])
    sales.run(
        "ALTER TABLE sales ADD IF NOT EXISTS PARTITION (year = '2024', month = '01') "
        "PARTITION (year = '1999', month = 9) LOCATION 's3://data/elsewhere/'"
    )

    assert sales.rows("SELECT * FROM sales ORDER BY n") == [("1", "2024", "1"), ("99", "1999", "9")]
    assert sales.fail("ALTER TABLE sales ADD PARTITION (year = '1999', month = 9)").startswith("FAILED: ")

    sales.run("ALTER TABLE sales DROP PARTITION (year = '1999')")

    assert sales.rows("SELECT n FROM sales") == [("1",)]


def test_a_partition_that_is_not_asked_for_is_not_read(sales, put):
    """Its file is broken, and nobody notices."""
    sales.run("MSCK REPAIR TABLE sales")
    before = sales.run("SELECT * FROM sales")["Statistics"]["DataScannedInBytes"]

    after = sales.run("SELECT * FROM sales WHERE year = '2024' AND month = 2")["Statistics"]["DataScannedInBytes"]

    assert 0 < after < before


def test_partitions_with_projection_need_no_registration(queries, parquet):
    parquet("p/day=2024-01-01/a.parquet", [{"n": 1}])
    queries.run(
        "CREATE EXTERNAL TABLE t (n bigint) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://data/p/' "
        "TBLPROPERTIES ('projection.enabled'='true')"
    )

    assert queries.rows("SELECT * FROM t") == [("1", "2024-01-01")]


def test_statements_of_databases(queries):
    queries.run("CREATE DATABASE IF NOT EXISTS extra COMMENT 'more' LOCATION 's3://data/extra/'")
    queries.run("CREATE SCHEMA another")

    assert queries.lines("SHOW DATABASES") == [("another",), ("extra",), ("shop",)]
    assert queries.lines("SHOW SCHEMAS LIKE 'ext.*'") == [("extra",)]
    assert queries.fail("CREATE DATABASE extra") == (
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
        "Database extra already exists"
    )

    queries.run("CREATE EXTERNAL TABLE extra.t (n int) LOCATION 's3://data/x/'")
    assert "is not empty" in queries.fail("DROP DATABASE extra")
    queries.run("DROP DATABASE extra CASCADE")
    queries.run("DROP SCHEMA IF EXISTS extra")

    assert (
        queries.fail("DROP DATABASE extra") == "FAILED: SemanticException [Error 10072]: Database does not exist: extra"
    )


def test_statements_of_tables(orders):
    orders.run("ALTER TABLE orders ADD COLUMNS (note string COMMENT 'free text')")
    orders.run("ALTER TABLE orders SET TBLPROPERTIES ('classification' = 'parquet')")

    assert orders.lines("SHOW TABLES") == [("orders",)]
    assert orders.lines("SHOW TABLES IN shop 'ord*'") == [("orders",)]
    assert [line.strip() for (line,) in orders.lines("SHOW COLUMNS IN orders")] == [
        "id",
        "item",
        "price",
        "paid",
        "note",
    ]
    assert orders.lines("DESCRIBE orders")[-1] == (f"{'note':20}\t{'string':20}\t{'free text':20}",)
    assert ("classification\tparquet",) in orders.lines("SHOW TBLPROPERTIES orders")
    assert orders.rows("SELECT note FROM orders WHERE id = 1") == [(None,)]
    created = "\n".join(line for (line,) in orders.lines("SHOW CREATE TABLE orders"))
    assert created.startswith("CREATE EXTERNAL TABLE `shop.orders`(\n  `id` bigint, \n")
    assert "LOCATION\n  's3://data/orders/'" in created

    orders.run("DROP TABLE orders")
    orders.run("DROP TABLE IF EXISTS orders")

    assert orders.lines("SHOW TABLES") == []
    assert orders.fail("DROP TABLE orders") == "FAILED: SemanticException [Error 10001]: Table not found shop.orders"
    assert orders.keys("data", "orders/") == ["orders/one.parquet"]


def test_describe_shows_partitions_apart(sales):
    lines = [line for (line,) in sales.lines("DESCRIBE sales")]

    assert lines[3:7] == [
        "\t \t ",
        "# Partition Information\t \t ",
        f"{'# col_name':20}\t{'data_type':20}\t{'comment':20}",
        "\t \t ",
    ]
    assert lines[7:] == [f"{'year':20}\t{'string':20}\t{'':20}", f"{'month':20}\t{'int':20}\t{'':20}"]


def test_a_table_that_is_there_is_not_made_again(orders):
    again = "CREATE EXTERNAL TABLE {}orders (n int) LOCATION 's3://data/else/'"

    orders.run(again.format("IF NOT EXISTS "))

    assert orders.fail(again.format("")) == (
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
        "AlreadyExistsException(message:Table orders already exist)"
    )
    assert orders.rows("SELECT id FROM orders WHERE id = 1") == [("1",)]


def test_results_of_statements_are_text_beside_their_metadata(orders):
    shown = orders.run("SHOW TABLES")
    made = orders.run("CREATE DATABASE more")

    assert shown["StatementType"] == "UTILITY"
    assert shown["SubstatementType"] == "SHOW_TABLES"
    assert shown["ResultConfiguration"]["OutputLocation"].endswith(f"{shown['QueryExecutionId']}.txt")
    assert orders.file(shown) == b"orders"
    assert orders.file(shown, ".metadata")
    assert (made["StatementType"], made["SubstatementType"]) == ("DDL", "CREATE_DATABASE")
    assert orders.file(made) == b""


def test_a_statement_of_the_ddl_engine_leaves_its_failure_in_its_file(queries):
    query = queries.start("DROP TABLE nothing")
    found = queries.get(query)

    assert queries.file(found) == found["Status"]["StateChangeReason"].encode()
    assert queries.athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"] == []


def test_complex_types_are_read_and_printed(queries, parquet):
    import pyarrow as pa

    kinds = {
        "tags": pa.list_(pa.string()),
        "counts": pa.map_(pa.string(), pa.int64()),
        "place": pa.struct([("lat", pa.float64()), ("name", pa.string())]),
    }
    parquet("c/a.parquet", [{"tags": ["a", None], "counts": [("k", 1)], "place": {"lat": 1e10, "name": "x"}}], **kinds)
    queries.run(
        "CREATE EXTERNAL TABLE t (tags array<string>, counts map<string,bigint>, place struct<lat:double,name:string>) "
        "STORED AS PARQUET LOCATION 's3://data/c/'"
    )

    assert queries.rows("SELECT tags, counts, place, place.name, counts['k'] FROM t") == [
        ("[a, null]", "{k=1}", "{lat=1.0E10, name=x}", "x", "1")
    ]


def test_the_file_of_a_row_is_a_hidden_column(orders):
    path = "s3://data/orders/one.parquet"

    assert orders.table('SELECT "$path", o.* FROM orders o WHERE id = 1') == (
        ("$path", "id", "item", "price", "paid"),
        [(path, "1", "tea", "2.5", "true")],
    )
    assert orders.rows(f"SELECT count(*) FROM orders WHERE \"$path\" = '{path}'") == [("3",)]
    assert orders.table("SELECT * FROM orders")[0] == ("id", "item", "price", "paid")
