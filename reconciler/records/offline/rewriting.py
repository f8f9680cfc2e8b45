"""A Parquet object written anew without some of its rows, a row group at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from reconciler.aws.objects import Objects
from reconciler.aws.ranged import Ranged
from reconciler.records.offline.reading import as_parquet, readable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile, ParquetWriter

Keep: TypeAlias = "Callable[[pa.Table, int], pa.ChunkedArray]"
"""Which rows of a row group stay, a mask: given its rows, and the position of the first of them in the file."""


class Rewritten(NamedTuple):
    """A local file with the rows that stay; `etag` is of the object that it was made from."""

    path: Path
    kept: int
    dropped: int
    etag: str
    footer: FileMetaData


def rewrite(objects: Objects, uri: str, keep: Keep, path: Path) -> Rewritten:
    """Write the rows that stay to a local file, as the object has them: columns, types, field ids, compression.

    Raises FileNotFoundError where the object is gone.
    """
    from pyarrow import parquet  # noqa: PLC0415 - heavy

    kept = dropped = first = 0
    source = Ranged(objects, uri)
    with as_parquet(source) as file, _writer(path, file) as writer:
        for number in range(file.metadata.num_row_groups):
            with readable(uri):
                rows = file.read_row_group(number, use_threads=False)
            staying = rows.filter(keep(rows, first))
            first += len(rows)
            kept, dropped = kept + len(staying), dropped + len(rows) - len(staying)
            if len(staying):
                writer.write_table(staying, row_group_size=len(staying))
    return Rewritten(path, kept, dropped, source.etag, parquet.read_metadata(path))


def _writer(path: Path, file: ParquetFile) -> ParquetWriter:
    from pyarrow import parquet  # noqa: PLC0415

    metadata, schema = file.metadata, file.schema_arrow
    codec = metadata.row_group(0).column(0).compression if metadata.num_row_groups else "SNAPPY"
    kinds = {metadata.schema.column(number).physical_type for number in range(metadata.num_columns)}
    return parquet.ParquetWriter(
        path,
        schema,
        compression="NONE" if codec == "UNCOMPRESSED" else codec,
        # What was read is what is written: Spark's timestamps have a type of their own, which Athena knows.
        use_deprecated_int96_timestamps="INT96" in kinds,
        store_schema=b"ARROW:schema" in (metadata.metadata or {}),
    )
