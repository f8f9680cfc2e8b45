"""What offline rows say when: event times and the service's own times, as they are stored, as numbers."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.datasets.moments import fixed_width
from reconciler.records.checking import iso
from reconciler.records.checking.cells import as_numpy, validity
from reconciler.records.limits import FIRST_SECOND, LAST_SECOND

Numbers: TypeAlias = np.ndarray[Any, Any]

NOTHING: Final = int(np.iinfo(np.int64).min)
"""An instant before all others: of a row that does not say when it was received, or written."""


def instants(events: pa.Array) -> tuple[Numbers, Numbers | None, Numbers]:
    """Event times as seconds and nanoseconds, or as doubles and None; and which of them there are."""
    if pa.types.is_dictionary(events.type):
        if 2 * len(events.dictionary) < len(events):
            return _spread(events)
        events = events.cast(pa.string())
    known = validity(events)
    if pa.types.is_floating(events.type):
        reals = as_numpy(events, 0.0) + 0.0  # of -0.0 it makes 0.0
        return reals, None, known & (reals >= FIRST_SECOND) & (reals < LAST_SECOND + 1)
    found = iso.read(events, known)
    good = found.ok
    if not found.aws.all():
        # Labels may have other texts, with offsets or a space between; what is stored has to have T and Z.
        good = good & as_numpy(pc.match_substring_regex(events, r"\A.{10}T[^Tt]*Z\z"), False)
    return found.seconds, found.nanos.astype(np.int32), good


def _spread(events: pa.DictionaryArray) -> tuple[Numbers, Numbers | None, Numbers]:
    """What `instants` finds, each distinct text read once."""
    seconds, nanos, good = instants(events.dictionary)
    known = validity(events)
    places = as_numpy(events.indices)
    if not len(seconds):
        return np.zeros(len(events), np.int64), np.zeros(len(events), np.int32), known
    return seconds[places], None if nanos is None else nanos[places], good[places] & known


def canonical(events: pa.Array) -> pa.Array:
    """Event times as answers have them; null for those that are no instant."""
    seconds, nanos, good = instants(events)
    return pc.if_else(pa.array(good), events, None) if nanos is None else fixed_width(seconds, nanos, good)


def micros(times: pa.Array) -> Numbers:
    """Microseconds since 1970 of timestamps; `NOTHING` where there is none."""
    found: Numbers = as_numpy(times.cast(pa.int64()), NOTHING)
    return found
