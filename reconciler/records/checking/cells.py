"""One column of a batch while it is checked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.contract import Column
from reconciler.records.checking.found import Finding, shortened

CANONICAL = {
    "int": pa.int64(),
    "bool": pa.int64(),
    "float": pa.float64(),
    "unix": pa.float64(),
    "str": pa.string(),
    "datetime": pa.string(),
}
"""The Arrow type of a value, by its kind; collections are lists of it."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Cells:
    """What is known of a column so far: `good` marks values that are there and not refused yet.

    A cell is refused once, for the first reason; so faults are as many as cells at fault.
    """

    __slots__ = ("column", "findings", "given", "good", "nanos", "seconds")

    def __init__(self, column: Column, given: Any) -> None:
        self.column = column
        self.given = given
        self.good: Mask = validity(given)
        self.findings: list[Finding] = []
        self.seconds: Any = None
        self.nanos: Any = None

    def refuse(self, wrong: Mask, reason: str, fix: str = "", show: Callable[[int], str] | None = None) -> None:
        """These cells cannot be used, as far as they are there and were not refused before."""
        wrong = wrong & self.good
        if wrong.any():
            rows = np.flatnonzero(wrong)
            self.findings.append(Finding(self.column.name, reason, fix, rows, show or self.show))
            self.good = self.good & ~wrong

    def refuse_rows(self, rows: list[int], reason: str, fix: str = "") -> None:
        """The same of rows by number."""
        wrong = np.zeros(len(self.given), np.bool_)
        wrong[rows] = True
        self.refuse(wrong, reason, fix)

    def refuse_all(self, reason: str, fix: str = "") -> Any:
        """None of the cells can be used; gives what stands in for them."""
        self.refuse(self.good, reason, fix)
        return pa.nulls(len(self.given), CANONICAL[self.column.kind])

    def missing(self, wrong: Mask) -> None:
        """These rows have no value and need one."""
        rows = np.flatnonzero(wrong)
        if len(rows):
            reason = "There is no value, and every row has to have one."
            self.findings.append(Finding(self.column.name, reason, "", rows, _nothing))

    def show(self, row: int) -> str:
        """The value as it was given."""
        return shown(self.given[row])


def validity(array: Any) -> Mask:
    """Which values are there."""
    if array.null_count == 0 and not pa.types.is_null(array.type):
        return np.ones(len(array), np.bool_)
    found: Mask = array.is_valid().to_numpy(zero_copy_only=False)
    return found


def only(array: Any, good: Mask) -> Any:
    """The array with null wherever it is not good."""
    if good.all():
        return array
    return pc.if_else(pa.array(good), array, pa.scalar(None, array.type))


def as_numpy(array: Any, filler: Any = 0) -> Any:
    """Numbers as a numpy array, `filler` where there is none."""
    if array.null_count:
        array = array.fill_null(pa.scalar(filler, array.type))
    return array.to_numpy(zero_copy_only=False)


def shown(scalar: Any) -> str:
    """A value of an Arrow array, short."""
    if pa.types.is_timestamp(scalar.type):
        return _shown_moment(scalar)
    try:
        value = scalar.as_py()
    except (ValueError, OverflowError, UnicodeDecodeError):  # beyond what Python has a value for
        return shortened(ascii(scalar.as_buffer().to_pybytes()) if hasattr(scalar, "as_buffer") else str(scalar))
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e16:
        return repr(value)
    return shortened(str(value))


def _shown_moment(scalar: Any) -> str:
    try:
        return str(scalar.cast(pa.string()))
    except pa.ArrowException:
        return f"{scalar.value} {scalar.type.unit} since 1970"


def _nothing(row: int) -> str:  # noqa: ARG001 - one for all rows
    return ""
