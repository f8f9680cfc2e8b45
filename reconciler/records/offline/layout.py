"""How the files of an offline store are laid out: where they lie, what they are called, which columns they have.

Sources: developer guide, offline store data format; for what no source says, see the names below. Everything here is
a value that can be sent to another process.
"""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.records.offline.instants import day_text, hour_folder, iso
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME
from reconciler.state import Live

if TYPE_CHECKING:
    import pyarrow as pa

HOUR_S, DAY_S = 3600, 86_400
TAG = 8
"""So many of the sixteen characters in a file's name say which run wrote it; the others, which file of it."""

_ALPHANUMERIC = string.digits + string.ascii_letters


@dataclass(frozen=True, slots=True)
class Layout:
    """The offline store of a group, as its files know it.

    `data` is the folder of the data in s3:// form and ends in a slash. `features` are names and AWS's types, in the
    order of the live group. `run` is the digest of everything that is written: files are named by it, so that the
    same rows written again have the same names.
    """

    data: str
    record_id: str
    event_time: str
    features: tuple[tuple[str, str], ...]
    is_iceberg: bool
    run: str

    @property
    def span_s(self) -> int:
        """Seconds of event time in one partition: an hour, or a day in Iceberg format."""
        return DAY_S if self.is_iceberg else HOUR_S

    @property
    def tag(self) -> str:
        """What the names of all files of this run have in them."""
        return drawn(TAG, self.run)

    def day(self, key: int) -> str:
        """The value of an Iceberg partition: truncate(10) of an event time."""
        return day_text(key)

    def hour(self, key: int) -> tuple[str, str, str, str]:
        """The values of a partition in Glue format: year, month, day, hour."""
        year, month, day, hour = (part.partition("=")[2] for part in hour_folder(key).rstrip("/").split("/"))
        return year, month, day, hour

    def uri(self, key: int, number: int, latest: int) -> str:
        """Where a file lies. `key` is the partition: hours since 1970, or days in Iceberg format.

        `number` counts the files of a partition, `latest` is the last event time in it, in seconds since 1970.
        """
        moment = iso(latest).replace("-", "").replace(":", "")
        name = f"{moment}_{self.tag}{drawn(16 - TAG, self.run, str(key), str(number))}.parquet"
        if not self.is_iceberg:
            return f"{self.data}{hour_folder(key)}{name}"
        spread = drawn(8, self.run, str(key), "spread")
        return f"{self.data}{spread}/{self.event_time}_trunc={day_text(key)}/{name}"

    @property
    def records(self) -> str:
        """The folder, beside the data, with a record of each run: see `committing`."""
        return f"{self.data.removesuffix('data/')}backfills/"


def layout_of(live: Live, data: str, run: str) -> Layout:
    """The layout of a live group. `data` is the folder of its data in s3:// form."""
    group, offline = live.group, live.group.offline
    return Layout(
        data=data,
        record_id=group.record_id,
        event_time=group.event_time,
        features=tuple((feature.name, feature.type) for feature in group.features),
        is_iceberg=offline is not None and offline.table_format == "Iceberg",
        run=run,
    )


def drawn(size: int, *parts: str) -> str:
    """So many alphanumeric characters, the same for the same parts."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest())
    text = ""
    for _ in range(size):
        number, digit = divmod(number, len(_ALPHANUMERIC))
        text += _ALPHANUMERIC[digit]
    return text


def schema_of(layout: Layout) -> pa.Schema:
    """The columns of a file: the features, then the service's own (developer guide; order as in AWS's notebook).

    UNVERIFIED: that the service's timestamps are 64-bit microseconds in UTC. Readers of the store have to take others
    too, since AWS's Spark connector writes INT96.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy

    types = {"Integral": pa.int64(), "Fractional": pa.float64(), "String": pa.string()}
    moment = pa.timestamp("us", "UTC")
    own = [(WRITE_TIME, moment), (INVOKED, moment), (IS_DELETED, pa.bool_())]
    return pa.schema([*((name, types[kind]) for name, kind in layout.features), *own])


def with_own_columns(batch: pa.RecordBatch, layout: Layout, written: datetime) -> pa.RecordBatch:
    """Canonical rows as a file has them: features that rows do not have are null, and the service's columns added.

    `written` is the moment of writing; as for records that the service takes, write_time has milliseconds and
    api_invocation_time whole seconds (as public results of queries show them).
    """
    import pyarrow as pa  # noqa: PLC0415

    schema, rows = schema_of(layout), batch.num_rows
    own = {
        WRITE_TIME: written.replace(microsecond=written.microsecond // 1000 * 1000),
        INVOKED: written.replace(microsecond=0),
        IS_DELETED: False,
    }
    arrays = []
    for field in schema:
        if field.name in own:
            arrays.append(pa.repeat(pa.scalar(own[field.name], field.type), rows))
        elif field.name in batch.schema.names:
            arrays.append(batch.column(field.name))
        else:
            arrays.append(pa.nulls(rows, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
