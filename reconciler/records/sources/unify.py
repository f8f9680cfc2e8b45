"""The columns of several files as those of one table: by name, in types that lose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.types as pt

from reconciler.contract import Column, Contract
from reconciler.errors import Fault, Invalid
from reconciler.records.sources.paths import fault


class Clash(Exception):
    """Two types have none in common."""


class Header(NamedTuple):
    """What one file says its columns are."""

    label: str
    schema: pa.Schema


def common_schema(headers: Sequence[Header], contract: Contract) -> pa.Schema:
    """The columns of all files together. Raises `Invalid` with each that has two types, or that some files lack.

    A column that some files lack has to have a default in the spec, as it has when no file has it.
    """
    if len(headers) == 1:
        return headers[0].schema
    faults, kinds, seen = list[Fault](), dict[str, pa.DataType](), dict[str, str]()
    for header in headers:
        for name, kind in zip(header.schema.names, header.schema.types, strict=True):
            try:
                kinds[name] = common_type(kinds.get(name, kind), kind)
            except Clash:
                reason = f"The column is {kind} here, and {kinds[name]} in {seen[name]}."
                faults.append(fault(header.label, reason, group=contract.group, field=name))
            seen.setdefault(name, header.label)
    faults += _lacking(headers, contract, kinds)
    if faults:
        raise Invalid(faults)
    return pa.schema(list(kinds.items()))


def _lacking(headers: Sequence[Header], contract: Contract, kinds: dict[str, pa.DataType]) -> list[Fault]:
    needed = [column for column in contract.columns if column.required and {column.name, column.field} & kinds.keys()]
    return [
        fault(
            header.label, "The file lacks the column, which other files have.", group=contract.group, field=column.name
        )
        for header in headers
        for column in needed
        if not {column.name, column.field} & set(header.schema.names)
    ]


def common_type(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """A type that holds the values of both. Raises `Clash` where there is none."""
    if one == other or pt.is_null(other):
        return one
    if pt.is_null(one):
        return other
    if pt.is_dictionary(one) or pt.is_dictionary(other):
        return common_type(_decoded(one), _decoded(other))
    if _is_text(one) and _is_text(other):
        return pa.large_string()
    if pt.is_integer(one) and pt.is_integer(other):
        return _whole(one, other)
    if _is_number(one) and _is_number(other):
        return pa.float64()
    if pt.is_timestamp(one) and pt.is_timestamp(other):
        return _timestamp(one, other)
    if _is_list(one) and _is_list(other):
        return pa.large_list(common_type(one.value_type, other.value_type))
    if one.id == other.id:
        return _same_family(one, other)
    raise Clash


def _decoded(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pt.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pt.is_integer(kind) or pt.is_floating(kind))


def _whole(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    unsigned = [kind for kind in (one, other) if pt.is_uint64(kind)]
    if not unsigned:
        return pa.int64()
    return pa.uint64() if pt.is_unsigned_integer(one) and pt.is_unsigned_integer(other) else pa.decimal128(20)


def _timestamp(one: pa.TimestampType, other: pa.TimestampType) -> pa.DataType:
    if (one.tz is None) != (other.tz is None):
        raise Clash
    units = ("s", "ms", "us", "ns")
    unit = max(one.unit, other.unit, key=units.index)
    return pa.timestamp(unit, one.tz and "UTC")


def _same_family(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Decimals, structures and the like, as Arrow joins them."""
    try:
        schemas = [pa.schema({"": one}), pa.schema({"": other})]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except pa.ArrowException:
        raise Clash from None


def conform(batch: pa.RecordBatch, schema: pa.Schema, contract: Contract, label: str) -> pa.RecordBatch:
    """The rows of one file in the columns of all. Raises `Invalid` where a value would change."""
    if batch.schema.equals(schema):
        return batch
    names, columns = batch.schema.names, []
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name in names:
            columns.append(_cast(batch.column(names.index(name)), kind, name, contract, label))
        else:
            columns.append(_absent(_column(contract, name), kind, batch.num_rows))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _cast(array: pa.Array, kind: pa.DataType, name: str, contract: Contract, label: str) -> pa.Array:
    if array.type == kind:
        return array
    try:
        return _decode(array).cast(kind)
    except pa.ArrowException as error:
        reason = f"The column is {array.type} here, which does not fit {kind} as in other files: {error}."
        raise Invalid([fault(label, reason, group=contract.group, field=name)]) from None


def _decode(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pt.is_dictionary(array.type) else array


def _column(contract: Contract, name: str) -> Column | None:
    return next((column for column in contract.columns if name in (column.name, column.field)), None)


def _absent(column: Column | None, kind: pa.DataType, rows: int) -> pa.Array:
    """What stands in for a column that one of the files lacks: the default of the spec."""
    if column is None or column.default is None:
        return pa.nulls(rows, kind)
    default = column.default
    if _is_text(kind) and not isinstance(default, str):
        default = str(default).lower() if isinstance(default, bool) else repr(default)
    value = pa.scalar(default)
    return pa.repeat(value if value.type == kind else value.cast(kind), rows)
