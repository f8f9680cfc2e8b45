"""One column of a batch: read by its kind, held against what the spec demands, made canonical."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from reconciler.contract import Column
from reconciler.records.checking.cells import CANONICAL, Cells, only, validity
from reconciler.records.checking.code import check_code
from reconciler.records.checking.demands import check_demands
from reconciler.records.checking.instants import read_datetime, read_event_text, read_unix
from reconciler.records.checking.lists import check_list
from reconciler.records.checking.numbers import read_bool, read_float, read_int
from reconciler.records.checking.plain import plain
from reconciler.records.checking.texts import check_identifier, decodable, read_text


def check_column(array: Any, column: Column, *, texts: bool, role: str = "", record: Any = None) -> tuple[Any, Cells]:
    """The canonical values of a column, null where they cannot be used, and what was found out about it.

    `role` is "id" or "time" for the columns that make a record's key.
    """
    given = plain(array)
    cells = Cells(column, given)
    usable = decodable(given, cells)
    if column.collection:
        values = check_list(usable, cells, _element, texts=texts)
    else:
        values = _scalars(usable, cells, texts=texts, role=role, record=record)
    if column.code and record is not None:
        before = only(values, cells.good)
        values = check_code(before, cells, record)
        if values is not before:
            values = reread(values, cells, role)
    return _filled(values, cells, validity(given), record), cells


def reread(values: Any, cells: Cells, role: str) -> Any:
    """Canonical values that validation has changed: what they are now has to be something that AWS takes, too."""
    again = Cells(cells.column, values)
    if not cells.column.collection:
        values = _read(values, again, texts=False, role=role)
        if role == "id":
            check_identifier(values, again)
    cells.findings += again.findings
    cells.seconds, cells.nanos, cells.good = again.seconds, again.nanos, again.good
    return only(values, again.good)


def missing_column(column: Column, count: int, record: Any = None) -> Any:
    """What stands in for a column that the input does not have: its default."""
    type_ = CANONICAL[column.kind]
    if column.default is None:
        return pa.nulls(count, pa.list_(type_) if column.collection else type_)
    return pa.repeat(_default(column, record), count)


def _scalars(given: Any, cells: Cells, *, texts: bool, role: str, record: Any) -> Any:
    column = cells.column
    if pa.types.is_null(given.type):
        return pa.nulls(len(given), CANONICAL[column.kind])
    values = _read(given, cells, texts=texts, role=role)
    if role == "id":
        check_identifier(values, cells)
    if not (column.code and record is not None):
        check_demands(values, cells)
    return values


def _element(given: Any, cells: Cells) -> Any:
    """The same of the elements of collections."""
    return _scalars(decodable(given, cells), cells, texts=False, role="", record=None)


def _read(given: Any, cells: Cells, *, texts: bool, role: str) -> Any:
    match cells.column.kind:
        case "int":
            return read_int(given, cells, texts=texts)
        case "bool":
            return read_bool(given, cells, texts=texts)
        case "float":
            return read_float(given, cells, texts=texts)
        case "unix":
            return read_unix(given, cells, texts=texts, is_time=role == "time")
        case "datetime":
            return read_datetime(given, cells)
        case "str":
            return read_event_text(given, cells) if role == "time" else read_text(given, cells)


def _filled(values: Any, cells: Cells, given: Any, record: Any) -> Any:
    """Missing values of a column that has to have one: its default, or a fault."""
    column = cells.column
    if column.optional or given.all():
        return only(values, cells.good)
    if column.required or column.default is None:
        cells.missing(~given)
        return only(values, cells.good)
    choice = np.where(cells.good, np.arange(len(given)), len(given))
    both = pa.concat_arrays([values, pa.array([_default(column, record).as_py()], values.type)])
    return only(both.take(pa.array(choice)), cells.good | ~given)


def _default(column: Column, record: Any) -> Any:
    """A record validates its defaults, too; code may change them."""
    given = pa.array([column.default])
    if column.collection and not column.default:
        given = pa.array([[]], pa.list_(CANONICAL[column.kind]))
    values, _ = check_column(given, column._replace(bounds=(), element_bounds=()), texts=False, record=record)
    return values[0]
