"""How a service is spoken to: from a request to an operation's input, and from its output or error to a reply.

One protocol per service (metadata of botocore 1.44.5): JSON 1.1, query, REST-JSON; S3 writes its own XML.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from typing import Protocol as Interface

from reconciler.emulator.errors import AwsError, serialization
from reconciler.emulator.wire.messages import Answer, reply_headers
from reconciler.emulator.wire.xml import escaped

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.wire.messages import Request


class Protocol(Interface):
    """One of AWS's wire protocols."""

    def payload(self, request: Request) -> dict[str, Any]:
        """The input; anything that cannot be read is a SerializationException."""

    def reply(self, request: Request, output: str) -> Answer:
        """A success, around what the operation answered."""

    def error(self, request: Request, error: AwsError) -> Answer:
        """A failure."""


class Json:
    """JSON 1.1: one path, the operation in X-Amz-Target."""

    content_type = "application/x-amz-json-1.1"

    def payload(self, request: Request) -> dict[str, Any]:
        return json_object(request.content())

    def reply(self, request: Request, output: str) -> Answer:  # noqa: ARG002 - as the protocol asks
        """Operations without output answer with an empty body, as SageMaker does."""
        return Answer(200, reply_headers(self.content_type), output.encode())

    def error(self, request: Request, error: AwsError) -> Answer:  # noqa: ARG002
        body = json.dumps({"__type": error.code, error.member: error.message, **error.extra})
        return Answer(error.status, {**reply_headers(self.content_type), "x-amzn-ErrorType": error.code}, body.encode())


class RestJson(Json):
    """REST-JSON: method and path name the operation; `parameters` adds what path and query carry to the body."""

    content_type = "application/json"

    def __init__(self, parameters: Callable[[Request], dict[str, Any]] | None = None) -> None:
        self._parameters = parameters

    def payload(self, request: Request) -> dict[str, Any]:
        body = json_object(request.content())
        return {**body, **self._parameters(request)} if self._parameters else body

    def error(self, request: Request, error: AwsError) -> Answer:  # noqa: ARG002
        """The code is a header; the sentence is `Message` in every modelled error of these services."""
        headers = {**reply_headers(self.content_type), "x-amzn-ErrorType": error.code}
        return Answer(error.status, headers, json.dumps({"Message": error.message, **error.extra}).encode())


class Query:
    """The query protocol: a form in, XML out."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def payload(self, request: Request) -> dict[str, Any]:
        given: dict[str, Any] = form(request.content())
        return given

    def reply(self, request: Request, output: str) -> Answer:
        """`output` is the XML inside the result."""
        headers, operation = reply_headers("text/xml"), request.operation
        body = (
            f'<{operation}Response xmlns="{self._namespace}"><{operation}Result>{output}</{operation}Result>'
            f"<ResponseMetadata><RequestId>{headers['x-amzn-RequestId']}</RequestId></ResponseMetadata>"
            f"</{operation}Response>"
        )
        return Answer(200, headers, body.encode())

    def error(self, request: Request, error: AwsError) -> Answer:  # noqa: ARG002
        headers = reply_headers("text/xml")
        fault = "Sender" if error.status < 500 else "Receiver"
        text = (
            f'<ErrorResponse xmlns="{self._namespace}"><Error><Type>{fault}</Type><Code>{escaped(error.code)}</Code>'
            f"<Message>{escaped(error.message)}</Message></Error>"
            f"<RequestId>{headers['x-amzn-RequestId']}</RequestId></ErrorResponse>"
        )
        return Answer(error.status, headers, text.encode())


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object; anything else is a SerializationException."""
    if not body:
        return {}
    try:
        loaded = _read_json(body.decode())
        if b"\\ud" in body.lower():
            json.dumps(loaded, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise serialization("The request body is not valid JSON.") from None
    if not isinstance(loaded, dict):
        raise serialization("Start of structure or map found where not expected.")
    return loaded


def form(body: bytes) -> dict[str, str]:
    """The fields of a form."""
    from urllib.parse import parse_qsl  # noqa: PLC0415 - one small call in a session needs it

    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        raise serialization("The request body is not a valid form.") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


# json.loads would make a decoder for every request.
_read_json = json.JSONDecoder(parse_constant=_refuse_constant).decode
