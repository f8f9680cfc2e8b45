"""The paths of Lake Formation's operations (botocore 1.44.5, lakeformation): rest-json, each a POST."""

from __future__ import annotations

_OPERATIONS = frozenset({"RegisterResource", "GrantPermissions", "RevokePermissions", "ListPermissions"})


def lakeformation_route(method: str, path: str) -> str | None:
    """The operation of a path."""
    name = path[1:]
    return name if method == "POST" and name in _OPERATIONS else None
