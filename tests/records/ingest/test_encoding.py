import json
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_rows import a_batch, a_column, a_contract

from reconciler.records import encoding
from reconciler.records.encoding import Form, encode, texts_of

T1 = "2024-01-01T00:00:00Z"
COLUMNS = (
    a_column("wind", "int", optional=True),
    a_column("temp-f", "float", optional=True),
    a_column("sky", optional=True),
    a_column("rain", "bool", optional=True),
    a_column("seen", "unix", optional=True),
    a_column("tags", optional=True, collection="Set"),
    a_column("counts", "int", optional=True, collection="List"),
    a_column("place", "float", optional=True, collection="Vector", dimension=2),
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.fixed_dictionaries(
    {"id": TEXTS.filter(bool), "at": st.just(T1)},
    optional={
        "wind": WHOLE,
        "temp-f": FLOATS,
        "sky": TEXTS,
        "rain": st.sampled_from((0, 1)),
        "seen": FLOATS,
        "tags": st.lists(TEXTS),
        "counts": st.lists(WHOLE),
        "place": st.lists(FLOATS, min_size=2, max_size=2),
    },
)


def parsed(row):
    """A record of the wire by feature; numbers are read back."""
    read = {"wind": int, "rain": int, "counts": int, "temp-f": float, "seen": float, "place": float}
    found = {}
    for item in row["Record"]:
        as_value = read.get(item["FeatureName"], str)
        many = item.get("ValueAsStringList")
        assert len(item) == 2
        found[item["FeatureName"]] = as_value(item["ValueAsString"]) if many is None else [as_value(v) for v in many]
    assert len(found) == len(row["Record"])
    return found


def entries(body):
    return json.loads(body)["Entries"]


@given(st.lists(ROWS))
def test_every_row_is_on_the_wire_as_it_was_given(rows):
    contract = a_contract(*COLUMNS)

    encoded = encode(a_batch(contract, rows), Form(contract, "dev-weather"))

    batches = [entry for start, stop in encoded.requests() for entry in entries(encoded.batch(start, stop))]
    assert [parsed(entry) for entry in batches] == rows
    assert {entry["FeatureGroupName"] for entry in batches} <= {"dev-weather"}
    assert [parsed(json.loads(encoded.put(n))) for n in range(len(rows))] == rows


@given(st.lists(ROWS, min_size=5, max_size=30), st.integers(0, 4))
def test_a_slice_of_a_batch_is_encoded_as_its_rows_alone(rows, first):
    contract = a_contract(*COLUMNS)
    form = Form(contract, "weather")

    sliced = encode(a_batch(contract, rows).slice(first), form)

    assert bytes(sliced.data) == bytes(encode(a_batch(contract, rows[first:]), form).data)


def test_stores_and_time_to_live_are_in_entries_and_in_puts():
    contract = a_contract()
    form = Form(contract, "weather", ("OnlineStore",), 90)

    encoded = encode(a_batch(contract, [{"id": "a", "at": T1}]), form)

    options = {"TargetStores": ["OnlineStore"], "TtlDuration": {"Unit": "Seconds", "Value": 90}}
    record = [{"FeatureName": "id", "ValueAsString": "a"}, {"FeatureName": "at", "ValueAsString": T1}]
    assert entries(encoded.batch(0, 1)) == [{"FeatureGroupName": "weather", "Record": record, **options}]
    assert json.loads(encoded.put(0)) == {"Record": record, **options}


def test_rows_that_do_not_follow_each_other_make_a_batch():
    contract = a_contract()
    rows = [{"id": str(n), "at": T1} for n in range(9)]

    body = encode(a_batch(contract, rows), Form(contract, "weather")).batch_of([8, 0, 3])

    assert [parsed(entry)["id"] for entry in entries(body)] == ["8", "0", "3"]


def test_batches_are_of_25_and_shorter_where_records_are_long(monkeypatch):
    contract = a_contract(a_column("sky"))
    short = [{"id": str(n), "at": T1, "sky": ""} for n in range(60)]
    long = [{"id": str(n), "at": T1, "sky": "x" * 350_000} for n in range(60)]

    plain, cut = (encode(a_batch(contract, rows), Form(contract, "weather")) for rows in (short, long))

    assert [stop - start for start, stop in plain.requests()] == [25, 25, 10]
    assert [stop - start for start, stop in cut.requests()] == [11, 11, 11, 11, 11, 5]
    assert len(list(cut.requests(most_bytes=10))) == 60


def test_what_does_not_fit_32_bits_of_offsets_is_encoded_the_same(monkeypatch):
    contract = a_contract(*COLUMNS)
    rows = [{"id": "a", "at": T1, "sky": 'quo"te', "tags": ["x", "y"]}, {"id": "b", "at": T1, "wind": 5}]
    plain = encode(a_batch(contract, rows), Form(contract, "weather"))
    monkeypatch.setattr(encoding, "_LARGE", 1)

    large = encode(a_batch(contract, rows), Form(contract, "weather"))

    assert bytes(large.data) == bytes(plain.data)
    assert large.offsets == plain.offsets


def test_integers_of_63_bits_and_floats_keep_every_digit():
    contract = a_contract(*COLUMNS)
    row = {"id": "a", "at": T1, "wind": -(2**63), "temp-f": 5e-324, "seen": 1388534400.123456}

    body = encode(a_batch(contract, [row]), Form(contract, "weather")).batch(0, 1)

    assert parsed(entries(body)[0]) == row


@given(FLOATS)
def test_the_text_of_a_number_reads_back_as_it_and_has_its_sign(value):
    text = texts_of(pa.array([value]))[0].as_py()

    assert float(text) == value
    assert math.copysign(1, float(text)) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-1.0, "-1"),
        (1e9, "1000000000"),
        (1e10, "1e+10"),
        (123456789012345680.0, "1.2345678901234568e+17"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (0.1, "0.1"),
        (1.5e300, "1.5e+300"),
        (1e22, "1e+22"),
    ],
)
def test_numbers_at_the_edges_of_exponents_have_their_shortest_text(value, text):
    assert texts_of(pa.array([value]))[0].as_py() == text
