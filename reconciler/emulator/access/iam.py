"""IAM, as far as clients look up, make or tag a role and its policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.access import forms, identity, policies, roles
from reconciler.emulator.calls import Operation, Service
from reconciler.emulator.shapes import Many, Shape, Struct, Text
from reconciler.emulator.wire.xml import elements

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.calls import Call

    Answers = dict[str, tuple[Struct, Callable[[Call, dict[str, Any]], str]]]


def user(call: Call, request: dict[str, Any]) -> str:
    """There is one."""
    account = call.settings.account
    name = request.get("UserName", identity.USER)
    if name != identity.USER:
        raise roles.no_such_entity(f"The user with name {name} cannot be found.")
    known = identity.members(account)
    shown = {"Path": "/", "UserName": name, "UserId": known["UserId"], "Arn": known["Arn"]}
    return elements({"User": {**shown, "CreateDate": "2020-01-01T00:00:00Z"}})


_NAME = r"[\w+=,.@-]+"
_LATIN = r"[\u0009\u000A\u000D\u0020-\u00FF]+"
_PATH = Text(512, 1, r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)")
_ARN = Text(2048, 20, r"[\x21-\x7e]*")
_DOCUMENT = Text(131_072, 1, _LATIN)
_DESCRIPTION = Text(1000, 0, r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*")
_KEY = Text(128, 1, plain="_.:/=+-@")
_TAGS = Many(Struct({"Key": _KEY, "Value": Text(256, 0, plain="_.:/=+-@")}, ("Key", "Value")), 50)
_PAGED: dict[str, Shape] = {"Marker": Text(320, 1, r"[\u0020-\u00FF]+"), "MaxItems": Text()}
_PREFIX: dict[str, Shape] = {"PathPrefix": Text(512, 1, r"\u002F[\u0021-\u007F]*")}
_ROLE: dict[str, Shape] = {"RoleName": Text(64, 1, _NAME)}
_POLICY: dict[str, Shape] = {"PolicyArn": _ARN}
_INLINE: dict[str, Shape] = {**_ROLE, "PolicyName": Text(128, 1, _NAME)}
_VERSION: dict[str, Shape] = {**_POLICY, "VersionId": Text(None, None, r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?")}


def _needs(required: dict[str, Shape], optional: dict[str, Shape] | None = None) -> Struct:
    return Struct({**required, **(optional or {})}, tuple(required))


_READS: Answers = {
    "GetUser": (_needs({}, {"UserName": Text(128, 1, _NAME)}), user),
    "GetRole": (_needs(_ROLE), roles.get),
    "ListRoles": (_needs({}, {**_PREFIX, **_PAGED}), roles.get_all),
    "ListRoleTags": (_needs(_ROLE, _PAGED), roles.tags),
    "ListInstanceProfilesForRole": (_needs(_ROLE, _PAGED), roles.instance_profiles),
    "GetRolePolicy": (_needs(_INLINE), policies.get_inline),
    "ListRolePolicies": (_needs(_ROLE, _PAGED), policies.list_inline),
    "ListAttachedRolePolicies": (_needs(_ROLE, {**_PREFIX, **_PAGED}), policies.list_attached),
    "GetPolicy": (_needs(_POLICY), policies.get),
    "ListPolicies": (
        _needs(
            {},
            {
                **_PREFIX,
                **_PAGED,
                "Scope": Text(enum=("All", "AWS", "Local")),
                "OnlyAttached": Text(enum=("true", "false")),
                "PolicyUsageFilter": Text(enum=("PermissionsPolicy", "PermissionsBoundary")),
            },
        ),
        policies.get_all,
    ),
    "GetPolicyVersion": (_needs(_VERSION), policies.get_version),
    "ListPolicyVersions": (_needs(_POLICY, _PAGED), policies.get_versions),
}
_WRITES: Answers = {
    "CreateRole": (
        _needs(
            {**_ROLE, "AssumeRolePolicyDocument": _DOCUMENT},
            {
                "Path": _PATH,
                "Description": _DESCRIPTION,
                "MaxSessionDuration": Text(),
                "PermissionsBoundary": _ARN,
                "Tags": _TAGS,
            },
        ),
        roles.create,
    ),
    "UpdateRole": (_needs(_ROLE, {"Description": _DESCRIPTION, "MaxSessionDuration": Text()}), roles.update),
    "UpdateAssumeRolePolicy": (_needs({**_ROLE, "PolicyDocument": _DOCUMENT}), roles.update_trust),
    "DeleteRole": (_needs(_ROLE), roles.delete),
    "TagRole": (_needs({**_ROLE, "Tags": _TAGS}), roles.tag),
    "UntagRole": (_needs({**_ROLE, "TagKeys": Many(_KEY, 50)}), roles.untag),
    "PutRolePolicy": (_needs({**_INLINE, "PolicyDocument": _DOCUMENT}), policies.put_inline),
    "DeleteRolePolicy": (_needs(_INLINE), policies.delete_inline),
    "AttachRolePolicy": (_needs({**_ROLE, **_POLICY}), policies.attach),
    "DetachRolePolicy": (_needs({**_ROLE, **_POLICY}), policies.detach),
    "CreatePolicy": (
        _needs(
            {"PolicyName": Text(128, 1, _NAME), "PolicyDocument": _DOCUMENT},
            {"Path": Text(512, 1, r"((/[A-Za-z0-9\.,\+@=_-]+)*)/"), "Description": Text(1000, 0), "Tags": _TAGS},
        ),
        policies.create,
    ),
    "DeletePolicy": (_needs(_POLICY), policies.delete),
    "CreatePolicyVersion": (
        _needs({**_POLICY, "PolicyDocument": _DOCUMENT}, {"SetAsDefault": Text(enum=("true", "false"))}),
        policies.create_version,
    ),
    "DeletePolicyVersion": (_needs(_VERSION), policies.delete_version),
    "SetDefaultPolicyVersion": (_needs(_VERSION), policies.set_default_version),
}

SERVICE = Service(
    forms.Forms("https://iam.amazonaws.com/doc/2010-05-08/"),
    {
        **{name: Operation(shape, answer) for name, (shape, answer) in _READS.items()},
        **{name: Operation(shape, answer, writes=True) for name, (shape, answer) in _WRITES.items()},
    },
    "ValidationError",
)
