"""Rows as lines of CSV, whole columns at a time: nothing for null, and a quoted nothing for an empty text.

Quotes stand where they have to. Numbers are the shortest that read back the same, instants ISO-8601 and in UTC where
the column has a time zone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.errors import Fault

_SPECIAL = '[,"\r\n]'


def csv_head(names: Sequence[str]) -> bytes:
    """The line with the names of the columns."""
    cells = _quoted(pa.array(names, pa.large_string())).to_pylist()
    return (",".join(cells) + "\r\n").encode()


def csv_lines(batch: pa.RecordBatch) -> memoryview:
    """The lines of a batch."""
    if not batch.num_rows:
        return memoryview(b"")
    cells = [_cells(column).cast(pa.large_string()) for column in batch.columns]
    lines = pc.binary_join_element_wise(*cells[:-1], _joined(cells[-1], "\r\n"), _text(","))
    _, offsets, content = lines.buffers()
    bounds = np.frombuffer(offsets, np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(content)[bounds[0] : bounds[-1]]


def csv_fault(field: pa.Field) -> Fault | None:
    """Why CSV cannot hold a column, None where it can."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if any(test(kind) for test in _HELD):
        return None
    fix = "Write Parquet, or leave the column out of the labels."
    return Fault("", 0, "", field.name, "", f"CSV cannot hold {field.type} so that it reads back.", fix)


_HELD = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_timestamp,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_decimal,
    pa.types.is_null,
)


def _cells(column: pa.Array) -> pa.Array:
    """Texts without nulls, quoted where they have to be."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        found = _quoted(column.cast(pa.large_string()))
    elif pa.types.is_floating(kind):
        found = _reals(column)
    elif pa.types.is_timestamp(kind):
        found = _instants(column)
    else:
        found = column.cast(pa.string())
    return pc.fill_null(found.cast(pa.large_string()), "")


def _quoted(texts: pa.Array) -> pa.Array:
    needs = pc.or_(pc.equal(texts, ""), pc.match_substring_regex(texts, _SPECIAL))
    if not pc.any(needs).as_py():
        return texts
    return pc.if_else(needs, _joined('"', pc.replace_substring(texts, '"', '""'), '"'), texts)


def _reals(column: pa.Array) -> pa.Array:
    """As JSON has them in Python. Features repeat themselves: each value is written once."""
    coded = pc.dictionary_encode(column.cast(pa.float64()))
    texts = pa.array([json.dumps(value) for value in coded.dictionary.to_pylist()], pa.string())
    return texts.take(coded.indices)


def _instants(column: pa.Array) -> pa.Array:
    kind: Any = column.type
    zone = kind.tz is not None
    plain = column.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.timestamp(kind.unit)) if zone else column
    texts = pc.replace_substring(plain.cast(pa.large_string()), " ", "T")
    return _joined(texts, "Z") if zone else texts


def _joined(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*(_text(part) if isinstance(part, str) else part for part in parts), _text(""))


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())
