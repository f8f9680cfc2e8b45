"""Thresholds held against fractions of Python: a comparison with one is the comparison with the moment itself."""

import math
import random
from datetime import timedelta
from fractions import Fraction

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from reconciler.datasets import moments as m
from reconciler.datasets.question import Join, Key, Output, Question

FIRST, LAST = -62_135_596_800, 253_402_300_799
SECONDS = st.integers(FIRST, LAST) | st.integers(-3, 3) | st.sampled_from([FIRST, LAST, 1_700_000_000])
NANOS = st.integers(0, 999_999_999) | st.sampled_from([0, 1, 500_000_000, 999_999_999])
REALS = (
    st.floats(FIRST, LAST + 0.9)
    | st.floats(-2, 2)
    | st.integers(-10, 2**31).map(float)
    | st.integers(FIRST * 1000, LAST * 1000).map(lambda ms: ms / 1000)
)
AGES = st.timedeltas(timedelta(0), timedelta(days=40_000)) | st.integers(0, 10**9).map(lambda s: timedelta(seconds=s))


def instant_points(pairs):
    seconds, nanos = np.array(pairs, np.int64).reshape(-1, 2).T
    return m.Points(seconds, nanos, np.ones(len(pairs), bool))


def exact(pair):
    return pair[0] + Fraction(int(pair[1]), 10**9)


def is_greatest(real, bound):
    return Fraction(real) <= bound < Fraction(math.nextafter(real, math.inf))


def is_least(real, bound):
    return Fraction(math.nextafter(real, -math.inf)) < bound <= Fraction(real)


@given(st.lists(st.tuples(SECONDS, NANOS), min_size=1))
def test_no_double_lies_between_a_moment_and_its_threshold(pairs):
    points = instant_points(pairs)

    greatest, least = m.at_reals(points, strict=False), m.at_reals(points, strict=True)

    bounds = [exact(pair) for pair in pairs]
    assert all(map(is_greatest, greatest.tolist(), bounds))
    assert all(map(is_least, least.tolist(), bounds))


@given(st.lists(REALS, min_size=1))
def test_moments_given_as_doubles_are_rounded_down_and_where_strict_up(reals):
    points = m.points_of_reals(np.array(reals), np.ones(len(reals), bool))

    down, up = m.at_instants(points, strict=False), m.at_instants(points, strict=True)

    billions = [Fraction(real) * 10**9 for real in reals]
    assert [int(s) * 10**9 + int(n) for s, n in zip(*down, strict=True)] == [math.floor(b) for b in billions]
    assert [int(s) * 10**9 + int(n) for s, n in zip(*up, strict=True)] == [math.ceil(b) for b in billions]
    assert ((down.nanos >= 0) & (down.nanos < 10**9)).all()


@given(st.lists(st.tuples(SECONDS, NANOS), min_size=1), AGES)
def test_the_oldest_instants_are_exact(pairs, age):
    points = instant_points(pairs)

    reals, instants = m.oldest_reals(points, age), m.oldest_instants(points, age)

    micros = age // timedelta(microseconds=1)
    bounds = [exact(pair) - Fraction(micros, 10**6) for pair in pairs]
    assert all(map(is_least, reals.tolist(), bounds))
    assert list(map(exact, zip(*map(np.ndarray.tolist, instants), strict=True))) == [max(b, FIRST) for b in bounds]


@given(st.lists(REALS, min_size=1), AGES)
def test_the_oldest_instants_of_moments_given_as_doubles_are_exact(given_reals, age):
    points = m.points_of_reals(np.array(given_reals), np.ones(len(given_reals), bool))

    reals, instants = m.oldest_reals(points, age), m.oldest_instants(points, age)

    micros = age // timedelta(microseconds=1)
    bounds = [Fraction(real) - Fraction(micros, 10**6) for real in given_reals]
    assert all(map(is_least, reals.tolist(), bounds))
    found = [int(s) * 10**9 + int(n) for s, n in zip(*instants, strict=True)]
    assert found == [max(math.ceil(b * 10**9), FIRST * 10**9) for b in bounds]


@given(st.lists(st.none() | st.tuples(SECONDS, NANOS)))
def test_texts_of_fixed_width_are_ordered_as_time_is_and_read_back(pairs):
    seconds = pa.array([pair and pair[0] for pair in pairs], pa.int64())
    nanos = pa.array([pair and pair[1] for pair in pairs], pa.int32())

    texts = m.fixed_width(seconds, nanos)

    there = [(exact(p), t) for p, t in zip(pairs, texts.to_pylist(), strict=True) if p]
    assert [t for _, t in sorted(there)] == sorted(t for _, t in there)
    assert all(len(text) == m.WIDTH for _, text in there)
    assert m.of_fixed_width(texts) == (seconds, nanos)


def test_the_years_1_and_9999_are_written_whole():
    texts = m.fixed_width(np.array([FIRST, LAST]), np.array([0, 999_999_999]))

    assert texts.to_pylist() == ["0001-01-01T00:00:00.000000000Z", "9999-12-31T23:59:59.999999999Z"]


def test_moments_beyond_the_age_of_time_are_clamped_to_the_year_1():
    instants = m.oldest_instants(instant_points([(0, 5)]), timedelta.max)

    assert instants.seconds.tolist() == [FIRST]
    assert instants.nanos.tolist() == [0]


def test_microseconds_are_rounded_down_before_1970_too():
    assert m.at_micros(instant_points([(-1, 999_999_999), (1, 1999), (FIRST, 0)])).tolist() == [
        -1,
        1_000_001,
        FIRST * 10**6,
    ]


def a_question(*kinds, **options):
    joins = [
        Join("g", "g", Key("k", "String"), "id", "at", kind, (Output("f", "f", "Integral"),), age)
        for kind, age in kinds
    ]
    return Question(tuple(joins), **options)


def test_a_question_gets_the_thresholds_that_its_joins_compare_with():
    moments = pa.table(
        {
            "row": [0, 1],
            "key_0": ["a", None],
            "seconds": pa.array([90, None], pa.int64()),
            "nanos": pa.array([5, None], pa.int32()),
        }
    )
    question = a_question(
        ("String", timedelta(minutes=1)), ("Fractional", None), ("Fractional", timedelta(0)), known_at=True
    )

    found = m.thresholds(question, moments)

    assert found.schema == m.threshold_schema(question)
    first, second = found.to_pylist()
    assert first == {
        "row": 0,
        "key_0": "a",
        "at_text": "1970-01-01T00:01:30.000000005Z",
        "at_real": math.nextafter(90.000000005, 0),
        "at_micros": 90_000_000,
        "oldest_text_0": "1970-01-01T00:00:30.000000005Z",
        "oldest_real_2": 90.000000005,
    }
    assert second == dict.fromkeys(first) | {"row": 1}


def test_columns_that_nothing_compares_with_are_left_out():
    assert m.threshold_schema(a_question(("String", None))).names == ["row", "key_0", "at_text"]
    assert m.threshold_schema(a_question(("Fractional", None))).names == ["row", "key_0", "at_real"]


def test_the_very_double_of_a_label_is_its_threshold():
    real = random.Random(1).uniform(1e9, 2e9)
    points = m.points_of_reals(np.array([real]), np.ones(1, bool))

    assert m.at_reals(points, strict=True).tolist() == m.at_reals(points, strict=False).tolist() == [real]
