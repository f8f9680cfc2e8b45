"""A process that sends: `python -m reconciler.records.worker`, with jobs on its standard input, results on its output.

It imports nothing of its user's, and ends when its input does, which is also what happens when its parent is killed.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from reconciler.errors import AwsFailed, ReconcilerError
from reconciler.records.lanes import Done, Job, OwnLane, Result, Settings, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.config import Environment

_LENGTH = struct.Struct(">Q")
_TELL_S = 0.25


class ProcessLane:
    """Sends from a process of its own."""

    def __init__(
        self, number: int, environment: Environment, root: Path, settings: Settings, results: SimpleQueue[Result]
    ) -> None:
        self._number, self._results = number, results
        self.taken, self.note = 0, ""
        self._is_closing = False
        self._process = _start()
        self._reader = threading.Thread(target=self._read, name="reconciler-worker", daemon=True)
        self._reader.start()
        # The class of the records is the user's: another process had to import it, and has no use for it.
        form = replace(settings.form, contract=replace(settings.form.contract, record=None))
        self._write((number, environment, root, replace(settings, form=form)))

    def put(self, job: Job) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, job.batch.schema) as writer:
            writer.write_batch(job.batch)
        self._write((job.chunk, sink.getvalue().to_pybytes()))

    def close(self) -> None:
        self._is_closing = True
        if self._process.stdin:
            with suppress(BrokenPipeError):  # it is gone already
                self._process.stdin.close()
        self._reader.join()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _write(self, message: Any) -> None:
        with suppress(BrokenPipeError):  # the reader learns of it, and says so
            if self._process.stdin:
                _write(self._process.stdin, message)

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        for message in _messages(self._process.stdout):
            match message:
                case ("progress", taken, note):
                    self.taken, self.note = taken, note
                case ("done", done):
                    self._results.put(done)
                case ("stopped", error):
                    self._results.put(Stopped(self._number, _error(error)))
        if not self._is_closing:
            code = self._process.wait()
            lost = f"A process that was sending ended by itself ({code}). The same ingest sends only the rest."
            self._results.put(Stopped(self._number, ReconcilerError(lost)))


def _start() -> subprocess.Popen[bytes]:
    """A process that finds this package, and nothing by chance in the working directory; interrupts are not for it."""
    home = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "reconciler.records.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def _write(pipe: BinaryIO | Any, message: Any) -> None:
    data = pickle.dumps(message)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _messages(pipe: BinaryIO | Any) -> Iterator[Any]:
    """Whole messages, until the other side ends, however it does."""
    while len(head := pipe.read(_LENGTH.size)) == _LENGTH.size:
        (size,) = _LENGTH.unpack(head)
        data = pipe.read(size)
        if len(data) < size:
            return
        yield pickle.loads(data)  # noqa: S301 - from our own parent or child


def _error(said: Any) -> ReconcilerError:
    match said:
        case ("aws", *words):
            return AwsFailed(*words)
        case (_, text):
            return ReconcilerError(text)
    raise TypeError(said)


def _words(error: BaseException) -> tuple[str, ...]:
    if isinstance(error, AwsFailed):
        return ("aws", error.call, error.group, error.code, error.message, error.hint)
    return ("error", str(error) if isinstance(error, ReconcilerError) else f"{type(error).__name__}: {error}")


def main() -> None:
    """Send what comes in, until nothing does."""
    from reconciler.aws.runtime import Runtime  # noqa: PLC0415 - the parent has it already

    taking, giving = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no message
    messages = _messages(taking)
    number, environment, root, settings = next(messages)
    results = SimpleQueue[Result | None]()
    with Runtime(environment, root) as runtime:
        lane = OwnLane(number, runtime, settings, results)  # type: ignore[arg-type]  # it puts only results
        teller = threading.Thread(target=_tell, args=(lane, results, giving), daemon=True)
        teller.start()
        for chunk, data in messages:
            lane.put(Job(chunk, pa.ipc.open_stream(data).read_next_batch()))
        lane.close()
        results.put(None)
        teller.join()


def _tell(lane: OwnLane, results: SimpleQueue[Result | None], giving: BinaryIO) -> None:
    """Results as they come, and how far it is."""
    told: tuple[Any, ...] = ()
    try:
        while True:
            try:
                result = results.get(timeout=_TELL_S)
            except Empty:
                pass
            else:
                if result is None:
                    return
                is_done = isinstance(result, Done)
                _write(giving, ("done", result) if is_done else ("stopped", _words(result.error)))  # type: ignore[union-attr]  # the other kind
            if told != (now := ("progress", lane.taken, lane.note)):
                _write(giving, told := now)
    except BrokenPipeError:
        return  # the parent is gone, and with it whoever wants to know


if __name__ == "__main__":
    main()
