"""Any rows in any order come out sorted, whatever fits into memory."""

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.records.offline import sorting
from reconciler.records.offline.sorting import Sorter

SECONDS = st.one_of(
    st.integers(-62_135_596_800, 253_402_300_799), st.integers(1_356_998_400, 1_356_998_410), st.just(1_356_998_400)
)
MOMENTS = st.tuples(SECONDS, st.one_of(st.just(0), st.integers(0, 999_999_999)))
BATCHES = st.lists(st.lists(MOMENTS, max_size=12), max_size=8)


def added(sorter, batches):
    """Add batches of moments; answers (seconds, nanos, number) of all rows."""
    rows = []
    for batch in batches:
        first = len(rows)
        rows += [(*moment, first + n) for n, moment in enumerate(batch)]
        seconds, nanos = (
            np.array([moment[i] for moment in batch], kind) for i, kind in enumerate((np.int64, np.int32))
        )
        numbers = np.arange(first, first + len(batch))
        names = [None if n % 3 == 0 else f"row {n}" for n in numbers]
        table = pa.RecordBatch.from_pydict(
            {"number": numbers, "name": names}, schema=pa.schema([("number", pa.int64()), ("name", pa.string())])
        )
        sorter.add(table, seconds, nanos, numbers)
    return rows


@pytest.fixture(params=[1 << 18, 4])
def window(request, monkeypatch):
    monkeypatch.setattr(sorting, "WINDOW_ROWS", request.param)
    return request.param


@given(batches=BATCHES, memory=st.sampled_from([1, 300, 1 << 30]), data=st.data())
def test_rows_come_in_the_order_of_their_seconds_each_once(window, batches, memory, data):
    with tempfile.TemporaryDirectory() as scratch, closing(Sorter(Path(scratch), memory)) as sorter:
        rows = added(sorter, batches)
        drop = data.draw(st.lists(st.sampled_from([row[2] for row in rows]), unique=True)) if rows else []

        parts = list(sorter.sorted(np.array(sorted(drop), np.int64)))

        seconds = [second for part in parts for second in part.seconds.tolist()]
        numbers = [n for part in parts for n in part.batch.column("number").to_pylist()]
        names = [name for part in parts for name in part.batch.column("name").to_pylist()]
    assert seconds == sorted(row[0] for row in rows if row[2] not in drop)
    assert sorted(numbers) == [row[2] for row in rows if row[2] not in drop]
    assert seconds == [rows[n][0] for n in numbers]
    assert names == [None if n % 3 == 0 else f"row {n}" for n in numbers]


@given(batches=BATCHES, memory=st.sampled_from([1, 300, 1 << 30]))
def test_rows_of_one_instant_stay_in_the_order_they_came(batches, memory):
    with tempfile.TemporaryDirectory() as scratch, closing(Sorter(Path(scratch), memory)) as sorter:
        rows = added(sorter, batches)

        numbers = [n for part in sorter.sorted() for n in part.batch.column("number").to_pylist()]

    assert numbers == [row[2] for row in sorted(rows)]


@given(batches=BATCHES, memory=st.sampled_from([1, 1 << 30]))
def test_partitions_are_counted(batches, memory):
    with tempfile.TemporaryDirectory() as scratch, closing(Sorter(Path(scratch), memory)) as sorter:
        rows = added(sorter, batches)

        found = sorter.partitions(3600)

    expected = {}
    for row in rows:
        expected[row[0] // 3600] = expected.get(row[0] // 3600, 0) + 1
    assert found == expected


def test_windows_hold_no_more_than_they_should(tmp_path, monkeypatch):
    monkeypatch.setattr(sorting, "WINDOW_ROWS", 1_000)
    random = np.random.default_rng(7)
    with closing(Sorter(tmp_path)) as sorter:
        for first in range(0, 50_000, 500):
            seconds = random.integers(0, 100_000, 500)
            numbers = np.arange(first, first + 500)
            sorter.add(pa.record_batch({"n": numbers}), seconds, np.zeros(500, np.int32), numbers)

        sizes = [part.batch.num_rows for part in sorter.sorted()]

    assert sum(sizes) == 50_000
    assert max(sizes) <= 1_500


def test_a_second_with_more_rows_than_a_window_comes_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(sorting, "WINDOW_ROWS", 100)
    with closing(Sorter(tmp_path, memory=5_000)) as sorter:
        rows = added(sorter, [[(1_356_998_400, 0)] * 150 for _ in range(20)])

        parts = list(sorter.sorted())

    assert max(part.batch.num_rows for part in parts) <= 100
    assert [n for part in parts for n in part.batch.column("number").to_pylist()] == [row[2] for row in rows]
