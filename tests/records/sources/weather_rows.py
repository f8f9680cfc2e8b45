"""A group whose rows the tests of sources give, and how they read what became of them."""

import pyarrow as pa

from reconciler.contract import Column, Contract
from reconciler.records.sources import open_source

WEATHER = Contract(
    "weather",
    "origin",
    "observed_at",
    (
        Column("origin", "origin", "str"),
        Column("observed_at", "observed_at", "datetime"),
        Column("temp-f", "temp_f", "float", optional=True, required=False),
        Column("humid", "humid", "int", optional=True, required=False, default=50),
        Column("rainy", "rainy", "bool", optional=True, required=False),
        Column("gusts", "gusts", "float", optional=True, required=False, collection="List"),
    ),
)

NAMES = [column.name for column in WEATHER.columns]


def opened(data, scratch, chunk_rows=20_000, contract=WEATHER):
    """The source of some data."""
    return open_source(data, contract, chunk_rows=chunk_rows, scratch=scratch)


def rows_of(source):
    """All rows as dicts, after making sure that a second reading gives the same."""
    chunks = list(source.chunks())
    again = list(source.chunks())
    assert [_said(chunk) for chunk in chunks] == [_said(chunk) for chunk in again]
    assert all(chunk.batch.num_rows == source.chunk_rows for chunk in chunks[:-1])
    return [row for chunk in chunks for row in chunk.batch.to_pylist()]


def _said(chunk):
    """A chunk as it can be compared, NaN and all."""
    return chunk.number, chunk.first_row, chunk.batch.schema, chunk.batch.serialize().to_pybytes(), chunk.faults


def faults_of(source):
    """All faults of rows: place, feature, value, reason."""
    return [(f.place, f.feature, f.value, f.reason) for chunk in source.chunks() for f in chunk.faults]


def places_of(source):
    """Where every row stands."""
    return [chunk.place(row) for chunk in source.chunks() for row in range(chunk.batch.num_rows)]


def column_of(source, name):
    """The type of a column of the first chunk, and its values over all of them."""
    chunks = list(source.chunks())
    index = chunks[0].batch.schema.names.index(name)
    return chunks[0].batch.column(index).type, [v for c in chunks for v in c.batch.column(index).to_pylist()]


def a_table(rows=7, **columns):
    """An Arrow table of so many rows."""
    given = {"origin": [f"A{row:02}" for row in range(rows)], "observed_at": ["2013-01-01T05:00:00Z"] * rows}
    return pa.table({**given, **columns})
