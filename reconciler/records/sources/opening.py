"""What a caller gave, as a source."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from reconciler.contract import Contract
from reconciler.errors import Invalid, Usage
from reconciler.records.sources.chunk import Piece, Rows, gather
from reconciler.records.sources.csv_files import csv_source
from reconciler.records.sources.frames import (
    lazy_source,
    pandas_source,
    polars_source,
    stream_source,
    table_source,
)
from reconciler.records.sources.json_lines import json_source
from reconciler.records.sources.parquet import parquet_source
from reconciler.records.sources.paths import arrow_errors, fault, find_files
from reconciler.records.sources.rows import batches, row_schema
from reconciler.records.sources.source import CHUNK_ROWS, Source
from reconciler.records.sources.spool import Spool

_OPENERS = {"CSV": csv_source, "JSON Lines": json_source, "Parquet": parquet_source}
_TAKEN = (
    "a pandas or polars DataFrame, a pyarrow table, stream or dataset, records or dicts, "
    "or CSV, JSON Lines and Parquet files"
)


def open_source(data: Any, contract: Contract, *, chunk_rows: int = CHUNK_ROWS, scratch: Path) -> Source:
    """The rows of `data`: a table, files, or an iterable of records.

    Takes pandas and polars frames, what pyarrow has, any other object with an Arrow stream, iterables of records and
    dicts (by name of feature or field), iterables of tables with the same columns, and paths of CSV, JSON Lines and
    Parquet files, of folders and globs of them, one or many. `scratch` is a folder for what can be read only once,
    until the source is closed.

    Raises `Invalid` with every fault that keeps files from being read at all, and `Usage` for what is no table. An
    error that the caller's own iterator raises is passed on.
    """
    if chunk_rows < 1:
        raise Usage(f"A chunk has at least one row, not {chunk_rows}.")
    if isinstance(data, (str, os.PathLike)):
        return _files([data], contract, chunk_rows)
    if isinstance(data, (list, tuple)) and data and all(isinstance(path, (str, os.PathLike)) for path in data):
        return _files(data, contract, chunk_rows)
    with arrow_errors(type(data).__name__):
        return _table(data, contract, chunk_rows, scratch) or _iterated(data, contract, chunk_rows, scratch)


def _files(paths: Any, contract: Contract, chunk_rows: int) -> Source:
    files = find_files(paths)
    return _OPENERS[files[0].format](files, contract, chunk_rows)


def _table(data: Any, contract: Contract, chunk_rows: int, scratch: Path) -> Source | None:
    """A table of a library's, or nothing. A library that has not been imported made no frame."""
    pandas, polars, dataset = (sys.modules.get(name) for name in ("pandas", "polars", "pyarrow.dataset"))
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return pandas_source(data, contract, chunk_rows)
    if polars is not None and isinstance(data, polars.DataFrame):
        return polars_source(data, contract, chunk_rows)
    if polars is not None and isinstance(data, polars.LazyFrame):
        return lazy_source(data, chunk_rows, scratch)
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        return table_source(data, contract, chunk_rows)
    if dataset is not None and isinstance(data, (dataset.Dataset, dataset.Scanner)):
        return _scanned(data, dataset, chunk_rows, scratch)
    if isinstance(data, pa.RecordBatchReader):
        return stream_source(data, chunk_rows, scratch)
    if hasattr(data, "__arrow_c_stream__"):
        return stream_source(pa.RecordBatchReader.from_stream(data), chunk_rows, scratch, type(data).__name__)
    if hasattr(data, "__arrow_c_array__"):
        return table_source(pa.Table.from_batches([pa.record_batch(data)]), contract, chunk_rows)
    return None


def _scanned(data: Any, dataset: Any, chunk_rows: int, scratch: Path) -> Source:
    """A dataset of files is read anew each time; any other may be a stream."""
    if not isinstance(data, dataset.FileSystemDataset):
        reader = data.to_reader() if isinstance(data, dataset.Scanner) else data.scanner().to_reader()
        return stream_source(reader, chunk_rows, scratch, "dataset")

    def pieces() -> Iterator[Piece]:
        row = 0
        with arrow_errors("dataset", "It cannot be read to its end"):
            for batch in data.to_batches(batch_size=chunk_rows, batch_readahead=2, fragment_readahead=1):
                yield Piece(batch, Rows("", row))
                row += batch.num_rows

    return Source("dataset", data.schema, pieces, data.count_rows(), chunk_rows=chunk_rows)


def _iterated(data: Any, contract: Contract, chunk_rows: int, scratch: Path) -> Source:
    """What an iterable yields: paths, tables or rows, as its first item says."""
    if isinstance(data, (Mapping, AsyncIterable, bytes, bytearray)) or not isinstance(data, Iterable):
        raise Usage(f"{type(data).__name__} is no table of rows. {_way_out(data)}")
    items = iter(data)
    first = list(islice(items, 1))
    whole = chain(first, items)
    if first and isinstance(first[0], (str, os.PathLike)):
        return _files(list(whole), contract, chunk_rows)
    if first and _is_table(first[0]):
        return _tables(whole, contract, chunk_rows, scratch)
    return _rows(whole, contract, chunk_rows, scratch)


def _is_table(item: Any) -> bool:
    return hasattr(item, "__arrow_c_stream__") or isinstance(item, pa.RecordBatch)


def _tables(tables: Iterable[Any], contract: Contract, chunk_rows: int, scratch: Path) -> Source:
    """Tables one after the other, such as pandas and pyarrow read from a file by and by."""
    spool = Spool(scratch)

    def pieces() -> Iterator[Piece]:
        row, names = 0, None
        for number, table in enumerate(tables):
            with _table(table, contract, chunk_rows, scratch) or _unlike(number, type(table).__name__) as source:
                names = source.schema.names if names is None else names
                if source.schema.names != names:
                    raise Invalid([fault(f"table {number}", "It has other columns than the first.")])
                for piece in source.pieces():
                    yield piece._replace(places=Rows("", row))
                    row += piece.batch.num_rows

    spool.fill((chunk.batch, chunk.faults) for chunk in gather(pieces(), chunk_rows))
    schema = next((piece.batch.schema for piece in spool.pieces()), row_schema(contract))
    return Source("tables", schema, spool.pieces, spool.rows, chunk_rows=chunk_rows, closing=spool.close)


def _unlike(number: int, kind: str) -> Source:
    raise Invalid([fault(f"table {number}", f"It is of type {kind}, and no table as the first is.")])


def _rows(rows: Iterable[Any], contract: Contract, chunk_rows: int, scratch: Path) -> Source:
    spool = Spool(scratch)
    spool.fill(batches(rows, contract, chunk_rows))
    return Source("rows", row_schema(contract), spool.pieces, spool.rows, chunk_rows=chunk_rows, closing=spool.close)


def _way_out(data: Any) -> str:
    if isinstance(data, Mapping):
        return "For a single row give a list of it, for columns pyarrow.table(...)."
    if hasattr(type(data), "__feature_group__"):
        return "For a single record give a list of it."
    return f"Give {_TAKEN}."
