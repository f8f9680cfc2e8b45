"""Iceberg format: data files for each day of event time, and one snapshot that makes them visible together."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table.snapshots import Operation
from pyiceberg.typedef import Record
from pyiceberg.types import IcebergType, TimestampType, TimestamptzType

from reconciler.emulator.offline import claims, iceberg_files, names, parquet
from reconciler.emulator.offline.iceberg_catalog import Catalog
from reconciler.emulator.offline.iceberg_snapshots import Change, commit
from reconciler.emulator.offline.iceberg_tables import partition_name
from reconciler.emulator.offline.slices import DAY, slices

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table

    from reconciler.emulator.calls import Site
    from reconciler.emulator.offline.claims import Claim
    from reconciler.emulator.offline.targets import Target

# Iceberg has microseconds, and the assumption about timestamps in files is not about it.
_TIMES: dict[type[IcebergType], pa.DataType] = {
    TimestampType: pa.timestamp("us"),
    TimestamptzType: pa.timestamp("us", "UTC"),
}
_log = logging.getLogger("reconciler.emulator")


class TableUnfit(Exception):
    """The table is not, or no longer, one that can take the group's rows."""


def write(site: Site, target: Target, claim: Claim, rows: pa.Table) -> None:
    """Write the files of a claim, and in one transaction make them visible and fulfil it."""

    def within(db: sqlite3.Connection) -> None:
        claims.fulfil(db, claim)

    catalog = Catalog(site, target.scope, within)
    files: list[DataFile] = []

    def plan(table: Table) -> Change:
        if not files:
            files.extend(_files(site, table, target, claim, rows))
        return Change(Operation.APPEND, added=files)

    try:
        commit(lambda: _table(catalog, target), plan)
    except (claims.Forgotten, TableUnfit) as error:
        for file in files:
            parquet.remove(site, file.file_path)
        if isinstance(error, claims.Forgotten) or not target.is_departed:
            raise
        # Group and table are both gone, so nobody could mend it, and nobody could read what would be written.
        _log.warning("rows of a deleted group are dropped: %s", error)
        with site.store.writing() as db:
            claims.fulfil(db, claim)


def _files(site: Site, table: Table, target: Target, claim: Claim, rows: pa.Table) -> Iterator[DataFile]:
    found = identified(rows, table.schema())
    for part in slices(found, target.event_time_column, DAY):
        uri = names.iceberg(target.uri, claim.seed, target.event_time, part.key, part.latest)
        spec_id = table.spec().spec_id
        yield iceberg_files.write(site, table.metadata, uri, Record(part.key), part.rows, spec_id)


def _table(catalog: Catalog, target: Target) -> Table:
    named = target.table
    if named is None:
        raise TableUnfit("the group has no Glue table")
    try:
        table = catalog.load_table(named)
    except NoSuchTableError:
        raise TableUnfit(f"the Glue table {'.'.join(named)} is not an Iceberg table, or not there any more") from None
    if table.location().rstrip("/") != target.uri.removesuffix("/data"):
        raise TableUnfit(f"the Glue table {'.'.join(named)} has its data elsewhere: {table.location()}")
    if [field.name for field in table.spec().fields] != [partition_name(target.event_time)]:
        raise TableUnfit(f"the Iceberg table {'.'.join(named)} is partitioned in another way")
    return table


def identified(rows: pa.Table, schema: Schema) -> pa.Table:
    """The rows with Iceberg's ids on their columns, in the order of the schema and in its types."""
    ids = {field.name: field.field_id for field in schema.fields}
    missing = [name for name in rows.column_names if name not in ids]
    if missing:
        raise TableUnfit(f"the Iceberg table has no column {', '.join(missing)}")
    kept = [field.name for field in schema.fields if field.name in rows.column_names]
    fields = [
        pa.field(
            name,
            _TIMES.get(type(schema.find_type(name)), rows.schema.field(name).type),
            metadata={b"PARQUET:field_id": str(ids[name]).encode()},
        )
        for name in kept
    ]
    return rows.select(kept).cast(pa.schema(fields))
