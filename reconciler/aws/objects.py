"""Objects of S3, by their s3:// addresses: listed, read in ranges, written whole or in parts, deleted.

What does not exist is a `FileNotFoundError`, as for any file; every other error is `AwsFailed`. Safe to use from
several threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from botocore import exceptions as boto

from reconciler.aws.errors import code_of, named
from reconciler.aws.session import create_client
from reconciler.config import Environment
from reconciler.errors import AwsFailed

PART_MINIMUM = 5 * 1024 * 1024
"""Bytes of a part of an upload, the last one apart (S3's quotas)."""
PARTS_MAXIMUM = 10_000
"""Parts of an upload."""

_MISSING = ("NoSuchKey", "404", "NotFound", "NoSuchUpload", "NoSuchBucket", "NoSuchVersion")
_DELETED_AT_ONCE = 1000
_TRIES = 5

# S3Uri may be a web address as well (API reference, S3StorageConfig): with the bucket in the host's name, or after it.
_BUCKET_FIRST = re.compile(r"https://([^/]+?)\.s3[.-][^/]*/?(.*)", re.DOTALL)
_BUCKET_LAST = re.compile(r"https://s3[.-][^/]*/([^/]+)/?(.*)", re.DOTALL)


class Item(NamedTuple):
    """An object of a listing. `modified` is S3's clock, in whole seconds."""

    uri: str
    size: int
    modified: datetime
    etag: str


class Version(NamedTuple):
    """One version of an object, or a marker that it was deleted (`is_marker`), in a bucket that keeps versions."""

    uri: str
    version_id: str
    is_latest: bool
    is_marker: bool
    size: int
    modified: datetime


class Part(NamedTuple):
    """A part that was uploaded: its number, from 1 on, and S3's tag of it."""

    number: int
    etag: str


class Started(NamedTuple):
    """An upload in parts that somebody began and did not finish."""

    uri: str
    upload_id: str
    began: datetime


class Content(NamedTuple):
    """Bytes of an object from `start` on, of `size` bytes altogether."""

    body: bytes
    start: int
    size: int
    etag: str


def as_s3(uri: str) -> str:
    """The s3:// form of an address; SageMaker takes and gives web addresses too."""
    found = _BUCKET_LAST.fullmatch(uri) or _BUCKET_FIRST.fullmatch(uri)
    return f"s3://{found[1]}/{found[2]}" if found else uri


def split(uri: str) -> tuple[str, str]:
    """Bucket and key; s3a:// and s3n:// are other words for s3://. Raises `ValueError` for anything else."""
    scheme, _, rest = as_s3(uri).partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise ValueError(f"{uri} is no address of S3")
    return bucket, key


class Objects:
    """The objects that one environment reaches. `root` is the project's folder."""

    def __init__(self, environment: Environment, root: Path) -> None:
        self._client = create_client("s3", environment, root)

    # Looking

    def list(self, uri: str, *, after: str = "") -> Iterator[Item]:
        """Every object whose address begins so, in order of their keys; those after the address `after`, if given."""
        bucket, prefix = split(uri)
        asked = {"Bucket": bucket, "Prefix": prefix} | ({"StartAfter": split(after)[1]} if after else {})
        for page in self._pages("ListObjectsV2", uri, asked):
            for found in page.get("Contents", ()):
                address = f"s3://{bucket}/{found['Key']}"
                yield Item(address, found["Size"], found["LastModified"], found.get("ETag", ""))

    def folders(self, uri: str) -> Iterator[str]:
        """The folders right below an address that ends in a slash; so do they."""
        bucket, prefix = split(uri)
        for page in self._pages("ListObjectsV2", uri, {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}):
            for found in page.get("CommonPrefixes", ()):
                yield f"s3://{bucket}/{found['Prefix']}"

    def versions(self, uri: str) -> Iterator[Version]:
        """Every version and delete marker of the objects whose address begins so."""
        bucket, prefix = split(uri)
        for page in self._pages("ListObjectVersions", uri, {"Bucket": bucket, "Prefix": prefix}):
            for kind, is_marker in (("Versions", False), ("DeleteMarkers", True)):
                for found in page.get(kind, ()):
                    yield Version(
                        f"s3://{bucket}/{found['Key']}",
                        found["VersionId"],
                        found["IsLatest"],
                        is_marker,
                        found.get("Size", 0),
                        found["LastModified"],
                    )

    def keeps_versions(self, uri: str) -> bool:
        """Whether the bucket keeps, or once kept, the versions of its objects."""
        reply = self._call("GetBucketVersioning", uri, Bucket=split(uri)[0])
        return reply.get("Status") in ("Enabled", "Suspended")

    def size(self, uri: str) -> int:
        """Bytes of an object."""
        return int(self._at("HeadObject", uri)["ContentLength"])

    def exists(self, uri: str) -> bool:
        try:
            return self.size(uri) >= 0
        except FileNotFoundError:
            return False

    # Reading

    def read(
        self, uri: str, start: int | None = None, size: int | None = None, etag: str = "", version: str = ""
    ) -> Content:
        """An object, or `size` bytes of it from `start` on; a negative start counts from the end, without a size.

        With an `etag` only that very content is read: AwsFailed with code PreconditionFailed once it is another.
        `version` is one of `versions`; without it, the latest is read.
        """
        wanted = {} if start is None else {"Range": _range(start, size)}
        if version:
            wanted["VersionId"] = version
        if etag:
            wanted["IfMatch"] = etag
        for tried in range(_TRIES):
            try:
                reply = self._at("GetObject", uri, **wanted)
                with named("GetObject", uri):
                    body = reply["Body"].read()
                return _content(reply, body)
            except AwsFailed as failed:
                if failed.code == "InvalidRange":
                    return Content(b"", 0, self.size(uri), etag)
                if not _is_cut(failed) or tried == _TRIES - 1:
                    raise
        raise AssertionError

    # Writing

    def put(self, uri: str, body: bytes, *, kms_key: str | None = None, etag: str = "") -> None:
        """An object whole.

        With an `etag` only that very content is replaced: AwsFailed with code PreconditionFailed once it is another.
        """
        self._at("PutObject", uri, Body=body, **_encrypted(kms_key), **_if_match(etag))

    def begin(self, uri: str, *, kms_key: str | None = None) -> str:
        """Begin an upload in parts; answers its id. Nothing is seen of it until it is completed."""
        return str(self._at("CreateMultipartUpload", uri, **_encrypted(kms_key))["UploadId"])

    def part(self, uri: str, upload_id: str, number: int, body: bytes) -> Part:
        """Upload a part, of at least `PART_MINIMUM` bytes unless it is the last."""
        reply = self._at("UploadPart", uri, UploadId=upload_id, PartNumber=number, Body=body)
        return Part(number, reply["ETag"])

    def complete(self, uri: str, upload_id: str, parts: Sequence[Part], *, etag: str = "") -> None:
        """Make an object of its parts; `etag` as of `put`."""
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        made = {"UploadId": upload_id, "MultipartUpload": {"Parts": listed}}
        self._at("CompleteMultipartUpload", uri, **made, **_if_match(etag))

    def abort(self, uri: str, upload_id: str) -> None:
        """Throw an upload away; one that is not there is no error."""
        try:
            self._at("AbortMultipartUpload", uri, UploadId=upload_id)
        except FileNotFoundError:
            return

    def started(self, uri: str) -> Iterator[Started]:
        """Uploads that were begun and neither completed nor thrown away, of addresses that begin so."""
        bucket, prefix = split(uri)
        for page in self._pages("ListMultipartUploads", uri, {"Bucket": bucket, "Prefix": prefix}):
            for found in page.get("Uploads", ()):
                yield Started(f"s3://{bucket}/{found['Key']}", found["UploadId"], found["Initiated"])

    # Deleting

    def delete(self, uris: Iterable[str]) -> None:
        """Delete objects; those that are not there are no error. In a bucket with versions, older ones stay."""
        self._delete((uri, {}) for uri in uris)

    def delete_versions(self, versions: Iterable[Version]) -> None:
        """Delete versions and markers for good."""
        self._delete((version.uri, {"VersionId": version.version_id}) for version in versions)

    def _delete(self, wanted: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        rest = iter(wanted)
        while some := list(islice(rest, _DELETED_AT_ONCE)):
            buckets: dict[str, list[Mapping[str, str]]] = {}
            for uri, which in some:
                bucket, key = split(uri)
                buckets.setdefault(bucket, []).append({"Key": key, **which})
            for bucket, keys in buckets.items():
                asked = {"Objects": keys, "Quiet": True}
                reply = self._call("DeleteObjects", f"s3://{bucket}", Bucket=bucket, Delete=asked)
                for error in reply.get("Errors", ()):
                    address = f"s3://{bucket}/{error.get('Key', '')}"
                    raise AwsFailed("DeleteObjects", address, error.get("Code", ""), error.get("Message", ""))

    # How

    def _at(self, call: str, uri: str, **asked: Any) -> dict[str, Any]:
        bucket, key = split(uri)
        return self._call(call, uri, Bucket=bucket, Key=key, **asked)

    def _call(self, call: str, uri: str, **asked: Any) -> dict[str, Any]:
        with _missing(uri), named(call, uri):
            reply: dict[str, Any] = self._method(call)(**asked)
            return reply

    def _pages(self, call: str, uri: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        with _missing(uri), named(call, uri):
            # S3 names the encoding, and botocore decodes the keys.
            yield from self._client.get_paginator(_python_name(call)).paginate(**asked)

    def _method(self, call: str) -> Any:
        return getattr(self._client, _python_name(call))


def _python_name(call: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", call).lower()


@contextmanager
def _missing(uri: str) -> Iterator[None]:
    try:
        yield
    except AwsFailed as failed:
        cause = failed.__cause__
        if isinstance(cause, boto.ClientError) and code_of(cause) in _MISSING:
            raise FileNotFoundError(uri) from failed
        raise


def _is_cut(failed: AwsFailed) -> bool:
    """The connection ended within the body, where botocore no longer tries again."""
    cause = failed.__cause__
    return isinstance(cause, boto.ResponseStreamingError | boto.IncompleteReadError | boto.ReadTimeoutError)


def _range(start: int, size: int | None) -> str:
    if start < 0:
        return f"bytes={start}"
    return f"bytes={start}-" if size is None else f"bytes={start}-{start + size - 1}"


def _content(reply: Mapping[str, Any], body: bytes) -> Content:
    span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", reply.get("ContentRange") or "")
    start, size = (int(span[1]), int(span[2])) if span else (0, len(body))
    return Content(body, start, size, reply.get("ETag", ""))


def _if_match(etag: str) -> dict[str, str]:
    return {"IfMatch": etag} if etag else {}


def _encrypted(kms_key: str | None) -> dict[str, str]:
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
