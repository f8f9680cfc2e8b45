"""Rows that have one record identifier and one event time: found by hashes first, then for certain.

Of every row eight bytes are kept. Rows whose hash is another's, too, are suspects; they are looked at a second time,
by digests that do not collide, and what is then still the same is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from reconciler.contract import Contract
from reconciler.records.checking.buffers import data, offsets
from reconciler.records.checking.check import Checked
from reconciler.records.checking.found import shortened
from reconciler.records.faults import RowFault

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Rows = np.ndarray[Any, np.dtype[np.int64]]

_DIGEST = np.dtype([("high", np.uint64), ("low", np.uint64)])
_FIX = 'Keep one of them, or allow it by name: allow={"duplicates"} keeps the last.'
_NAMED = 10_000
"""Of so many suspects the place and the values are remembered, to name them; of the rest the row number."""


class Duplicates:
    """Rows given twice, over all chunks of an input.

    `add` every chunk. If there are `suspects`, `look` at the chunks that hold some (`concerns`) once more; then
    `repeats` are certain. Rows at fault do not count: they are not sent.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._hashes: list[Hashes] = []
        self._rows: list[Rows | range] = []
        self._suspects: Rows | None = None
        self._looked: list[tuple[Rows, Any]] = []
        self._named: dict[int, tuple[str, str]] = {}

    def add(self, checked: Checked, first_row: int) -> None:
        """Remember the rows of a chunk by their hashes. Chunks come in order."""
        hashes = _hashes(checked, self._contract)
        if checked.bad is not None:
            good = np.flatnonzero(~checked.bad)
            self._rows.append(good + first_row)
            hashes = hashes[good]
        else:
            self._rows.append(range(first_row, first_row + len(hashes)))
        self._hashes.append(hashes)

    def suspects(self) -> Rows:
        """The rows, ascending, that have to be looked at again; as a rule there are none."""
        if self._suspects is None:
            self._suspects = self._find()
            self._hashes.clear()
            self._rows.clear()
        return self._suspects

    def concerns(self, first_row: int, count: int) -> bool:
        """Whether a chunk holds suspects."""
        first, last = np.searchsorted(self.suspects(), [first_row, first_row + count])
        return bool(last > first)

    def look(self, checked: Checked, first_row: int, place: Callable[[int], str]) -> None:
        """The second look at a chunk, checked as before. `place` is given the row within the chunk."""
        suspects = self.suspects()
        first, last = np.searchsorted(suspects, [first_row, first_row + checked.batch.num_rows])
        rows = suspects[first:last]
        within = rows - first_row
        ids = checked.batch.column(self._contract.record_id).take(pa.array(within)).to_pylist()
        times = checked.batch.column(self._contract.event_time).take(pa.array(within)).to_pylist()
        digests = bytearray()
        for index, (row, id_) in enumerate(zip(within.tolist(), ids, strict=True)):
            key = f"{int(checked.seconds[row])}.{int(checked.nanos[row])}:{id_}".encode()
            digests += blake2b(key, digest_size=_DIGEST.itemsize).digest()
            if len(self._named) < _NAMED:
                self._named[int(rows[index])] = (place(row), shortened(f"{id_} at {times[index]}"))
        self._looked.append((rows, np.frombuffer(bytes(digests), _DIGEST)))

    def repeats(self) -> Repeats:
        """The rows that are given more than once, for certain."""
        rows = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in self._looked)])
        digests = np.concatenate([np.zeros(0, _DIGEST), *(digests for _, digests in self._looked)])
        order = np.lexsort((digests["low"], digests["high"]))  # rows of one digest stay in their order
        rows, digests = rows[order], digests[order]
        same = digests[1:] == digests[:-1]
        del digests, order
        has_former, has_next = np.append(False, same)[: len(rows)], np.append(same, False)[: len(rows)]
        others = np.where(has_former, np.append(-1, rows)[: len(rows)], np.append(rows[1:], -1)[: len(rows)])
        repeated = has_former | has_next
        rows, others, has_next = rows[repeated], others[repeated], has_next[repeated]
        order = np.argsort(rows)
        rows, others = rows[order], others[order]
        return Repeats(self._contract, rows, others, rows[has_next[order]], self._named)

    def _find(self) -> Rows:
        none: Rows = np.zeros(0, np.int64)
        if not self._hashes:
            return none
        hashes = np.concatenate(self._hashes)
        hashes.sort()
        doubled = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
        del hashes
        if not len(doubled):
            return none
        found = [none]
        for rows, hashes in zip(self._rows, self._hashes, strict=True):
            at: Rows = np.flatnonzero(_among(hashes, doubled))
            found.append(at + rows.start if isinstance(rows, range) else rows[at])
        return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows given more than once, ascending.

    `others` is for each of them another row with the same key: the one before it, or for the first the one after it.
    `dropped` are those that are left out where duplicates are allowed: all but the last of each.
    """

    contract: Contract
    rows: Rows
    others: Rows
    dropped: Rows
    named: dict[int, tuple[str, str]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_last(self) -> Any:
        """Which of `rows` are kept where duplicates are allowed, as a numpy array of bool."""
        kept = np.ones(len(self.rows), np.bool_)
        kept[np.searchsorted(self.rows, self.dropped)] = False
        return kept

    def within(self, first_row: int, count: int, *, dropped: bool = False) -> Any:
        """The repeated rows of one chunk as a numpy array of bool, or those of them that are dropped; None for none."""
        rows = self.dropped if dropped else self.rows
        first, last = np.searchsorted(rows, [first_row, first_row + count])
        if first == last:
            return None
        mask = np.zeros(count, np.bool_)
        mask[rows[first:last] - first_row] = True
        return mask

    def faults(self) -> Iterator[RowFault]:
        """One for every row, each naming another."""
        key = f"{self.contract.record_id} and {self.contract.event_time}"
        for row, other in zip(self.rows.tolist(), self.others.tolist(), strict=True):
            place, value = self.named.get(row, (f"row {row}", ""))
            elsewhere = self.named.get(other, (f"row {other}", ""))[0]
            reason = f"The same {key} as in {elsewhere}."
            yield RowFault(row, place, self.contract.record_id, value, reason, _FIX)


def _hashes(checked: Checked, contract: Contract) -> Hashes:
    ids = checked.batch.column(contract.record_id)
    hashes = _of_texts(ids) if pa.types.is_string(ids.type) else _of_numbers(ids)
    hashes = _mixed(hashes ^ checked.seconds.view(np.uint64))
    return _mixed(hashes ^ checked.nanos.astype(np.uint64))


def _of_numbers(ids: Any) -> Hashes:
    if pa.types.is_null(ids.type):
        return np.zeros(len(ids), np.uint64)
    numbers = ids.fill_null(0).to_numpy(zero_copy_only=False)
    return _mixed(numbers.view(np.uint64))


def _of_texts(texts: Any) -> Hashes:
    """Eight bytes of every text at a time."""
    bounds, bytes_ = offsets(texts).astype(np.int64), data(texts)
    lengths = np.diff(bounds)
    starts = bounds[:-1]
    hashes = _mixed(lengths.astype(np.uint64))
    if not len(hashes) or not int(lengths.max()):
        return hashes
    padded = np.concatenate([bytes_[bounds[0] : bounds[-1]], np.zeros(8, np.uint8)])
    words = np.lib.stride_tricks.as_strided(padded.view(), (len(padded) - 7, 8), (1, 1))
    starts = starts - bounds[0]
    for at in range(0, int(lengths.max()), 8):
        rows = np.flatnonzero(lengths > at)
        word = np.ascontiguousarray(words[starts[rows] + at]).view(np.uint64)[:, 0]
        left = np.minimum(lengths[rows] - at, 8).astype(np.uint64)
        word = word & (np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(8) * (np.uint64(8) - left)))
        hashes[rows] = _mixed(hashes[rows] ^ word)
    return hashes


def _mixed(values: Hashes) -> Hashes:
    """Every bit of the result depends on every bit of the value (splitmix64)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _among(hashes: Hashes, doubled: Hashes) -> Any:
    at = np.searchsorted(doubled, hashes)
    at[at == len(doubled)] = 0
    return doubled[at] == hashes
