"""What is known on the driver of rows that it never sees: counts, digests and the first faults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reconciler.errors import ReconcilerError
from reconciler.records.offline.executors import Summary
from reconciler.records.offline.sinks import Staged


class Part(NamedTuple):
    """What one partition of the store will get. `key` is hours since 1970, or days in Iceberg format."""

    key: int
    rows: int
    digest: int


class Survey(NamedTuple):
    """What the first pass found.

    `parts` tell of the rows that will be written. `refused` rows have the identifier and the event time of another
    one, `dropped` ones are exact copies, which `allow={"duplicates"}` takes once.
    """

    summary: Summary
    parts: tuple[Part, ...]
    refused: int
    dropped: int

    @property
    def totals(self) -> dict[int, int]:
        """Rows by partition."""
        return {part.key: part.rows for part in self.parts if part.rows}


class Written(NamedTuple):
    """One staged file, and a share of its partition's digest."""

    key: int
    rows: int
    digest: int
    staged: Staged


def added(summaries: Iterable[Summary]) -> Summary:
    """One summary of all partitions, with their faults in order."""
    found = sorted(summaries)
    faults = tuple(fault for summary in found for fault in summary.faults)
    return Summary(
        0, sum(one.rows for one in found), sum(one.bad for one in found), sum(one.number for one in found), faults
    )


class RowsChanged(ReconcilerError):
    """The rows that were read the second time are not those that were checked. Nothing is visible of them."""


def check_same(survey: Survey, written: Iterable[Written]) -> None:
    """The rows that were written are those that were checked."""
    found: dict[int, Part] = {}
    for file in written:
        before = found.get(file.key, Part(file.key, 0, 0))
        found[file.key] = Part(file.key, before.rows + file.rows, before.digest + file.digest)
    wanted = {part.key: part for part in survey.parts if part.rows}
    others = [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]
    if others:
        raise RowsChanged(
            f"The DataFrame gave other rows when it was read again, in {len(others):,} of {len(wanted):,} partitions "
            "of the store, so nothing was written. Write it to files and read those, or persist it."
        )
