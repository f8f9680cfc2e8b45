"""Sorted rows to staged files, on several cores.

This is the part that runs on one machine and on each executor of a cluster alike: `write` takes a stream of rows in
the order of partition and event time, and answers the files it has staged, which nobody sees until they are committed
together (`committing.commit`).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore, Condition
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.records.offline.files import GROUP_BYTES, Dictionaries, Finished, Form, PartitionFiles
from reconciler.records.offline.sinks import Sink, Staged
from reconciler.records.offline.sorting import Sorted

THREADS = min(8, os.cpu_count() or 1)
"""How many files are encoded at a time."""
UPLOADS = 32
"""How many files are staged at a time: that is waiting for the network, most of all."""
DISK_BYTES = 2 << 30
"""Bytes of files that wait to be staged."""


class _Piece(NamedTuple):
    """Rows of one partition. `is_last` says that no more of it come."""

    key: int
    batches: list[pa.RecordBatch]
    latest: int
    is_last: bool


def write(
    stream: Iterable[Sorted],
    form: Form,
    sink: Sink,
    scratch: Path,
    *,
    totals: Mapping[int, int] | None = None,
    threads: int = THREADS,
    uploads: int = UPLOADS,
) -> list[Staged]:
    """Write the rows of a stream and stage their files; on any error none of them stays staged.

    The rows of one partition have to come together, in the order of event time; `totals` says how many rows each
    partition has, if that is known. `scratch` is a folder for files on their way.
    """
    stager = _Stager(sink, uploads)
    crew = _Crew(form, stager, scratch, totals or {}, threads)
    try:
        for piece in _pieces(stream, form.layout.span_s):
            crew.take(piece)
            stager.check()
        crew.finish()
        return sorted(stager.finish(), key=lambda file: (file.key, file.latest))
    except BaseException:
        crew.give_up()
        stager.give_up()
        raise


class _Stager:
    """Threads that stage files, as long as not too many bytes of them wait."""

    def __init__(self, sink: Sink, uploads: int) -> None:
        self._sink, self._pool = sink, ThreadPoolExecutor(uploads)
        self._waiting, self._changed = 0, Condition()
        self._futures: list[Future[Staged]] = []
        self._failed: BaseException | None = None

    def take(self, finished: Finished) -> None:
        """Have a file staged; waits for room. Called from several threads."""
        size = finished.file.size
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting or self._waiting + size <= DISK_BYTES)
            self._waiting += size
            self._futures.append(self._pool.submit(self._stage, finished))

    def check(self) -> None:
        """Raise the error that staging ended with, if it did."""
        if self._failed is not None:
            raise self._failed

    def finish(self) -> list[Staged]:
        self._pool.shutdown()
        return [future.result() for future in self._futures]

    def give_up(self) -> None:
        """Throw away what is staged."""
        self._pool.shutdown(cancel_futures=True)
        for future in self._futures:
            if not future.cancelled() and future.exception() is None:
                self._sink.discard(future.result())

    def _stage(self, finished: Finished) -> Staged:
        try:
            upload, parts = self._sink.stage(finished.path, finished.file.uri)
        except BaseException as failed:
            self._failed = failed
            raise
        finally:
            with self._changed:
                self._waiting -= finished.file.size
                self._changed.notify_all()
        return replace(finished.file, upload=upload, parts=parts)


class _Crew:
    """Threads that write, a partition's rows in their order."""

    def __init__(self, form: Form, stager: _Stager, scratch: Path, totals: Mapping[int, int], threads: int) -> None:
        self._form, self._stager, self._scratch, self._totals = form, stager, scratch, totals
        self._dictionaries = Dictionaries()
        self._pool = ThreadPoolExecutor(threads)
        self._room = BoundedSemaphore(2 * threads)
        self._open: tuple[int, PartitionFiles, Future[None] | None] | None = None
        self._futures: list[Future[None]] = []

    def take(self, piece: _Piece) -> None:
        if self._open is None or self._open[0] != piece.key:
            self._open = (piece.key, self._files(piece.key), None)
        key, files, before = self._open
        self._open = (key, files, self._submit(files, piece, before))

    def finish(self) -> None:
        for future in self._futures:
            future.result()
        self._pool.shutdown()

    def give_up(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        if self._open is not None:
            self._open[1].drop()

    def _files(self, key: int) -> PartitionFiles:
        total = self._totals.get(key)
        return PartitionFiles(self._form, key, self._stager.take, self._scratch, total, self._dictionaries)

    def _submit(self, files: PartitionFiles, piece: _Piece, before: Future[None] | None) -> Future[None]:
        self._room.acquire()
        self._futures = [future for future in self._futures if not _is_done(future)]

        def perform() -> None:
            try:
                # What comes before was begun before: the pool takes its work in order.
                if before is not None:
                    before.result()
                files.add(piece.batches, piece.latest)
                if piece.is_last:
                    files.close()
            except BaseException:
                files.drop()
                raise
            finally:
                self._room.release()

        future = self._pool.submit(perform)
        self._futures.append(future)
        return future


def _is_done(future: Future[None]) -> bool:
    """Done; an error in it is raised here, in the thread of the caller."""
    if future.done():
        future.result()
        return True
    return False


def _pieces(stream: Iterable[Sorted], span_s: int) -> Iterator[_Piece]:
    """The stream cut at partitions, and within one after so many bytes."""
    held: list[pa.RecordBatch] = []
    key, latest, size = 0, 0, 0
    for cut, batch, last in _cuts(stream, span_s):
        if held and (cut != key or size >= GROUP_BYTES):
            yield _Piece(key, held, latest, is_last=cut != key)
            held, size = [], 0
        key, latest = cut, last
        held.append(batch)
        size += batch.nbytes
    if held:
        yield _Piece(key, held, latest, is_last=True)


def _cuts(stream: Iterable[Sorted], span_s: int) -> Iterator[tuple[int, pa.RecordBatch, int]]:
    """Partition, rows and their last second."""
    for batch, seconds in stream:
        keys = seconds // span_s
        starts = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
        for start, end in itertools.pairwise(starts):
            yield int(keys[start]), batch.slice(start, end - start), int(seconds[end - 1])
