"""Which operation of which service a request calls: by its target, its signature, or its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from reconciler.emulator.access.lakeformation_routes import lakeformation_route
from reconciler.emulator.errors import AwsError
from reconciler.emulator.runtime.routes import runtime_route
from reconciler.emulator.wire.messages import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

_TARGETS = {
    "SageMaker": "sagemaker",
    "AWSGlue": "glue",
    "AmazonAthena": "athena",
    "TrentService": "kms",
}
_DEFAULT_REGION = "us-east-1"
_FORM = "application/x-www-form-urlencoded"
_LONGEST_WORD = 200


def read(method: str, url: str, headers: Mapping[str, Any], body: Any) -> Request:
    """Route a request. `url` is whole, or only path and query; `body` is bytes or an open file."""
    lowered = {_text(name).lower(): _text(value) for name, value in headers.items()}
    if url.startswith("/"):
        path, _, query = url.partition("?")
        host = lowered.get("host", "")
    else:
        parts = urlsplit(url)
        path, query, host = parts.path or "/", parts.query, parts.netloc
    region, signed = _signed(lowered, query)
    service, operation, resource = _route(method, path, query, host, lowered, signed, body)
    return Request(_word(service), _word(operation), region, resource, method, host, path, query, lowered, body)


def _route(
    method: str, path: str, query: str, host: str, headers: Mapping[str, str], signed: str, body: Any
) -> tuple[str, str, str | None]:
    target = headers.get("x-amz-target", "")
    if target:
        prefix, _, operation = target.rpartition(".")
        return _TARGETS.get(prefix, prefix), operation, None
    if method == "POST" and path == "/" and signed != "s3" and headers.get("content-type", "").startswith(_FORM):
        fields = _fields(body)
        return signed or ("iam" if fields.get("Version") == "2010-05-08" else "sts"), fields.get("Action", ""), None
    if signed in {"", "sagemaker"} and (found := runtime_route(method, path)):
        return "featurestore-runtime", *found
    if signed in {"", "lakeformation"} and (named := lakeformation_route(method, path)) is not None:
        return "lakeformation", named, None
    if signed in {"", "s3"}:
        from reconciler.emulator.s3.routes import s3_route  # noqa: PLC0415 - start-up is counted

        return "s3", *s3_route(method, path, query, host, headers)
    return signed, f"{method} {path}", None


def _fields(body: Any) -> dict[str, str]:
    """Of a form, which is read twice only here; of what is none, nothing: its service is not known either."""
    from reconciler.emulator.wire.protocols import form  # noqa: PLC0415 - rare, and start-up is counted

    try:
        return form(body) if isinstance(body, bytes) else {}
    except AwsError:
        return {}


def _signed(headers: Mapping[str, str], query: str) -> tuple[str, str]:
    """Region and service of `Credential=KEY/date/region/service/aws4_request`; signatures are not verified."""
    authorization = headers.get("authorization", "")
    if authorization:
        if authorization.startswith("AWS "):
            return _DEFAULT_REGION, "s3"  # signature version 2, which only S3 ever kept
        scope = authorization.partition("Credential=")[2].partition(",")[0]
    elif "X-Amz-Credential=" in query:
        scope = parse_qs(query).get("X-Amz-Credential", [""])[0]
    else:
        return _DEFAULT_REGION, ""
    parts = unquote(scope).split("/")
    if len(parts) != 5 or not (parts[2].isascii() and parts[2].replace("-", "").isalnum()):
        return _DEFAULT_REGION, ""
    return parts[2], parts[3]


def _word(name: str) -> str:
    """The name of a service or an operation, which is logged, remembered and answered with, whatever it is."""
    if len(name) > _LONGEST_WORD:
        name = f"{name[: _LONGEST_WORD - 1]}…"
    return name if name.isprintable() else "".join(mark if mark.isprintable() else "?" for mark in name)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
