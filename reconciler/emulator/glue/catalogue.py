"""The Glue side of a group: the database and table that come with it, outlive it, and grow with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from reconciler.emulator.control.groups import Group

_DEFAULT_DATABASE = "sagemaker_featurestore"
_TYPES = {"Integral": "bigint", "Fractional": "double", "String": "string"}
_BOOKKEEPING = (("write_time", "timestamp"), ("api_invocation_time", "timestamp"), ("is_deleted", "boolean"))
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def create_for(db: sqlite3.Connection, group: Group) -> str | None:
    """Create the table a new group brings and name it in the group; answers why that failed, if it did."""
    offline = group.doc.get("OfflineStoreConfig")
    if offline is None or offline["DisableGlueTableCreation"]:
        return None
    catalog = offline.get("DataCatalogConfig") or {
        "TableName": table_name(group.name, group.doc["CreationTime"]),
        "Catalog": "AwsDataCatalog",
        "Database": _DEFAULT_DATABASE,
    }
    database, name = catalog["Database"], catalog["TableName"]
    if find_table(db, group.scope, database, name):
        return assumptions.table_exists(database, name)
    try:
        storage = _storage(db, group)
    except (OSError, AwsError) as error:
        return assumptions.offline_store_blocked(error)
    moment = group.doc["CreationTime"]
    if not find_database(db, group.scope, database):
        write_database(db, group.scope, {"Name": database, "CreateTime": int(moment)})
    made = {"Name": name, "DatabaseName": database, "TableType": "EXTERNAL_TABLE", "VersionId": "0"}
    write_table(db, group.scope, {**made, "CreateTime": int(moment), "UpdateTime": int(moment), **storage})
    offline["DataCatalogConfig"] = catalog
    return None


def evolve(db: sqlite3.Connection, group: Group, added: Iterable[dict[str, Any]], moment: float) -> None:
    """Columns for new features, in tables the service made; a user's own table is the user's to alter."""
    offline = group.doc.get("OfflineStoreConfig")
    if offline is None or offline["DisableGlueTableCreation"]:
        return
    catalog = offline["DataCatalogConfig"]
    table = find_table(db, group.scope, catalog["Database"], catalog["TableName"])
    if table is None:
        return  # a user may have dropped it
    if offline.get("TableFormat") == "Iceberg":
        from reconciler.emulator.offline import iceberg_tables  # noqa: PLC0415 - start-up is counted

        try:
            iceberg_tables.add(db, table, added, moment)
        except (OSError, LookupError, TypeError, ValueError, AwsError):
            return  # a user may have replaced it; rows will wait until its columns are there
    else:
        columns = table["StorageDescriptor"]["Columns"]
        features = len(columns) - len(_BOOKKEEPING)
        table["StorageDescriptor"]["Columns"] = [*columns[:features], *_columns(added), *columns[features:]]
    table["UpdateTime"] = int(moment)
    table["VersionId"] = str(int(table["VersionId"]) + 1)
    write_table(db, group.scope, table)


def register_hours(
    db: sqlite3.Connection, scope: str, named: tuple[str, str], hours: Iterable[str], moment: float
) -> None:
    """Partitions for hours (YYYY-MM-DDTHH) that have files, where the table has partition keys and is still there."""
    table = find_table(db, scope, *named) if assumptions.OFFLINE_PARTITION_KEYS else None
    if table is None or [key["Name"] for key in table["PartitionKeys"]] != list(assumptions.OFFLINE_PARTITION_KEYS):
        return
    for hour in hours:
        values = [*hour[:10].split("-"), hour[11:]]
        folder = "/".join(f"{key['Name']}={value}" for key, value in zip(table["PartitionKeys"], values, strict=True))
        storage = {**table["StorageDescriptor"], "Location": f"{table['StorageDescriptor']['Location']}/{folder}"}
        del storage["Columns"]  # they are the table's; with 2,500 features and many hours they would be gigabytes
        named_so = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"], "CatalogId": table["CatalogId"]}
        doc = {"Values": values, **named_so, "CreationTime": int(moment), "StorageDescriptor": storage}
        db.execute(
            "INSERT OR IGNORE INTO partitions VALUES (?, ?, ?, ?, ?)",
            (scope, table["DatabaseName"], table["Name"], as_json(values), as_json(doc)),
        )


def table_name(name: str, created: float) -> str:
    """The generated name: safe for Athena, with the creation second."""
    return f"{name.replace('-', '_').lower()}_{int(created)}"


def find_database(db: sqlite3.Connection, scope: str, name: str) -> dict[str, Any] | None:
    row = db.execute("SELECT doc FROM databases WHERE scope = ? AND name = ?", (scope, name.lower())).fetchone()
    return json.loads(row[0]) if row else None


def find_table(db: sqlite3.Connection, scope: str, database: str, name: str) -> dict[str, Any] | None:
    row = db.execute(
        "SELECT doc FROM tables WHERE scope = ? AND database = ? AND name = ?",
        (scope, database.lower(), name.lower()),
    ).fetchone()
    return json.loads(row[0]) if row else None


def write_database(db: sqlite3.Connection, scope: str, doc: dict[str, Any]) -> None:
    account = scope.partition("/")[0]
    whole = {**doc, "Name": doc["Name"].lower(), "CatalogId": account}
    db.execute("INSERT OR REPLACE INTO databases VALUES (?, ?, ?)", (scope, whole["Name"], as_json(whole)))


def write_table(db: sqlite3.Connection, scope: str, doc: dict[str, Any]) -> None:
    account = scope.partition("/")[0]
    whole = {**doc, "Name": doc["Name"].lower(), "CatalogId": account}
    db.execute(
        "INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?)",
        (scope, whole["DatabaseName"], whole["Name"], as_json(whole)),
    )


def _storage(db: sqlite3.Connection, group: Group) -> dict[str, Any]:
    """Where the table lies and how it is read."""
    offline = group.doc["OfflineStoreConfig"]
    if offline.get("TableFormat") == "Iceberg":
        from reconciler.emulator.offline import iceberg_tables  # noqa: PLC0415 - start-up is counted

        # It begins at the parent of the data, where its metadata lies too (SageMaker Python SDK).
        return iceberg_tables.create(db, group.doc)
    return {
        "StorageDescriptor": {
            "Columns": [*_columns(group.doc["FeatureDefinitions"]), *_column_list(_BOOKKEEPING)],
            "Location": offline["S3StorageConfig"]["ResolvedOutputS3Uri"],
            "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
        },
        "PartitionKeys": _column_list((key, "string") for key in assumptions.OFFLINE_PARTITION_KEYS),
        "Parameters": {"EXTERNAL": "TRUE"},
    }


def _columns(features: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    return _column_list((feature["FeatureName"].lower(), _TYPES[feature["FeatureType"]]) for feature in features)


def _column_list(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": kind} for name, kind in pairs]
