"""DescribeFeatureMetadata and UpdateFeatureMetadata: what is said about one feature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.control import groups
from reconciler.emulator.errors import AwsError, invalid

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

MOST_PARAMETERS = 25


def describe(call: Call, request: dict[str, Any]) -> str:
    """The feature's type, times, description and parameters; a collection's type is not shown (botocore 1.44.5)."""
    group = groups.find(call, request["FeatureGroupName"])
    row = _feature(call, group, request["FeatureName"])
    return as_json(as_record(group.doc["FeatureGroupArn"], group.name, row[1:]))


def update(call: Call, request: dict[str, Any]) -> str:
    """Takes effect at once."""
    group = groups.find(call, request["FeatureGroupName"])
    feature_id, *_, modified, description, stored = _feature(call, group, request["FeatureName"])
    if group.status != "Created":
        raise assumptions.not_in_this_status(group.name, group.status, "updated")
    if not any(request.get(member) or member == "Description" for member in request if member in _CHANGES):
        raise assumptions.nothing_to_change("UpdateFeatureMetadata")
    parameters = _parameters(json.loads(stored), request)
    if "Description" in request:
        description = request["Description"] or ("" if not assumptions.EMPTY_DESCRIPTION_CLEARS else None)
    call.db.execute(
        "UPDATE features SET modified = ?, description = ?, parameters = ? WHERE id = ?",
        (max(call.now, round(modified + 0.001, 3)), description, as_json(parameters), feature_id),
    )
    return ""


_CHANGES = ("Description", "ParameterAdditions", "ParameterRemovals")


def as_record(arn: str, group: str, row: tuple[Any, ...]) -> dict[str, Any]:
    """A feature as DescribeFeatureMetadata and Search show it."""
    name, kind, created, modified, description, parameters = row
    record: dict[str, Any] = {
        "FeatureGroupArn": arn,
        "FeatureGroupName": group,
        "FeatureName": name,
        "FeatureType": kind,
        "CreationTime": created,
        "LastModifiedTime": modified,
    }
    if description is not None:
        record["Description"] = description
    record["Parameters"] = json.loads(parameters)
    return record


def _parameters(before: list[dict[str, str]], request: dict[str, Any]) -> list[dict[str, str]]:
    after = {parameter["Key"]: parameter["Value"] for parameter in before}
    additions, removals = request.get("ParameterAdditions", []), request.get("ParameterRemovals", [])
    if any("Key" not in parameter or "Value" not in parameter for parameter in additions):
        raise invalid("Every parameter needs a Key and a Value.")
    keys = [parameter["Key"] for parameter in additions] + removals
    if len(set(keys)) < len(keys):
        raise invalid("A parameter key can be given only once in ParameterAdditions and ParameterRemovals.")
    for key in removals:
        after.pop(key, None)
    after |= {parameter["Key"]: parameter["Value"] for parameter in additions}
    if len(after) > MOST_PARAMETERS:
        raise invalid(f"A feature can have at most {MOST_PARAMETERS} parameters.")
    return [{"Key": key, "Value": value} for key, value in after.items()]


def _feature(call: Call, group: groups.Group, name: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = call.db.execute(
        "SELECT id, name, type, created, modified, description, parameters FROM features "
        "WHERE group_id = ? AND name = ?",
        (group.id, name),
    ).fetchone()
    if row is None:
        raise AwsError("ResourceNotFound", f"Resource Not Found: FeatureGroup {group.name} has no feature {name}.")
    return row
