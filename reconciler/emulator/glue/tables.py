"""Tables of the Data Catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import archive, catalogue, entries, labels, patterns, refusals, removal, views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.emulator.calls import Call


def get(call: Call, request: dict[str, Any]) -> str:
    return as_json({"Table": _view(request)(call, entries.table(call, request["DatabaseName"], request["Name"]))})


def get_all(call: Call, request: dict[str, Any]) -> str:
    entries.database(call, request["DatabaseName"])
    rows: Iterable[tuple[str, str]] = call.db.execute(
        "SELECT name, doc FROM tables WHERE scope = ? AND database = ? AND name > ? ORDER BY name",
        (call.scope, request["DatabaseName"].lower(), views.after(request)),
    )
    if request.get("Expression"):
        pattern = patterns.of_names(request["Expression"])
        rows = (row for row in rows if pattern.matches(row[0]))
    return as_json(views.page(call, "TableList", rows, request, _view(request)))


def _view(request: dict[str, Any]) -> Callable[[Call, dict[str, Any]], dict[str, Any]]:
    wanted = request.get("AttributesToGet")
    if wanted is None or wanted == ["DEFAULT"]:
        return views.table
    if not {*wanted} <= {"NAME", "TABLE_TYPE"}:
        raise refusals.not_emulated("GetTables", f"AttributesToGet {wanted}")
    if "NAME" not in wanted:
        raise refusals.invalid("AttributesToGet must include NAME.")
    named = ("Name", "DatabaseName", "TableType") if "TABLE_TYPE" in wanted else ("Name", "DatabaseName")
    return lambda _, doc: {name: doc[name] for name in named if name in doc}


def create(call: Call, request: dict[str, Any]) -> str:
    entries.database(call, request["DatabaseName"])
    given, database = _given(request), request["DatabaseName"].lower()
    if catalogue.find_table(call.db, call.scope, database, given["Name"]):
        raise refusals.exists("Table")
    times = {"CreateTime": int(call.now), "UpdateTime": int(call.now)}
    catalogue.write_table(call.db, call.scope, {**given, **times, "DatabaseName": database, "VersionId": "0"})
    return "{}"


def update(call: Call, request: dict[str, Any]) -> str:
    """The new definition stands in for all of the old one. A VersionId that is no longer right changes nothing."""
    given = _given(request)
    before = entries.table(call, request["DatabaseName"], given["Name"])
    if request.get("VersionId", before["VersionId"]) != before["VersionId"]:
        raise refusals.changed_meanwhile()
    if not request.get("SkipArchive"):
        archive.keep(call.db, call.scope, before)
    after = {
        **given,
        "DatabaseName": before["DatabaseName"],
        "CreateTime": before["CreateTime"],
        "UpdateTime": int(call.now),
        "VersionId": str(int(before["VersionId"]) + 1),
    }
    catalogue.write_table(call.db, call.scope, after)
    return "{}"


def delete(call: Call, request: dict[str, Any]) -> str:
    _delete(call, entries.table(call, request["DatabaseName"], request["Name"]))
    return "{}"


def delete_batch(call: Call, request: dict[str, Any]) -> str:
    """Those that are there go; the others are named in the reply."""
    entries.database(call, request["DatabaseName"])
    errors = []
    for name in request["TablesToDelete"]:
        try:
            _delete(call, entries.table(call, request["DatabaseName"], name))
        except AwsError as refused:
            errors.append({"TableName": name, "ErrorDetail": refusals.detail(refused)})
    return as_json({"Errors": errors} if errors else {})


def _delete(call: Call, table: dict[str, Any]) -> None:
    removal.table(call.db, call.scope, table["DatabaseName"], table["Name"])
    labels.forget(call, labels.of_table(call, table["DatabaseName"], table["Name"]))


def _given(request: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] | None = request.get("TableInput")
    if given is None:
        raise refusals.invalid("TableInput is required.")
    return given
