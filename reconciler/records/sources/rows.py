"""Records and dicts as columns."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa

from reconciler.contract import Column, Contract
from reconciler.records import dead_letter
from reconciler.records.faults import RowFault
from reconciler.records.sources.values import column_of, shown


class _Absent:
    """A key that a row does not have."""


_ABSENT = _Absent()


class Batch(NamedTuple):
    """Rows in columns, under their names on AWS, and what is wrong with those that could not be."""

    batch: pa.RecordBatch
    faults: tuple[RowFault, ...]


class Unusable(NamedTuple):
    """Stands for a row that could not be read at all."""

    value: str
    reason: str
    fix: str = ""


class Reader:
    """Turns records of the spec's class, dicts by feature or field, and unusable rows into columns."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._names = {column.name for column in contract.columns}
        fields = {column.field for column in contract.columns} - self._names
        self._known = frozenset(self._names | fields)
        self._fields = [column.field if column.field in fields else None for column in contract.columns]
        self._doubles = [(column.name, column.field) for column in contract.columns if column.field in fields]
        self._attributes: Callable[[Any], Any] = attrgetter(*(column.field for column in contract.columns))
        self._nothing = dict.fromkeys(self._names)
        self._hints: dict[str, str] = {}

    def batch(self, rows: Sequence[Any]) -> Batch:
        """The rows, one for one. A row at fault has nulls where nothing could be had."""
        faults = list[RowFault]()
        dicts = [self._as_dict(row, value, faults) for row, value in enumerate(rows)]
        spoilt = {fault.row for fault in faults if not fault.feature}
        columns = []
        for column, field in zip(self._contract.columns, self._fields, strict=True):
            found = column_of(_values(dicts, column, field), column)
            columns.append(found.column)
            faults += [fault for fault in found.faults if fault.row not in spoilt]
        names = [column.name for column in self._contract.columns]
        return Batch(pa.RecordBatch.from_arrays(columns, names), tuple(sorted(faults, key=lambda fault: fault.row)))

    def _as_dict(self, row: int, value: Any, faults: list[RowFault]) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            if not value.keys() <= self._known:
                faults += self._strangers(row, value)
            if self._doubles:
                faults += self._doubled(row, value)
            return value
        if isinstance(value, Unusable):
            faults.append(RowFault(row, "", "", *value))
        elif (found := self._record(value)) is not None:
            return found
        else:
            faults.append(RowFault(row, "", "", shown(value), self._no_record(value), self._way_out()))
        return self._nothing

    def _strangers(self, row: int, value: Mapping[Any, Any]) -> Iterator[RowFault]:
        for key in sorted(value.keys() - self._known, key=shown):
            if not (isinstance(key, str) and key.startswith(dead_letter.PREFIX)):
                reason = f"{self._contract.group} has no such feature."
                yield RowFault(row, "", shown(key), shown(value[key]), reason, self._hint(shown(key)))

    def _doubled(self, row: int, value: Mapping[Any, Any]) -> Iterator[RowFault]:
        for name, field in self._doubles:
            if name in value and field in value:
                reason = f"It is given twice, as {name} and as {field}."
                yield RowFault(row, "", name, shown(value[field]), reason, "Keep one of them.")

    def _hint(self, key: str) -> str:
        if key not in self._hints:
            close = difflib.get_close_matches(key, sorted(self._known), 1)
            self._hints[key] = f"Rename it to {close[0]}." if close else "Leave it out, or add the feature to the spec."
        return self._hints[key]

    def _record(self, value: Any) -> Mapping[str, Any] | None:
        """The values of a record of this group; a class that was read a second time has another identity."""
        record, spec = self._contract.record, getattr(type(value), "__feature_group__", None)
        is_ours = record is not None and isinstance(value, record)
        if not is_ours and getattr(spec, "name", None) != self._contract.group:
            return None
        try:
            found = self._attributes(value)
        except AttributeError:
            return None
        values = (found,) if len(self._fields) == 1 else found
        return dict(zip((column.name for column in self._contract.columns), values, strict=True))

    def _no_record(self, value: Any) -> str:
        return f"It is of type {type(value).__name__}, which is no record of {self._contract.group}."

    def _way_out(self) -> str:
        record = self._contract.record
        return f"Give instances of {record.__name__}, or dicts." if record else "Give dicts, by name of feature."


def _values(rows: Sequence[Mapping[str, Any]], column: Column, field: str | None) -> list[Any]:
    name, default = column.name, None if column.required else column.default
    values = [row.get(name, _ABSENT) for row in rows]
    if _Absent not in set(map(type, values)):
        return values
    if field is not None:
        values = [
            row.get(field, _ABSENT) if value is _ABSENT else value for row, value in zip(rows, values, strict=True)
        ]
    return [default if value is _ABSENT else value for value in values]


def batches(rows: Iterable[Any], contract: Contract, size: int) -> Iterator[Batch]:
    """The rows of an iterable, so many at a time."""
    reader, waiting = Reader(contract), iter(rows)
    while some := list(islice(waiting, size)):
        yield reader.batch(some)


def row_schema(contract: Contract) -> pa.Schema:
    """The columns of rows of Python values: those of the contract, with the types that values of their kind have."""
    return Reader(contract).batch([]).batch.schema
