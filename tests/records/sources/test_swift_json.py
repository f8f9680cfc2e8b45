"""Lines that Arrow reads at once are the rows that they are one by one."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from weather_rows import NAMES, WEATHER

from reconciler.records.sources.json_lines import row_of
from reconciler.records.sources.json_swift import SwiftReader
from reconciler.records.sources.rows import Reader

_NUMBERS = st.sampled_from(
    ["1", "-0", "1.5", "1e3", "9007199254740993", "0.1", "1e400", "18446744073709551616", "01", "NaN"]
)
_TEXTS = st.sampled_from(['"x"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"é"', '""', '"a\\"b"', '"1"'])
_OTHER = st.sampled_from(["null", "true", "false", "[]", "[1.5, 2]", "[null]", "{}", '{"a": 1}', "[1, [2]]", ""])
_VALUES = _NUMBERS | _TEXTS | _OTHER
_PAIRS = st.lists(st.tuples(st.sampled_from([*NAMES, "temp_f", "other", "reconciler:row"]), _VALUES), max_size=6)


def _line(pairs):
    return ("{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in pairs) + "}").encode()


def _full(**others):
    return {"origin": "JFK", "observed_at": "2013-01-01T05:00:00Z", "humid": 7, **others}


_PLAIN = st.fixed_dictionaries(
    {"origin": st.text(), "observed_at": st.text(max_size=3), "humid": st.integers(-(2**63), 2**63 - 1)},
    optional={
        "temp-f": st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "rainy": st.none() | st.booleans(),
        "gusts": st.none() | st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), max_size=3),
    },
).map(lambda row: json.dumps(row).encode())


def _compare(lines):
    """What Arrow took is the same as what is taken one by one, and nothing was at fault."""
    swift = SwiftReader(WEATHER).batch(lines)
    if swift is not None:
        batch, faults = Reader(WEATHER).batch([row_of(line) for line in lines])
        assert not faults
        assert swift.to_pylist() == batch.to_pylist()
    return swift is not None


@given(st.lists(_PAIRS.map(_line) | _PLAIN, min_size=1, max_size=4))
@example([b'{"origin": "a"} {"origin": "b"}', b'{"origin": ', b'"c"}'])
@example([b'{"origin": "a"}{"origin": "b"}', b"{}"])
@example([b'{"origin": "caf\xe9", "humid": 1}'])
@example([b'{"origin": "a", "origin": "b", "humid": 1}'])
def test_hard_lines_are_left_to_the_careful_reader_or_read_the_same(lines):
    _compare(lines)


@given(st.lists(_PLAIN, min_size=1, max_size=4))
def test_plain_lines_are_read_the_same(lines):
    _compare(lines)


@pytest.mark.parametrize(
    ("row", "taken"),
    [
        (_full(), True),
        (_full(gusts=[1.5, 2], rainy=True, **{"temp-f": -0.5}), True),
        (_full(rainy=None), True),
        (_full(humid=None), False),
        (_full(humid=2.0), False),
        (_full(other=1), False),
        (_full(gusts=[2**53]), False),
        (_full(**{"temp-f": 2**53 + 1}), False),
    ],
)
def test_only_what_is_certain_is_read_at_once(row, taken):
    assert _compare([json.dumps(row).encode()]) == taken
