"""moto 5.2.5 as judge: the same calls to it and to the emulator end the same way, and say the same.

Left out of the comparison is what depends on the moment or on chance: times, ids, tokens, secrets.
"""

from datetime import datetime

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

ACCOUNT, MOTO_ACCOUNT = "000000000000", "123456789012"
_BY_CHANCE = frozenset(
    {
        *("ResponseMetadata", "RoleId", "UserId", "PolicyId", "KeyId", "TargetKeyId", "GrantId", "GrantToken"),
        *("Credentials", "AssumedRoleId", "CiphertextBlob", "PackedPolicySize", "NextToken", "Marker"),
        *("RotationPeriodInDays",),
    }
)


class Call:
    """An operation, its arguments, and which members of its reply are not compared, with a reason in the test."""

    def __init__(self, operation, *, but=(), **arguments):
        self.operation = operation
        self.arguments = arguments
        self.but = frozenset(but)


def outcomes(client, calls):
    """How each call ended: what it said, or the code and status it was refused with.

    An argument may be a function of the replies so far.
    """
    replies, ends = [], []
    for call in calls:
        asked = {name: value(replies) if callable(value) else value for name, value in call.arguments.items()}
        try:
            reply = getattr(client, call.operation)(**asked)
        except ClientError as refused:
            error = refused.response
            ends.append([error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]])
            replies.append({})
        else:
            ends.append(_plain(reply, call.but))
            replies.append(reply)
    return ends


def disagreements(ours, name, calls, monkeypatch, region="eu-west-1"):
    """Where the emulator and moto end differently, or moto says what the emulator does not say as well.

    Ours are asked first, for moto catches every client it sees.
    """
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    mine = outcomes(ours, calls)
    with mock_aws():
        theirs = outcomes(boto3.client(name, region_name=region), calls)
    return [
        f"{place} {call.operation}{difference}"
        for place, (call, one, other) in enumerate(zip(calls, mine, theirs, strict=True))
        for difference in _differences(one, other, "")
    ]


def _plain(value, but):
    if isinstance(value, dict):
        return {
            name: _plain(inner, but)
            for name, inner in value.items()
            if name not in _BY_CHANCE | but and not isinstance(inner, datetime)
        }
    if isinstance(value, list):
        return sorted((_plain(inner, but) for inner in value), key=repr)
    return value.replace(MOTO_ACCOUNT, ACCOUNT) if isinstance(value, str) else value


def _differences(ours, theirs, path):
    """moto leaves many members out, so what only the emulator says is no difference."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in theirs.items():
            if name in ours:
                yield from _differences(ours[name], value, f"{path}.{name}")
            elif value not in ({}, [], ""):
                yield f"{path}.{name}: only moto says {value!r}"
    elif isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif ours != theirs:
        yield f"{path}: {ours!r} is {theirs!r} in moto"
