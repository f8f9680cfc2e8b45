"""Some rows of a batch, whatever the types of its columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


def kept(batch: pa.RecordBatch, wanted: Any) -> pa.RecordBatch:
    """The rows that are wanted."""
    try:
        return batch.filter(pa.array(wanted))
    except pa.ArrowNotImplementedError:
        return _runs(batch, np.flatnonzero(wanted))


def taken(batch: pa.RecordBatch, rows: Any) -> pa.RecordBatch:
    """The rows of these numbers, in the order of these."""
    try:
        return batch.take(pa.array(rows))
    except pa.ArrowNotImplementedError:
        return _runs(batch, rows)


def _runs(batch: pa.RecordBatch, rows: Any) -> pa.RecordBatch:
    """Of views and the like Arrow can put slices together, and cannot pick rows."""
    starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    lengths = np.diff(starts, append=len(rows))
    slices = [batch.slice(rows[start], length) for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)]
    return pa.concat_batches([batch.slice(0, 0), *slices])
