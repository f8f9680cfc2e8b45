"""Queries that take long, run beside each other, and lose their process."""

import json
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from athena_help import OUTPUT

LONG = (
    "SELECT count(*) FROM UNNEST(sequence(1, 60000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 60000)) AS b(y) "
    "WHERE (x * y) % 7 = 9"
)
PATIENCE_S = 60


def eventually(found):
    """The first thing that is something; the clock only ends a test that hangs."""
    end = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return value


def running(queries):
    """Queries that run now."""
    listed = queries.athena.list_query_executions().get("QueryExecutionIds", [])
    return [query for query in listed if queries.get(query)["Status"]["State"] == "RUNNING"]


def test_a_long_query_is_stopped_where_it_is(queries):
    with ThreadPoolExecutor() as pool:
        started = pool.submit(queries.start, LONG)
        (query,) = eventually(lambda: running(queries))
        queries.athena.stop_query_execution(QueryExecutionId=query)

        assert started.result(PATIENCE_S) == query
    status = queries.get(query)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")
    with pytest.raises(queries.athena.exceptions.InvalidRequestException, match="Could not find results"):
        queries.athena.get_query_results(QueryExecutionId=query)
    assert queries.keys("results") == []
    assert queries.value("SELECT 1") == "1"


def test_results_of_a_query_that_runs_are_not_there_yet(queries):
    with ThreadPoolExecutor() as pool:
        started = pool.submit(queries.start, LONG)
        (query,) = eventually(lambda: running(queries))

        with pytest.raises(queries.athena.exceptions.InvalidRequestException, match="Current state: RUNNING"):
            queries.athena.get_query_results(QueryExecutionId=query)
        queries.athena.stop_query_execution(QueryExecutionId=query)
        started.result(PATIENCE_S)


def test_a_long_table_from_a_query_leaves_nothing_when_it_is_stopped(queries, emulator):
    sql = f"CREATE TABLE made WITH (external_location = 's3://data/made/') AS {LONG.replace('count(*)', 'x, y')}"
    with ThreadPoolExecutor() as pool:
        started = pool.submit(queries.start, sql)
        (query,) = eventually(lambda: running(queries))
        queries.athena.stop_query_execution(QueryExecutionId=query)
        started.result(PATIENCE_S)

    eventually(lambda: not (Path(emulator.store.directory) / "athena" / "running" / query).exists())
    assert queries.keys("data") == []
    assert queries.lines("SHOW TABLES") == []
    assert not list(Path(emulator.store.directory).glob("athena/writing/*"))


def test_many_queries_at_once_each_give_their_own_result(orders):
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda number: orders.value(f"SELECT sum(id) + {number} FROM orders"), range(36)))

    assert found == [str(6 + number) for number in range(36)]


def test_inserts_at_once_lose_no_row(queries):
    queries.run(
        "CREATE TABLE ice (id int) LOCATION 's3://data/ice' TBLPROPERTIES ('table_type' = 'ICEBERG')", database="shop"
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: queries.run(f"INSERT INTO ice VALUES {number}"), range(8)))

    assert queries.rows("SELECT id FROM ice ORDER BY id") == [(str(number),) for number in range(8)]


def test_a_query_whose_process_is_killed_has_failed(queries, emulator):
    code = """
        import json, sys
        from reconciler.emulator.embedded import open_emulator
        directory, signed, body = sys.argv[1:]
        headers = {"X-Amz-Target": "AmazonAthena.StartQueryExecution", "Authorization": signed}
        open_emulator(directory).answer("POST", "/", headers, body.encode())
    """
    signed = "AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/athena/aws4_request, SignedHeaders=host, Signature=0"
    sql = f"CREATE TABLE made WITH (external_location = 's3://data/made/') AS {LONG.replace('count(*)', 'x, y')}"
    body = {
        "QueryString": sql,
        "ClientRequestToken": "k" * 32,
        "QueryExecutionContext": {"Database": "shop"},
        "ResultConfiguration": {"OutputLocation": OUTPUT},
    }
    directory = emulator.store.directory
    command = [sys.executable, "-c", textwrap.dedent(code), str(directory), signed, json.dumps(body)]
    with subprocess.Popen(command) as process:
        (query,) = eventually(lambda: running(queries))
        process.kill()

    status = eventually(lambda: (found := queries.get(query)["Status"])["State"] == "FAILED" and found)
    assert status["StateChangeReason"] == "The emulator ended while the query ran."
    assert status["AthenaError"]["Retryable"] is True
    assert queries.keys("data") == []
    assert not list(Path(directory).glob("athena/writing/*"))
    assert queries.value("SELECT 1") == "1"
