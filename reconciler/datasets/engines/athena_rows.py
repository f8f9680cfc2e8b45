"""The files of an answer, read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet

from reconciler.aws.objects import Item, Objects
from reconciler.datasets.progress import Progress, Tell
from reconciler.records.offline.holding import in_parallel
from reconciler.records.offline.reading import readable

_BATCH_ROWS = 64 * 1024
_FETCHED_BYTES = 8 * 1024 * 1024


def downloaded(objects: Objects, items: Iterable[Item], folder: Path, tell: Tell) -> Iterator[pa.RecordBatch]:
    """The rows of Parquet objects, which are fetched several at a time and lie in `folder` until they are read."""
    items = list(items)
    size, done = sum(item.size for item in items), 0
    tell(Progress("downloading", done, size, "bytes"))
    for item, path in zip(items, in_parallel(lambda item: _fetched(objects, item, folder), items), strict=True):
        with readable(item.uri), parquet.ParquetFile(path) as file:
            yield from file.iter_batches(_BATCH_ROWS, use_threads=False)
        path.unlink()
        done += item.size
        tell(Progress("downloading", done, size, "bytes"))


def _fetched(objects: Objects, item: Item, folder: Path) -> Path:
    path = folder / f"{uuid4().hex}.parquet"
    with path.open("wb") as file:
        for start in range(0, item.size, _FETCHED_BYTES):
            file.write(objects.read(item.uri, start, _FETCHED_BYTES, item.etag).body)
    return path
