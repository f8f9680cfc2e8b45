"""What is wrong with rows: values, kept as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias, get_args

from reconciler.errors import ReconcilerError, Usage

Allowable: TypeAlias = Literal["expired", "duplicates"]
"""Faults that a caller may allow, each by its name: rows that are expired on arrival, rows given twice."""


_SHOWN, _VALUE = 5, 40


def allowed(names: Iterable[str]) -> frozenset[Allowable]:
    """The faults that a caller allows; raises `Usage` for a name that is none."""
    known: tuple[Allowable, ...] = get_args(Allowable)
    given = {names} if isinstance(names, str) else set(names)
    for name in given.difference(known):
        raise Usage(f"There is no fault {name!r} to allow: there are {' and '.join(map(repr, known))}.")
    return frozenset(name for name in known if name in given)


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

    @property
    def subject(self) -> str:
        """`feature = value`, as far as each is known, on one line."""
        value = " ".join(self.value.splitlines()) if self.row >= 0 else ""
        value = value if len(value) <= _VALUE else f"{value[:_VALUE]}..."
        return f"{self.feature} = {value}" if value and self.feature else self.feature or value

    def __str__(self) -> str:
        return f"{': '.join(filter(None, (self.place, self.subject)))}: {self.reason} {self.fix}".rstrip()


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
        self.headline = f"{rows:,} of {total:,} rows do not fit {group}, and nothing was sent: {faults_are}."
        shown = [f"  {fault}" for fault in faults[:_SHOWN]]
        more = [f"  and {count - len(shown):,} more"] if count > len(shown) else []
        where = [f"All of them are in {file}"] if file else []
        super().__init__("\n".join((self.headline, *shown, *more, *where)))
