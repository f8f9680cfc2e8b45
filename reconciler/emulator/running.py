"""A server in a process of its own: for tests, benchmarks, and what runs on it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PREFIX = "/_emulator/"


class Running:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url
        self.pid: int = process.pid

    def ask(self, method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One of the paths under /_emulator/."""
        import urllib.request  # noqa: PLC0415 - heavy, and only tests come here

        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{_PREFIX}{name}", data, method=method)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            answered: dict[str, Any] = json.load(reply)
        return answered

    def stop(self) -> int:
        """Ask it to end, and wait; answers its exit code."""
        self._process.terminate()
        return self._ended()

    def kill(self) -> int:
        """End it at once, as a crash would."""
        self._process.kill()
        return self._ended()

    def _ended(self) -> int:
        code = self._process.wait(timeout=30)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        return code


def start(directory: Path | str, **settings: Any) -> Running:
    """A server on a directory in a child process, ready to be asked; RuntimeError where it cannot start.

    It ends when this process does, however that ends. An interrupt from the terminal is not for it.
    """
    command = [sys.executable, "-m", "reconciler.emulator.server", "--data", str(directory), "--quiet", "--attached"]
    process = subprocess.Popen(  # noqa: S603 - our own
        [*command, "--settings", json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    url = process.stdout.readline().strip() if process.stdout else ""
    started = Running(process, url)
    if not url:
        raise RuntimeError(f"the emulator did not start; its exit code is {started.stop()}")
    return started


@contextmanager
def running(directory: Path | str, **settings: Any) -> Iterator[Running]:
    """Such a server while the block runs."""
    started = start(directory, **settings)
    try:
        yield started
    finally:
        started.stop()
