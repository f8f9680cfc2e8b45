"""Record identifiers from a file: one a line, or a column of CSV, JSON Lines or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.contract import Contract
from reconciler.errors import Fault, Invalid, Usage
from reconciler.records.values import id_text

_MOST_FAULTS = 100


def read_ids(path: Path | str, contract: Contract) -> list[str]:
    """The identifiers in a file, as AWS has them; raises `Invalid` with all that is wrong, or `Usage`.

    A .csv has a header with the record identifier's name, a .jsonl has texts, numbers or objects with it, a .parquet
    has its column; anything else has one identifier a line. Blank lines are passed over.
    """
    path = Path(path)
    read = {".csv": _csv, ".jsonl": _json_lines, ".ndjson": _json_lines, ".parquet": _parquet}
    found: list[str] = []
    faults: list[Fault] = []
    try:
        for line, value in read.get(path.suffix.lower(), _lines)(path, contract):
            if isinstance(value, _Missing):
                faults.append(_fault(path, line, contract, "", str(value)))
                continue
            try:
                found.append(id_text(contract, value))
            except Usage as wrong:
                faults.append(_fault(path, line, contract, repr(value)[:80], str(wrong)))
    except FileNotFoundError:
        raise Usage(f"There is no file {path}.") from None
    except (UnicodeDecodeError, csv.Error) as unreadable:
        raise Usage(f"{path} cannot be read: {unreadable}.") from unreadable
    except OSError as unreadable:
        raise Usage(f"{path} cannot be read: {unreadable.strerror or unreadable}.") from unreadable
    if faults:
        raise Invalid(faults[:_MOST_FAULTS])
    return found


class _Missing(str):
    """Why a line has no identifier."""

    __slots__ = ()


def _fault(path: Path, line: int, contract: Contract, value: str, reason: str) -> Fault:
    return Fault(str(path), line, contract.group, contract.key.field, value, reason, "")


def _lines(path: Path, _: Contract) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            text = line.rstrip("\r\n")
            if text.strip():
                yield number, text


def _csv(path: Path, contract: Contract) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        header = next(rows, [])
        place = _place(path, header, contract)
        for row in rows:
            if row:
                missing = _Missing(f"The row has no {contract.record_id}.")
                yield rows.line_num, row[place] if place < len(row) else missing


def _json_lines(path: Path, contract: Contract) -> Iterator[tuple[int, Any]]:
    for number, text in _lines(path, contract):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as unreadable:
            value = _Missing(f"This is no JSON: {unreadable}.")
        if isinstance(value, dict):
            value = value.get(contract.record_id, value.get(contract.key.field))
        yield number, value


def _parquet(path: Path, contract: Contract) -> Iterator[tuple[int, Any]]:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only Parquet needs it
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    try:
        with pq.ParquetFile(path) as file:
            name = file.schema_arrow.names[_place(path, file.schema_arrow.names, contract)]
            number = 0
            for batch in file.iter_batches(columns=[name]):
                for value in batch.column(0).to_pylist():
                    number += 1
                    yield number, value
    except pa.ArrowInvalid as unreadable:
        raise Usage(f"{path} cannot be read: {unreadable}.") from unreadable


def _place(path: Path, names: list[str], contract: Contract) -> int:
    for name in (contract.record_id, contract.key.field):
        if name in names:
            return names.index(name)
    raise Usage(f"{path} has no column {contract.record_id!r}; it has {', '.join(map(repr, names)) or 'none'}.")
