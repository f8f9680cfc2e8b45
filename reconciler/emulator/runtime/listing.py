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
    from reconciler.emulator.runtime.feature_groups import FeatureGroup


def list_records(call: Call, asked: dict[str, Any]) -> str:
    """In the order of the identifiers, so that a page costs the same wherever it is."""
    group = readable(call, asked["FeatureGroupName"])
    after = _place(asked["NextToken"], group.id) if "NextToken" in asked else ""
    size = asked.get("MaxResults", assumptions.LIST_PAGE)
    if group.storage == "InMemory":
        size = assumptions.in_memory_page(size)
    found, last = _page(call, group, after, size, with_deleted=asked.get("IncludeSoftDeletedRecords", False))
    page: dict[str, Any] = {"RecordIdentifiers": found}
    if last is not None:
        page["NextToken"] = _token(last, group.id)
    return as_json(page)


def _page(
    call: Call, group: FeatureGroup, after: str, size: int, *, with_deleted: bool
) -> tuple[list[str], str | None]:
    """A page, and where it ended if more may follow. A page of few finds ends too: others wait for their turn."""
    found: list[str] = []
    moment, last = instants.from_epoch(call.now), after
    for number, (record_id, is_deleted, expires) in enumerate(online.walk(call.db, group.id, after)):
        if len(found) == size or number == assumptions.LIST_LOOKS_AT:
            return found, last
        if (with_deleted or not is_deleted) and (expires is None or expires > moment):
            found.append(record_id)
        last = record_id
    return found, None


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
