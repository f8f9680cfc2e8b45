"""CREATE TABLE AS, UNLOAD and INSERT INTO: queries whose rows become files of tables, or files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from reconciler.emulator import assumptions
from reconciler.emulator.athena import datafiles, ddl, icebergs, resultfiles, selecting, sources, syntax
from reconciler.emulator.athena.digits import whole
from reconciler.emulator.athena.failures import QueryFailed, failed
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.athena.rendering import Output
from reconciler.emulator.athena.tables import CATALOG, sees_all
from reconciler.emulator.athena.types import engine_type, hive_type, quoted, trino_type
from reconciler.emulator.glue import catalogue
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.emulator.athena.preparing import TableFromQuery, Unload

_ENFORCED = (
    "The Create Table As Select query failed because it was submitted with an 'external_location' property to an "
    "Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
    "'external_location' property and resubmit the query."
)
ROWS = Output("rows", "bigint", 19)
_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")


class Rows(NamedTuple):
    """The rows a statement writes: DuckDB's query, and the columns with their types there."""

    sql: str
    columns: list[tuple[str, str]]


def create_table(job: Job) -> Outcome:
    statement: TableFromQuery = job.statement
    try:
        return _create_table(job, statement)
    except QueryFailed as failure:
        raise QueryFailed(_with_hint(job, failure.reason), failure.kind, category=failure.category) from None


def _with_hint(job: Job, reason: str) -> str:
    """What live Athena adds to every failure of CREATE TABLE AS."""
    dot = "" if reason.endswith(".") else "."
    return (
        f"{reason}{dot} You may need to manually clean the data at location '{job.place}' before retrying. "
        "Athena will not delete data in your account."
    )


def _create_table(job: Job, statement: TableFromQuery) -> Outcome:
    _, database, name = job.context.full(statement.name)
    properties = statement.properties
    if job.enforced and properties.get("external_location"):
        raise QueryFailed(_ENFORCED, 1101)
    _check_target(job, database, name, if_not_exists=statement.if_not_exists)
    if _exists(job, database, name):
        return Outcome([ROWS], updates=0, update_type="CREATE TABLE")
    rows = selected(job, statement.query, statement.text)
    if str(properties.get("table_type", "HIVE")).upper() == "ICEBERG":
        from reconciler.emulator.athena import iceberg_tables  # noqa: PLC0415 - pyiceberg comes with it

        count = iceberg_tables.create_from(job, database, name, properties, rows, with_data=statement.with_data)
        return Outcome([ROWS], updates=count, rows=count, update_type="CREATE TABLE")
    location = _location(job, properties, database, name)
    partitions = _partitions(rows, properties.get("partitioned_by", []))
    kind = datafiles.checked(
        str(properties.get("format", "PARQUET")), _codec(properties), _text(properties, "field_delimiter")
    )
    _check_types(rows)
    wanted = rows.sql if statement.with_data else f"SELECT * FROM ({rows.sql}) WHERE false"
    written = datafiles.write(job, wanted, kind, location, partitions)
    manifest = _write_manifest(job, written.uris)
    _register(job, database, name, _table(rows, partitions, kind, location, properties), written.partitions)
    return Outcome([ROWS], updates=written.rows, rows=written.rows, manifest=manifest, update_type="CREATE TABLE")


def _codec(properties: Mapping[str, Any]) -> str | None:
    for name in ("write_compression", "parquet_compression", "orc_compression", "compression"):
        if properties.get(name):
            return str(properties[name])
    return None


def _text(properties: Mapping[str, Any], name: str) -> str | None:
    return str(properties[name]) if properties.get(name) else None


def _check_target(job: Job, database: str, name: str, *, if_not_exists: bool) -> None:
    with job.site.store.reading() as db:
        if catalogue.find_database(db, job.site.scope, database) is None:
            raise QueryFailed(f"Database {database} not found. Please check your query.", 1301)
    if _exists(job, database, name) and not if_not_exists:
        sentence = f"Destination table '{CATALOG}.{database}.{name}' already exists"
        raise failed("TABLE_ALREADY_EXISTS", sentence, (1, 1))


def _exists(job: Job, database: str, name: str) -> bool:
    with job.site.store.reading() as db:
        return catalogue.find_table(db, job.site.scope, database, name) is not None


def _location(job: Job, properties: Mapping[str, Any], database: str, name: str) -> str:
    given = properties.get("external_location")
    location = str(given) if given else f"{job.place or _results(job)}/"
    if given and not str(given).startswith("s3://"):
        raise failed("INVALID_TABLE_PROPERTY", f"external_location is not a valid S3 path: {given}")
    check_empty(job, location, f"{database}.{name}")
    return location if location.endswith("/") else f"{location}/"


def _results(job: Job) -> str:
    raise QueryFailed(
        f"INVALID_TABLE_PROPERTY: CREATE TABLE AS needs external_location: query {job.id} has no output location", 1101
    )


def check_empty(job: Job, location: str, name: str) -> None:
    bucket = objects.split(location)[0]
    if not objects.has_bucket(job.site.store, bucket):
        raise failed("HIVE_FILESYSTEM_ERROR", f"The specified bucket does not exist: {bucket}")
    if not datafiles.is_empty(job, location):
        raise failed("HIVE_PATH_ALREADY_EXISTS", f"Target directory for table '{name}' already exists: {location}")


def selected(job: Job, tree: exp.Expr, text: str | None = None) -> Rows:
    """A query with a name and a storable type for each of its columns."""
    query = selecting.prepared(job, tree, text)
    try:
        relation = job.engine.relation(query.sql)
    except Exception as error:
        raise selecting.engine_failure(error, job, query) from error
    names = [name.lower() for name in selecting.shown_names(relation.columns, tree)]
    for number, name in enumerate(names, 1):
        if name == f"_col{number - 1}":
            raise failed("MISSING_COLUMN_NAME", f"Column name not specified at position {number}", (1, 1))
        if name in names[: number - 1]:
            raise failed("DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once", (1, 1))
    kinds = [str(kind) for kind in relation.types]
    for name, kind in zip(names, kinds, strict=True):
        if kind.strip('"') == "NULL":
            raise failed("COLUMN_TYPE_UNKNOWN", f"Column type is unknown: {name}", (1, 1))
    narrow = ["BIGINT" if kind in {"HUGEINT", "UBIGINT"} else kind for kind in kinds]
    listed = ", ".join(quoted(f"c{number}") for number, _ in enumerate(names))
    typed = ", ".join(
        f"CAST({quoted(f'c{number}')} AS {kind}) AS {quoted(name)}"
        for number, (name, kind) in enumerate(zip(names, narrow, strict=True))
    )
    return Rows(f"SELECT {typed} FROM ({query.sql}) AS q({listed})", list(zip(names, narrow, strict=True)))


def _check_types(rows: Rows) -> None:
    """Hive has no types for these."""
    for _, kind in rows.columns:
        if kind in {"TIMESTAMP WITH TIME ZONE", "TIME", "INTERVAL", "JSON", "UUID"}:
            shown = {"TIMESTAMP WITH TIME ZONE": "timestamp(3) with time zone", "INTERVAL": "interval day to second"}
            raise failed("NOT_SUPPORTED", f"Unsupported Hive type: {shown.get(kind, kind.lower())}")


def _partitions(rows: Rows, asked: Any) -> list[str]:
    wanted = [str(name).lower() for name in (asked if isinstance(asked, list) else [asked])]
    last = [name for name, _ in rows.columns][-len(wanted) :] if wanted else []
    if wanted != last:
        raise failed(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"[{', '.join(wanted)}]",
        )
    if wanted and len(wanted) == len(rows.columns):
        raise failed("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
    return wanted


def _bucket_count(properties: Mapping[str, Any]) -> int:
    given = properties.get("bucket_count", 0)
    found = given if isinstance(given, int) else whole(str(given))
    if found is None:
        raise failed("INVALID_TABLE_PROPERTY", f"bucket_count must be a whole number: {str(given)[:100]}")
    return found


def _table(
    rows: Rows, partitions: Sequence[str], kind: datafiles.Format, location: str, properties: Mapping[str, Any]
) -> dict[str, Any]:
    """The catalogue's entry of a table a query made."""
    inputs, outputs, serde = ddl.stored_as(kind.name)
    columns = [{"Name": name, "Type": hive_type(engine)} for name, engine in rows.columns]
    buckets = properties.get("bucketed_by", [])
    return {
        "StorageDescriptor": {
            "Columns": [column for column in columns if column["Name"] not in partitions],
            "Location": location,
            "InputFormat": inputs,
            "OutputFormat": outputs,
            "Compressed": False,
            "NumberOfBuckets": _bucket_count(properties),
            "SerdeInfo": {
                "SerializationLibrary": serde,
                "Parameters": {"field.delim": kind.delimiter} if kind.name == "TEXTFILE" else {},
            },
            "BucketColumns": [str(name) for name in (buckets if isinstance(buckets, list) else [buckets])],
            "SortColumns": [],
            "Parameters": {},
            "StoredAsSubDirectories": False,
        },
        "PartitionKeys": [column for column in columns if column["Name"] in partitions],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "auto.purge": "false", "has_encrypted_data": "false"},
        "VersionId": "0",
    }


def _register(job: Job, database: str, name: str, doc: dict[str, Any], partitions: Sequence[tuple[str, ...]]) -> None:
    job.engine.check()
    with job.site.store.writing() as db:
        call = job.site.call(db)
        moment = int(call.now)
        table = {**doc, "DatabaseName": database, "Name": name, "CreateTime": moment, "UpdateTime": moment}
        catalogue.write_table(db, call.scope, table)
        for values in partitions:
            _register_partition(call, table, values)


def _register_partition(call: Any, table: Mapping[str, Any], values: Sequence[str]) -> None:
    from urllib.parse import unquote  # noqa: PLC0415 - small

    keys = [column["Name"] for column in table["PartitionKeys"]]
    folder = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
    location = f"{table['StorageDescriptor']['Location'].rstrip('/')}/{folder}"
    ddl.register(call, table, [unquote(value) for value in values], location)


def _write_manifest(job: Job, uris: Sequence[str]) -> str | None:
    """The list of files, beside the result; where results are managed there is none."""
    if job.place is None:
        return None
    place = f"{job.place.removesuffix('.csv')}-manifest.csv"
    objects.write(job.site, *objects.split(place), "\n".join(uris).encode(), "application/octet-stream")
    return place


def unload(job: Job) -> Outcome:
    statement: Unload = job.statement
    properties = statement.properties
    rows = selected(job, statement.query, statement.text)
    if not properties.get("format"):
        raise failed("INVALID_TABLE_PROPERTY", "The property format is required")
    kind = datafiles.checked(str(properties["format"]), _codec(properties), _text(properties, "field_delimiter"))
    if not statement.to.startswith("s3://"):
        raise failed("INVALID_TABLE_PROPERTY", f"The location of UNLOAD is not a valid S3 path: {statement.to}")
    check_empty(job, statement.to, f"{job.context.database}.unload")
    _check_types(rows)
    written = datafiles.write(
        job, rows.sql, kind, statement.to, _partitions(rows, properties.get("partitioned_by", []))
    )
    manifest = _write_manifest(job, written.uris)
    if not assumptions.UNLOAD_LEAVES_NO_BODY:
        resultfiles.put(job, b"")
    return Outcome([ROWS], updates=written.rows, rows=written.rows, manifest=manifest, update_type="UNLOAD")


def insert(job: Job) -> Outcome:
    tree: exp.Insert = job.statement
    target, given = _target(tree)
    table = job.names.table(target, syntax.where(job.sql, tree.this))
    rows = selected_positions(job, tree.expression)
    columns = _table_columns(job, table)
    ordered = in_order(rows, columns, given)
    if icebergs.is_iceberg(table):
        from reconciler.emulator.athena import iceberg_tables  # noqa: PLC0415

        count = iceberg_tables.append(job, table, ordered)
        return Outcome([ROWS], updates=count, rows=count, update_type="INSERT")
    return _insert_files(job, table, ordered)


def _insert_files(job: Job, table: Mapping[str, Any], rows: Rows) -> Outcome:
    shape = sources.layout(table)
    kind = "JSON" if "json" in shape.serde.lower() else "PARQUET" if "parquet" in shape.serde.lower() else "TEXTFILE"
    form = datafiles.checked(kind, "NONE" if kind == "TEXTFILE" else None, shape.serde_properties.get("field.delim"))
    partitions = [name for name, _ in shape.partitions]
    written = datafiles.write(job, rows.sql, form, table["StorageDescriptor"]["Location"], partitions)
    manifest = _write_manifest(job, written.uris) if written.rows else None
    if written.partitions and not sees_all(table):
        with job.site.store.writing() as db:
            for values in written.partitions:
                _register_partition(job.site.call(db), table, values)
    return Outcome([ROWS], updates=written.rows, rows=written.rows, manifest=manifest, update_type="INSERT")


def _target(tree: exp.Insert) -> tuple[list[str], list[str] | None]:
    """The table's name, and the columns that are given."""
    schema = tree.this
    if isinstance(schema, exp.Schema):
        return [part.name for part in schema.this.parts], [column.name.lower() for column in schema.expressions]
    return [part.name for part in schema.parts], None


def _table_columns(job: Job, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    if icebergs.is_iceberg(table):
        return icebergs.engine_columns(icebergs.scan(job.site, table).columns)
    shape = sources.layout(table)
    return [(name, engine_type(kind)) for name, kind in (*shape.columns, *shape.partitions)]


def selected_positions(job: Job, tree: exp.Expr) -> Rows:
    """A query whose columns count by their place."""
    query = selecting.prepared(job, tree)
    try:
        relation = job.engine.relation(query.sql)
    except Exception as error:
        raise selecting.engine_failure(error, job, query) from error
    kinds = [str(kind) for kind in relation.types]
    names = [f"c{number}" for number, _ in enumerate(kinds)]
    return Rows(f"SELECT * FROM ({query.sql}) AS q({', '.join(names)})", list(zip(names, kinds, strict=True)))


def in_order(rows: Rows, columns: Sequence[tuple[str, str]], given: list[str] | None) -> Rows:
    """All columns of the table, in its order and types; what is not given is NULL."""
    kinds = dict(columns)
    names = given or [name for name, _ in columns]
    for name in names:
        if name not in kinds:
            raise failed("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {name}", (1, 1))
    if len(names) != len(rows.columns) or any(
        not _fits(found, kinds[name]) for name, (_, found) in zip(names, rows.columns, strict=True)
    ):
        wanted = ", ".join(trino_type(kinds[name]) for name in names)
        found = ", ".join(trino_type(kind) for _, kind in rows.columns)
        sentence = f"Insert query has mismatched column types: Table: [{wanted}], Query: [{found}]"
        raise failed("TYPE_MISMATCH", sentence, (1, 1))
    place = {name: column for name, (column, _) in zip(names, rows.columns, strict=True)}
    typed = ", ".join(f"CAST({place.get(name, 'NULL')} AS {kind}) AS {quoted(name)}" for name, kind in columns)
    return Rows(f"SELECT {typed} FROM ({rows.sql})", list(columns))


def _fits(found: str, wanted: str) -> bool:
    """Whether Trino would coerce: to wider numbers, and to nothing else."""
    if (
        found == wanted
        or found.strip('"') == "NULL"
        or {found, wanted} <= {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "DATE"}
    ):
        return True
    if found in _NUMERIC or found.startswith("DECIMAL"):
        return wanted in _NUMERIC or wanted.startswith("DECIMAL")
    return found == "HUGEINT" or (found[-1:] in "])" and wanted[-1:] in "])")
