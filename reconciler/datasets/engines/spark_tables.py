"""Which columns DataFrames have, held against what is needed: labels, and tables that stand for offline stores.

Nothing here needs Spark: DataFrames are only asked for their names and types.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from reconciler.datasets.engines.spark_labels import IDENTITY
from reconciler.datasets.labels.columns import check_columns
from reconciler.datasets.labels.faults import LabelFault, LabelsRefused
from reconciler.datasets.labels.times import MomentReader
from reconciler.datasets.question import Join, Question
from reconciler.datasets.sql import SPARK
from reconciler.errors import Fault, Invalid
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME

_ARROW: Final = {
    "void": pa.null(),
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
    "binary": pa.binary(),
}
_KINDS: Final = {
    pa.int8(): "tinyint",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.timestamp("us", "UTC"): "timestamp",
    IDENTITY: "decimal(38,0)",
}
_READS: Final = {
    "Integral": frozenset({"tinyint", "smallint", "int", "bigint"}),
    "Fractional": frozenset({"float", "double"}),
    "String": frozenset({"string"}),
    "timestamp": frozenset({"timestamp", "timestamp_ntz"}),
    "boolean": frozenset({"boolean"}),
}
_CASTS: Final = {"Integral": "BIGINT", "Fractional": "DOUBLE", "String": "STRING", "boolean": "BOOLEAN"}


def own_columns(join: Join) -> dict[str, str]:
    """The columns that every row of an offline store has, with their types."""
    own = {INVOKED: "timestamp", WRITE_TIME: "timestamp", IS_DELETED: "boolean"}
    return {join.record_id: join.key.type, join.event_time: join.event_time_type} | own


def check_labels(labels: Any, question: Question, reader: MomentReader) -> None:
    """Raise `LabelsRefused` with all that is wrong with the columns of a DataFrame."""
    schema = pa.schema([pa.field(name, arrow_of(kind)) for name, kind in labels.dtypes])
    time = reader.time if isinstance(reader.time, str) else None
    faults = check_columns(schema, question, time, reader.zone, texts=False)
    known = {fault.column for fault in faults}
    features = [column.name for column in question.columns]
    faults += [fault for fault in _alike(labels.columns, features) if fault.column not in known]
    if faults:
        raise LabelsRefused(faults)


def arrow_of(kind: str) -> pa.DataType:
    """What Arrow calls a type of Spark's; of those that are neither keys nor times only that they are no others."""
    plain = "string" if kind.startswith(("string", "varchar", "char")) else kind
    if plain == "string":
        return pa.string()
    if plain in _ARROW:
        return _ARROW[plain]
    decimal = re.fullmatch(r"decimal\((\d+),(-?\d+)\)", plain)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else pa.list_(pa.null())


def _alike(names: Sequence[str], features: Sequence[str]) -> Iterator[LabelFault]:
    """Spark takes names for the same that differ only in upper and lower case, unless it is told otherwise."""
    counts = Counter(name.casefold() for name in [*names, *features])
    for name in names:
        if counts[name.casefold()] > 1:
            reason = (
                "Another column of the result has this name but for upper and lower case, which Spark may not tell "
            )
            yield LabelFault(name, f"{reason}apart.", "Rename it, or name the features apart with a prefix.")


def columns_of_table(table: Any, join: Join, names: Sequence[str]) -> list[str]:
    """Columns of a group in a table, by their names in lower case, as `selectExpr` takes them.

    A feature that the table does not have is null, as in files from before it was added. Raises `Invalid` with every
    column that is of another type, or that every row has to have and is not there.
    """
    found = {name.lower(): (name, kind) for name, kind in table.dtypes}
    own = own_columns(join)
    types = {column.feature: column.type for column in join.columns} | own
    expressions, faults = [], list[Fault]()
    for name in names:
        aws_type, written = types[name], SPARK.name(name.lower())
        there = found.get(name.lower())
        if there is None:
            if name in own:
                fix = "Every offline row has it: add it to the table, or leave the table out."
                faults.append(Fault("", 0, join.group, name, "", "The table has no such column.", fix))
            kind = _CASTS.get(aws_type, "TIMESTAMP")
            expressions.append(f"CAST(NULL AS {kind}) AS {written}")
            continue
        column, kind = there
        plain = "string" if kind.startswith("string") else kind
        if plain not in _READS[aws_type]:
            reason = f"It is {kind} in the table, which does not stand for {aws_type}."
            faults.append(
                Fault("", 0, join.group, name, "", reason, f"Cast it to {_CASTS.get(aws_type, 'TIMESTAMP')}.")
            )
        expressions.append(f"{_as(SPARK.name(column), plain, aws_type)} AS {written}")
    if faults:
        raise Invalid(faults)
    return expressions


def _as(column: str, kind: str, aws_type: str) -> str:
    if kind == "timestamp_ntz":
        return f"CAST(concat(CAST({column} AS STRING), 'Z') AS TIMESTAMP)"  # without a zone it is in UTC as well
    return column if aws_type == "timestamp" else f"CAST({column} AS {_CASTS[aws_type]})"


def kind_of(kind: pa.DataType) -> str:
    """What Spark calls a type of ours."""
    return _KINDS[kind]


def as_spark(schema: pa.Schema) -> str:
    """Columns as Spark declares them."""
    return ", ".join(f"{SPARK.name(field.name)} {kind_of(field.type)}" for field in schema)
