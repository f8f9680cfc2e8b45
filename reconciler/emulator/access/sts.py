"""STS: who asks, and credentials for being somebody else. Nobody is refused: signatures are not checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from reconciler.emulator.access import forms, identity, roles, sessions
from reconciler.emulator.calls import Operation, Raw, Service
from reconciler.emulator.errors import AwsError
from reconciler.emulator.shapes import Many, Struct, Text
from reconciler.emulator.wire.xml import elements

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call, Site
    from reconciler.emulator.wire.messages import Answer, Request

_PROTOCOL = forms.Forms("https://sts.amazonaws.com/doc/2011-06-15/")
_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/((?:[\x21-\x2e\x30-\x7e]+/)*)([\w+=,.@-]{1,64})", re.ASCII)
_HOUR = 3600


def caller(site: Site, request: Request) -> Answer:
    """Keys of a session are whoever they were given to; all others are one user of the account."""
    account = site.settings.account
    with site.store.reading() as db:
        session, now = sessions.identity(db, account, _access_key(request)), site.call(db).now
    if session is None:
        return _PROTOCOL.reply(request, elements(identity.members(account)))
    if session["expires"] <= now:
        raise AwsError("ExpiredToken", "The security token included in the request is expired", 403)
    members = {"Arn": session["Arn"], "UserId": session["UserId"], "Account": session["Arn"].split(":")[4]}
    return _PROTOCOL.reply(request, elements(members))


def _access_key(request: Request) -> str:
    scope = request.headers.get("authorization", "").partition("Credential=")[2]
    if not scope:
        scope = parse_qs(request.query).get("X-Amz-Credential", [""])[0]
    return scope.partition("/")[0]


def assume_role(call: Call, request: dict[str, Any]) -> str:
    """Of this account or any other; what the role trusts is not asked."""
    return elements(_assumed(call, request, call.settings.account))


def assume_role_with_web_identity(call: Call, request: dict[str, Any]) -> str:
    """The token is not read."""
    members = _assumed(call, request, call.settings.account)
    told = {
        "Audience": "emulator",
        "Provider": request.get("ProviderId", "emulator"),
        "SubjectFromWebIdentityToken": "emulator",
    }
    return elements({**members, **told})


def _assumed(call: Call, request: dict[str, Any], account: str) -> dict[str, Any]:
    found = _ROLE.fullmatch(request["RoleArn"])
    if found is None:
        raise AwsError("ValidationError", f"{request['RoleArn']} is invalid")
    aws, owner, path, name = found.groups()
    role = roles.entered(call, name, f"/{path}") if owner == account else {"RoleId": f"AROA{owner}EMUL0"}
    session = request["RoleSessionName"]
    assumed = {
        "Arn": f"arn:{aws}:sts::{owner}:assumed-role/{name}/{session}",
        "UserId": f"{role['RoleId']}:{session}",
    }
    seconds = forms.number(request, "DurationSeconds", 900, 43_200, _HOUR)
    credentials = sessions.issue(call.db, account, assumed, call.now + seconds)
    return {
        "Credentials": credentials.members,
        "AssumedRoleUser": {"AssumedRoleId": assumed["UserId"], "Arn": assumed["Arn"]},
        "SourceIdentity": request.get("SourceIdentity"),
    }


def session_token(call: Call, request: dict[str, Any]) -> str:
    """Temporary credentials of the one user."""
    account = call.settings.account
    seconds = forms.number(request, "DurationSeconds", 900, 129_600, 12 * _HOUR)
    given = {name: value for name, value in identity.members(account).items() if name != "Account"}
    return elements({"Credentials": sessions.issue(call.db, account, given, call.now + seconds).members})


def access_key_info(call: Call, _request: dict[str, Any]) -> str:
    """There is one account, and all keys are its."""
    return elements({"Account": call.settings.account})


_ARN = Text(2048, 20)
_SESSION_NAME = Text(64, 2, r"[\w+=,.@-]*")
_POLICIES = Many(Struct({"arn": _ARN}), 10)
_ASSUMED = {
    "RoleArn": _ARN,
    "RoleSessionName": _SESSION_NAME,
    "DurationSeconds": Text(),
    "Policy": Text(2048, 1),
    "PolicyArns": _POLICIES,
}
_TAGS = Many(Struct({"Key": Text(128, 1), "Value": Text(256, 0)}, ("Key", "Value")), 50)
_ASSUME = Struct(
    {
        **_ASSUMED,
        "Tags": _TAGS,
        "TransitiveTagKeys": Many(Text(128, 1), 50),
        "ExternalId": Text(1224, 2, r"[\w+=,.@:\/-]*"),
        "SerialNumber": Text(256, 9),
        "TokenCode": Text(6, 6, r"[\d]*"),
        "SourceIdentity": _SESSION_NAME,
    },
    ("RoleArn", "RoleSessionName"),
)
_ASSUME_WEB = Struct(
    {**_ASSUMED, "WebIdentityToken": Text(20_000, 4), "ProviderId": Text(2048, 4)},
    ("RoleArn", "RoleSessionName", "WebIdentityToken"),
)
_SESSION = Struct({"DurationSeconds": Text(), "SerialNumber": Text(256, 9), "TokenCode": Text(6, 6)})

_KEY = Struct({"AccessKeyId": Text(128, 16, r"[\w]*")}, ("AccessKeyId",))

SERVICE = Service(
    _PROTOCOL,
    {
        "GetCallerIdentity": Raw(caller),
        "AssumeRole": Operation(_ASSUME, assume_role, writes=True),
        "AssumeRoleWithWebIdentity": Operation(_ASSUME_WEB, assume_role_with_web_identity, writes=True),
        "GetSessionToken": Operation(_SESSION, session_token, writes=True),
        "GetAccessKeyInfo": Operation(_KEY, access_key_info),
    },
    "ValidationError",
)
