"""The oracle itself: the worked example, and the rules one by one, written out by hand."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import dataset_oracle as oracle
import pytest
from dataset_example import AS_KNOWN, BY_EVENT_TIME, LABELS, ROWS, a_question
from dataset_oracle import DELETED, MATCHED, MISSING, NO_KEY, STALE, Label, Stored, instant

from reconciler.datasets.question import Listing, Status

DAY = "2024-01-01T"


def statuses(rows, *ats, key="a", **options):
    labels = [Label((key,), at and instant(DAY + at)) for at in ats]
    return [row[1] for row in oracle.answer(a_question(**options), {"live-g": rows}, labels)]


def values(rows, *ats, **options):
    labels = [Label(("a",), instant(DAY + at)) for at in ats]
    return [row[3] for row in oracle.answer(a_question(**options), {"live-g": rows}, labels)]


def a_row(clock, f=None, *, invoked=0, written=0, deleted=False):
    return Stored("a", DAY + clock, invoked, written, deleted, {"f": f})


def test_the_words_of_the_answer_are_those_of_the_question():
    assert [(s.name, s.value) for s in Status] == [
        ("MATCHED", MATCHED),
        ("MISSING", MISSING),
        ("DELETED", DELETED),
        ("STALE", STALE),
        ("NO_KEY", NO_KEY),
    ]


def test_the_worked_example_comes_out_by_event_time():
    found = oracle.answer(a_question(), {"live-g": ROWS}, LABELS)

    assert [row[3] for row in found] == BY_EVENT_TIME


def test_the_worked_example_comes_out_as_it_was_known():
    found = oracle.answer(a_question(known_at=True), {"live-g": ROWS}, LABELS)

    assert [row[3] for row in found] == AS_KNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.5Z", Fraction(-1, 2)),
        ("2000-03-01T00:00:00Z", 951_868_800),
        ("1970-01-01T00:00:00.000000001Z", Fraction(1, 10**9)),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799 + Fraction(999_999_999, 10**9)),
        ("2024-02-29T23:00:00.25Z", 1_709_247_600 + Fraction(1, 4)),
        (0.1, Fraction(0.1)),
    ],
)
def test_an_instant_is_exact(text, expected):
    assert instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:59:60Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00+00:00",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.0123456789Z",
        "2024-01-01T00:00:00Z\n",
        "\uff12024-01-01T00:00:00Z",
        "",
        None,
        float("nan"),
        float("inf"),
    ],
)
def test_what_is_no_instant_is_unreadable(text):
    assert instant(text) is None
    assert oracle.unreadable([Stored("a", text)]) == 1


def test_a_row_of_the_labels_very_moment_counts_unless_it_is_strict():
    rows = [a_row("10:00:00Z", 1), a_row("11:00:00.000Z", 2)]

    assert values(rows, "11:00:00Z", "11:00:00.000000001Z") == [2, 2]
    assert values(rows, "11:00:00Z", "11:00:00.000000001Z", strict=True) == [1, 2]


def test_the_service_s_times_decide_between_rows_of_one_instant():
    rows = [a_row("10:00:00Z", 9), a_row("10:00:00.0Z", 1, invoked=1), a_row("10:00:00Z", 2, invoked=1, written=1)]

    assert values(rows, "11:00:00Z") == [2]


def test_of_rows_equal_in_all_times_the_tombstone_comes_first_then_the_greatest_value():
    rows = [a_row("10:00:00Z", 3), a_row("10:00:00Z"), a_row("10:00:00Z", 4)]

    assert values(rows, "11:00:00Z") == [4]
    assert statuses([*rows, a_row("10:00:00Z", deleted=True)], "11:00:00Z") == [DELETED]
    assert values([*rows, a_row("10:00:00Z", deleted=True)], "11:00:00Z", ignore_deletes=True) == [4]


def test_a_put_that_came_after_a_tombstone_of_its_instant_wins():
    rows = [a_row("10:00:00Z", invoked=1, deleted=True), a_row("10:00:00Z", 5, invoked=2)]

    assert values(rows, "11:00:00Z") == [5]


def test_exactly_as_old_as_allowed_is_not_stale():
    rows = [a_row("10:00:00Z", 1)]

    found = statuses(rows, "11:00:00Z", "11:00:00.000000001Z", max_age=timedelta(hours=1))

    assert found == [MATCHED, STALE]


def test_a_tombstone_is_deleted_however_old_it_is():
    assert statuses([a_row("10:00:00Z", deleted=True)], "12:00:00Z", max_age=timedelta(hours=1)) == [DELETED]


def test_a_label_without_a_key_or_a_moment_has_no_features():
    rows = [a_row("10:00:00Z", 1)]

    assert statuses(rows, "11:00:00Z", key=None) == [NO_KEY]
    assert statuses(rows, None) == [NO_KEY]


def test_rows_written_after_the_moment_of_the_build_do_not_count():
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    at = 1_704_110_400_000_000
    rows = [a_row("10:00:00Z", 1, written=at), a_row("10:30:00Z", 2, written=at + 1)]

    assert values(rows, "11:00:00Z", as_of=noon) == [1]


def test_a_snapshot_has_the_newest_row_of_each_that_is_not_deleted():
    join = a_question().joins[0]

    assert oracle.listed(Listing(join), ROWS) == [("a", "2024-01-01T14:00:00.000000000Z", 5)]
    at_noon = datetime(2024, 1, 1, 11, 30, tzinfo=UTC)
    assert [row[0::2] for row in oracle.listed(Listing(join, end=at_noon), ROWS)] == [("a", 3), ("b", 10)]


def test_a_history_has_one_version_of_each_instant_and_the_tombstones():
    join, start, end = a_question().joins[0], datetime(2024, 1, 1, 11, tzinfo=UTC), datetime(2024, 1, 1, 14, tzinfo=UTC)

    found = oracle.listed(Listing(join, start=start, end=end), ROWS)

    assert [(row[0], row[1][11:13], row[2], row[5]) for row in found] == [
        ("a", "11", 3, False),
        ("a", "13", None, True),
        ("b", "12", None, True),
    ]
