"""Waiting until the rows of an ingest are readable offline, instead of guessing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config import Environment
from reconciler.errors import ReconcilerError, Usage
from reconciler.records.offline.instants import iso
from reconciler.records.offline.keys import MissingRow, key_table
from reconciler.records.offline.looking import Looker, looker
from reconciler.records.offline.place import NoOffline, Place, open_place
from reconciler.records.report import IngestReport

if TYPE_CHECKING:
    import pyarrow as pa

LIMIT = timedelta(minutes=30)
"""How long is waited by default. AWS says that rows are offline within 15 minutes (developer guide, offline store)."""
SHOWN = 20
"""So many missing rows are named."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _GROWTH = 1.0, 30.0, 1.5


class Waiting(NamedTuple):
    """How far it is, after a look."""

    rows: int
    found: int
    seconds: float


class RowsMissing(ReconcilerError):
    """The time was up before every row was readable offline. `rows` has the first that are missing, `count` says how
    many there are.
    """

    def __init__(self, group: str, rows: Sequence[MissingRow], count: int, total: int, waited: timedelta) -> None:
        self.group, self.rows, self.count, self.total = group, tuple(rows), count, total
        shown = "".join(f"\n  {row.record_id} at {row.event_time}" for row in rows)
        more = f"\n  and {count - len(rows):,} more" if count > len(rows) else ""
        super().__init__(
            f"{count:,} of {total:,} rows of {group} are not readable offline after {waited.total_seconds():,.0f} "
            f"seconds:{shown}{more}\nThey were acknowledged, so they are on their way: wait again, and look at the "
            "group's OfflineStoreStatus (`reconciler show`)."
        )


def wait_offline(
    environment: Environment,
    root: Path,
    name: str,
    report: IngestReport,
    *,
    limit: timedelta = LIMIT,
    tell: Callable[[Waiting], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Waiting:
    """Return when every row that this ingest has in the store is readable offline. `name` is the group's on AWS.

    Raises `NoOffline` at once where there is no offline store or it is blocked, and `RowsMissing` after `limit`.
    """
    if report.stores and "OfflineStore" not in report.stores:
        raise NoOffline(f"These rows of {report.group} were written to {', '.join(report.stores)} alone.")
    place = open_place(environment, root, name)
    keys, since = keys_of(report, place)
    return wait_for(place, keys, since, limit=limit, tell=tell, sleep=sleep, clock=clock)


def wait_for(
    place: Place,
    keys: pa.Table,
    since: datetime,
    *,
    limit: timedelta = LIMIT,
    tell: Callable[[Waiting], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Waiting:
    """Return when these keys are readable offline, of rows that the service received since a moment of its clock."""
    looks = looker(place, keys, since)
    begun, pause = clock(), _FIRST_PAUSE_S
    while True:
        if looks.missing.count:
            looks.look()
        missing, waited = looks.missing, clock() - begun
        state = Waiting(missing.total, missing.total - missing.count, waited)
        if tell:
            tell(state)
        if not missing.count:
            return state
        left = limit.total_seconds() - waited
        if left <= 0:
            raise RowsMissing(place.name, _first(looks, place), missing.count, missing.total, limit)
        place.check()
        sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE_S)


def _first(looks: Looker, place: Place) -> list[MissingRow]:
    """The earliest of what is missing, as rows have them."""
    write = _number if place.counts_seconds else iso
    return [MissingRow(name, write(*at)) for name, *at in islice(looks.missing.rows(), SHOWN)]


def _number(seconds: int, nanos: int) -> str:
    return repr(seconds + nanos / 1e9)


def keys_of(report: IngestReport, place: Place) -> tuple[pa.Table, datetime]:
    """What the journal of an ingest says was taken, and since when."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    from reconciler.records.journal import read_keys  # noqa: PLC0415

    time = pa.float64() if place.counts_seconds else pa.string()
    empty = key_table(pa.array([], pa.string()), pa.array([], pa.string()))
    if not report.written + report.before:
        return empty, datetime.now(UTC)
    if report.keys is None or report.started is None or not report.keys.is_dir():
        raise Usage(
            f"What was written to {report.group} is not known any more: {report.keys or 'the folder with its keys'} is "
            "gone. Ingest the same rows again: those that are there are not sent."
        )
    tables = [key_table(keys["record_id"], keys["event_time"].cast(time)) for keys in read_keys(report.keys)]
    return pa.concat_tables([empty, *tables]), report.started
