"""The online part of an erasure: records deleted for good, and their markers waited for offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reconciler.aws.runtime import Runtime
from reconciler.records.deleting import NotDeleted, delete_many, event_times
from reconciler.records.limits import LAST_SECOND
from reconciler.records.offline.erasure import Remaining
from reconciler.records.offline.instants import instants
from reconciler.records.target import Target
from reconciler.records.values import moment_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATER = timedelta(seconds=2)
_TRIES = 3


class Forgotten(NamedTuple):
    """How many records there were, the event times of the markers of those, and what is still there."""

    records: int
    marks: Mapping[str, str]
    remaining: tuple[Remaining, ...] = ()


def online_records(runtime: Runtime, target: Target, ids: Sequence[str]) -> dict[str, str]:
    """The event times of the records that are there, by identifier."""
    return runtime.run(event_times(runtime, target, ids))


def forget(runtime: Runtime, target: Target, ids: Sequence[str], now: datetime) -> Forgotten:
    """Delete the records for good, as of now, or just after the latest of them where that is in the future.

    Identifiers without a record are deleted too: one may be on its way.
    """
    records = online_records(runtime, target, ids)
    marks: dict[str, str] = {}
    asked, moment, latest = list(ids), now, records
    failures: tuple[NotDeleted, ...] = ()
    for _ in range(_TRIES):
        moment = _after(target, moment, latest.values())
        failures = delete_many(runtime, target, asked, at=moment, hard=True).failures
        left = {failure.record_id for failure in failures}
        marks |= {text: moment_text(target.contract.moment, moment) for text in asked if text not in left}
        if not failures:
            break
        # Written meanwhile, with a later event time.
        latest = online_records(runtime, target, sorted(left))
        asked = sorted(left)
    remaining = (Remaining("online record", f.record_id, f"{f.code}: {f.message}", "Erase again.") for f in failures)
    return Forgotten(len(records), {text: marks[text] for text in records if text in marks}, tuple(remaining))


def _after(target: Target, moment: datetime, event_times: Iterable[str]) -> datetime:
    """The moment, or one that is later than all of these event times, as far as there is a later one.

    A record of the last second of the year 9999 stays, since the service deletes it at no event time.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy

    texts = pa.array(list(event_times), pa.string())
    seconds, _ = instants(texts.cast(pa.float64()) if target.contract.moment.kind == "unix" else texts)
    latest = max((one for one in seconds.to_pylist() if one is not None), default=None)
    return moment if latest is None else max(moment, _EPOCH + timedelta(seconds=min(latest, LAST_SECOND - 2)) + _LATER)
