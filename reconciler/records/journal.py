"""What an ingest has done so far, on disk: which chunks are acknowledged, and which rows they were.

A run is named after what it is about: the live group, the contract, the options that matter and every row. The same
input is therefore the same run, and what its journal says is acknowledged is not sent again. Lines are appended; the
one that a kill has torn is cut off. The kernel lets go of a dead process's lock, so none is ever stale.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from reconciler.errors import Usage

KEYS = pa.schema([("row", pa.int64()), ("record_id", pa.string()), ("event_time", pa.string())])
"""Rows that AWS has taken: their number in the whole input, their identifier and event time as they were sent."""

_FILE, _LOCK = "journal.jsonl", "lock"


class Acknowledged(NamedTuple):
    """What became of one chunk, over all runs: `failed` are rows of the chunk that AWS did not take."""

    written: int
    refused: int = 0
    dropped: int = 0
    repeated: int = 0
    failed: tuple[int, ...] = ()


@dataclass(slots=True)
class Journal:
    """The journal of one run, held by this process alone. `done` is by the number of a chunk."""

    folder: Path
    file: BinaryIO
    lock: BinaryIO
    done: dict[int, Acknowledged] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    started: datetime | None = None

    def start(self, at: datetime) -> None:
        """The server's clock when the first row was sent, as one of several senders saw it; the earliest counts."""
        if self.started is None or at < self.started:
            self.started = at
            self._write({"started": at.isoformat()})

    def begin(self, chunk: int) -> None:
        """Rows of a chunk are about to leave: should this process die, they may have arrived."""
        self.begun.add(chunk)
        self._write({"begun": chunk})

    def acknowledge(self, chunk: int, came: Acknowledged, keys: pa.Table) -> None:
        """A chunk is through. `keys` are those of its rows that were taken now."""
        if keys.num_rows:
            _write_keys(self.folder, chunk, keys)
        self.done[chunk] = came
        self.begun.discard(chunk)
        self._write({"done": chunk, **came._asdict()})

    def close(self) -> None:
        """Let the next run have it."""
        self.file.close()
        self.lock.close()

    def _write(self, line: dict[str, Any]) -> None:
        self.file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self.file.flush()


def open_journal(folder: Path, *, again: bool = False) -> Journal:
    """The journal of a run, made if need be, and emptied if the run is to be done `again`.

    Raises `Usage` while another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder / _LOCK)
    if again:
        for old in (folder / _FILE, *folder.glob("keys-*")):
            old.unlink(missing_ok=True)
    journal = Journal(folder, (folder / _FILE).open("ab"), lock)
    _read(journal)
    return journal


def _read(journal: Journal) -> None:
    """Everything the file says; what follows the last whole line goes."""
    whole = 0
    with (journal.folder / _FILE).open("rb") as lines:
        for line in lines:
            try:
                _apply(journal, json.loads(line) if line.endswith(b"\n") else {})
            except ValueError:  # what a power cut left there
                break
            whole += len(line) if line.endswith(b"\n") else 0
    journal.file.truncate(whole)


def _apply(journal: Journal, line: dict[str, Any]) -> None:
    match line:
        case {"started": at}:
            journal.started = datetime.fromisoformat(at)
        case {"begun": chunk}:
            journal.begun.add(chunk)
        case {"done": chunk, "failed": failed, **counts}:
            journal.done[chunk] = Acknowledged(**counts, failed=tuple(failed))
            journal.begun.discard(chunk)


def _locked(path: Path) -> BinaryIO:
    """The lock, or `Usage` that names who has it."""
    file = path.open("a+b")
    try:
        _lock(file)
    except OSError:
        file.seek(0)
        holder = file.read(20).decode(errors="replace").strip()
        file.close()
        raise Usage(
            f"Another process ({holder or 'unknown'}) is ingesting the same rows into the same group: let it end. "
            "Should it be stopped, running this again sends what it has not."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n".encode())
    file.flush()
    return file


def _lock(file: BinaryIO) -> None:
    with suppress(ImportError):
        import fcntl  # noqa: PLC0415 - not on Windows, where two runs at once only send twice

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write_keys(folder: Path, chunk: int, keys: pa.Table) -> None:
    """In one piece or not at all. A chunk whose failed rows were sent once more has a file for each time."""
    number = len(list(folder.glob(f"keys-{chunk:06d}-*.arrow")))
    whole = folder / f"keys-{chunk:06d}-{number}.arrow"
    part = whole.with_suffix(".part")
    options = pa.ipc.IpcWriteOptions(compression="zstd" if pa.Codec.is_available("zstd") else None)
    with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, KEYS, options=options) as writer:
        writer.write_table(keys)
    part.replace(whole)


def read_keys(folder: Path) -> Iterator[pa.Table]:
    """The rows that AWS has taken, file by file: tables of `KEYS`. A row may be named twice after a kill."""
    for file in sorted(folder.glob("keys-*.arrow")):
        with pa.memory_map(str(file)) as mapped:
            yield pa.ipc.open_file(mapped).read_all()
