"""information_schema, made from the catalogue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena.types import engine_type, trino_type

if TYPE_CHECKING:
    from reconciler.emulator.calls import Site

_CATALOG = "awsdatacatalog"


def listed(site: Site, name: str) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]] | None:
    """Columns and rows of one of its tables; None for one that is not emulated."""
    if name == "schemata":
        columns = ["catalog_name", "schema_name"]
        rows: list[tuple[Any, ...]] = [(_CATALOG, database) for database in _databases(site)]
    elif name == "tables":
        columns = ["table_catalog", "table_schema", "table_name", "table_type"]
        rows = [(_CATALOG, table["DatabaseName"], table["Name"], _type(table)) for table in _tables(site)]
    elif name == "columns":
        return [(column, kind) for column, kind in _COLUMNS], [row for table in _tables(site) for row in _rows(table)]
    else:
        return None
    return [(column, "VARCHAR") for column in columns], rows


_COLUMNS = (
    ("table_catalog", "VARCHAR"),
    ("table_schema", "VARCHAR"),
    ("table_name", "VARCHAR"),
    ("column_name", "VARCHAR"),
    ("ordinal_position", "BIGINT"),
    ("column_default", "VARCHAR"),
    ("is_nullable", "VARCHAR"),
    ("data_type", "VARCHAR"),
    ("comment", "VARCHAR"),
    ("extra_info", "VARCHAR"),
)


def _rows(table: dict[str, Any]) -> list[tuple[Any, ...]]:
    plain = table.get("StorageDescriptor", {}).get("Columns", [])
    keys = table.get("PartitionKeys", [])
    return [
        (
            *(_CATALOG, table["DatabaseName"], table["Name"], column["Name"], at, None, "YES"),
            *(trino_type(engine_type(column.get("Type", "string"))), column.get("Comment")),
            "partition key" if at > len(plain) else None,
        )
        for at, column in enumerate([*plain, *keys], 1)
    ]


def _type(table: dict[str, Any]) -> str:
    return "VIEW" if table.get("TableType") == "VIRTUAL_VIEW" else "BASE TABLE"


def _databases(site: Site) -> list[str]:
    with site.store.reading() as db:
        rows = db.execute("SELECT name FROM databases WHERE scope = ? ORDER BY name", (site.scope,)).fetchall()
    return ["information_schema", *(name for (name,) in rows)]


def _tables(site: Site) -> list[dict[str, Any]]:
    with site.store.reading() as db:
        rows = db.execute("SELECT doc FROM tables WHERE scope = ? ORDER BY database, name", (site.scope,)).fetchall()
    return [json.loads(doc) for (doc,) in rows]
