"""The emulator's time: the system's, plus an offset kept in the store so that any process can move it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def now(db: sqlite3.Connection) -> float:
    """Epoch seconds with the milliseconds AWS shows."""
    offset: float = db.execute("SELECT clock_offset FROM control").fetchone()[0]
    return round(time.time() + offset, 3)


def advance(db: sqlite3.Connection, seconds: float) -> None:
    """Move the time forward; what is due by then happens before the next reply."""
    if seconds < 0:
        raise ValueError("the clock only moves forward")
    db.execute("UPDATE control SET clock_offset = clock_offset + ?", (seconds,))
