"""Files of an Iceberg table: written, and described as manifests describe them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet as arrow_parquet
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat

from reconciler.emulator.offline import names, parquet

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.typedef import Record

    from reconciler.emulator.calls import Site


def write(site: Site, metadata: TableMetadata, uri: str, partition: Record, rows: pa.Table, spec_id: int) -> DataFile:
    """Put a data file; its columns carry Iceberg's ids already."""
    body = parquet.write(site, uri, rows)
    return of_data(metadata, uri, partition, spec_id, arrow_parquet.read_metadata(pa.BufferReader(body)), len(body))


def of_data(
    metadata: TableMetadata,
    uri: str,
    partition: Record,
    spec_id: int,
    written: arrow_parquet.FileMetaData,
    size: int,
) -> DataFile:
    """The entry of a data file, with what Parquet itself knows of its columns."""
    schema = metadata.schema()
    found = data_file_statistics_from_parquet_metadata(
        written, compute_statistics_plan(schema, metadata.properties), parquet_path_to_id_mapping(schema)
    )
    return entry(uri, partition, spec_id, size, content=DataFileContent.DATA, **found.to_serialized_dict())


def entry(uri: str, partition: Record, spec_id: int, size: int, **more: Any) -> DataFile:
    """The entry of any Parquet file."""
    made = DataFile.from_args(
        file_path=uri,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=size,
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
        **more,
    )
    made.spec_id = spec_id
    return made


def place(table: Table, partition: Record, spec_id: int, end: str) -> str:
    """Where a new file of a partition may lie, in the manner of the service's own."""
    folder = table.specs()[spec_id].partition_to_path(partition, table.schema())
    name = str(uuid.uuid4())
    parts = [table.location().rstrip("/"), "data", names.drawn(8, name), *([folder] if folder else []), name + end]
    return "/".join(parts)
