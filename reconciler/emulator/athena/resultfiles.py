"""The files of a result: CSV or text, and beside it the metadata; written whole, read page by page.

The bytes are those of live Athena (measurements of aoyagikouhei/athena-local): every value quoted, NULL as nothing at
all, an empty text as two quotes, no line break after the last line of a text.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena import engine, rendering
from reconciler.emulator.athena.failures import refused
from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO

    from reconciler.emulator.athena.outcomes import Job
    from reconciler.emulator.athena.rendering import Output
    from reconciler.emulator.calls import Site

_BATCH = 20_000
_FIELD = re.compile(rb'(?:"((?:[^"]|"")*)")?(,|$)')
_STREAM = "application/octet-stream"


def write_query(job: Job, sql: str, rename: Any) -> tuple[list[Output], int, int]:
    """Run a query and write its rows as CSV; answers the columns, and how many rows and bytes there were."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    from pyarrow import csv  # noqa: PLC0415

    relation = job.engine.relation(sql)
    kinds = [str(kind) for kind in relation.types]
    reader = relation.to_arrow_reader(_BATCH)
    names = rename(relation.columns)
    outputs = [
        rendering.output(name, field.type, kind) for name, field, kind in zip(names, reader.schema, kinds, strict=True)
    ]
    schema = pa.schema([(name, pa.string()) for name in names])
    count = 0
    with tempfile.TemporaryFile(dir=engine.folder(job.site.store, "spill")) as file:
        with csv.CSVWriter(file, schema, write_options=csv.WriteOptions(quoting_style="all_valid")) as writer:
            for batch in reader:
                job.engine.check()
                columns = [rendering.texts(column, kind) for column, kind in zip(batch.columns, kinds, strict=True)]
                writer.write_batch(pa.record_batch(columns, schema=schema))
                count += batch.num_rows
        size = file.tell()
        file.seek(0)
        job.engine.check()
        put(job, file)
    return outputs, count, size


def write_text(job: Job, lines: Sequence[str]) -> None:
    put(job, "\n".join(lines).encode())


def put(job: Job, content: bytes | BinaryIO, suffix: str = "") -> None:
    """A file of the result, where the result goes."""
    if job.place is not None:
        objects.write(job.site, *objects.split(job.place + suffix), content, _STREAM)
        return
    path = managed(job.site, job.id) + suffix
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(content if isinstance(content, bytes) else content.read())


def managed(site: Site, query: str) -> str:
    """Where a result lies that has no output location."""
    return os.path.join(engine.folder(site.store, "results"), query)  # noqa: PTH118


def metadata(query: str, outputs: Iterable[Output], update_type: str | None, updates: int | None) -> bytes:
    """The protobuf of `.metadata`: the query, what it changed, and a message for each column."""
    found = _text(1, query)
    if update_type is not None:
        found += _text(2, update_type)
        if updates is not None:
            found += _number(3, updates)
    return found + b"".join(_field(4, _column(output)) for output in outputs)


def _column(output: Output) -> bytes:
    found = _text(1, "hive") + _text(4, output.name) + _text(5, output.name) + _text(6, output.type)
    sized, scaled, cased = _PARTS.get(output.type, (True, True, True))
    if sized:
        found += _number(7, output.precision)
    if scaled:
        found += _number(8, output.scale)
    found += _number(9, 3)
    return found + (_number(10, int(output.case_sensitive)) if cased else b"")


# Which of precision, scale and case sensitivity a column of the type carries.
_PARTS = {
    "boolean": (False, False, True),
    "date": (False, True, True),
    "interval day to second": (False, False, True),
    **dict.fromkeys(("array", "map", "row", "json", "string", "uuid", "unknown"), (False, False, False)),
}


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _field(field, text.encode())


def opened(site: Site, place: str | None, query: str) -> BinaryIO:
    """The body of a result; InvalidRequestException if somebody removed it."""
    try:
        if place is None:
            return open(managed(site, query), "rb")  # noqa: PTH123 - the caller closes it
        bucket, key = objects.split(place)
        try:
            return open(objects.local_path(site.store, bucket, key), "rb")  # noqa: PTH123
        except AwsError:
            return io.BytesIO(objects.read(site, bucket, key))
    except (OSError, AwsError):
        raise refused("Could not find results", "RESULT_NOT_FOUND") from None


def csv_page(file: BinaryIO, offset: int, count: int) -> tuple[list[list[str | None]], int]:
    """Rows from a place in the file on, and the place after them."""
    file.seek(offset)
    rows: list[list[str | None]] = []
    while len(rows) < count:
        line = file.readline()
        if not line:
            break
        while line.count(b'"') % 2 and (more := file.readline()):
            line += more
        offset += len(line)
        rows.append(_fields(line.removesuffix(b"\n")))
    return rows, offset


def _fields(line: bytes) -> list[str | None]:
    found: list[str | None] = []
    at = 0
    while field := _FIELD.match(line, at):
        found.append(None if field.group(1) is None else field.group(1).replace(b'""', b'"').decode())
        if not field.group(2):
            break
        at = field.end()
    return found


def text_page(file: BinaryIO, offset: int, count: int) -> tuple[list[list[str | None]], int]:
    """Lines, each a row of one value."""
    file.seek(offset)
    rows: list[list[str | None]] = []
    while len(rows) < count and (line := file.readline()):
        offset += len(line)
        rows.append([line.removesuffix(b"\n").decode()])
    return rows, offset
