"""From a batch of labels to its moments: what engines see of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.datasets.labels.values import Clock, clock_of, read_key, read_moments
from reconciler.datasets.labels.zones import localized, seconds_of
from reconciler.datasets.moments import Points
from reconciler.datasets.question import NANOS, REAL, ROW, SECONDS, Key, arrow_type
from reconciler.errors import Usage
from reconciler.records.checking.found import Finding
from reconciler.records.limits import FIRST_SECOND, LAST_SECOND


class Read(NamedTuple):
    """`moments` has the columns of `Moments.table`, null where something cannot be used: `findings` say why."""

    moments: pa.RecordBatch
    findings: list[Finding]


@dataclass
class MomentReader:
    """Reads keys and moments out of batches of labels, one after the other. Can be sent to another process.

    `time` is a column, or the moment of all labels; `zone` that of times without one. `texts` says that all columns
    are text, as in CSV: then they may be numbers, as the first of them tells. Columns that are not `usable` are taken
    for empty.
    """

    keys: Sequence[Key]
    time: str | datetime
    zone: tzinfo | None = None
    texts: bool = False
    usable: Collection[str] | None = None
    clock: Clock = "nothing"

    def __post_init__(self) -> None:
        self._constant = None if isinstance(self.time, str) else _constant(self.time, self.zone)

    def schema(self, *, real: bool) -> pa.Schema:
        """The columns of what is read; `real` where moments are numbers."""
        keys = [(f"key_{n}", arrow_type(key.type)) for n, key in enumerate(self.keys)]
        numbers = [(REAL, pa.float64())] if real else []
        return pa.schema([(ROW, pa.int64()), *keys, (SECONDS, pa.int64()), (NANOS, pa.int32()), *numbers])

    def read(self, batch: pa.RecordBatch | pa.Table, rows: pa.Array) -> Read:
        """The moments of a batch; `rows` (int64) are the numbers of its labels.

        There is a column `real` where this batch has numbers.
        """
        arrays, findings = [rows], list[Finding]()
        for key in self.keys:
            if self._has(batch, key.column):
                found, cells = read_key(batch[key.column], key, texts=self.texts)
                findings += cells.findings
            else:
                found = pa.nulls(batch.num_rows, arrow_type(key.type))
            arrays.append(found)
        points, wrong = self._points(batch)
        absent = None if points.known.all() else ~points.known
        arrays += [pa.array(points.seconds, mask=absent), pa.array(points.nanos.astype(np.int32), mask=absent)]
        if points.real is not None:
            arrays.append(pa.array(points.real, mask=absent))
        schema = self.schema(real=points.real is not None)
        return Read(pa.RecordBatch.from_arrays(arrays, schema=schema), findings + wrong)

    def _points(self, batch: pa.RecordBatch | pa.Table) -> tuple[Points, list[Finding]]:
        count = batch.num_rows
        if self._constant is not None:
            seconds, nanos = (np.full(count, number, np.int64) for number in self._constant)
            return Points(seconds, nanos, np.ones(count, np.bool_)), []
        time = str(self.time)
        if not self._has(batch, time):
            return Points(np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.bool_)), []
        if self.clock == "nothing":
            self.clock = clock_of(batch[time], texts=self.texts)
        told = read_moments(batch[time], time, self.clock, self.zone)
        return told.points, told.cells.findings

    def _has(self, batch: pa.RecordBatch | pa.Table, name: str) -> bool:
        return name in batch.schema.names and (self.usable is None or name in self.usable)


def _constant(when: datetime, zone: tzinfo | None) -> tuple[int, int]:
    """Seconds and nanoseconds of the moment of all labels. Raises `Usage` where it is none."""
    seconds, nanos = seconds_of(when)
    if when.utcoffset() is not None:
        return _within(seconds, when), nanos
    if zone is None:
        raise Usage(f"{when.isoformat()} has no time zone, so the instant is not known. Give it one: tzinfo=UTC.")
    local = localized(np.array([seconds]), zone)
    if local.twice[0] or local.never[0]:
        often = "twice" if local.twice[0] else "never"
        raise Usage(f"The clocks of {zone} showed {when.isoformat()} {often}. Give a time with its offset.")
    return _within(int(local.seconds[0]), when), nanos


def _within(seconds: int, when: datetime) -> int:
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        raise Usage(f"{when.isoformat()} is outside the years 0001 to 9999.")
    return seconds
