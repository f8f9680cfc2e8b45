"""Files into an Iceberg table: which form they need, and the one commit that makes them visible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.transforms import TruncateTransform
from pyiceberg.typedef import Record
from pyiceberg.types import BooleanType, DoubleType, LongType, NestedField, StringType, TimestampType, TimestamptzType

from reconciler.aws.catalog import RUN, RunCommitted, snapshot_of
from reconciler.aws.ranged import Ranged
from reconciler.errors import AwsFailed, Usage
from reconciler.records.offline.layout import Layout, schema_of
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME, Place
from reconciler.records.offline.sinks import Staged

_DAY = 10
_TYPES: dict[type[Any], pa.DataType] = {
    LongType: pa.int64(),
    DoubleType: pa.float64(),
    StringType: pa.string(),
    BooleanType: pa.bool_(),
    TimestampType: pa.timestamp("us"),
    TimestamptzType: pa.timestamp("us", "UTC"),
}


def form_of(table: Table, layout: Layout) -> pa.Schema:
    """The columns of a file, in the layout's order, with the names, types and ids that the table has for them.

    Raises `Usage` where the table cannot take the group's rows.
    """
    _check_spec(table, layout)
    by_lower = {field.name.lower(): field for field in table.schema().fields}
    fields = []
    for wanted in schema_of(layout):
        found = by_lower.pop(wanted.name.lower(), None)
        if found is None:
            raise _unfit(table, f"it has no column {wanted.name}")
        fields.append(_field(table, wanted, found))
    for left in by_lower.values():
        if left.required:
            raise _unfit(table, f"it demands a column {left.name}, which the group does not have")
    return pa.schema(fields)


def _field(table: Table, wanted: pa.Field, found: NestedField) -> pa.Field:
    kind = _TYPES.get(type(found.field_type))
    fits = kind is not None and (kind == wanted.type or (pa.types.is_timestamp(kind) and _is_moment(wanted)))
    if not fits:
        raise _unfit(table, f"its column {found.name} is {found.field_type}, and the feature is {wanted.type}")
    return pa.field(found.name, kind, metadata={b"PARQUET:field_id": str(found.field_id).encode()})


def _is_moment(field: pa.Field) -> bool:
    return field.name in (WRITE_TIME, INVOKED) and field.name != IS_DELETED


def _check_spec(table: Table, layout: Layout) -> None:
    """The partitions have to be days of the event time (the service's own: truncate to ten characters)."""
    fields = table.spec().fields
    source = table.schema().find_column_name(fields[0].source_id) if len(fields) == 1 else None
    is_day = (
        source is not None
        and source.lower() == layout.event_time.lower()
        and isinstance(fields[0].transform, TruncateTransform)
        and fields[0].transform.width == _DAY
    )
    if not is_day:
        raise _unfit(table, f"it is partitioned by {table.spec()}, and not by the day of {layout.event_time}")


def _unfit(table: Table, reason: str) -> Usage:
    return Usage(
        f"The Iceberg table {'.'.join(table.name())} cannot take rows of the feature group: {reason}. "
        "Was it changed by hand?"
    )


def append(place: Place, layout: Layout, files: Sequence[Staged]) -> int:
    """One commit that makes the files part of the table; answers its snapshot. A run is committed once only."""
    table = place.table()
    name = ".".join(table.name())
    if (made := snapshot_of(table, layout.run)) is not None:
        return made
    entries = [_entry(place, table, layout, file) for file in files]
    try:
        with table.transaction() as change, change.update_snapshot({RUN: layout.run}).fast_append() as append:
            for entry in entries:
                append.append_data_file(entry)
    except RunCommitted:
        pass
    except CommitFailedException as failed:
        hint = "Others keep changing the table: run it again, and it goes on from here."
        raise AwsFailed("CommitTable", name, "CommitFailed", str(failed), hint) from failed
    found = snapshot_of(place.table(), layout.run)
    if found is None:
        raise AwsFailed("CommitTable", name, "CommitLost", "the table does not show the snapshot that it took")
    return found


def _entry(place: Place, table: Table, layout: Layout, file: Staged) -> DataFile:
    """The file as a manifest describes it, with what Parquet itself knows of its columns."""
    footer = file.footer or parquet.read_metadata(Ranged(place.objects, file.uri))
    schema = table.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        footer, compute_statistics_plan(schema, table.properties), parquet_path_to_id_mapping(schema)
    )
    entry = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=file.uri,
        file_format=FileFormat.PARQUET,
        partition=Record(layout.day(file.key)),
        file_size_in_bytes=file.size,
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
    entry.spec_id = table.spec().spec_id
    return entry
