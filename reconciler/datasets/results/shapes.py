"""The rows of a result as the libraries of data scientists have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reconciler.errors import Fault, Invalid, Usage

_NULLABLE = {f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
"""Arrow's whole numbers, and pandas' that can be missing."""


def as_pandas(table: pa.Table, labels: int, *, arrow: bool = False) -> Any:
    """A pandas DataFrame; the first `labels` columns are the labels.

    Label columns come back as pandas makes them, or as they were in the frame they came from. Features: Integral is
    `Int64`, which has nulls; Fractional `float64` with NaN for null; String pandas' text, with its missing value.
    With `arrow` every column is of Arrow's type, and nothing is another value than it was stored as.
    """
    pd = _library("pandas", "to_pandas", "reconciler[data]")
    if arrow:
        return table.replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)
    names = table.schema.names
    left = _labels_frame(table.select(names[:labels]), pd)
    whole = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    right = table.select(names[labels:]).replace_schema_metadata(None).to_pandas(types_mapper=whole.get)
    if not labels:
        return right
    return pd.concat([left, right], axis=1) if len(names) > labels else left


def as_polars(table: pa.Table) -> Any:
    """A polars DataFrame."""
    return _library("polars", "to_polars", "polars").from_arrow(table.replace_schema_metadata(None))


def as_torch(
    table: pa.Table, columns: Sequence[str] | None = None, fill: float | Mapping[str, float] | None = None
) -> Any:
    """Tensors by the names of the columns: whole numbers as int64, others as float64, booleans as bool.

    `columns` are the wanted ones, all that are numbers unless given. A null of a Fractional column is NaN. A tensor of
    whole numbers has none: give `fill`, for all columns or by name, or ask for rows that have them. Raises `Invalid`
    with every column that cannot be a tensor.
    """
    torch = _library("torch", "to_torch", "torch")
    names = [field.name for field in table.schema if _is_number(field.type)] if columns is None else list(columns)
    faults: list[Fault] = []
    tensors = {}
    for name in names:
        fault = _torch_fault(table, name, fill)
        if fault is None:
            tensors[name] = torch.from_numpy(_numbers(table[name], _fill_of(fill, name)))
        else:
            faults.append(fault)
    if faults:
        raise Invalid(faults)
    return tensors


def _torch_fault(table: pa.Table, name: str, fill: Any) -> Fault | None:
    if name not in table.schema.names:
        numbers = ", ".join(field.name for field in table.schema if _is_number(field.type))
        return Fault("", 0, "", name, "", "The dataset has no such column.", f"Its numbers are {numbers}.")
    kind = table.schema.field(name).type
    if not _is_number(kind):
        fix = "Encode it first (to_arrow, to_pandas), or leave it out."
        return Fault("", 0, "", name, "", f"It is {kind}, and a tensor holds numbers.", fix)
    nulls, filler = table[name].null_count, _fill_of(fill, name)
    if nulls and not pa.types.is_floating(kind) and filler is None:
        fix = f"Say what stands for them: to_torch(fill={{{name!r}: -1}})."
        return Fault("", 0, "", name, "", f"{nulls:,} of {len(table):,} values are null, which {kind} cannot say.", fix)
    if nulls and filler is not None and not _is_held(filler, _wide(kind)):
        fix = f"Give one for each column: to_torch(fill={{{name!r}: ...}})."
        return Fault("", 0, "", name, "", f"{filler!r} stands for its nulls, and is no {_wide(kind)}.", fix)
    if pa.types.is_uint64(kind) and (pc.max(table[name]).as_py() or 0) >= 1 << 63:
        fix = "Leave it out, or convert it to float64 in the labels."
        return Fault("", 0, "", name, "", "It has numbers beyond int64, the largest whole numbers of torch.", fix)
    return None


def _is_held(filler: Any, kind: pa.DataType) -> bool:
    """A tensor of this kind has the very value."""
    try:
        found = pa.scalar(filler, kind).as_py()
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return False
    return bool(found == filler or filler != filler)  # noqa: PLR0124 - NaN


def _wide(kind: pa.DataType) -> pa.DataType:
    """The kind that torch has of numbers like these."""
    return pa.float64() if pa.types.is_floating(kind) else kind if pa.types.is_boolean(kind) else pa.int64()


def _fill_of(fill: Any, name: str) -> Any:
    return fill.get(name) if isinstance(fill, Mapping) else fill


def _numbers(column: pa.ChunkedArray, fill: Any) -> Any:
    """A numpy array of torch's kinds, which nobody else writes to."""
    wide = _wide(column.type)
    column = column.cast(wide)
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(float("nan") if fill is None else fill, wide))
    return column.to_numpy().copy()


def _is_number(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean))


def _labels_frame(table: pa.Table, pd: Any) -> Any:
    """Whole numbers and booleans with nulls become floats and objects in pandas, unless it is told otherwise."""
    frame = table.to_pandas().reset_index(drop=True)
    for field in table.schema:
        is_truth = pa.types.is_boolean(field.type)
        if not table[field.name].null_count or not (is_truth or pa.types.is_integer(field.type)):
            continue
        if not pd.api.types.is_extension_array_dtype(frame[field.name].dtype):
            made = pd.BooleanDtype() if is_truth else pd.api.types.pandas_dtype(_NULLABLE[str(field.type)])
            frame[field.name] = table[field.name].to_pandas(types_mapper={field.type: made}.get)
    return frame


def _library(name: str, method: str, install: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise Usage(f"{method} needs {name}: pip install '{install}'.") from None
