"""An Arrow table as an object in S3: one Parquet file, there whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import assumptions
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    import pyarrow as pa

    from reconciler.emulator.calls import Site
    from reconciler.emulator.offline.targets import Target

_TYPE = "application/octet-stream"


def make_bucket(site: Site, target: Target) -> None:
    """Buckets come into being by themselves."""
    objects.ensure_bucket(site.store, objects.split(target.uri)[0], target.region, site.now())


def write(site: Site, uri: str, table: pa.Table) -> bytes:
    """Put the file; answers its content."""
    body = encoded(table)
    bucket, key = objects.split(uri)
    objects.write(site, bucket, key, body, _TYPE)
    return body


def encoded(table: pa.Table) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - heavy
    from pyarrow import parquet  # noqa: PLC0415

    sink = pa.BufferOutputStream()
    # Arrow's own copy of the schema is left out: readers have only what the service's files have.
    parquet.write_table(table, sink, compression=assumptions.OFFLINE_COMPRESSION, store_schema=False)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def remove(site: Site, uri: str) -> None:
    objects.remove(site, *objects.split(uri))
