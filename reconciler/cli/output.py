"""How text leaves the program: results to stdout, everything else to stderr, colour where it is welcome."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import click

from reconciler.errors import Invalid, ReconcilerError


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


def write_file(path: Path, text: str) -> None:
    """Write a file the user named; raises click's own error where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None


def report(error: ReconcilerError) -> None:
    """An error for a person: what, where, and what to do."""
    paint = painter(sys.stderr)
    if isinstance(error, Invalid):
        count = len(error.faults)
        say(paint(f"{count} fault{'s' * (count != 1)}:", "red"))
        for fault in error.faults:
            say(f"  {fault}")
        for note in getattr(error, "__notes__", ()):
            say(note)
        return
    first, _, rest = str(error).partition("\n")
    say(f"{paint('Error:', 'red')} {first}" + (f"\n{rest}" if rest else ""))


def annotate(lines: Iterable[str]) -> None:
    """Workflow commands; the runner reads them from the log wherever they stand."""
    for line in lines:
        say(line)
