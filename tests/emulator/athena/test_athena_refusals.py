"""What Athena refuses: at once, as a failed query, and what would leave the data directory."""

import re

import pytest
from botocore.exceptions import ClientError

NO_COLUMN = "cannot be resolved or requester is not authorized to access requested resources"

# What fails once it is analyzed or runs, in the words of Athena.
FAILING = {
    "SELECT * FROM nope": "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.nope' does not exist",
    'SELECT *\nFROM "Nope"': "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.shop.nope' does not exist",
    "SELECT * FROM other.t": "SCHEMA_NOT_FOUND: line 1:15: Schema 'other' does not exist",
    "SELECT * FROM cat.shop.t": "CATALOG_NOT_FOUND: line 1:15: Catalog 'cat' does not exist",
    "SELECT x FROM orders": f"COLUMN_NOT_FOUND: line 1:8: Column 'x' {NO_COLUMN}",
    "SELECT id FROM orders ORDER BY nope": f"COLUMN_NOT_FOUND: line 1:32: Column 'nope' {NO_COLUMN}",
    "SELECT nope(1)": "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered",
    "SELECT upper(id) FROM orders": "FUNCTION_NOT_FOUND: Unexpected parameters (bigint) for function upper",
    "SELECT 'a' || 1": (
        "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1), integer) for function concat"
    ),
    "SELECT id + item FROM orders": "TYPE_MISMATCH: line 1:8: Cannot apply operator: bigint + varchar",
    "SELECT * FROM orders WHERE id = 'a'": "TYPE_MISMATCH: line 1:28: Cannot apply operator: bigint = varchar(1)",
    "SELECT * FROM orders WHERE item": (
        "TYPE_MISMATCH: line 1:28: WHERE clause must evaluate to a boolean: actual type varchar"
    ),
    "SELECT NOT 1": (
        "TYPE_MISMATCH: line 1:12: Value of logical NOT expression must evaluate to a boolean (actual: integer)"
    ),
    "SELECT true AND 1": (
        "TYPE_MISMATCH: line 1:17: Logical expression term must evaluate to a boolean (actual: integer)"
    ),
    "SELECT coalesce(id, item) FROM orders": (
        "TYPE_MISMATCH: line 1:21: All COALESCE operands must be the same type or coercible to a common type. Cannot "
        "find common type between bigint and varchar, all types (without duplicates): [bigint, varchar]"
    ),
    "SELECT if(true, 1, 'a')": "TYPE_MISMATCH: line 1:20: Result types for IF must be the same: integer vs varchar(1)",
    "SELECT id FROM orders UNION SELECT item FROM orders": (
        "TYPE_MISMATCH: line 1:23: column 1 in UNION query has incompatible types: bigint, varchar"
    ),
    "SELECT id FROM orders UNION SELECT id, item FROM orders": (
        "TYPE_MISMATCH: line 1:23: UNION query has different number of fields: 1, 2"
    ),
    "SELECT id, count(*) FROM orders": (
        "EXPRESSION_NOT_AGGREGATE: line 1:8: 'id' must be an aggregate expression or appear in GROUP BY clause"
    ),
    "SELECT 1 FROM orders WHERE max(id) > 1": (
        "EXPRESSION_NOT_SCALAR: line 1:28: WHERE clause cannot contain aggregations, window functions or grouping "
        "operations: [max(id)]"
    ),
    "SELECT DISTINCT id FROM orders ORDER BY item": (
        "EXPRESSION_NOT_IN_DISTINCT: line 1:41: For SELECT DISTINCT, ORDER BY expressions must appear in select list"
    ),
    "SELECT id FROM orders ORDER BY 2": (
        "INVALID_COLUMN_REFERENCE: line 1:32: ORDER BY position 2 is not in select list"
    ),
    "SELECT id FROM orders a, orders b": "AMBIGUOUS_NAME: line 1:8: Column 'id' is ambiguous",
    "SELECT (SELECT id FROM orders)": "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows",
    "SELECT id / 0 FROM orders": "DIVISION_BY_ZERO: Division by zero",
    "SELECT CAST(item AS bigint) FROM orders": "INVALID_CAST_ARGUMENT: Cannot cast 'tea' to BIGINT",
    "SELECT CAST('x' AS date)": "INVALID_CAST_ARGUMENT: Value cannot be cast to date: x",
    "SELECT date '2024-13-01'": "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2024-13-01",
    "SELECT 2147483647 + 1": "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1",
    "SELECT ARRAY[1, 2][3]": (
        "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 3 > 2"
    ),
    "SELECT json_parse('{')": "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '{'",
    "SELECT date_trunc('foo', current_date)": "INVALID_FUNCTION_ARGUMENT: 'foo' is not a valid DATE field",
    "WITH a AS (SELECT * FROM a) SELECT * FROM a": (
        "TABLE_NOT_FOUND: line 1:26: Table 'awsdatacatalog.shop.a' does not exist"
    ),
}

# What starts no query at all.
MALFORMED = {
    "SELEC 1": "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'ANALYZE', 'CALL',",
    "SELECT FROM orders": "line 1:8: mismatched input 'FROM'. Expecting: '*', 'ALL', 'DISTINCT', <expression>",
    "SELECT 1; SELECT 2": "Only one sql statement is allowed. Got: SELECT 1; SELECT 2",
    "SELECT 1)": "line 1:9: mismatched input ')'",
    "SELECT * FROM `orders`": "line 1:22: mismatched input '`'",
    "SELECT order FROM orders": "line 1:8: mismatched input 'order'",
    "SELECT id AS end FROM orders": "line 1:14: mismatched input 'end'",
    "SELECT 1a": "line 1:8: identifiers must not start with a digit; surround the identifier with double quotes",
    "SELECT 1 FROM orders CROSS JOIN orders b ON true": "line 1:33: mismatched input 'ON'",
    "SELECT 1 FROM orders LEFT JOIN orders b": "line 1:32: mismatched input 'JOIN'",
    "SELECT 1 FROM orders JOIN orders b": "line 1:27: mismatched input 'JOIN'",
    "SELECT * EXCLUDE (id) FROM orders": "line 1:8: mismatched input 'STAR'",
    "SELECT extract(\"day FROM now()), 'more' --\" FROM now())": "line 1:1: mismatched input 'DAY FROM NOW()), 'MORE'",
    "SELECT CAST('abc' AS varchar(\"1), 'more' --\"))": "line 1:1: mismatched input '1), 'MORE' --'",
    'SELECT CAST(1 AS decimal("a;b", 1))': "line 1:1: mismatched input 'A;B'",
    'DROP TABLE "orders"': "line 1:12: no viable alternative at input 'DROP TABLE \"orders\"'",
    "TRUNCATE TABLE orders": "line 1:1: mismatched input 'TRUNCATE'.",
    "": "line 1:1: mismatched input '<EOF>'.",
    " -- nothing\n": "line 2:1: mismatched input '<EOF>'.",
    "SELECT 'abc": "line 1:1: mismatched input",
}


def test_a_failed_query_tells_what_is_wrong_and_where(orders):
    told = {sql: orders.fail(sql) for sql in FAILING}

    assert told == FAILING


def test_the_error_of_a_failed_query_has_a_category_and_a_type(orders):
    status = orders.get(orders.start("SELECT * FROM nope"))["Status"]

    assert status["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1301,
        "Retryable": False,
        "ErrorMessage": "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.nope' does not exist",
    }


def test_a_text_that_is_no_statement_starts_nothing(orders, athena):
    before = athena.list_query_executions()["QueryExecutionIds"]
    told = {sql: orders.refuse(sql) for sql in MALFORMED if sql}

    assert {code for code, _ in told.values()} == {"MALFORMED_QUERY"}
    for sql, (_, sentence) in told.items():
        assert sentence.startswith(MALFORMED[sql])
    assert athena.list_query_executions()["QueryExecutionIds"] == before


def test_deep_nesting_is_refused_and_breaks_nothing(orders):
    for text in ("(" * 5000 + "1" + ")" * 5000, "1" + " + 1" * 20_000, "NOT " * 20_000 + "true"):
        try:
            found = orders.get(orders.start(f"SELECT {text}"))["Status"]["State"]
        except orders.athena.exceptions.InvalidRequestException:
            continue
        assert found in {"FAILED", "SUCCEEDED"}

    assert orders.value("SELECT 1") == "1"


@pytest.fixture
def outside(tmp_path):
    """A file that no query may see."""
    path = tmp_path / "outside.csv"
    path.write_text("secret\n1\n")
    return path


REACHING = [
    "SELECT * FROM read_csv('{}')",
    "SELECT * FROM read_csv_auto('{}')",
    "SELECT * FROM read_text('{}')",
    "SELECT * FROM read_blob('{}')",
    "SELECT * FROM read_json('{}')",
    "SELECT * FROM read_parquet('{}')",
    "SELECT * FROM parquet_scan('{}')",
    "SELECT * FROM glob('{}')",
    "SELECT * FROM sniff_csv('{}')",
    "SELECT * FROM TABLE(read_csv('{}'))",
    "SELECT * FROM '{}'",
    'SELECT * FROM "{}"',
    "SELECT * FROM query('SELECT * FROM read_csv(''{}'')')",
    "SELECT query_table('{}')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('allowed_directories')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM pragma_version()",
    "SELECT * FROM sqlite_master",
    "SELECT trino_text(1)",
    "SELECT * FROM t1",
    "SELECT nextval('x')",
    "COPY (SELECT 1) TO '{}'",
    "COPY orders FROM '{}'",
    "ATTACH '{}' AS a",
    "INSTALL httpfs",
    "LOAD '{}'",
    "PRAGMA database_list",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "EXPORT DATABASE '{}'",
    "IMPORT DATABASE '{}'",
    "CALL read_csv('{}')",
    "DETACH memory",
    "CHECKPOINT",
    "CREATE TABLE a AS SELECT * FROM read_csv('{}')",
    "CREATE MACRO m() AS 1",
    "CREATE VIEW v AS SELECT * FROM read_csv('{}')",
    "INSERT INTO orders SELECT * FROM read_csv('{}')",
    "EXPLAIN SELECT * FROM read_csv('{}')",
    "UNLOAD (SELECT 1 AS a) TO '{}' WITH (format = 'PARQUET')",
    "UNLOAD (SELECT 1 AS a) TO 's3://../../outside' WITH (format = 'PARQUET')",
    "UNLOAD (SELECT 1 AS a) TO 's3://data/../../../outside' WITH (format = 'PARQUET')",
    "CREATE TABLE a WITH (external_location = 's3://data/../../../outside/') AS SELECT 1 AS a",
    "SELECT 1; COPY (SELECT 1) TO '{}'",
    "SELECT * FROM orders WHERE item = (SELECT content FROM read_text('{}'))",
]


def test_nothing_outside_the_data_directory_is_read_or_written(orders, outside, tmp_path):
    orders.run("CREATE VIEW seen AS SELECT 1 AS a")
    for sql in REACHING:
        text = sql.format(outside)
        try:
            state = orders.get(orders.start(text))["Status"]
        except orders.athena.exceptions.InvalidRequestException:
            continue
        # A key may hold two dots: it is a name then, and no way up.
        assert state["State"] == "FAILED" or "s3://data/.." in sql, text
        assert "secret" not in str(state)

    assert outside.read_text() == "secret\n1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "outside.csv"]


def test_a_table_of_the_catalogue_reaches_nothing_outside_either(orders, glue, outside):
    """The catalogue takes any location; only what lies in a bucket is a file."""
    places = [
        str(outside),
        f"file://{outside}",
        f"s3://data/../../../{outside.name}",
        f"s3://data{outside}",
        f"s3://../{outside.name}",
        f"s3a://data/{'../' * 12}{str(outside)[1:]}",
        "s3://data/*/../../../*",
        "s3://",
        "",
    ]
    for number, place in enumerate(places):
        storage = {
            "Columns": [{"Name": "secret", "Type": "string"}],
            "Location": place,
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
        }
        glue.create_table(DatabaseName="shop", TableInput={"Name": f"far{number}", "StorageDescriptor": storage})
        status = orders.get(query := orders.start(f"SELECT * FROM far{number}"))["Status"]

        if status["State"] == "SUCCEEDED":
            assert len(orders.pages(query)[0]["ResultSet"]["Rows"]) == 1, place
        else:
            assert status["State"] == "FAILED"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT INTERVAL '²-1' YEAR TO MONTH",
        f"SELECT INTERVAL '{'9' * 5000}-1' YEAR TO MONTH",
        "CREATE TABLE z WITH (bucketed_by = ARRAY['a'], bucket_count = ²) AS SELECT 1 a",
        "CREATE TABLE z WITH (bucketed_by = ARRAY['a'], bucket_count = 'x') AS SELECT 1 a",
        f"CREATE TABLE z WITH (bucketed_by = ARRAY['a'], bucket_count = {'9' * 5000}) AS SELECT 1 a",
    ],
    ids=["no digit", "too long", "no digit of buckets", "word of buckets", "too many buckets"],
)
def test_digits_that_are_no_number_are_the_users_fault(orders, sql):
    try:
        why = orders.get(orders.start(sql))["Status"]["StateChangeReason"]
    except ClientError as refused:
        why = refused.response["AthenaErrorCode"]

    assert re.match("MALFORMED_QUERY|INVALID_INPUT|INVALID_|SYNTAX_ERROR|NOT_SUPPORTED|TYPE_MISMATCH", why), why
