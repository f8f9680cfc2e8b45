"""Lines of JSON that are what the contract says, read by Arrow at once.

Arrow rounds large whole numbers in a column of floats, and does not tell a missing key from null. Where either may
have happened, and where Arrow refuses anything, the lines are left to be read one by one: that decides what is right.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from reconciler.contract import Column, Contract, Kind

_MOST = 1 << 28
"""Bytes that are read at once; more are read line by line."""

_EXACT = 2.0**53
_TYPES: dict[Kind, pa.DataType] = {
    "int": pa.int64(),
    "bool": pa.bool_(),
    "float": pa.float64(),
    "unix": pa.float64(),
    "str": pa.string(),
    "datetime": pa.string(),
}


class SwiftReader:
    """Reads lines into the columns of a contract."""

    def __init__(self, contract: Contract) -> None:
        self._columns = contract.columns
        self._schema = pa.schema([pa.field(column.name, _type(column)) for column in contract.columns])

    def batch(self, lines: Sequence[bytes]) -> pa.RecordBatch | None:
        """The rows, one for one; nothing where they have to be read one by one."""
        # An object that begins or ends within a line would shift the rows that follow.
        if not all(line.startswith(b"{") and line.rstrip(b"\r").endswith(b"}") for line in lines):
            return None
        data = b"\n".join(lines)
        table = self._read(data) if len(data) < _MOST else None
        if table is None or table.num_rows != len(lines):
            return None
        batch = table.combine_chunks().to_batches()[0]
        columns = zip(self._columns, batch.columns, strict=True)
        return batch if all(_is_certain(column, array) for column, array in columns) else None

    def _read(self, data: bytes) -> pa.Table | None:
        try:
            data.decode()
            return pj.read_json(
                pa.BufferReader(data),
                pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
                pj.ParseOptions(explicit_schema=self._schema, unexpected_field_behavior="error"),
            )
        except (pa.ArrowException, UnicodeDecodeError):
            return None


def _type(column: Column) -> pa.DataType:
    kind = _TYPES[column.kind]
    return pa.list_(kind) if column.collection else kind


def _is_certain(column: Column, array: pa.Array) -> bool:
    """Nothing was rounded, and no default was passed over."""
    if array.null_count and column.default is not None:
        return False
    values = array.flatten() if column.collection else array
    if column.kind not in ("float", "unix"):
        return True
    most = pc.max(pc.abs(values)).as_py()
    return most is None or most < _EXACT
