"""Iceberg format: data files for each day of event time, and one snapshot that makes them visible together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.typedef import Record

from reconciler.emulator.offline import claims, iceberg_files, names, parquet
from reconciler.emulator.offline.iceberg_catalog import Catalog
from reconciler.emulator.offline.iceberg_tables import partition_name
from reconciler.emulator.offline.slices import DAY, slices

if TYPE_CHECKING:
    import sqlite3

    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table

    from reconciler.emulator.calls import Site
    from reconciler.emulator.offline.claims import Claim
    from reconciler.emulator.offline.targets import Target

_TRIES = 10


class TableUnfit(Exception):
    """The table is not, or no longer, one that can take the group's rows."""


def write(site: Site, target: Target, claim: Claim, rows: pa.Table) -> None:
    """Write the files of a claim, and in one transaction make them visible and fulfil it."""

    def within(db: sqlite3.Connection) -> None:
        claims.fulfil(db, claim)

    catalog = Catalog(site._replace(region=target.region), within)
    table = _table(catalog, target)
    found = identified(rows, table.schema())
    files = [
        iceberg_files.write(
            site,
            table.metadata,
            names.iceberg(target.uri, claim.seed, target.event_time, part.key, part.latest),
            Record(part.key),
            part.rows,
            table.spec().spec_id,
        )
        for part in slices(found, target.event_time, DAY)
    ]
    try:
        _append(catalog, target, files)
    except claims.Forgotten:
        for file in files:
            parquet.remove(site, file.file_path)
        raise


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


def _append(catalog: Catalog, target: Target, files: list[DataFile]) -> None:
    """One snapshot. pyiceberg tries again when another commit comes in between; here, if it comes in always."""
    for attempt in range(1, _TRIES + 1):
        table = _table(catalog, target)
        try:
            with table.transaction() as transaction, transaction.update_snapshot().merge_append() as appended:
                for file in files:
                    appended.append_data_file(file)
        except CommitFailedException:
            if attempt == _TRIES:
                raise
        else:
            return


def identified(rows: pa.Table, schema: Schema) -> pa.Table:
    """The rows with Iceberg's ids on their columns, in the order of the schema and in its types."""
    ids = {field.name: field.field_id for field in schema.fields}
    missing = [name for name in rows.column_names if name not in ids]
    if missing:
        raise TableUnfit(f"the Iceberg table has no column {', '.join(missing)}")
    kept = [field.name for field in schema.fields if field.name in rows.column_names]
    fields = [
        pa.field(name, rows.schema.field(name).type, metadata={b"PARQUET:field_id": str(ids[name]).encode()})
        for name in kept
    ]
    return rows.select(kept).cast(pa.schema(fields))
