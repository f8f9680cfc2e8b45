"""Labels that are given row by row. A column is what any row has."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from reconciler.contract import Contract
from reconciler.datasets.labels.faults import Example, LabelFault
from reconciler.datasets.labels.objects import column_of_objects
from reconciler.records.faults import RowFault
from reconciler.records.sources.chunk import Finder, Piece, Rows
from reconciler.records.sources.rows import Unusable
from reconciler.records.sources.unify import Clash, common_type, conform
from reconciler.records.sources.values import shown

CHUNK_ROWS = 50_000
_FAULT = b"reconciler:fault"
_NOTHING: Mapping[str, Any] = {}
_ANY = Contract("", "", "", ())


def pieces_of_rows(rows: Iterable[Any]) -> Iterator[Piece]:
    """The rows in columns, so many at a time, in types that are found anew for each piece."""
    waiting, first = iter(rows), 0
    while some := list(islice(waiting, CHUNK_ROWS)):
        yield piece_of(some, Rows("", first))
        first += len(some)


def common(pieces: Iterable[Piece]) -> tuple[pa.Schema, int, list[LabelFault]]:
    """The columns of all pieces together, how many rows there are, and columns of which there can be none."""
    kinds, rows, faults = dict[str, pa.DataType](), 0, dict[str, LabelFault]()
    for piece in pieces:
        first, rows = rows, rows + piece.batch.num_rows
        for field in piece.batch.schema:
            if field.metadata:
                faults.setdefault(field.name, _fault(field.metadata[_FAULT], first))
            try:
                kinds[field.name] = common_type(kinds.get(field.name, field.type), field.type)
            except Clash:
                reason = f"The column is {kinds[field.name]} before, and {field.type} from this row on or soon after."
                example = Example(first, piece.places(0), "")
                fix = "Convert all to one of them."
                faults.setdefault(field.name, LabelFault(field.name, reason, fix, 1, (example,)))
    if kinds.get("") == pa.null():
        del kinds[""]
    schema = pa.schema([(name, pa.null() if name in faults else kind) for name, kind in kinds.items()])
    return schema, rows, list(faults.values())


def _fault(written: bytes, first: int) -> LabelFault:
    """What is wrong with a column of a piece, whose first row has this number."""
    column, reason, fix, rows, examples = json.loads(written)
    return LabelFault(column, reason, fix, rows, tuple(Example(first + row, *rest) for row, *rest in examples))


def conformed(pieces: Callable[[], Iterator[Piece]], schema: pa.Schema) -> Iterator[Piece]:
    """The pieces in the columns of all. Raises `Invalid` where a number would change."""
    kinds = dict(zip(schema.names, schema.types, strict=True))
    for piece in pieces():
        names = [name for name in piece.batch.schema.names if name in kinds and not pa.types.is_null(kinds[name])]
        rest = pa.RecordBatch.from_arrays([pa.nulls(piece.batch.num_rows)], names=[""])
        batch = piece.batch.select(names) if names else rest
        yield piece._replace(batch=conform(batch, schema, _ANY, piece.places(0)))


def piece_of(rows: Sequence[Any], places: Finder) -> Piece:
    """Dicts, dataclasses, named tuples and `Unusable` rows in columns."""
    faults = list[RowFault]()
    found = [_as_dict(row, value, faults) for row, value in enumerate(rows)]
    names = dict.fromkeys(name for row in found for name in row)
    fields, columns = [], []
    for name in names:
        column = column_of_objects(str(name), [row.get(name) for row in found])
        if isinstance(column, LabelFault):
            fault = column._replace(examples=tuple(e._replace(place=places(e.row)) for e in column.examples))
            fields.append(pa.field(str(name), pa.null(), metadata={_FAULT: json.dumps(fault)}))
            columns.append(pa.nulls(len(rows)))
        else:
            fields.append(pa.field(str(name), column.type))
            columns.append(column)
    if not columns:  # a batch without columns has no rows
        fields, columns = [pa.field("", pa.null())], [pa.nulls(len(rows))]
    return Piece(pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields)), places, tuple(faults))


def _as_dict(row: int, value: Any, faults: list[RowFault]) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Unusable):
        faults.append(RowFault(row, "", "", *value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    elif hasattr(value, "_asdict"):
        found: Mapping[str, Any] = value._asdict()
        return found
    else:
        reason = f"It is of type {type(value).__name__}, which has no columns."
        faults.append(RowFault(row, "", "", shown(value), reason, "Give dicts, by name of column."))
    return _NOTHING
