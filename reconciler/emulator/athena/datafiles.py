"""Data files that statements write: DuckDB writes them beside the buckets, and they become objects one by one."""

from __future__ import annotations

import os
import shutil
import uuid
from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator.athena import engine
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.types import literal, quoted
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.emulator.athena.outcomes import Job

_PARQUET_CODECS = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4_raw", "NONE": "uncompressed"}
_TEXT_CODECS = {"GZIP": "gzip", "ZSTD": "zstd", "NONE": "none"}
_CODEC = "GZIP"
"""Athena's default for all formats (Athena user guide, compression support)."""


class Format(NamedTuple):
    """How rows become files."""

    name: str
    codec: str = _CODEC
    delimiter: str = "\x01"

    def options(self) -> str:
        """Of DuckDB's COPY."""
        if self.name == "PARQUET":
            return f"FORMAT parquet, COMPRESSION {literal(_PARQUET_CODECS[self.codec])}"
        packed = f"COMPRESSION {literal(_TEXT_CODECS[self.codec])}"
        if self.name == "JSON":
            return f"FORMAT json, {packed}"
        marks = f"DELIMITER {literal(self.delimiter)}, QUOTE '', ESCAPE '', NULLSTR '\\N'"
        return f"FORMAT csv, HEADER false, {marks}, {packed}"

    @property
    def ending(self) -> str:
        """Text is told by its name to be packed; Parquet says so itself."""
        if self.name == "PARQUET" or self.codec == "NONE":
            return ""
        return {"GZIP": ".gz", "ZSTD": ".zst"}[self.codec]


def checked(name: str, codec: str | None, delimiter: str | None) -> Format:
    """A format of Athena's that can be written here."""
    wanted = name.upper()
    wanted = {"TEXT": "TEXTFILE", "CSV": "TEXTFILE"}.get(wanted, wanted)
    if wanted not in {"PARQUET", "JSON", "TEXTFILE"}:
        raise failed("NOT_SUPPORTED", f"The emulator cannot write files of the format {wanted}")
    packed = (codec or _CODEC).upper()
    packed = {"UNCOMPRESSED": "NONE"}.get(packed, packed)
    if packed not in (_PARQUET_CODECS if wanted == "PARQUET" else _TEXT_CODECS):
        raise failed("INVALID_TABLE_PROPERTY", f"Unsupported compression {packed} for the format {wanted}")
    return Format(wanted, packed, delimiter or "\x01")


class Written(NamedTuple):
    """The objects that were written, and the rows in them."""

    uris: list[str]
    rows: int
    partitions: list[tuple[str, ...]]


def write(job: Job, sql: str, kind: Format, to: str, partitions: Sequence[str] = ()) -> Written:
    """Run a query and put its rows under a location, by the values of its last columns if asked for."""
    bucket, prefix = objects.split(to)
    folder = engine.folder(job.site.store, "writing", job.id)
    try:
        rows = _copy(job, sql, kind, folder, partitions)
        job.engine.check()
        uris, values = [], []
        for path, below in _found(folder):
            key = "/".join(part for part in (prefix.rstrip("/"), below, _name(job) + kind.ending) if part)
            with open(path, "rb") as file:  # noqa: PTH123
                objects.write(job.site, bucket, key, file)
            uris.append(f"s3://{bucket}/{key}")
            if below:
                values.append(tuple(part.partition("=")[2] for part in below.split("/")))
        return Written(uris, rows, sorted(set(values)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(job: Job, sql: str, kind: Format, folder: str, partitions: Sequence[str]) -> int:
    options = kind.options()
    if not partitions:
        path = os.path.join(folder, "part")  # noqa: PTH118
        ((rows,),) = job.engine.rows(f"COPY ({sql}) TO {literal(path)} ({options})")
        if not rows:
            os.unlink(path)  # noqa: PTH108
        return int(rows)
    by = ", ".join(quoted(name) for name in partitions)
    target = os.path.join(folder, "parts")  # noqa: PTH118
    ((rows,),) = job.engine.rows(f"COPY ({sql}) TO {literal(target)} ({options}, PARTITION_BY ({by}), OVERWRITE true)")
    return int(rows)


def _found(folder: str) -> Iterator[tuple[str, str]]:
    """Files, and the folders they lie in below the first."""
    for at, folders, names in os.walk(folder):
        folders.sort()
        below = os.path.relpath(at, folder).removeprefix("parts").strip("/").strip(".")
        for name in sorted(names):
            yield os.path.join(at, name), below  # noqa: PTH118


def _name(job: Job) -> str:
    """As Athena names files: when, which query, and something nobody else has."""
    from datetime import UTC, datetime  # noqa: PLC0415 - small

    moment = datetime.fromtimestamp(job.site.now(), UTC)
    return f"{moment:%Y%m%d_%H%M%S}_00000_{job.id[:5]}_{uuid.uuid4()}"


def is_empty(job: Job, location: str) -> bool:
    bucket, key = objects.split(location)
    prefix = f"{key.rstrip('/')}/" if key.rstrip("/") else ""
    return next(iter(objects.entries(job.site.store, bucket, prefix)), None) is None
