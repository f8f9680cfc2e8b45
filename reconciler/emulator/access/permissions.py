"""Lake Formation's permissions: one row for a resource and a principal.

IAM_ALLOWED_PRINCIPALS has ALL on every database and table without a row, unless the settings at its creation said
otherwise: a row for it is what is left after somebody took or gave something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions, things
from reconciler.emulator.access.lake_settings import EVERYONE
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import catalogue

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from reconciler.emulator.calls import Call

_KIND = "lake_permission"
PERMISSIONS = (
    *("ALL", "SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE", "CREATE_DATABASE", "CREATE_TABLE"),
    *("DATA_LOCATION_ACCESS",),
)
# Which permissions there are on what (Lake Formation developer guide, permissions reference).
_ON = {
    "Catalog": frozenset({"ALL", "CREATE_DATABASE", "DESCRIBE", "ALTER", "DROP"}),
    "Database": frozenset({"ALL", "ALTER", "DROP", "DESCRIBE", "CREATE_TABLE"}),
    "Table": frozenset({"ALL", "SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"}),
    "TableWithColumns": frozenset({"SELECT", "DESCRIBE"}),
    "DataLocation": frozenset({"DATA_LOCATION_ACCESS"}),
}
KINDS = tuple(_ON)


class Resource(NamedTuple):
    """What permissions are on. No name in a key holds a line break."""

    kind: str
    key: str
    inside: dict[str, Any]

    @property
    def shown(self) -> dict[str, Any]:
        return {self.kind: self.inside}

    @property
    def database(self) -> str | None:
        """The database it is, or lies in."""
        name: str | None = self.inside.get("Name") if self.kind == "Database" else self.inside.get("DatabaseName")
        return name

    @property
    def table(self) -> str | None:
        """The table it is, or is columns of."""
        return self.inside.get("Name") if "DatabaseName" in self.inside else None


def resource(call: Call, given: dict[str, Any]) -> Resource:
    """The one resource that a request names; it has to exist."""
    kind = next(iter(given), "")
    if len(given) != 1:
        raise _invalid("Resource must have either the catalog, table or database field populated.")
    inside = {} if kind == "Catalog" else {"CatalogId": call.settings.account, **given[kind]}
    if "DatabaseName" in inside and ("Name" in inside) == ("TableWildcard" in inside):
        both = "present" if "Name" in inside else "empty"
        raise _invalid(f"Table name and table wildcard cannot both be {both}.")
    found = Resource(kind, _key(kind, inside), inside)
    if inside.get("CatalogId", call.settings.account) != call.settings.account:
        raise assumptions.no_catalog(inside["CatalogId"])
    if found.database and not catalogue.find_database(call.db, call.scope, found.database):
        raise AwsError("EntityNotFoundException", f"Database {found.database} not found.")
    if found.table and not catalogue.find_table(call.db, call.scope, str(found.database), found.table):
        raise AwsError("EntityNotFoundException", f"Table {found.table} not found.")
    return found


def grant(call: Call, principal: str, found: Resource, given: list[str], grantable: list[str]) -> None:
    """Add to what a principal may do with a resource, and pass on."""
    if not given and not grantable:
        raise _invalid("Permissions list is empty.")
    if not {*given, *grantable} <= _ON[found.kind]:
        raise _invalid("Permissions modification is invalid.")
    had, passed_on = held(call, principal, found)
    _write(call, principal, found, had | {*given, *grantable}, passed_on | {*grantable})


def revoke(call: Call, principal: str, found: Resource, given: list[str], grantable: list[str]) -> None:
    """Take permissions away; what is gone cannot be passed on either."""
    had, passed_on = held(call, principal, found)
    gone = had if "ALL" in given else frozenset(given)
    if not had or not gone <= had or not passed_on >= {*grantable}:
        raise assumptions.not_all_held()
    _write(call, principal, found, had - gone, passed_on - gone - {*grantable})


def held(call: Call, principal: str, found: Resource) -> tuple[frozenset[str], frozenset[str]]:
    """What a principal may do with a resource, and what of it it may pass on."""
    row = things.find(call.db, call.scope, _KIND, found.key + principal)
    if row is not None:
        return frozenset(row["Permissions"]), frozenset(row["PermissionsWithGrantOption"])
    return frozenset({"ALL"} if principal == EVERYONE and _is_open(call, found) else ()), frozenset()


def listed(call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every permission, with the place it has among them."""
    rows = dict(things.listed(call.db, call.scope, _KIND))
    for found in _everything(call):
        if found.key + EVERYONE not in rows and _is_open(call, found):
            rows[found.key + EVERYONE] = _row(EVERYONE, found, frozenset({"ALL"}), frozenset())
    for place in sorted(rows):
        if rows[place]["Permissions"]:
            yield place, rows[place]


def close(call: Call, database: str) -> None:
    """Nobody but those that are named may use a new database."""
    found = resource(call, {"Database": {"Name": database}})
    _write(call, EVERYONE, found, frozenset(), frozenset())


def forget_table(db: sqlite3.Connection, scope: str, database: str, name: str) -> None:
    things.remove_all(db, scope, _KIND, f"table\n{database}\n{name}\n")


def forget_database(db: sqlite3.Connection, scope: str, name: str) -> None:
    things.remove_all(db, scope, _KIND, f"database\n{name}\n")
    things.remove_all(db, scope, _KIND, f"table\n{name}\n")


def _everything(call: Call) -> Iterator[Resource]:
    catalog = {"CatalogId": call.settings.account}
    for (name,) in call.db.execute("SELECT name FROM databases WHERE scope = ?", (call.scope,)).fetchall():
        inside = {**catalog, "Name": name}
        yield Resource("Database", _key("Database", inside), inside)
    rows = call.db.execute("SELECT database, name FROM tables WHERE scope = ?", (call.scope,)).fetchall()
    for database, name in rows:
        inside = {**catalog, "DatabaseName": database, "Name": name}
        yield Resource("Table", _key("Table", inside), inside)


def _is_open(call: Call, found: Resource) -> bool:
    if found.kind == "Database":
        return True
    if found.kind != "Table" or found.table is None:
        return False
    database = catalogue.find_database(call.db, call.scope, str(found.database)) or {}
    return database.get("CreateTableDefaultPermissions") != []


def _key(kind: str, inside: dict[str, Any]) -> str:
    if kind == "Catalog":
        return "catalog\n"
    if kind == "DataLocation":
        return f"location\n{inside['ResourceArn']}\n"
    if kind == "Database":
        return f"database\n{inside['Name'].lower()}\n"
    columns = {name: inside[name] for name in ("ColumnNames", "ColumnWildcard") if name in inside}
    table = f"table\n{inside['DatabaseName'].lower()}\n{inside.get('Name', '').lower()}\n"
    return f"{table}{as_json(columns)}\n" if columns else f"{table}\n"


def _row(principal: str, found: Resource, given: frozenset[str], grantable: frozenset[str]) -> dict[str, Any]:
    return {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": found.shown,
        "Permissions": sorted(given, key=PERMISSIONS.index),
        "PermissionsWithGrantOption": sorted(grantable, key=PERMISSIONS.index),
    }


def _write(call: Call, principal: str, found: Resource, given: frozenset[str], grantable: frozenset[str]) -> None:
    row = {**_row(principal, found, given, grantable), "LastUpdated": call.now}
    if given or principal == EVERYONE:
        things.write(call.db, call.scope, _KIND, found.key + principal, row)
    else:
        things.remove(call.db, call.scope, _KIND, found.key + principal)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)
