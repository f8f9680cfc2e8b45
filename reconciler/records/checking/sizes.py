"""The size of whole records, as AWS counts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.records.checking.cells import as_numpy, validity
from reconciler.records.checking.found import Finding
from reconciler.records.checking.plain import lengths_of, parents_of
from reconciler.records.limits import LARGEST_RECORD

_LONGEST_NUMBER = 25
_FIX = "Leave features out, or keep large texts elsewhere and their address here."


def check_sizes(names: Sequence[str], arrays: Sequence[Any]) -> Iterator[Finding]:
    """The rows that are larger than a record can be, by canonical columns."""
    if sum(len(name.encode()) + _at_most(array) for name, array in zip(names, arrays, strict=True)) <= LARGEST_RECORD:
        return
    sizes = sum(_sizes(name, array) for name, array in zip(names, arrays, strict=True))
    rows = np.flatnonzero(np.asarray(sizes) > LARGEST_RECORD)
    if len(rows):
        reason = f"The record is larger than 350 KB ({LARGEST_RECORD:,} bytes), names and values together."
        yield Finding("", reason, _FIX, rows, lambda row: f"{int(sizes[row]):,} bytes")


def _at_most(array: Any) -> int:
    """What no value of the column is longer than."""
    if not len(array):
        return 0
    if pa.types.is_list(array.type):
        inner = array.flatten()
        longest = int(lengths_of(array).max())
        return longest * _at_most(inner)
    if pa.types.is_string(array.type):
        return int(as_numpy(pc.binary_length(array)).max())
    return _LONGEST_NUMBER


def _sizes(name: str, array: Any) -> Any:
    there = validity(array)
    return np.where(there, len(name.encode()) + _lengths(array), 0)


def _lengths(array: Any) -> Any:
    if pa.types.is_list(array.type):
        lengths = _lengths(array.flatten())
        return np.bincount(parents_of(array), lengths, minlength=len(array)).astype(np.int64)
    texts = array if pa.types.is_string(array.type) else array.cast(pa.string())
    return as_numpy(pc.binary_length(texts)).astype(np.int64)
