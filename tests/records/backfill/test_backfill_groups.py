"""Groups of all kinds, and other readers of what a backfill wrote."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backfill_help import Ice, Weather, files, rows
from hypothesis import given
from hypothesis import strategies as st
from test_backfill import as_written, run, some

from reconciler.aws.session import create_client
from reconciler.contract import Column
from reconciler.errors import Invalid, Usage
from reconciler.records.faults import RowsRefused
from reconciler.records.offline.place import NoOffline
from reconciler.spec import Feature, GroupSpec, Offline, Online, feature_group


@pytest.mark.parametrize("group", [Weather, Ice])
def test_features_that_a_spec_does_not_have_are_null(place, group):
    target = place.make(group)
    narrow = replace(target, contract=replace(target.contract, columns=target.contract.columns[:3]))

    run(place, narrow, some().select(["origin", "observed_at", "temp_f"]))

    assert {row["gusts"] for row in rows(place, target)} == {None}


@pytest.mark.parametrize("group", [Weather, Ice])
def test_features_that_the_live_group_does_not_have_are_named_before_anything_is_read(place, group):
    target = place.make(group)
    wide = (*target.contract.columns, Column("snow_in", "snow_in", "float", optional=True))

    with pytest.raises(Invalid, match="reconciler apply"):
        run(place, replace(target, contract=replace(target.contract, columns=wide)), "no such file")


def test_a_table_that_cannot_take_the_rows_is_named_before_anything_is_read(place):
    target = place.make(Ice)
    table = place.table(target)
    with table.transaction() as change, change.update_spec() as spec:
        spec.remove_field("observed_at_trunc")

    with pytest.raises(Usage, match="partitioned"):
        run(place, target, "no such file")


@feature_group(name="only-online", record_id="origin", event_time="observed_at", online=Online(), offline=None)
class OnlyOnline:
    """No offline store."""

    origin: str
    observed_at: datetime


def test_a_group_without_an_offline_store_takes_no_backfill(place):
    with pytest.raises(NoOffline):
        run(place, place.make(OnlyOnline), some().select(["origin", "observed_at"]))


@feature_group(
    name="short-lived",
    record_id="origin",
    event_time="observed_at",
    online=Online(ttl=timedelta(days=1)),
    offline=Offline(),
)
class ShortLived:
    """Records that live for a day, online."""

    origin: str
    observed_at: datetime


def test_no_row_is_too_old_for_the_offline_store(place):
    target = place.make(ShortLived)

    report = run(place, target, some().select(["origin", "observed_at"]))

    assert report.written == 6


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
def test_names_that_python_cannot_spell_are_kept(place, table_format):
    spec = GroupSpec(
        name="odd-names",
        record_id="Plane-Id",
        event_time="eventTime",
        features=[Feature("Plane-Id", str), Feature("eventTime", datetime), Feature("x-1", int | None)],
        online=None,
        offline=Offline(table_format=table_format),
    )
    target = place.make(type("Odd", (), {"__feature_group__": spec}))
    data = pa.table({"Plane-Id": ["ü \U0001f6e9"], "eventTime": ["2013-01-01T00:00:00.123456789Z"], "x-1": [2**63 - 1]})

    run(place, target, data)

    assert [as_written(row) for row in rows(place, target)] == data.to_pylist()


def test_faults_of_files_name_the_line(place, tmp_path):
    target = place.make(Weather)
    file = tmp_path / "weather.csv"
    file.write_text("origin,observed_at,gusts\nJFK,2013-01-01T00:00:00Z,1\nLGA,yesterday,-1\n")

    with pytest.raises(RowsRefused) as refused:
        run(place, target, file, faults_file=tmp_path / "faults.csv")

    assert {(fault.place.rpartition("/")[2], fault.feature) for fault in refused.value.faults} == {
        ("weather.csv:3", "observed_at"),
        ("weather.csv:3", "gusts"),
    }
    assert files(place, target) == []


@pytest.mark.parametrize("group", [Weather, Ice])
def test_athena_sees_the_rows(place, group):
    target = place.make(group)
    run(place, target, some())
    athena = create_client("athena", place.environment, place.root)
    table = f'"{target.live.table.database}"."{target.live.table.table}"'
    asked = athena.start_query_execution(
        QueryString=f"SELECT origin, sum(gusts) FROM {table} WHERE NOT is_deleted GROUP BY 1 ORDER BY 1",
        ResultConfiguration={"OutputLocation": "s3://feature-store/results/"},
    )

    reply = athena.get_query_results(QueryExecutionId=asked["QueryExecutionId"])

    cells = [[cell["VarCharValue"] for cell in row["Data"]] for row in reply["ResultSet"]["Rows"][1:]]
    assert cells == [["JFK", "6"], ["LGA", "9"]]


def test_duckdb_reads_the_folders_as_partitions(place, tmp_path):
    target = place.make(Weather)
    run(place, target, some())
    for uri in files(place, target):
        path = tmp_path / "copy" / uri.removeprefix(place.data(target))
        path.parent.mkdir(parents=True)
        path.write_bytes(place.objects.read(uri).body)

    found = duckdb.sql(
        f"SELECT hour, count(*) FROM read_parquet('{tmp_path}/copy/*/*/*/*/*.parquet') GROUP BY 1 ORDER BY 1"
    )

    assert found.fetchall() == [("00", 2), ("01", 2), ("02", 2)]


def test_rows_of_a_file_are_sorted_by_event_time(place, tmp_path):
    target = place.make(Ice)
    run(place, target, some(hours=20, per_hour=10))
    (uri,) = files(place, target)
    file = tmp_path / "file.parquet"
    file.write_bytes(place.objects.read(uri).body)

    moments = pq.read_table(file).column("observed_at").to_pylist()

    assert moments == sorted(moments)


def test_the_report_is_json_and_a_sentence(place):
    report = run(place, place.make(Weather), some())

    assert json.loads(json.dumps(report.as_json()))["written"] == 6
    assert str(report).startswith("weather: 6 rows written in 3 files of 3 partitions, in ")


def test_progress_is_told_to_the_end(place):
    told = []

    run(place, place.make(Weather), some(), tell=told.append)

    assert [(p.stage, p.done, p.total) for p in told if p.done == p.total] == [("checking", 6, 6), ("writing", 6, 6)]


MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    given=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=5), MOMENTS
        ),
        unique=True,
        max_size=8,
    ),
    is_iceberg=st.booleans(),
)
def test_whatever_is_written_is_what_is_read(shared, given, is_iceberg):
    place, targets = shared
    target = targets[is_iceberg]
    before = len(rows(place, target))
    ids = [f"{before}-{name}" for name, _ in given]
    data = pa.table(
        {
            "origin": pa.array(ids, pa.string()),
            "observed_at": pa.array([moment for _, moment in given], pa.timestamp("us", "UTC")),
            "temp_f": pa.array([float(n) for n in range(len(given))], pa.float64()),
        }
    )

    report = run(place, target, data)

    assert report.written == len(given)
    found = [row for row in rows(place, target) if row["origin"] in ids]
    assert sorted((row["origin"], row["temp_f"]) for row in found) == sorted(
        zip(ids, map(float, range(len(ids))), strict=True)
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    from backfill_help import a_place

    place = a_place(tmp_path_factory.mktemp("shared"), "embedded")
    return place, [place.make(Weather), place.make(Ice)]
