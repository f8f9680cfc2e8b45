"""KMS, for clients that look a key up, name it, or send something through it. It protects nothing (`ciphers`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.access import encryption, key_grants, key_settings, keys, naming
from reconciler.emulator.access.kms_replies import not_emulated
from reconciler.emulator.calls import Operation, Service
from reconciler.emulator.errors import AwsError
from reconciler.emulator.shapes import Flag, Many, Map, Shape, Struct, Text, Whole
from reconciler.emulator.wire.protocols import Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.calls import Call

    Answer = Callable[[Call, dict[str, Any]], str]
    Answers = dict[str, tuple[Struct, Answer]]

_ID = Text(2048, 1)
_PRINCIPAL = Text(256, 1, r"[\w+=,.@:/-]+")
_POLICY = Text(131_072, 1, r"[\u0009\u000A\u000D\u0020-\u00FF]+")
_DESCRIPTION = Text(8192, 0)
_BLOB = Text()
_TAGS = Many(Struct({"TagKey": Text(128, 1), "TagValue": Text(256, 0)}, ("TagKey", "TagValue")), 50)
_KEY: dict[str, Shape] = {"KeyId": _ID}
_PAGED: dict[str, Shape] = {"Limit": Whole(1, 1000), "Marker": Text(1024, 1)}
_POLICY_NAME: dict[str, Shape] = {"PolicyName": Text(128, 1, r"[\w]+")}
_UNCHECKED: dict[str, Shape] = {"BypassPolicyLockoutSafetyCheck": Flag()}
_CONTEXT: dict[str, Shape] = {"EncryptionContext": Map()}
_USE: dict[str, Shape] = {"GrantTokens": Many(Text(8192, 1), 10), "DryRun": Flag(), "Recipient": Shape()}
_ALIAS: dict[str, Shape] = {"AliasName": Text(256, 1, r"[a-zA-Z0-9:/_-]+")}
_GRANT: dict[str, Shape] = {"GrantId": Text(128, 1)}
_OPERATIONS = (
    *("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"),
    *("Sign", "Verify", "GetPublicKey", "CreateGrant", "RetireGrant", "DescribeKey", "GenerateDataKeyPair"),
    *("GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac", "DeriveSharedSecret"),
)
_DATA_KEY: dict[str, Shape] = {
    **_CONTEXT,
    **_USE,
    "KeySpec": Text(enum=("AES_256", "AES_128")),
    "NumberOfBytes": Whole(1, 1024),
}


def _needs(required: dict[str, Shape], optional: dict[str, Shape] | None = None) -> Struct:
    return Struct({**required, **(optional or {})}, tuple(required))


_READS: Answers = {
    "ListKeys": (_needs({}, _PAGED), keys.get_all),
    "ListAliases": (_needs({}, {**_KEY, **_PAGED}), naming.get_all),
    "ListResourceTags": (_needs(_KEY, _PAGED), key_settings.tags),
    "GetKeyPolicy": (_needs(_KEY, _POLICY_NAME), key_settings.get_policy),
    "ListKeyPolicies": (_needs(_KEY, _PAGED), key_settings.list_policies),
    "GetKeyRotationStatus": (_needs(_KEY), key_settings.rotation),
    "ListGrants": (_needs(_KEY, {**_GRANT, **_PAGED, "GranteePrincipal": _PRINCIPAL}), key_grants.get_all),
    "ListRetirableGrants": (_needs({"RetiringPrincipal": _PRINCIPAL}, _PAGED), key_grants.get_retirable),
}
# AWS's own keys are made when they are first asked for, so even a look may write.
_WRITES: Answers = {
    "CreateKey": (
        _needs(
            {},
            {
                **_UNCHECKED,
                "Policy": _POLICY,
                "Description": _DESCRIPTION,
                "KeyUsage": Text(),
                "KeySpec": Text(),
                "CustomerMasterKeySpec": Text(),
                "Origin": Text(),
                "CustomKeyStoreId": Shape(),
                "XksKeyId": Shape(),
                "Tags": _TAGS,
                "MultiRegion": Flag(),
            },
        ),
        keys.create,
    ),
    "DescribeKey": (_needs(_KEY, {"GrantTokens": Many(Text(8192, 1), 10)}), keys.describe),
    "EnableKey": (_needs(_KEY), keys.enable),
    "DisableKey": (_needs(_KEY), keys.disable),
    "UpdateKeyDescription": (_needs({**_KEY, "Description": _DESCRIPTION}), keys.describe_anew),
    "ScheduleKeyDeletion": (_needs(_KEY, {"PendingWindowInDays": Whole(7, 30)}), keys.schedule_deletion),
    "CancelKeyDeletion": (_needs(_KEY), keys.cancel_deletion),
    "PutKeyPolicy": (_needs({**_KEY, "Policy": _POLICY}, {**_POLICY_NAME, **_UNCHECKED}), key_settings.put_policy),
    "EnableKeyRotation": (_needs(_KEY, {"RotationPeriodInDays": Whole(90, 2560)}), key_settings.rotate),
    "DisableKeyRotation": (_needs(_KEY), key_settings.rotate_no_more),
    "TagResource": (_needs({**_KEY, "Tags": _TAGS}), key_settings.tag),
    "UntagResource": (_needs({**_KEY, "TagKeys": Many(Text(128, 1), 50)}), key_settings.untag),
    "CreateAlias": (_needs({**_ALIAS, "TargetKeyId": _ID}), naming.create),
    "UpdateAlias": (_needs({**_ALIAS, "TargetKeyId": _ID}), naming.update),
    "DeleteAlias": (_needs(_ALIAS), naming.delete),
    "Encrypt": (
        _needs({**_KEY, "Plaintext": _BLOB}, {**_CONTEXT, **_USE, "EncryptionAlgorithm": Text()}),
        encryption.encrypt,
    ),
    "Decrypt": (
        _needs({"CiphertextBlob": _BLOB}, {**_KEY, **_CONTEXT, **_USE, "EncryptionAlgorithm": Text()}),
        encryption.decrypt,
    ),
    "ReEncrypt": (
        _needs(
            {"CiphertextBlob": _BLOB, "DestinationKeyId": _ID},
            {
                **_USE,
                "SourceKeyId": _ID,
                "SourceEncryptionContext": Map(),
                "DestinationEncryptionContext": Map(),
                "SourceEncryptionAlgorithm": Text(),
                "DestinationEncryptionAlgorithm": Text(),
            },
        ),
        encryption.reencrypt,
    ),
    "GenerateDataKey": (_needs(_KEY, _DATA_KEY), encryption.data_key),
    "GenerateDataKeyWithoutPlaintext": (_needs(_KEY, _DATA_KEY), encryption.hidden_data_key),
    "CreateGrant": (
        _needs(
            {**_KEY, "GranteePrincipal": _PRINCIPAL, "Operations": Many(Text(enum=_OPERATIONS))},
            {
                **_USE,
                "RetiringPrincipal": _PRINCIPAL,
                "Name": Text(256, 1, r"[a-zA-Z0-9:/_-]+"),
                "Constraints": Struct({"EncryptionContextSubset": Map(), "EncryptionContextEquals": Map()}),
            },
        ),
        key_grants.create,
    ),
    "RevokeGrant": (_needs({**_KEY, **_GRANT}, {"DryRun": Flag()}), key_grants.revoke),
    "RetireGrant": (_needs({}, {**_KEY, **_GRANT, "GrantToken": Text(8192, 1), "DryRun": Flag()}), key_grants.retire),
}
_ABSENT = ("Recipient", "CustomKeyStoreId", "XksKeyId")


def _write(name: str, shape: Struct, answer: Answer) -> Operation:
    def answered(call: Call, request: dict[str, Any]) -> str:
        for member in _ABSENT:
            if request.get(member):
                raise not_emulated(name, member)
        text = answer(call, request)
        if request.get("DryRun"):
            raise AwsError(
                "DryRunOperationException", "The request would have succeeded, but the DryRun parameter is set."
            )
        return text

    return Operation(shape, answered, writes=True)


SERVICE = Service(
    Json(),
    {
        **{name: Operation(shape, answer) for name, (shape, answer) in _READS.items()},
        **{name: _write(name, shape, answer) for name, (shape, answer) in _WRITES.items()},
    },
)
