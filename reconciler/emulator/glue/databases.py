"""Databases of the Data Catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.access import lake_settings, permissions
from reconciler.emulator.calls import as_json
from reconciler.emulator.glue import catalogue, entries, labels, refusals, removal, views

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def get(call: Call, request: dict[str, Any]) -> str:
    return as_json({"Database": views.database(call, entries.database(call, request["Name"]))})


def get_all(call: Call, request: dict[str, Any]) -> str:
    rows = call.db.execute(
        "SELECT name, doc FROM databases WHERE scope = ? AND name > ? ORDER BY name", (call.scope, views.after(request))
    )
    # Only databases shared by other accounts are foreign or federated; there are none.
    shared_only = request.get("ResourceShareType") in {"FOREIGN", "FEDERATED"}
    view = _narrow if request.get("AttributesToGet") else views.database
    return as_json(views.page(call, "DatabaseList", () if shared_only else rows, request, view))


def _narrow(_call: Call, doc: dict[str, Any]) -> dict[str, Any]:
    return {name: doc[name] for name in ("Name", "TargetDatabase") if name in doc}


def create(call: Call, request: dict[str, Any]) -> str:
    given = request["DatabaseInput"]
    if catalogue.find_database(call.db, call.scope, given["Name"]):
        raise refusals.exists("Database")
    defaults = lake_settings.table_defaults(call)
    doc = {"CreateTableDefaultPermissions": defaults, **given, "CreateTime": int(call.now)}
    catalogue.write_database(call.db, call.scope, doc)
    if lake_settings.database_defaults(call) == []:
        permissions.close(call, given["Name"])
    if request.get("Tags"):
        labels.write(call, labels.of_database(call, given["Name"]), request["Tags"])
    return "{}"


def update(call: Call, request: dict[str, Any]) -> str:
    """The new definition stands in for all of the old one."""
    before, given = entries.database(call, request["Name"]), request["DatabaseInput"]
    if given["Name"].lower() != before["Name"]:
        raise assumptions.database_renamed()
    staying = ("CreateTime", "CreateTableDefaultPermissions")
    kept: dict[str, Any] = {name: before[name] for name in staying if name in before}
    catalogue.write_database(call.db, call.scope, {**kept, **given})
    return "{}"


def delete(call: Call, request: dict[str, Any]) -> str:
    """Its tables go with it, at once; AWS takes its time over them. Their data stays."""
    name = entries.database(call, request["Name"])["Name"]
    removal.database(call.db, call.scope, name)
    labels.forget(call, labels.of_database(call, name))
    return "{}"
