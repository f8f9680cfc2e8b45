"""S3 addresses as groups give them."""

from __future__ import annotations

import re

# S3Uri may be a web address as well (API reference, S3StorageConfig): with the bucket in the host's name, or after it.
_BUCKET_FIRST = re.compile(r"https://([^/]+?)\.s3[.-][^/]*/?(.*)", re.DOTALL)
_BUCKET_LAST = re.compile(r"https://s3[.-][^/]*/([^/]+)/?(.*)", re.DOTALL)


def as_s3(uri: str) -> str:
    """The s3:// form of an address."""
    found = _BUCKET_LAST.fullmatch(uri) or _BUCKET_FIRST.fullmatch(uri)
    return f"s3://{found[1]}/{found[2]}" if found else uri
