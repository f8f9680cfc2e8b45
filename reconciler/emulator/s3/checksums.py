"""The checksums a client may send with an object, and S3 keeps with it."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import crc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADER = "x-amz-checksum-"
# Name, and the size of a value in bytes.
SIZES = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32, "sha512": 64, "md5": 16}
_UNKNOWN = ("xxhash64", "xxhash3", "xxhash128")
_NOT_VALUES = ("mode", "algorithm", "type")


class Digest(Protocol):
    """As hashlib's."""

    def update(self, chunk: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    """The one code that the standard library has."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, chunk: bytes, /) -> None:
        self._value = zlib.crc32(chunk, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def digest(algorithm: str) -> Digest:
    """A running one."""
    if algorithm == "crc32":
        return _Crc32()
    if algorithm.startswith("crc"):
        return crc.Crc(crc.code(algorithm))
    made: Any = hashlib.new(algorithm, usedforsecurity=False)
    return made  # type: ignore[no-any-return]


def declared(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Algorithm and value of the one checksum in these headers or trailers."""
    found = [
        (algorithm, value)
        for name, value in headers.items()
        if name.startswith(HEADER) and (algorithm := name.removeprefix(HEADER)) not in _NOT_VALUES
    ]
    if not found:
        return None
    if len(found) > 1:
        message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        raise AwsError("InvalidRequest", message)
    known(found[0][0])
    check_form(*found[0])
    return found[0]


def known(algorithm: str) -> str:
    """An algorithm by any spelling of its name."""
    name = algorithm.lower()
    if name in _UNKNOWN:
        raise AwsError("NotImplemented", f"The emulator of s3 does not know the checksum {algorithm}.", 501)
    if name not in SIZES:
        message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        raise AwsError("InvalidRequest", f"{message}[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
    return name


def check_form(algorithm: str, value: str) -> None:
    """Base64 of as many bytes as the algorithm makes."""
    if decoded(value, SIZES[algorithm]) is None:
        raise AwsError("InvalidRequest", f"Value for {HEADER}{algorithm} header is invalid.")


def decoded(value: str, size: int) -> bytes | None:
    try:
        found = b64decode(value, validate=True)
    except ValueError:
        return None
    return found if len(found) == size else None


def encoded(value: bytes) -> str:
    return b64encode(value).decode()


def of_parts(algorithm: str, parts: Iterable[tuple[str, int]], kind: str) -> str:
    """The checksum of an object made of parts, from theirs and their sizes: of them all, or of their checksums."""
    values = [(b64decode(value), size) for value, size in parts]
    if kind == "COMPOSITE":
        whole = digest(algorithm)
        for value, _ in values:
            whole.update(value)
        return f"{encoded(whole.digest())}-{len(values)}"
    code, whole_value = crc.code(algorithm), values[0][0]
    for value, size in values[1:]:
        whole_value = crc.join(code, whole_value, value, size)
    return encoded(whole_value)


def headers(doc: Mapping[str, Any]) -> dict[str, str]:
    """Of an object's checksum, for a reply."""
    if "sum" not in doc:
        return {}
    algorithm, value, kind = doc["sum"]
    return {f"{HEADER}{algorithm}": value, f"{HEADER}type": kind}


def members(doc: Mapping[str, Any]) -> dict[str, str]:
    """Of an object's checksum, for XML."""
    if "sum" not in doc:
        return {}
    algorithm, value, kind = doc["sum"]
    return {f"Checksum{algorithm.upper()}": value, "ChecksumType": kind}


def listed(doc: Mapping[str, Any]) -> dict[str, str]:
    """Of an object's checksum, for a listing."""
    return {"ChecksumAlgorithm": doc["sum"][0].upper(), "ChecksumType": doc["sum"][2]} if "sum" in doc else {}
