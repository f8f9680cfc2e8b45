"""ListRecords: the identifiers of the online store, page by page."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.runtime import instants, online
from reconciler.emulator.runtime.reading import readable

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def list_records(call: Call, asked: dict[str, Any]) -> str:
    """In the order of the identifiers, so that a page costs the same wherever it is."""
    group = readable(call, asked["FeatureGroupName"])
    after = _place(asked["NextToken"], group.id) if "NextToken" in asked else ""
    size = asked.get("MaxResults", assumptions.LIST_PAGE)
    if group.storage == "InMemory":
        size = assumptions.in_memory_page(size)
    found = online.identifiers(
        call.db,
        group.id,
        after,
        size + 1,
        instants.from_epoch(call.now),
        with_deleted=asked.get("IncludeSoftDeletedRecords", False),
    )
    page: dict[str, Any] = {"RecordIdentifiers": found[:size]}
    if len(found) > size:
        page["NextToken"] = _token(found[size - 1], group.id)
    return as_json(page)


def _token(last: str, group_id: int) -> str:
    """Where the page ended, in the group it is a page of."""
    return urlsafe_b64encode(f"{group_id}:{last}".encode()).decode()


def _place(token: str, group_id: int) -> str:
    try:
        number, _, last = urlsafe_b64decode(token).decode().partition(":")
    except ValueError:
        raise assumptions.bad_token() from None
    if number != str(group_id) or not last:
        raise assumptions.bad_token()
    return last
