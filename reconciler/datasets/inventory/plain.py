"""Files that a database can read by itself: here, nothing hidden in them, and features in the types of the group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import pyarrow as pa
from pyarrow import parquet

from reconciler.datasets.inventory.files import DataFile, Inventory
from reconciler.datasets.inventory.reading import check_stamp, columns_in
from reconciler.datasets.stored import Numbers
from reconciler.records.offline.reading import readable

_SPECIAL = "*?[]{}"
_TAKEN = ("file_index", "file_row_number")
"""Names that a database has for something else."""


class Plain(NamedTuple):
    """Files, and what they all call some features."""

    paths: tuple[str, ...]
    names: tuple[str, ...]


Fetch: TypeAlias = Callable[[Plain, Numbers, Numbers], Iterator[pa.RecordBatch]]
"""The rows at given places of files: the number of each one's file, and its place there. Batches have the number of
the row among those asked for, then the features, in any order."""


def as_plain(inventory: Inventory, files: Sequence[DataFile], features: Sequence[str]) -> Plain | None:
    """The files, if all of them are plain."""
    schema = inventory.schema(features)
    names: set[tuple[str | None, ...]] = set()
    for file in files:
        if "://" in file.uri or file.deletes or any(letter in file.uri for letter in _SPECIAL):
            return None
        check_stamp(inventory, file)
        with readable(file.uri):
            found = parquet.read_schema(file.uri)
        called = columns_in(inventory, file, found, features).names
        kinds = [None if name is None else found.field(name).type for name in called]
        if kinds != list(schema.types) or any(name.lower() in _TAKEN for name in found.names):
            return None
        names.add(called)
    if len(names) != 1:
        return None
    return Plain(tuple(file.uri for file in files), tuple(name for name in names.pop() if name is not None))


def check_all(inventory: Inventory, files: Sequence[DataFile]) -> None:
    """Raise `Changed` if one of the files is no longer what it was."""
    for file in files:
        check_stamp(inventory, file)
