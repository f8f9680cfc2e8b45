"""Glue's own operations on the databases and tables that come with feature groups."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator import pages
from reconciler.emulator.calls import Call, Operation, Service, as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import catalogue
from reconciler.emulator.shapes import Many, Map, Struct, Text, Whole
from reconciler.emulator.wire.protocols import Json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.emulator.shapes import Shape

_NAME = Text(255, 1)
_PAGE = Whole(1, 100)
_COLUMNS = Many(Struct({"Name": _NAME, "Type": Text(131072, 0), "Comment": Text(255, 0)}, ("Name",)))
_STORAGE = Struct(
    {
        "Columns": _COLUMNS,
        "Location": Text(2056),
        "InputFormat": Text(128),
        "OutputFormat": Text(128),
        "SerdeInfo": Struct({"Name": _NAME, "SerializationLibrary": _NAME, "Parameters": Map()}),
        "Parameters": Map(),
    }
)
_TABLE = Struct(
    {
        "Name": _NAME,
        "Description": Text(2048, 0),
        "StorageDescriptor": _STORAGE,
        "PartitionKeys": _COLUMNS,
        "TableType": Text(255),
        "Parameters": Map(),
    },
    ("Name",),
)
_DATABASE = Struct({"Name": _NAME, "Description": Text(2048, 0), "Parameters": Map()}, ("Name",))


def get_database(call: Call, request: dict[str, Any]) -> str:
    return as_json({"Database": _database(call, request["Name"])})


def get_databases(call: Call, request: dict[str, Any]) -> str:
    rows = call.db.execute("SELECT name, doc FROM databases WHERE scope = ? ORDER BY name", (call.scope,)).fetchall()
    return as_json(_page("DatabaseList", rows, request))


def create_database(call: Call, request: dict[str, Any]) -> str:
    given = request["DatabaseInput"]
    if catalogue.find_database(call.db, call.scope, given["Name"]):
        raise AwsError("AlreadyExistsException", "Database already exists.")
    catalogue.write_database(call.db, call.scope, {**given, "CreateTime": int(call.now)})
    return "{}"


def get_table(call: Call, request: dict[str, Any]) -> str:
    return as_json({"Table": _table(call, request["DatabaseName"], request["Name"])})


def get_tables(call: Call, request: dict[str, Any]) -> str:
    """`Expression` is a regular expression on names, as the Glue API reference has it."""
    _database(call, request["DatabaseName"])
    rows: Iterable[tuple[str, str]] = call.db.execute(
        "SELECT name, doc FROM tables WHERE scope = ? AND database = ? ORDER BY name",
        (call.scope, request["DatabaseName"].lower()),
    ).fetchall()
    wanted = request.get("Expression")
    if wanted:
        try:
            pattern = re.compile(wanted)
        except re.error:
            raise AwsError("InvalidInputException", f"Invalid expression: {wanted}") from None
        rows = [row for row in rows if pattern.fullmatch(row[0])]
    return as_json(_page("TableList", list(rows), request))


def create_table(call: Call, request: dict[str, Any]) -> str:
    _database(call, request["DatabaseName"])
    given, database = request["TableInput"], request["DatabaseName"].lower()
    if catalogue.find_table(call.db, call.scope, database, given["Name"]):
        raise AwsError("AlreadyExistsException", "Table already exists.")
    times = {"CreateTime": int(call.now), "UpdateTime": int(call.now)}
    catalogue.write_table(call.db, call.scope, {**given, **times, "DatabaseName": database, "VersionId": "0"})
    return "{}"


def delete_table(call: Call, request: dict[str, Any]) -> str:
    table = _table(call, request["DatabaseName"], request["Name"])
    call.db.execute(
        "DELETE FROM tables WHERE scope = ? AND database = ? AND name = ?",
        (call.scope, table["DatabaseName"], table["Name"]),
    )
    return "{}"


def _database(call: Call, name: str) -> dict[str, Any]:
    found = catalogue.find_database(call.db, call.scope, name)
    if found is None:
        raise AwsError("EntityNotFoundException", f"Database {name} not found.")
    return found


def _table(call: Call, database: str, name: str) -> dict[str, Any]:
    _database(call, database)
    found = catalogue.find_table(call.db, call.scope, database, name)
    if found is None:
        raise AwsError("EntityNotFoundException", f"Table {name} not found.")
    return found


def _page(member: str, rows: list[tuple[str, str]], request: dict[str, Any]) -> dict[str, Any]:
    after = pages.marks(request.get("NextToken"), 1)
    left = [row for row in rows if after is None or row[0] > str(after[0])]
    size = request.get("MaxResults", 100)
    page: dict[str, Any] = {member: [json.loads(doc) for _, doc in left[:size]]}
    if len(left) > size:
        page["NextToken"] = pages.token(left[size - 1][0])
    return page


_PAGED: dict[str, Shape] = {"MaxResults": _PAGE, "NextToken": Text()}
_TABLE_NAMES: dict[str, Shape] = {"DatabaseName": _NAME, "Name": _NAME}
_OPERATIONS: dict[str, Operation] = {
    "GetDatabase": Operation(Struct({"Name": _NAME}, ("Name",)), get_database),
    "GetDatabases": Operation(Struct(_PAGED), get_databases),
    "CreateDatabase": Operation(Struct({"DatabaseInput": _DATABASE}, ("DatabaseInput",)), create_database, writes=True),
    "GetTable": Operation(Struct(_TABLE_NAMES, ("DatabaseName", "Name")), get_table),
    "GetTables": Operation(
        Struct({"DatabaseName": _NAME, "Expression": Text(2048, 0), **_PAGED}, ("DatabaseName",)), get_tables
    ),
    "CreateTable": Operation(
        Struct({"DatabaseName": _NAME, "TableInput": _TABLE}, ("DatabaseName", "TableInput")),
        create_table,
        writes=True,
    ),
    "DeleteTable": Operation(Struct(_TABLE_NAMES, ("DatabaseName", "Name")), delete_table, writes=True),
}

SERVICE = Service(Json(), _OPERATIONS)
