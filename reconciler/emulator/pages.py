"""Page tokens: where the page before ended, so that a page costs the same wherever it is."""

from __future__ import annotations

import json
from typing import Any

from reconciler.emulator.errors import AwsError


def token(*marks: Any) -> str:
    """Opaque to callers, as AWS's are."""
    return json.dumps(marks).encode().hex()


def marks(given: str | None, count: int) -> list[Any] | None:
    """What `token` was given; anything it did not make is refused."""
    if not given:
        return None
    try:
        found = json.loads(bytes.fromhex(given))
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise _bad() from None
    if isinstance(found, list) and len(found) == count and all(_is_scalar(mark) for mark in found):
        return found
    raise _bad()


def _is_scalar(mark: object) -> bool:
    if isinstance(mark, int):
        return abs(mark) < 2**53
    return isinstance(mark, str | float)


def _bad() -> AwsError:
    return AwsError("ValidationException", "Invalid NextToken.")
