"""What a check makes of values, and what it says of those it cannot use."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from checking_rows import NOW, a_column, a_contract
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.records.checking import check

AT = "2025-06-01T00:00:00Z"


def checked_column(array, kind, *, texts=False, **words):
    """One column beside good keys."""
    array = array if isinstance(array, pa.Array) else pa.array(array)
    contract = a_contract(
        a_column("value", kind, **{"optional": True, "required": False, **words}), who=str, at="datetime"
    )
    keys = {"who": [f"row{i}" for i in range(len(array))], "at": [AT] * len(array)}
    columns = [pa.array(keys["who"], pa.string()), pa.array(keys["at"], pa.string()), array]
    batch = pa.RecordBatch.from_arrays(columns, names=["who", "at", "value"])
    return check(batch, contract, texts=texts, now=NOW)


def values_of(checked):
    assert list(checked.faults) == []
    assert checked.bad is None
    return checked.batch.column("value").to_pylist()


def reason_of(checked):
    (fault,) = checked.faults
    assert fault.feature == "value"
    assert checked.bad.tolist() == [row == fault.row for row in range(len(checked.bad))]
    assert checked.batch.column("value")[fault.row].as_py() is None
    return fault.reason


INT, FLOAT, TEXT, BOOL, MOMENT = pa.int64(), pa.float64(), pa.string(), pa.bool_(), pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    ("array", "kind", "expected"),
    [
        (pa.array([1, None, -3], pa.int8()), int, [1, None, -3]),
        (pa.array([2**63 - 1], pa.uint64()), int, [2**63 - 1]),
        (pa.array([15.0, None, -0.0]), int, [15, None, 0]),
        (pa.array([2.0**53, -(2.0**53)]), int, [2**53, -(2**53)]),
        (pa.array([True, False, None]), int, [1, 0, None]),
        (pa.array([Decimal("12.00"), None]), int, [12, None]),
        (pa.array([True, None]), bool, [1, None]),
        (pa.array([1, 0]), bool, [1, 0]),
        (pa.array([1.0, None]), bool, [1, None]),
        (pa.array([2**53, -(2**53), None]), float, [2.0**53, -(2.0**53), None]),
        (pa.array([1.5, 0.1], pa.float32()), float, [1.5, 0.10000000149011612]),
        (pa.array([Decimal("12.34"), Decimal("0.10")]), float, [12.34, 0.1]),
        (pa.array([0]), float, [0.0]),
        (pa.array(["a", None, "b"]).dictionary_encode(), str, ["a", None, "b"]),
        (pa.array(["a"], pa.large_string()), str, ["a"]),
        (pa.array(["a", None], pa.string_view()), str, ["a", None]),
        (pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"]), str, ["a", "a", "b"]),
        (pa.array([None, None]), int, [None, None]),
        (pa.array([None, None]), "datetime", [None, None]),
        (pa.array([], pa.string()), float, []),
        (pa.array([datetime(2013, 1, 1, 14, tzinfo=ZoneInfo("Asia/Tokyo"))]), "datetime", ["2013-01-01T05:00:00Z"]),
        (pa.array(["2013-01-01 05:00:00.250+09:00"]), "datetime", ["2012-12-31T20:00:00.250Z"]),
        (pa.array(["9999-12-31T23:59:59.999999999Z"]), "datetime", ["9999-12-31T23:59:59.999999999Z"]),
        (pa.array(["0001-01-01T01:00:00+01:00"]), "datetime", ["0001-01-01T00:00:00Z"]),
        (pa.array(["2013-01-01T05:00:00.100000000Z"]), "datetime", ["2013-01-01T05:00:00.100Z"]),
        (pa.array([1_000_001], pa.int64()).cast(MOMENT), "datetime", ["1970-01-01T00:00:01.000001000Z"]),
        (pa.array([-1], pa.int64()).cast(pa.timestamp("ns", "UTC")), "datetime", ["1969-12-31T23:59:59.999999999Z"]),
        (pa.array([1_700_000_000, None]), "unix", [1.7e9, None]),
        (pa.array([1_700_000_000_250_000], pa.int64()).cast(MOMENT), "unix", [1_700_000_000.25]),
    ],
)  # fmt: skip
def test_what_loses_nothing_is_converted(array, kind, expected):
    assert values_of(checked_column(array, kind)) == expected


@pytest.mark.parametrize(
    ("array", "kind", "said"),
    [
        (pa.array([1.5]), int, "no whole number"),
        (pa.array([float("nan")]), int, "no number"),
        (pa.array([2.0**53 + 2]), int, "beyond 2^53"),
        (pa.array([2**63], pa.uint64()), int, "64 bits"),
        (pa.array([Decimal("1.5")]), int, "no whole number"),
        (pa.array([Decimal(10) ** 25]), int, "64 bits"),
        (pa.array(["15"]), int, "It is text, and the feature takes whole numbers."),
        (pa.array(["1.5"]), float, "It is text"),
        (pa.array(["true"]), bool, "It is text"),
        (pa.array([2]), bool, "neither true nor false"),
        (pa.array([True]), float, "true or false"),
        (pa.array([2**53 + 1]), float, "beyond 2^53"),
        (pa.array([float("inf")]), float, "no number"),
        (pa.array([Decimal("0.1234567890123456789")]), float, "more digits"),
        (pa.array([1]), str, "It is a number, and the feature takes text."),
        (pa.array([b"x"]), str, "the type binary"),
        (pa.array([{"a": 1}]), float, "struct<a: int64>"),
        (pa.array([[1.0]]), float, "a list"),
        (pa.array([datetime(2013, 1, 1)]), "datetime", "no time zone"),  # noqa: DTZ001
        (pa.array([date(2013, 1, 1)]), "datetime", "a date without a time of day"),
        (pa.array(["2013-01-01"]), "datetime", "a date without a time of day"),
        (pa.array(["2013-01-01T00:00:00"]), "datetime", "no time zone"),
        (pa.array(["2013-01-01T00:00:60Z"]), "datetime", "leap second"),
        (pa.array(["2013-02-29T00:00:00Z"]), "datetime", "no such instant"),
        (pa.array(["2013-01-01T00:00:00.1234567891Z"]), "datetime", "nine decimals"),
        (pa.array(["0000-01-01T00:00:00Z"]), "datetime", "0001 to 9999"),
        (pa.array(["0001-01-01T00:00:00+01:00"]), "datetime", "no such instant"),
        (pa.array(["9999-12-31T23:59:59-00:01"]), "datetime", "no such instant"),
        (pa.array(["yesterday"]), "datetime", "no ISO-8601 instant"),
        (pa.array([1_700_000_000]), "datetime", "It is a number, and the feature takes an instant."),
        (pa.array([1_700_000_000_000]), "unix", "milliseconds"),
        (pa.array([1_700_000_000_000_000.0]), "unix", "microseconds"),
        (pa.array([1.7e18]), "unix", "nanoseconds"),
        (pa.array([-1e11]), "unix", "0001 to 9999"),
        (pa.array([2**60], pa.int64()).cast(pa.timestamp("s", "UTC")), "datetime", "0001 to 9999"),
        (pa.array([1_700_000_000_123_456_789], pa.int64()).cast(pa.timestamp("ns", "UTC")), "unix", "last digit"),
        (pa.array(["a\nb"]), str, "line break"),
        (pa.array(["ä\u2028b"]), str, "line break"),
        (pa.array(["x" * 358_401]), str, "more than 358,400 characters"),
        (pa.array([b"\xed\xa0\x80"]).view(pa.string()), str, "no UTF-8"),
    ],
)  # fmt: skip
def test_what_might_lose_something_is_a_fault(array, kind, said):
    assert said in reason_of(checked_column(array, kind))


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("15", int, 15),
        ("-007", int, -7),
        ("15.0", int, 15),
        ("9223372036854775807", int, 2**63 - 1),
        ("true", bool, 1),
        ("False", bool, 0),
        ("1", bool, 1),
        ("1e-3", float, 0.001),
        (".5", float, 0.5),
        ("1700000000.25", "unix", 1_700_000_000.25),
        ("2013-01-01 05:00:00Z", "datetime", "2013-01-01T05:00:00Z"),
        ("", str, ""),
        (" a ", str, " a "),
    ],
)
def test_a_cell_of_a_csv_file_is_parsed(text, kind, expected):
    assert values_of(checked_column([text, None], kind, texts=True)) == [expected, None]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *[(text, int) for text in ("", "1.5", " 1", "1,000", "0x1F", "1e3", "-", str(2**63), "9" * 5000, "٣")],
        *[(text, float) for text in ("", "1,5", "nan", "inf", "1_0", "1e400", "1.5 ")],
        *[(text, bool) for text in ("", "yes", "2", "1.0", "tRue")],
        *[(text, "unix") for text in ("2013-01-01T00:00:00Z", "1700000000000")],
        ("1357016400", "datetime"),
    ],
)  # fmt: skip
def test_a_cell_that_is_no_such_value_is_a_fault(text, kind):
    assert reason_of(checked_column(["1" if kind != "datetime" else AT, text, None], kind, texts=True))


def test_the_fault_shows_the_value_and_where_it_is():
    checked = checked_column(["1", "warm", "3"], float, texts=True)

    (fault,) = checked.faults.at(100, lambda row: f"weather.csv:{row + 2}")

    assert fault == (
        101,
        "weather.csv:3",
        "value",
        "warm",
        "The text is no number.",
        "Write it like 1.5 or 1e-3, without blanks or separators.",
    )


def test_faults_come_by_row_whatever_the_column():
    contract = a_contract(who=str, at="datetime", one=float, other=float)
    batch = pa.record_batch({"who": ["a", "b"], "at": [AT, "x"], "one": [np.inf, 1], "other": [np.nan, np.nan]})

    checked = check(batch, contract, texts=False, now=NOW)

    assert [(f.row, f.feature) for f in checked.faults] == [(0, "one"), (0, "other"), (1, "at"), (1, "other")]
    assert len(checked.faults) == 4


def test_a_long_value_is_shown_short():
    (fault,) = checked_column(["x" * 300 + "\n"], str).faults

    assert fault.value == "x" * 100 + "... (301 characters)"


@pytest.mark.parametrize(
    ("array", "kind", "words", "said"),
    [
        ([5, 4], int, {"bounds": [("ge", 5)]}, "at least 5"),
        ([5, 6], int, {"bounds": [("lt", 6)]}, "less than 6"),
        ([0.5, 0.0], float, {"bounds": [("gt", 0)]}, "more than 0"),
        ([1.0, 1.1], float, {"bounds": [("le", 1)]}, "at most 1"),
        ([4, 5], int, {"bounds": [("multiple_of", 2)]}, "a multiple of 2"),
        ([0.3, 0.35], float, {"bounds": [("multiple_of", 0.1)]}, "a multiple of 0.1"),
        (["éé", "ééé"], str, {"bounds": [("max_length", 2)]}, "more than 2 characters"),
        (["ab", "a"], str, {"bounds": [("min_length", 2)]}, "fewer than 2 characters"),
        (["äb", "a-"], str, {"bounds": [("pattern", r"^\w+$")]}, r"does not match ^\w+$"),
        (["b", "a"], str, {"bounds": [("ge", "b")]}, "at least b"),
        (["ab", "b"], str, {"bounds": [("pattern", r"^(?=a)")]}, r"does not match ^(?=a)"),
        ([AT, "2025-05-31T23:59:59.999999999Z"], "datetime", {"bounds": [("ge", AT)]}, f"at least {AT}"),
        (["a", "c"], str, {"choices": ("a", "b")}, "none of a, b"),
        ([["a"], ["abc"]], str, {"collection": "List", "element_bounds": [("max_length", 2)]}, "An element"),
        ([["a"], ["a", "b"]], str, {"collection": "List", "bounds": [("max_length", 1)]}, "more than 1 elements"),
        ([["a", "a"], ["a", "b"]], str, {"collection": "Set", "bounds": [("max_length", 1)]}, "more than 1 elements"),
        ([[1.0, 2.0], [1.0]], float, {"collection": "Vector", "dimension": 2}, "exactly 2 elements"),
        ([["a"], ["a", None]], str, {"collection": "List"}, "None inside"),
        ([["a"], ["\n"]], str, {"collection": "List"}, "An element cannot be used. It has a line break"),
        ([[1.0], [np.inf]], float, {"collection": "List"}, "An element cannot be used. It is no number"),
    ],
)  # fmt: skip
def test_what_the_spec_demands_is_checked(array, kind, words, said):
    checked = checked_column(array, kind, **words)

    assert said in reason_of(checked)
    assert checked.bad.tolist() == [False, True]


@pytest.mark.parametrize(
    "type_",
    [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float64(), 2), pa.list_view(pa.int64())],
    ids=str,
)
def test_lists_of_any_kind_are_taken(type_):
    checked = checked_column(pa.array([[1, 2], None, [3, 4]], type_), float, collection="Vector", dimension=2)

    assert values_of(checked) == [[1.0, 2.0], None, [3.0, 4.0]]


def test_the_elements_of_a_set_are_kept_once():
    checked = checked_column([["b", "a", "b"], None, []], str, collection="Set")

    assert values_of(checked) == [["b", "a"], None, []]


@pytest.mark.parametrize(
    ("text", "kind", "expected"), [('["a", "b"]', str, ["a", "b"]), ("[1.5, 2]", float, [1.5, 2.0]), ("[]", int, [])]
)
def test_a_collection_in_a_csv_file_is_a_json_list(text, kind, expected):
    assert values_of(checked_column([text, None], kind, texts=True, collection="List")) == [expected, None]


@pytest.mark.parametrize("text", ["", "a", '"a"', "[1]", "[", '["a", {}]'])
def test_a_cell_that_is_no_such_list_is_a_fault(text):
    assert "JSON" in reason_of(checked_column([text, "[]"], str, texts=True, collection="List"))


def test_a_fault_shows_nothing_that_a_terminal_would_obey():
    (fault,) = checked_column(["\x1b[31mred\n"], str).faults

    assert fault.value == r"\x1b[31mred\n"


def test_slices_and_pieces_are_checked_like_whole_columns():
    words = pa.array([None, "a", "b\n", "c", "long text", "", "é"])
    for first in range(len(words)):
        part = words.slice(first, 3)

        checked = checked_column(part, str)

        expected = [None if value == "b\n" else value for value in part.to_pylist()]
        assert checked.batch.column("value").to_pylist() == expected


def test_instants_of_several_lengths_keep_their_order():
    texts = [
        "2025-01-01T00:00:00Z",
        None,
        "2025-01-01T00:00:00.5Z",
        "2025-01-01 09:00:00+0900",
        "2025-01-01T00:00:00.000001Z",
    ]

    checked = checked_column(texts, "datetime")

    assert values_of(checked) == [
        "2025-01-01T00:00:00Z",
        None,
        "2025-01-01T00:00:00.500Z",
        "2025-01-01T00:00:00Z",
        "2025-01-01T00:00:00.000001000Z",
    ]


# ---- Whole rows ----


def a_check(contract, now=NOW, allow=(), **columns):
    batch = pa.RecordBatch.from_arrays([pa.array(values) for values in columns.values()], names=list(columns))
    return check(batch, contract, texts=False, now=now, allow=frozenset(allow))


def reasons(checked):
    return [(fault.row, fault.feature, fault.reason) for fault in checked.faults]


def test_canonical_columns_are_those_of_the_contract_in_its_order_by_their_names_on_aws():
    contract = a_contract(
        a_column("wind-mph", float, field="wind", required=False, optional=True), who=str, at="datetime"
    )

    checked = a_check(contract, wind=[1, 2], at=[AT, AT], who=["a", "b"], stranger=[1, 2])

    assert checked.batch.schema == pa.schema([("who", pa.string()), ("at", pa.string()), ("wind-mph", pa.float64())])
    assert checked.batch.column("wind-mph").to_pylist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("default", "kind", "words", "expected"),
    [
        (None, float, {"optional": True}, None),
        (1, float, {}, 1.0),
        ("a", str, {"choices": ("a",)}, "a"),
        ("2020-01-01T00:00:00Z", "datetime", {}, "2020-01-01T00:00:00Z"),
        (True, bool, {}, 1),
        ([], str, {"collection": "List"}, []),
        (["x"], str, {"collection": "Set"}, ["x"]),
    ],
)
def test_the_default_stands_in_for_a_column_and_for_values_that_are_missing(default, kind, words, expected):
    column = a_column("value", kind, default=default, required=False, **words)
    contract = a_contract(column, who=str, at="datetime")
    type_ = {"str": TEXT, "datetime": TEXT, "float": FLOAT, "bool": BOOL}[column.kind]
    empty = pa.nulls(2, pa.list_(type_) if column.collection else type_)

    without = a_check(contract, who=["a", "b"], at=[AT, AT])
    with_nulls = a_check(contract, who=["a", "b"], at=[AT, AT], value=empty)

    for checked in (without, with_nulls):
        assert checked.bad is None
        assert checked.batch.column("value").to_pylist() == [expected] * 2
    assert without.batch.schema == with_nulls.batch.schema


def test_a_default_does_not_stand_in_for_a_value_at_fault():
    contract = a_contract(a_column("value", float, default=1.0, required=False), who=str, at="datetime")

    checked = a_check(contract, who=["a", "b", "c"], at=[AT] * 3, value=[np.inf, None, 3.0])

    assert checked.bad.tolist() == [True, False, False]
    assert checked.batch.column("value").to_pylist() == [None, 1.0, 3.0]


def test_a_value_that_has_to_be_there_and_is_not_is_a_fault():
    contract = a_contract(a_column("value", float), who=str, at="datetime")

    checked = a_check(contract, who=["a", None], at=[None, AT], value=[1.0, None])

    assert reasons(checked) == [
        (0, "at", "There is no value, and every row has to have one."),
        (1, "who", "There is no value, and every row has to have one."),
        (1, "value", "There is no value, and every row has to have one."),
    ]


def test_without_a_required_column_every_row_is_bad():
    checked = a_check(a_contract(who=str, at="datetime"), who=["a", "b"])

    assert checked.bad.tolist() == [True, True]
    assert checked.batch.column("at").to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("identifier", "said"),
    [("", "empty"), ("x" * 2049, "longer than 2,048 bytes"), ("é" * 1025, "longer than 2,048 bytes")],
)
def test_a_record_identifier_is_there_and_not_too_long(identifier, said):
    checked = a_check(a_contract(who=str, at="datetime"), who=[identifier, "x" * 2048], at=[AT, AT])

    (fault,) = checked.faults
    assert (fault.row, fault.feature) == (0, "who")
    assert said in fault.reason


def test_a_record_is_not_larger_than_aws_takes():
    contract = a_contract(who=str, at="datetime", one=str, other=str)
    size = 350 * 1024 - len("whoatoneother") - len(AT) - 1
    half = "ä" * (size // 4)
    rest = "x" * (size - 2 * len(half))

    checked = a_check(contract, who=["a", "b", "c"], at=[AT] * 3, one=[half, half, None], other=[rest, rest + "y", "z"])

    (fault,) = checked.faults
    assert (fault.row, fault.feature, fault.value) == (1, "", f"{350 * 1024 + 1:,} bytes")


def test_the_size_counts_the_elements_of_collections():
    contract = a_contract(
        a_column("list", str, collection="List", optional=True, required=False), who=str, at="datetime"
    )

    checked = a_check(contract, who=["a", "b", "c"], at=[AT] * 3, list=[["x" * 180_000] * 2, ["x"], None])

    assert [fault.row for fault in checked.faults] == [0]


def test_an_event_time_that_is_a_text_is_kept_where_aws_documents_the_form():
    contract = a_contract(who=str, at=str)
    texts = ["2025-01-01T00:00:00.000Z", "2025-01-01 00:00:00Z", "2025-01-01T00:00:00.5Z"]

    checked = a_check(contract, who=["a", "b", "c"], at=texts)

    assert checked.batch.column("at").to_pylist() == [texts[0], "2025-01-01T00:00:00Z", "2025-01-01T00:00:00.500Z"]
    assert checked.nanos.tolist() == [0, 0, 500_000_000]


@pytest.mark.parametrize("edge", [-62_135_596_800.0, 253_402_300_799.0, 253_402_300_799.99])
def test_the_first_and_the_last_second_there_are_can_be_said(edge):
    assert values_of(checked_column([edge], "unix")) == [edge]


@pytest.mark.parametrize("beyond", [-62_135_596_801.0, 253_402_300_800.0])
def test_a_second_beyond_the_years_there_are_is_a_fault(beyond):
    assert reason_of(checked_column([beyond], "unix"))


@given(st.floats(-62_135_596_800, 253_402_300_799.99) | st.integers(10**15, 2 * 10**15).map(lambda n: n / 10**6))
@example(1_700_000_000.1234567)
@example(-1e-20)
@example(1e9 + 2**-8)
@example(253_402_300_799.99)
def test_seconds_are_split_as_their_shortest_decimal_says(number):
    checked = a_check(a_contract(who=str, at="unix"), who=["a"], at=[number])

    exact = int((Decimal(repr(number)) * 10**9).to_integral_value("ROUND_FLOOR"))
    assert divmod(exact, 10**9) == (checked.seconds[0], checked.nanos[0])


def test_a_row_that_is_expired_on_arrival_is_a_fault_unless_allowed_by_name():
    contract = replace(a_contract(who=str, at="datetime"), ttl_s=3600)
    times = ["2025-12-31T23:00:00Z", "2025-12-31T23:00:00.000000001Z", "9999-12-31T23:30:00Z"]

    checked = a_check(contract, who=["a", "b", "c"], at=times)
    allowed = a_check(contract, who=["a", "b", "c"], at=times, allow=["expired"])

    first, last = checked.faults
    assert (first.row, first.feature, first.value) == (0, "at", "2025-12-31T23:00:00Z")
    assert first.reason == "The row is expired on arrival: its time to live of 1:00:00 is over."
    assert (last.row, "after the year 9999" in last.reason) == (2, True)
    assert [fault.row for fault in allowed.faults] == [2]


def test_nothing_expires_without_an_online_store():
    contract = replace(a_contract(who=str, at="datetime"), ttl_s=1, online=False)

    checked = a_check(contract, who=["a"], at=["2000-01-01T00:00:00Z"])

    assert checked.bad is None


def test_a_batch_without_rows_has_no_faults():
    contract = a_contract(a_column("tags", str, collection="Set", optional=True), who=str, at="datetime", number=float)
    schema = pa.schema([("who", TEXT), ("at", MOMENT), ("number", INT), ("tags", pa.list_(TEXT))])

    checked = check(pa.RecordBatch.from_pylist([], schema), contract, texts=False, now=NOW)

    assert (len(checked.faults), checked.bad, checked.batch.num_rows) == (0, None, 0)
