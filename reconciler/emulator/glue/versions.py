"""Versions of tables: those that UpdateTable archived, and the one that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions, pages
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import archive, entries, refusals, views

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def get(call: Call, request: dict[str, Any]) -> str:
    """Without an id it is the version that stands."""
    table = entries.table(call, request["DatabaseName"], request["TableName"])
    wanted = request.get("VersionId")
    found = table if wanted is None else _version(call, table, _number(wanted))
    return as_json({"TableVersion": _shown(call, found)})


def get_all(call: Call, request: dict[str, Any]) -> str:
    """A page of them, the one that stands among them."""
    table = entries.table(call, request["DatabaseName"], request["TableName"])
    size, after = request.get("MaxResults", 100), views.after(request)
    found = [*archive.listed(call.db, call.scope, table), table]
    newest_first = assumptions.NEWEST_VERSION_FIRST
    if newest_first:
        found.reverse()
    if after:
        last = _number(after)
        found = [
            one for one in found if int(one["VersionId"]) != last and (int(one["VersionId"]) < last) is newest_first
        ]
    page: dict[str, Any] = {"TableVersions": [_shown(call, version) for version in found[:size]]}
    if len(found) > size:
        page["NextToken"] = pages.token(found[size - 1]["VersionId"])
    return as_json(page)


def delete(call: Call, request: dict[str, Any]) -> str:
    table = entries.table(call, request["DatabaseName"], request["TableName"])
    _delete(call, table, request["VersionId"])
    return "{}"


def delete_batch(call: Call, request: dict[str, Any]) -> str:
    """Those that are there go; the others are named in the reply."""
    table, errors = entries.table(call, request["DatabaseName"], request["TableName"]), []
    for version in request["VersionIds"]:
        try:
            _delete(call, table, version)
        except AwsError as refused:
            errors.append({"TableName": table["Name"], "VersionId": version, "ErrorDetail": refusals.detail(refused)})
    return as_json({"Errors": errors} if errors else {})


def _delete(call: Call, table: dict[str, Any], wanted: str) -> None:
    number = _number(wanted)
    if number == int(table["VersionId"]):
        raise assumptions.latest_version()
    if not archive.remove(call.db, call.scope, table, number):
        raise refusals.no_version()


def _version(call: Call, table: dict[str, Any], number: int) -> dict[str, Any]:
    if number == int(table["VersionId"]):
        return table
    found = archive.find(call.db, call.scope, table, number)
    if found is None:
        raise refusals.no_version()
    return found


def _shown(call: Call, table: dict[str, Any]) -> dict[str, Any]:
    return {"Table": views.table(call, table), "VersionId": table["VersionId"]}


def _number(wanted: str) -> int:
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= archive.MOST_DIGITS):
        raise refusals.invalid(f"Invalid version id: {wanted}")
    return int(wanted)
