"""Python values become columns without loss, or are named."""

import enum
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.contract import Column
from reconciler.records.sources.values import column_of, shown

KINDS = ("int", "bool", "float", "unix", "str", "datetime")


class Size(enum.Enum):
    """Some enumeration."""

    SMALL = "small"
    LARGE = "large"


_SCALARS = st.one_of(
    st.none(),
    st.integers(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.text(),
    st.text(st.characters(categories=["Cs", "Ll"])),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=9, minutes=30))])),
    st.decimals(),
    st.dates(),
    st.binary(max_size=3),
    st.sampled_from([pd.NA, pd.NaT, Size.SMALL, np.int8(3), np.float32(0.1), np.str_("x"), np.bool_(True), object, 1j]),
    st.sampled_from([pd.Timestamp("2013-01-01T00:00:00.000000001Z"), np.datetime64("2013"), float("nan"), "\ud800"]),
    st.lists(st.integers(), max_size=2),
)


def _same(value, found):
    """A value and what became of it are the same thing."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, datetime) and isinstance(found, str):
        return found == value.isoformat()
    if isinstance(value, float) and math.isnan(value):
        return found != found
    if isinstance(value, Decimal) and value.is_nan():
        return found != found
    return found == value


@given(st.sampled_from(KINDS), st.lists(_SCALARS, max_size=6))
def test_every_value_is_kept_as_it_is_or_named(kind, values):
    column, faults = column_of(values, Column("x", "x", kind))

    named = {fault.row for fault in faults}
    assert len(column) == len(values)
    for row, (value, found) in enumerate(zip(values, column.to_pylist(), strict=True)):
        if row in named or value is None or value is pd.NA or value is pd.NaT:
            assert found is None
        else:
            assert _same(value, found), (value, found)


@given(st.sampled_from(KINDS), st.lists(st.one_of(_SCALARS, st.lists(_SCALARS, max_size=4)), max_size=5))
def test_every_item_of_a_collection_is_kept_as_it_is_or_named(kind, values):
    column, faults = column_of(values, Column("x", "x", kind, collection="List"))

    named = {fault.row for fault in faults}
    assert len(column) == len(values)
    for row, (value, found) in enumerate(zip(values, column.to_pylist(), strict=True)):
        if row not in named and isinstance(value, list):
            assert len(found) == len(value)
            assert all(
                _same(item, kept) or (item is pd.NA or item is pd.NaT) for item, kept in zip(value, found, strict=True)
            )


@pytest.mark.parametrize(
    ("values", "kind", "type_", "found"),
    [
        ([1, None], "int", pa.int64(), [1, None]),
        ([None], "int", pa.null(), [None]),
        ([], "str", pa.null(), []),
        ([1, 2.5], "float", pa.float64(), [1.0, 2.5]),
        ([1, 2.0], "int", pa.float64(), [1.0, 2.0]),
        ([True, 0], "int", pa.int64(), [1, 0]),
        ([True, 1], "bool", pa.int64(), [1, 1]),
        ([True, False], "bool", pa.bool_(), [True, False]),
        ([np.int64(3), 2**62], "int", pa.int64(), [3, 2**62]),
        ([Decimal("1.5"), Decimal(2)], "float", pa.decimal128(2, 1), [Decimal("1.5"), Decimal("2.0")]),
        ([Decimal("0.5"), 0.25], "float", pa.float64(), [0.5, 0.25]),
        ([Size.SMALL, "large", None], "str", pa.string(), ["small", "large", None]),
        ([np.str_("x")], "str", pa.string(), ["x"]),
    ],
)
def test_what_is_the_same_value_in_another_type_is_taken(values, kind, type_, found):
    column, faults = column_of(values, Column("x", "x", kind))

    assert not faults
    assert column.type == type_
    assert column.to_pylist() == found


@pytest.mark.parametrize(
    ("value", "kind", "reason"),
    [
        (2**63, "int", "It does not fit 64 bits: an Integral is from -2^63 to 2^63-1."),
        (10**400, "float", "It is no number that 64 bits of floating point hold exactly."),
        (2**53 + 1, "float", "It is no number that 64 bits of floating point hold exactly."),
        (Decimal("0.1"), "float", "It is no number that 64 bits of floating point hold exactly."),
        ("1.5", "float", "It is of type str, and the feature takes numbers."),
        (True, "float", "It is of type bool, and the feature takes numbers."),
        (1, "str", "It is of type int, and the feature takes texts."),
        (b"x", "str", "It is of type bytes, and the feature takes texts."),
        (date(2013, 1, 1), "datetime", "It is of type date, and the feature takes instants."),
        (Decimal("1e999999999"), "int", "It does not fit 64 bits: an Integral is from -2^63 to 2^63-1."),
        (Decimal("sNaN"), "int", "It is no whole number, and the feature takes whole numbers."),
        (Decimal("Infinity"), "int", "It is no whole number, and the feature takes whole numbers."),
        ("\udfff", "datetime", "It holds half a surrogate pair, which is no text in UTF-8."),
    ],
)
def test_what_would_lose_something_is_named_with_the_reason(value, kind, reason):
    # A value of yet another type beside it: each is looked at on its own.
    _, faults = column_of([value, object()], Column("x", "x", kind))

    assert (faults[0].row, faults[0].feature, faults[0].reason) == (0, "x", reason)


def test_nanoseconds_of_pandas_are_kept():
    stamp = pd.Timestamp("2013-01-01T00:00:00.000000001Z")

    column, faults = column_of([stamp, None], Column("x", "x", "datetime"))

    assert (column.to_pylist(), faults) == (["2013-01-01T00:00:00.000000001+00:00", None], [])


class Rude:
    """An object that cannot be shown."""

    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        ("\ud800", "\\ud800"),
        ("x" * 100, "x" * 57 + "..."),
        (Rude(), "Rude"),
        ([1, 2], "[1, 2]"),
        ("", ""),
    ],
)
def test_a_value_is_shown_short_and_on_one_line(value, text):
    assert shown(value) == text
