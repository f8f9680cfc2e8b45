"""Anything as SQL: refused, failed or run, never an internal failure, and nothing outside is touched.

The short version runs with the other tests; FUZZ_EXAMPLES sets how many texts of each kind, drawn anew.
"""

import json
import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "120"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SIGNED = "AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/athena/aws4_request, SignedHeaders=host, Signature=0"
SOUND = [
    "SELECT id, item FROM orders WHERE price > 1.5 AND NOT paid OR item LIKE 't%' ORDER BY id DESC LIMIT 2",
    "SELECT item, count(*) AS n, sum(price) FROM orders GROUP BY item HAVING count(*) > 0",
    "WITH a AS (SELECT max(id) AS m FROM orders) SELECT * FROM a CROSS JOIN UNNEST(ARRAY[1, 2]) AS t(x)",
    "SELECT CAST(id AS varchar) || 'x', CASE WHEN paid THEN 1 ELSE 2 END, try_cast(item AS date) FROM orders",
    'SELECT row_number() OVER (PARTITION BY item ORDER BY id), from_unixtime(id) FROM "shop"."orders" AS o',
    "CREATE EXTERNAL TABLE IF NOT EXISTS t (a int) PARTITIONED BY (c string) ROW FORMAT SERDE 'x' LOCATION 's3://data/t/'",
    "CREATE TABLE made WITH (format = 'PARQUET', external_location = 's3://data/m/') AS SELECT id FROM orders",
    "UNLOAD (SELECT id FROM orders) TO 's3://data/u/' WITH (format = 'JSON')",
    "INSERT INTO orders VALUES (4, 'pie', 1.0, true)",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM orders",
    "ALTER TABLE orders ADD IF NOT EXISTS PARTITION (c = '1') LOCATION 's3://data/p/'",
    "SHOW TABLES IN shop 'o*'",
    "DESCRIBE FORMATTED orders",
    "SHOW CREATE TABLE orders",
    "MSCK REPAIR TABLE orders",
    "DROP TABLE IF EXISTS other",
    "DELETE FROM ice WHERE id = 1",
    "UPDATE ice SET name = 'x' WHERE id = 2",
    (
        "MERGE INTO ice t USING orders s ON t.id = s.id WHEN MATCHED AND s.paid THEN DELETE WHEN MATCHED THEN UPDATE "
        "SET name = s.item WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.item)"
    ),
    "OPTIMIZE ice REWRITE DATA USING BIN_PACK WHERE id > 1",
    "VACUUM ice",
    'SELECT * FROM "ice$snapshots"',
    "SELECT * FROM ice FOR TIMESTAMP AS OF timestamp '2026-01-01 00:00:00 UTC'",
    "EXPLAIN SELECT * FROM orders",
]
WORD = re.compile(r"\s+|\w+|'[^']*'|.")
MARKS = ["?", "'", '"', "`", "--", "/*", "*/", ";", "$", "\x00", "\n", "💥", "::", "->", ":=", "@", "\\", "{}", "[]"]
PIECES = [*sorted({word for sql in SOUND for word in WORD.findall(sql)}), *MARKS]
REACHING = [
    "read_csv('{0}')",
    "read_text('{0}')",
    "glob('{0}')",
    "COPY",
    "'{0}'",
    "ATTACH",
    "PRAGMA",
    "duckdb_tables()",
]


@pytest.fixture
def asking(orders, emulator, tmp_path):
    """Start a query of a text; what lies outside stays as it is."""
    outside = tmp_path / "outside.csv"
    outside.write_text("secret\n1\n")
    orders.run(
        "CREATE TABLE ice (id int, name string) LOCATION 's3://data/ice' TBLPROPERTIES ('table_type' = 'ICEBERG')"
    )
    orders.run("INSERT INTO ice VALUES (1, 'a'), (2, 'b')")

    def ask(sql):
        body = {
            "QueryString": sql.replace("{0}", str(outside)),
            "ClientRequestToken": os.urandom(20).hex(),
            "QueryExecutionContext": {"Database": "shop"},
            "ResultConfiguration": {"OutputLocation": "s3://results/"},
        }
        headers = {"X-Amz-Target": "AmazonAthena.StartQueryExecution", "Authorization": SIGNED}
        reply = emulator.answer("POST", "/", headers, json.dumps(body).encode())
        told = json.loads(reply.body)
        if reply.status == 400:
            assert told["__type"] == "InvalidRequestException"
        else:
            assert reply.status == 200, told
            status = orders.get(told["QueryExecutionId"])["Status"]
            assert status["State"] in {"SUCCEEDED", "FAILED"}
            assert "GENERIC_INTERNAL_ERROR" not in status.get("StateChangeReason", ""), sql
            if status["State"] == "SUCCEEDED":
                assert "secret" not in str(orders.pages(told["QueryExecutionId"])[0]["ResultSet"]["Rows"])
        assert outside.read_text() == "secret\n1\n"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "outside.csv"]

    return ask


@many
@given(sql=st.text(min_size=1))
def test_any_text_is_answered(asking, sql):
    asking(sql)


@many
@given(
    first=st.sampled_from([WORD.findall(sql)[0] for sql in SOUND]),
    words=st.lists(st.sampled_from(PIECES + REACHING), max_size=25),
)
def test_any_order_of_words_is_answered(asking, first, words):
    asking(" ".join([first, *words]))


@many
@given(data=st.data())
def test_any_change_of_a_sound_statement_is_answered(asking, data):
    words = WORD.findall(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(words) - 1))
        words[at : at + 1] = data.draw(
            st.just([]) | st.just([words[at]] * 2) | st.sampled_from(PIECES + REACHING).map(lambda word: [word])
        ) or [" "]
    asking("".join(words))
