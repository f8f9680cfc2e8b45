"""CSV: every cell is a text. An empty cell is missing, an empty pair of quotes is the empty text."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv

from reconciler.contract import Contract
from reconciler.errors import Fault, Invalid, ReconcilerError
from reconciler.records.faults import RowFault
from reconciler.records.sources.chunk import FileLines, Piece
from reconciler.records.sources.csv_records import Records, find_records
from reconciler.records.sources.frames import columns_by_name
from reconciler.records.sources.keys import Keys
from reconciler.records.sources.paths import File, fault, labels
from reconciler.records.sources.source import Source
from reconciler.records.sources.texts import BLOCK, MAX_RECORD, UTF8_MARK, check_utf8, not_utf8, reading
from reconciler.records.sources.unify import Header, common_schema, conform
from reconciler.records.sources.values import shown

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class Block(NamedTuple):
    """Whole records as they stand in the file, and the bytes they are part of."""

    data: bytes
    records: Records


def csv_source(files: Sequence[File], contract: Contract, chunk_rows: int) -> Source:
    """CSV files as one table. Raises `Invalid` with each that has no header, is empty, or is no text."""
    keys = Keys(contract, columns_by_name(contract), texts=True)
    headers, faults, named = list[Header](), list[Fault](), list[tuple[File, list[str]]]()
    for file in files:
        try:
            names = _header(file, contract)
        except Invalid as invalid:
            faults += invalid.faults
            continue
        named.append((file, names))
        headers.append(Header(file.label, keys.extend(_texts(names), file)))
    if faults:
        raise Invalid(faults)
    schema = common_schema(headers, contract)

    def pieces() -> Iterator[Piece]:
        for file, names in named:
            for piece in _pieces(file, names):
                whole = conform(keys.add(piece.batch, file), schema, contract, file.label)
                yield piece._replace(batch=whole)

    return Source(labels(files), schema, pieces, texts=True, chunk_rows=chunk_rows)


def _texts(names: Sequence[str]) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in names])


def _header(file: File, contract: Contract) -> list[str]:
    """The names in the first line. Raises `Invalid` where it names no feature."""
    header = header_of(file)
    if header is None:
        raise Invalid([fault(file.label, "The file is empty.", f"Begin with a header: {_wanted(contract)}.")])
    names, line = header
    known = {name for column in contract.columns for name in (column.name, column.field)}
    if not known & set(names):
        raise Invalid([_no_header(file, names, contract, known, line)])
    return names


def header_of(file: File) -> tuple[list[str], int] | None:
    """The cells of the first record, and the line it begins in; None of an empty file."""
    for block in blocks(file):
        return _cells(block, 0), int(block.records.lines[0])
    return None


def _cells(block: Block, record: int) -> list[str]:
    text = block.data[block.records.starts[record] : block.records.ends[record]].decode("utf-8", "replace")
    try:
        return next(csv.reader([text]), [text])
    except csv.Error:  # a cell of more than the csv module reads
        return [text]


def _no_header(file: File, names: list[str], contract: Contract, known: set[str], line: int) -> Fault:
    if word := separated_by(names, known):
        return fault(file.label, f"Its cells are separated by {word}.", "Separate them by commas.", line=line)
    reason = f"The line is no header: it names no feature of {contract.group}."
    return fault(file.label, reason, f"Begin with: {_wanted(contract)}.", line=line)


def separated_by(names: Sequence[str], known: Collection[str]) -> str:
    """What stands between known names where commas should; nothing if nothing does."""
    header = ",".join(names)
    return next((word for mark, word in _SEPARATORS.items() if set(known) & set(header.split(mark))), "")


def _wanted(contract: Contract) -> str:
    return shown(",".join(column.name for column in contract.columns))


def blocks(file: File) -> Iterator[Block]:
    """The records of a file, so many bytes at a time."""
    line, rest, skipping = 1, b"", False
    with reading(file) as stream:
        data = stream.read(BLOCK)
        check_utf8(file, data)
        data = data.removeprefix(UTF8_MARK)
        while data or rest:
            following = stream.read(BLOCK)
            data, final = rest + data, not following
            if skipping:
                data, line = _after_line(data, line)
            records = find_records(data, line, final=final, forced=len(data) > MAX_RECORD)
            if len(records.starts):
                yield Block(data, records)
            skipping = records.used == len(data) and data[-1:] not in (b"\r", b"\n")
            line, rest, data = records.next_line, data[records.used :], following


def _after_line(data: bytes, line: int) -> tuple[bytes, int]:
    """What follows the rest of a line that was too long, and the number of the line it begins in."""
    _, end, rest = data.partition(b"\n")
    return rest, line + len(end)


def _pieces(file: File, names: Sequence[str]) -> Iterator[Piece]:
    file.check_unchanged()
    is_header = True
    for block in blocks(file):
        records = block.records
        if is_header:
            records = records.after_first()
            is_header = False
        if len(records.starts):
            yield _piece(block.data, records, names, file.label)
    file.check_unchanged()


def _piece(data: bytes, records: Records, names: Sequence[str], label: str) -> Piece:
    faults = _faults(data, records, len(names))
    places = FileLines(label, records.lines)
    if not faults:
        begin, end = records.starts[0], records.ends[-1]
        return Piece(_parsed(data[begin:end], len(records.starts), names), places)
    bad = np.zeros(len(records.starts), bool)
    bad[[fault.row for fault in faults]] = True
    pairs = zip(records.starts[~bad].tolist(), records.ends[~bad].tolist(), strict=True)
    good = _parsed(b"\n".join(data[start:end] for start, end in pairs), int((~bad).sum()), names)
    return Piece(good.take(pa.array(np.cumsum(~bad) - 1, mask=bad)), places, tuple(faults))


def _faults(data: bytes, records: Records, width: int) -> list[RowFault]:
    """What keeps records from being read: quotes, the number of cells, bytes that are no text."""
    found = list[RowFault]()
    suspects = records.cells != width
    if not_utf8(data[: records.used]):
        suspects |= True
    for row in np.flatnonzero(suspects).tolist():
        text = data[records.starts[row] : records.ends[row]]
        reason, fix = _reason(text, int(records.cells[row]), width)
        if reason:
            found.append(RowFault(row, "", "", shown(text[:200].decode("utf-8", "replace")), reason, fix))
    return found


def _reason(text: bytes, cells: int, width: int) -> tuple[str, str]:
    if not cells:
        fix = "Quote a cell with a quote in it as a whole, and double the quote."
        return "A quote stands in the middle of a cell, or is never closed.", fix
    if cells != width:
        fix = (
            "Quote cells that have a comma in them." if cells > width else "Leave a cell empty where nothing is known."
        )
        return f"The line has {cells} cells; the header has {width}.", fix
    return not_utf8(text), "Save the file as UTF-8."


def _parsed(data: bytes, rows: int, names: Sequence[str]) -> pa.RecordBatch:
    """The cells of well-formed records."""
    numbers = [str(index) for index in range(len(names))]
    if not rows:
        return pa.RecordBatch.from_arrays([pa.nulls(0, pa.string()) for _ in names], schema=_texts(names))
    table = pv.read_csv(
        pa.BufferReader(data),
        pv.ReadOptions(column_names=numbers, use_threads=False, block_size=len(data) + 1),
        pv.ParseOptions(newlines_in_values=True),
        pv.ConvertOptions(
            column_types=dict.fromkeys(numbers, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    if table.num_rows != rows:
        raise ReconcilerError(f"CSV was read as {table.num_rows} rows where {rows} were counted; please report it.")
    columns = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays(columns, schema=_texts(names))
