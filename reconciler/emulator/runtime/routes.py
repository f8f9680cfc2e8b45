"""The paths of the runtime API (botocore 1.44.5, sagemaker-featurestore-runtime): rest-json, on raw paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from reconciler.emulator.errors import serialization

if TYPE_CHECKING:
    from reconciler.emulator.wire.messages import Request

_ON_A_GROUP = {
    ("PUT", ""): "PutRecord",
    ("GET", ""): "GetRecord",
    ("DELETE", ""): "DeleteRecord",
    ("POST", "/Record"): "UpdateRecord",
    ("POST", "/ListRecords"): "ListRecords",
}
_BATCHES = {"/BatchGetRecord": "BatchGetRecord", "/BatchWriteRecord": "BatchWriteRecord"}
_FROM_QUERY = {
    "GetRecord": ("RecordIdentifierValueAsString", "ExpirationTimeResponse"),
    "DeleteRecord": ("RecordIdentifierValueAsString", "EventTime", "DeletionMode"),
}
_LISTS = {"GetRecord": {"FeatureName": "FeatureNames"}, "DeleteRecord": {"TargetStores": "TargetStores"}}
_PREFIX = "/FeatureGroup/"


def runtime_route(method: str, path: str) -> tuple[str, str | None] | None:
    """The operation and the group of a path; the name may be an ARN, which arrives as one encoded segment."""
    if path in _BATCHES:
        return (_BATCHES[path], None) if method == "POST" else None
    if not path.startswith(_PREFIX):
        return None
    name, slash, rest = path[len(_PREFIX) :].partition("/")
    operation = _ON_A_GROUP.get((method, slash + rest))
    return (operation, unquote(name)) if operation else None


def parameters(request: Request) -> dict[str, Any]:
    """What the path and the query say; a parameter given twice counts once, unless it is a list."""
    if request.operation in _BATCHES.values():
        return {}
    found: dict[str, Any] = {"FeatureGroupName": request.resource}
    if request.query and request.operation in _LISTS:
        given = _query(request.query)
        found |= {name: given[name][0] for name in _FROM_QUERY[request.operation] if name in given}
        found |= {member: given[name] for name, member in _LISTS[request.operation].items() if name in given}
    return found


def _query(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise serialization("The query string is not valid UTF-8.") from None
