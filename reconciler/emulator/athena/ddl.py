"""Statements that change the catalogue: databases, tables, columns, partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena import hive, icebergs, sources, tables
from reconciler.emulator.athena.failures import QueryFailed, ddl_failed
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.calls import as_json
from reconciler.emulator.glue import archive, catalogue, removal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from reconciler.emulator.calls import Call

_TASK = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
_HIVE = "org.apache.hadoop.hive.ql.io"
_PARQUET = (
    f"{_HIVE}.parquet.MapredParquetInputFormat",
    f"{_HIVE}.parquet.MapredParquetOutputFormat",
    f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
)
_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    f"{_HIVE}.HiveIgnoreKeyTextOutputFormat",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
)
_STORED = {
    "PARQUET": _PARQUET,
    "TEXTFILE": _TEXT,
    "ORC": (f"{_HIVE}.orc.OrcInputFormat", f"{_HIVE}.orc.OrcOutputFormat", f"{_HIVE}.orc.OrcSerde"),
}


def run(job: Job) -> Outcome:
    """One statement, in one transaction; what it refuses is worded as Hive does."""
    for kind, change in _CHANGES:
        if isinstance(job.statement, kind):
            return change(job, job.statement)
    raise ddl_failed("ParseException: the statement is not supported", kind=1202)


def create_database(job: Job, statement: hive.CreateDatabase) -> Outcome:
    doc: dict[str, Any] = {"Name": statement.name}
    if statement.comment:
        doc["Description"] = statement.comment
    if statement.location:
        doc["LocationUri"] = statement.location
    if statement.properties:
        doc["Parameters"] = dict(statement.properties)
    with job.site.store.writing() as db:
        call = job.site.call(db)
        if catalogue.find_database(db, call.scope, statement.name) is None:
            from reconciler.emulator.glue import databases  # noqa: PLC0415 - Lake Formation's defaults are its business

            databases.create(call, {"DatabaseInput": doc})
        elif not statement.if_not_exists:
            raise ddl_failed(f"{_TASK}Database {statement.name} already exists")
    return Outcome(lines=[])


def create_table(job: Job, statement: hive.CreateTable) -> Outcome:
    _, database, name = job.context.full(statement.name)
    if statement.properties.get("table_type", "").upper() == "ICEBERG":
        from reconciler.emulator.athena import iceberg_tables  # noqa: PLC0415 - pyiceberg comes with it

        iceberg_tables.create(job, statement, database, name)
        return Outcome(lines=[])
    with job.site.store.writing() as db:
        call = job.site.call(db)
        _database(db, call.scope, database)
        if catalogue.find_table(db, call.scope, database, name) is None:
            catalogue.write_table(
                db, call.scope, {**described(statement, call), "DatabaseName": database, "Name": name}
            )
        elif not statement.if_not_exists:
            raise ddl_failed(
                f"{_TASK}AlreadyExistsException(message:Table {name} already exist)",
                f"Table {name} already exists.",
                1006,
                2,
            )
    return Outcome(lines=[])


def described(statement: hive.CreateTable, call: Call) -> dict[str, Any]:
    """The catalogue's entry of a Hive table."""
    inputs, outputs, serde = stored_as(statement.stored_as or "TEXTFILE")
    if statement.formats:
        inputs, outputs = statement.formats
    storage: dict[str, Any] = {
        "Columns": columns(statement.columns),
        "Location": statement.location,
        "InputFormat": inputs,
        "OutputFormat": outputs,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": statement.serde or serde, "Parameters": dict(statement.serde_properties)},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }
    parameters = {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(int(call.now)), **statement.properties}
    if statement.comment:
        parameters["comment"] = statement.comment
    moment = int(call.now)
    return {
        "CreateTime": moment,
        "UpdateTime": moment,
        "StorageDescriptor": storage,
        "PartitionKeys": columns(statement.partitions),
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "VersionId": "0",
    }


def stored_as(name: str) -> tuple[str, str, str]:
    """Input format, output format and SerDe of a format's name."""
    if name == "JSON":
        return (*_TEXT[:2], "org.apache.hive.hcatalog.data.JsonSerDe")
    return _STORED.get(name, _TEXT)


def columns(found: tuple[hive.Column, ...]) -> list[dict[str, str]]:
    return [
        {"Name": column.name, "Type": column.type, **({"Comment": column.comment} if column.comment else {})}
        for column in found
    ]


def drop(job: Job, statement: hive.Drop) -> Outcome:
    if statement.what == "DATABASE":
        return _drop_database(job, statement)
    _, database, name = job.context.full(statement.name)
    with job.site.store.writing() as db:
        table = catalogue.find_table(db, job.site.scope, database, name)
        is_view = table is not None and table.get("TableType") == "VIRTUAL_VIEW"
        if table is None or is_view != (statement.what == "VIEW"):
            if table is None and statement.if_exists:
                return Outcome(lines=[])
            raise _missing_or_other(statement.what, database, name, table)
        removal.table(db, job.site.scope, database, name)
    # Athena answers two empty lines when the table was an Iceberg table (seen on live Athena).
    iceberg = icebergs.is_iceberg(table)
    if iceberg:
        from reconciler.emulator.athena import iceberg_tables  # noqa: PLC0415

        iceberg_tables.purge(job.site, table)
    return Outcome(lines=["", ""] if iceberg else [], update_type="DROP TABLE" if iceberg else None)


def _missing_or_other(what: str, database: str, name: str, table: Mapping[str, Any] | None) -> QueryFailed:
    if table is None:
        sentence = f"SemanticException [Error 10001]: Table not found {database}.{name}"
        return ddl_failed(sentence, f"Table not found {database}.{name}", 1502)
    wrong = "Cannot drop a view with DROP TABLE" if what == "TABLE" else "Cannot drop a table with DROP VIEW"
    return ddl_failed(f"SemanticException: {wrong}", kind=1003)


def _drop_database(job: Job, statement: hive.Drop) -> Outcome:
    name = statement.name[-1]
    with job.site.store.writing() as db:
        if catalogue.find_database(db, job.site.scope, name) is None:
            if statement.if_exists:
                return Outcome(lines=[])
            raise ddl_failed(f"SemanticException [Error 10072]: Database does not exist: {name}", kind=1502)
        held = db.execute(
            "SELECT 1 FROM tables WHERE scope = ? AND database = ? LIMIT 1", (job.site.scope, name)
        ).fetchone()
        if held and not statement.cascade:
            raise ddl_failed(
                f"{_TASK}InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)"
            )
        removal.database(db, job.site.scope, name)
    return Outcome(lines=[])


def repair(job: Job, statement: hive.Repair) -> Outcome:
    """Register the partitions that have files and are not registered."""
    table = _hive_table(job, statement.name)
    shape = sources.layout(table)
    location = table["StorageDescriptor"]["Location"].rstrip("/")
    named = (tables.named_values(location, entry.key, shape) for entry in tables.data_files(job.site, location))
    wanted = sorted({value for value in named if value is not None})
    known = {tuple(value) for value, _ in tables.registered(job.site, table)}
    missing = [value for value in wanted if value not in known] if shape.partitions else []
    lines = []
    with job.site.store.writing() as db:
        for value in missing:
            folder = "/".join(f"{name}={one}" for (name, _), one in zip(shape.partitions, value, strict=True))
            register(job.site.call(db), table, list(value), f"{location}/{folder}")
            lines.append(f"{table['Name']}:{folder}")
    if not lines:
        return Outcome(lines=[])
    repaired = [f"Repair: Added partition to metastore {line}" for line in lines]
    return Outcome(lines=[f"Partitions not in metastore:\t{' '.join(lines)}", *repaired])


def register(call: Call, table: Mapping[str, Any], value: list[str], location: str) -> None:
    """Write a partition into the catalogue."""
    storage = {**table["StorageDescriptor"], "Location": location}
    named = {name: table[name] for name in ("DatabaseName", "CatalogId") if name in table}
    doc = {
        "Values": value,
        **named,
        "TableName": table["Name"],
        "CreationTime": int(call.now),
        "StorageDescriptor": storage,
        "Parameters": {},
    }
    call.db.execute(
        "INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?, ?)",
        (call.scope, table["DatabaseName"], table["Name"], as_json(value), as_json(doc)),
    )


def alter_partitions(job: Job, statement: hive.AlterPartitions) -> Outcome:
    table = _hive_table(job, statement.name)
    keys = [column["Name"] for column in table.get("PartitionKeys", [])]
    known = {tuple(value) for value, _ in tables.registered(job.site, table)}
    with job.site.store.writing() as db:
        call = job.site.call(db)
        for spec, location in statement.partitions:
            if statement.add:
                _add_partition(call, statement, table, keys, known, spec, location)
            else:
                _drop_partitions(call, statement, table, keys, known, spec)
    return Outcome(lines=[])


def _add_partition(
    call: Call,
    statement: hive.AlterPartitions,
    table: Mapping[str, Any],
    keys: list[str],
    known: set[tuple[str, ...]],
    spec: Mapping[str, str],
    location: str | None,
) -> None:
    if sorted(spec) != sorted(keys):
        raise ddl_failed(f"SemanticException [Error 10006]: Partition not found {dict(spec)}")
    value = [spec[key] for key in keys]
    if tuple(value) in known:
        if statement.lenient:
            return
        raise ddl_failed(
            f"{_TASK}AlreadyExistsException(message:Partition already exists.)", "Partition already exists."
        )
    folder = "/".join(f"{key}={spec[key]}" for key in keys)
    register(call, table, value, location or f"{table['StorageDescriptor']['Location'].rstrip('/')}/{folder}")


def _drop_partitions(
    call: Call,
    statement: hive.AlterPartitions,
    table: Mapping[str, Any],
    keys: list[str],
    known: set[tuple[str, ...]],
    spec: Mapping[str, str],
) -> None:
    """A specification of some keys drops all partitions it fits."""
    fitting = [value for value in known if all(value[keys.index(key)] == spec[key] for key in spec if key in keys)]
    if (not fitting or not set(spec) <= set(keys)) and not statement.lenient:
        raise ddl_failed(f"SemanticException [Error 10006]: Partition not found {dict(spec)}")
    for value in fitting:
        call.db.execute(
            "DELETE FROM partitions WHERE scope = ? AND database = ? AND name = ? AND spec = ?",
            (call.scope, table["DatabaseName"], table["Name"], as_json([*value])),
        )


def alter_columns(job: Job, statement: hive.AlterColumns) -> Outcome:
    table = _table(job, statement.name)
    if icebergs.is_iceberg(table):
        from reconciler.emulator.athena import iceberg_tables  # noqa: PLC0415

        iceberg_tables.alter_columns(job.site, table, statement)
        return Outcome(lines=[])
    if statement.how == "DROP":
        raise ddl_failed(
            "ParseException line 1:0 mismatched input 'COLUMN' expecting PARTITION near 'DROP' in drop partition "
            "statement"
        )

    def edit(doc: dict[str, Any]) -> None:
        found = doc["StorageDescriptor"]["Columns"]
        new = columns(statement.columns)
        if statement.how == "ADD":
            taken = {column["Name"] for column in (*found, *doc.get("PartitionKeys", []))}
            if clash := [column["Name"] for column in new if column["Name"] in taken]:
                raise ddl_failed(f"{_TASK}Duplicate column name: {clash[0]}")
            new = [*found, *new]
        elif statement.how == "CHANGE":
            if statement.column not in {column["Name"] for column in found}:
                raise ddl_failed(f"SemanticException: Invalid column reference {statement.column}")
            new = [new[0] if column["Name"] == statement.column else column for column in found]
        doc["StorageDescriptor"]["Columns"] = new

    _change(job, table, edit)
    return Outcome(lines=[])


def alter_table(job: Job, statement: hive.AlterTable) -> Outcome:
    table = _table(job, statement.name)
    if icebergs.is_iceberg(table):
        if statement.how != "PROPERTIES":
            raise QueryFailed("Query type not supported by Athena Iceberg at this time", 1200)
        from reconciler.emulator.athena import iceberg_tables  # noqa: PLC0415

        iceberg_tables.set_properties(job.site, table, statement.properties)
        return Outcome(lines=[])
    if statement.how == "RENAME":
        raise ddl_failed("Query type not supported by DDL engine.", kind=1006, category=2)

    def edit(doc: dict[str, Any]) -> None:
        if statement.how == "LOCATION":
            doc["StorageDescriptor"]["Location"] = statement.value
        else:
            doc["Parameters"] = {**doc.get("Parameters", {}), **statement.properties}

    _change(job, table, edit)
    return Outcome(lines=[])


def _change(job: Job, table: Mapping[str, Any], edit: Callable[[dict[str, Any]], None]) -> None:
    """A new version of a table's entry."""
    with job.site.store.writing() as db:
        call = job.site.call(db)
        doc = catalogue.find_table(db, call.scope, table["DatabaseName"], table["Name"])
        if doc is None:
            raise _missing_or_other("TABLE", table["DatabaseName"], table["Name"], None)
        archive.keep(db, call.scope, doc)
        edit(doc)
        doc |= {"UpdateTime": int(call.now), "VersionId": str(int(doc.get("VersionId", "0")) + 1)}
        catalogue.write_table(db, call.scope, doc)


def _table(job: Job, name: hive.Name) -> dict[str, Any]:
    _, database, table = job.context.full(name)
    with job.site.store.reading() as db:
        found = catalogue.find_table(db, job.site.scope, database, table)
    if found is None:
        raise _missing_or_other("TABLE", database, table, None)
    return found


def _hive_table(job: Job, name: hive.Name) -> dict[str, Any]:
    found = _table(job, name)
    if icebergs.is_iceberg(found):
        raise QueryFailed("Query type not supported by Athena Iceberg at this time", 1200)
    return found


def _database(db: sqlite3.Connection, scope: str, name: str) -> None:
    if catalogue.find_database(db, scope, name) is None:
        raise ddl_failed(f"SemanticException [Error 10072]: Database does not exist: {name}", kind=1502)


_CHANGES: tuple[tuple[Any, Callable[[Job, Any], Outcome]], ...] = (
    (hive.CreateDatabase, create_database),
    (hive.CreateTable, create_table),
    (hive.Drop, drop),
    (hive.Repair, repair),
    (hive.AlterPartitions, alter_partitions),
    (hive.AlterColumns, alter_columns),
    (hive.AlterTable, alter_table),
)
