"""Arrow's ways to hold one thing, reduced to the plainest: what is left is null, numbers, string, timestamp, list."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

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


def is_list(type_: Any) -> bool:
    """Whether a plain array of this type holds lists."""
    return bool(pa.types.is_list(type_))


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
