"""Text files as blocks of bytes: plain or compressed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from reconciler.errors import Invalid
from reconciler.records.sources.paths import File, arrow_errors, fault

BLOCK = 1 << 20
"""Bytes that are read at once."""

MAX_RECORD = 8 << 20
"""A line or a quoted cell of more bytes than this is taken for a mistake: a record has at most 350 KB on AWS."""

_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a ZIP file",
    b"\x1f\x8b": "compressed with gzip",
}
UTF8_MARK = b"\xef\xbb\xbf"


@contextmanager
def reading(file: File) -> Iterator[pa.NativeFile]:
    """The bytes of a file, unpacked. Raises `Invalid` where they cannot be had."""
    with (
        arrow_errors(file.label),
        pa.input_stream(str(file.path), compression=file.codec, buffer_size=BLOCK) as stream,
    ):
        yield stream


def check_utf8(file: File, start: bytes) -> None:
    """Raises `Invalid` for a file whose first bytes are those of something else than UTF-8."""
    for mark, meaning in _MARKS.items():
        if start.startswith(mark):
            raise Invalid([fault(file.label, f"The file is {meaning}, not UTF-8.", "Save it as UTF-8.", line=1)])
    if b"\0" in start[:1024]:
        raise Invalid([fault(file.label, "The file has zero bytes in it, so it is no text in UTF-8.", line=1)])


def not_utf8(text: bytes) -> str:
    """Why bytes are no text, or nothing."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"The line is not UTF-8: byte 0x{text[error.start]:02x} at place {error.start + 1}."
    return ""
