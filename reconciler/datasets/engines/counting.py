"""Rows of a statement's answer that count: what was read of each group, told beside the labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from reconciler.datasets.epoch import moment_of
from reconciler.datasets.question import ROW, Facts
from reconciler.datasets.sql import FACTS
from reconciler.datasets.sql.dialects import BEFORE_ALL


def without_counts(batches: Iterable[pa.RecordBatch], facts: Facts) -> Iterator[pa.RecordBatch]:
    """The rows of labels; what the rows that count say goes into the facts."""
    for batch in batches:
        is_label = pc.greater_equal(batch.column(ROW), 0)
        for counts in batch.filter(pc.invert(is_label)).select([ROW, *FACTS]).to_pylist():
            note(facts, *counts.values())
        yield batch.filter(is_label)


def note(facts: Facts, row: int, rows: int, unreadable: int, newest_write: int) -> None:
    """What a row that counts says (`FACTS`)."""
    join = -1 - int(row)
    facts.rows[join], facts.unreadable[join], facts.newest_write[join] = rows, unreadable, written(newest_write)


def no_facts(joins: int) -> Facts:
    """What is known of groups without rows."""
    return Facts([0] * joins, [0] * joins, [None] * joins)


def written(micros: int | None) -> datetime | None:
    """When the newest row was written, in microseconds since 1970; None where there is none."""
    return None if micros is None or micros <= BEFORE_ALL else moment_of(micros)
