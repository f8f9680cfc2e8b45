"""What can be read only once, kept on disk until it has been read twice."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from reconciler.errors import ReconcilerError
from reconciler.records.faults import RowFault
from reconciler.records.sources.chunk import Piece, Rows

_FAULTS = b"reconciler:faults"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def spool_file(scratch: Path, suffix: str) -> Path:
    """A new file in the scratch folder, empty, which nobody else reads."""
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix="spool-", suffix=suffix, dir=scratch)
    except OSError as error:
        raise ReconcilerError(f"Rows cannot be kept in {scratch}: {error.strerror}.") from None
    os.close(handle)
    return Path(path)


class Spool:
    """Pieces of a stream, numbered through, in one file of the scratch folder. A single piece stays in memory.

    Each piece is an Arrow stream of its own, since the types of Python values differ from piece to piece.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._ends = [0]
        self._first: Piece | None = None
        self._path: Path | None = None
        self.rows = 0

    def fill(self, pieces: Iterable[tuple[pa.RecordBatch, tuple[RowFault, ...]]]) -> None:
        """Read a stream to its end."""
        file: BinaryIO | None = None
        try:
            for batch, faults in pieces:
                piece = Piece(batch, Rows("", self.rows), faults)
                self.rows += batch.num_rows
                if self._first is None:
                    self._first = piece
                    continue
                if file is None:
                    file = self._open()
                    self._write(file, self._first)
                self._write(file, piece)
        except BaseException:
            self.close()
            raise
        finally:
            if file is not None:
                with suppress(OSError):  # of a full disk, once more; every piece was flushed
                    file.close()

    def pieces(self) -> Iterator[Piece]:
        """All of it, from the first row."""
        if self._path is None:
            yield from () if self._first is None else (self._first,)
            return
        row = 0
        with pa.memory_map(str(self._path)) as file:
            for start, end in zip(self._ends, self._ends[1:], strict=False):
                file.seek(start)
                batch = pa.ipc.open_stream(pa.BufferReader(file.read_buffer(end - start))).read_next_batch()
                known = json.loads((batch.schema.metadata or {}).get(_FAULTS, b"[]"))
                yield Piece(batch, Rows("", row), tuple(RowFault(*fault) for fault in known))
                row += batch.num_rows

    def close(self) -> None:
        """Remove the file."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _open(self) -> BinaryIO:
        self._path = spool_file(self._scratch, ".arrows")
        return self._path.open("wb")

    def _write(self, file: BinaryIO, piece: Piece) -> None:
        metadata = {_FAULTS: json.dumps(piece.faults)} if piece.faults else None
        batch = piece.batch.replace_schema_metadata(metadata)
        try:
            with pa.ipc.new_stream(file, batch.schema, options=_OPTIONS) as stream:
                stream.write_batch(batch)
            file.flush()
        except OSError as error:
            raise ReconcilerError(f"Rows cannot be kept in {self._scratch}: {error.strerror or error}.") from None
        self._ends.append(file.tell())
