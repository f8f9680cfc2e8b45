"""Which S3 operation a request is: by method, address, query and headers."""

from __future__ import annotations

from collections.abc import Mapping


def s3_route(
    method: str,
    path: str,
    query: str,  # noqa: ARG001
    host: str,  # noqa: ARG001
    headers: Mapping[str, str],  # noqa: ARG001
) -> tuple[str, str | None]:
    """The operation and the resource."""
    return f"{method} {path}", None
