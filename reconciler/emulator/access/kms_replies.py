"""What KMS's operations share in answering: pages and errors."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciler.emulator import pages
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable


def after(request: dict[str, Any]) -> str:
    """Where the page before ended."""
    try:
        marks = pages.marks(request.get("Marker"), 1)
    except AwsError:
        raise AwsError("InvalidMarkerException", "Could not deserialize marker") from None
    return str(marks[0]) if marks else ""


def page(member: str, rows: Iterable[tuple[str, dict[str, Any]]], request: dict[str, Any]) -> str:
    """A page of rows that come in the order of their names."""
    size = request.get("Limit", 100)
    found = list(islice(rows, size + 1))
    whole: dict[str, Any] = {member: [shown for _, shown in found[:size]], "Truncated": len(found) > size}
    if len(found) > size:
        whole["NextMarker"] = pages.token(found[size - 1][0])
    return as_json(whole)


def not_found(message: str) -> AwsError:
    return AwsError("NotFoundException", message)


def not_emulated(operation: str, member: str) -> AwsError:
    return AwsError("NotImplemented", f"The emulator does not answer {member} of operation {operation} of kms.", 501)
