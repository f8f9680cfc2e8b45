"""Labels of any shape, checked whole: the table that a training set begins with, and what engines see of it.

    labels = read_labels(frame, question, "scheduled_at", scratch=folder)
    answer = engine.answer(question, labels.moments)

Columns pass through as they were given; nothing of them but keys and moments is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from reconciler.datasets.labels.columns import check_columns, usable
from reconciler.datasets.labels.faults import Example, Gathered, LabelFault, LabelsRefused
from reconciler.datasets.labels.sources import Opened, open_labels
from reconciler.datasets.labels.spill import IN_MEMORY, Spill
from reconciler.datasets.labels.times import MomentReader
from reconciler.datasets.labels.zones import zone_of
from reconciler.datasets.progress import Progress, Tell
from reconciler.datasets.question import REAL, SECONDS, Moments, Question
from reconciler.errors import Usage
from reconciler.records.sources.chunk import Piece


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels that can be used. `table` has their columns as given, `moments` a row for each.

    Tables that do not fit into memory are mapped from a file. `no_key` counts labels by columns whose key is null,
    `no_moment` those without a time; they keep their rows.
    """

    name: str
    table: pa.Table
    moments: Moments
    no_key: Mapping[str, int]
    no_moment: int

    @property
    def rows(self) -> int:
        """How many labels there are."""
        return int(self.table.num_rows)


def read_labels(
    data: Any,
    question: Question,
    time: str | datetime,
    *,
    time_zone: str | tzinfo | None = None,
    scratch: Path,
    in_memory: int = IN_MEMORY,
    tell: Tell | None = None,
) -> Labels:
    """The labels of a question, every one of them checked.

    `data` is a pandas or polars frame (an index is left out), anything of pyarrow, an iterable of dicts, records or
    tables, or paths of CSV, JSON Lines and Parquet files, of folders and globs of them. `time` is the column with the
    moments, or one moment for all labels. Moments are timestamps with a zone, ISO-8601 texts with one, or seconds since
    1970; `time_zone` is that of times without one. `scratch` is a folder for what is more than `in_memory` bytes.

    Raises `LabelsRefused` with all that is wrong, `Invalid` for files that cannot be read at all, and `Usage` for what
    is no table, no zone or no moment.
    """
    column = _column(time)
    reader = MomentReader(question.keys, time, None if time_zone is None else zone_of(time_zone))
    opened = open_labels(data, question, column, scratch)
    try:
        faults = check_columns(opened.schema, question, column, reader.zone, texts=opened.texts, levels=opened.levels)
        faults += [fault for fault in opened.faults if fault.column not in {known.column for known in faults}]
        reader.texts = opened.texts
        reader.usable = usable(faults, opened.schema.names)
        return _Reading(opened, reader, faults, scratch, in_memory, tell).labels()
    finally:
        opened.close()


def _column(time: str | datetime) -> str | None:
    if isinstance(time, (str, datetime)) and time == time:  # noqa: PLR0124 - pandas' NaT is a datetime
        return time if isinstance(time, str) else None
    raise Usage(f"The time of labels is a column or a datetime, and {time!r} is a {type(time).__name__}.")


class _Reading:
    """One pass over the labels."""

    def __init__(
        self,
        opened: Opened,
        reader: MomentReader,
        faults: list[LabelFault],
        scratch: Path,
        limit: int,
        tell: Tell | None,
    ) -> None:
        self._opened, self._reader, self._columns_at_fault, self._tell = opened, reader, faults, tell
        self._moments = Spill(reader.schema(real=True), scratch, limit)
        self._kept = None if opened.table is not None else Spill(opened.schema, scratch, limit)
        self._gathered = Gathered()
        self._rows = 0

    def labels(self) -> Labels:
        try:
            for piece in self._opened.pieces():
                self._take(piece)
            self._refuse()
            moments = self._moments.table()
            table = self._opened.table if self._kept is None else self._kept.table()
        finally:
            self._moments.discard()
            if self._kept is not None:
                self._kept.discard()
        if self._reader.clock not in ("numbers", "text numbers"):
            moments = moments.drop_columns([REAL])
        no_key = {key.column: moments[f"key_{n}"].null_count for n, key in enumerate(self._reader.keys)}
        return Labels(self._opened.name, table, Moments(moments), no_key, moments[SECONDS].null_count)

    def _take(self, piece: Piece) -> None:
        count = piece.batch.num_rows
        rows = pa.array(np.arange(self._rows, self._rows + count))
        found, findings = self._reader.read(piece.batch, rows)
        broken = {fault.row for fault in piece.faults}
        for fault in piece.faults:
            place = fault.place or piece.places(fault.row)
            example = Example(self._rows + fault.row, place, fault.value)
            self._gathered.add(fault.feature, fault.reason, fault.fix, [example], 1)
        self._gathered.rows += len(broken)
        self._gathered.add_findings(findings, self._rows, piece.places)
        if not self._gathered.faults and not self._columns_at_fault:  # else nothing is made of it any more
            if REAL not in found.schema.names:
                found = found.append_column(REAL, pa.nulls(count, pa.float64()))
            self._moments.add(found)
            if self._kept is not None:
                self._kept.add(piece.batch)
        self._rows += count
        if self._tell is not None:
            self._tell(Progress("reading labels", self._rows, self._opened.rows))

    def _refuse(self) -> None:
        faults = [*self._columns_at_fault, *self._gathered.faults]
        if faults:
            raise LabelsRefused(faults, self._gathered.rows, self._rows)
