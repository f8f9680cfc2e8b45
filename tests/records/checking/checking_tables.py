"""Tables as hypothesis makes them up: values in any column that Arrow might hold them in."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from checking_oracle import EPOCH, Everything
from hypothesis import strategies as st

CONTRACT = Everything.__feature_group__.contract(Everything)
INTS = st.one_of(st.integers(-10, 10), st.integers(-(2**63), 2**63 - 1), st.sampled_from([2**53, 2**53 + 1, -(2**53)]))
FLOATS = st.one_of(
    st.floats(), st.sampled_from([0.0, 1.0, 2.5, -0.0, 2.0**53, 2.0**54, 1e400]), st.integers(-9, 9).map(float)
)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**16), max_value=10**16)
WORDS = st.one_of(
    st.text(max_size=5),
    st.sampled_from(["a", "b", "abc", "äöü", "٣", "A\nB", "a\u2028", "", "x" * 2049, "x" * 2048]),
)
SECONDS = st.one_of(
    st.integers(-(10**9), 10**10),
    st.integers(-70_000_000_000, 260_000_000_000),
    st.sampled_from([0, 1_700_000_000_000]),
)


_USUAL = 6


@st.composite
def instants(draw):
    """Texts that are instants, or nearly: as a rule one thing is wrong with them."""

    def one_of(usual, *odd):
        return draw(st.sampled_from([*usual * _USUAL, *odd]))

    year = one_of(["2025", "2024", "2000", "1900", "9999", "0001"], "0000", "20x5")
    day = one_of(["01-01", "02-28", "02-29", "12-31"], "13-01", "04-31", "06-00", "00-10", "1-01")
    clock = one_of(["00:00:00", "23:59:59", "05:30:15"], "24:00:00", "12:60:00", "12:00:60", "12.00.00")
    decimals = one_of(["", ".5", ".120", ".000", ".123456", ".123456789"], ".1234567890", ".", ",5", ".12a")
    zone = one_of(
        ["Z", "z", "+00:00", "+0900", "-05", "-09:30", "+23:59"], "+24:00", "+01:60", "", " Z", "UTC", "+1", "-2:00"
    )
    return f"{year}-{day}{one_of(['T', 't', ' '], '_')}{clock}{decimals}{zone}"


TEXTS = st.one_of(
    WORDS,
    instants(),
    st.sampled_from(
        ["1", "0", "true", "False", "15", "-7", "1.0", "007", "1e3", ".5", "nan", "inf", " 1", "+2", "0x1F"]
    ),
    st.sampled_from(
        ["9223372036854775807", "9223372036854775808", "1" * 40, "2024-01-01", "1e400", "-0", "5.", "1.50"]
    ),
    INTS.map(str),
    st.floats().map(repr),
)
PARTS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class Held(NamedTuple):
    """A way to hold values: what they are to the oracle, how Arrow holds them, and which there may be."""

    as_what: str
    type: pa.DataType
    values: st.SearchStrategy

    def array(self, values):
        if self.as_what in ("zoned", "naive"):
            return pa.array(values, pa.int64()).cast(self.type)
        if pa.types.is_dictionary(self.type):
            return pa.array(values, pa.string()).dictionary_encode()
        return pa.array(values, self.type)

    def meant(self, array):
        """What the array really holds: a float32 is not the double that it was made from."""
        if self.as_what in ("zoned", "naive"):
            per = 10**9 // PARTS[self.type.unit]
            return [None if count is None else count * per for count in array.cast(pa.int64()).to_pylist()]
        return [float(value) if isinstance(value, np.floating) else value for value in array.to_pylist()]


def a_timestamp(unit, zone):
    parts = PARTS[unit]
    recent = st.builds(
        lambda s, part: s * parts + part, st.integers(1_700_000_000, 1_800_000_000), st.integers(0, parts - 1)
    )
    any_time = SECONDS.map(lambda seconds: seconds * parts) if unit != "ns" else recent
    return Held("zoned" if zone else "naive", pa.timestamp(unit, zone), st.one_of(recent, any_time))


HUNDREDTHS = st.integers(-(10**8), 10**8).map(lambda number: Decimal(number) / 100)
WORD_LISTS = st.lists(st.one_of(st.none(), WORDS, WORDS), max_size=3)
HELD = {
    "int64": Held("int", pa.int64(), INTS),
    "int8": Held("int", pa.int8(), st.integers(-128, 127)),
    "uint64": Held("int", pa.uint64(), st.integers(0, 2**64 - 1)),
    "double": Held("float", pa.float64(), FLOATS),
    "float": Held("float", pa.float32(), st.floats(width=32)),
    "half": Held("float", pa.float16(), st.floats(width=16)),
    "bool": Held("bool", pa.bool_(), st.booleans()),
    "decimal": Held("decimal", pa.decimal128(24, 3), DECIMALS),
    "cents": Held("decimal", pa.decimal128(9, 2), HUNDREDTHS),
    "date": Held("date", pa.date32(), st.dates(date(1, 1, 1))),
    "s": a_timestamp("s", "UTC"),
    "ms": a_timestamp("ms", "Asia/Tokyo"),
    "us": a_timestamp("us", "UTC"),
    "ns": a_timestamp("ns", "America/New_York"),
    "naive": a_timestamp("us", None),
    "text": Held("text", pa.string(), TEXTS),
    "large": Held("text", pa.large_string(), TEXTS),
    "view": Held("text", pa.string_view(), TEXTS),
    "category": Held("text", pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["a", "b", "c"])),
    "words": Held("list", pa.list_(pa.string()), WORD_LISTS),
    "floats": Held("list", pa.large_list(pa.float32()), st.lists(st.floats(width=32), max_size=3)),
}
_2025 = st.integers(1_735_689_600, 1_767_225_599)
_GOOD_WORDS = st.sampled_from(["a", "b", "JFK", "äöü", "Q-7"])


@st.composite
def good_instants(draw):
    """Instants of 2025 as texts, in every form that is taken."""
    local = EPOCH + timedelta(seconds=draw(_2025))
    decimals = draw(st.sampled_from(["", "", ".5", ".120", ".000", ".123456", ".123456789", ".000000001"]))
    zone = draw(st.sampled_from(["Z", "Z", "z", "+00:00", "+0900", "-05", "-09:30", "+23:59"]))
    return f"{local:%Y-%m-%d}{draw(st.sampled_from('TTt '))}{local:%H:%M:%S}{decimals}{zone}"


def _recent(unit, zone="UTC"):
    parts = PARTS[unit]
    counts = st.builds(lambda s, part: s * parts + part, _2025, st.integers(0, parts - 1))
    return Held("zoned", pa.timestamp(unit, zone), counts)


def _texts(*given):
    return Held("text", pa.string(), st.sampled_from(given))


GOOD = {
    "who": [Held("text", pa.string_view(), _GOOD_WORDS), HELD["category"]],
    "at": [Held("text", pa.string(), good_instants()), *(_recent(unit) for unit in PARTS), _recent("us", "Asia/Tokyo")],
    "whole": [
        Held("int", pa.int64(), st.integers(-5, 2**60 - 1)),
        Held("float", pa.float64(), st.integers(-5, 2**53).map(float)),
        Held("decimal", pa.decimal128(9, 2), st.integers(0, 999).map(Decimal)),
        HELD["bool"],
    ],
    "number": [
        Held("float", pa.float64(), st.integers(-(2**50), 2**50).map(lambda n: n / 2)),
        Held("float", pa.float16(), st.integers(-99, 99).map(lambda n: n / 2)),
        Held("int", pa.uint64(), st.integers(0, 2**53)),
        Held("decimal", pa.decimal128(24, 3), st.integers(-(10**12), 10**12).map(lambda n: Decimal(n) / 2)),
    ],
    "flag": [
        HELD["bool"],
        Held("int", pa.int8(), st.integers(0, 1)),
        Held("float", pa.float32(), st.sampled_from([0.0, 1.0])),
    ],
    "seconds": [Held("float", pa.float64(), st.floats(-6e10, 2.5e11)), Held("int", pa.int64(), _2025), _recent("us")],
    "later": [Held("text", pa.large_string(), good_instants()), _recent("ms"), _recent("ns")],
    "code": [_texts("a", "b")],
    "word": [_texts("a", "äb_1", "٣")],
    "even": [Held("int", pa.int64(), st.integers(-9, 9).map(lambda n: 2 * n))],
    "lower": [_texts("A", "b", "ÄB", "")],
    "words": [Held("list", pa.list_(pa.string()), st.lists(_GOOD_WORDS, max_size=2))],
    "names": [Held("list", pa.list_(pa.string()), st.lists(_GOOD_WORDS, max_size=4))],
    "vector": [Held("list", pa.list_(pa.float64()), st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=2))],
}
GOOD_TEXTS = {
    **{name: GOOD[name] for name in ("words", "names", "vector", "code", "word", "lower")},
    "who": [_texts("JFK", "é", "1")],
    "at": [Held("text", pa.string(), good_instants())],
    "whole": [_texts("15", "-5", "007", "12.00", "1152921504606846975")],
    "number": [_texts("1.5", "-2", "1e3", ".5", "+2", "5.", "1E-0")],
    "flag": [_texts("true", "False", "1", "0", "TRUE")],
    "seconds": [_texts("1700000000", "1700000000.25", "-1.5e3")],
    "later": [Held("text", pa.string(), good_instants())],
    "even": [_texts("2", "-4.0", "0")],
}
LIKELY = {
    "who": ["text", "view"],
    "at": ["s", "us", "ns", "text", "large"],
    "whole": ["int64", "int8", "double", "cents"],
    "number": ["double", "half", "int64", "decimal"],
    "flag": ["bool", "int8", "double"],
    "seconds": ["double", "int64", "us"],
    "later": ["ms", "text"],
    "code": ["text", "category"],
    "word": ["text"],
    "even": ["int64", "float"],
    "lower": ["text", "large"],
    "words": ["words"],
    "names": ["words"],
    "vector": ["floats"],
}
FLAT = sorted(HELD.keys() - {"words", "floats"})


@st.composite
def tables(draw, *, texts=False):
    """Columns as an Arrow batch, as rows of what they mean, and what holds each.

    Most columns are good ones, so that most tables have good rows; the others hold what might fit, or anything.
    """
    count = draw(st.integers(0, 6))
    columns, rows, types = {}, [{} for _ in range(count)], {}
    for column in CONTRACT.columns:
        if not column.required and draw(st.booleans()):
            continue
        mood = draw(st.sampled_from(["good"] * 8 + ["likely", "any"]))
        held = draw(st.sampled_from(_ways(column, mood, texts=texts)))
        may_miss = mood != "good" or not column.required
        values = st.one_of(held.values, st.none(), held.values) if may_miss else held.values
        given_values = draw(st.lists(values, min_size=count, max_size=count))
        columns[column.name], types[column.name] = held.array(given_values), held.as_what
        for row, value in zip(rows, held.meant(columns[column.name]), strict=True):
            row[column.name] = value
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)), rows, types


def _ways(column, mood, *, texts):
    if mood == "good":
        return (GOOD_TEXTS if texts else GOOD)[column.name]
    if texts:
        return [HELD[("words" if column.kind == "str" else "floats") if column.collection else "text"]]
    return [HELD[name] for name in (LIKELY[column.name] if mood == "likely" else FLAT)]
