"""What a request is about, as far as it says: for the faults that name a group, and for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.emulator.wire.messages import Request


_LONGEST = 1100
"""Bucket and key of the longest names; whatever is longer names nothing, and would only be remembered."""


def groups(request: Request, payload: dict[str, Any] | None) -> tuple[str, ...]:
    """The names of the feature groups; for S3, whose objects have none, the bucket."""
    return tuple(map(short, _groups(request, payload)))


def _groups(request: Request, payload: dict[str, Any] | None) -> tuple[str, ...]:
    if request.resource is not None:
        if request.service == "s3":
            return (request.resource.partition("/")[0],)
        return (request.resource.rpartition("/")[2],)
    if not payload:
        return ()
    named = payload.get("FeatureGroupName") or payload.get("ResourceArn")
    if named is not None:
        return (named.rpartition("/")[2],) if isinstance(named, str) else ()
    entries = payload.get("Entries") or payload.get("Identifiers")
    if isinstance(entries, list):
        found = (entry.get("FeatureGroupName") for entry in entries if isinstance(entry, dict))
        return tuple(dict.fromkeys(name.rpartition("/")[2] for name in found if isinstance(name, str)))
    return ()


def subject(request: Request, payload: dict[str, Any] | None) -> str:
    """One word for the log: group, object, table, query."""
    if request.service == "s3":
        return short(request.resource or "-")
    named = groups(request, payload)
    if named:
        return named[0] if len(named) == 1 else f"{named[0]} and {len(named) - 1} more"
    return ".".join(map(short, _names(payload or {}))) or "-"


def short(name: str) -> str:
    """A name as it is remembered."""
    return name[:_LONGEST]


def _names(payload: dict[str, Any]) -> list[str]:
    found = [payload.get(key) for key in ("DatabaseName", "Name", "QueryExecutionId", "TableName")]
    found += [
        inner.get("Name") for key in ("TableInput", "DatabaseInput") if isinstance(inner := payload.get(key), dict)
    ]
    return [name for name in found if isinstance(name, str)]
