"""Record batches put together."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.types as pt


def one_batch(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Batches of the same columns as a single one.

    Types may differ where a source finds them chunk by chunk, as null and text do. Dictionaries are decoded: those of
    two files together may need more codes than the type of either has.
    """
    if len(batches) == 1:
        return batches[0]
    columns = [_joined([batch.column(index) for batch in batches]) for index in range(batches[0].num_columns)]
    fields = [pa.field(name, column.type) for name, column in zip(batches[0].schema.names, columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _joined(parts: list[pa.Array]) -> pa.Array:
    parts = [_decoded(part) for part in parts]
    kinds = {part.type for part in parts}
    if len(kinds) > 1:
        field = pa.unify_schemas([pa.schema({"": kind}) for kind in kinds], promote_options="permissive").field(0)
        parts = [part.cast(field.type) for part in parts]
    try:
        return pa.concat_arrays(parts)
    except pa.ArrowInvalid:  # more than two gigabytes of text
        return pa.concat_arrays([part.cast(_large(part.type)) for part in parts])


def _decoded(part: pa.Array) -> pa.Array:
    return part.dictionary_decode() if pt.is_dictionary(part.type) else part


def _large(kind: pa.DataType) -> pa.DataType:
    larger: list[tuple[Callable[[pa.DataType], bool], pa.DataType]] = [
        (pt.is_string, pa.large_string()),
        (pt.is_binary, pa.large_binary()),
    ]
    if pt.is_list(kind):
        return pa.large_list(kind.value_type)
    return next((found for has, found in larger if has(kind)), kind)
