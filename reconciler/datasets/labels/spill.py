"""Batches kept until they are asked for: in memory, and in a file of the scratch folder where they are many."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from reconciler.errors import ReconcilerError
from reconciler.records.sources.spool import spool_file

IN_MEMORY = 128 << 20
"""So many bytes of labels, and as many of their moments, stay in memory."""


class Spill:
    """Batches with the same columns, which become one table.

    The table of a file is mapped, not read: what of it is in memory is the system's to decide. The file has no name
    any more by then, so nothing is left behind, whatever happens to the process.
    """

    def __init__(self, schema: pa.Schema, scratch: Path, limit: int = IN_MEMORY) -> None:
        self._schema, self._scratch, self._limit = schema, scratch, limit
        self._batches = list[pa.RecordBatch]()
        self._bytes = 0
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._stream: Any = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep the next rows. Raises `ReconcilerError` where the disk has no room for them."""
        self._batches.append(batch)
        self._bytes += batch.nbytes
        if self._bytes > self._limit:
            self._write()

    def table(self) -> pa.Table:
        """All rows."""
        if self._path is None:
            return pa.Table.from_batches(self._batches, self._schema)
        try:
            self._write()
            self._close()
            return pa.ipc.open_stream(pa.memory_map(str(self._path))).read_all()
        except OSError as failed:
            raise self._full(failed) from None
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove the file; a table that was made of it stays."""
        self._batches.clear()
        if self._file is not None:
            with suppress(OSError):  # of a full disk, once more
                self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        """What waits, to the file; the next is written at once."""
        try:
            if self._file is None:
                self._path = spool_file(self._scratch, ".arrows")
                self._file = self._path.open("wb")
                self._stream = pa.ipc.new_stream(self._file, self._schema)
            for batch in self._batches:
                self._stream.write_batch(batch)
        except OSError as failed:
            raise self._full(failed) from None
        self._batches.clear()
        self._limit = 0

    def _close(self) -> None:
        self._stream.close()
        if self._file is not None:
            self._file.close()

    def _full(self, failed: OSError) -> ReconcilerError:
        return ReconcilerError(f"The labels cannot be kept in {self._scratch}: {failed.strerror or failed}.")
