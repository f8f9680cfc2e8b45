"""Where chunks are sent from: this process, or processes of their own; all alike to whoever hands out the chunks."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import pyarrow as pa

from reconciler.errors import ReconcilerError
from reconciler.records.encoding import Form, encode
from reconciler.records.sending import Refused, Sender

if TYPE_CHECKING:
    from reconciler.aws.runtime import Runtime

PIECE_BYTES = 32 * 1024 * 1024
"""A chunk of wide or long rows is encoded and sent in pieces of about this size."""

CONNECTIONS = 64
"""How many connections a process uses at most."""


AT_ONCE = 2
"""How many chunks a process is given at once, so that the end of one does not keep its connections idle."""


_CLOSED = "The store was closed while rows were being sent. The same ingest sends only the rest."


class Job(NamedTuple):
    """Rows to send: all of them are good, and canonical."""

    chunk: int
    batch: pa.RecordBatch


class Done(NamedTuple):
    """A job that is through; `refused` counts rows within the job. `started` is as in `Sender`."""

    lane: int
    chunk: int
    refused: tuple[Refused, ...]
    repeated: int
    started: datetime | None


class Stopped(NamedTuple):
    """A lane that has come to its end, by itself, with an error."""

    lane: int
    error: BaseException


Result: TypeAlias = Done | Stopped


@dataclass(frozen=True, slots=True)
class Settings:
    """How to send."""

    form: Form
    connections: int = CONNECTIONS
    patience_s: float = 300.0


class Lane(Protocol):
    """Takes jobs, and puts what became of each into the queue it was made with."""

    @property
    def taken(self) -> int:
        """How many rows AWS has answered for so far."""

    @property
    def note(self) -> str:
        """What holds it up."""

    def put(self, job: Job) -> None:
        """Send these rows."""

    def close(self) -> None:
        """Drop what is under way, and let go of everything."""


class OwnLane:
    """Sends from this process: encodes in one thread, and talks to AWS on the runtime's loop."""

    def __init__(self, number: int, runtime: Runtime, settings: Settings, results: SimpleQueue[Result]) -> None:
        self._number, self._runtime, self._results = number, runtime, results
        self._form = settings.form
        self._sender = Sender(
            runtime, settings.form, most=max(1, settings.connections // AT_ONCE), patience_s=settings.patience_s
        )
        self._encoder = ThreadPoolExecutor(1, thread_name_prefix="reconciler-encoder")
        self._tasks = set[asyncio.Task[None]]()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="reconciler-lane", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def taken(self) -> int:
        return self._sender.taken

    @property
    def note(self) -> str:
        return self._sender.note

    def put(self, job: Job) -> None:
        with suppress(RuntimeError):  # the loop has ended, and said so
            self._loop.call_soon_threadsafe(self._begin, job)

    def close(self) -> None:
        with suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._encoder.shutdown(cancel_futures=True)

    def _main(self) -> None:
        try:
            self._runtime.run(self._live())
        except CancelledError:
            self._results.put(Stopped(self._number, ReconcilerError(_CLOSED)))
        except BaseException as error:  # noqa: BLE001 - whoever waits for results is told
            self._results.put(Stopped(self._number, error))
        finally:
            self._ready.set()

    async def _live(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, job: Job) -> None:
        task = self._loop.create_task(self._send(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, job: Job) -> None:
        try:
            refused, repeated = list[Refused](), 0
            for first, piece in pieces(job.batch):
                encoded = await self._loop.run_in_executor(self._encoder, encode, piece, self._form)
                sent = await self._sender.send(encoded)
                refused += [one._replace(row=one.row + first) for one in sent.refused]
                repeated += sent.repeated
        except Exception as error:  # noqa: BLE001 - as above
            self._results.put(Stopped(self._number, error))
        else:
            self._results.put(Done(self._number, job.chunk, tuple(refused), repeated, self._sender.started))


def pieces(batch: pa.RecordBatch) -> list[tuple[int, pa.RecordBatch]]:
    """A batch in parts that are small once they are encoded, each with the number of its first row."""
    overhead = sum(len(name) + 44 for name in batch.schema.names)
    size = batch.num_rows * overhead + 2 * batch.nbytes
    rows = max(1, batch.num_rows // (size // PIECE_BYTES + 1) + 1)
    return [(first, batch.slice(first, rows)) for first in range(0, batch.num_rows, rows)]
