"""Places in S3 that are registered with Lake Formation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import things

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_KIND = "registered_place"
_SCHEMES = ("s3://", "s3a://", "s3n://")


def find(db: sqlite3.Connection, scope: str, arn: str) -> dict[str, Any] | None:
    return things.find(db, scope, _KIND, arn)


def write(db: sqlite3.Connection, scope: str, info: dict[str, Any]) -> None:
    things.write(db, scope, _KIND, info["ResourceArn"], info)


def remove(db: sqlite3.Connection, scope: str, arn: str) -> bool:
    return things.remove(db, scope, _KIND, arn)


def listed(db: sqlite3.Connection, scope: str, after: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    return things.listed(db, scope, _KIND, after=after)


def covers(db: sqlite3.Connection, scope: str, location: str) -> bool:
    """Whether an S3 URI lies in a registered place."""
    scheme = next((known for known in _SCHEMES if location.startswith(known)), None)
    if scheme is None:
        return False
    asked = location.removeprefix(scheme).rstrip("/") + "/"
    return any(asked.startswith(arn.partition(":::")[2].rstrip("/") + "/") for arn, _ in listed(db, scope))
