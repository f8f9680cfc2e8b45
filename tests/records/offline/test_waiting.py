"""Waiting until the rows of an ingest are offline."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from offline_place import Bare, Rain, Seen, a_row

from reconciler.errors import Usage
from reconciler.records.offline.instants import hours, instants, iso
from reconciler.records.offline.keys import Missing, key_table
from reconciler.records.offline.place import NoOffline
from reconciler.records.offline.waiting import RowsMissing, wait_offline

ROWS = [
    a_row(origin, f"2024-02-0{day}T0{hour}:05:06Z") for origin in ("JFK", "LGA") for day in (1, 2) for hour in (3, 4)
]


def wait(world, target, report, **more):
    return wait_offline(world.environment, world.root, target.name, report, **{**world.patience, **more})


def test_rows_that_are_offline_are_found_at_once(world, group):
    report = world.ingested(group, *ROWS)

    state = wait(world, group, report)

    assert (state.rows, state.found, world.slept) == (8, 8, [])


def test_rows_that_arrive_later_are_waited_for(world, group):
    world.emulator.settings = world.emulator.settings._replace(offline_delay_s=300.0)
    told = []
    report = world.ingested(group, *ROWS)

    state = wait(world, group, report, tell=told.append)

    assert state.found == 8
    assert 300 <= world.clock() < 340
    assert [t.found for t in told[:-1]] == [0] * (len(told) - 1)


def test_rows_that_do_not_arrive_are_named(world, group):
    report = world.ingested(group, *ROWS[:6])
    report = replace(world.ingested(group, a_row("BOS"), a_row("EWR", "2024-02-01T03:05:07.5Z"), put=False), rows=8)

    with pytest.raises(RowsMissing) as caught:
        wait(world, group, report, limit=timedelta(minutes=10))

    assert [tuple(row) for row in caught.value.rows] == [
        ("EWR", "2024-02-01T03:05:07.5Z"),
        ("BOS", "2024-02-03T04:05:06Z"),
    ]
    assert (caught.value.count, caught.value.total) == (2, 8)
    assert "EWR at 2024-02-01T03:05:07.5Z" in str(caught.value)
    assert world.clock() == 600


def test_an_older_row_with_the_same_key_does_not_count(world, group):
    world.put(group, ROWS[0])
    world.sleep(600)
    report = world.ingested(group, ROWS[0], put=False)

    with pytest.raises(RowsMissing):
        wait(world, group, report, limit=timedelta(0))


def test_a_row_that_was_received_earlier_and_arrives_later_does_not_count(world, group):
    """It was still on its way when the ingest began."""
    world.emulator.settings = world.emulator.settings._replace(offline_delay_s=300.0)
    world.put(group, ROWS[0])
    world.sleep(60)
    report = world.ingested(group, ROWS[0], put=False)

    with pytest.raises(RowsMissing):
        wait(world, group, report, limit=timedelta(minutes=10))


def test_a_clock_that_is_a_little_ahead_does_no_harm(world, group):
    report = world.ingested(group, *ROWS)

    assert wait(world, group, replace(report, started=report.started + timedelta(seconds=3))).found == 8


def test_an_instant_is_found_however_it_is_written(world, group):
    world.put(group, a_row(at="2024-02-01T03:05:07.500Z"), a_row("LGA", at="2024-02-01T03:05:07Z"))
    rows = a_row(at="2024-02-01T03:05:07.500000000Z"), a_row("LGA", at="2024-02-01T03:05:07.000Z")
    report = world.ingested(group, *rows, put=False)

    assert wait(world, group, report).found == 2


def test_numbers_are_keys_too(world):
    seen = world.make(Seen)
    rows = [{"plane": n, "seen_at": at} for n in (7, -7, 2**62) for at in ("1706929506", "1706929506.123457", "1.5e9")]
    report = world.ingested(seen, *rows)

    assert wait(world, seen, report).found == 9


def test_a_missing_number_is_named_as_it_was_written(world):
    seen = world.make(Seen)
    report = world.ingested(seen, {"plane": 7, "seen_at": "1706929506.25"}, put=False)

    with pytest.raises(RowsMissing) as caught:
        wait(world, seen, report, limit=timedelta(0))

    assert caught.value.rows == (("7", "1706929506.25"),)


def test_only_what_is_missing_is_looked_for_again(world):
    """Hours whose rows were all found are not listed again, and no file is read twice."""
    rain = world.make(Rain)
    asked = []
    answer = world.emulator.answer
    report = world.ingested(rain, *ROWS[:4])
    world.emulator.faults.add("offline_lag", seconds=50.0)
    report = world.ingested(rain, *ROWS[4:], a_row("LGA", "2024-02-05T03:00:00Z"))
    report = replace(report, rows=9)

    def watched(method, url, headers, body):
        asked.append((method, url))
        return answer(method, url, headers, body)

    world.emulator.answer = watched
    wait(world, rain, report, tell=asked.append)
    world.emulator.answer = answer

    states = [n for n, item in enumerate(asked) if not isinstance(item, tuple) or len(item) == 3]
    first, last = asked[: states[0]], asked[states[-2] : states[-1]]
    assert sum("list-type=2" in url for _, url in first) == 5
    read = [url for item in asked if len(item) == 2 for url in [item[1]] if ".parquet" in url]
    assert len(read) == len(set(read))
    assert sum("list-type=2" in item[1] for item in last if len(item) == 2) == 5


def test_a_group_without_an_offline_store_is_refused_at_once(world):
    bare = world.make(Bare)
    report = replace(world.ingested(bare, a_row()), rows=1)

    with pytest.raises(NoOffline, match="has no offline store"):
        wait(world, bare, report)
    assert world.slept == []


def test_rows_that_went_online_alone_are_refused_at_once(world, group):
    with pytest.raises(NoOffline, match="OnlineStore alone"):
        wait(world, group, world.ingested(group, a_row(), stores=("OnlineStore",)))


def test_a_blocked_offline_store_is_said_and_not_waited_for(world, group):
    world.emulator.faults.add("disk_full", operation="Flush")
    report = world.ingested(group, *ROWS)

    with pytest.raises(NoOffline, match="blocked, so its rows wait: The offline store could not be written"):
        wait(world, group, report)
    assert sum(world.slept) < 60


def test_an_ingest_that_wrote_nothing_needs_no_wait(world, group):
    report = replace(world.ingested(group, a_row()), written=0, failed=1, keys=None, started=None)

    assert wait(world, group, report).rows == 0


def test_keys_that_are_gone_are_said(world, group):
    with pytest.raises(Usage, match="is gone"):
        wait(world, group, replace(world.ingested(group, a_row()), keys=world.root / "nowhere"))


def test_rows_are_found_while_calls_are_throttled(world, group, monkeypatch):
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    report = world.ingested(group, *ROWS)
    world.emulator.faults.add("throttled", service="s3", times=3)
    world.emulator.faults.add("throttled", service="glue", times=3)

    assert wait(world, group, report).found == 8


def test_a_file_of_somebody_else_is_passed_over(world):
    rain = world.make(Rain)
    world.objects.put(world.place(rain).data + "year=2024/month=02/day=01/hour=03/other.parquet", b"not parquet")

    assert wait(world, rain, world.ingested(rain, *ROWS)).found == 8


def test_a_row_given_twice_is_one_row(world, group):
    report = world.ingested(group, *ROWS, *ROWS[:2])

    assert wait(world, group, report).rows == 8


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(-(10**9), 4 * 10**9), st.integers(0, 999_999_999)),
        min_size=1,
        max_size=30,
    ),
    found=st.sets(st.integers(0, 29)),
)
def test_what_is_missing_is_what_was_not_found(rows, found):
    """Keys by hour against a plain set of tuples."""
    keys = key_table(pa.array([r[0] for r in rows]), pa.array([iso(*r[1:]) for r in rows]))
    missing = Missing(keys, hours)
    seen = [row for n, row in enumerate(rows) if n in found]

    texts = [[r[0] for r in seen], [iso(*r[1:]) for r in seen]]
    for hour in missing.partitions:
        missing.found(hour, key_table(*(pa.array(text, pa.string()) for text in texts)))

    assert sorted(missing.rows()) == sorted(set(rows) - set(seen))
    assert missing.total == len(set(rows))


@given(st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 999_999_999))
def test_an_instant_is_read_as_it_was_written(seconds, nanos):
    found = instants(pa.array([iso(seconds, nanos), "yesterday", None]))

    assert [column.to_pylist() for column in found] == [[seconds, None, None], [nanos, None, None]]
