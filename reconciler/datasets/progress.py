"""How far a dataset is, and a line that shows it where work is long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, NamedTuple, TypeAlias

LONG_S: Final = 1.0
"""Work that takes no longer is not worth a line."""


class Progress(NamedTuple):
    """What is being done (`reading weather`, `on Athena`), how much of it, and out of how much where that is known.

    `unit` says what is counted: rows, files or bytes.
    """

    stage: str
    done: int
    total: int | None = None
    unit: str = "rows"
    note: str = ""

    def __str__(self) -> str:
        whole = f" of {self.total:,}" if self.total is not None else ""
        done = f": {self.done:,}{whole} {self.unit}" if self.done or self.total else ""
        return f"{self.stage}{done}{f' ({self.note})' if self.note else ''}"


Tell: TypeAlias = Callable[[Progress], None]


class Line:
    """A line on stderr, or in a notebook, that tells of work once it is long. To be closed when the work is done."""

    def __init__(self, name: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._clock, self._began = name, clock, clock()
        self._turn = Lock()
        self._status: Any = None
        self._is_closed = False

    def __call__(self, progress: Progress) -> None:
        if self._is_closed or self._clock() - self._began < LONG_S:
            return
        text = f"{self._name}: {progress}" if self._name else str(progress)
        with self._turn:
            if self._status is None:
                from rich.console import Console  # noqa: PLC0415 - heavy, and only for who looks on
                from rich.markup import escape  # noqa: PLC0415

                self._status = Console(stderr=True).status(escape(text))
                self._status.start()
            self._status.update(text.replace("[", r"\["))

    def close(self) -> None:
        """Take the line away."""
        with self._turn:
            self._is_closed = True
            if self._status is not None:
                self._status.stop()


def is_watched() -> bool:
    """Somebody looks on: at a terminal, or in a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def unheard(_: Progress) -> None:
    """Who does not ask is not told."""
