"""SHOW and DESCRIBE: lines of text, laid out as live Athena lays them out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena import hive, icebergs, sources, tables
from reconciler.emulator.athena.failures import ddl_failed
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.athena.rendering import Output
from reconciler.emulator.athena.types import engine_type, trino_type
from reconciler.emulator.glue import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_WIDTH = 20


def run(job: Job) -> Outcome:
    if isinstance(job.statement, hive.Describe):
        return _describe(job, job.statement.name)
    return _SHOWN[job.statement.what](job, job.statement)


def _text(lines: Iterable[str], *names: str, updates: int | None = 0, kind: str = "string") -> Outcome:
    return Outcome([Output(name, kind) for name in names], list(lines), updates=updates)


def _databases(job: Job, statement: hive.Show) -> Outcome:
    with job.site.store.reading() as db:
        rows = db.execute("SELECT name FROM databases WHERE scope = ? ORDER BY name", (job.site.scope,)).fetchall()
    return _text(_liked([name for (name,) in rows], statement.like), "database_name")


def _tables(job: Job, statement: hive.Show) -> Outcome:
    views_only = statement.what == "VIEWS"
    database = statement.name[-1] if statement.name else job.context.database
    with job.site.store.reading() as db:
        if catalogue.find_database(db, job.site.scope, database) is None:
            raise ddl_failed(
                f"SemanticException [Error 10072]: Database does not exist: {database}",
                f"Database {database} not found.",
                1502,
            )
        rows = db.execute(
            "SELECT name, doc FROM tables WHERE scope = ? AND database = ? ORDER BY name", (job.site.scope, database)
        ).fetchall()
    names = [name for name, doc in rows if not views_only or json.loads(doc).get("TableType") == "VIRTUAL_VIEW"]
    found = _liked(names, statement.like)
    return _text(found, "views", kind="varchar") if views_only else _text(found, "tab_name")


def _liked(names: list[str], pattern: str | None) -> list[str]:
    """A regular expression in which * alone stands for anything (Athena user guide, SHOW TABLES)."""
    if pattern is None:
        return names
    parts = pattern.replace(".*", "*").replace("*", ".*")
    try:
        wanted = re.compile(parts)
    except re.error:
        raise ddl_failed(f"SemanticException: Invalid pattern {pattern}") from None
    return [name for name in names if wanted.fullmatch(name)]


def _columns(job: Job, statement: hive.Show) -> Outcome:
    table = _table(job, statement.name)
    if _is_view(table):
        return _view_columns(table)
    names = [column["Name"] for column in _all_columns(table)]
    padded = names if icebergs.is_iceberg(table) else [_pad(name) for name in names]
    return _text(padded, "field")


def _describe(job: Job, name: hive.Name) -> Outcome:
    table = _table(job, name)
    if _is_view(table):
        return _view_columns(table)
    if icebergs.is_iceberg(table):
        return _text(_iceberg_lines(job, table), "col_name", "data_type", "comment")
    lines = [_line(column) for column in _all_columns(table)]
    keys = table.get("PartitionKeys", [])
    if keys:
        title = f"{_pad('# col_name')}\t{_pad('data_type')}\t{_pad('comment')}"
        lines += ["\t \t ", "# Partition Information\t \t ", title, "\t \t ", *map(_line, keys)]
    return _text(lines, "col_name", "data_type", "comment", updates=None)


def _line(column: Mapping[str, Any]) -> str:
    return "\t".join(_pad(str(column.get(part, ""))) for part in ("Name", "Type", "Comment"))


def _pad(text: str) -> str:
    return text.ljust(_WIDTH)


def _iceberg_lines(job: Job, table: Mapping[str, Any]) -> list[str]:
    found = icebergs.load(job.site, table)
    lines = ["# Table schema:\t\t", "# col_name\tdata_type\tcomment"]
    lines += [
        f"{field.name.lower()}\t{_iceberg_type(str(field.field_type))}\t{field.doc or ''}"
        for field in found.schema().fields
    ]
    lines += ["\t\t", "# Partition spec:\t\t", "# field_name\tfield_transform\tcolumn_name"]
    for field in found.spec().fields:
        source = found.schema().find_column_name(field.source_id) or ""
        lines.append(f"{field.name.lower()}\t{field.transform}\t{source.lower()}")
    return lines


def _iceberg_type(kind: str) -> str:
    return {"long": "bigint", "timestamptz": "timestamp"}.get(kind, kind)


def _view_columns(table: Mapping[str, Any]) -> Outcome:
    lines = [
        f"{column['Name']}\t{trino_type(engine_type(column['Type']))}"
        for column in table["StorageDescriptor"]["Columns"]
    ]
    return _text(lines, "column", "type", kind="varchar")._replace(sub="DESC_VIEW")


def _partitions(job: Job, statement: hive.Show) -> Outcome:
    table = _table(job, statement.name)
    shape = sources.layout(table)
    if icebergs.is_iceberg(table) or not shape.partitions:
        name = ".".join(job.context.full(statement.name)[1:])
        raise ddl_failed(f"{_TASK}Table {name} is not a partitioned table")
    lines = [
        "/".join(f"{name}={value}" for (name, _), value in zip(shape.partitions, values, strict=True))
        for values in tables.partition_values(job.site, table, shape)
    ]
    return _text(lines, "partition")


_TASK = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "


def _properties(job: Job, statement: hive.Show) -> Outcome:
    found = _table(job, statement.name).get("Parameters", {})
    if statement.key is not None:
        value = found.get(statement.key, f"Table does not have property: {statement.key}")
        return _text([value], "prpt_name", "prpt_value")
    lines = "\n".join(f"{name}\t{value}" for name, value in found.items())
    return _text(lines.split("\n") if lines else [], "prpt_name", "prpt_value")


def _create_view(job: Job, statement: hive.Show) -> Outcome:
    table = _table(job, statement.name)
    if not _is_view(table):
        raise ddl_failed(f"SemanticException: {table['Name']} is not a view")
    sql = tables.view_text(table)
    return _text(
        f"CREATE VIEW {table['DatabaseName']}.{table['Name']} AS\n{sql}".split("\n"), "create view", kind="varchar"
    )


def _create_table(job: Job, statement: hive.Show) -> Outcome:
    table = _table(job, statement.name)
    if _is_view(table):
        raise ddl_failed(f"SemanticException: {table['Name']} is a view; use SHOW CREATE VIEW")
    if icebergs.is_iceberg(table):
        return _text(_iceberg_statement(job, table), "createtab_stmt")
    return _text(_hive_statement(table), "createtab_stmt", updates=None)


def _hive_statement(table: Mapping[str, Any]) -> list[str]:
    """Laid out as Hive does."""
    storage = table.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    lines = [f"CREATE EXTERNAL TABLE `{table['DatabaseName']}.{table['Name']}`("]
    lines += _listed(_declared(storage.get("Columns", [])), closing=")")
    if table.get("PartitionKeys"):
        lines += ["PARTITIONED BY ( ", *_listed(_declared(table["PartitionKeys"]), closing=")")]
    lines += ["ROW FORMAT SERDE ", f"  '{serde.get('SerializationLibrary', '')}' "]
    if serde.get("Parameters"):
        lines += ["WITH SERDEPROPERTIES ( ", *_listed(_pairs(serde["Parameters"]), closing=") ")]
    lines += ["STORED AS INPUTFORMAT ", f"  '{storage.get('InputFormat', '')}' "]
    lines += ["OUTPUTFORMAT ", f"  '{storage.get('OutputFormat', '')}'"]
    lines += ["LOCATION", f"  '{storage.get('Location', '')}'"]
    parameters = {name: value for name, value in table.get("Parameters", {}).items() if name != "EXTERNAL"}
    return [*lines, "TBLPROPERTIES (", *_listed(_pairs(parameters), closing=")")] if parameters else lines


def _declared(columns: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"`{column['Name']}` {column.get('Type', 'string')}"
        + (f" COMMENT '{column['Comment']}'" if column.get("Comment") else "")
        for column in columns
    ]


def _pairs(found: Mapping[str, str]) -> list[str]:
    return [f"'{name}'='{value}'" for name, value in sorted(found.items())]


def _listed(items: list[str], closing: str) -> list[str]:
    lines = [f"  {item}, " for item in items]
    if lines:
        lines[-1] = lines[-1].removesuffix(", ") + closing
    return lines


def _iceberg_statement(job: Job, table: Mapping[str, Any]) -> list[str]:
    """Laid out as Athena does for Iceberg."""
    found = icebergs.load(job.site, table)
    fields = [f"  {field.name.lower()} {_iceberg_type(str(field.field_type))}" for field in found.schema().fields]
    lines = [f"CREATE TABLE {table['DatabaseName']}.{table['Name']} ("]
    lines += [f"{field}," for field in fields[:-1]]
    lines += [f"{field})" for field in fields[-1:]]
    transforms = []
    for field in found.spec().fields:
        name = (found.schema().find_column_name(field.source_id) or "").lower()
        kind, _, width = str(field.transform).rstrip("]").partition("[")
        transforms.append(f"`{name}`" if kind == "identity" else f"{kind}({f'{width}, ' if width else ''}`{name}`)")
    if transforms:
        lines.append(f"PARTITIONED BY ({', '.join(transforms)})")
    properties = {"table_type": "iceberg", "format": "PARQUET"}
    lines += [f"LOCATION '{found.location()}'", "TBLPROPERTIES ("]
    pairs = [f"  '{name}'='{value}'" for name, value in properties.items()]
    return [*lines, *(f"{pair}," for pair in pairs[:-1]), pairs[-1], ");"]


def _all_columns(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]


def _is_view(table: Mapping[str, Any]) -> bool:
    return table.get("TableType") == "VIRTUAL_VIEW"


def _table(job: Job, name: hive.Name) -> dict[str, Any]:
    _, database, table = job.context.full(name)
    with job.site.store.reading() as db:
        found = catalogue.find_table(db, job.site.scope, database, table)
    if found is None:
        raise ddl_failed(
            f"SemanticException [Error 10001]: Table not found {database}.{table}", f"Table not found {table}", 1301, 2
        )
    return found


_SHOWN: Mapping[str, Callable[[Job, hive.Show], Outcome]] = {
    "DATABASES": _databases,
    "TABLES": _tables,
    "VIEWS": _tables,
    "COLUMNS": _columns,
    "PARTITIONS": _partitions,
    "TBLPROPERTIES": _properties,
    "CREATE TABLE": _create_table,
    "CREATE VIEW": _create_view,
}
