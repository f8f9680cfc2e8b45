"""Whatever is in a file, it is rows, faults or a refusal in words: never a traceback, and the same every time."""

import gzip
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weather_rows import NAMES, WEATHER, a_table, opened, places_of, rows_of

from reconciler.errors import ReconcilerError
from reconciler.records.checking import check, check_columns
from reconciler.records.sources import csv_files, json_lines

HEADER = b"origin,observed_at,humid\n"
_BYTES = st.one_of(
    st.binary(max_size=80),
    st.lists(st.sampled_from([bytes([byte]) for byte in b'",\n\r\0a\xe9\xc3{}[:1'])).map(b"".join),
)


def _read(path, scratch, block=1 << 20):
    """Read all of it twice and check all of it, or be told why not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "BLOCK", block)
        patch.setattr(json_lines, "BLOCK", block)
        try:
            source = opened(path, scratch, chunk_rows=3)
            rows, places = rows_of(source), places_of(source)
        except ReconcilerError as refused:
            if path.name not in str(refused):
                raise
            return None
        assert len(rows) == len(places) == len(set(places))
        _check(source)
        return rows


def _check(source):
    check_columns(source.schema, WEATHER)
    for chunk in source.chunks():
        check(chunk.batch, WEATHER, texts=source.texts, now=datetime(2013, 1, 1, tzinfo=UTC), allow=frozenset())
        assert all(fault.place == chunk.place(fault.row) for fault in chunk.faults)


@given(_BYTES, st.booleans(), st.integers(1, 9))
def test_any_bytes_as_csv(tmp_path_factory, data, headed, block):
    folder = tmp_path_factory.mktemp("csv")
    path = folder / "weather.csv"
    path.write_bytes(HEADER * headed + data)

    in_parts, at_once = _read(path, folder, block), _read(path, folder)

    assert None in (in_parts, at_once) or in_parts == at_once


@given(_BYTES, st.integers(1, 9))
def test_any_bytes_as_json_lines(tmp_path_factory, data, block):
    folder = tmp_path_factory.mktemp("json")
    path = folder / "weather.jsonl"
    path.write_bytes(b'{"origin": "JFK"}\n' + data)

    in_parts, at_once = _read(path, folder, block), _read(path, folder)

    assert None in (in_parts, at_once) or in_parts == at_once


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), _JSON, max_size=6), max_size=7))
def test_any_objects_as_json_lines(tmp_path_factory, objects):
    folder = tmp_path_factory.mktemp("json")
    path = folder / "weather.jsonl"
    path.write_text("\n".join(map(json.dumps, objects)))

    rows = _read(path, folder)

    assert rows is None if not objects else len(rows) == len(objects)


@given(st.binary(min_size=1, max_size=20), st.data())
def test_a_packed_file_with_some_bytes_changed(tmp_path_factory, noise, data):
    folder = tmp_path_factory.mktemp("gz")
    path = folder / "weather.csv.gz"
    packed = bytearray(gzip.compress(HEADER + b"JFK,2013-01-01T05:00:00Z,3\n" * 50, mtime=0))
    at = data.draw(st.integers(0, len(packed)))
    packed[at : at + len(noise)] = noise
    path.write_bytes(bytes(packed))

    _read(path, folder)


@given(st.binary(min_size=1, max_size=20), st.data())
def test_a_parquet_file_cut_short_or_padded(tmp_path_factory, noise, data):
    folder = tmp_path_factory.mktemp("parquet")
    path = folder / "weather.parquet"
    pq.write_table(a_table(20), path)
    whole = path.read_bytes()
    path.write_bytes(data.draw(st.sampled_from([whole[: len(noise) * 7], whole + noise, noise + whole, noise])))

    _read(path, folder)


_ARROW = st.sampled_from(
    [
        pa.array([{"a": [1]}, None]),
        pa.array([[[1.5]], None]),
        pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        pa.array([b"\xff", None]),
        pa.array([1, None], pa.duration("s")),
        pa.array([1, None], pa.time32("s")),
        pa.array([1, None], pa.date64()),
        pa.array([2**63, None], pa.uint64()),
        pa.array([None, None]),
        pa.array(["x", None], pa.string_view()),
        pa.array(["x", None]).dictionary_encode(),
        pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2)),
        pa.array([["x"], None], pa.large_list(pa.large_string())),
        pa.array([1.5, None], pa.float16()),
        pa.array([True, None]),
        pa.array([10**30, None], pa.decimal256(40)),
        pa.array([0, -(2**62)], pa.timestamp("s", "UTC")),
        pa.nulls(2, pa.month_day_nano_interval()),
        pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["x"])),
        pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["x", "y"])]),
        pa.ListViewArray.from_arrays([0, 1], [1, 1], pa.array([1.0, 2.0])),
    ]
)


@given(st.dictionaries(st.sampled_from(NAMES), _ARROW, min_size=1), st.booleans())
def test_columns_of_any_arrow_type(tmp_path_factory, columns, streamed):
    folder = tmp_path_factory.mktemp("arrow")
    table = pa.table(columns)

    source = opened(table.to_reader() if streamed else table, folder, chunk_rows=1)

    assert [chunk.batch.num_rows for chunk in source.chunks()] == [1, 1]
    _check(source)


def test_cells_of_many_megabytes_are_read_whole(tmp_path):
    long = "ü" * 3_000_000
    path = tmp_path / "weather.csv"
    path.write_text(f'origin,observed_at\n"{long}\n""",b\nJFK,{long}\n')

    rows = rows_of(opened(path, tmp_path))

    assert [len(row["origin"]) for row in rows] == [3_000_002, 3]
    assert places_of(opened(path, tmp_path))[1].endswith(":4")


def test_a_table_of_thousands_of_columns_is_read(tmp_path):
    path = tmp_path / "weather.csv"
    names = ["origin", *(f"c{number}" for number in range(3_000))]
    path.write_text("\n".join([",".join(names), ",".join(["x"] * 3_001), ",".join(["x"] * 3_000)]))

    source = opened(path, tmp_path)

    assert len(source.schema) == 3_001
    assert [fault.reason for chunk in source.chunks() for fault in chunk.faults] == [
        "The line has 3000 cells; the header has 3001."
    ]
