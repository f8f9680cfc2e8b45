"""Which texts Trino reads as values."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DATE = re.compile(r"\s*\d{4,}-\d{1,2}-\d{1,2}\s*")
TIMESTAMP = r"\d{4,}-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?( ?[A-Za-z+-].*)?)?"
_TIMESTAMP = re.compile(TIMESTAMP)


def is_whole(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None


def is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def is_timestamp(text: str) -> bool:
    return _TIMESTAMP.fullmatch(text.strip()) is not None


def decimal_type(text: str) -> str:
    """DECIMAL '1.50' has the digits it was written with."""
    whole, _, fraction = text.strip().lstrip("+-").partition(".")
    precision = min(max(len(whole.lstrip("0")) + len(fraction), 1), 38)
    return f"DECIMAL({precision},{min(len(fraction), precision)})"
