"""The first reading of an input: every value checked, every row given twice found, before anything is done with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from reconciler.records.checking import Checked, Duplicates, FaultTable, Repeats, check, check_columns
from reconciler.records.fingerprint import chunk_digest
from reconciler.records.sources import Chunk, Source, unnamed

if TYPE_CHECKING:
    from reconciler.contract import Contract
    from reconciler.records.faults import Allowable, RowFault
    from reconciler.records.progress import Pulse


@dataclass(frozen=True, slots=True)
class Rules:
    """By what rows are judged, the same way each time they are read."""

    contract: Contract
    texts: bool
    now: datetime
    allow: frozenset[Allowable] = frozenset()

    def judge(self, chunk: Chunk) -> Checked:
        """A chunk, checked. Rows that could not even be read are bad, too."""
        checked = check(chunk.batch, self.contract, texts=self.texts, now=self.now, allow=self.allow)
        if not chunk.faults:
            return checked
        bad = np.zeros(chunk.batch.num_rows, np.bool_) if checked.bad is None else checked.bad.copy()
        bad[[fault.row for fault in chunk.faults]] = True
        return checked._replace(bad=bad)


class Examined(NamedTuple):
    """What the first reading found. `digests` are those of the chunks, `repeats` the rows that are given twice."""

    rows: int
    digests: tuple[bytes, ...]
    repeats: Repeats


def dropped(examined: Examined, rules: Rules) -> int:
    """How many rows are left out because they come again later, where that is allowed."""
    return len(examined.repeats.dropped) if "duplicates" in rules.allow else 0


Keep: TypeAlias = Callable[[Chunk, Checked], None]


def examine(
    source: Source, rules: Rules, table: FaultTable, pulse: Pulse, *, keep: Keep | None = None, threads: int = 1
) -> Examined:
    """Read and check all of it; faults go to the table. Rows given twice are faults unless that is allowed.

    `keep` is given every chunk, in order, once it is checked. With `threads` several chunks are checked at a time.
    """
    column_faults, _ = check_columns(source.schema, rules.contract, texts=source.texts)
    table.add(column_faults)
    duplicates, digests, rows = Duplicates(rules.contract), list[bytes](), 0
    for chunk, checked, digest in _judged(source, rules, threads):
        table.add(_faults(chunk, checked))
        duplicates.add(checked, chunk.first_row)
        digests.append(digest)
        if keep is not None:
            keep(chunk, checked)
        rows += chunk.batch.num_rows
        pulse(rows)
    pulse.end(rows)
    if len(duplicates.suspects()):
        for chunk in source.chunks():
            if duplicates.concerns(chunk.first_row, chunk.batch.num_rows):
                duplicates.look(rules.judge(chunk), chunk.first_row, chunk.place)
    repeats = duplicates.repeats()
    if "duplicates" not in rules.allow:
        table.add(repeats.faults())
    return Examined(rows, tuple(digests), repeats)


def _judged(source: Source, rules: Rules, threads: int) -> Iterator[tuple[Chunk, Checked, bytes]]:
    """The chunks in order, each checked and with its digest; no more of them ahead than there are threads."""

    def judge(chunk: Chunk) -> tuple[Chunk, Checked, bytes]:
        checked = rules.judge(chunk)
        return chunk, checked, digest_of(checked)

    if threads == 1:
        yield from map(judge, source.chunks())
        return
    ahead: deque[Future[tuple[Chunk, Checked, bytes]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for chunk in source.chunks():
            ahead.append(pool.submit(judge, chunk))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def digest_of(checked: Checked) -> bytes:
    """The digest of a chunk that was judged."""
    return chunk_digest(checked.batch, None if checked.bad is None else ~checked.bad)


def _faults(chunk: Chunk, checked: Checked) -> Iterator[RowFault]:
    """Those of the source and those of the check, as the whole input counts rows."""
    if not chunk.faults:
        yield from checked.faults.at(chunk.first_row, chunk.place)
        return
    of_source = (fault._replace(row=fault.row + chunk.first_row) for fault in chunk.faults)
    of_check = (
        fault._replace(row=fault.row + chunk.first_row, place=chunk.place(fault.row))
        for fault in unnamed(chunk, checked.faults)
    )
    yield from merge(of_source, of_check, key=lambda fault: fault.row)


def staying(checked: Checked, repeats: Repeats, first_row: int, rules: Rules) -> tuple[Any, Any]:
    """Of a chunk, the rows that are refused and those that are dropped, as numpy arrays of bool; None: no row."""
    count = checked.batch.num_rows
    if "duplicates" in rules.allow:
        return checked.bad, repeats.within(first_row, count, dropped=True)
    doubled = repeats.within(first_row, count)
    if checked.bad is None or doubled is None:
        return (doubled if checked.bad is None else checked.bad), None
    return checked.bad | doubled, None
