"""Rows of a group on their way into a snapshot or a history, and how DuckDB chooses and sorts them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from reconciler.datasets.epoch import micros_of
from reconciler.datasets.inventory.files import DataFile, Inventory
from reconciler.datasets.joining.passing import Passed, workers
from reconciler.datasets.moments import fixed_width
from reconciler.datasets.question import Listing
from reconciler.datasets.sql.listings import threshold
from reconciler.datasets.stored import NOTHING, instants, micros
from reconciler.records.checking.cells import as_numpy, validity
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME

ROWS = 128 * 1024
"""Rows of a batch."""
_OWN = [("id", None), ("event", None), ("invoked", pa.int64()), ("written", pa.int64()), ("deleted", pa.bool_())]


class Rows:
    """The readable rows of a listing's group: `id`, `event` as answers have it, `invoked`, `written`, `deleted`, `v0`.

    `invoked` and `written` are microseconds since 1970, of the smallest number where there is none.
    """

    def __init__(self, listing: Listing, inventory: Inventory) -> None:
        self._listing, self._inventory = listing, inventory
        self._features = [column.feature for column in listing.join.columns]
        self.passed = Passed()
        self.failed: BaseException | None = None
        """What kept the rows from being read. Whoever reads a stream of Arrow hears only that it ended."""

    @property
    def reader(self) -> pa.RecordBatchReader:
        """The rows as a stream of Arrow."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    @property
    def _schema(self) -> pa.Schema:
        join = self._listing.join
        first = self._inventory.schema([join.record_id, join.event_time])
        kinds = [field.type for field in first]
        fields = [(name, kind or kinds[n]) for n, (name, kind) in enumerate(_OWN)]
        return pa.schema(
            [*fields, *((f"v{n}", field.type) for n, field in enumerate(self._inventory.schema(self._features)))]
        )

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._all()
        except BaseException as failed:
            self.failed = failed
            raise

    def _all(self) -> Iterator[pa.RecordBatch]:
        files = self._inventory.files
        some = workers(self._inventory)
        with ThreadPoolExecutor(some) as pool:
            # A few files are read ahead; a large one is read as it is asked for.
            for first in range(0, len(files), some):
                ahead = files[first : first + some]
                small = {file: pool.submit(self._whole, file) for file in ahead if _is_small(file)}
                for file in ahead:
                    for batch in small[file].result() if file in small else self._read(file):
                        yield self._taken(batch)

    def _whole(self, file: DataFile) -> list[pa.RecordBatch]:
        return list(self._read(file))

    def _read(self, file: DataFile) -> Iterator[pa.RecordBatch]:
        join = self._listing.join
        columns = [join.record_id, join.event_time, INVOKED, WRITE_TIME, IS_DELETED, *self._features]
        unique = list(dict.fromkeys(columns))
        for batch in self._inventory.batches(file, unique, ROWS):
            yield pa.RecordBatch.from_arrays(
                [batch.column(unique.index(name)) for name in columns], [f"c{n}" for n in range(len(columns))]
            )

    def _taken(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        identifiers, events, invoked, written, deleted, *values = batch.columns
        seconds, nanos, good = instants(events)
        good &= validity(identifiers)
        moments = fixed_width(seconds, nanos, good) if nanos is not None else pa.array(seconds, mask=~good)
        stored = micros(written)
        self.passed.rows += len(good)
        self.passed.unreadable += len(good) - int(np.count_nonzero(good))
        self.passed.newest_write = max(self.passed.newest_write, int(stored.max(initial=self.passed.newest_write)))
        gone = as_numpy(deleted, False)
        columns = [identifiers, moments, pa.array(micros(invoked)), pa.array(stored), pa.array(gone), *values]
        return pa.RecordBatch.from_arrays(columns, schema=self._schema).filter(pa.array(good))


def _is_small(file: DataFile) -> bool:
    return file.size < 4 << 20


def choosing_sql(listing: Listing) -> tuple[str, list[Any]]:
    """The query over a view `rows`, and its parameters: of the versions of a row the greatest, sorted."""
    conditions, parameters = _conditions(listing)
    features = [f"v{n}" for n in range(len(listing.join.columns))]
    order = ", ".join(f"{name} DESC NULLS LAST" for name in ("event", "invoked", "written", "deleted", *features))
    by = "id" if listing.start is None else "id, event"
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    chosen = f"SELECT *, row_number() OVER (PARTITION BY {by} ORDER BY {order}) AS place FROM rows {where}"  # noqa: S608
    outputs = ["id AS record_id", "event", *(f"{name} AS value_{n}" for n, name in enumerate(features))]
    if listing.start is not None:
        outputs += [
            f"CASE WHEN {name} > {NOTHING} THEN {name} END AS {output}"
            for name, output in (("invoked", INVOKED), ("written", WRITE_TIME))
        ]
        outputs.append("deleted AS is_deleted")
    kept = "place = 1" if listing.start is not None else "place = 1 AND NOT deleted"
    # The names are ours, and what users gave is in parameters.
    return f"SELECT {', '.join(outputs)} FROM ({chosen}) WHERE {kept} ORDER BY id, event", parameters  # noqa: S608


def _conditions(listing: Listing) -> tuple[list[str], list[Any]]:
    found: list[tuple[str, Any]] = []
    if listing.start is not None:
        found.append(("event >= ?", threshold(listing, listing.start, upwards=True)))
    if listing.end is not None:
        is_history = listing.start is not None
        found.append((f"event {'<' if is_history else '<='} ?", threshold(listing, listing.end, upwards=is_history)))
    if listing.known_at and listing.end is not None:
        found.append((f"invoked > {NOTHING} AND invoked <= ?", micros_of(listing.end)))
    if listing.as_of is not None:
        found.append((f"written > {NOTHING} AND written <= ?", micros_of(listing.as_of)))
    conditions = [condition for condition, _ in found]
    if listing.ignore_deletes:
        conditions.append("NOT deleted")
    return conditions, [value for _, value in found]
