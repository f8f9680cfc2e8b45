"""Rows by their partition, as Hive lays them out: a folder `column=value` for each value, and the column in no file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.datasets.results.picking import taken
from reconciler.errors import Fault, ReconcilerError

MOST: Final = 10_000
"""Partitions. More are a mistake in the choice of the columns."""

BUFFER: Final = 128 << 20
"""Bytes of rows that wait for others of their partition."""

_FEW: Final = 256
"""A partition with less than this part of the rows that wait is small."""

NULL: Final = "__HIVE_DEFAULT_PARTITION__"

_ESCAPED = re.compile(r"""[\x00-\x1f\x7f"#%'*/:=?\\{}\[\]^]""")
"""What Hive and Spark write as % and two digits."""


class Partitions:
    """Tables for the files of a dataset, in parts that do not depend on how its rows came."""

    def __init__(self, columns: Sequence[str], buffer: int = BUFFER) -> None:
        self._columns, self._buffer = list(columns), buffer
        self._parts: dict[str, int] = {}

    def parts(self, batches: Iterator[pa.RecordBatch], suffix: str) -> Iterator[tuple[str, pa.Table]]:
        """The path of each file from the dataset's folder, and its rows; raises `ReconcilerError`.

        Rows wait until there are many. Then those of large partitions are written, and those of small ones wait on,
        unless nearly all are.
        """
        waiting: list[pa.RecordBatch] = []
        size = 0
        for batch in batches:
            waiting.append(batch)
            size += batch.nbytes
            if size > self._buffer:
                found = self._split(waiting)
                large = {folder for folder, rows in found.items() if rows.nbytes * _FEW > size}
                if 2 * sum(found[folder].nbytes for folder in large) < size:
                    large = set(found)
                yield from self._files({folder: found[folder] for folder in large}, suffix)
                # Copied, so that what was written is let go of.
                waiting = [_copied(rows) for folder, rows in found.items() if folder not in large]
                size = sum(rows.nbytes for rows in waiting)
        if waiting:
            yield from self._files(self._split(waiting), suffix)

    def _files(self, found: dict[str, pa.RecordBatch], suffix: str) -> Iterator[tuple[str, pa.Table]]:
        for folder in sorted(found):
            number = self._parts.get(folder, 0)
            self._parts[folder] = number + 1
            rows = pa.Table.from_batches([found[folder]]).drop_columns(list(dict.fromkeys(self._columns)))
            yield f"{folder}/part-{number:05}.{suffix}", rows

    def _split(self, batches: Sequence[pa.RecordBatch]) -> dict[str, pa.RecordBatch]:
        """The rows of each partition, in their order."""
        batch = pa.concat_batches(batches)
        codes = np.zeros(batch.num_rows, np.int64)
        folders = [""]
        for name in self._columns:
            coded = pc.dictionary_encode(_texts(batch.column(name), name), null_encoding="encode")
            texts = [_folder(name, text) for text in coded.dictionary.to_pylist()]
            codes = codes * len(texts) + coded.indices.to_numpy()
            used, codes = np.unique(codes, return_inverse=True)
            folders = [_path(folders[code // len(texts)], texts[code % len(texts)]) for code in used.tolist()]
        if len(self._parts.keys() | set(folders)) > MOST:
            raise ReconcilerError(
                f"{', '.join(self._columns)} would make more than {MOST:,} partitions: take columns of fewer values."
            )
        order = np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes[order], np.arange(len(folders) + 1)).tolist()
        ordered = taken(batch, order)
        return {
            folder: ordered.slice(ends[number], ends[number + 1] - ends[number])
            for number, folder in enumerate(folders)
        }


def partition_faults(schema: pa.Schema, columns: Sequence[str]) -> Iterator[Fault]:
    """Everything that keeps columns from being partitions."""
    for name in dict.fromkeys(columns):
        if name not in schema.names:
            close = get_close_matches(name, schema.names, 1)
            fix = f"Did you mean {close[0]!r}?" if close else f"It has {', '.join(schema.names)}."
            yield Fault("", 0, "", name, "", "The dataset has no such column to partition by.", fix)
            continue
        kind = schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not any(test(kind) for test in _NAMED):
            reason = f"It is {kind}, which makes no names of folders."
            yield Fault("", 0, "", name, "", reason, "Partition by texts, whole numbers, booleans or dates.")
    if len(set(columns)) != len(columns):
        yield Fault("", 0, "", ", ".join(columns), "", "A column can be a partition once.", "")
    if columns and not set(schema.names) - set(columns):
        yield Fault("", 0, "", ", ".join(columns), "", "All columns are partitions, and nothing is left for files.", "")


_NAMED = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_integer,
    pa.types.is_boolean,
    pa.types.is_date,
)


def _texts(column: pa.Array, name: str) -> pa.Array:
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    texts = plain.cast(pa.string())
    if pc.any(pc.equal(texts, "")).as_py():
        raise ReconcilerError(
            f"{name} has empty texts, which Hive's layout cannot tell from null: partition otherwise."
        )
    if pc.any(pc.equal(texts, NULL)).as_py():
        raise ReconcilerError(
            f"{name} has the text {NULL}, which stands for null in Hive's layout: partition otherwise."
        )
    return texts


def _copied(rows: pa.RecordBatch) -> pa.RecordBatch:
    return pa.concat_batches([rows, rows.slice(0, 0)])


def _folder(name: str, text: str | None) -> str:
    return f"{_escaped(name)}={NULL if text is None else _escaped(text)}"


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _path(parent: str, name: str) -> Any:
    return f"{parent}/{name}" if parent else name
