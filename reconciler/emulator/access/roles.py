"""IAM's roles: kept, listed and handed back. What their policies allow is not asked of anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.emulator import things
from reconciler.emulator.access import forms, identity, sessions
from reconciler.emulator.errors import AwsError
from reconciler.emulator.wire.xml import elements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.calls import Call

_KIND = "role"
_MOST_TAGS = 50
_HOUR = 3600


def find(call: Call, name: str) -> dict[str, Any]:
    """A role that somebody created. One that nobody did is missing, as on AWS, though any ARN may be passed on."""
    found = things.find(call.db, call.settings.account, _KIND, name.lower())
    if found is None or found["RoleName"] != name:
        raise no_such_entity(f"The role with name {name} cannot be found.")
    return found


def save(call: Call, role: dict[str, Any]) -> None:
    things.write(call.db, call.settings.account, _KIND, role["RoleName"].lower(), role)


def everyone(call: Call, after: str = "") -> Iterator[dict[str, Any]]:
    """All roles, by name."""
    for _, role in things.listed(call.db, call.settings.account, _KIND, after=after):
        yield role


def entered(call: Call, name: str, path: str) -> dict[str, Any]:
    """A role that is assumed: it exists from then on, for a session of a role that is not there would be no sense."""
    known = things.find(call.db, call.settings.account, _KIND, name.lower())
    if known is not None:
        return known
    statement = {"Effect": "Allow", "Principal": {"AWS": call.settings.account}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return _made(call, {"RoleName": name, "Path": path, "AssumeRolePolicyDocument": trust})


def _made(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    path = given.get("Path", "/")
    role = {
        **given,
        "Path": path,
        "RoleId": f"AROA{sessions.unique(17)}",
        "Arn": f"{identity.iam_arn(call.settings.account)}:role{path}{given['RoleName']}",
        "CreateDate": sessions.iso(call.now),
        "inline": {},
        "attached": [],
    }
    save(call, role)
    return role


def create(call: Call, request: dict[str, Any]) -> str:
    name = request["RoleName"]
    policy(request["AssumeRolePolicyDocument"])
    if things.find(call.db, call.settings.account, _KIND, name.lower()):
        raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    tags = merged([], request.get("Tags", []))
    seconds = forms.number(request, "MaxSessionDuration", _HOUR, 12 * _HOUR, _HOUR)
    role = _made(call, {**request, "Tags": tags, "MaxSessionDuration": seconds})
    return elements({"Role": shown(role)})


def get(call: Call, request: dict[str, Any]) -> str:
    return elements({"Role": {**shown(find(call, request["RoleName"])), "RoleLastUsed": {}}})


def get_all(call: Call, request: dict[str, Any]) -> str:
    """Without tags and boundary, as IAM lists them."""
    prefix = request.get("PathPrefix", "/")
    found = [role for role in everyone(call) if role["Path"].startswith(prefix)]
    page = paged("Roles", found, request, lambda role: str(role["RoleName"]))
    brief = [{name: value for name, value in shown(role).items() if name not in _BRIEF} for role in page["Roles"]]
    return elements({**page, "Roles": forms.listed(brief)})


def update(call: Call, request: dict[str, Any]) -> str:
    """What is not given stays."""
    role = find(call, request["RoleName"])
    if "Description" in request:
        role["Description"] = request["Description"]
    seconds = role.get("MaxSessionDuration", _HOUR)
    role["MaxSessionDuration"] = forms.number(request, "MaxSessionDuration", _HOUR, 12 * _HOUR, seconds)
    save(call, role)
    return forms.EMPTY


def update_trust(call: Call, request: dict[str, Any]) -> str:
    role = find(call, request["RoleName"])
    role["AssumeRolePolicyDocument"] = policy(request["PolicyDocument"])
    save(call, role)
    return ""


def delete(call: Call, request: dict[str, Any]) -> str:
    role = find(call, request["RoleName"])
    if role["attached"]:
        raise AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    if role["inline"]:
        raise AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    things.remove(call.db, call.settings.account, _KIND, role["RoleName"].lower())
    return ""


def tags(call: Call, request: dict[str, Any]) -> str:
    page = paged("Tags", find(call, request["RoleName"]).get("Tags", []), request, lambda tag: str(tag["Key"]))
    return elements({**page, "Tags": forms.listed(page["Tags"])})


def tag(call: Call, request: dict[str, Any]) -> str:
    role = find(call, request["RoleName"])
    role["Tags"] = merged(role.get("Tags", []), request["Tags"])
    save(call, role)
    return ""


def untag(call: Call, request: dict[str, Any]) -> str:
    role, gone = find(call, request["RoleName"]), {key.lower() for key in request["TagKeys"]}
    role["Tags"] = [tag for tag in role.get("Tags", []) if tag["Key"].lower() not in gone]
    save(call, role)
    return ""


def instance_profiles(call: Call, request: dict[str, Any]) -> str:
    """There are none."""
    find(call, request["RoleName"])
    return elements({"InstanceProfiles": forms.listed([]), "IsTruncated": False})


_BRIEF = ("Tags", "PermissionsBoundary")


def shown(role: dict[str, Any]) -> dict[str, Any]:
    """A role as IAM shows it: documents are percent-encoded."""
    given = {name: role[name] for name in ("Path", "RoleName", "RoleId", "Arn", "CreateDate")}
    boundary = role.get("PermissionsBoundary")
    return {
        **given,
        "AssumeRolePolicyDocument": quote(role["AssumeRolePolicyDocument"], safe=""),
        "Description": role.get("Description"),
        "MaxSessionDuration": role.get("MaxSessionDuration", _HOUR),
        "PermissionsBoundary": boundary
        and {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": boundary},
        "Tags": forms.listed(role["Tags"]) if role.get("Tags") else None,
    }


def merged(before: list[dict[str, str]], given: list[dict[str, str]]) -> list[dict[str, str]]:
    """Tags after some were given; their keys differ by more than case."""
    keys = [tag["Key"].lower() for tag in given]
    if len(set(keys)) < len(keys):
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise AwsError("InvalidInput", message)
    kept = [tag for tag in before if tag["Key"].lower() not in keys]
    if len(kept) + len(given) > _MOST_TAGS:
        raise AwsError("LimitExceeded", f"The number of tags has reached the maximum limit of {_MOST_TAGS}.", 409)
    return [*kept, *({"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in given)]


def policy(document: str) -> str:
    """A policy document has statements; what they say is not read."""
    try:
        loaded = json.loads(document)
    except (ValueError, RecursionError):
        raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json") from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("Statement"), list | dict):
        raise AwsError("MalformedPolicyDocument", "Syntax errors in policy.")
    return document


def paged(member: str, found: list[Any], request: dict[str, Any], place: Any) -> dict[str, Any]:
    """A page after `Marker`, in the order given."""
    size, marker = forms.number(request, "MaxItems", 1, 1000, 100), request.get("Marker")
    if marker is not None:
        places = [place(item) for item in found]
        if marker not in places:
            raise AwsError("ValidationError", "Invalid Marker.")
        found = found[places.index(marker) + 1 :]
    page: dict[str, Any] = {member: found[:size], "IsTruncated": len(found) > size}
    if len(found) > size:
        page["Marker"] = place(found[size - 1])
    return page


def no_such_entity(message: str) -> AwsError:
    return AwsError("NoSuchEntity", message, 404)
