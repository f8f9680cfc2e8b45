"""Columns that stand in the names of folders: `origin=JFK/part-0.parquet`."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from reconciler.contract import Column, Contract
from reconciler.errors import Invalid
from reconciler.records.sources.paths import File, fault

_PARSED = {"int": int, "bool": int, "float": float, "unix": float}
_TYPES = {"int": pa.int64(), "bool": pa.int64(), "float": pa.float64(), "unix": pa.float64()}


class Keys:
    """Adds what the folders of a file say, where it names a feature that the file itself does not have.

    Other names (`year=2013`) are about how files lie, and no columns. Numbers are parsed by the kind of the feature,
    unless the file has texts only.
    """

    def __init__(self, contract: Contract, known: Mapping[str, Column], *, texts: bool = False) -> None:
        self._contract, self._known, self._texts = contract, known, texts

    def extend(self, schema: pa.Schema, file: File) -> pa.Schema:
        """The columns of the file and of its folders. Raises `Invalid` for a key that is no number and should be."""
        for name, value in self._said(file, schema):
            schema = schema.append(pa.field(name, self._value(name, value, file).type))
        return schema

    def add(self, batch: pa.RecordBatch, file: File) -> pa.RecordBatch:
        """The rows with what the folders say."""
        for name, value in self._said(file, batch.schema):
            batch = batch.append_column(name, pa.repeat(self._value(name, value, file), batch.num_rows))
        return batch

    def _said(self, file: File, schema: pa.Schema) -> list[tuple[str, str | None]]:
        return [(name, value) for name, value in file.keys if name in self._known and name not in schema.names]

    def _value(self, name: str, value: str | None, file: File) -> pa.Scalar:
        kind = self._known[name].kind
        if self._texts or kind not in _PARSED:
            return pa.scalar(value, pa.string())
        try:
            return pa.scalar(None if value is None else _PARSED[kind](value.replace("_", " ")), _TYPES[kind])
        except (ValueError, OverflowError):
            reason = f"It is {value!r} in the name of the folder, and the feature is a number."
            raise Invalid([fault(file.label, reason, group=self._contract.group, field=name)]) from None
