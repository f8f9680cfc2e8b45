"""Arrow's ways to hold one thing, reduced to the plainest: what is left is null, numbers, string, timestamp, list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

_DICTIONARY, _RUNS = pa.types.is_dictionary, pa.types.is_run_end_encoded


def plain(array: Any) -> Any:
    """The same values as a plain array: categories and runs decoded, large and view types narrowed."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        return plain(array.storage)
    if _DICTIONARY(array.type):
        return plain(array.dictionary_decode())
    if _RUNS(array.type):
        return plain(pa.compute.run_end_decode(array))
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        return array.cast(pa.string())
    if _is_other_list(array.type):
        return _as_list(array)
    return array


def lengths_of(lists: Any) -> Any:
    """How many elements each list has, 0 where there is none; a numpy array."""
    lengths = pa.compute.list_value_length(lists).fill_null(0)
    return lengths.to_numpy(zero_copy_only=False).astype(np.int64)


def parents_of(lists: Any) -> Any:
    """For each element of `lists.flatten()` the row it is in. (Arrow's own also counts what stands behind a null.)"""
    return np.repeat(np.arange(len(lists)), lengths_of(lists))


def _is_other_list(type_: Any) -> bool:
    tests = (
        pa.types.is_large_list,
        pa.types.is_fixed_size_list,
        pa.types.is_list_view,
        pa.types.is_large_list_view,
    )
    return any(test(type_) for test in tests)


def _as_list(array: Any) -> Any:
    wanted = pa.list_(array.type.value_type)
    if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        return pa.array(array.to_pylist(), wanted)  # its cast gives offsets that do not hold
    return array.cast(wanted)
