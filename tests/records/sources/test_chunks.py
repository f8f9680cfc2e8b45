"""Chunks: always the same, of one size, and able to say where their rows stand."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weather_rows import a_table, opened, places_of, rows_of

from reconciler.records.faults import RowFault
from reconciler.records.sources import CHUNK_ROWS, Chunk, unnamed
from reconciler.records.sources.chunk import Piece, Rows, gather


def _a_batch(first, rows):
    return pa.record_batch({"n": pa.array(range(first, first + rows), pa.int64())})


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 7))
def test_pieces_of_any_size_become_chunks_of_one(sizes, chunk_rows):
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    pieces = [Piece(_a_batch(start, size), Rows("", start)) for start, size in zip(starts, sizes, strict=True)]

    chunks = list(gather(pieces, chunk_rows))

    assert [n for chunk in chunks for n in chunk.batch["n"].to_pylist()] == list(range(sum(sizes)))
    assert all(chunk.batch.num_rows == chunk_rows for chunk in chunks[:-1])
    assert [chunk.first_row for chunk in chunks] == list(range(0, sum(sizes), chunk_rows))
    assert [c.place(row) for c in chunks for row in range(c.batch.num_rows)] == [f"row {n}" for n in range(sum(sizes))]


@given(st.lists(st.lists(st.booleans(), max_size=9), max_size=6), st.integers(1, 7))
def test_faults_stay_with_their_rows_when_chunks_are_cut(pieces, chunk_rows):
    wrong, given_pieces, first = [], [], 0
    for piece in pieces:
        faults = tuple(RowFault(row, "", "", "", "is wrong.") for row, is_bad in enumerate(piece) if is_bad)
        given_pieces.append(Piece(_a_batch(first, len(piece)), Rows("", first), faults))
        wrong += [first + fault.row for fault in faults]
        first += len(piece)

    chunks = list(gather(given_pieces, chunk_rows))

    assert [chunk.first_row + fault.row for chunk in chunks for fault in chunk.faults] == wrong
    assert [fault.place for chunk in chunks for fault in chunk.faults] == [f"row {row}" for row in wrong]


def test_chunks_have_twenty_thousand_rows_unless_told_otherwise(tmp_path):
    chunks = list(opened(a_table(CHUNK_ROWS + 1), tmp_path).chunks())

    assert [chunk.batch.num_rows for chunk in chunks] == [20_000, 1]


def test_no_rows_make_no_chunks(tmp_path):
    for nothing in (a_table(0), a_table(0).to_pandas(), [], iter([]), a_table(0).to_reader()):
        source = opened(nothing, tmp_path)

        assert (list(source.chunks()), source.rows) == ([], 0)


def test_rows_of_several_files_share_a_chunk_and_keep_their_places(tmp_path):
    for name in "ab":
        pq.write_table(a_table(3), tmp_path / f"{name}.parquet")

    source = opened(tmp_path, tmp_path / "scratch", chunk_rows=4)

    places = [place.removeprefix(f"{tmp_path}/") for place in places_of(source)]
    assert places == [f"{name}.parquet row {row}" for name in "ab" for row in range(3)]
    assert len(rows_of(source)) == source.rows == 6


def test_two_readers_of_one_source_do_not_disturb_each_other(tmp_path):
    source = opened(a_table(9).to_reader(), tmp_path, chunk_rows=2)

    pairs = list(zip(source.chunks(), source.chunks(), strict=True))

    assert all(one.batch.equals(other.batch) for one, other in pairs)
    assert len(pairs) == 5


def test_what_a_source_has_named_is_not_named_again_for_the_nulls_it_left():
    source_faults = (RowFault(0, "a:1", "", "", "is no JSON."), RowFault(1, "a:2", "humid", "x", "is a text."))
    chunk = Chunk(0, 0, _a_batch(0, 3), lambda row: f"a:{row + 1}", source_faults)
    found = [RowFault(row, "", feature, "", "is missing.") for row in range(3) for feature in ("origin", "humid")]

    left = unnamed(chunk, found)

    assert [(fault.row, fault.feature) for fault in left] == [(1, "origin"), (2, "origin"), (2, "humid")]


def test_dictionaries_of_two_batches_are_joined_beyond_the_codes_of_either():
    kind = pa.dictionary(pa.int8(), pa.string())
    batches = [
        pa.record_batch({"n": pa.array([f"{half}{n}" for n in range(100)]).cast(kind)}) for half in ("left", "right")
    ]

    chunks = list(gather([Piece(batch, Rows("", 0)) for batch in batches], 200))

    assert len(set(chunks[0].batch["n"].to_pylist())) == 200


def test_a_source_closes_with_its_block_and_leaves_no_file(tmp_path):
    with opened(a_table(9).to_reader(), tmp_path, chunk_rows=2):
        assert list(tmp_path.iterdir())

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rows", [1, 2])
def test_a_stream_that_fits_one_chunk_needs_no_file(tmp_path, rows):
    source = opened(a_table(rows).to_reader(), tmp_path, chunk_rows=2)

    assert len(rows_of(source)) == rows
    assert not list(tmp_path.iterdir())
