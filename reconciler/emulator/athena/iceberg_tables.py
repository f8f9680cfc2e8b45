"""Iceberg tables that statements make and change: a schema of Hive's types, transforms as partitions, rows as files."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyiceberg import types as iceberg_types
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.transforms import parse_transform
from pyiceberg.typedef import Record

from reconciler.emulator.athena import hive, icebergs
from reconciler.emulator.athena.digits import whole
from reconciler.emulator.athena.failures import QueryFailed, failed
from reconciler.emulator.athena.types import hive_type, split_types
from reconciler.emulator.glue import catalogue
from reconciler.emulator.offline import iceberg_files, iceberg_tables
from reconciler.emulator.offline.iceberg_appending import identified
from reconciler.emulator.offline.iceberg_catalog import Catalog, Files
from reconciler.emulator.offline.iceberg_snapshots import Change, commit
from reconciler.emulator.offline.turns import turn
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyiceberg.table import Table

    from reconciler.emulator.athena.outcomes import Job
    from reconciler.emulator.athena.writing import Rows
    from reconciler.emulator.calls import Site

_SIMPLE = {
    "tinyint": iceberg_types.IntegerType,
    "smallint": iceberg_types.IntegerType,
    "int": iceberg_types.IntegerType,
    "integer": iceberg_types.IntegerType,
    "bigint": iceberg_types.LongType,
    "float": iceberg_types.FloatType,
    "double": iceberg_types.DoubleType,
    "boolean": iceberg_types.BooleanType,
    "string": iceberg_types.StringType,
    "date": iceberg_types.DateType,
    "timestamp": iceberg_types.TimestampType,
    "timestamptz": iceberg_types.TimestamptzType,
    "binary": iceberg_types.BinaryType,
    "uuid": iceberg_types.UUIDType,
}
_SUFFIX = {"truncate": "trunc"}


def create(job: Job, statement: hive.CreateTable, database: str, name: str) -> None:
    """CREATE TABLE ... TBLPROPERTIES ('table_type' = 'ICEBERG')."""
    with job.site.store.reading() as db:
        if catalogue.find_database(db, job.site.scope, database) is None:
            raise QueryFailed(f"Database {database} not found", 1301)
        exists = catalogue.find_table(db, job.site.scope, database, name) is not None
    if exists:
        if statement.if_not_exists:
            return
        raise failed("TABLE_ALREADY_EXISTS", f"Table already exists: {database}.{name}")
    columns = [(column.name, column.type) for column in statement.columns]
    transforms = [*statement.transforms, *(column.name for column in statement.partitions)]
    _make(job.site, database, name, columns, transforms, str(statement.location))


def create_from(
    job: Job, database: str, name: str, properties: Mapping[str, Any], rows: Rows, *, with_data: bool
) -> int:
    """CREATE TABLE AS; answers how many rows there are."""
    location = properties.get("location") or properties.get("external_location")
    if not location:
        raise failed("INVALID_TABLE_PROPERTY", "The property location is required for Iceberg tables")
    columns = [(column, _stored(kind)) for column, kind in rows.columns]
    asked = properties.get("partitioning", [])
    table = _make(job.site, database, name, columns, asked if isinstance(asked, list) else [asked], str(location))
    return append(job, table, rows) if with_data else 0


def _stored(kind: str) -> str:
    if kind in {"INTERVAL", "JSON"}:
        shown = {"INTERVAL": "interval day to second"}.get(kind, kind.lower())
        raise failed("NOT_SUPPORTED", f"Type not supported for Iceberg: {shown}")
    return "timestamptz" if kind == "TIMESTAMP WITH TIME ZONE" else hive_type(kind)


def _make(
    site: Site,
    database: str,
    name: str,
    columns: Sequence[tuple[str, str]],
    transforms: Sequence[str],
    location: str,
) -> dict[str, Any]:
    """Write an empty table's metadata, and its entry in the catalogue."""
    schema = Schema(
        *(
            iceberg_types.NestedField(number, column, _type(kind), required=False)
            for number, (column, kind) in enumerate(columns, 1)
        )
    )
    spec = PartitionSpec(*(_partition(text, schema, number) for number, text in enumerate(transforms)))
    place = location.rstrip("/")
    bucket = objects.split(place)[0]
    if not objects.has_bucket(site.store, bucket):
        raise failed("ICEBERG_FILESYSTEM_ERROR", f"The specified bucket does not exist: {bucket}")
    properties = {"format-version": "2", "commit.manifest-merge.enabled": "true"}
    metadata = new_table_metadata(schema, spec, UNSORTED_SORT_ORDER, place, properties)
    metadata = metadata.model_copy(update={"last_updated_ms": round(site.now() * 1000)})
    written = f"{place}/metadata/00000-{uuid.uuid4()}.metadata.json"
    ToOutputFile.table_metadata(metadata, Files(site).new_output(written))
    with site.store.writing() as db:
        moment = int(site.call(db).now)
        doc = {
            "Name": name,
            "DatabaseName": database,
            "CreateTime": moment,
            "UpdateTime": moment,
            "StorageDescriptor": {
                "Columns": iceberg_tables.columns(metadata.model_dump(mode="json")),
                "Location": place,
            },
            "PartitionKeys": [],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"table_type": "ICEBERG", "metadata_location": written},
            "VersionId": "0",
        }
        catalogue.write_table(db, site.scope, doc)
    return doc


def _type(kind: str) -> Any:
    """Iceberg's type for one of Hive's; the numbers of what is nested are given when the table is made."""
    text = kind.strip().lower()
    if text in _SIMPLE:
        return _SIMPLE[text]()
    if text.startswith(("varchar", "char")):
        return iceberg_types.StringType()
    if text.startswith("decimal"):
        precision, _, scale = text.removeprefix("decimal").strip("()").partition(",")
        return iceberg_types.DecimalType(int(precision or 10), int(scale or 0))
    head, _, inner = text.partition("<")
    parts = split_types(inner.removesuffix(">"))
    if head == "array":
        return iceberg_types.ListType(1001, _type(parts[0]), element_required=False)
    if head == "map":
        return iceberg_types.MapType(1002, _type(parts[0]), 1003, _type(parts[1]), value_required=False)
    if head == "struct":
        fields = (part.partition(":") for part in parts)
        return iceberg_types.StructType(
            *(
                iceberg_types.NestedField(2000 + number, name.strip(), _type(inner_type), required=False)
                for number, (name, _, inner_type) in enumerate(fields)
            )
        )
    raise failed("NOT_SUPPORTED", f"Type not supported for Iceberg: {kind}")


def _partition(text: str, schema: Schema, number: int) -> PartitionField:
    """`country`, `day(at)`, `bucket(16, id)`, `truncate(10, name)`."""
    name, _, inner = text.replace(" ", "").lower().rstrip(")").partition("(")
    if not inner:
        inner, transform = name, "identity"
        label = inner
    else:
        width, _, column = inner.rpartition(",")
        if width and whole(width) is None:
            width, column = column, width
        inner, transform = column, f"{name}[{width}]" if width else name
        label = f"{column}_{_SUFFIX.get(name, name)}"
    try:
        source = schema.find_field(inner, case_sensitive=False)
        return PartitionField(source.field_id, 1000 + number, parse_transform(transform), label)
    except ValueError:
        raise failed("INVALID_TABLE_PROPERTY", f"Unable to parse partitioning value: {text}") from None


def append(job: Job, table: Mapping[str, Any], rows: Rows) -> int:
    """INSERT INTO: one snapshot with the rows of a query."""
    found = job.engine.relation(rows.sql).to_arrow_table()
    job.engine.check()
    if found.num_rows:
        change_rows(job.site, table, found, {})
    return int(found.num_rows)


def change_rows(site: Site, table: Mapping[str, Any], added: Any, gone: Mapping[str, Sequence[int]]) -> None:
    """One snapshot that adds rows and, where there are any, deletes others by file and position."""
    from reconciler.emulator.offline import iceberg_deleting  # noqa: PLC0415 - only for updates

    named = (table["DatabaseName"], table["Name"])
    written: list[Any] = []

    def plan(current: Table) -> Change:
        if not written and added.num_rows:
            written.extend(_files(site, current, added))
        deletes = iceberg_deleting.delete_files(site, current, gone) if gone else []
        return Change(Operation.OVERWRITE if gone else Operation.APPEND, added=written, deletes=deletes)

    catalog = Catalog(site)
    with turn(site.store):
        commit(lambda: catalog.load_table(named), plan)


def _files(site: Site, table: Table, rows: pa.Table) -> Iterator[Any]:
    """A file for each partition."""
    spec_id = table.spec().spec_id
    names = {field.name.lower(): field.name for field in table.schema().fields}
    typed = identified(rows.rename_columns([names[name] for name in rows.column_names]), table.schema())
    for partition, numbers in _grouped(table, typed):
        part = typed if numbers is None else typed.take(numbers)
        uri = iceberg_files.place(table, partition, spec_id, ".parquet")
        yield iceberg_files.write(site, table.metadata, uri, partition, part, spec_id)


def _grouped(table: Table, rows: pa.Table) -> Iterator[tuple[Record, list[int] | None]]:
    """The numbers of the rows of each partition."""
    fields = table.spec().fields
    if not fields:
        yield Record(), None
        return
    keys = []
    for field in fields:
        source = table.schema().find_field(field.source_id)
        change = field.transform.transform(source.field_type)
        values = rows.column(source.name).to_pylist()
        known = {value: None if value is None else change(_internal(value)) for value in set(values)}
        keys.append([known[value] for value in values])
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number, key in enumerate(zip(*keys, strict=True)):
        groups.setdefault(key, []).append(number)
    for key, numbers in groups.items():
        yield Record(*key), numbers


def _internal(value: Any) -> Any:
    """Dates and times as the numbers Iceberg keeps."""
    from datetime import date, datetime  # noqa: PLC0415 - small

    from pyiceberg.utils import datetime as conversions  # noqa: PLC0415

    if isinstance(value, datetime):
        return conversions.datetime_to_micros(value)
    return conversions.date_to_days(value) if isinstance(value, date) else value


def alter_columns(site: Site, table: Mapping[str, Any], statement: hive.AlterColumns) -> None:
    """ADD COLUMNS, DROP COLUMN, and CHANGE of a name or to a wider type."""
    if statement.how == "REPLACE":
        raise QueryFailed("Query type not supported by Athena Iceberg at this time", 1200)
    found = icebergs.load(site, table)
    try:
        with turn(site.store), found.update_schema(case_sensitive=False) as update:
            if statement.how == "ADD":
                for column in statement.columns:
                    update.add_column(column.name, _type(column.type), column.comment)
            elif statement.how == "DROP":
                update.delete_column(str(statement.column))
            else:
                (column,) = statement.columns
                update.update_column(str(statement.column), _type(column.type), doc=column.comment)
                if column.name != statement.column:
                    update.rename_column(str(statement.column), column.name)
    except ValueError as error:
        raise failed("NOT_SUPPORTED", str(error)) from None


def set_properties(site: Site, table: Mapping[str, Any], properties: Mapping[str, str]) -> None:
    """Athena takes a list of its own (Athena user guide, Iceberg table properties)."""
    unknown = [name for name in properties if name not in _PROPERTIES]
    if unknown:
        raise QueryFailed(f"Unsupported table property key: {unknown[0]}", 1200)
    found = icebergs.load(site, table)
    with turn(site.store), found.transaction() as transaction:
        transaction.set_properties({_PROPERTIES[name]: value for name, value in properties.items()})


_PROPERTIES = {
    "format": "write.format.default",
    "write_compression": "write.parquet.compression-codec",
    "optimize_rewrite_data_file_threshold": "optimize_rewrite_data_file_threshold",
    "optimize_rewrite_delete_file_threshold": "optimize_rewrite_delete_file_threshold",
    "optimize_rewrite_min_data_file_size_bytes": "optimize_rewrite_min_data_file_size_bytes",
    "optimize_rewrite_max_data_file_size_bytes": "optimize_rewrite_max_data_file_size_bytes",
    "vacuum_min_snapshots_to_keep": "vacuum_min_snapshots_to_keep",
    "vacuum_max_snapshot_age_seconds": "vacuum_max_snapshot_age_seconds",
    "vacuum_max_metadata_files_to_keep": "write.metadata.previous-versions-max",
}


def purge(site: Site, table: Mapping[str, Any]) -> None:
    """Athena's DROP TABLE removes the data of an Iceberg table with it (Athena user guide, DROP TABLE)."""
    bucket, key = objects.split(table["StorageDescriptor"]["Location"])
    if not objects.has_bucket(site.store, bucket) or not key.strip("/"):
        return
    for entry in list(objects.entries(site.store, bucket, f"{key.rstrip('/')}/")):
        objects.remove(site, bucket, entry.key)
