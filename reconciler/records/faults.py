"""What is wrong with rows: values, kept as a table."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from reconciler.errors import ReconcilerError

Allowable: TypeAlias = Literal["expired", "duplicates"]
"""Faults that a caller may allow, each by its name: rows that are expired on arrival, rows given twice."""


class RowFault(NamedTuple):
    """One value that does not fit, or one column (`row` is -1) that is missing or unknown.

    `row` counts from 0 over the whole input. `place` is how its owner finds it: `weather.csv:18`, `row 17`.
    """

    row: int
    place: str
    feature: str
    value: str
    reason: str
    fix: str = ""


class RowsRefused(ReconcilerError):
    """Rows do not fit their spec, and nothing was sent.

    `faults` has the first of them, `count` says how many there are, `rows` how many rows they are in; `file` is where
    all of them were written.
    """

    def __init__(
        self, group: str, faults: tuple[RowFault, ...], count: int, rows: int, total: int, file: str = ""
    ) -> None:
        self.group, self.faults, self.count, self.rows, self.total, self.file = group, faults, count, rows, total, file
        faults_are = "1 fault" if count == 1 else f"{count:,} faults"
        super().__init__(f"{rows:,} of {total:,} rows do not fit {group}, and nothing was sent: {faults_are}.")
