"""Tables in memory: pandas, polars, Arrow. Nothing is copied but the chunk at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from reconciler.contract import Column, Contract
from reconciler.records.faults import RowFault
from reconciler.records.sources.chunk import Piece, Rows, gather
from reconciler.records.sources.source import Source
from reconciler.records.sources.spool import Spool, spool_file
from reconciler.records.sources.values import Values, column_of

Part = Callable[[int, int], "tuple[pa.RecordBatch, tuple[RowFault, ...]]"]


def columns_by_name(contract: Contract) -> dict[str, Column]:
    """The contract's columns by their names on AWS and in Python; where two claim one name, AWS's wins."""
    return {column.field: column for column in contract.columns} | {column.name: column for column in contract.columns}


def table_source(table: pa.Table, contract: Contract, chunk_rows: int) -> Source:
    """An Arrow table."""
    del contract

    def pieces() -> Iterator[Piece]:
        row = 0
        for batch in table.to_batches():
            yield Piece(batch, Rows("", row))
            row += batch.num_rows

    return Source("Arrow table", table.schema, pieces, table.num_rows, chunk_rows=chunk_rows)


def stream_source(reader: pa.RecordBatchReader, chunk_rows: int, scratch: Path, name: str = "Arrow stream") -> Source:
    """An Arrow stream, which can be read but once: spooled."""
    spool = Spool(scratch)
    chunks = gather((Piece(batch, Rows("", 0)) for batch in reader), chunk_rows)
    spool.fill((chunk.batch, ()) for chunk in chunks)
    return Source(name, reader.schema, spool.pieces, spool.rows, chunk_rows=chunk_rows, closing=spool.close)


def pandas_source(frame: Any, contract: Contract, chunk_rows: int) -> Source:
    """A DataFrame. Levels of the index that are named like a feature count as columns; any other index is left out."""
    known = columns_by_name(contract)
    levels = [name for name in frame.index.names if name in known and name not in frame.columns]
    if levels:
        frame = frame.reset_index(level=levels)
    names = [str(label).encode("utf-8", "backslashreplace").decode() for label in frame.columns]
    part = partial(_of_pandas, frame, names, [known.get(name) for name in names])
    return _sliced("DataFrame", len(frame), part, chunk_rows)


def polars_source(frame: Any, contract: Contract, chunk_rows: int) -> Source:
    """A polars DataFrame."""
    known = columns_by_name(contract)
    part = partial(_of_polars, frame, [known.get(name) for name in frame.columns])
    return _sliced("DataFrame", len(frame), part, chunk_rows)


def lazy_source(frame: Any, chunk_rows: int, scratch: Path) -> Source:
    """A polars LazyFrame: worked out once, streaming, into the scratch folder."""
    import polars as pl  # noqa: PLC0415 - the caller has a frame of it

    path = spool_file(scratch, ".arrow")
    try:
        frame.sink_ipc(path, compression="lz4", compat_level=pl.CompatLevel.oldest())
    except BaseException:
        path.unlink()
        raise

    def pieces() -> Iterator[Piece]:
        row = 0
        with pa.ipc.open_file(path) as file:
            for index in range(file.num_record_batches):
                batch = file.get_batch(index)
                yield Piece(batch, Rows("", row))
                row += batch.num_rows

    with pa.ipc.open_file(path) as file:
        schema, rows = file.schema, sum(file.get_batch(i).num_rows for i in range(file.num_record_batches))
    return Source(
        "LazyFrame", schema, pieces, rows, chunk_rows=chunk_rows, closing=partial(path.unlink, missing_ok=True)
    )


def _sliced(name: str, rows: int, part: Part, chunk_rows: int) -> Source:
    def pieces() -> Iterator[Piece]:
        for first in range(0, rows, chunk_rows):
            batch, faults = part(first, chunk_rows)
            yield Piece(batch, Rows("", first), faults)

    schema = part(0, chunk_rows)[0].schema
    return Source(name, schema, pieces, rows, chunk_rows=chunk_rows)


def _of_pandas(
    frame: Any, names: Sequence[str], columns: Sequence[Column | None], first: int, rows: int
) -> tuple[pa.RecordBatch, tuple[RowFault, ...]]:
    part = frame.iloc[first : first + rows]
    found = [
        _series(part.iloc[:, index], column, name)
        for index, (name, column) in enumerate(zip(names, columns, strict=True))
    ]
    return _batch(names, found)


def _series(series: Any, column: Column | None, name: str) -> Values:
    """A column of pandas. NaN is missing in a column of floats and among objects; the dtype is kept."""
    if series.dtype != object:
        try:
            return Values(_flat(pa.array(series, from_pandas=True)), [])
        except (pa.ArrowException, UnicodeEncodeError, OverflowError, ValueError, TypeError):
            series = series.astype(object)  # dtypes that Arrow does not know: sparse, complex
    values = [None if isinstance(value, float) and value != value else value for value in series]  # noqa: PLR0124 - NaN
    return column_of(values, column or Column(name, name, "str"))


def _of_polars(
    frame: Any, columns: Sequence[Column | None], first: int, rows: int
) -> tuple[pa.RecordBatch, tuple[RowFault, ...]]:
    part = frame.slice(first, rows)
    found = [_polars(series, column) for series, column in zip(part.get_columns(), columns, strict=True)]
    return _batch(frame.columns, found)


def _polars(series: Any, column: Column | None) -> Values:
    import polars as pl  # noqa: PLC0415 - the caller has a frame of it

    if series.dtype == pl.Object:
        return column_of(series.to_list(), column or Column(series.name, series.name, "str"))
    try:
        return Values(_flat(series.to_arrow(compat_level=pl.CompatLevel.oldest())), [])
    except pa.ArrowException:  # integers of 128 bits
        return column_of(series.to_list(), column or Column(series.name, series.name, "str"))


def _batch(names: Sequence[str], found: list[Values]) -> tuple[pa.RecordBatch, tuple[RowFault, ...]]:
    fields = [pa.field(name, values.column.type) for name, values in zip(names, found, strict=True)]
    batch = pa.RecordBatch.from_arrays([values.column for values in found], schema=pa.schema(fields))
    faults = sorted((fault for values in found for fault in values.faults), key=lambda fault: fault.row)
    return batch, tuple(faults)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
