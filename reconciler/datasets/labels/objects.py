"""Python's values as columns of labels: as they are, where Arrow has a type for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from reconciler.contract import Column
from reconciler.datasets.labels.faults import Example, LabelFault
from reconciler.records.sources.values import column_of, shown

_NO_ITEMS = {str, int, float, bool, set, frozenset}
_NOTHING = {"NAType", "NaTType"}


def column_of_objects(name: str, values: Sequence[Any]) -> pa.Array | LabelFault:
    """The values as a column, or why they are none. NaN among objects, NaT and NA are missing."""
    kinds = set(map(type, values))
    if any(kind is float or kind.__name__ in _NOTHING for kind in kinds):
        values = [None if _is_missing(value) else value for value in values]
        kinds = set(map(type, values))
    kinds.discard(type(None))
    if kinds and all(issubclass(kind, datetime) for kind in kinds):
        return _moments(name, values)
    if len(kinds) == 1 and kinds.isdisjoint(_NO_ITEMS):
        try:
            return pa.array(values)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            pass  # an enumeration, say, or a number of NumPy
    found = column_of(values, Column(name, name, "str"))
    if not found.faults:
        return found.column
    words = " and ".join(sorted(kind.__name__ for kind in kinds))
    if len(kinds) == 1:
        reason = f"The column holds values of type {words}, which no column can hold."
        return LabelFault(name, reason, "Convert them to texts or numbers, or leave the column out.")
    usual = type(next(value for value in values if value is not None))
    odd = next(row for row, value in enumerate(values) if value is not None and type(value) is not usual)
    reason = f"The column holds values of different types: {words}."
    return LabelFault(name, reason, "Convert all to one of them.", 1, (_example(odd, values[odd]),))


def _example(row: int, value: Any) -> Example:
    return Example(row, f"row {row}", shown(value))


def _moments(name: str, values: Sequence[Any]) -> pa.Array | LabelFault:
    """Datetimes of Python and pandas, all with a zone or all without."""
    given = [value for value in values if value is not None]
    naive = [row for row, value in enumerate(values) if value is not None and value.utcoffset() is None]
    if 0 < len(naive) < len(given):
        reason = "It has no time zone, and others in the column have one."
        return LabelFault(name, reason, "Give all of them one.", len(naive), (_example(naive[0], values[naive[0]]),))
    fine = any(getattr(value, "nanosecond", 0) for value in given)
    zone = None if given[0].utcoffset() is None else "UTC"
    kind = pa.timestamp("ns" if fine else "us", zone)
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, OverflowError, ValueError):
        return LabelFault(name, "Its times do not fit 64 bits of nanoseconds.", "Round them to microseconds.")


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return value != value  # noqa: PLR0124 - NaN
    return type(value).__name__ in _NOTHING and type(value).__module__.startswith("pandas.")
