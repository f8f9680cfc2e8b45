"""The identifiers of the records that are in the online store, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from reconciler.aws.runtime import Runtime
from reconciler.records.asking import ask_now
from reconciler.records.reading import check_online
from reconciler.records.target import Target
from reconciler.records.values import reader_of

_PAGE: Final = 100


def list_ids(
    runtime: Runtime, target: Target, *, include_deleted: bool = False, limit: int | None = None
) -> Iterator[Any]:
    """The record identifiers, as the values of their field; of softly deleted records too, on request.

    A page is asked for when it is needed. What is written meanwhile may be in it or not.
    """
    read = reader_of(target.contract.key)
    return (_value(read, text) for text in list_texts(runtime, target, include_deleted=include_deleted, limit=limit))


def list_texts(
    runtime: Runtime, target: Target, *, include_deleted: bool = False, limit: int | None = None
) -> Iterator[str]:
    """As `list_ids`, the identifiers as AWS has them."""
    check_online(target)
    path = f"/FeatureGroup/{quote(target.name, safe='')}/ListRecords"
    request: dict[str, Any] = {"MaxResults": _PAGE}
    if include_deleted:
        request["IncludeSoftDeletedRecords"] = True
    left = limit
    while left is None or left > 0:
        if left is not None:
            request["MaxResults"] = min(_PAGE, left)
        body = json.dumps(request).encode()
        page = ask_now(runtime, "ListRecords", target.name, "POST", path, body).document
        found = page.get("RecordIdentifiers", ())
        # An in-memory store may give more than was asked for.
        yield from found if left is None else found[:left]
        if left is not None:
            left -= len(found)
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def _value(read: Any, text: str) -> Any:
    """The identifier as a value; as it stands where it is none, so that it can be deleted."""
    try:
        return read(text)
    except (ValueError, KeyError):
        return text
