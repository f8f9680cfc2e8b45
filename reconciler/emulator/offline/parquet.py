"""An Arrow table as an object in S3: one Parquet file, there whole or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.emulator import assumptions
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    import pyarrow as pa

    from reconciler.emulator.calls import Site
    from reconciler.emulator.offline.targets import Target

_TYPE = "application/octet-stream"
# S3Uri may be an address as well (API reference, S3StorageConfig): with the bucket before the host, or after it.
_BUCKET_FIRST = re.compile(r"https://([^/]+?)\.s3[.-][^/]*/?(.*)", re.DOTALL)
_BUCKET_LAST = re.compile(r"https://s3[.-][^/]*/([^/]+)/?(.*)", re.DOTALL)


def split(uri: str) -> tuple[str, str]:
    """Bucket and key."""
    address = _BUCKET_LAST.fullmatch(uri) or _BUCKET_FIRST.fullmatch(uri)
    return (address[1], address[2]) if address else objects.split(uri)


def make_bucket(site: Site, target: Target) -> None:
    """Buckets come into being by themselves."""
    objects.ensure_bucket(site.store, split(target.uri)[0], target.region, site.now())


def write(site: Site, uri: str, table: pa.Table) -> bytes:
    """Put the file; answers its content."""
    body = encoded(table)
    bucket, key = split(uri)
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
    objects.remove(site, *split(uri))
