"""A backfill of a Spark DataFrame, against the emulator: what every version of Spark has to pass.

The proofs of the versions take these tests as their own. Each test has a group of its own, by a prefix.
"""

import os
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import boto3
import pyarrow as pa
import pytest
from java import missing
from pyspark import cloudpickle
from pyspark.sql import functions as F  # noqa: N812 - as everywhere
from spark_groups import Even, Ice, Seen, Weather
from spark_world import (
    NOW,
    World,
    a_session,
    as_arrow,
    one_row,
    only_id,
    partitions,
    weather_of,
)

from reconciler import connect
from reconciler.errors import ReconcilerError
from reconciler.records.faults import RowsRefused
from reconciler.records.offline.surveying import RowsChanged

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="session")
def session():
    """Two cores, whose tasks are tried three times, as on a cluster."""
    made = a_session("local[2,3]")
    yield made
    made.stop()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture(params=[Weather, Ice], ids=["glue", "iceberg"])
def target(request, world):
    return world.make(request.param)


@pytest.fixture
def glue(world):
    """For what has nothing to do with the format."""
    return world.make(Weather)


@pytest.fixture
def weather(session):
    return partial(weather_of, session)


@pytest.fixture(scope="session")
def query():
    """The rows of a statement of Athena, without the header."""
    athena = boto3.client("athena")

    def run(sql):
        started = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": "sagemaker_featurestore"},
            ResultConfiguration={"OutputLocation": "s3://features/results"},
        )
        [state] = [athena.get_query_execution(**only_id(started))["QueryExecution"]["Status"]]
        assert state["State"] == "SUCCEEDED", state
        rows = athena.get_query_results(**only_id(started))["ResultSet"]["Rows"]
        return [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in rows[1:]]

    return run


def test_the_files_are_those_that_one_machine_writes(world, weather, target):
    other = world.make(Ice if target.contract.group == "ice" else Weather, "machine-")

    report = world.backfill(target, weather().repartition(3))
    world.on_one_machine(other, as_arrow(weather()))

    assert (report.rows, report.written, report.refused, report.dropped) == (40, 40, 0, 0)
    assert world.rows(target).equals(world.rows(other))
    assert world.rows(target).schema.equals(world.rows(other).schema, check_metadata=True)
    assert partitions(world.files(target)) == partitions(world.files(other))
    assert len(world.files(target)) == report.files == (2 if world.place(target).is_iceberg else 7)
    assert world.uploads(target) == []


def test_a_store_takes_a_data_frame_of_spark(world, weather, tmp_path):
    world.make(Weather)
    prefix, endpoint = world.environment.name_prefix, world.environment.endpoint
    tmp_path.joinpath("pyproject.toml").write_text(
        f"""[tool.reconciler.environments.served]
        endpoint = "{endpoint}"
        region = "us-east-1"
        name_prefix = "{prefix}"
        """
    )

    with connect("served", folder=tmp_path) as store:
        report = store.backfill(Weather, weather())

    assert (report.rows, report.written) == (40, 40)


def test_athena_reads_the_rows(world, weather, target, query):
    world.backfill(target, weather(8))

    catalog = target.live.table
    found = query(f'SELECT origin, observed_at, temp_f, gusts, is_wet FROM "{catalog.table}" ORDER BY observed_at')
    assert len(found) == 8
    assert found[:2] == [
        ("A0", "2023-11-14T22:13:20Z", "0.0", None, "1"),
        ("A1", "2023-11-14T22:23:20Z", "0.25", "1", "0"),
    ]


def test_the_same_rows_again_change_nothing(world, weather, target):
    first = world.backfill(target, weather().repartition(3))
    before = world.files(target)

    again = world.backfill(target, weather().orderBy(F.desc("observed_at")), now=NOW + timedelta(days=1))

    assert (again.run, again.written, again.before) == (first.run, 0, 40)
    assert world.files(target) == before
    assert len(world.rows(target)) == 40


def test_faults_are_counted_and_nothing_is_written(world, weather, glue):
    frame = weather().withColumn("gusts", F.when(F.col("gusts") < 5, -1).otherwise(F.col("gusts")))

    with pytest.raises(RowsRefused) as refused:
        world.backfill(glue, frame.coalesce(1))

    assert (refused.value.rows, refused.value.count, refused.value.total) == (4, 4, 40)
    [first, *_] = refused.value.faults
    assert (first.place, first.feature, first.value) == ("partition 0 row 1", "gusts", "-1")
    assert "partition 0 row 1" in Path(refused.value.file).read_text()
    assert world.files(glue) == world.uploads(glue) == []


def test_good_rows_are_written_without_the_others(world, weather, target):
    frame = weather().withColumn("gusts", F.when(F.col("gusts") < 5, -1).otherwise(F.col("gusts")))

    report = world.backfill(target, frame, good_rows=True)

    assert (report.rows, report.written, report.refused) == (40, 36, 4)
    assert -1 not in world.rows(target)["gusts"].to_pylist()


def test_columns_at_fault_are_named_and_no_row_is_good(world, weather, glue):
    frame = weather(4).withColumnRenamed("temp_f", "temp_c").drop("origin")

    with pytest.raises(RowsRefused) as refused:
        world.backfill(glue, frame, good_rows=True)

    assert {"temp_c", "origin"} <= {fault.feature for fault in refused.value.faults if fault.row < 0}
    assert world.files(glue) == []


def test_rows_given_twice_are_named(world, weather, glue):
    frame = weather().union(weather().limit(1))

    with pytest.raises(RowsRefused) as refused:
        world.backfill(glue, frame)

    [fault] = refused.value.faults
    assert (refused.value.rows, fault.feature, fault.value) == (2, "origin", "A0")
    assert "2023-11-14T22:13:20Z" in fault.reason
    assert "duplicates" in fault.fix
    assert world.files(glue) == []


def test_exact_copies_are_taken_once_where_that_is_allowed(world, weather, target):
    frame = weather().union(weather()).union(weather().limit(1))

    report = world.backfill(target, frame, allow={"duplicates"})

    assert (report.rows, report.written, report.dropped) == (81, 40, 41)
    assert world.rows(target).num_rows == 40


def test_of_rows_that_differ_none_is_the_last(world, weather, glue):
    frame = weather().union(weather().limit(1).withColumn("temp_f", F.lit(99.0)))

    with pytest.raises(RowsRefused):
        world.backfill(glue, frame, allow={"duplicates"})
    report = world.backfill(glue, frame, good_rows=True)

    assert (report.rows, report.written, report.refused) == (41, 39, 2)
    assert 99.0 not in world.rows(glue)["temp_f"].to_pylist()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "GMT+05:45"])
def test_instants_are_utc_whatever_the_session_says(world, weather, session, zone):
    target, before = world.make(Weather), session.conf.get("spark.sql.session.timeZone")
    session.conf.set("spark.sql.session.timeZone", zone)
    try:
        world.backfill(target, weather(2))
    finally:
        session.conf.set("spark.sql.session.timeZone", before)

    assert world.rows(target)["observed_at"].to_pylist() == ["2023-11-14T22:13:20Z", "2023-11-14T22:23:20Z"]
    assert [file.rpartition("/")[0] for file in world.files(target)] == ["year=2023/month=11/day=14/hour=22"]


def test_a_time_without_a_zone_is_a_fault(world, weather):
    target = world.make(Weather)
    frame = weather(3).withColumn("observed_at", F.expr("CAST(observed_at AS TIMESTAMP_NTZ)"))

    with pytest.raises(RowsRefused) as refused:
        world.backfill(target, frame)

    assert {fault.feature for fault in refused.value.faults} == {"observed_at"}
    assert refused.value.rows == 3


TAKEN = {
    "a": {
        "temp_f": "CAST(1.5 AS FLOAT)",
        "gusts": "5S",
        "is_wet": "TRUE",
        "observed_at": "timestamp_seconds(1700000000)",
    },
    "b": {
        "temp_f": "CAST(1.5 AS DECIMAL(10, 2))",
        "gusts": "CAST(5 AS DECIMAL(20, 0))",
        "is_wet": "1",
        "observed_at": "'2023-11-15 03:43:20+05:30'",
    },
    "c": {"temp_f": "1.5D", "gusts": "5L", "is_wet": "1L", "observed_at": "'2023-11-14T22:13:20Z'"},
}


def test_types_that_lose_nothing_are_taken(world, session):
    target = world.make(Weather)

    for name, values in TAKEN.items():
        world.backfill(target, one_row(session, origin=f"'{name}'", **values))

    found = world.rows(target).select(["origin", "observed_at", "temp_f", "gusts", "is_wet"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [(name, "2023-11-14T22:13:20Z", 1.5, 5, 1) for name in TAKEN]


REFUSED = {
    "collections": {"temp_f": "array(1.5D)", "gusts": "map('a', 1)", "is_wet": "named_struct('a', 1)"},
    "what would lose": {"temp_f": "'1.5'", "gusts": "CAST(5.5 AS DECIMAL(10, 2))", "is_wet": "2"},
    "what is no number": {"temp_f": "DATE '2023-11-14'", "gusts": "CAST('5' AS BINARY)", "is_wet": "'yes'"},
}


@pytest.mark.parametrize("why", REFUSED)
def test_types_that_lose_something_are_faults(world, session, why):
    target = world.make(Weather)
    frame = one_row(session, origin="'A'", observed_at="timestamp_seconds(1700000000)", **REFUSED[why])

    with pytest.raises(RowsRefused) as refused:
        world.backfill(target, frame)

    assert {fault.feature for fault in refused.value.faults} == {"temp_f", "gusts", "is_wet"}


def test_seconds_and_numbers_for_identifiers(world, session):
    target = world.make(Seen)
    frame = session.range(5).selectExpr("id AS plane", "1700000000.25D + id * 3600 AS seen_at", "NULL AS speed")

    world.backfill(target, frame)

    assert world.rows(target)["seen_at"].to_pylist() == [1700000000.25 + number * 3600 for number in range(5)]
    assert len(world.files(target)) == 5


def test_no_rows_are_no_files(world, weather, glue):
    report = world.backfill(glue, weather(0))

    assert (report.rows, report.written, report.files) == (0, 0, 0)
    assert world.files(glue) == []


def test_a_dry_run_only_checks(world, weather, glue):
    report = world.backfill(glue, weather(), dry_run=True)

    assert (report.rows, report.written, report.refused) == (40, 0, 0)
    assert world.files(glue) == world.uploads(glue) == []


def test_no_row_passes_through_the_driver(world, session):
    """The driver takes no more than a megabyte of results from its executors."""
    target = world.make(Ice)
    frame = session.range(100_000).selectExpr(
        "md5(CAST(id AS STRING)) AS origin", "timestamp_seconds(1700000000 + id) AS observed_at", "rand(7) AS temp_f"
    )

    report = world.backfill(target, frame)

    assert report.written == 100_000
    assert report.size > 3_000_000


def test_constraints_in_code_are_checked_where_the_class_is(world, session):
    target = world.make(Even)
    frame = session.range(4).selectExpr(
        "'A' AS origin", "timestamp_seconds(1700000000 + id) AS observed_at", "id AS gusts"
    )

    with pytest.raises(RowsRefused) as refused:
        world.backfill(target, frame.coalesce(1))

    assert {fault.value for fault in refused.value.faults} == {"1", "3"}
    assert all("has to be even" in fault.reason for fault in refused.value.faults)


def test_a_class_that_executors_do_not_have_is_said(world, session):
    target = world.make(Even)
    frame = one_row(session, origin="'A'", observed_at="timestamp_seconds(1700000000)", gusts="2")

    for module, reason in (("gone_for_good", "cannot import it"), ("__main__", "in a module that they have")):
        record = type("Even", (), {"__module__": module})
        record.__qualname__ = "Even"
        with pytest.raises(ReconcilerError, match=reason):
            world.backfill(replace(target, contract=replace(target.contract, record=record)), frame)


def test_rows_that_change_between_two_readings_are_not_written(world, weather, glue):
    def at_random(batches):
        for batch in batches:
            origins = pa.array([os.urandom(4).hex() for _ in range(batch.num_rows)])
            yield batch.set_column(0, "origin", origins)

    frame = weather()
    frame = frame.mapInArrow(at_random, frame.schema)

    with pytest.raises(RowsChanged):
        world.backfill(glue, frame)

    assert world.files(glue) == world.uploads(glue) == []


def test_what_executors_are_sent_holds_no_credentials(world, weather, monkeypatch):
    target, frame, sent = world.make(Weather), weather(4), []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEDRIVERALONE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-driver-alone")
    kind = type(frame)
    plain = kind.mapInArrow

    def watched(self, run, *words):
        sent.append(cloudpickle.dumps(run))
        return plain(self, run, *words)

    monkeypatch.setattr(kind, "mapInArrow", watched)
    world.backfill(target, frame)

    assert len(sent) >= 2
    assert not any(b"OFTHEDRIVERALONE" in one or b"of-the-driver-alone" in one or b"botocore" in one for one in sent)
