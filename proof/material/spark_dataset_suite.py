"""Datasets on Spark, held against the brute-force definition: what every version of Spark has to pass.

The proofs of the versions take these tests as their own. The first part is the suite of all engines, for labels of this
machine; the second has labels that are a DataFrame.
"""

import os
import random
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from java import missing
from pyspark.sql import functions as F  # noqa: N812 - as everywhere
from spark_world import a_session

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "datasets"))

from dataset_cases import SHAPES, File, a_case
from dataset_oracle import answer, differences, instant, listed
from dataset_questions import *  # noqa: F403 - every test of the suite
from dataset_questions import GLUE, laid, question_of, row
from dataset_stores import Stores
from dataset_suite import moments_of, told

from reconciler.datasets.engines.spark import Spark
from reconciler.datasets.inventory.files import InEnvironment
from reconciler.datasets.labels.faults import LabelsRefused
from reconciler.datasets.moments import fixed_width
from reconciler.datasets.question import Listing, Status, status_name
from reconciler.errors import Invalid, ReconcilerError

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
KINDS = {"String": "string", "Integral": "bigint", "Fractional": "double"}


@pytest.fixture(scope="session")
def session():
    """Two cores, whose tasks are tried three times, as on a cluster; not in UTC."""
    made = a_session("local[2,3]")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """One emulator for all cases, in this process and in those of the executors."""
    return Stores(tmp_path_factory.mktemp("stores"))


@pytest.fixture
def engine(stores, session):
    """Makes an engine over the offline stores as they are now."""
    return lambda **words: Spark(session, InEnvironment(stores.environment, stores.root), **words)


@contextmanager
def set_to(session, **settings):
    """Settings of the session, by their names without dots, while the block runs."""
    names = {word: word.replace("_", ".") for word in settings}
    before = {name: session.conf.get(name, None) for name in names.values()}
    try:
        for word, value in settings.items():
            session.conf.set(names[word], value)
        yield
    finally:
        for name, value in before.items():
            session.conf.unset(name) if value is None else session.conf.set(name, value)


def frame_of(session, case):
    """The labels of a case in a DataFrame, with columns that are none of an engine's business."""
    moments = moments_of(case.question, case.labels).table
    is_number = "real" in moments.column_names
    times = moments["real"] if is_number else fixed_width(moments["seconds"], moments["nanos"])
    labels = enumerate(zip(case.labels, times.to_pylist(), strict=True))
    rows = [(number, f"label {number}", {"n": number}, *label.keys, time) for number, (label, time) in labels]
    keys = ", ".join(f"`{key.column}` {KINDS[key.type]}" for key in case.question.keys)
    time = f"`at` {'double' if is_number else 'string'}"
    return session.createDataFrame(rows, f"`n` int, `note.of it` string, `all` map<string,int>, {keys}, {time}")


def check_frame(case, labels, found):
    """A result is one row for each label, as it was, with the features that the oracle says."""
    assert found.columns == [*labels.columns, *(column.name for column in case.question.columns)]
    rows = sorted(found.collect(), key=lambda row: row["n"])
    assert [(row["n"], row["note.of it"], row["all"]) for row in rows] == [
        (number, f"label {number}", {"n": number}) for number in range(len(case.labels))
    ]
    facts, width = 1 + 2 * len(case.question.joins), len(labels.columns)
    expected = answer(case.question, case.stores, case.labels)
    have = [(*want[:facts], *row[width:]) for want, row in zip(expected, rows, strict=True)]
    differ = differences(expected, have)
    assert not differ, told(case.question, case.stores, case.labels, differ)


@pytest.mark.parametrize("seed", range(4))
def test_a_data_frame_of_labels_has_one_row_for_each(stores, session, engine, seed):
    case = a_case(random.Random(seed), rows=100, labels=200, ids=6)
    stores.lay(case.files, SHAPES)
    labels = frame_of(session, case).repartition(3)

    found = engine().labelled(case.question, labels, "at").frame

    check_frame(case, labels, found)


@pytest.mark.parametrize("ansi", ["true", "false"])
@pytest.mark.parametrize("adaptive", ["true", "false"])
@pytest.mark.parametrize(("zone", "sensitive"), [("America/New_York", "true"), ("UTC", "false")])
def test_settings_of_the_session_change_nothing(stores, session, engine, ansi, adaptive, zone, sensitive):
    case = a_case(random.Random(9), rows=100, labels=100, ids=6)
    stores.lay(case.files, SHAPES)
    settings = {
        "spark_sql_ansi_enabled": ansi,
        "spark_sql_adaptive_enabled": adaptive,
        "spark_sql_session_timeZone": zone,
        "spark_sql_caseSensitive": sensitive,
    }

    with set_to(session, **settings):
        labels = frame_of(session, case)
        check_frame(case, labels, engine().labelled(case.question, labels, "at").frame)


def test_instants_of_spark_and_of_a_zone_are_the_same(stores, session, engine):
    laid(stores, GLUE, row("2024-01-01T00:00:00.000001Z", 1), row("2024-07-01T00:00:00Z", 2))
    times = ["2023-12-31T19:00:00.000001", "2023-12-31T19:00:00", "2024-06-30T20:00:00", "2024-06-30T19:59:59.999999"]
    labels = session.createDataFrame([("a", time) for time in times], "`key` string, wall string")
    labels = labels.withColumn("instant", F.to_utc_timestamp("wall", "America/New_York"))
    question = question_of(GLUE, columns=("f",))

    with set_to(session, spark_sql_session_timeZone="UTC"):
        labels = labels.withColumn("clock", F.expr("CAST(wall AS TIMESTAMP_NTZ)"))
        labels = labels.withColumn("instant", F.to_utc_timestamp("wall", "America/New_York"))
        for time, zone in (("instant", None), ("clock", "America/New_York"), ("wall", "America/New_York")):
            found = engine().labelled(question, labels, time, time_zone=zone).frame.collect()
            assert {r["wall"]: r["f_0"] for r in found} == dict(zip(times, (1, None, 2, 1), strict=True))


def test_one_moment_may_be_that_of_all_labels(stores, session, engine):
    laid(stores, GLUE, row("2024-01-01T00:00:00Z", 1), row("2024-01-03T00:00:00Z", 2, "b"))
    labels = session.createDataFrame([("a",), ("b",), (None,), ("a",)], "`key` string")

    found = engine().labelled(question_of(GLUE, columns=("f",)), labels, datetime(2024, 1, 2, tzinfo=UTC)).frame

    assert sorted(found.collect(), key=str) == [("a", 1), ("a", 1), ("b", None), (None, None)]


@pytest.mark.parametrize(("drop", "kept"), [(None, "aabc"), ("any", "a"), ("all", "aab")])
def test_labels_that_match_nothing_are_kept_or_dropped(stores, session, engine, drop, kept):
    other = GLUE._replace(name="Live-O")
    early, late = "2024-01-01T00:00:00Z", "2024-01-01T06:00:00Z"
    files = {GLUE.name: (File((row(early, 1), row(early, 1, "b"))),), "Live-O": (File((row(late, 1),)),)}
    stores.lay(files, [GLUE, other])
    rows = [
        ("a", "2024-01-02T00:00:00Z"),
        ("a", "2024-01-01T03:00:00Z"),
        *((key, "2024-01-02T00:00:00Z") for key in "bc"),
    ]
    labels = session.createDataFrame(rows, "`key` string, at string")

    result = engine().labelled(question_of(GLUE, other, columns=("f",)), labels, "at", drop_unmatched=drop)
    report = result.report("some")

    assert "".join(sorted(found["key"] for found in result.frame.collect())) == kept
    assert (report.labels, report.rows, report.dropped) == (4, len(kept), 4 - len(kept))


def test_the_report_counts_what_the_oracle_finds(stores, session, engine):
    case = a_case(random.Random(3), rows=100, labels=300, ids=6)
    stores.lay(case.files, SHAPES)

    report = engine().labelled(case.question, frame_of(session, case).repartition(5), "at").report("some")

    expected = answer(case.question, case.stores, case.labels)
    latest = max(label.at for label in case.labels if label.at is not None)
    assert (report.dataset, report.engine, report.rows, report.dropped) == ("some", "spark", 300, 0)
    for number, join in enumerate(report.joins):
        statuses = [found[1 + 2 * number] for found in expected]
        for status in Status:
            assert getattr(join, status.name.lower()) == statuses.count(status), status_name(number)
        # Rows after the last label need not be read, nor texts that are no instant and come after it.
        needed = [row for row in case.stores[join.name] if (at := instant(row.event)) is not None and at <= latest]
        is_counted = len(needed) <= join.rows_read <= len(case.stores[join.name])
        assert is_counted or case.question.as_of or case.question.ignore_deletes
        assert join.ages.count == join.matched


def test_rows_may_come_from_a_table_of_the_session(stores, session, engine, monkeypatch):
    rows = [
        ("a", "2024-01-01T00:00:00Z", 1, None, False, "x"),
        ("a", "2024-01-02T00:00:00.5Z", 2, None, False, "y"),
        ("a", "2024-01-03T00:00:00Z", 3, None, True, None),
        ("a", "tomorrow", 4, None, False, "z"),
    ]
    columns = "ID string, at string, F int, X float, is_deleted boolean, s string"
    table = session.createDataFrame(rows, columns)
    for name in ("write_time", "api_invocation_time"):
        table = table.withColumn(name, F.expr("timestamp_micros(1704067200000000)"))
    table.createOrReplaceTempView("weather_rows")
    times = [f"2024-01-0{day}T12:00:00Z" for day in (1, 2, 3)]
    labels = session.createDataFrame([("a", time) for time in times], "`key` string, `time` string")

    for given in (table, "weather_rows"):
        result = engine(tables={"g": given}).labelled(question_of(GLUE), labels, "time")
        found = {one["time"]: tuple(one[2:]) for one in result.frame.collect()}
        assert [found[time] for time in times] == [(1, None, "x"), (2, None, "y"), (None, None, None)]
        assert result.report().joins[0].unreadable == 1
    with pytest.raises(Invalid, match="no such column"):
        engine(tables={"g": table.drop("is_deleted")}).labelled(question_of(GLUE), labels, "time")
    with pytest.raises(Invalid, match="does not stand for Integral"):
        engine(tables={"g": table.withColumn("f", F.lit("1"))}).labelled(question_of(GLUE), labels, "time")


def test_a_snapshot_is_a_data_frame_as_well(stores, session, engine):
    rows = [row(f"2024-01-0{day}T00:00:00Z", day, record_id) for day in (1, 2) for record_id in "ab"]
    files = laid(stores, GLUE, *rows)
    listing = Listing(question_of(GLUE).joins[0], end=NOON)

    found = engine().listed(listing)

    assert found.columns == ["record_id", "event", "value_0", "value_1", "value_2"]
    assert sorted(map(tuple, found.collect())) == listed(
        listing, [one for file in files[GLUE.name] for one in file.rows]
    )


BAD = {
    "no column": ("`key` string, other string", ("a", "b"), "at: The labels have no such column"),
    "a number for a text": ("`key` int, at string", (7, "2024-01-01T00:00:00Z"), "written as the identifiers are"),
    "no zone": ("`key` string, at timestamp_ntz", ("a", NOON.replace(tzinfo=None)), "no time zone"),
    "a date": ("`key` string, at date", ("a", NOON.date()), "dates without a time of day"),
    "a clash": ("`key` string, at string, f_0 int", ("a", "2024-01-01T00:00:00Z", 1), "has this name in the result"),
    "case": ("`key` string, at string, F_0 int", ("a", "2024-01-01T00:00:00Z", 1), "upper and lower case"),
    "no instant": ("`key` string, at string", ("a", "2024-01-01T00:00:60Z"), "partition 0 row 0: at = 2024-01-01T00"),
    "milliseconds": ("`key` string, at bigint", ("a", 1_704_067_200_000), "It looks like milliseconds"),
}


@pytest.mark.parametrize("why", BAD)
def test_labels_that_cannot_be_used_are_refused_before_anything_is_read(stores, session, engine, why):
    laid(stores, GLUE)
    columns, values, said = BAD[why]
    labels = session.createDataFrame([values], columns).coalesce(1)

    with pytest.raises(LabelsRefused) as refused:
        engine().labelled(question_of(GLUE), labels, "at")

    assert said in str(refused.value)


def test_labels_that_were_not_looked_at_first_end_the_job(stores, session, engine):
    laid(stores, GLUE)
    labels = session.createDataFrame([("a", "tomorrow")], "`key` string, at string")

    found = engine().labelled(question_of(GLUE), labels, "at", check=False)

    with pytest.raises(Exception, match="It is no ISO-8601 instant"):
        found.frame.collect()


def test_labels_in_another_order_each_time_are_answered_all_the_same(stores, session, engine):
    """What they are is what finds them again, and not their number."""
    laid(stores, GLUE, *(row("2024-01-01T00:00:00Z", number, str(number)) for number in range(50)))
    labels = session.range(500).selectExpr("CAST(id % 50 AS STRING) AS `key`", "'2024-01-01T00:00:00Z' AS at", "id")
    labels = labels.orderBy(F.rand()).limit(500)

    found = engine().labelled(question_of(GLUE, columns=("f",)), labels, "at").frame.collect()

    assert sorted(one["id"] for one in found) == list(range(500))
    assert all(one["f_0"] == one["id"] % 50 for one in found)


def test_labels_that_are_others_each_time_are_not_answered_wrongly(stores, session, engine):
    laid(stores, GLUE, row("2024-01-01T00:00:00Z", 1))

    def at_random(batches):
        for batch in batches:
            keys = pa.array([os.urandom(4).hex() for _ in range(batch.num_rows)])
            yield pa.record_batch([keys, pa.array(["2024-01-01T00:00:00Z"] * batch.num_rows)], ["key", "at"])

    labels = session.range(5).mapInArrow(at_random, "`key` string, at string")
    found = engine().labelled(question_of(GLUE), labels, "at").frame

    with pytest.raises(Exception, match="other ones when they were read again"):
        found.collect()


def test_a_plan_sorts_each_group_once_and_joins_no_ranges(stores, session, engine):
    other = GLUE._replace(name="Live-O")
    stores.lay({GLUE.name: (File((row("2024-01-01T00:00:00Z", 1),)),), "Live-O": ()}, [GLUE, other])
    labels = session.createDataFrame([("a", "2024-01-02T00:00:00Z")], "`key` string, at string")

    for options in ({}, {"known_at": True}, {"max_age": timedelta(hours=1)}):
        question = question_of(GLUE, other, **options)
        found = engine().labelled(question, labels, "at").frame
        plan = found._jdf.queryExecution().executedPlan().toString()  # noqa: SLF001 - Spark has no other way
        operators = [line.lstrip(" :+-*()0123456789").partition(" ")[0] for line in plan.splitlines()]
        assert operators.count("Window") == 2
        assert not {"CartesianProduct", "BroadcastNestedLoopJoin", "Generate", "Expand"} & set(operators)
        # The windows' own sorts, and those by label of the answers and of the labels themselves.
        by_identifier = [line for line in plan.splitlines() if "Sort [id#" in line]
        assert len(by_identifier) == 2


def test_no_label_passes_through_the_driver(stores, session, engine, tmp_path):
    """The driver takes no more than a megabyte of results from its executors."""
    laid(stores, GLUE, *(row("2024-01-01T00:00:00Z", number, str(number)) for number in range(100)))
    labels = session.range(100_000).selectExpr(
        "CAST(id % 200 AS STRING) AS `key`",
        "timestamp_seconds(1704067200 + id) AS at",
        "md5(CAST(id AS STRING)) AS note",
    )

    result = engine().labelled(question_of(GLUE), labels, "at")
    result.frame.write.parquet(str(tmp_path / "out"))

    assert session.read.parquet(str(tmp_path / "out")).where("f_0 IS NOT NULL").count() == 50_000
    assert result.report().joins[0].matched == 50_000


def test_nothing_of_a_question_is_left_in_the_session(stores, session, engine):
    laid(stores, GLUE, row("2024-01-01T00:00:00Z", 1))
    labels = session.createDataFrame([("a", "2024-01-02T00:00:00Z")], "`key` string, at string")

    engine().labelled(question_of(GLUE), labels, "at").frame.collect()

    assert not [table.name for table in session.catalog.listTables() if table.name.startswith("reconciler_")]


def test_the_emulator_in_this_process_is_out_of_reach_for_other_machines(stores, session, monkeypatch):
    monkeypatch.setattr(type(session.conf), "get", lambda *_: "spark://elsewhere:7077")

    with pytest.raises(ReconcilerError, match="executors on other machines do not reach"):
        Spark(session, InEnvironment(stores.environment, stores.root))
