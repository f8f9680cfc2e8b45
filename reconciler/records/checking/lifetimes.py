"""Rows that would not live: expired on arrival, or past the last year there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from reconciler.contract import Contract
from reconciler.records.checking.cells import Mask
from reconciler.records.checking.found import Finding
from reconciler.records.checking.iso import Ints, written
from reconciler.records.faults import Allowable
from reconciler.records.limits import LAST_SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXPIRED = 'Leave such rows out, or allow them by name: allow={"expired"}. AWS counts from the event time.'


def check_lifetimes(
    seconds: Ints, nanos: Any, timed: Mask, contract: Contract, now: datetime, allow: frozenset[Allowable]
) -> Iterator[Finding]:
    """Rows whose event time and time to live end before `now`, unless allowed, or after the year 9999."""
    ttl = contract.ttl_s or 0
    ends = seconds + min(ttl, 2 * LAST_SECOND)

    def show(row: int) -> str:
        text: str = written(seconds[row : row + 1], np.asarray(nanos[row : row + 1], np.int64))[0].as_py()
        return text

    late = np.flatnonzero(timed & (ends > LAST_SECOND))
    if len(late):
        reason = f"With a time to live of {_lasting(ttl)} it would end after the year 9999, which AWS refuses."
        yield Finding(contract.event_time, reason, "", late, show)
    since = now.astimezone(UTC) - _EPOCH
    second, nano = since.days * 86_400 + since.seconds, since.microseconds * 1000
    expired = np.flatnonzero(timed & ((ends < second) | ((ends == second) & (nanos <= nano))))
    if len(expired) and "expired" not in allow:
        reason = f"The row is expired on arrival: its time to live of {_lasting(ttl)} is over."
        yield Finding(contract.event_time, reason, _EXPIRED, expired, show)


def _lasting(seconds: int) -> str:
    try:
        return str(timedelta(seconds=seconds))
    except OverflowError:
        return f"{seconds:,} seconds"
