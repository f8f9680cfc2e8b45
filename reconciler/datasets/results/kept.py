"""The rows of a result, kept until nobody wants them any more: in memory, or in a file where they are many."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from reconciler.errors import ReconcilerError, Usage

IN_MEMORY: Final = 256 << 20
"""Bytes of a result beyond which it lies in a file."""


class Kept:
    """Blocks of one schema, written once and read as often as wanted. A file is mapped, not loaded."""

    def __init__(self, schema: pa.Schema, scratch: Path, in_memory: int = IN_MEMORY) -> None:
        self.schema, self.rows = schema, 0
        self._scratch, self._in_memory = scratch, in_memory
        self._blocks: list[pa.RecordBatch] = []
        self._bytes = 0
        self._is_closed = False
        self._path: Path | None = None
        self._sink: Any = None
        self._stream: Any = None

    def add(self, block: pa.RecordBatch) -> None:
        """Keep a block."""
        self.rows += block.num_rows
        if self._stream is not None:
            self._write(block)
            return
        self._blocks.append(block)
        self._bytes += block.nbytes
        if self._bytes > self._in_memory:
            self._open()
            for waiting in self._blocks:
                self._write(waiting)
            self._blocks.clear()

    def end(self) -> None:
        """Nothing more comes."""
        if self._stream is not None:
            try:
                self._stream.close()
                self._sink.close()
            except OSError as failed:
                raise self._full(failed) from failed
            self._stream = None

    def blocks(self) -> Iterator[pa.RecordBatch]:
        """All of them, from the first on; raises `Usage` where they were let go of, before the last too."""
        self._check()
        if self._path is None:
            yield from self._blocks
            self._check()
            return
        with pa.memory_map(str(self._path)) as file:
            yield from pa.ipc.open_stream(file)

    def table(self) -> pa.Table:
        """All of them at once. What lies in a file is read from there when it is looked at."""
        self._check()
        if self._path is None:
            return pa.Table.from_batches(self._blocks, self.schema)
        return pa.ipc.open_stream(pa.memory_map(str(self._path))).read_all()

    def close(self) -> None:
        """Let go of the rows. Tables that were handed out stay."""
        self._is_closed = True
        self._blocks.clear()
        if self._sink is not None:
            self._sink.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _check(self) -> None:
        if self._is_closed:
            raise Usage("The dataset was closed, and its rows are gone: make it again.")

    def _open(self) -> None:
        try:
            self._scratch.mkdir(parents=True, exist_ok=True)
            handle, path = tempfile.mkstemp(prefix="result-", suffix=".arrows", dir=self._scratch)
            os.close(handle)
            self._path = Path(path)
            self._sink = pa.OSFile(path, "wb")
            self._stream = pa.ipc.new_stream(self._sink, self.schema)
        except OSError as failed:
            raise self._full(failed) from failed

    def _write(self, block: pa.RecordBatch) -> None:
        try:
            self._stream.write_batch(block)
        except OSError as failed:
            raise self._full(failed) from failed

    def _full(self, failed: OSError) -> ReconcilerError:
        return ReconcilerError(f"Rows of the result cannot be kept in {self._scratch}: {failed.strerror or failed}.")
