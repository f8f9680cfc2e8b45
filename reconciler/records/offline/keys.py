"""The rows that are looked for: their identifiers and event times, by the hour or day that they lie in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from reconciler.records.offline.instants import NANOS, SECONDS, instants

if TYPE_CHECKING:
    import pyarrow as pa

RECORD_ID = "record_id"
COLUMNS = [RECORD_ID, SECONDS, NANOS]


class MissingRow(NamedTuple):
    """A row that was acknowledged and is not readable offline."""

    record_id: str
    event_time: str


def key_table(record_ids: pa.Array | pa.ChunkedArray, event_times: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Keys that can be compared whoever wrote them: identifiers as text, event times as instants."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    seconds, nanos = instants(event_times)
    return pa.table([record_ids.cast(pa.string()), seconds, nanos], names=COLUMNS)


class Missing:
    """Keys that were not found yet, by partition: an hour or a day counted from 1970."""

    def __init__(self, keys: pa.Table, partition_of: Callable[[pa.Array], pa.Array]) -> None:
        self._parts = dict(_parted(keys, partition_of))
        self.total = self.count

    @property
    def count(self) -> int:
        return sum(len(keys) for keys in self._parts.values())

    @property
    def partitions(self) -> list[int]:
        """Those with keys that are missing."""
        return list(self._parts)

    def keys(self, partition: int) -> pa.Table:
        return self._parts[partition]

    def found(self, partition: int, keys: pa.Table) -> None:
        """Some keys of a partition were found; others may be among them."""
        if partition not in self._parts or not len(keys):
            return
        left = without(self._parts[partition], keys)
        if len(left):
            self._parts[partition] = left
        else:
            del self._parts[partition]

    def rows(self) -> Iterator[tuple[str, int, int]]:
        """Identifier, seconds and nanoseconds of what is missing, in the order of time."""
        for partition in sorted(self._parts):
            keys = self._parts[partition].sort_by([(name, "ascending") for name in (SECONDS, NANOS, RECORD_ID)])
            yield from zip(*(keys[name].to_pylist() for name in COLUMNS), strict=True)


def without(keys: pa.Table, others: pa.Table) -> pa.Table:
    """The keys that are not among others."""
    return keys.join(others, keys=COLUMNS, join_type="left anti", use_threads=False).select(COLUMNS)


def _parted(keys: pa.Table, partition_of: Callable[[pa.Array], pa.Array]) -> Iterator[tuple[int, pa.Table]]:
    """Distinct keys, cut by partition."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if not len(keys):
        return
    partitions = partition_of(keys[SECONDS].combine_chunks())
    order = pc.sort_indices(partitions)
    runs = pc.run_end_encode(partitions.take(order))
    start = 0
    for partition, end in zip(runs.values.to_pylist(), pa.array(runs.run_ends).to_pylist(), strict=True):
        part = keys.take(order.slice(start, end - start)).combine_chunks()
        yield partition, part.group_by(COLUMNS, use_threads=False).aggregate([])
        start = end
