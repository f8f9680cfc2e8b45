"""What a caller gave, as a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.sources.chunk import Piece, Rows
from reconciler.records.sources.source import CHUNK_ROWS, Source


def open_source(data: Any, contract: Contract, *, chunk_rows: int = CHUNK_ROWS, scratch: Path) -> Source:
    """The rows of `data`: a table, files, or an iterable of records.

    `scratch` is a folder for what can be read only once and has to be kept until it is read again. Raises `Invalid`
    with every fault that keeps files from being read at all, and `Usage` for what is no table.
    """
    texts = False
    if isinstance(data, (str, Path)):
        texts = str(data).endswith(".csv")
        data = _csv(str(data)) if texts else pq.read_table(data)
    elif hasattr(data, "to_dict"):
        data = pa.Table.from_pandas(data, preserve_index=False)
    if not isinstance(data, pa.Table):
        raise Usage(f"{type(data).__name__} is no table.")

    def pieces() -> Iterator[Piece]:
        row = 0
        for batch in data.to_batches():
            yield Piece(batch, Rows("", row))
            row += batch.num_rows

    return Source("table", data.schema, pieces, data.num_rows, texts, chunk_rows)


def _csv(path: str) -> pa.Table:
    names = pv.open_csv(path).schema.names
    return pv.read_csv(
        path,
        convert_options=pv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
