"""Simple queries over random small tables give what Python computes of the same rows."""

import itertools
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow")

some = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
numbers = itertools.count()

whole = st.integers(-1000, 1000)
words = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=6)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "k": st.none() | whole,
            "n": st.none() | st.integers(-3, 3),
            "s": st.none() | st.sampled_from(["", "a", "b", "A", '"', ","]) | words,
            "d": st.none() | st.integers(-50, 50).map(lambda value: value / 4),
            "b": st.none() | st.booleans(),
        }
    ),
    max_size=8,
)


@pytest.fixture
def table(queries, parquet):
    """Make a table of rows, spread over two files; answers its name."""
    kinds = {"k": pa.int64(), "n": pa.int64(), "s": pa.string(), "d": pa.float64(), "b": pa.bool_()}

    def make(found):
        name = f"t{next(numbers)}"
        for part in (0, 1):
            parquet(f"{name}/{part}.parquet", found[part::2], **kinds)
        queries.run(
            f"CREATE EXTERNAL TABLE {name} (k bigint, n bigint, s string, d double, b boolean) STORED AS PARQUET "
            f"LOCATION 's3://data/{name}/'"
        )
        return name

    return make


def shown(value):
    """As Athena prints it."""
    if value is None or isinstance(value, str):
        return value
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def lifted(function):
    """NULL if any argument is."""
    return lambda *values: None if None in values else function(*values)


def leaf(name):
    return name, lambda row: row[name]


def constant(value):
    return str(value), lambda _: value


def binary(sign, function):
    def join(left, right):
        run = lifted(function)
        return f"({left[0]} {sign} {right[0]})", lambda row: run(left[1](row), right[1](row))

    return join


def truncated(left, right):
    return int(math.copysign(abs(left) // abs(right), left * right)) if left else 0


terms = st.recursive(
    st.sampled_from(["k", "n"]).map(leaf) | st.integers(-9, 9).map(constant),
    lambda inner: st.one_of(
        st.builds(binary("+", lambda a, b: a + b), inner, inner),
        st.builds(binary("-", lambda a, b: a - b), inner, inner),
        st.builds(binary("*", lambda a, b: a * b), inner, inner),
        st.builds(binary("/", truncated), inner, st.sampled_from([-3, -1, 1, 2, 7]).map(constant)),
        st.builds(binary("%", math.fmod), inner, st.sampled_from([-3, 2, 7]).map(constant)),
    ),
    max_leaves=4,
)


def conjunction(left, right):
    def value(row):
        one, other = left[1](row), right[1](row)
        return False if one is False or other is False else None if None in (one, other) else True

    return f"({left[0]} AND {right[0]})", value


def disjunction(left, right):
    def value(row):
        one, other = left[1](row), right[1](row)
        return True if one is True or other is True else None if None in (one, other) else False

    return f"({left[0]} OR {right[0]})", value


def of_known(inner, function):
    """NULL of NULL."""
    run = lifted(function)
    return lambda row: run(inner[1](row))


def negation(inner):
    return f"(NOT {inner[0]})", of_known(inner, lambda found: not found)


def is_null(inner):
    return f"({inner[0]} IS NULL)", lambda row: inner[1](row) is None


def between(inner, bounds):
    low, high = bounds
    return f"({inner[0]} BETWEEN {low} AND {high})", of_known(inner, lambda found: low <= found <= high)


def among(inner, values):
    return f"({inner[0]} IN ({', '.join(map(str, values))}))", of_known(inner, lambda found: found in values)


def texts(word):
    escaped = word.replace("'", "''")
    return f"(s = '{escaped}')", lambda row: None if row["s"] is None else row["s"] == word


compared = st.one_of(
    *(
        st.builds(binary(sign, function), terms, terms)
        for sign, function in (
            ("=", lambda a, b: a == b),
            ("<>", lambda a, b: a != b),
            ("<", lambda a, b: a < b),
            (">=", lambda a, b: a >= b),
        )
    ),
    st.just(leaf("b")),
    words.map(texts),
    terms.map(is_null),
    st.builds(between, terms, st.tuples(whole, whole)),
    st.builds(among, terms, st.lists(whole, min_size=1, max_size=3)),
)
conditions = st.recursive(
    compared,
    lambda inner: st.one_of(
        st.builds(conjunction, inner, inner), st.builds(disjunction, inner, inner), inner.map(negation)
    ),
    max_leaves=4,
)


def in_some_order(found):
    return sorted(found, key=repr)


@some
@given(found=rows, term=terms, condition=conditions)
def test_conditions_keep_the_rows_for_which_they_are_true(queries, table, found, term, condition):
    sql = f"SELECT k, s, d, b, {term[0]} FROM {table(found)} WHERE {condition[0]}"

    expected = [
        (*(shown(row[name]) for name in "ksdb"), shown(None if term[1](row) is None else int(term[1](row))))
        for row in found
        if condition[1](row)
    ]
    assert in_some_order(queries.rows(sql)) == in_some_order(expected)


@some
@given(
    found=rows,
    keys=st.lists(st.tuples(st.sampled_from("ksdb"), st.booleans()), min_size=1, max_size=3),
    count=st.integers(0, 5),
    skipped=st.integers(0, 3),
)
def test_nulls_come_last_in_any_order(queries, table, found, keys, count, skipped):
    order = ", ".join(f"{name} {'ASC' if up else 'DESC'}" for name, up in keys)
    sql = f"SELECT k, s, d, b FROM {table(found)} ORDER BY {order} OFFSET {skipped} LIMIT {count}"

    expected = list(found)
    for name, up in reversed(keys):
        # Text is ordered by its bytes, which are in the order of its code points.
        there = sorted((row for row in expected if row[name] is not None), key=lambda row: row[name], reverse=not up)
        expected = there + [row for row in expected if row[name] is None]
    wanted = [[shown(row[name]) for name, _ in keys] for row in expected[skipped : skipped + count]]
    places = ["ksdb".index(name) for name, _ in keys]
    assert [[row[place] for place in places] for row in queries.rows(sql)] == wanted


@some
@given(found=rows, condition=conditions)
def test_groups_are_counted_and_summed(queries, table, found, condition):
    sql = (
        f"SELECT s, count(*), count(k), sum(k), min(k), max(d), count_if({condition[0]}) FROM {table(found)} GROUP BY s"
    )

    expected = []
    for key in {row["s"] for row in found}:
        group = [row for row in found if row["s"] == key]
        numbers_of = [row["k"] for row in group if row["k"] is not None]
        highs = [row["d"] for row in group if row["d"] is not None]
        values = [
            *(len(group), len(numbers_of), sum(numbers_of) if numbers_of else None),
            *(min(numbers_of, default=None), max(highs, default=None)),
            sum(condition[1](row) is True for row in group),
        ]
        expected.append((key, *(shown(value) for value in values)))
    assert in_some_order(queries.rows(sql)) == in_some_order(expected)


@some
@given(left=rows, right=rows)
def test_a_left_join_keeps_what_has_no_match(queries, table, left, right):
    one, other = table(left), table(right)
    sql = f"SELECT a.k, b.d FROM {one} a LEFT JOIN {other} b ON a.n = b.n"

    expected = []
    for row in left:
        matches = [other["d"] for other in right if row["n"] is not None and other["n"] == row["n"]]
        expected += [(shown(row["k"]), shown(value)) for value in matches or [None]]
    assert in_some_order(queries.rows(sql)) == in_some_order(expected)


@some
@given(found=rows)
def test_what_a_table_made_of_a_query_holds_is_what_the_query_gave(queries, table, found):
    name = table(found)
    made = f"{name}_made"

    queries.run(
        f"CREATE TABLE {made} WITH (external_location = 's3://data/{made}/', partitioned_by = ARRAY['b']) AS "
        f"SELECT k, n, s, d, b FROM {name}"
    )

    rows_of = f"SELECT k, n, s, d, b FROM {{}} ORDER BY {', '.join('knsdb')}"
    assert queries.rows(rows_of.format(made)) == queries.rows(rows_of.format(name))
