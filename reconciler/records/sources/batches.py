"""Record batches put together."""

from __future__ import annotations

import pyarrow as pa


def one_batch(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Batches of one schema as a single one."""
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
