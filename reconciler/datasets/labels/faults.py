"""What is wrong with labels: each thing once, with the first rows that have it and their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from reconciler.errors import ReconcilerError

EXAMPLES = 3
"""So many rows are named of those that have the same fault."""

_KINDS = 50


class Example(NamedTuple):
    """A label at fault: `row` counts from 0, `place` is where its owner finds it (`labels.csv:18`, `row 17`)."""

    row: int
    place: str
    value: str


class LabelFault(NamedTuple):
    """One thing that is wrong with a column (`rows` is 0), or with so many rows of it, of which some are shown."""

    column: str
    reason: str
    fix: str = ""
    rows: int = 0
    examples: tuple[Example, ...] = ()

    def __str__(self) -> str:
        first, *others = self.examples or (Example(-1, "", ""),)
        subject = " = ".join(filter(None, (self.column, first.value)))
        text = f"{': '.join(filter(None, (first.place, subject, self.reason)))} {self.fix}".rstrip()
        more = self.rows - len(self.examples)
        named = [example.place for example in others] + ([f"{more:,} more"] if more else [])
        return f"{text}\n    The same at {', '.join(named)}." if named else text


class LabelsRefused(ReconcilerError):
    """Labels cannot be used, and no feature was read. `faults` has all that is wrong, columns first.

    `rows` is how many labels are at fault, `total` how many there are; both are 0 where only columns were looked at.
    """

    def __init__(self, faults: Iterable[LabelFault], rows: int = 0, total: int = 0) -> None:
        self.faults, self.rows, self.total = tuple(faults), rows, total
        some = f"{rows:,} of {total:,} labels" if rows else "The labels"
        self.headline = f"{some} cannot be used, and no feature was read."
        super().__init__("\n".join((self.headline, *(f"  {fault}" for fault in self.faults))))


class Gathered:
    """Faults of rows while labels are read: as many as there are kinds of them, however many rows have them."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], LabelFault] = {}
        self.rows = 0

    def add(self, column: str, reason: str, fix: str, examples: Iterable[Example], rows: int) -> None:
        """So many more rows have this fault; the first of them are examples."""
        if (column, reason) not in self._found and len(self._found) >= _KINDS:
            column, reason, fix = "", "There are more things wrong with rows.", "Mend these first."
        known = self._found.get((column, reason), LabelFault(column, reason, fix))
        shown = (*known.examples, *examples)[:EXAMPLES]
        self._found[column, reason] = known._replace(rows=known.rows + rows, examples=shown)

    def add_findings(self, findings: Iterable[Any], first_row: int, place: Callable[[int], str]) -> None:
        """What a check of some labels found (`Finding`); rows that have several faults count once."""
        bad = set[int]()
        for finding in findings:
            rows = [int(row) for row in finding.rows[:EXAMPLES]]
            examples = [Example(first_row + row, place(row), finding.show(row)) for row in rows]
            self.add(finding.feature, finding.reason, finding.fix, examples, len(finding.rows))
            bad.update(finding.rows.tolist())
        self.rows += len(bad)

    @property
    def faults(self) -> tuple[LabelFault, ...]:
        """By the first row that has each."""
        return tuple(sorted(self._found.values(), key=lambda fault: fault.examples[0].row if fault.examples else -1))
