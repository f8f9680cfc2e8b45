"""KMS keys and their aliases, by region."""

from __future__ import annotations

import base64
import json
import os
import re
import uuid
from typing import TYPE_CHECKING, Any

from reconciler.emulator import things
from reconciler.emulator.access import aliases, identity
from reconciler.emulator.access.aliases import place
from reconciler.emulator.access.kms_replies import after, not_emulated, not_found, page
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_KIND = "kms_key"
_KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_AWS_ALIAS = re.compile(r"alias/aws/[a-z0-9-]{1,64}")
_DAY = 86_400


def find(call: Call, given: str) -> dict[str, Any]:
    """A key by id, ARN, alias or alias's ARN. AWS's own keys come into being when they are first asked for."""
    name = given.removeprefix(f"{place(call)}:")
    if name.startswith("alias/"):
        if _AWS_ALIAS.fullmatch(name) and not aliases.find(call, name):
            return _made_by_aws(call, name)
        name = aliases.known(call, name)["TargetKeyId"]
    return find_key(call, name)


def find_key(call: Call, given: str) -> dict[str, Any]:
    """A key by id or ARN; operations that change a key take no alias."""
    key_id = given.removeprefix(f"{place(call)}:").removeprefix("key/")
    if not _KEY_ID.fullmatch(key_id):
        raise not_found(f"Invalid keyId {given}")
    key = things.find(call.db, call.scope, _KIND, key_id)
    if key is None or key["metadata"].get("DeletionDate", call.now + 1) <= call.now:
        raise not_found(f"Key '{place(call)}:key/{key_id}' does not exist")
    return key


def usable(call: Call, given: str) -> dict[str, Any]:
    """A key that encrypts and decrypts."""
    key = find(call, given)
    refuse_unusable(key)
    return key


def refuse_unusable(key: dict[str, Any]) -> None:
    """Disabled keys, and those that are to be deleted, do nothing."""
    arn, state = key["metadata"]["Arn"], key["metadata"]["KeyState"]
    if state == "Disabled":
        raise AwsError("DisabledException", f"{arn} is disabled.")
    _refuse_pending(key)


def _refuse_pending(key: dict[str, Any]) -> None:
    if key["metadata"]["KeyState"] == "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key['metadata']['Arn']} is pending deletion.")


def save(call: Call, key: dict[str, Any]) -> None:
    things.write(call.db, call.scope, _KIND, key["metadata"]["KeyId"], key)


def material(key: dict[str, Any]) -> bytes:
    return base64.b64decode(key["material"])


def create(call: Call, request: dict[str, Any]) -> str:
    """Symmetric keys only: Feature Store takes no others."""
    for member, only in _ONLY.items():
        if request.get(member, only) != only:
            raise not_emulated("CreateKey", f"{member} {request[member]}")
    key = _made(call, request.get("Description", ""), "CUSTOMER")
    if "Policy" in request:
        key["policy"] = policy(request["Policy"])
    key["tags"] = request.get("Tags", [])
    save(call, key)
    return as_json({"KeyMetadata": key["metadata"]})


_ONLY = {
    "KeyUsage": "ENCRYPT_DECRYPT",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
    "Origin": "AWS_KMS",
    "MultiRegion": False,
}


def _made(call: Call, description: str, manager: str) -> dict[str, Any]:
    key_id = str(uuid.UUID(bytes=os.urandom(16), version=4))
    metadata = {
        "AWSAccountId": call.settings.account,
        "KeyId": key_id,
        "Arn": f"{place(call)}:key/{key_id}",
        "CreationDate": call.now,
        "Enabled": True,
        "Description": description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": manager,
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    return {
        "metadata": metadata,
        "material": base64.b64encode(os.urandom(32)).decode(),
        "policy": _default_policy(call.settings.account),
        "tags": [],
        "rotates": manager == "AWS",
    }


def _made_by_aws(call: Call, alias: str) -> dict[str, Any]:
    service = alias.removeprefix("alias/aws/")
    key = _made(call, f"Default key that protects my {service} data when no other key is defined", "AWS")
    save(call, key)
    aliases.point(call, alias, key["metadata"]["KeyId"], call.now)
    return key


def _default_policy(account: str) -> str:
    root = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"{identity.iam_arn(account)}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [root]})


def policy(document: str) -> str:
    """A key policy has statements; what they say is not read."""
    try:
        loaded = json.loads(document)
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict) or "Statement" not in loaded:
        raise AwsError("MalformedPolicyDocumentException", "The new key policy is malformed.")
    return document


def describe(call: Call, request: dict[str, Any]) -> str:
    return as_json({"KeyMetadata": find(call, request["KeyId"])["metadata"]})


def get_all(call: Call, request: dict[str, Any]) -> str:
    rows = things.listed(call.db, call.scope, _KIND, after=after(request))
    shown = (
        (name, {"KeyId": name, "KeyArn": key["metadata"]["Arn"]})
        for name, key in rows
        if key["metadata"].get("DeletionDate", call.now + 1) > call.now
    )
    return page("Keys", shown, request)


def enable(call: Call, request: dict[str, Any]) -> str:
    return _switch(call, request["KeyId"], "Enabled")


def disable(call: Call, request: dict[str, Any]) -> str:
    return _switch(call, request["KeyId"], "Disabled")


def _switch(call: Call, given: str, state: str) -> str:
    key = find_key(call, given)
    _refuse_pending(key)
    key["metadata"] |= {"KeyState": state, "Enabled": state == "Enabled"}
    save(call, key)
    return ""


def describe_anew(call: Call, request: dict[str, Any]) -> str:
    key = find_key(call, request["KeyId"])
    _refuse_pending(key)
    key["metadata"]["Description"] = request["Description"]
    save(call, key)
    return ""


def schedule_deletion(call: Call, request: dict[str, Any]) -> str:
    """The key goes when the emulator's clock has reached its day."""
    key, days = find_key(call, request["KeyId"]), request.get("PendingWindowInDays", 30)
    _refuse_pending(key)
    deletion = call.now + days * _DAY
    key["metadata"] |= {"KeyState": "PendingDeletion", "Enabled": False, "DeletionDate": deletion}
    save(call, key)
    told = {"DeletionDate": deletion, "KeyState": "PendingDeletion", "PendingWindowInDays": days}
    return as_json({"KeyId": key["metadata"]["Arn"], **told})


def cancel_deletion(call: Call, request: dict[str, Any]) -> str:
    """It comes back disabled."""
    key = find_key(call, request["KeyId"])
    if key["metadata"]["KeyState"] != "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key['metadata']['Arn']} is not pending deletion.")
    key["metadata"]["KeyState"] = "Disabled"
    del key["metadata"]["DeletionDate"]
    save(call, key)
    return as_json({"KeyId": key["metadata"]["Arn"]})
