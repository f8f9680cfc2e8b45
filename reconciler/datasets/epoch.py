"""Moments as numbers since 1970, and back. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def second_of(moment: datetime | None) -> int | None:
    """The second that a moment is in, since 1970."""
    return None if moment is None else (moment - EPOCH) // timedelta(seconds=1)


def moment_of(micros: int) -> datetime:
    """A moment of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


def at_second(second: int | None) -> datetime | None:
    """The moment that a second since 1970 begins at."""
    return None if second is None else moment_of(second * 1_000_000)
