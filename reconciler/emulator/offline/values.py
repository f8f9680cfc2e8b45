"""Values from the text that was written to the types of their columns, in C++ as long as it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa


def typed(texts: pa.ChunkedArray, feature_type: str) -> pa.ChunkedArray:
    """A column of text as a column of the feature's type; what was accepted is never refused here."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    match feature_type:
        case "Integral":
            return _cast(texts, pa.int64(), int)
        case "Fractional":
            return _cast(texts, pa.float64(), float)
    return texts


def _cast(texts: pa.ChunkedArray, kind: pa.DataType, read: Callable[[str], Any]) -> pa.ChunkedArray:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        return pc.cast(texts, kind)
    except pa.ArrowInvalid:
        # Arrow takes fewer spellings of a number than the service does: +5 is no integer to it.
        found = [None if text is None else read(text) for text in texts.to_pylist()]
        return pa.chunked_array([pa.array(found, kind)])
