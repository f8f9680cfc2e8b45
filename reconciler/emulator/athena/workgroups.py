"""Workgroups: where results go, unless the query says so, or whatever the query says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions, pages, things
from reconciler.emulator.athena.failures import refused
from reconciler.emulator.calls import as_json, partition
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    import sqlite3

    from reconciler.emulator.calls import Call

PRIMARY = "primary"
_KIND = "workgroup"
_ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
# As live Athena shows a workgroup nobody configured (measurements of aoyagikouhei/athena-local).
_DEFAULTS: dict[str, Any] = {
    "EnforceWorkGroupConfiguration": False,
    "EnableMinimumEncryptionConfiguration": False,
    "PublishCloudWatchMetricsEnabled": False,
    "RequesterPaysEnabled": False,
    "ResultConfiguration": {},
    "EngineVersion": _ENGINE,
}
# A created workgroup enforces its configuration unless told otherwise (Athena API reference, WorkGroupConfiguration).
_CREATED = {**_DEFAULTS, "EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": True}


class Results(NamedTuple):
    """Where the results of a query go."""

    location: str | None
    configuration: dict[str, Any]
    managed: bool
    enforced: bool = False


def find(db: sqlite3.Connection, scope: str, name: str) -> dict[str, Any]:
    """The workgroup; `primary` is there without being made."""
    found = things.find(db, scope, _KIND, name)
    if found is not None:
        return found
    if name != PRIMARY:
        raise refused("WorkGroup is not found.")
    return {"Name": PRIMARY, "State": "ENABLED", "Configuration": _DEFAULTS, "CreationTime": 0.0}


def results(workgroup: dict[str, Any], asked: dict[str, Any]) -> Results:
    """What holds of the workgroup's configuration and the request's."""
    configuration = workgroup["Configuration"]
    own = configuration.get("ResultConfiguration", {})
    if configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        if asked.get("OutputLocation"):
            raise refused("ResultConfiguration.OutputLocation is not allowed with ManagedQueryResults enabled.")
        return Results(None, {}, managed=True)
    enforced = bool(configuration.get("EnforceWorkGroupConfiguration") and own.get("OutputLocation"))
    held = own if enforced else {**own, **asked}
    return Results(held.get("OutputLocation"), held, managed=False, enforced=enforced)


def create(call: Call, request: dict[str, Any]) -> str:
    name = request["Name"]
    if name == PRIMARY or things.find(call.db, call.scope, _KIND, name):
        raise refused("WorkGroup is already created")
    doc = {
        "Name": name,
        "State": "ENABLED",
        "Configuration": _configured(_CREATED, request.get("Configuration", {})),
        "CreationTime": call.now,
        "Tags": {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags", [])},
    }
    if request.get("Description"):
        doc["Description"] = request["Description"]
    things.write(call.db, call.scope, _KIND, name, doc)
    return "{}"


def _configured(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    location = given.get("ResultConfiguration", {}).get("OutputLocation")
    if location is not None:
        check_location(location)
    return {**base, **{name: value for name, value in given.items() if name != "EngineVersion"}}


def check_location(location: str) -> None:
    """s3:// and a bucket."""
    scheme, _, rest = location.partition("://")
    if scheme != "s3" or not rest.partition("/")[0]:
        raise refused("outputLocation is not a valid S3 path.")


def get(call: Call, request: dict[str, Any]) -> str:
    found = find(call.db, call.scope, request["WorkGroup"])
    return as_json({"WorkGroup": {name: value for name, value in found.items() if name != "Tags"}})


def get_all(call: Call, request: dict[str, Any]) -> str:
    """By name; a description that is not there is empty in a list."""
    named = {PRIMARY: find(call.db, call.scope, PRIMARY), **dict(things.listed(call.db, call.scope, _KIND))}
    names, reply = page(sorted(named), request)
    reply["WorkGroups"] = [_summary(named[name]) for name in names]
    return as_json(reply)


def _summary(workgroup: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": workgroup["Name"],
        "State": workgroup["State"],
        "Description": workgroup.get("Description", ""),
        "CreationTime": workgroup["CreationTime"],
        "EngineVersion": workgroup["Configuration"]["EngineVersion"],
    }


def page(names: list[str], request: dict[str, Any], most: int = 50) -> tuple[list[str], dict[str, Any]]:
    """The names of one page, and the reply with its token."""
    after = after_token(request.get("NextToken"))
    left = [name for name in names if after is None or name > after]
    size = request.get("MaxResults") or most
    reply = {"NextToken": pages.token(left[size - 1])} if len(left) > size else {}
    return left[:size], reply


def after_token(given: str | None) -> str | None:
    try:
        marks = pages.marks(given, 1)
    except AwsError:
        raise refused(f"The nextPageToken is malformed: {given}") from None
    return str(marks[0]) if marks else None


def update(call: Call, request: dict[str, Any]) -> str:
    name = request["WorkGroup"]
    doc = find(call.db, call.scope, name)
    changed = request.get("ConfigurationUpdates", {})
    doc["Configuration"] = _updated(doc["Configuration"], changed)
    for member in ("Description", "State"):
        if member in request:
            doc[member] = request[member]
    things.write(call.db, call.scope, _KIND, name, doc)
    return "{}"


def _updated(configuration: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Members named Remove... take away what they name."""
    after = dict(configuration)
    results_update = changed.get("ResultConfigurationUpdates", {})
    results_after = {**after.get("ResultConfiguration", {})}
    for name, value in results_update.items():
        if not name.startswith("Remove"):
            results_after[name] = value
        elif value:
            results_after.pop(name.removeprefix("Remove"), None)
    if results_update.get("OutputLocation") is not None:
        check_location(results_update["OutputLocation"])
    after["ResultConfiguration"] = results_after
    if changed.get("RemoveBytesScannedCutoffPerQuery"):
        after.pop("BytesScannedCutoffPerQuery", None)
    managed = changed.get("ManagedQueryResultsConfigurationUpdates")
    if managed is not None:
        after["ManagedQueryResultsConfiguration"] = {"Enabled": managed.get("Enabled", False)}
    for name in _PLAIN:
        if name in changed:
            after[name] = changed[name]
    return after


_PLAIN = (
    "EnforceWorkGroupConfiguration",
    "PublishCloudWatchMetricsEnabled",
    "RequesterPaysEnabled",
    "BytesScannedCutoffPerQuery",
    "EnableMinimumEncryptionConfiguration",
    "ExecutionRole",
    "AdditionalConfiguration",
    "CustomerContentEncryptionConfiguration",
)


def delete(call: Call, request: dict[str, Any]) -> str:
    """Its queries go with it."""
    name = request["WorkGroup"]
    find(call.db, call.scope, name)
    if name == PRIMARY:
        raise refused(assumptions.PRIMARY_STAYS)
    has_more = call.db.execute(
        "SELECT 1 FROM queries WHERE scope = ? AND workgroup = ? LIMIT 1", (call.scope, name)
    ).fetchone()
    if has_more and not request.get("RecursiveDeleteOption"):
        raise refused(assumptions.WORKGROUP_NOT_EMPTY.format(name))
    call.db.execute("DELETE FROM queries WHERE scope = ? AND workgroup = ?", (call.scope, name))
    things.remove(call.db, call.scope, _KIND, name)
    return "{}"


def tags(call: Call, request: dict[str, Any]) -> str:
    found = _tagged(call, request)
    return as_json({"Tags": [{"Key": key, "Value": value} for key, value in sorted(found.get("Tags", {}).items())]})


def tag(call: Call, request: dict[str, Any]) -> str:
    found = _tagged(call, request)
    found["Tags"] = {**found.get("Tags", {}), **{one["Key"]: one.get("Value", "") for one in request["Tags"]}}
    things.write(call.db, call.scope, _KIND, found["Name"], found)
    return "{}"


def untag(call: Call, request: dict[str, Any]) -> str:
    found = _tagged(call, request)
    found["Tags"] = {key: value for key, value in found.get("Tags", {}).items() if key not in request["TagKeys"]}
    things.write(call.db, call.scope, _KIND, found["Name"], found)
    return "{}"


def _tagged(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["ResourceARN"]
    prefix = f"arn:{partition(call.region)}:athena:{call.region}:{call.settings.account}:workgroup/"
    if not arn.startswith(prefix):
        raise AwsError("ResourceNotFoundException", f"Resource not found: {arn}", ResourceName=arn)
    try:
        return find(call.db, call.scope, arn.removeprefix(prefix))
    except AwsError:
        raise AwsError("ResourceNotFoundException", f"Resource not found: {arn}", ResourceName=arn) from None
