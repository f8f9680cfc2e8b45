"""Rows put in the order of their event time, more of them than memory holds.

Rows are kept until they fill the memory they may take; then they are sorted and spilled to a file that can be mapped.
At the end the spilled runs are merged a window of time at a time, so that memory holds a window and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

MEMORY = 1 << 30
"""Bytes of rows that are kept before they are spilled. Text of one column has to fit into two gigabytes."""
WINDOW_ROWS = 1 << 18
"""Rows that are handed on as one."""
_SAMPLES = 16
"""A window of a merge is exact to one part in so many."""


class Sorted(NamedTuple):
    """Some rows in the order of their event time, which is never before that of the rows handed on earlier."""

    batch: pa.RecordBatch
    seconds: Any


class _Run(NamedTuple):
    """Sorted rows, in memory or mapped from a file: in batches of `WINDOW_ROWS`, but for the last."""

    batches: list[pa.RecordBatch]
    seconds: Any
    nanos: Any
    rows: Any

    def part(self, start: int, end: int) -> list[pa.RecordBatch]:
        found = []
        for number in range(start // WINDOW_ROWS, -(-end // WINDOW_ROWS)):
            first = max(0, start - number * WINDOW_ROWS)
            last = min(WINDOW_ROWS, end - number * WINDOW_ROWS)
            found.append(self.batches[number].slice(first, last - first))
        return found


class Sorter:
    """Takes rows in any order. `scratch` is a folder of its own for what is spilled; `close` lets go of its files."""

    def __init__(self, scratch: Path, memory: int = MEMORY) -> None:
        self._scratch, self._memory = scratch, min(memory, MEMORY)
        self._held: list[pa.RecordBatch] = []
        self._times: list[tuple[Any, Any, Any]] = []
        self._bytes = 0
        self._runs: list[_Run] = []
        self._maps: list[pa.MemoryMappedFile] = []

    def add(self, batch: pa.RecordBatch, seconds: Any, nanos: Any, rows: Any) -> None:
        """Some rows with their event times since 1970 (int64, int32) and their numbers in the whole input (int64)."""
        if not batch.num_rows:
            return
        self._held.append(batch)
        self._times.append((seconds, nanos, rows))
        self._bytes += batch.nbytes
        if self._bytes >= self._memory:
            self._spill()

    def partitions(self, span_s: int) -> dict[int, int]:
        """How many rows lie in each span of so many seconds, counted from 1970."""
        found: dict[int, int] = {}
        for seconds in (*(run.seconds for run in self._runs), *(times[0] for times in self._times)):
            keys, counts = np.unique(seconds // span_s, return_counts=True)
            for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
                found[key] = found.get(key, 0) + count
        return dict(sorted(found.items()))

    def sorted(self, drop: Any = None) -> Iterator[Sorted]:
        """All rows in order, those of one instant in the order they came; without the rows of the numbers `drop`."""
        if not self._runs:
            yield from self._from_memory(drop)
            return
        if self._held:
            self._spill()
        for window in _windows(self._runs):
            yield from self._merged(window, drop)

    def close(self) -> None:
        """Let go of the files that were mapped."""
        self._runs, self._held, self._times = [], [], []
        for mapped in self._maps:
            mapped.close()
        self._maps = []

    def _from_memory(self, drop: Any) -> Iterator[Sorted]:
        for batch, seconds, _, rows in self._in_order():
            yield from _without(Sorted(batch, seconds), rows, drop)

    def _in_order(self) -> Iterator[tuple[pa.RecordBatch, Any, Any, Any]]:
        """What is held, sorted, a window at a time; nothing is held afterwards."""
        if not self._held:
            return
        seconds, nanos, rows = (np.concatenate(some) for some in zip(*self._times, strict=True))
        batch = _one_batch(self._held)
        self._held, self._times, self._bytes = [], [], 0
        order = in_order(seconds, nanos)
        for start in range(0, len(order), WINDOW_ROWS):
            which = order[start : start + WINDOW_ROWS]
            yield batch.take(pa.array(which)), seconds[which], nanos[which], rows[which]

    def _spill(self) -> None:
        file = self._scratch / f"{len(self._runs)}.arrow"
        times: list[tuple[Any, Any, Any]] = []
        with pa.OSFile(str(file), "wb") as sink:
            writer: pa.RecordBatchFileWriter | None = None
            for batch, *moments in self._in_order():
                writer = writer or pa.ipc.new_file(sink, batch.schema)
                writer.write_batch(batch)
                times.append((moments[0], moments[1], moments[2]))
            if writer is not None:
                writer.close()
        mapped = pa.memory_map(str(file))
        self._maps.append(mapped)
        reader = pa.ipc.open_file(mapped)
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        kept = [self._mapped(file, n, some) for n, some in enumerate(zip(*times, strict=True))]
        self._runs.append(_Run(batches, *kept))

    def _mapped(self, file: Path, number: int, pieces: tuple[Any, ...]) -> Any:
        path = file.with_suffix(f".{number}.npy")
        np.save(path, np.concatenate(pieces))
        return np.load(path, mmap_mode="r")

    def _merged(self, window: _Window, drop: Any) -> Iterator[Sorted]:
        parts = [
            (run, int(np.searchsorted(run.seconds, window.first)), int(np.searchsorted(run.seconds, window.end)))
            for run in self._runs
        ]
        parts = [part for part in parts if part[1] < part[2]]
        total = sum(end - start for _, start, end in parts)
        if window.end - window.first == 1 and total > 2 * WINDOW_ROWS:
            # A second with more rows than fit: run by run, which is the order they came in.
            for run, start, end in parts:
                for at in range(start, end, WINDOW_ROWS):
                    yield from _joined([(run, at, min(end, at + WINDOW_ROWS))], drop)
        elif parts:
            yield from _joined(parts, drop)


class _Window(NamedTuple):
    """From a second on, up to one that is no longer in it."""

    first: int
    end: int


def _windows(runs: list[_Run]) -> Iterator[_Window]:
    """Windows of about `WINDOW_ROWS` rows, cut between seconds."""
    step = max(1, WINDOW_ROWS // _SAMPLES)
    samples = np.sort(np.concatenate([np.asarray(run.seconds[::step]) for run in runs]))
    last = max(int(run.seconds[-1]) for run in runs)
    first = int(samples[0])
    for sample in samples[_SAMPLES::_SAMPLES].tolist():
        if sample > first:
            yield from _alone(runs, _Window(first, sample))
            first = sample
    yield from _alone(runs, _Window(first, last + 1))


def _alone(runs: list[_Run], window: _Window) -> Iterator[_Window]:
    """The window, with its first second by itself if that alone fills it."""
    count = sum(
        int(np.searchsorted(run.seconds, window.first + 1) - np.searchsorted(run.seconds, window.first)) for run in runs
    )
    if count > WINDOW_ROWS and window.end - window.first > 1:
        yield _Window(window.first, window.first + 1)
        yield _Window(window.first + 1, window.end)
    else:
        yield window


def _joined(parts: list[tuple[_Run, int, int]], drop: Any) -> Iterator[Sorted]:
    seconds, nanos, rows = (
        np.concatenate([np.asarray(getattr(run, name)[start:end]) for run, start, end in parts])
        for name in ("seconds", "nanos", "rows")
    )
    batch = _one_batch([piece for run, start, end in parts for piece in run.part(start, end)])
    if len(parts) > 1:
        order = in_order(seconds, nanos)
        batch, seconds, rows = batch.take(pa.array(order)), seconds[order], rows[order]
    yield from _without(Sorted(batch, seconds), rows, drop)


def _without(some: Sorted, rows: Any, drop: Any) -> Iterator[Sorted]:
    if drop is not None and len(drop):
        kept = ~np.isin(rows, drop)
        some = Sorted(some.batch.filter(pa.array(kept)), some.seconds[kept])
    if some.batch.num_rows:
        yield some


def _one_batch(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def in_order(seconds: Any, nanos: Any) -> Any:
    """The permutation that sorts instants, keeping the order of equal ones: by 16 bits at a time, which is linear."""
    order = None
    if nanos.any():
        order = _by_digits(nanos.astype(np.uint64), None)
    span = seconds - seconds.min()
    if (np.diff(span) >= 0).all() and order is None:
        return np.arange(len(span))
    return _by_digits(span.astype(np.uint64), order)


def _by_digits(keys: Any, order: Any) -> Any:
    rest = int(keys.max())
    while rest or order is None:
        digits = (keys & 0xFFFF).astype(np.uint16)
        order = np.argsort(digits, kind="stable") if order is None else order[np.argsort(digits[order], kind="stable")]
        keys, rest = keys >> np.uint64(16), rest >> 16
    return order
