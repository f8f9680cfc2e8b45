"""SELECT over files: names, types, order, and the result's file."""

import pytest

VALUES = "(VALUES ('x', 1), ('x', 2), ('y', 3)) AS t(a, b)"
QUERIES = [
    ("SELECT x FROM (VALUES 1, NULL, 3) AS t(x) ORDER BY x", [("1",), ("3",), (None,)]),
    ("SELECT x FROM (VALUES 1, NULL, 3) AS t(x) ORDER BY x DESC", [("3",), ("1",), (None,)]),
    ("SELECT x FROM (VALUES 1, NULL, 3) AS t(x) ORDER BY x DESC NULLS FIRST", [(None,), ("3",), ("1",)]),
    ("SELECT x FROM (VALUES 1, 2, 3, 4) AS t(x) ORDER BY x OFFSET 1 LIMIT 2", [("2",), ("3",)]),
    ("SELECT x FROM (VALUES 1, 2) AS t(x) ORDER BY x FETCH FIRST 1 ROW ONLY", [("1",)]),
    (f"SELECT a, sum(b), count(*) FROM {VALUES} GROUP BY a ORDER BY a", [("x", "3", "2"), ("y", "3", "1")]),
    (f"SELECT sum(b) / count(*), sum(b) / 4, avg(b), CAST(sum(b) AS varchar) FROM {VALUES}", [("2", "1", "2.0", "6")]),
    (
        f"SELECT a, sum(b) FROM {VALUES} GROUP BY GROUPING SETS ((a), ()) ORDER BY a",
        [("x", "3"), ("y", "3"), (None, "6")],
    ),
    (
        (
            "SELECT x, row_number() OVER (ORDER BY x DESC), sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND "
            "CURRENT ROW) / 2, lag(x) OVER (ORDER BY x) FROM (VALUES 1, 2, 3) AS t(x) ORDER BY x"
        ),
        [("1", "3", "0", None), ("2", "2", "1", "1"), ("3", "1", "2", "2")],
    ),
    ("SELECT n, o FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t(n, o)", [("a", "1"), ("b", "2")]),
    (
        (
            "SELECT id, n FROM (VALUES (1, ARRAY[10, 20]), (2, ARRAY[])) AS t(id, arr) CROSS JOIN UNNEST(arr) AS u(n) "
            "ORDER BY n"
        ),
        [("1", "10"), ("1", "20")],
    ),
    (
        "SELECT k, v FROM (VALUES map(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(m) CROSS JOIN UNNEST(m) AS u(k, v)",
        [("a", "1"), ("b", "2")],
    ),
    ("SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t(a, b)", [("1", "x"), ("2", None)]),
    (
        "WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t",
        [("1",), ("2",), ("3",)],
    ),
    ("WITH f AS (WITH g AS (SELECT 1 AS x) SELECT * FROM g) SELECT f.x FROM f", [("1",)]),
    ("SELECT a FROM (VALUES 1, 2, 3) AS t(a) WHERE a > ALL (VALUES 1, 2)", [("3",)]),
    (
        f"SELECT max_by(a, b), min_by(a, b), count_if(b > 1), array_agg(b ORDER BY b DESC) FROM {VALUES}",
        [("y", "x", "2", "[3, 2, 1]")],
    ),
    ("SELECT max(d) + INTERVAL '1' DAY FROM (VALUES DATE '2024-01-31') AS t(d)", [("2024-02-01",)]),
    ("SELECT 1 UNION SELECT 1", [("1",)]),
    ("VALUES (1, 'a'), (2, 'b')", [("1", "a"), ("2", "b")]),
    ("TABLE orders", [("1", "tea", "2.5", "true"), ("2", "cake", "10.0", "false"), ("3", None, None, None)]),
    ("SELECT ITEM FROM Shop.ORDERS WHERE Id = 1", [("tea",)]),
    ('SELECT "shop"."orders".item FROM "AwsDataCatalog"."shop"."orders" WHERE orders.id = 1', [("tea",)]),
    ("SELECT id FROM orders WHERE price BETWEEN 1 AND 3 AND paid", [("1",)]),
    ("SELECT count(*) FROM orders WHERE item IS NULL", [("1",)]),
    ("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop'", [("orders",)]),
    ("SELECT 1 FROM orders -- a comment\n;", [("1",), ("1",), ("1",)]),
]


@pytest.mark.parametrize(("sql", "found"), QUERIES, ids=[sql[:60] for sql, _ in QUERIES])
def test_a_query_answers_its_rows(orders, sql, found):
    assert orders.rows(sql) == found


def test_columns_without_a_name_are_numbered_and_aliases_stay_as_they_are(orders):
    names, _ = orders.table("SELECT ID, 1, count(*) AS N, 'a' AS \"f1.1\" FROM orders GROUP BY id LIMIT 1")

    assert names == ("id", "_col1", "N", "f1.1")


def test_columns_of_subqueries_without_a_name_are_numbered_where_they_come_out(queries):
    assert queries.table("SELECT * FROM (SELECT 7, 8)") == (("_col0", "_col1"), [("7", "8")])


def test_types_are_named_as_athena_names_them(queries):
    columns = queries.columns(
        "SELECT CAST(1 AS tinyint) a, CAST(1 AS smallint) b, 1 c, CAST(1 AS bigint) d, CAST(1 AS real) e, 1e0 f, "
        "DECIMAL '1.50' g, 'x' h, X'00' i, true j, DATE '2024-01-01' k, TIMESTAMP '2024-01-01 00:00:00' l, "
        "from_unixtime(0) m, ARRAY[1] n, map(ARRAY[1], ARRAY[2]) o, ROW(1) p, json_parse('1') q, sum(1) r, count(*) s, "
        "INTERVAL '1' DAY t, NULL u"
    )

    assert [(column["Type"], column["Precision"], column["Scale"]) for column in columns] == [
        ("tinyint", 3, 0),
        ("smallint", 5, 0),
        ("integer", 10, 0),
        ("bigint", 19, 0),
        ("float", 17, 0),
        ("double", 17, 0),
        ("decimal", 3, 2),
        ("varchar", 2147483647, 0),
        ("varbinary", 1073741824, 0),
        ("boolean", 0, 0),
        ("date", 0, 0),
        ("timestamp", 3, 0),
        ("timestamp with time zone", 3, 0),
        ("array", 0, 0),
        ("map", 0, 0),
        ("row", 0, 0),
        ("json", 0, 0),
        ("bigint", 19, 0),
        ("bigint", 19, 0),
        ("interval day to second", 0, 0),
        ("unknown", 0, 0),
    ]
    assert {column["Nullable"] for column in columns} == {"UNKNOWN"}
    assert {column["CatalogName"] for column in columns} == {"hive"}
    assert [column["Name"] for column in columns if column["CaseSensitive"]] == ["h"]


def test_the_file_has_every_value_quoted_and_nulls_as_nothing(queries):
    found = queries.run(
        "SELECT 1 AS i, 'it''s' AS s, 'a\"b' AS q, NULL AS n, '' AS empty, ARRAY[1, 2] AS a, X'0102' AS vb, "
        "'two\nlines' AS l"
    )

    assert queries.file(found) == (
        b'"i","s","q","n","empty","a","vb","l"\n"1","it\'s","a""b",,"","[1, 2]","01 02","two\nlines"\n'
    )


def test_results_are_read_back_as_they_were_written(queries):
    sql = "SELECT 'a\"b' AS q, NULL AS n, '' AS empty, 'two\nlines' AS l, 'ü' AS u"

    assert queries.table(sql) == (("q", "n", "empty", "l", "u"), [('a"b', None, "", "two\nlines", "ü")])


def test_a_result_without_rows_has_its_names(orders):
    found = orders.run("SELECT id FROM orders WHERE false")

    assert orders.file(found) == b'"id"\n'
    assert orders.lines("SELECT id FROM orders WHERE false") == [("id",)]


def test_the_metadata_tells_the_columns(queries):
    """As clients parse it: protobuf, one message a column."""
    found = queries.file(queries.run("SELECT CAST(1 AS bigint) AS n"), ".metadata")

    assert found.endswith(b'"\x1c\n\x04hive"\x01n*\x01n2\x06bigint8\x13@\x00H\x03P\x00')


def test_pages_are_as_large_as_asked_and_the_first_begins_with_the_names(queries):
    query = queries.run("SELECT x FROM UNNEST(sequence(1, 5)) AS t(x)")["QueryExecutionId"]

    pages = queries.pages(query, PaginationConfig={"PageSize": 4})

    rows = [[row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] for page in pages]
    assert rows == [["x", "1", "2", "3"], ["4", "5"]]
    assert all(page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Name"] == "x" for page in pages)
    assert all(page["UpdateCount"] == 0 for page in pages)


def test_a_thousand_rows_are_a_page_unless_fewer_are_asked_for(queries):
    query = queries.run("SELECT x FROM UNNEST(sequence(1, 1500)) AS t(x)")["QueryExecutionId"]

    assert [len(page["ResultSet"]["Rows"]) for page in queries.pages(query)] == [1000, 501]


def test_parameters_take_the_place_of_question_marks_in_order(orders):
    sql = "SELECT item, ? AS added FROM orders WHERE id = ? OR item = ?"

    rows = orders.rows(sql, ExecutionParameters=["'?'", "1 + 1", "tea"])

    assert sorted(rows) == [("cake", "?"), ("tea", "?")]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("'abc'", "abc"),
        ("1 + 1", "2"),
        ("DATE '2020-01-01'", "2020-01-01"),
        ("NULL", None),
        ("abc def", "abc def"),
        ("it's", "it's"),
        ("abc", "abc"),
        ("x + 1", "x + 1"),
        ("123e4567-e89b", "123e4567-e89b"),
    ],
)
def test_a_parameter_is_an_expression_if_it_can_be_one_and_a_text_if_not(queries, parameter, value):
    assert queries.value("SELECT ? AS v", ExecutionParameters=[parameter]) == value


def test_too_few_parameters_fail_and_needless_ones_are_ignored(queries):
    assert queries.fail("SELECT ?, ?", ExecutionParameters=["1"]) == (
        "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 2 but found 1"
    )
    assert queries.value("SELECT 1", ExecutionParameters=["2"]) == "1"


def test_now_is_the_emulator_s_time(queries, emulator):
    before = queries.value("SELECT to_unixtime(now())")
    emulator.advance_clock(86400)
    after = queries.value("SELECT to_unixtime(now())")

    assert 86400 <= float(after) - float(before) < 86500


def test_a_view_is_a_query_under_a_name(orders):
    orders.run("CREATE VIEW paid AS SELECT id, upper(item) AS item FROM orders WHERE paid")
    orders.run("CREATE OR REPLACE VIEW paid AS SELECT id, lower(item) AS item FROM orders WHERE paid")

    assert orders.table("SELECT * FROM shop.paid") == (("id", "item"), [("1", "tea")])
    assert orders.lines("SHOW CREATE VIEW paid")[0] == ("CREATE VIEW shop.paid AS",)
    assert orders.lines("DESCRIBE paid") == [("id\tbigint",), ("item\tvarchar",)]
    assert orders.lines("SHOW VIEWS") == [("paid",)]
    orders.run("DROP VIEW paid")
    assert (
        orders.fail("SELECT * FROM paid")
        == "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.paid' does not exist"
    )


def test_explain_shows_a_plan_and_no_place_on_this_machine(orders):
    for sql in (
        "EXPLAIN SELECT * FROM orders",
        "EXPLAIN ANALYZE SELECT * FROM orders",
        "EXPLAIN (FORMAT JSON) SELECT 1",
    ):
        found = orders.run(sql)
        lines = orders.lines(sql)

        assert found["StatementType"] == "DML"
        assert found["SubstatementType"] == "EXPLAIN"
        assert lines[0] == ("Query Plan",)
        assert not any("/tmp" in line or "/data/s3" in line for (line,) in lines)
