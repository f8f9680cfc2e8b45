"""Labels out of whatever they are given as: tables, files, rows."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from reconciler.contract import Column, Contract, Kind
from reconciler.datasets.labels.faults import LabelFault
from reconciler.datasets.labels.files import file_source, line_pieces, wanted
from reconciler.datasets.labels.objects import column_of_objects
from reconciler.datasets.labels.rows import CHUNK_ROWS, common, conformed, pieces_of_rows
from reconciler.datasets.question import Question
from reconciler.errors import Usage
from reconciler.records.sources import open_source
from reconciler.records.sources.chunk import Piece, Rows
from reconciler.records.sources.paths import find_files, labels
from reconciler.records.sources.source import Source
from reconciler.records.sources.spool import Spool

_ANY = Contract("", "", "", (Column("", "", "str"),))
"""For sources that take their columns from the table itself."""
_TAKEN = "a pandas or polars DataFrame, a pyarrow table, stream or dataset, dicts, or CSV, JSON Lines and Parquet files"


@dataclass(frozen=True, slots=True)
class Opened:
    """Labels that can be read, and read again. `table` is there where they are in memory anyway.

    `faults` are of columns that cannot be read; those are null columns. `levels` is what a frame has in its index.
    """

    name: str
    schema: pa.Schema
    pieces: Callable[[], Iterator[Piece]]
    rows: int | None = None
    texts: bool = False
    table: pa.Table | None = None
    faults: Sequence[LabelFault] = ()
    levels: Sequence[str] = ()
    close: Callable[[], None] = field(default=lambda: None)


def open_labels(data: Any, question: Question, time: str | None, scratch: Path) -> Opened:
    """The labels, before anything is known of their columns.

    Raises `Invalid` with every fault that keeps files from being read at all, and `Usage` for what is no table.
    """
    if isinstance(data, (str, os.PathLike)):
        return _files([data], wanted(question, time))
    if isinstance(data, (list, tuple)) and data and all(isinstance(path, (str, os.PathLike)) for path in data):
        return _files(list(data), wanted(question, time))
    pandas, polars = (sys.modules.get(name) for name in ("pandas", "polars"))
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return _pandas(data)
    if polars is not None and isinstance(data, polars.DataFrame):
        return _polars(data, polars)
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        return _in_memory("Arrow table", data)
    if type(data).__module__.startswith("pyspark."):
        raise Usage(
            "Labels of Spark stay on the cluster: read them with the engine for Spark, or give data.toPandas()."
        )
    is_iterable = isinstance(data, Iterable) and not isinstance(data, (Mapping, AsyncIterable, bytes, bytearray))
    if not _is_table(data) and not is_iterable:
        way_out = "For columns give pyarrow.table(...)." if isinstance(data, Mapping) else f"Give {_TAKEN}."
        raise Usage(f"{type(data).__name__} is no table of labels. {way_out}")
    return _streamed(open_source(data, _ANY, scratch=scratch)) if _is_table(data) else _iterated(data, scratch)


def _is_table(data: Any) -> bool:
    dataset = sys.modules.get("pyarrow.dataset")
    polars = sys.modules.get("polars")
    is_lazy = polars is not None and isinstance(data, polars.LazyFrame)
    is_dataset = dataset is not None and isinstance(data, (dataset.Dataset, dataset.Scanner))
    has_arrow = hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")
    return bool(is_lazy or is_dataset or has_arrow or isinstance(data, (pa.RecordBatchReader, pa.RecordBatch)))


def _iterated(data: Iterable[Any], scratch: Path) -> Opened:
    """What an iterable yields: tables or rows, as its first item says."""
    items = iter(data)
    first = list(islice(items, 1))
    whole = chain(first, items)
    if first and _is_table(first[0]):
        source = open_source(whole, _ANY, scratch=scratch)
        return _by_pieces(source.name, source.pieces, source.close)
    spool = Spool(scratch)
    spool.fill((piece.batch, piece.faults) for piece in pieces_of_rows(whole))
    return _by_pieces("rows", spool.pieces, spool.close)


def _by_pieces(name: str, pieces: Callable[[], Iterator[Piece]], close: Callable[[], None] = lambda: None) -> Opened:
    schema, rows, faults = common(pieces())
    return Opened(name, schema, partial(conformed, pieces, schema), rows, faults=faults, close=close)


def _streamed(source: Source) -> Opened:
    return Opened(source.name, source.schema, source.pieces, source.rows, source.texts, close=source.close)


def _in_memory(name: str, table: pa.Table, faults: Sequence[LabelFault] = (), levels: Sequence[str] = ()) -> Opened:
    def pieces() -> Iterator[Piece]:
        row = 0
        for batch in table.to_batches(max_chunksize=CHUNK_ROWS):
            yield Piece(batch, Rows("", row))
            row += batch.num_rows

    return Opened(name, table.schema, pieces, table.num_rows, table=table, faults=faults, levels=levels)


def _pandas(frame: Any) -> Opened:
    columns = list[pa.Array | pa.ChunkedArray]()
    faults = list[LabelFault]()
    names = [str(label).encode("utf-8", "backslashreplace").decode() for label in frame.columns]
    for index, name in enumerate(names):
        columns.append(_kept(_series(frame.iloc[:, index], name), len(frame), faults))
    levels = [str(level) for level in frame.index.names if level is not None]
    return _in_memory("DataFrame", pa.Table.from_arrays(columns, names), faults, levels)


def _series(series: Any, name: str) -> pa.Array | pa.ChunkedArray | LabelFault:
    """A column of pandas in its own type; NaN is missing."""
    if series.dtype != object:
        try:
            return pa.array(series, from_pandas=True)
        except (pa.ArrowException, UnicodeEncodeError, OverflowError, ValueError, TypeError):
            series = series.astype(object)  # dtypes that Arrow does not know: sparse, complex
    return column_of_objects(name, list(series))


def _polars(frame: Any, polars: Any) -> Opened:
    columns = list[pa.Array | pa.ChunkedArray]()
    faults = list[LabelFault]()
    oldest = polars.CompatLevel.oldest()
    for series in frame.get_columns():
        try:
            if series.dtype == polars.Object:
                raise pa.ArrowNotImplementedError
            columns.append(series.to_arrow(compat_level=oldest))
        except pa.ArrowException:  # also integers of 128 bits
            columns.append(_kept(column_of_objects(series.name, series.to_list()), len(series), faults))
    return _in_memory("DataFrame", pa.Table.from_arrays(columns, frame.columns), faults)


def _kept(column: pa.Array | LabelFault, rows: int, faults: list[LabelFault]) -> pa.Array:
    """The column, or one of nulls in its place."""
    if isinstance(column, LabelFault):
        faults.append(column)
        return pa.nulls(rows)
    return column


def _files(paths: Sequence[Any], columns: Mapping[str, Kind]) -> Opened:
    files = find_files(paths)
    if files[0].format == "JSON Lines":
        return _by_pieces(labels(files), line_pieces(files, columns))
    return _streamed(file_source(files, columns))
