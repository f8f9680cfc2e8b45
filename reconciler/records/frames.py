"""Records as columns: a row for each identifier that was asked for, in that order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from reconciler.aws.runtime import Runtime
from reconciler.contract import Column, Contract
from reconciler.errors import Usage
from reconciler.records.batches import CONNECTIONS, read_many
from reconciler.records.decoding import Decoder, instant
from reconciler.records.target import Target
from reconciler.records.values import id_text

EXPIRES_AT = "expires_at"


def get_frame(
    runtime: Runtime,
    target: Target,
    ids: Iterable[Any],
    *,
    features: Sequence[str] | None = None,
    expires_at: bool = False,
    connections: int = CONNECTIONS,
) -> Any:
    """As `get_table`, as a pandas DataFrame: whole numbers and booleans are of the kinds that can be missing."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only frames need it

    pd: Any = import_module("pandas")
    table = get_table(runtime, target, ids, features=features, expires_at=expires_at, connections=connections)
    kinds = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return table.to_pandas(types_mapper=kinds.get)


def get_table(
    runtime: Runtime,
    target: Target,
    ids: Iterable[Any],
    *,
    features: Sequence[str] | None = None,
    expires_at: bool = False,
    connections: int = CONNECTIONS,
) -> Any:
    """The records as a pyarrow Table, with nulls beside the identifiers of those that are not there.

    Columns are named as the fields are. `features` are the ones to read, by field or by their names on AWS; all of
    them unless given. With `expires_at` there is a column of that name, too.
    """
    contract = target.contract
    columns = _columns(contract, features, expires_at=expires_at)
    texts = [id_text(contract, record_id) for record_id in ids]
    asked = [column.name for column in columns] if features is not None else None
    read = runtime.run(
        read_many(
            runtime,
            {target.name: target},
            [(target.name, text) for text in texts],
            features=asked,
            expires_at=expires_at,
            connections=connections,
        )
    )
    decoder = Decoder(contract, None)
    rows: list[Mapping[str, Any]] = []
    for text, one in zip(texts, read, strict=True):
        alone = [{"FeatureName": contract.record_id, "ValueAsString": text}]
        rows.append(decoder.values(one["Record"] if one else alone, text))
    moments = [instant(one["ExpiresAt"]) if one and one.get("ExpiresAt") else None for one in read]
    return _as_table(columns, rows, moments if expires_at else None)


def _columns(contract: Contract, features: Sequence[str] | None, *, expires_at: bool) -> list[Column]:
    """The columns to read, the record identifier always among them; raises `Usage`."""
    if features is None:
        found = list(contract.columns)
    else:
        wanted = {contract.record_id, *features}
        found = [column for column in contract.columns if wanted & {column.name, column.field}]
        unknown = wanted - {name for column in found for name in (column.name, column.field)}
        if unknown:
            known = ", ".join(column.field for column in contract.columns)
            raise Usage(f"{contract.group} has no feature {', '.join(map(repr, sorted(unknown)))}. It has {known}.")
    if expires_at and EXPIRES_AT in {column.field for column in found}:
        raise Usage(f"{contract.group} has a feature {EXPIRES_AT} of its own: read its expiry with get or get_many.")
    return found


def _as_table(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], moments: Sequence[Any] | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only tables need it

    arrays = {}
    for column in columns:
        values = [row[column.name] for row in rows]
        if column.collection == "Set":
            values = [sorted(value) if value is not None else None for value in values]
        arrays[column.field] = pa.array(values, _arrow_type(column))
    if moments is not None:
        arrays[EXPIRES_AT] = pa.array(moments, pa.timestamp("us", tz="UTC"))
    return pa.table(arrays)


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as above

    kinds = {"int": pa.int64(), "bool": pa.bool_(), "str": pa.string(), "datetime": pa.timestamp("us", tz="UTC")}
    item = kinds.get(column.kind, pa.float64())
    return pa.list_(item) if column.collection else item
