"""What an ingest is about, in sixteen letters and digits: the same rows to the same group are the same run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from reconciler.records.target import Target

_PLACES = ("file", "line", "columns")
"""What a contract says about where it stands, and may change without its rows being others."""


def run_name(target: Target, chunks: Iterable[bytes], options: Any) -> str:
    """The name of a run. A group that was deleted and made anew is another group."""
    said = target.contract.as_json()
    columns = [{name: value for name, value in column.items() if name != "line"} for column in said["columns"]]
    live = (target.live.arn, target.live.created_at) if target.live else ()
    about = [target.name, live, {k: v for k, v in said.items() if k not in _PLACES}, columns, options]
    found = blake2b(json.dumps(about, sort_keys=True, default=str).encode(), digest_size=8)
    for chunk in chunks:
        found.update(chunk)
    return found.hexdigest()


def chunk_digest(batch: pa.RecordBatch, kept: Any) -> bytes:
    """The digest of a canonical batch. `kept` marks the rows that are to be sent; None stands for all of them.

    Rows that are left out count as well: what is mended the next time has to be sent then.
    """
    found = blake2b(digest_size=16)
    found.update(batch.num_rows.to_bytes(8, "big"))
    found.update(b"all" if kept is None else np.packbits(kept).tobytes())
    for column in batch.columns:
        for part in _parts(column):
            found.update(part)
    return found.digest()


def _parts(values: pa.Array) -> Iterable[Any]:
    """The bytes of an array, free of what stands where nothing does."""
    if values.null_count:
        yield np.packbits(values.is_null().to_numpy(zero_copy_only=False)).tobytes()
    if pa.types.is_list(values.type):
        yield pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False).tobytes()
        yield from _parts(values.flatten())
    elif pa.types.is_string(values.type):
        whole = values.fill_null("") if values.null_count else values
        offsets = np.frombuffer(whole.buffers()[1], np.int32)[whole.offset : whole.offset + len(whole) + 1]
        yield (offsets - offsets[0]).tobytes()
        yield memoryview(whole.buffers()[2] or b"")[offsets[0] : offsets[-1]]
    else:
        yield (values.fill_null(0) if values.null_count else values).to_numpy().tobytes()
