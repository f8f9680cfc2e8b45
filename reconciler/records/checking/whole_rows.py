"""Validators that see whole records: rows become records of the class, one by one. It is slow, and the only way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.contract import Column, Contract
from reconciler.records.checking.cells import Mask, shown
from reconciler.records.checking.code import as_canonical, as_python, sentence
from reconciler.records.checking.found import Finding


class Records(NamedTuple):
    """What came of it: what is wrong, and the columns that validation changed, by index."""

    findings: list[Finding]
    changed: dict[int, Any]


def make_records(arrays: list[Any], contract: Contract, given: Mapping[str, int], good: Mask) -> Records:
    """Make a record of each good row, of canonical columns. Columns that are not `given` are left to the class."""
    rows = np.flatnonzero(good)
    taken = [array.take(pa.array(rows)) for array in arrays]
    before = [
        [as_python(value, column) for value in array.to_pylist()]
        for array, column in zip(taken, contract.columns, strict=True)
    ]
    after: list[list[Any]] = [list(values) for values in before]
    wrong: dict[tuple[str, str], list[int]] = {}
    columns = [(index, column) for index, column in enumerate(contract.columns) if column.name in given]
    for at in range(len(rows)):
        record, errors = _made(contract.record, {column.field: before[index][at] for index, column in columns})
        for field, reason in errors.items():
            wrong.setdefault((field, reason), []).append(int(rows[at]))
        for index, column in enumerate(contract.columns if record is not None else ()):
            after[index][at] = getattr(record, column.field)
    changed = {
        index: _put(arrays[index], rows, as_canonical(after[index], column, arrays[index].type, taken[index], was))
        for index, (column, was) in enumerate(zip(contract.columns, before, strict=True))
        if after[index] != was
    }
    return Records(list(_findings(wrong, contract, arrays)), changed)


def _made(record: Any, values: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The record, or what keeps it from being one: a reason by field, "" for the record as a whole."""
    from pydantic import ValidationError  # noqa: PLC0415 - only code needs it

    try:
        return record(**values), {}
    except ValidationError as error:
        found: dict[str, str] = {}
        for one in error.errors(include_url=False):
            found.setdefault(str(one["loc"][0]) if one["loc"] else "", sentence(one["msg"]))
        return None, found
    except Exception as error:  # noqa: BLE001 - the spec's code may raise anything, and it is about this row
        return None, {"": f"The spec's own check failed: {type(error).__name__}: {error}."}


def _findings(wrong: dict[tuple[str, str], list[int]], contract: Contract, arrays: list[Any]) -> Iterator[Finding]:
    places = {column.field: (column.name, index) for index, column in enumerate(contract.columns)}
    for (field, reason), rows in wrong.items():
        name, index = places.get(field, ("", -1))
        yield Finding(name, reason, "", np.array(rows), _show(arrays[index]) if name else _nothing)


def _show(array: Any) -> Callable[[int], str]:
    return lambda row: shown(array[row])


def _nothing(row: int) -> str:  # noqa: ARG001 - one for all rows
    return ""


def _put(array: Any, rows: Any, values: Any) -> Any:
    """The array with other values in these rows."""
    order = np.arange(len(array))
    order[rows] = len(array) + np.arange(len(rows))
    return pa.concat_arrays([array, values]).take(pa.array(order))


def left_to_the_class(column: Column) -> Column:
    """The column without what a record will check anyway, and may check only after it has changed the value."""
    return column._replace(bounds=(), element_bounds=(), choices=(), code=())
