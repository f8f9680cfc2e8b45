"""Labels out of whatever they are given as: tables, files, rows."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reconciler.contract import Column, Contract, Kind
from reconciler.datasets.label_faults import LabelFault
from reconciler.datasets.label_objects import column_of_objects
from reconciler.datasets.label_rows import CHUNK_ROWS, check_files, common, conformed, pieces_of_lines, pieces_of_rows
from reconciler.datasets.question import Question
from reconciler.errors import Invalid, Usage
from reconciler.records.sources import open_source
from reconciler.records.sources.chunk import Piece, Rows
from reconciler.records.sources.csv_files import csv_source, header_of, separated_by
from reconciler.records.sources.parquet import parquet_source
from reconciler.records.sources.paths import File, fault, find_files
from reconciler.records.sources.paths import labels as named
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
        return _files([data], question, time)
    if isinstance(data, (list, tuple)) and data and all(isinstance(path, (str, os.PathLike)) for path in data):
        return _files(list(data), question, time)
    pandas, polars = (sys.modules.get(name) for name in ("pandas", "polars"))
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return _pandas(data)
    if polars is not None and isinstance(data, polars.DataFrame):
        return _polars(data, polars)
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        return _in_memory("Arrow table", data)
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


def _files(paths: Sequence[Any], question: Question, time: str | None) -> Opened:
    files = find_files(paths)
    wanted = _wanted(question, time)
    if files[0].format == "JSON Lines":
        check_files(files)
        return _by_pieces(named(files), partial(pieces_of_lines, files))
    is_csv = files[0].format == "CSV"
    names = _headers(files, list(wanted)) if is_csv else _schemas(files)
    columns = tuple(Column(name, name, wanted.get(name, "str")) for name in dict.fromkeys(names))
    contract = Contract("", "", "", columns)
    return _streamed((csv_source if is_csv else parquet_source)(files, contract, CHUNK_ROWS))


def _wanted(question: Question, time: str | None) -> dict[str, Kind]:
    """The columns that folders may stand for, too, and what their names hold then."""
    kinds: dict[str, Kind] = {"String": "str", "Integral": "int", "Fractional": "float"}
    found: dict[str, Kind] = {key.column: kinds[key.type] for key in question.keys}
    return found if time is None else {**found, time: "str"}


def _headers(files: Sequence[File], wanted: Sequence[str]) -> list[str]:
    """The names of all columns. Raises `Invalid` with each file that is empty, or whose cells no comma separates."""
    names, faults = list(wanted), []
    for file in files:
        header = header_of(file)
        if header is None:
            faults.append(fault(file.label, "The file is empty.", f"Begin with a header: {','.join(wanted)}."))
        elif not set(wanted) & set(header[0]) and (word := separated_by(header[0], wanted)):
            reason = f"Its cells are separated by {word}."
            faults.append(fault(file.label, reason, "Separate them by commas.", line=header[1]))
        else:
            names += header[0]
    if faults:
        raise Invalid(faults)
    return names


def _schemas(files: Sequence[File]) -> list[str]:
    """The names of all columns; what is no Parquet is named when it is read."""
    names = list[str]()
    for file in files:
        with suppress(pa.ArrowException, OSError):
            names += pq.read_schema(file.path).names
    return names
