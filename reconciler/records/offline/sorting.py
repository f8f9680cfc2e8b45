"""Rows put in the order of their event time, more of them than memory holds.

Each batch is sorted as it comes; what fills the memory that rows may take is merged and spilled to a file that can be
mapped. At the end everything is merged, a window of time at a time, so that memory holds a window and no more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

MEMORY = 1 << 30
"""Bytes of rows that are kept before they are spilled. Text of one column has to fit into two gigabytes."""
WINDOW_ROWS = 1 << 18
"""Rows that are handed on as one, more or less."""
_EXACT = 4
"""Windows are exact to one part in so many."""


class Sorted(NamedTuple):
    """Some rows in the order of their event time, which is never before that of the rows handed on earlier."""

    batch: pa.RecordBatch
    seconds: Any


class _Run(NamedTuple):
    """Sorted rows, in memory or mapped from a file, in batches that begin at `starts`; `rows` are their numbers."""

    batches: Sequence[pa.RecordBatch]
    starts: Sequence[int]
    seconds: Any
    nanos: Any
    rows: Any

    def part(self, start: int, end: int) -> Iterator[pa.RecordBatch]:
        number = bisect_right(self.starts, start) - 1
        while start < end:
            batch = self.batches[number].slice(start - self.starts[number], end - start)
            yield batch
            start += batch.num_rows
            number += 1

    def place(self, second: int) -> int:
        """The first row that is not before a second."""
        return int(np.searchsorted(self.seconds, second))


class Sorter:
    """Takes rows in any order. `scratch` is a folder of its own for what is spilled; `close` lets go of its files."""

    def __init__(self, scratch: Path, memory: int = MEMORY) -> None:
        self._scratch, self._memory = scratch, min(memory, MEMORY)
        self._held: list[Future[_Run]] = []
        self._bytes = 0
        self._spilled: list[_Run] = []
        self._maps: list[pa.MemoryMappedFile] = []
        self._pool = ThreadPoolExecutor(1)

    def add(self, batch: pa.RecordBatch, seconds: Any, nanos: Any, rows: Any) -> None:
        """Some rows with their event times since 1970 (int64, int32) and their numbers in the whole input (int64)."""
        if not batch.num_rows:
            return
        self._held.append(self._pool.submit(_sorted_run, batch, seconds, nanos, rows))
        self._bytes += batch.nbytes
        if self._bytes >= self._memory:
            self._spill()

    def partitions(self, span_s: int) -> dict[int, int]:
        """How many rows lie in each span of so many seconds, counted from 1970."""
        found: dict[int, int] = {}
        for run in self._runs():
            keys = run.seconds // span_s
            starts = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
            for start, end in pairwise(starts):
                key = int(keys[start])
                found[key] = found.get(key, 0) + end - start
        return dict(sorted(found.items()))

    def sorted(self, drop: Any = None) -> Iterator[Sorted]:
        """All rows in order, those of one instant in the order they came; without the rows of the numbers `drop`."""
        for some, rows in (_plain(part) for part in _merged(self._runs())):
            kept = some if drop is None or not len(drop) else _without(some, rows, drop)
            if kept.batch.num_rows:
                yield kept

    def close(self) -> None:
        """Let go of the files that were mapped."""
        self._pool.shutdown()
        self._held, self._spilled = [], []
        for mapped in self._maps:
            mapped.close()
        self._maps = []

    def _runs(self) -> list[_Run]:
        return [*self._spilled, *(held.result() for held in self._held)]

    def _spill(self) -> None:
        file = self._scratch / f"{len(self._spilled)}.arrow"
        parts = _merged([held.result() for held in self._held])
        starts, times, at = list[int](), list[tuple[Any, Any, Any]](), 0
        first = next(parts)
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, first.batches[0].schema) as writer:
            for part in (first, *parts):
                writer.write_batch(part.batches[0])
                starts.append(at)
                at += part.batches[0].num_rows
                times.append((part.seconds, part.nanos, part.rows))
        self._held, self._bytes = [], 0
        mapped = pa.memory_map(str(file))
        self._maps.append(mapped)
        reader = pa.ipc.open_file(mapped)
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        kept = [_mapped(file.with_suffix(f".{n}.npy"), some) for n, some in enumerate(zip(*times, strict=True))]
        self._spilled.append(_Run(batches, starts, *kept))


def _sorted_run(batch: pa.RecordBatch, seconds: Any, nanos: Any, rows: Any) -> _Run:
    order = in_order(seconds, nanos)
    if order is None:
        return _Run([batch], [0], seconds, nanos, rows)
    return _Run([batch.take(pa.array(order))], [0], seconds[order], nanos[order], rows[order])


def _mapped(path: Path, pieces: Sequence[Any]) -> Any:
    np.save(path, np.concatenate(pieces))
    return np.load(path, mmap_mode="r")


class _Window(NamedTuple):
    """From a second on, up to one that is no longer in it."""

    first: int
    end: int


def _merged(runs: list[_Run]) -> Iterator[_Run]:
    """Runs merged: as runs of one batch, of about `WINDOW_ROWS` rows."""
    for window in _windows(runs):
        parts = [(run, run.place(window.first), run.place(window.end)) for run in runs]
        parts = [part for part in parts if part[1] < part[2]]
        total = sum(end - start for _, start, end in parts)
        if window.end - window.first == 1 and total > 2 * WINDOW_ROWS:
            # A second with more rows than a window has: run by run, which is the order they came in.
            for run, start, end in parts:
                for at in range(start, end, WINDOW_ROWS):
                    yield _joined([(run, at, min(end, at + WINDOW_ROWS))])
        elif parts:
            yield _joined(parts)


def _windows(runs: list[_Run]) -> Iterator[_Window]:
    """Windows of about `WINDOW_ROWS` rows, cut between seconds."""
    if not runs:
        return
    step = max(1, WINDOW_ROWS // (_EXACT * len(runs)))
    samples = np.sort(np.concatenate([np.asarray(run.seconds[::step]) for run in runs]))
    last = max(int(run.seconds[-1]) for run in runs)
    first = int(samples[0])
    stride = max(1, WINDOW_ROWS // step)
    for sample in samples[stride::stride].tolist():
        if sample > first:
            yield from _alone(runs, _Window(first, sample))
            first = sample
    yield from _alone(runs, _Window(first, last + 1))


def _alone(runs: list[_Run], window: _Window) -> Iterator[_Window]:
    """The window, with its first second by itself if that alone fills it."""
    count = sum(run.place(window.first + 1) - run.place(window.first) for run in runs)
    if count > WINDOW_ROWS and window.end - window.first > 1:
        yield _Window(window.first, window.first + 1)
        yield _Window(window.first + 1, window.end)
    else:
        yield window


def _joined(parts: Sequence[tuple[_Run, int, int]]) -> _Run:
    seconds, nanos, rows = (
        np.concatenate([np.asarray(getattr(run, name)[start:end]) for run, start, end in parts])
        for name in ("seconds", "nanos", "rows")
    )
    pieces = [piece for run, start, end in parts for piece in run.part(start, end)]
    batch = pieces[0] if len(pieces) == 1 else pa.concat_batches(pieces)
    return _sorted_run(batch, seconds, nanos, rows)


def _plain(part: _Run) -> tuple[Sorted, Any]:
    return Sorted(part.batches[0], part.seconds), part.rows


def _without(some: Sorted, rows: Any, drop: Any) -> Sorted:
    kept = ~np.isin(rows, drop)
    return Sorted(some.batch.filter(pa.array(kept)), some.seconds[kept])


def in_order(seconds: Any, nanos: Any) -> Any:
    """The permutation that sorts instants, keeping the order of equal ones: by 16 bits at a time, which is linear.

    None where they are in order already.
    """
    span = (seconds - seconds.min()).astype(np.uint64)
    if not nanos.any():
        return None if (span[1:] >= span[:-1]).all() else _by_digits(span, None)
    return _by_digits(span, _by_digits(nanos.astype(np.uint64), None))


def _by_digits(keys: Any, order: Any) -> Any:
    rest = int(keys.max())
    while rest or order is None:
        digits = (keys & 0xFFFF).astype(np.uint16)
        order = np.argsort(digits, kind="stable") if order is None else order[np.argsort(digits[order], kind="stable")]
        keys, rest = keys >> np.uint64(16), rest >> 16
    return order
