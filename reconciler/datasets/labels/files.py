"""Labels in files: CSV, Parquet, JSON Lines, with whatever columns they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from reconciler.contract import Column, Contract, Kind
from reconciler.datasets.labels.rows import CHUNK_ROWS, piece_of
from reconciler.datasets.question import Question
from reconciler.errors import Fault, Invalid
from reconciler.records.sources.chunk import Piece
from reconciler.records.sources.csv_files import csv_source, header_of, separated_by
from reconciler.records.sources.json_lines import (
    ManyFiles,
    all_lines,
    check_lines,
    folder_values,
    regrouped,
    row_of,
    with_values,
)
from reconciler.records.sources.json_swift import SwiftReader
from reconciler.records.sources.parquet import parquet_source
from reconciler.records.sources.paths import File, fault
from reconciler.records.sources.source import Source

_KIND_OF: Mapping[str, Kind] = {"String": "str", "Integral": "int", "Fractional": "float"}
_KIND_IN: Mapping[pa.DataType, Kind] = {
    pa.string(): "str",
    pa.int64(): "int",
    pa.float64(): "float",
    pa.bool_(): "bool",
}


def wanted(question: Question, time: str | None) -> dict[str, Kind]:
    """The columns that labels need, which the names of folders may stand for as well."""
    found = {key.column: _KIND_OF[key.type] for key in question.keys}
    return found if time is None else {**found, time: "str"}


def file_source(files: Sequence[File], columns: Mapping[str, Kind]) -> Source:
    """Files of CSV or Parquet as one table. Raises `Invalid` with each that is none, and where they differ."""
    is_csv = files[0].format == "CSV"
    names = _headers(files, columns) if is_csv else _schemas(files)
    _check_doubles(names)
    every = dict.fromkeys([*columns, *(name for found in names.values() for name in found)])
    contract = _contract({name: columns.get(name, "str") for name in every})
    return (csv_source if is_csv else parquet_source)(files, contract, CHUNK_ROWS)


def line_pieces(files: Sequence[File], columns: Mapping[str, Kind]) -> Callable[[], Iterator[Piece]]:
    """Files of JSON Lines, piece by piece. Raises `Invalid` with each that is empty, no text, or an array."""
    check_lines(files)
    return partial(_lines, files, _contract(columns))


def _lines(files: Sequence[File], contract: Contract) -> Iterator[Piece]:
    """The pieces; what looks like the first of them is read by Arrow at once."""
    names, folders = [file.label for file in files], [folder_values(file, contract) for file in files]
    swift: SwiftReader | None = None
    for number, some in enumerate(regrouped(all_lines(files), CHUNK_ROWS)):
        places = ManyFiles(names, some.files, some.lines)
        batch = swift.batch(some.texts) if swift is not None else None
        if batch is not None:
            yield Piece(batch, places)
            continue
        pairs = zip(some.files.tolist(), some.texts, strict=True)
        piece = piece_of([with_values(folders[file], row_of(text)) for file, text in pairs], places)
        if not number and not any(folders):
            swift = _swift(piece.batch.schema)
        yield piece


def _swift(schema: pa.Schema) -> SwiftReader | None:
    """A reader for more of the same, where all columns are plain."""
    if any(kind not in _KIND_IN for kind in schema.types):
        return None
    return SwiftReader(_contract({field.name: _KIND_IN[field.type] for field in schema}))


def _contract(columns: Mapping[str, Kind]) -> Contract:
    return Contract("", "", "", tuple(Column(name, name, kind) for name, kind in columns.items()))


def _headers(files: Sequence[File], columns: Mapping[str, Kind]) -> dict[File, list[str]]:
    """The names in each. Raises `Invalid` with each file that is empty, or whose cells no comma separates."""
    found, faults = dict[File, list[str]](), list[Fault]()
    for file in files:
        header = header_of(file)
        if header is None:
            faults.append(fault(file.label, "The file is empty.", f"Begin with a header: {','.join(columns)}."))
        elif not columns.keys() & set(header[0]) and (word := separated_by(header[0], columns)):
            reason = f"Its cells are separated by {word}."
            faults.append(fault(file.label, reason, "Separate them by commas.", line=header[1]))
        else:
            found[file] = header[0]
    if faults:
        raise Invalid(faults)
    return found


def _schemas(files: Sequence[File]) -> dict[File, list[str]]:
    """The names in each; what is no Parquet is named when it is read."""
    found = dict[File, list[str]]()
    for file in files:
        with suppress(pa.ArrowException, OSError):
            found[file] = pq.read_schema(file.path).names
    return found


def _check_doubles(names: Mapping[File, Sequence[str]]) -> None:
    """Raises `Invalid` with names that a file has twice; those of a single file are found with all that is wrong."""
    faults = [
        fault(file.label, f"{count} columns have this name.", "Rename all but one, or leave them out.", field=name)
        for file, found in names.items()
        for name, count in Counter(found).items()
        if count > 1 and len(names) > 1
    ]
    if faults:
        raise Invalid(faults)
