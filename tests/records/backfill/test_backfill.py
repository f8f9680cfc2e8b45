"""A backfill as a whole: what lies in the offline store afterwards, read by others than its writer."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from backfill_help import NOW, Ice, Seen, Weather, files, rows

from reconciler.records.faults import RowsRefused
from reconciler.records.offline.backfill import backfill


def some(hours=3, per_hour=2):
    """Rows out of order, some on the same hour, with what may be missing missing."""
    at = [
        f"2013-01-{1 + hour // 24:02d}T{hour % 24:02d}:{minute:02d}:00Z"
        for hour in range(hours)
        for minute in range(per_hour)
    ]
    count = len(at)
    return pa.table(
        {
            "origin": ["JFK", "LGA"] * (count // 2) + ["JFK"] * (count % 2),
            "observed_at": list(reversed(at)),
            "temp_f": [float(n) if n % 3 else None for n in range(count)],
            "gusts": list(range(count)),
            "is_wet": [n % 2 == 0 for n in range(count)],
        }
    )


def run(place, target, data, **how):
    return backfill(place.environment, place.root, target, data, **{"now": NOW} | how)


def as_written(row):
    return {k: v for k, v in row.items() if k not in ("write_time", "api_invocation_time", "is_deleted")}


@pytest.mark.parametrize("group", [Weather, Ice])
def test_every_row_is_offline_as_it_was_given(either, group):
    target, data = either.make(group), some()

    report = run(either, target, data)

    given = [row | {"is_wet": int(row["is_wet"])} for row in data.to_pylist()]
    assert (report.rows, report.written, report.left) == (6, 6, 6)
    found = rows(either, target)
    assert sorted(map(as_written, found), key=str) == sorted(given, key=str)
    assert {row["write_time"] for row in found} == {datetime(2026, 3, 4, 5, 6, 7, 890000, UTC)}
    assert {row["api_invocation_time"] for row in found} == {datetime(2026, 3, 4, 5, 6, 7, 0, UTC)}
    assert {row["is_deleted"] for row in found} == {False}


def test_files_of_glue_format_lie_in_hours_and_are_called_by_their_latest_event_time(place):
    target = place.make(Weather)

    report = run(place, target, some())

    names = [file.removeprefix(place.data(target)) for file in files(place, target)]
    assert (report.files, report.partitions) == (3, 3)
    assert [name.rpartition("_")[0] for name in names] == [
        f"year=2013/month=01/day=01/hour={hour:02d}/20130101T{hour:02d}0100Z" for hour in range(3)
    ]
    assert all(len(name.rpartition("_")[2]) == len("1234567890123456.parquet") for name in names)


def test_files_of_iceberg_format_lie_in_days(place):
    target = place.make(Ice)

    report = run(place, target, some(hours=30))

    names = [file.removeprefix(place.data(target)) for file in files(place, target)]
    assert sorted(name.split("/")[1] for name in names) == [
        "observed_at_trunc=2013-01-01",
        "observed_at_trunc=2013-01-02",
    ]
    assert report.snapshot is not None


@pytest.mark.parametrize("group", [Weather, Ice])
def test_the_same_input_again_changes_nothing(place, group):
    target = place.make(group)
    first = run(place, target, some())
    before = files(place, target)

    again = run(place, target, some())

    assert (again.run, again.written, again.before) == (first.run, 0, 6)
    assert files(place, target) == before


def test_other_rows_are_added_to_those_that_are_there(place):
    target = place.make(Ice)
    run(place, target, some())

    run(place, target, some().slice(0, 1).set_column(0, "origin", [["EWR"]]))

    assert len(rows(place, target)) == 7


@pytest.mark.parametrize("group", [Weather, Ice])
def test_nothing_is_written_if_a_row_is_at_fault(place, group):
    target = place.make(group)
    bad = some().set_column(3, "gusts", [[-1, 0, 1, 2, 3, 4]])

    with pytest.raises(RowsRefused) as refused:
        run(place, target, bad)

    assert (refused.value.rows, refused.value.faults[0].feature) == (1, "gusts")
    assert files(place, target) == []
    assert list(place.objects.started(place.data(target))) == []


def test_good_rows_are_written_on_request(place):
    target = place.make(Weather)
    bad = some().set_column(3, "gusts", [[-1, 0, 1, 2, 3, 4]])

    report = run(place, target, bad, good_rows=True)

    assert (report.rows, report.written, report.refused) == (6, 5, 1)
    assert sorted(row["gusts"] for row in rows(place, target)) == [0, 1, 2, 3, 4]


def test_rows_given_twice_are_faults_unless_allowed_and_then_the_last_one_counts(place):
    target, data = place.make(Weather), some()
    twice = pa.concat_tables([data, data.slice(0, 1).set_column(3, "gusts", [[99]])])

    with pytest.raises(RowsRefused) as refused:
        run(place, target, twice)
    report = run(place, target, twice, allow={"duplicates"})

    assert refused.value.rows == 2
    assert (report.rows, report.written, report.dropped) == (7, 6, 1)
    assert sorted(row["gusts"] for row in rows(place, target)) == [1, 2, 3, 4, 5, 99]


def test_a_dry_run_checks_and_writes_nothing(place):
    target = place.make(Weather)

    report = run(place, target, some(), dry_run=True)

    assert (report.rows, report.written, files(place, target)) == (6, 0, [])


def test_no_rows_are_no_files(place):
    target = place.make(Ice)

    report = run(place, target, some().slice(0, 0))

    assert (report.rows, report.written, files(place, target)) == (0, 0, [])


def test_an_event_time_in_seconds_is_cut_by_the_hour_too(place):
    target = place.make(Seen)
    data = pa.table({"plane": [1, 2, 3], "seen_at": [0.5, 3599.999, 3600.0], "speed": [None, 1.5, 2.5]})

    run(place, target, data)

    hours = [file.removeprefix(place.data(target)).split("/")[3] for file in files(place, target)]
    assert hours == ["hour=00", "hour=01"]
    assert sorted(row["seen_at"] for row in rows(place, target)) == [0.5, 3599.999, 3600.0]


@pytest.mark.parametrize("group", [Weather, Ice])
def test_rows_that_do_not_fit_into_memory_are_written_all_the_same(place, group):
    target, data = place.make(group), some(hours=40, per_hour=50)

    report = run(place, target, data, memory=1)

    assert report.written == 2_000
    assert sorted(row["gusts"] for row in rows(place, target)) == list(range(2_000))
