"""Parquet files, read a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from reconciler.contract import Contract
from reconciler.errors import Fault, Invalid
from reconciler.records.sources.chunk import Piece, Rows
from reconciler.records.sources.frames import columns_by_name
from reconciler.records.sources.keys import Keys
from reconciler.records.sources.paths import File, arrow_errors, labels
from reconciler.records.sources.source import Source
from reconciler.records.sources.unify import Header, common_schema, conform

_BUFFER = 1 << 20
"""How much of a column is read at once: whole row groups are not kept in memory."""


def parquet_source(files: Sequence[File], contract: Contract, chunk_rows: int) -> Source:
    """Parquet files as one table. Raises `Invalid` with each that is none, and with columns that do not go together."""
    keys = Keys(contract, columns_by_name(contract))
    headers, rows, faults = list[Header](), 0, list[Fault]()
    for file in files:
        try:
            with arrow_errors(file.label, "The file is no Parquet that can be read"), _opened(file) as parquet:
                schema = keys.extend(parquet.schema_arrow, file)
                headers.append(Header(file.label, schema.remove_metadata()))
                rows += parquet.metadata.num_rows
        except Invalid as invalid:
            faults += invalid.faults
    if faults:
        raise Invalid(faults)
    schema = common_schema(headers, contract)

    def pieces() -> Iterator[Piece]:
        for file in files:
            for row, batch in _batches(file, chunk_rows):
                whole = conform(keys.add(batch, file), schema, contract, file.label)
                yield Piece(whole, Rows(file.label, row))

    return Source(labels(files), schema, pieces, rows, chunk_rows=chunk_rows)


def _opened(file: File) -> pq.ParquetFile:
    return pq.ParquetFile(file.path, buffer_size=_BUFFER, pre_buffer=False)


def _batches(file: File, rows: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The file by so many rows, each with the number of its first row."""
    file.check_unchanged()
    row = 0
    with arrow_errors(file.label, "The file cannot be read to its end"), _opened(file) as parquet:
        for batch in parquet.iter_batches(batch_size=rows):
            yield row, batch
            row += batch.num_rows
    file.check_unchanged()
