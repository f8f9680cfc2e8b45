"""Moments of labels: exact instants, whatever they are written as."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_questions import a_join, a_question, refusal

from reconciler.datasets.labels.reading import read_labels
from reconciler.datasets.labels.zones import localized
from reconciler.errors import Usage

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moments(column, tmp_path, **options):
    table = pa.table({"plane": pa.nulls(len(column), pa.string()), "at": column})
    found = read_labels(table, a_question(), "at", scratch=tmp_path, **options).moments.table
    seconds, nanos = found["seconds"].to_pylist(), found["nanos"].to_pylist()
    return [None if s is None else (s, n) for s, n in zip(seconds, nanos, strict=True)]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", (0, 0)),
        ("1970-01-01t00:00:00.5z", (0, 500_000_000)),
        ("1970-01-01 00:00:00.000000001+00:00", (0, 1)),
        ("1970-01-01T09:00:00+09:00", (0, 0)),
        ("1969-12-31T19:00:00-0500", (0, 0)),
        ("0001-01-01T00:00:00Z", (-62_135_596_800, 0)),
        ("9999-12-31T23:59:59.999999999Z", (253_402_300_799, 999_999_999)),
    ],
)
def test_iso_texts_with_a_zone_are_instants_to_the_nanosecond(tmp_path, text, instant):
    assert moments(pa.array([text, None]), tmp_path) == [instant, None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_every_unit_and_zone_are_instants(tmp_path, unit):
    column = pa.array([1_357_016_400, -1, None], pa.timestamp("s", "Asia/Tokyo")).cast(pa.timestamp(unit, "Asia/Tokyo"))

    assert moments(column, tmp_path) == [(1_357_016_400, 0), (-1, 0), None]


def test_nanoseconds_before_1970_count_upwards(tmp_path):
    assert moments(pa.array([-1], pa.timestamp("ns", "UTC")), tmp_path) == [(-1, 999_999_999)]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint32(), pa.int64(), pa.uint64(), pa.float64()])
def test_numbers_are_seconds_since_1970(tmp_path, kind):
    assert moments(pa.array([0, 100, None], kind), tmp_path) == [(0, 0), (100, 0), None]


def test_moments_that_are_numbers_keep_the_very_double(tmp_path):
    table = pa.table({"plane": ["a", "a", None], "at": [1.1, -1e-9, None]})

    found = read_labels(table, a_question(), "at", scratch=tmp_path).moments.table

    assert found["real"].to_pylist() == [1.1, -1e-9, None]
    assert found["seconds"].to_pylist() == [1, -1, None]
    assert found["nanos"].to_pylist() == [100_000_000, 999_999_998, None]  # -1e-9 is a little less than it looks


def test_all_labels_may_be_of_one_moment(tmp_path):
    at = pd.Timestamp("2013-01-01T05:00:00.000000007", tz="America/New_York")

    found = read_labels(pa.table({"plane": ["a", "b"]}), a_question(), at, scratch=tmp_path)

    assert found.moments.table["seconds"].to_pylist() == [1_357_034_400] * 2
    assert found.moments.table["nanos"].to_pylist() == [7, 7]
    assert found.no_moment == 0


@pytest.mark.parametrize("time", [pd.NaT, 7, datetime(2013, 1, 1, tzinfo=UTC).date(), None])
def test_the_time_of_labels_is_a_column_or_a_moment(tmp_path, time):
    with pytest.raises(Usage) as refused:
        read_labels(pa.table({"plane": ["a"]}), a_question(), time, scratch=tmp_path)

    assert str(refused.value).startswith("The time of labels is a column or a datetime, and ")


@pytest.mark.parametrize(
    ("text", "zone"), [("0001-01-01T00:00:00", "Asia/Tokyo"), ("9999-12-31T23:00:00", "America/New_York")]
)
def test_wall_clocks_at_the_ends_of_time_are_refused_where_utc_is_beyond(tmp_path, text, zone):
    message = refusal({"plane": ["a"], "at": [text]}, tmp_path, time_zone=zone)

    assert message[1] == f"  row 0: at = {text}: It is outside the years 0001 to 9999."


def test_a_moment_of_all_labels_needs_a_zone(tmp_path):
    naive = datetime(2013, 1, 1, 5)  # noqa: DTZ001
    labels = pa.table({"plane": ["a"]})

    with pytest.raises(Usage) as refused:
        read_labels(labels, a_question(), naive, scratch=tmp_path)

    assert str(refused.value) == (
        "2013-01-01T05:00:00 has no time zone, so the instant is not known. Give it one: tzinfo=UTC."
    )
    found = read_labels(labels, a_question(), naive, time_zone="America/New_York", scratch=tmp_path)
    assert found.moments.table["seconds"].to_pylist() == [1_357_034_400]


NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize("zone", ["America/New_York", NEW_YORK])
def test_times_without_a_zone_are_of_the_zone_that_is_given(tmp_path, zone):
    naive = pa.array([datetime(2013, 1, 1, 0), datetime(2013, 7, 1, 0), None], pa.timestamp("us"))  # noqa: DTZ001

    assert moments(naive, tmp_path, time_zone=zone) == [(1_357_016_400, 0), (1_372_651_200, 0), None]
    texts = pa.array(["2013-01-01 00:00:00.5", "2013-07-01T00:00:00", "1970-01-01T00:00:00Z"])
    assert moments(texts, tmp_path, time_zone=zone) == [(1_357_016_400, 500_000_000), (1_372_651_200, 0), (0, 0)]


ZONES = [
    "America/New_York",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Casablanca",
]
LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
DAYS = st.integers(-719_000, 2_932_000) | st.integers(19_790, 19_795)
LOCAL = st.builds(lambda day, second: LOCAL_EPOCH + timedelta(day, second), DAYS, st.integers(0, 86_399))


@given(st.sampled_from(ZONES), st.lists(LOCAL, min_size=1))
def test_wall_clocks_are_read_as_python_reads_them_in_every_year(name, times):
    zone = ZoneInfo(name)
    seconds = np.array([(t - LOCAL_EPOCH) // timedelta(seconds=1) for t in times])

    found = localized(seconds, zone)

    both = [(t.replace(tzinfo=zone), t.replace(tzinfo=zone, fold=1)) for t in times]
    assert found.seconds.tolist() == [(a - EPOCH) // timedelta(seconds=1) for a, _ in both]
    assert found.twice.tolist() == [a.utcoffset() > b.utcoffset() for a, b in both]
    assert found.never.tolist() == [a.utcoffset() < b.utcoffset() for a, b in both]


def test_hours_that_clocks_show_twice_or_never_are_faults(tmp_path):
    column = pa.array(["2013-11-03T01:30:00", "2013-11-03T00:59:59", "2013-03-10T02:30:00"])

    message = refusal({"plane": ["a"] * 3, "at": column}, tmp_path, time_zone="America/New_York")

    offset = "Give it with its offset, as in 2013-11-03T01:30:00-04:00."
    clocks = "The clocks of America/New_York"
    assert message == [
        "2 of 3 labels cannot be used, and no feature was read.",
        f"  row 0: at = 2013-11-03T01:30:00: {clocks} showed this time twice. {offset}",
        f"  row 2: at = 2013-03-10T02:30:00: {clocks} skipped this time. {offset}",
    ]


def test_an_empty_text_is_no_moment(tmp_path):
    assert refusal({"plane": ["a"], "at": [""]}, tmp_path)[1].startswith("  row 0: at: It is no ISO-8601 instant.")


def test_a_zone_that_does_not_exist_is_refused_with_one_that_does(tmp_path):
    with pytest.raises(Usage) as refused:
        moments(pa.array([0]), tmp_path, time_zone="America/New_Yrok")

    assert str(refused.value) == "There is no time zone 'America/New_Yrok'. Did you mean America/New_York?"


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["2013-01-01T05:00:00"], "It has no time zone, so the instant is not known."),
        (["2013-01-01"], "It is a date without a time of day."),
        (["2013-01-01T05:00:60Z"], "It is a leap second, which AWS does not take."),
        (["0000-01-01T05:00:00Z"], "It is outside the years 0001 to 9999."),
        (["2013-02-29T05:00:00Z"], "There is no such instant."),
        (["2013-01-01T05:00:00.1234567891Z"], "It has more than nine decimals"),
        (["tomorrow"], "It is no ISO-8601 instant."),
        ([1_357_016_400_000], "It looks like milliseconds, and times are in seconds since 1970"),
        ([1_357_016_400_000_000_000], "It looks like nanoseconds"),
        ([20_130_101], "It looks like a date written as a number"),
        ([float("nan")], "It is no instant. Leave it out [(]null"),
        ([float("-inf")], "It is no instant."),
        ([-62_135_596_801], "It is outside the years 0001 to 9999."),
        ([253_402_300_800], "outside the years 0001 to 9999|after the year 9999"),
        (pa.array([-(10**12)], pa.timestamp("s", "UTC")), "It is outside the years 0001 to 9999."),
    ],
)
def test_moments_that_are_none_are_faults_with_their_row(tmp_path, column, reason):
    message = refusal({"plane": ["a"], "at": column}, tmp_path)

    assert message[0] == "1 of 1 labels cannot be used, and no feature was read."
    assert message[1].startswith("  row 0: at = ")
    assert re.search(reason, message[1])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (pa.timestamp("us"), 'no time zone, so the instants are not known. Say which one: time_zone="UTC"'),
        (pa.date32(), "The column is dates without a time of day."),
        (pa.date64(), "The column is dates without a time of day."),
        (pa.time64("us"), "and no times."),
        (pa.bool_(), "The column is true or false, and no times."),
        (pa.duration("s"), "and no times."),
        (pa.decimal128(20, 3), "The column is a number, and no times."),
        (pa.binary(), "and no times."),
        (pa.list_(pa.string()), "and no times."),
    ],
)
def test_a_column_that_holds_no_instants_is_a_fault(tmp_path, kind, reason):
    message = refusal({"plane": ["a"], "at": pa.nulls(1, kind)}, tmp_path)

    assert message[0] == "The labels cannot be used, and no feature was read."
    assert message[1].startswith("  at: ")
    assert reason in message[1]


def test_milliseconds_are_told_apart_by_the_column_that_divides_them(tmp_path):
    labels = read_labels(
        pa.table({"plane": ["a"], "at": [1_357_016_400_123 / 1000]}), a_question(), "at", scratch=tmp_path
    )

    found = labels.moments.table
    exact = Fraction(found["seconds"][0].as_py()) + Fraction(found["nanos"][0].as_py(), 10**9)
    assert 0 <= Fraction(1_357_016_400_123 / 1000) - exact < Fraction(1, 10**9)


def test_keys_of_several_groups_are_columns_of_their_own(tmp_path):
    question = a_question(a_join("origin"), a_join("dest", group="w"), a_join("origin", "Integral", group="x"))
    table = pa.table({"origin": ["1"], "dest": ["2"], "at": [0]})

    message = refusal(table, tmp_path, question=question)

    assert message[1] == (
        "  origin: The column is text, and the identifiers of x are whole numbers. Convert it to int64."
    )
