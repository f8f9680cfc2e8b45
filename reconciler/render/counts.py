"""Numbers with their nouns."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """A number and its noun: `1 feature`, `2,500 features`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
