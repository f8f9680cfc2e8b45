"""Chunks: always the same, and of one size."""

import pyarrow as pa

from reconciler.contract import Column, Contract
from reconciler.records.sources import open_source

WEATHER = Contract(
    "weather", "origin", "observed_at", (Column("origin", "origin", "str"), Column("observed_at", "observed_at", "str"))
)


def test_chunks_have_one_size_but_the_last(tmp_path):
    table = pa.table({"origin": ["JFK"] * 7, "observed_at": list("abcdefg")})

    chunks = list(open_source(table, WEATHER, chunk_rows=3, scratch=tmp_path).chunks())

    assert [chunk.batch.num_rows for chunk in chunks] == [3, 3, 1]
    assert [chunk.first_row for chunk in chunks] == [0, 3, 6]
