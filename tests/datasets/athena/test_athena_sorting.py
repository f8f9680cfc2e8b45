"""Rows that do not fit into memory come in order all the same, whatever their keys look like."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.datasets.engines import athena_sorting
from reconciler.datasets.engines.athena_sorting import by_keys

TEXTS = st.sampled_from(["", "a", "b", "b ", "007", "7", "é", "日本", "😀", "\uffee"])
NUMBERS = st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)])


@pytest.mark.parametrize(
    ("ids", "kind", "order"),
    [(TEXTS, pa.string(), str.encode), (NUMBERS, pa.int64(), int)],
)
def test_rows_come_in_order(ids, kind, order, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(athena_sorting, "BLOCK_ROWS", 4)
    schema = pa.schema([("record_id", kind), ("event", pa.float64()), ("value", pa.int64())])

    @settings(max_examples=100)
    @given(
        st.lists(st.lists(st.tuples(ids, st.sampled_from([0.5, -1.0, 2.0, 1e9])), min_size=1, max_size=9), max_size=6)
    )
    def holds(batches):
        rows = [[(*row, number) for number, row in enumerate(some)] for some in batches]
        found = [
            pa.RecordBatch.from_arrays(list(map(pa.array, zip(*some, strict=True))), schema=schema) for some in rows
        ]
        folder = tmp_path_factory.mktemp("sorting")

        ordered = pa.Table.from_batches(by_keys(found, schema, ("record_id", "event"), folder), schema)

        keys = list(zip(ordered["record_id"].to_pylist(), ordered["event"].to_pylist(), strict=True))
        assert keys == sorted((row[:2] for some in rows for row in some), key=lambda row: (order(row[0]), row[1]))
        assert list(folder.iterdir()) == []

    holds()
