"""Whole numbers as texts of queries and tables hold them."""

from __future__ import annotations

_LONGEST = 18
"""So many digits always fit 64 bits."""


def whole(text: str) -> int | None:
    """The number, or None for what is none: other scripts have digits that are no numbers, and some are too long."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST else None
