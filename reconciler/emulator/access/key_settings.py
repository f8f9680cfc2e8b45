"""What can be set about a KMS key: its policy, its rotation, its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.access import keys
from reconciler.emulator.access.kms_replies import after, not_emulated, not_found, page
from reconciler.emulator.calls import as_json

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def get_policy(call: Call, request: dict[str, Any]) -> str:
    key = keys.find_key(call, request["KeyId"])
    _refuse_other_policy(request)
    return as_json({"Policy": key["policy"], "PolicyName": "default"})


def put_policy(call: Call, request: dict[str, Any]) -> str:
    key = keys.find_key(call, request["KeyId"])
    _refuse_other_policy(request)
    key["policy"] = keys.policy(request["Policy"])
    keys.save(call, key)
    return ""


def list_policies(call: Call, request: dict[str, Any]) -> str:
    """A key has one."""
    keys.find_key(call, request["KeyId"])
    return as_json({"PolicyNames": ["default"], "Truncated": False})


def _refuse_other_policy(request: dict[str, Any]) -> None:
    if request.get("PolicyName", "default") != "default":
        raise not_found(f"No such policy exists: {request['PolicyName']}")


def rotation(call: Call, request: dict[str, Any]) -> str:
    key = keys.find_key(call, request["KeyId"])
    told = {"RotationPeriodInDays": 365} if key["rotates"] else {}
    return as_json({"KeyRotationEnabled": key["rotates"], "KeyId": key["metadata"]["Arn"], **told})


def rotate(call: Call, request: dict[str, Any]) -> str:
    return _rotates(call, request, rotates=True)


def rotate_no_more(call: Call, request: dict[str, Any]) -> str:
    return _rotates(call, request, rotates=False)


def _rotates(call: Call, request: dict[str, Any], *, rotates: bool) -> str:
    key = keys.find_key(call, request["KeyId"])
    keys.refuse_unusable(key)
    if request.get("RotationPeriodInDays", 365) != 365:
        raise not_emulated("EnableKeyRotation", "RotationPeriodInDays")
    key["rotates"] = rotates
    keys.save(call, key)
    return ""


def tags(call: Call, request: dict[str, Any]) -> str:
    key, past = keys.find_key(call, request["KeyId"]), after(request)
    shown = ((tag["TagKey"], tag) for tag in sorted(key["tags"], key=_tag_key) if tag["TagKey"] > past)
    return page("Tags", shown, request)


def tag(call: Call, request: dict[str, Any]) -> str:
    key, given = keys.find_key(call, request["KeyId"]), {tag["TagKey"]: tag for tag in request["Tags"]}
    key["tags"] = [*(tag for tag in key["tags"] if tag["TagKey"] not in given), *given.values()]
    keys.save(call, key)
    return ""


def untag(call: Call, request: dict[str, Any]) -> str:
    key, gone = keys.find_key(call, request["KeyId"]), set(request["TagKeys"])
    key["tags"] = [tag for tag in key["tags"] if tag["TagKey"] not in gone]
    keys.save(call, key)
    return ""


def _tag_key(tag: dict[str, str]) -> str:
    return tag["TagKey"]
