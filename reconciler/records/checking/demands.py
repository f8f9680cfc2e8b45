"""What a spec demands of values beyond their type, as far as it is data: choices, bounds, lengths, patterns."""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.contract import Bound
from reconciler.records.checking import iso
from reconciler.records.checking.cells import Cells, Mask, as_numpy, only

_COMPARE = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
_SAID = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def check_demands(values: Any, cells: Cells) -> None:
    """Hold canonical values, not lists, against the choices and bounds of their column."""
    column = cells.column
    if column.choices:
        known = pc.is_in(values, value_set=pa.array(column.choices, pa.string()))
        cells.refuse(
            ~as_numpy(known), f"It is none of {_listed(column.choices)}.", "Correct it, or add it to the spec."
        )
    for bound in column.bounds:
        _check_bound(values, cells, bound)


def check_lengths(lengths: Any, cells: Cells, bounds: tuple[Bound, ...], of: str) -> None:
    """Hold lengths (a numpy array) against the bounds that are about them."""
    for word, wanted in bounds:
        if word == "min_length":
            cells.refuse(lengths < wanted, f"It has fewer than {wanted:,} {of}.")
        elif word == "max_length":
            cells.refuse(lengths > wanted, f"It has more than {wanted:,} {of}.")


def _check_bound(values: Any, cells: Cells, bound: Bound) -> None:
    if bound.word in _COMPARE:
        cells.refuse(~_compared(values, cells, bound), f"It has to be {_SAID[bound.word]} {bound.value}.")
    elif bound.word == "multiple_of":
        cells.refuse(~_divides(as_numpy(values), bound.value), f"It has to be a multiple of {bound.value}.")
    elif bound.word == "pattern":
        cells.refuse(~_matches(only(values, cells.good), bound.value), f"It does not match {bound.value}.")
    else:
        check_lengths(as_numpy(pc.utf8_length(only(values, cells.good))), cells, (bound,), "characters")


def _compared(values: Any, cells: Cells, bound: Bound) -> Mask:
    compare = _COMPARE[bound.word]
    found: Mask
    if cells.seconds is None or not isinstance(bound.value, str):
        found = compare(as_numpy(values), bound.value)
        return found
    limit = iso.read(pa.array([bound.value]), np.ones(1, np.bool_))
    seconds, nanos = int(limit.seconds[0]), int(limit.nanos[0])
    same = cells.seconds == seconds
    found = (~same & compare(cells.seconds, seconds)) | (same & compare(cells.nanos, nanos))
    return found


def _divides(numbers: Any, divisor: float) -> Mask:
    found: Mask
    if isinstance(divisor, int) and numbers.dtype.kind == "i":
        found = numbers % divisor == 0
        return found
    # With the tolerance of pydantic, so that 0.3 is a multiple of 0.1.
    rest, least = np.abs(np.fmod(numbers, divisor)), np.abs(numbers) / 1e9
    found = (rest <= least) | (np.abs(rest - divisor) <= least)
    return found


def _matches(values: Any, pattern: str) -> Mask:
    """Each distinct text once, by the very engine that validates a record."""
    test = _pattern(pattern)
    unfit = [text for text in pc.unique(values).to_pylist() if text is not None and not test.isinstance_python(text)]
    if not unfit:
        return np.ones(len(values), np.bool_)
    fits: Mask = ~as_numpy(pc.is_in(values, value_set=pa.array(unfit, pa.string())))
    return fits


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Any:
    from pydantic_core import SchemaValidator, core_schema  # noqa: PLC0415 - only patterns need it

    return SchemaValidator(core_schema.str_schema(pattern=pattern))


def _listed(choices: tuple[str, ...]) -> str:
    shown = ", ".join(choices[:10])
    return shown if len(choices) <= 10 else f"{shown} and {len(choices) - 10} more"
