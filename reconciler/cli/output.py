"""How text leaves the program: results to stdout, everything else to stderr, colour where it is welcome."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import click

from reconciler.errors import Fault, Invalid, ReconcilerError
from reconciler.records.faults import RowsRefused
from reconciler.render.counts import count
from reconciler.render.escape import terminal


def is_colourful(stream: TextIO) -> bool:
    """Colour obeys NO_COLOR, and goes to terminals only."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def painter(stream: TextIO) -> Any:
    """Text and a colour's name to text with that colour, if the stream shows colours."""
    colourful = is_colourful(stream)
    return lambda text, colour: click.style(text, fg=colour) if colourful else text


def width() -> int:
    """Columns to write in: the terminal's, within reason; 80 where there is none."""
    if not sys.stdout.isatty():
        return 80
    return max(60, min(os.get_terminal_size(sys.stdout.fileno()).columns, 120))


def say(text: str = "") -> None:
    """A line of progress or explanation, to stderr."""
    click.echo(text, err=True)


def print_json(document: Any) -> None:
    """One JSON document, and nothing else, to stdout."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def nearby(path: object) -> str:
    """A path as it is named from here."""
    try:
        return str(Path(str(path)).relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def write_file(path: Path, text: str) -> None:
    """Write a file the user named; raises click's own error where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None


def report(error: ReconcilerError) -> None:
    """An error for a person: what, where, and what to do."""
    paint = painter(sys.stderr)
    if isinstance(error, RowsRefused):
        from reconciler.cli.refused_rows import show_refused  # noqa: PLC0415 - only records have rows

        show_refused(error)
        return
    if isinstance(error, Invalid):
        say(paint(f"{count(len(error.faults), 'fault')}:", "red"))
        for fault in error.faults:
            _say_fault(fault)
        for note in getattr(error, "__notes__", ()):
            say(terminal(note))
        return
    for n, line in enumerate(terminal(str(error)).splitlines()):
        say(f"{paint('Error:', 'red')} {line}" if n == 0 else line)


def _say_fault(fault: Fault) -> None:
    """The place and what stands there on a line of their own, to be clicked; why and what to do under it."""
    say()
    say("  " + terminal("  ".join(part for part in (fault.file_and_line, fault.subject) if part)))
    for text in (fault.reason, fault.fix):
        if text:
            say(textwrap.fill(terminal(text), width(), initial_indent="      ", subsequent_indent="      "))


def annotate(lines: Iterable[str]) -> None:
    """Workflow commands; the runner reads them from the log wherever they stand."""
    for line in lines:
        say(line)
