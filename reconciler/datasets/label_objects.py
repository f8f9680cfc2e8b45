"""Python's values as columns of labels: as they are, where Arrow has a type for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from reconciler.contract import Column
from reconciler.datasets.label_faults import LabelFault
from reconciler.records.sources.values import column_of


def column_of_objects(name: str, values: Sequence[Any]) -> pa.Array | LabelFault:
    """The values as a column, or why they are none. NaN among objects, NaT and NA are missing."""
    values = [None if _is_missing(value) else value for value in values]
    found = column_of(values, Column(name, name, "str"))
    if not found.faults:
        return found.column
    kinds = {type(value) for value in values if value is not None}
    if all(hasattr(value, "utcoffset") for value in values if value is not None):
        return _moments(name, values)
    if len(kinds) == 1:
        try:
            return pa.array(values)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            reason = f"It holds values of type {kinds.pop().__name__}, for which Arrow has no type."
            return LabelFault(name, reason, "Convert them to texts or numbers, or leave the column out.")
    kinds_are = " and ".join(sorted(kind.__name__ for kind in kinds))
    return LabelFault(name, f"It holds values of different types: {kinds_are}.", "Convert all to one of them.")


def _moments(name: str, values: Sequence[Any]) -> pa.Array | LabelFault:
    """Datetimes of Python and pandas, all with a zone or all without."""
    given = [value for value in values if value is not None]
    if len({value.utcoffset() is None for value in given}) > 1:
        reason = "Some of its times have a time zone, and others have none."
        return LabelFault(name, reason, "Give all of them one.")
    fine = any(getattr(value, "nanosecond", 0) for value in given)
    zone = None if given[0].utcoffset() is None else "UTC"
    kind = pa.timestamp("ns" if fine else "us", zone)
    try:
        return pa.array(values if fine else [value and _python(value) for value in values], kind)
    except (pa.ArrowException, OverflowError, ValueError):
        return LabelFault(name, "Its times do not fit 64 bits of nanoseconds.", "Round them to microseconds.")


def _python(value: Any) -> Any:
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return value != value  # noqa: PLR0124 - NaN
    return type(value).__name__ in {"NAType", "NaTType"} and type(value).__module__.startswith("pandas.")
