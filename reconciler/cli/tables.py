"""Rows for people and for programs: an aligned table, CSV, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from reconciler.cli.output import print_json
from reconciler.render.escape import terminal


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in columns, harmless on a terminal."""
    rows = [tuple(map(terminal, row)) for row in rows]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in (head, *rows))
    return "\n".join(lines)


def print_rows(head: Sequence[str], rows: Iterable[Mapping[str, Any]], output: str) -> None:
    """Rows by the names of the columns, as `--format` says: table, csv or json."""
    if output == "json":
        print_json([{name: row.get(name) for name in head} for row in rows])
    elif output == "csv":
        click.echo(as_csv(head, rows), nl=False)
    else:
        click.echo(aligned(head, [[_cell(row.get(name), "-") for name in head] for row in rows]))


def as_csv(head: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV: nothing for what is missing, and a quoted nothing for an empty text.

    Python's own writer tells the two apart only from 3.12 on.
    """
    lines = (",".join(_csv_cell(row.get(name)) for name in head) for row in rows)
    return "".join(f"{line}\r\n" for line in (",".join(map(_csv_cell, head)), *lines))


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    text = _cell(value, "")
    if text == "" or any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _cell(value: Any, missing: str) -> str:
    if value is None:
        return missing
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
