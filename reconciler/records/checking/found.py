"""What is wrong with a batch: kept by column and reason, made into lines only when somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from reconciler.records.faults import RowFault

SHOWN = 100
"""So many characters of a value are shown; the rest is cut."""


class Finding(NamedTuple):
    """One thing that is wrong with some rows of a batch. `rows` ascends; `show` gives a row's value as text."""

    feature: str
    reason: str
    fix: str
    rows: Any
    show: Callable[[int], str]


class Faults:
    """The faults of one batch, in the order of its rows. Their number costs nothing, each of them only when read."""

    __slots__ = ("findings",)

    def __init__(self, findings: Sequence[Finding] = ()) -> None:
        self.findings = tuple(findings)

    def __len__(self) -> int:
        return sum(len(finding.rows) for finding in self.findings)

    def __iter__(self) -> Iterator[RowFault]:
        """Rows count from 0 within the batch."""
        return self.at(0, _row)

    def at(self, first_row: int, place: Callable[[int], str]) -> Iterator[RowFault]:
        """The faults as the whole input counts rows. `place` is given the row within the batch."""
        if not self.findings:
            return
        rows = np.concatenate([finding.rows for finding in self.findings])
        which = np.repeat(np.arange(len(self.findings)), [len(finding.rows) for finding in self.findings])
        for index in np.argsort(rows, kind="stable").tolist():
            finding, row = self.findings[which[index]], int(rows[index])
            yield RowFault(first_row + row, place(row), finding.feature, finding.show(row), finding.reason, finding.fix)


def shortened(text: str) -> str:
    """A value as a line of a table can hold it: short, and without anything that a terminal would obey."""
    start = text[:SHOWN]
    start = start if start.isprintable() else repr(start)[1:-1]
    return start if len(text) <= SHOWN else f"{start}... ({len(text):,} characters)"


def _row(row: int) -> str:
    return f"row {row}"
