"""KMS's operations on aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.access import aliases, keys
from reconciler.emulator.access.kms_replies import after, page
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def create(call: Call, request: dict[str, Any]) -> str:
    name = _name(request)
    key = keys.find_key(call, request["TargetKeyId"])
    if aliases.find(call, name):
        raise AwsError("AlreadyExistsException", f"An alias with the name {aliases.place(call)}:{name} already exists")
    aliases.point(call, name, key["metadata"]["KeyId"], call.now)
    return ""


def update(call: Call, request: dict[str, Any]) -> str:
    alias = aliases.known(call, _name(request))
    key = keys.find_key(call, request["TargetKeyId"])
    aliases.point(call, request["AliasName"], key["metadata"]["KeyId"], alias["CreationDate"])
    return ""


def delete(call: Call, request: dict[str, Any]) -> str:
    aliases.known(call, _name(request))
    aliases.remove(call, request["AliasName"])
    return ""


def get_all(call: Call, request: dict[str, Any]) -> str:
    target = keys.find_key(call, request["KeyId"])["metadata"]["KeyId"] if "KeyId" in request else None
    rows = aliases.listed(call, after(request))
    shown = ((name, {**alias, "AliasName": name}) for name, alias in rows if target in {None, alias["TargetKeyId"]})
    return page("Aliases", shown, request)


def _name(request: dict[str, Any]) -> str:
    name: str = request["AliasName"]
    if not name.startswith("alias/") or name == "alias/":
        raise AwsError("ValidationException", "Invalid identifier")
    if name.startswith("alias/aws/"):
        raise AwsError("NotAuthorizedException", "")
    return name
