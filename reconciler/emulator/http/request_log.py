"""A line for each request, and the last few hundred of them for who looks in."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from typing import TextIO

_REMEMBERED = 500
_COLOURS = {"2": "", "3": "", "4": "33", "5": "31", "d": "35"}  # yellow, red, magenta for what was dropped


class Entry(NamedTuple):
    """One request as it was answered."""

    number: int
    moment: float
    service: str
    operation: str
    subject: str
    status: int
    """0: no reply; the connection was dropped, or the client had gone."""
    code: str
    """The error's, or what became of a connection."""
    seconds: float
    size: int
    """Bytes of both bodies."""
    faults: tuple[str, ...]


class RequestLog:
    """Where requests are noted. Without a stream nothing is written, and still remembered."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._columns = 0
        self._is_colourful = False
        if stream is not None and stream.isatty():
            self._columns = _columns(stream)
            self._is_colourful = not os.environ.get("NO_COLOR")
        self._second, self._clock = 0, ""
        self._number = 0
        self.entries: deque[Entry] = deque(maxlen=_REMEMBERED)

    def note(
        self,
        service: str,
        operation: str,
        subject: str,
        status: int,
        code: str,
        seconds: float,
        size: int,
        faults: tuple[str, ...] = (),
    ) -> None:
        """Remember a request, and write its line."""
        self._number += 1
        entry = Entry(self._number, time.time(), service, operation, subject, status, code, seconds, size, faults)
        self.entries.append(entry)
        if self._stream is not None:
            self._write(self._stream, entry)

    def after(self, number: int) -> list[dict[str, Any]]:
        """The requests after one, oldest first."""
        return [entry._asdict() for entry in list(self.entries) if entry.number > number]

    def _write(self, stream: TextIO, entry: Entry) -> None:
        try:
            stream.write(self._line(entry) + "\n")
        except (OSError, ValueError):
            self._stream = None  # nobody reads it any more

    def _line(self, entry: Entry) -> str:
        second = int(entry.moment)
        if second != self._second:
            self._second, self._clock = second, time.strftime("%H:%M:%S", time.localtime(second))
        status = str(entry.status) if entry.status else "---"
        left = f"{self._clock} {status} {entry.seconds * 1000:8.1f} ms {as_size(entry.size):>8}  "
        right = f"{entry.service} {entry.operation} {printable(entry.subject)}"
        tail = "".join(f"  {word}" for word in (entry.code, _faults(entry.faults)) if word)
        if self._columns:
            right = _cut(right, self._columns - len(left) - len(tail))
        return f"{left}{right}{self._painted(tail, entry)}"

    def _painted(self, tail: str, entry: Entry) -> str:
        colour = _COLOURS.get(str(entry.status)[0] if entry.status else "d", "")
        return f"\x1b[{colour}m{tail}\x1b[0m" if tail and colour and self._is_colourful else tail


def as_size(size: int) -> str:
    """A number of bytes for people."""
    if size < 1000:
        return f"{size} B"
    amount, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}"


def printable(text: str) -> str:
    """What a client sent may not move the cursor of who reads the log."""
    return text if text.isprintable() else "".join(mark if mark.isprintable() else "?" for mark in text)


def _faults(kinds: tuple[str, ...]) -> str:
    return f"({', '.join(kinds)} on request)" if kinds else ""


def _cut(text: str, most: int) -> str:
    """The beginning and the end of what is too long for its line."""
    if len(text) <= most or most < 20:
        return text
    end = most // 3
    return f"{text[: most - end - 1]}…{text[-end:]}"


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return 80
