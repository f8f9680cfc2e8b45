"""The emulator's time: the system's, plus an offset kept in the store so that any process can move it; or it stands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

_FURTHEST = 253402300799.0
"""The last second of the year 9999, beyond which no event time goes."""
# What carries a time of its own. A clock set before any of it would have things happen before what they follow.
_MOMENTS = (
    "SELECT max(modified) FROM groups",
    "SELECT max(invoked) FROM pending",
    "SELECT max(submitted) FROM queries",
    "SELECT max(created) FROM buckets",
)


def now(db: sqlite3.Connection) -> float:
    """Epoch seconds with the milliseconds AWS shows."""
    offset, frozen = db.execute("SELECT clock_offset, clock_frozen FROM control").fetchone()
    moment: float = time.time() + offset if frozen is None else frozen
    return round(moment, 3)


def is_frozen(db: sqlite3.Connection) -> bool:
    """Whether time stands until it is moved."""
    return db.execute("SELECT clock_frozen FROM control").fetchone()[0] is not None


def told(db: sqlite3.Connection) -> dict[str, Any]:
    """The time for people and for programs, and whether it stands."""
    moment = now(db)
    return {"now": iso(moment), "epoch_seconds": moment, "frozen": is_frozen(db)}


def iso(moment: float) -> str:
    """ISO-8601 in UTC, with milliseconds."""
    whole, thousandths = divmod(round(moment * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{thousandths:03d}Z"


def moment_of(value: float | str) -> float:
    """Epoch seconds, of epoch seconds or of ISO-8601 text; without an offset it is UTC. Raises ValueError."""
    if isinstance(value, str):
        from datetime import UTC, datetime  # noqa: PLC0415 - start-up is counted

        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    if type(value) not in {int, float}:
        raise ValueError(f"a time is a number of seconds or ISO-8601 text, not {value!r}")
    return float(value)


def advance(db: sqlite3.Connection, seconds: float) -> None:
    """Move the time forward; what is due by then happens before the next reply."""
    if not seconds >= 0:
        raise ValueError("the clock only moves forward")
    _check(now(db) + seconds)
    db.execute(
        "UPDATE control SET clock_offset = clock_offset + ?, clock_frozen = clock_frozen + ?", (seconds, seconds)
    )


def set_to(db: sqlite3.Connection, moment: float) -> None:
    """Set the time; back only to where nothing that is kept has happened yet."""
    moments = [db.execute(statement).fetchone()[0] for statement in _MOMENTS]
    latest = max((found for found in moments if found is not None), default=None)
    if latest is not None and moment < latest:
        raise ValueError("the clock cannot go back behind what has happened; reset the emulator first")
    _move(db, moment)


def freeze(db: sqlite3.Connection) -> None:
    """Time stands still until it is moved or let go."""
    db.execute("UPDATE control SET clock_frozen = ?", (now(db),))


def thaw(db: sqlite3.Connection) -> None:
    """Time goes on from where it stands."""
    db.execute("UPDATE control SET clock_offset = ?, clock_frozen = NULL", (now(db) - time.time(),))


def _move(db: sqlite3.Connection, moment: float) -> None:
    _check(moment)
    if is_frozen(db):
        db.execute("UPDATE control SET clock_frozen = ?", (moment,))
    else:
        db.execute("UPDATE control SET clock_offset = ?", (moment - time.time(),))


def _check(moment: float) -> None:
    if not 0 <= moment <= _FURTHEST:
        raise ValueError("the clock goes from the year 1970 to the year 9999")
