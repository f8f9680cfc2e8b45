"""S3's replies: XML, its headers, its times; and its protocol, of which only errors are written by others."""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from reconciler.emulator.s3 import xml
from reconciler.emulator.wire.messages import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.errors import AwsError
    from reconciler.emulator.wire.messages import Request

_XML = "application/xml"
_UNSAID = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class S3Xml:
    """Operations read requests and write replies themselves."""

    def payload(self, request: Request) -> dict[str, Any]:  # noqa: ARG002 - as the protocol asks
        return {}

    def reply(self, request: Request, output: str) -> Answer:  # noqa: ARG002
        return Answer(200, headers({"Content-Type": _XML}), output.encode())

    def error(self, request: Request, error: AwsError) -> Answer:
        """HEAD has no body: its client sees the status alone."""
        sent = headers({"Content-Type": _XML})
        if request.method == "HEAD":
            return Answer(error.status, sent)
        members = {
            "Code": error.code,
            "Message": error.message,
            **{name: sayable(value) for name, value in error.extra.items()},
            "RequestId": sent["x-amz-request-id"],
            "HostId": sent["x-amz-id-2"],
        }
        return Answer(error.status, sent, xml.document("Error", members, attributes=""))


def headers(more: Mapping[str, str] = {}) -> dict[str, str]:
    """What every reply carries, and more."""
    made = os.urandom(56)
    return {
        "x-amz-request-id": made[:8].hex().upper(),
        "x-amz-id-2": b64encode(made[8:]).decode(),
        "Server": "AmazonS3",
        **more,
    }


def answer(root: str, members: Mapping[str, Any], more: Mapping[str, str] = {}) -> Answer:
    """A success with a document."""
    return Answer(200, headers({"Content-Type": _XML, **more}), xml.document(root, members))


def sayable(text: str) -> str:
    """What XML cannot say would keep a client from reading the rest."""
    return _UNSAID.sub("\ufffd", text)


def raw(body: bytes, content_type: str = _XML) -> Answer:
    """A success with a body that is ready."""
    return Answer(200, headers({"Content-Type": content_type}), body)


def done(more: Mapping[str, str] = {}, status: int = 200) -> Answer:
    """A success that has nothing to say."""
    return Answer(status, headers(more))


def moment(seconds: float) -> str:
    """As XML has it: S3 keeps whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def http_date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)


def owner(account: str) -> dict[str, str]:
    """An account's canonical user: 64 hexadecimal digits."""
    return {"ID": hashlib.sha256(account.encode()).hexdigest()}
