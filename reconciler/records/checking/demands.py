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
_COMPARE_TEXTS = {"gt": pc.greater, "ge": pc.greater_equal, "lt": pc.less, "le": pc.less_equal}
_SAID = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def check_demands(values: Any, cells: Cells) -> None:
    """Hold canonical values, not lists, against the choices and bounds of their column."""
    column = cells.column
    if not cells.good.any():
        return
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
        cells.refuse(~_divides(only(values, cells.good), bound.value), f"It has to be a multiple of {bound.value}.")
    elif bound.word == "pattern":
        cells.refuse(~_fits(only(values, cells.good), _pattern(bound.value)), f"It does not match {bound.value}.")
    else:
        check_lengths(as_numpy(pc.utf8_length(only(values, cells.good))), cells, (bound,), "characters")


def _compared(values: Any, cells: Cells, bound: Bound) -> Mask:
    compare = _COMPARE[bound.word]
    found: Mask
    if cells.column.kind == "str":
        found = as_numpy(_COMPARE_TEXTS[bound.word](values, pa.scalar(bound.value, pa.string())), filler=False)
        return found
    if cells.column.kind != "datetime":
        found = compare(as_numpy(values), bound.value)
        return found
    limit = iso.read(pa.array([bound.value]), np.ones(1, np.bool_))
    seconds, nanos = int(limit.seconds[0]), int(limit.nanos[0])
    same = cells.seconds == seconds
    found = (~same & compare(cells.seconds, seconds)) | (same & compare(cells.nanos, nanos))
    return found


def _divides(values: Any, divisor: float) -> Mask:
    if isinstance(divisor, int) and pa.types.is_integer(values.type):
        found: Mask = as_numpy(values) % divisor == 0
        return found
    return _fits(values, _multiple(divisor))  # how near is near enough is pydantic's to say


def _fits(values: Any, test: Any) -> Mask:
    """Each distinct value once, by the very engine that validates a record."""
    unfit = [one for one in pc.unique(values).to_pylist() if one is not None and not test.isinstance_python(one)]
    if not unfit:
        return np.ones(len(values), np.bool_)
    fits: Mask = ~as_numpy(pc.is_in(values, value_set=pa.array(unfit, values.type)))
    return fits


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Any:
    from pydantic_core import SchemaError, SchemaValidator, core_schema  # noqa: PLC0415 - few contracts need it

    schema = core_schema.str_schema(pattern=pattern)
    try:
        return SchemaValidator(schema)
    except SchemaError:  # what re.compile takes, with lookaround for instance, and Rust does not
        return SchemaValidator(schema, config={"regex_engine": "python-re"})


@lru_cache(maxsize=256)
def _multiple(divisor: float) -> Any:
    from pydantic_core import SchemaValidator, core_schema  # noqa: PLC0415 - as above

    return SchemaValidator(core_schema.float_schema(multiple_of=divisor))


def _listed(choices: tuple[str, ...]) -> str:
    shown = ", ".join(choices[:10])
    return shown if len(choices) <= 10 else f"{shown} and {len(choices) - 10} more"
