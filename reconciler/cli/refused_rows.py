"""Rows that do not fit their spec, for a person and for a program."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.cli.output import nearby, painter, print_json, say
from reconciler.cli.tables import as_csv
from reconciler.records.faults import RowsRefused
from reconciler.render.counts import count
from reconciler.render.escape import terminal

_SHOWN = 20
_CSV = ("row", "place", "feature", "value", "reason", "fix")


def show_refused(refused: RowsRefused) -> None:
    """The first faults, each with its place, and where all of them are."""
    paint = painter(sys.stderr)
    say(paint(terminal(refused.headline), "red"))
    for fault in refused.faults[:_SHOWN]:
        say()
        say("  " + terminal("  ".join(filter(None, (fault.place, fault.subject)))))
        say("      " + terminal(f"{fault.reason} {fault.fix}".strip()))
    left = refused.count - min(_SHOWN, len(refused.faults))
    say()
    if left > 0:
        say(f"... and {count(left, 'fault')} more.")
    if refused.file:
        say(terminal(f"All of them are in {nearby(refused.file)}"))


@contextmanager
def refusals_as(output: str) -> Iterator[None]:
    """Print refused rows as `--format` says, before the error goes on."""
    try:
        yield
    except RowsRefused as refused:
        faults = [fault._asdict() for fault in refused.faults]
        if output == "json":
            print_json(
                {
                    "group": refused.group,
                    "rows": refused.total,
                    "rows_at_fault": refused.rows,
                    "fault_count": refused.count,
                    "faults": faults,
                    "file": refused.file or None,
                }
            )
        elif output == "csv":
            sys.stdout.write(as_csv(_CSV, faults))
        raise
