"""Whole numbers as texts of queries and tables hold them."""

from __future__ import annotations

_LARGEST = 2**63 - 1
"""Of a bigint, and of a snapshot's number."""


def whole(text: str) -> int | None:
    """The number, or None for what is none: other scripts have digits that are no numbers, and some are too long."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST))):
        return None
    number = int(text)
    return number if number <= _LARGEST else None
