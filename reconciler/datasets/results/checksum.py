"""The checksum of rows by what they say, however they lie in memory."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_LISTS = (pa.types.is_list, pa.types.is_large_list)
_TEXTS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
)


class Checksum:
    """A checksum that grows by blocks. Rows count, and in which block they are; garbage under nulls does not."""

    def __init__(self, schema: pa.Schema) -> None:
        self._found = sha256(repr([(field.name, str(field.type)) for field in schema]).encode())

    def add(self, block: pa.RecordBatch) -> None:
        """The next block."""
        self._found.update(block.num_rows.to_bytes(8, "big"))
        for column in block.columns:
            for part in _parts(column):
                self._found.update(part)

    def __str__(self) -> str:
        return f"sha256:{self._found.hexdigest()}"


def _parts(values: pa.Array) -> Iterator[Any]:
    kind = values.type
    if pa.types.is_dictionary(kind):
        yield from _parts(values.dictionary_decode())
        return
    if isinstance(kind, pa.BaseExtensionType):
        yield from _parts(values.storage)
        return
    nulls = values.is_null().to_numpy(zero_copy_only=False)
    yield np.packbits(nulls).tobytes() if values.null_count else b"all"
    if any(test(kind) for test in _TEXTS):
        yield from _text_parts(values)
    elif any(test(kind) for test in _LISTS):
        yield pc.fill_null(pc.list_value_length(values), 0).cast(pa.int64()).to_numpy().tobytes()
        yield from _parts(values.flatten())
    elif pa.types.is_struct(kind):
        for part in values.flatten():
            yield from _parts(part)
    elif pa.types.is_boolean(kind):
        yield pc.fill_null(values, False).to_numpy(zero_copy_only=False).tobytes()
    elif pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_fixed_size_binary(kind):
        yield _fixed_bytes(values, nulls)
    else:
        yield repr(values.to_pylist()).encode()


def _text_parts(values: pa.Array) -> Iterator[Any]:
    """Where each ends, then all of them."""
    whole = values.cast(pa.large_binary())
    whole = whole.fill_null(b"") if whole.null_count else whole
    offsets = np.frombuffer(whole.buffers()[1], np.int64)[whole.offset : whole.offset + len(whole) + 1]
    yield (offsets - offsets[0]).tobytes()
    yield memoryview(whole.buffers()[2] or b"")[offsets[0] : offsets[-1]]


def _fixed_bytes(values: pa.Array, nulls: Any) -> bytes:
    """The values as they lie there, nulls as zeros."""
    width = values.type.bit_width // 8
    lying = np.frombuffer(values.buffers()[1] or b"", np.uint8)[values.offset * width :][: len(values) * width]
    if values.null_count:
        lying = np.where(nulls[:, None], np.uint8(0), lying.reshape(len(values), width))
    return lying.tobytes()
