"""The AWS wire protocols: from an HTTP request to an operation and its input, and back to bytes.

SageMaker and Glue speak JSON 1.1 with the operation in X-Amz-Target, STS speaks the query protocol (botocore 1.44.5).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.errors import AwsError, serialization

if TYPE_CHECKING:
    from collections.abc import Mapping

_TARGETS = {"SageMaker": "sagemaker", "AWSGlue": "glue"}
_DEFAULT_REGION = "us-east-1"
_JSON = "application/x-amz-json-1.1"
_XML_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class Answer(NamedTuple):
    """An HTTP reply."""

    status: int
    headers: dict[str, str]
    body: bytes


class Request(NamedTuple):
    """Which operation of which service is called, where, and with what."""

    service: str
    operation: str
    region: str
    body: bytes
    query: bool = False


def read(url: str, headers: Mapping[str, Any], body: bytes) -> Request:
    """Route by X-Amz-Target, by the form's Action, or by the signature's service name."""
    lowered = {_text(name).lower(): value for name, value in headers.items()}
    region, signed = _credential_scope(_text(lowered.get("authorization", "")))
    target = _text(lowered.get("x-amz-target", ""))
    if target:
        prefix, _, operation = target.rpartition(".")
        return Request(_TARGETS.get(prefix, prefix), operation, region, body)
    if _text(lowered.get("content-type", "")).startswith("application/x-www-form-urlencoded"):
        return Request(signed or "sts", _form(body).get("Action", ""), region, body, query=True)
    return Request(signed, url.partition("?")[0], region, body)


def payload(request: Request) -> dict[str, Any]:
    """The input, as JSON or as a form; anything that is neither is a SerializationException."""
    if request.query:
        return _form(request.body)
    if not request.body:
        return {}
    try:
        loaded = json.loads(request.body, parse_constant=_refuse_constant)
        if b"\\ud" in request.body.lower():
            json.dumps(loaded, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise serialization("The request body is not valid JSON.") from None
    if not isinstance(loaded, dict):
        raise serialization("Start of structure or map found where not expected.")
    return loaded


def reply(body: str) -> Answer:
    """A JSON reply; operations without output answer with an empty body, as SageMaker does."""
    return Answer(200, _headers(_JSON), body.encode())


def xml_reply(operation: str, members: Mapping[str, str]) -> Answer:
    """A reply of the query protocol."""
    inner = "".join(f"<{name}>{_escaped(value)}</{name}>" for name, value in members.items())
    headers = _headers("text/xml")
    body = (
        f'<{operation}Response xmlns="{_XML_NAMESPACE}"><{operation}Result>{inner}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{headers['x-amzn-RequestId']}</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    )
    return Answer(200, headers, body.encode())


def error_reply(error: AwsError, *, query: bool = False) -> Answer:
    """An error in the protocol of the request."""
    if not query:
        body = json.dumps({"__type": error.code, error.member: error.message})
        return Answer(error.status, {**_headers(_JSON), "x-amzn-ErrorType": error.code}, body.encode())
    headers = _headers("text/xml")
    fault = "Sender" if error.status < 500 else "Receiver"
    text = (
        f'<ErrorResponse xmlns="{_XML_NAMESPACE}"><Error><Type>{fault}</Type><Code>{_escaped(error.code)}</Code>'
        f"<Message>{_escaped(error.message)}</Message></Error>"
        f"<RequestId>{headers['x-amzn-RequestId']}</RequestId></ErrorResponse>"
    )
    return Answer(error.status, headers, text.encode())


def _headers(content_type: str) -> dict[str, str]:
    digits = os.urandom(16).hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return {"Content-Type": content_type, "x-amzn-RequestId": "-".join(parts)}


def _credential_scope(authorization: str) -> tuple[str, str]:
    """Region and service of `Credential=KEY/date/region/service/aws4_request`; signatures are not verified."""
    _, _, rest = authorization.partition("Credential=")
    parts = rest.partition(",")[0].split("/")
    if len(parts) != 5 or not (parts[2].isascii() and parts[2].replace("-", "").isalnum()):
        return _DEFAULT_REGION, ""
    return parts[2], parts[3]


def _form(body: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl  # noqa: PLC0415 - one small call in a session needs it

    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise serialization("The request body is not a valid form.") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _escaped(text: str) -> str:
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, entity)
    return "".join(max(c, " ") for c in text)
