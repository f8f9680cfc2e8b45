"""Python values as Arrow columns: ints stay ints, instants keep their zone, and what fits no column is named.

Arrow's own conversion takes a naive time beside one with a zone, drops the nanoseconds of pandas and the time beside
a date. So the types of the values are looked at first; only where all are of one plain type does Arrow convert.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.contract import Column, Kind
from reconciler.records.faults import RowFault

_PLAIN: dict[frozenset[type], pa.DataType] = {
    frozenset(): pa.null(),
    frozenset({int}): pa.int64(),
    frozenset({float}): pa.float64(),
    frozenset({int, float}): pa.float64(),
    frozenset({bool}): pa.bool_(),
    frozenset({str}): pa.string(),
}
_TYPES: dict[Kind, pa.DataType] = {
    "int": pa.int64(),
    "bool": pa.int64(),
    "float": pa.float64(),
    "unix": pa.float64(),
    "str": pa.string(),
    "datetime": pa.string(),
}
_NEEDS: dict[Kind, str] = {
    "int": "whole numbers",
    "bool": "true and false",
    "float": "numbers",
    "unix": "seconds since 1970",
    "str": "texts",
    "datetime": "instants",
}
_SHOWN = 60
_DIGITS = 20
_INTS = range(-(2**63), 2**63)


class Values(NamedTuple):
    """A column, and what is wrong with values that could not become part of it; `row` counts within the column."""

    column: pa.Array
    faults: list[RowFault]


class Unfit(Exception):
    """A value fits no column; the reason and what would."""

    def __init__(self, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


def shown(value: object) -> str:
    """A value as a fault shows it: short, on one line, and never failing."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001 - a repr of the user's may do anything; the fault is about the value
        text = type(value).__name__
    text = text.encode("utf-8", "backslashreplace").decode()
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def column_of(values: Sequence[Any], column: Column) -> Values:
    """The values as a column. Collections become lists; the items of sets are sorted, so that two runs agree."""
    if column.collection:
        return _lists(values, column)
    return _scalars(values, column.kind, column.name)


def _scalars(values: Sequence[Any], kind: Kind, name: str) -> Values:
    found = _at_once(values)
    if found is None:
        values = [_plain(value) for value in values]
        found = _at_once(values)
    return Values(found, []) if found is not None else _one_by_one(values, kind, name)


def _at_once(values: Sequence[Any]) -> pa.Array | None:
    """The column, where all values are of one plain type."""
    kinds = frozenset(map(type, values)) - {type(None)}
    try:
        if kinds in _PLAIN:
            return pa.array(values, _PLAIN[kinds], size=len(values))
        if kinds == {datetime}:
            zones = {value.utcoffset() is None for value in values if value is not None}
            return None if len(zones) > 1 else pa.array(values, pa.timestamp("us", None if True in zones else "UTC"))
        if kinds == {Decimal} and all(value is None or value.is_finite() for value in values):
            return pa.array(values)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError, ValueError):
        return None  # a number too large, half a surrogate pair: found one by one
    return None


def _plain(value: Any) -> Any:
    """What NumPy, pandas and enumerations wrap, unwrapped; their words for nothing as None."""
    if isinstance(value, np.datetime64):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Enum):
        return value.value
    if type(value).__name__ in {"NAType", "NaTType"} and type(value).__module__.startswith("pandas."):
        return None
    return str(value) if isinstance(value, str) else value


def _one_by_one(values: Sequence[Any], kind: Kind, name: str) -> Values:
    taken, faults = list[Any](), list[RowFault]()
    for row, value in enumerate(values):
        try:
            taken.append(None if value is None else _TAKES[kind](value))
        except Unfit as unfit:
            taken.append(None)
            faults.append(RowFault(row, "", name, shown(value), unfit.reason, unfit.fix))
    return Values(pa.array(taken, _TYPES[kind], size=len(taken)), faults)


def _wrong(value: object, kind: Kind) -> Unfit:
    return Unfit(f"It is of type {type(value).__name__}, and the feature takes {_NEEDS[kind]}.")


def _whole(value: Any, kind: Kind = "int") -> int:
    if isinstance(value, (float, Decimal)):
        is_finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
        if is_finite and isinstance(value, Decimal) and value.adjusted() > _DIGITS:
            raise _too_large()  # before it is written out: it may have a billion digits
        if not is_finite or value != int(value):
            raise Unfit(f"It is no whole number, and the feature takes {_NEEDS[kind]}.")
    elif not isinstance(value, int):
        raise _wrong(value, kind)
    if int(value) not in _INTS:
        raise _too_large()
    return int(value)


def _too_large() -> Unfit:
    return Unfit("It does not fit 64 bits: an Integral is from -2^63 to 2^63-1.")


def _flag(value: Any) -> int:
    return _whole(value, "bool")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _wrong(value, "float")
    try:
        number = float(value)
        is_same = number == value or number != number  # noqa: PLR0124 - NaN is judged by the check
    except (OverflowError, ValueError, ArithmeticError):
        is_same = False
    if not is_same:
        raise Unfit("It is no number that 64 bits of floating point hold exactly.", "Round it first.")
    return number


def _text(value: Any, kind: Kind = "str") -> str:
    if not isinstance(value, str):
        raise _wrong(value, kind)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("It holds half a surrogate pair, which is no text in UTF-8.") from None
    return value


def _moment(value: Any) -> str:
    if not isinstance(value, datetime):
        return _text(value, "datetime")
    if value.utcoffset() is None:
        raise Unfit("It has no time zone, so the instant is not known.", "Give it one: time.replace(tzinfo=UTC).")
    return value.isoformat()


_TAKES: dict[Kind, Callable[[Any], Any]] = {
    "int": _whole,
    "bool": _flag,
    "float": _number,
    "unix": _number,
    "str": _text,
    "datetime": _moment,
}


def _lists(values: Sequence[Any], column: Column) -> Values:
    items, faults = list[list[Any] | None](), list[RowFault]()
    for row, value in enumerate(values):
        try:
            items.append(_items(value))
        except Unfit as unfit:
            items.append(None)
            faults.append(RowFault(row, "", column.name, shown(value), unfit.reason, unfit.fix))
    sizes = np.fromiter((len(item or ()) for item in items), np.int64, len(items))
    ends = np.cumsum(sizes)
    flat = _scalars(list(chain.from_iterable(item or () for item in items)), column.kind, column.name)
    faults += _of_items(flat.faults, ends, sizes)
    missing = pa.array([item is None for item in items], pa.bool_())
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    return Values(pa.ListArray.from_arrays(offsets, flat.column, mask=missing), faults)


def _items(value: Any) -> list[Any] | None:
    value = _plain(value)
    if value is None:
        return None
    if isinstance(value, (set, frozenset)):
        return sorted(
            value, key=lambda item: (type(item).__name__, item if isinstance(item, (int, str)) else repr(item))
        )
    if isinstance(value, np.ndarray) and value.ndim == 1:
        found: list[Any] = value.tolist() if value.dtype.kind != "M" else list(value)
        return found
    if isinstance(value, Iterable) and isinstance(value, (list, tuple)):
        return list(value)
    raise Unfit(f"It is of type {type(value).__name__}, and the feature takes lists.")


def _of_items(faults: list[RowFault], ends: np.ndarray[Any, Any], sizes: np.ndarray[Any, Any]) -> list[RowFault]:
    """Faults of items as faults of the rows they are in."""
    found = []
    for fault in faults:
        row = int(np.searchsorted(ends, fault.row, side="right"))
        item = fault.row - int(ends[row] - sizes[row])
        found.append(fault._replace(row=row, reason=f"Item {item}: {fault.reason}"))
    return found
