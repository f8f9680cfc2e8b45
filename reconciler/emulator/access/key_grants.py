"""Grants on KMS keys: kept and listed; nobody is asked for one."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

from reconciler.emulator import things
from reconciler.emulator.access import identity, keys
from reconciler.emulator.access.kms_replies import after, not_found, page
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.calls import Call

_KIND = "kms_grant"
_GIVEN = ("Name", "GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints")


def create(call: Call, request: dict[str, Any]) -> str:
    """The same named grant asked for twice is one grant (API reference, CreateGrant)."""
    key = keys.find_key(call, request["KeyId"])
    keys.refuse_unusable(key)
    given = {name: request[name] for name in _GIVEN if name in request}
    for _, grant in _of(call, key):
        if "Name" in given and all(grant.get(name) == given.get(name) for name in _GIVEN):
            return as_json({"GrantId": grant["GrantId"], "GrantToken": grant["token"]})
    grant_id, token = os.urandom(32).hex(), base64.b64encode(os.urandom(96)).decode()
    grant = {
        **given,
        "KeyId": key["metadata"]["Arn"],
        "GrantId": grant_id,
        "CreationDate": call.now,
        "IssuingAccount": f"{identity.iam_arn(call.settings.account)}:root",
        "token": token,
    }
    things.write(call.db, call.scope, _KIND, _place(key, grant_id), grant)
    return as_json({"GrantId": grant_id, "GrantToken": token})


def get_all(call: Call, request: dict[str, Any]) -> str:
    """Of a key; by id or grantee if one is given."""
    key = keys.find_key(call, request["KeyId"])
    wanted: dict[str, Any] = {name: request[name] for name in ("GrantId", "GranteePrincipal") if name in request}
    return _page(_of(call, key, after(request)), wanted, request)


def get_retirable(call: Call, request: dict[str, Any]) -> str:
    """Of all keys, those that a principal may retire."""
    rows = things.listed(call.db, call.scope, _KIND, after=after(request))
    return _page(rows, {"RetiringPrincipal": request["RetiringPrincipal"]}, request)


def revoke(call: Call, request: dict[str, Any]) -> str:
    _remove(call, keys.find_key(call, request["KeyId"]), request["GrantId"])
    return ""


def retire(call: Call, request: dict[str, Any]) -> str:
    """By its token, or by key and id."""
    if "GrantToken" in request:
        for place, grant in things.listed(call.db, call.scope, _KIND):
            if grant["token"] == request["GrantToken"]:
                things.remove(call.db, call.scope, _KIND, place)
                return ""
        raise AwsError("InvalidGrantTokenException", "Grant token is invalid")
    if "KeyId" not in request or "GrantId" not in request:
        raise AwsError("ValidationException", "Please specify either grant token or key ID and grant ID.")
    _remove(call, keys.find_key(call, request["KeyId"]), request["GrantId"])
    return ""


def _remove(call: Call, key: dict[str, Any], grant_id: str) -> None:
    if not things.remove(call.db, call.scope, _KIND, _place(key, grant_id)):
        raise not_found(f"Grant ID {grant_id} not found")


def _of(call: Call, key: dict[str, Any], past: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    return things.listed(call.db, call.scope, _KIND, f"{key['metadata']['KeyId']}/", past)


def _page(rows: Iterator[tuple[str, dict[str, Any]]], wanted: dict[str, Any], request: dict[str, Any]) -> str:
    shown = (
        (place, {name: value for name, value in grant.items() if name != "token"})
        for place, grant in rows
        if all(grant.get(name) == value for name, value in wanted.items())
    )
    return page("Grants", shown, request)


def _place(key: dict[str, Any], grant_id: str) -> str:
    return f"{key['metadata']['KeyId']}/{grant_id}"
