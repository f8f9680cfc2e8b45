"""The bytes behind an Arrow array of texts, as numpy sees them without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Offsets = np.ndarray[Any, np.dtype[np.int32]]

_NONE: Bytes = np.zeros(0, np.uint8)


def offsets(texts: Any) -> Offsets:
    """Where each text begins in the data, and where the last one ends."""
    buffer = texts.buffers()[1]
    if len(texts) == 0 or buffer is None:
        return np.zeros(1, np.int32)
    return np.frombuffer(buffer, np.int32, len(texts) + 1, 4 * texts.offset)


def data(texts: Any) -> Bytes:
    """All bytes that the offsets point into."""
    buffer = texts.buffers()[2]
    return _NONE if buffer is None else np.frombuffer(buffer, np.uint8)


def text_bytes(texts: Any) -> Bytes:
    """The bytes of these texts, and of none before or after them."""
    bounds = offsets(texts)
    return data(texts)[bounds[0] : bounds[-1]]


def texts_of(rows: Bytes) -> Any:
    """Texts of one length, given as a matrix with a row of bytes for each."""
    count, width = rows.shape
    bounds = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(bounds), pa.py_buffer(rows)])
