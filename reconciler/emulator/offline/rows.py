"""Pending rows as one Arrow table: the features in their types, and the three columns of the service's own."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING

from reconciler.emulator import assumptions
from reconciler.emulator.offline.values import typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from reconciler.emulator.offline.pending import Row

_LEAST_BLOCK = 1 << 20


def table(rows: Sequence[Row], features: Sequence[tuple[str, str]], moment: float) -> pa.Table:
    """A record a line. What was not due yet at the moment of a flush is written then, ahead of its time."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.compute as pc  # noqa: PLC0415

    texts = _texts([row.lines for row in rows], [name for name, _ in features])
    columns = {assumptions.offline_column(name): typed(texts[name], kind) for name, kind in features}
    counts = [row.records for row in rows]
    columns["write_time"] = _times((min(row.due, moment) for row in rows), counts)
    columns["api_invocation_time"] = _times((_invoked(row.invoked) for row in rows), counts)
    columns["is_deleted"] = pc.fill_null(texts["is_deleted"], False)
    return pa.table(columns)


def _texts(lines: Sequence[str], names: Sequence[str]) -> pa.Table:
    """The lines as columns of text, and whether each is a tombstone."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import json as arrow_json  # noqa: PLC0415

    schema = pa.schema([*((name, pa.string()) for name in names), ("is_deleted", pa.bool_())])
    body = "\n".join(lines).encode()
    try:
        return arrow_json.read_json(
            io.BytesIO(body),
            # One core: the others are for those who are being answered. No line is longer than the block.
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=max(_LEAST_BLOCK, len(body) + 1)),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowInvalid, UnicodeError):
        # Half a surrogate pair is text to JSON and to Python, and neither to UTF-8 nor to Arrow.
        found = [json.loads(line) for line in body.decode().split("\n")]
        return pa.table(
            {
                name: pa.array([_storable(record.get(name)) for record in found], schema.field(name).type)
                for name in schema.names
            }
        )


def _storable(value: object) -> object:
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _invoked(moment: float) -> float:
    return math.floor(moment) if assumptions.API_INVOCATION_TIME_IN_SECONDS else moment


def _times(moments: Iterable[float], counts: Sequence[int]) -> pa.Array:
    """A moment for each record of its row."""
    import pyarrow as pa  # noqa: PLC0415

    found: list[int] = []
    for moment, count in zip(moments, counts, strict=True):
        found += [round(moment * 1000) * 1000] * count
    kind = pa.timestamp("us", "UTC")
    return pa.array(found, pa.int64()).cast(kind).cast(pa.timestamp(assumptions.OFFLINE_TIMESTAMP_UNIT, "UTC"))
