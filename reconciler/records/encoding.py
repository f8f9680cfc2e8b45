"""From columns to the bodies of requests, a column at a time.

Every row becomes one entry of a BatchWriteRecord, and all entries stand back to back in one buffer: the body of a
request is a slice of it between two brackets. A PutRecord's body is the same entry without its group's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.state.words import ttl_duration

if TYPE_CHECKING:
    from reconciler.contract import Column, Contract

MOST_ENTRIES = 25
"""How many records a BatchWriteRecord carries."""

MOST_BYTES = 4_000_000
"""How long a BatchWriteRecord's body may get. UNVERIFIED: AWS names no limit; 25 of the largest records are 9 MB."""

_OPEN, _CLOSE = b'{"Entries":[', b"]}"
_LARGE = 1 << 30
_BACKSLASH, _QUOTE, _BLANK = 0x5C, 0x22, 0x20

IntArray = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Form:
    """What every entry of an ingest says besides its record: the live group, the stores, the time to live."""

    contract: Contract
    group: str
    stores: tuple[str, ...] = ()
    ttl_s: int | None = None

    @property
    def head(self) -> str:
        """The part that a PutRecord has in its address."""
        return f'{{"FeatureGroupName":{json.dumps(self.group)},'

    @property
    def tail(self) -> str:
        """What follows the features, the comma to the next entry included."""
        stores = f',"TargetStores":{json.dumps(self.stores, separators=(",", ":"))}' if self.stores else ""
        ttl = (
            ""
            if self.ttl_s is None
            else f',"TtlDuration":{json.dumps(ttl_duration(self.ttl_s), separators=(",", ":"))}'
        )
        return f"]{stores}{ttl}}},"


class Encoded(NamedTuple):
    """Rows as the wire has them: entry `n` is `data[offsets[n]:offsets[n + 1]]`, a comma at its end."""

    data: memoryview
    offsets: list[int]
    head: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def requests(self, most: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES) -> Iterator[tuple[int, int]]:
        """Where each BatchWriteRecord begins and ends: full ones, as far as their size allows."""
        start, offsets, count = 0, self.offsets, len(self)
        while start < count:
            stop = min(start + most, count)
            while stop > start + 1 and offsets[stop] - offsets[start] > most_bytes:
                stop -= 1
            yield start, stop
            start = stop

    def batch(self, start: int, stop: int) -> bytes:
        """The body of a BatchWriteRecord of these rows."""
        return b"".join((_OPEN, self.data[self.offsets[start] : self.offsets[stop] - 1], _CLOSE))

    def batch_of(self, rows: Sequence[int]) -> bytes:
        """The same of rows that do not follow each other."""
        entries = (self.data[self.offsets[row] : self.offsets[row + 1] - 1] for row in rows)
        return b"".join((_OPEN, b",".join(entries), _CLOSE))

    def only(self, rows: Sequence[int]) -> Encoded:
        """The sizes of some rows as if they followed each other, to be cut into requests."""
        ends = [0]
        for row in rows:
            ends.append(ends[-1] + self.offsets[row + 1] - self.offsets[row])
        return Encoded(memoryview(b""), ends, self.head)

    def put(self, row: int) -> bytes:
        """The body of a PutRecord."""
        return b"".join((b"{", self.data[self.offsets[row] + self.head : self.offsets[row + 1] - 1]))


def encode(batch: pa.RecordBatch, form: Form) -> Encoded:
    """The entries of a canonical batch, all of whose rows are good. A value that is missing is left out."""
    columns = {column.name: (column, batch.column(column.name)) for column in form.contract.columns}
    key = columns.pop(form.contract.record_id)
    parts = list(_parts(form, key, columns.values()))
    large = batch.num_rows * sum(len(p) for p in parts if isinstance(p, str)) + sum(map(_size, parts)) > _LARGE
    kind = pa.large_string() if large else pa.string()
    typed = [pa.scalar(p, kind) if isinstance(p, str) else p.cast(kind) for p in (*parts, "")]
    entries = pc.binary_join_element_wise(*typed, null_handling="replace", null_replacement="")
    if isinstance(entries, pa.Scalar):  # no row, and no array among the parts
        entries = pa.array([], kind)
    return Encoded(*_buffer(entries), len(form.head.encode()))


def _parts(form: Form, key: Any, others: Any) -> Iterator[Any]:
    """Literals and arrays, in the order of an entry; an array's nulls are where nothing stands."""
    literal = f'{form.head}"Record":[{_opening(key[0])}'
    yield literal
    yield _texts(*key)
    literal = _closing(key[0])
    for column, values in others:
        if values.null_count == len(values) and len(values):
            continue
        texts, opening, closing = _texts(column, values), f",{_opening(column)}", _closing(column)
        yield literal if values.null_count else literal + opening
        literal = "" if values.null_count else closing
        yield pc.binary_join_element_wise(opening, texts, closing, "") if values.null_count else texts
    yield literal + form.tail


def _opening(column: Column) -> str:
    member = 'ValueAsStringList":[' if column.collection else 'ValueAsString":"'
    return f'{{"FeatureName":{json.dumps(column.name)},"{member}'


def _closing(column: Column) -> str:
    return "]}" if column.collection else '"}'


def _texts(column: Column, values: pa.Array) -> pa.Array:
    """Each value as JSON has it between quotes; of a collection, all of them with theirs."""
    if column.collection is None:
        return _escaped(texts_of(values)) if column.kind == "str" else texts_of(values)
    quoted = pc.binary_join_element_wise('"', _escaped(texts_of(values.flatten())), '"', "")
    lengths = pc.fill_null(pc.list_value_length(values), 0)
    ends = np.concatenate(([0], np.cumsum(lengths.to_numpy(zero_copy_only=False))))
    offsets = pa.array(ends.astype(np.int32), mask=np.append(_nulls(values), False))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, quoted), ",")


def _nulls(values: pa.Array) -> Any:
    return values.is_null().to_numpy(zero_copy_only=False)


def texts_of(values: pa.Array) -> pa.Array:
    """Values as the wire has them: integers exactly, floats as the shortest text that reads back as the same."""
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def _escaped(texts: pa.Array) -> pa.Array:
    """The same texts with what JSON cannot have in a string written another way; most columns have none of it."""
    used = _bytes(texts)
    special = used[(used < _BLANK) | (used == _QUOTE) | (used == _BACKSLASH)]
    for code in sorted(np.unique(special).tolist(), key=lambda code: code != _BACKSLASH):
        texts = pc.replace_substring(texts, chr(code), json.dumps(chr(code))[1:-1])
    return texts


def _bytes(texts: pa.Array) -> Any:
    """The bytes of all texts, one after the other."""
    if not len(texts) or texts.buffers()[2] is None:
        return np.empty(0, np.uint8)
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    offsets = np.frombuffer(texts.buffers()[1], kind)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]


def _size(part: Any) -> int:
    return 0 if isinstance(part, str) else int(part.nbytes)


def _buffer(entries: pa.Array) -> tuple[memoryview, list[int]]:
    _, offsets, data = entries.buffers()
    kind = np.int64 if pa.types.is_large_string(entries.type) else np.int32
    if offsets is None or data is None:
        return memoryview(b""), [0] * (len(entries) + 1)
    return memoryview(data), np.frombuffer(offsets, kind)[entries.offset : entries.offset + len(entries) + 1].tolist()
