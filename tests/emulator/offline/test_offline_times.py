"""When rows become visible offline, and what write_time and api_invocation_time say of it."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from offline_help import a_row, a_tombstone

NOON = datetime(2030, 5, 6, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def noon(emulator):
    """The emulator's time stands at noon."""
    emulator.freeze_clock()
    emulator.set_clock(NOON.timestamp())


def times(offline):
    return {row["id"]: (row["write_time"], row["api_invocation_time"]) for row in offline.rows()}


def test_by_default_a_row_is_visible_at_once(noon, make, offline):
    make(offline={})
    offline.put(a_row())

    assert offline.flush() == 1
    assert times(offline) == {"a": (NOON, NOON.replace(microsecond=0))}


def test_rows_are_written_once(noon, make, offline):
    make(offline={})
    offline.put(a_row("a"), a_row("b"))
    offline.put(a_tombstone("a"))

    assert [offline.flush(), offline.flush(), offline.waiting()] == [3, 0, 0]
    assert len(offline.rows()) == 3


class TestWithADelay:
    @pytest.fixture
    def settings(self):
        return {"offline_delay_s": 900.0}

    def test_a_row_is_visible_when_it_is_due_and_was_written_then(self, noon, emulator, make, offline):
        make(offline={})
        offline.put(a_row())

        before = offline.flush()
        emulator.advance_clock(899.9)
        just_before = offline.flush()
        emulator.advance_clock(100)
        after = offline.flush()

        assert [before, just_before, after] == [0, 0, 1]
        assert times(offline) == {"a": (NOON + timedelta(seconds=900), NOON.replace(microsecond=0))}

    def test_a_row_asked_for_early_is_written_when_it_was_asked_for(self, noon, emulator, make, offline):
        make(offline={})
        offline.put(a_row())
        emulator.advance_clock(10)

        flushed = offline.flush(everything=True)

        assert flushed == 1
        assert times(offline) == {"a": (NOON + timedelta(seconds=10), NOON.replace(microsecond=0))}

    def test_a_row_that_is_overdue_was_written_when_it_was_due(self, noon, emulator, make, offline):
        make(offline={})
        offline.put(a_row())
        emulator.advance_clock(86_400)

        offline.flush(everything=True)

        assert times(offline)["a"][0] == NOON + timedelta(seconds=900)

    def test_rows_of_different_requests_fall_due_one_by_one(self, noon, emulator, make, offline):
        make(offline={})
        for record_id in "abc":
            offline.put(a_row(record_id))
            emulator.advance_clock(1)

        emulator.advance_clock(898)

        assert offline.flush() == 2
        assert sorted(times(offline)) == ["a", "b"]


def test_a_row_that_lags_is_overtaken(noon, emulator, make, offline):
    make(offline={})
    offline.put(a_row("late"), lag_s=60)
    offline.put(a_row("soon"))

    offline.flush()
    seen = sorted(times(offline))
    emulator.advance_clock(60)
    offline.flush()

    assert seen == ["soon"]
    assert times(offline)["late"] == (NOON + timedelta(seconds=60), NOON.replace(microsecond=0))


def test_rows_are_in_a_file_in_the_order_they_became_due(noon, emulator, make, offline):
    make(offline={})
    for record_id, lag in (("third", 30), ("first", 10), ("second", 20)):
        offline.put(a_row(record_id), lag_s=lag)
    emulator.advance_clock(60)

    offline.flush()

    assert list(times(offline)) == ["first", "second", "third"]


@pytest.mark.parametrize("everything", [True, False])
def test_rows_that_come_while_a_flush_goes_on_are_left_for_the_next(noon, make, offline, monkeypatch, everything):
    """However busy the writers are, a flush has an end: it takes what there was when it was called."""
    make(offline={})
    offline.put(a_row("before"))
    stamp = os.utime

    def write_one_more(*args, **more):
        offline.put(a_row("after"))
        stamp(*args, **more)

    monkeypatch.setattr(os, "utime", write_one_more)

    flushed = offline.flush(everything=everything)

    assert flushed == 1
    assert [list(times(offline)), offline.waiting()] == [["before"], 1]


def test_through_the_api_the_times_are_those_of_the_call(noon, emulator, make, offline, runtime):
    make(offline={})
    record = [
        {"FeatureName": "id", "ValueAsString": "a"},
        {"FeatureName": "at", "ValueAsString": "2024-01-01T00:00:00Z"},
    ]
    runtime.put_record(FeatureGroupName="weather", Record=record)
    emulator.advance_clock(3600)
    runtime.delete_record(
        FeatureGroupName="weather", RecordIdentifierValueAsString="a", EventTime="2024-01-01T00:00:01Z"
    )

    offline.flush()

    rows = offline.query('SELECT "at", is_deleted, write_time::TIMESTAMP FROM rows ORDER BY 3')
    assert rows == [
        ("2024-01-01T00:00:00Z", False, NOON.replace(tzinfo=None)),
        ("2024-01-01T00:00:01Z", True, NOON.replace(tzinfo=None) + timedelta(hours=1)),
    ]


def test_an_offline_lag_on_request_is_a_lag(noon, emulator, make, offline, runtime):
    make(offline={})
    emulator.faults.add("offline_lag", seconds=300)
    record = [
        {"FeatureName": "id", "ValueAsString": "a"},
        {"FeatureName": "at", "ValueAsString": "2024-01-01T00:00:00Z"},
    ]
    runtime.put_record(FeatureGroupName="weather", Record=record)

    now = offline.flush()
    emulator.advance_clock(300)
    later = offline.flush()

    assert [now, later] == [0, 1]


def test_an_online_group_has_nothing_to_write(make, offline, runtime):
    make()
    record = [
        {"FeatureName": "id", "ValueAsString": "a"},
        {"FeatureName": "at", "ValueAsString": "2024-01-01T00:00:00Z"},
    ]

    runtime.put_record(FeatureGroupName="weather", Record=record)

    assert offline.waiting() == 0
