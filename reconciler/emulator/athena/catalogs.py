"""Data catalogs, databases and tables, as Athena itself lists them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena import workgroups
from reconciler.emulator.athena.failures import refused
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import catalogue
from reconciler.emulator.offline import flushing

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call, Site

_NAME = "AwsDataCatalog"


def engine_versions(_: Call, __: dict[str, Any]) -> str:
    found = [
        {"SelectedEngineVersion": name, "EffectiveEngineVersion": "Athena engine version 3"}
        for name in ("AUTO", "Athena engine version 3")
    ]
    return as_json({"EngineVersions": found})


def list_catalogs(_: Call, __: dict[str, Any]) -> str:
    return as_json({"DataCatalogsSummary": [{"CatalogName": _NAME, "Type": "GLUE"}]})


def get_catalog(call: Call, request: dict[str, Any]) -> str:
    _check(request["Name"])
    parameters = {"catalog-id": call.settings.account}
    return as_json({"DataCatalog": {"Name": _NAME, "Type": "GLUE", "Parameters": parameters}})


def list_databases(call: Call, request: dict[str, Any]) -> str:
    _check(request["CatalogName"])
    rows = call.db.execute("SELECT name, doc FROM databases WHERE scope = ?", (call.scope,)).fetchall()
    found = {name: json.loads(doc) for name, doc in rows}
    names, reply = workgroups.page(sorted(found), request)
    return as_json({"DatabaseList": [_database(found[name]) for name in names], **reply})


def get_database(call: Call, request: dict[str, Any]) -> str:
    _check(request["CatalogName"])
    found = catalogue.find_database(call.db, call.scope, request["DatabaseName"])
    if found is None:
        raise _missing(f"Database {request['DatabaseName']} not found.")
    return as_json({"Database": _database(found)})


def list_tables(site: Site, request: dict[str, Any]) -> str:
    """`Expression` is a pattern of names, as Glue's is."""
    _check(request["CatalogName"])
    flushing.flush(site)
    database = request["DatabaseName"].lower()
    with site.store.reading() as db:
        if catalogue.find_database(db, site.scope, database) is None:
            raise _missing(f"Database {database} not found.")
        rows = db.execute("SELECT name, doc FROM tables WHERE scope = ? AND database = ?", (site.scope, database))
        found = {name: json.loads(doc) for name, doc in rows}
    pattern = request.get("Expression")
    wanted = [name for name in sorted(found) if not pattern or _matches(pattern, name)]
    names, reply = workgroups.page(wanted, request)
    return as_json({"TableMetadataList": [_table(found[name]) for name in names], **reply})


def get_table(site: Site, request: dict[str, Any]) -> str:
    _check(request["CatalogName"])
    flushing.flush(site)
    with site.store.reading() as db:
        found = catalogue.find_table(db, site.scope, request["DatabaseName"], request["TableName"])
    if found is None:
        raise _missing(f"Table {request['TableName']} not found.")
    return as_json({"TableMetadata": _table(found)})


def _check(name: str) -> None:
    if name.lower() != _NAME.lower():
        raise refused(f"Catalog '{name}' does not exist", "DATACATALOG_NOT_FOUND")


def _missing(sentence: str) -> AwsError:
    return AwsError("MetadataException", f"EntityNotFoundException: {sentence}")


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name, re.IGNORECASE) is not None
    except re.error:
        raise refused(f"Invalid expression: {pattern}") from None


def _database(doc: dict[str, Any]) -> dict[str, Any]:
    return {name: doc[name] for name in ("Name", "Description", "Parameters") if doc.get(name)}


def _table(doc: dict[str, Any]) -> dict[str, Any]:
    storage = doc.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    parameters = {
        **doc.get("Parameters", {}),
        **{f"serde.param.{name}": value for name, value in serde.get("Parameters", {}).items()},
    }
    described = {
        "inputformat": storage.get("InputFormat"),
        "outputformat": storage.get("OutputFormat"),
        "location": storage.get("Location"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
    }
    parameters |= {name: value for name, value in described.items() if value}
    return {
        "Name": doc["Name"],
        "CreateTime": doc.get("CreateTime", 0),
        "TableType": doc.get("TableType", ""),
        "Columns": [_column(column) for column in storage.get("Columns", [])],
        "PartitionKeys": [_column(column) for column in doc.get("PartitionKeys", [])],
        "Parameters": parameters,
    }


def _column(doc: dict[str, Any]) -> dict[str, Any]:
    return {name: doc[name] for name in ("Name", "Type", "Comment") if name in doc}
