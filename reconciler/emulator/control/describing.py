"""DescribeFeatureGroup, ListFeatureGroups and DeleteFeatureGroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions, pages
from reconciler.emulator.calls import as_json
from reconciler.emulator.control import checks, groups, lifecycle
from reconciler.emulator.errors import missing_group

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_SORTS = {
    "Name": "name",
    "FeatureGroupStatus": "status",
    "OfflineStoreStatus": "coalesce(offline_status, '')",
    "CreationTime": "created",
}
_FILTERS = {
    "NameContains": "instr(name, ?) > 0",
    "FeatureGroupStatusEquals": "status = ?",
    "OfflineStoreStatusEquals": "offline_status = ?",
    "CreationTimeAfter": "created > ?",
    "CreationTimeBefore": "created < ?",
}


def describe(call: Call, request: dict[str, Any]) -> str:
    """Everything of the group but its tags; all features fit one page (2,500 is the most there can be)."""
    pages.marks(request.get("NextToken"), 1)
    column, value = groups.key(call, request["FeatureGroupName"])
    columns = f"doc, throughput, {groups.ONLINE_BYTES}"
    statement = f"SELECT {columns} FROM groups WHERE scope = ? AND {column} = ?"  # noqa: S608 - our own names
    row = call.db.execute(statement, (call.scope, value)).fetchone()
    if row is None:
        raise missing_group(request["FeatureGroupName"])
    return groups.as_described(*row)


def delete(call: Call, request: dict[str, Any]) -> str:
    """Takes a bare name only; answers at once and goes on in the background."""
    group = groups.find(call, request["FeatureGroupName"])
    if not lifecycle.can_be_deleted(group):
        raise assumptions.not_in_this_status(group.name, group.status, "deleted")
    failed = call.fault("delete_fails")
    lifecycle.start_deletion(group)
    group.pending = {"kind": "delete", "failure": failed.reason if failed else None}
    in_memory = checks.storage_type(group.online or {}) == "InMemory"
    group.due = call.now + (call.settings.delete_in_memory_s if in_memory else call.settings.delete_s)
    group.modified_at(call.now)
    groups.save(call.db, group)
    return ""


def list_groups(call: Call, request: dict[str, Any]) -> str:
    """Summaries, filtered and sorted; a page costs the same wherever it is."""
    sort = _SORTS[request.get("SortBy", assumptions.LIST_SORT)]
    descending = request.get("SortOrder", assumptions.LIST_ORDER) == "Descending"
    asked = [name for name in _FILTERS if name in request]
    where = ["scope = ?", *(_FILTERS[name] for name in asked)]
    values: list[Any] = [call.scope, *(request[name] for name in asked)]
    after = pages.marks(request.get("NextToken"), 2)
    if after:
        where.append(f"({sort}, id) {'<' if descending else '>'} (?, ?)")
        values += after
    size = request.get("MaxResults", 100)
    order = "DESC" if descending else "ASC"
    statement = (
        f"SELECT id, {sort}, name, created, status, offline_status, "  # noqa: S608 - fixed words
        "CASE offline_status WHEN 'Blocked' THEN doc ->> '$.OfflineStoreStatus.BlockedReason' END "
        f"FROM groups WHERE {' AND '.join(where)} ORDER BY {sort} {order}, id {order} LIMIT ?"
    )
    rows = call.db.execute(statement, (*values, size + 1)).fetchall()
    page: dict[str, Any] = {"FeatureGroupSummaries": [_summary(call, *row[2:]) for row in rows[:size]]}
    if len(rows) > size:
        page["NextToken"] = pages.token(rows[size - 1][1], rows[size - 1][0])
    return as_json(page)


def _summary(
    call: Call, name: str, created: float, status: str, offline: str | None, blocked: str | None
) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "FeatureGroupName": name,
        "FeatureGroupArn": groups.arn(call, name),
        "CreationTime": created,
        "FeatureGroupStatus": status,
    }
    if offline:
        summary["OfflineStoreStatus"] = {"Status": offline, **({"BlockedReason": blocked} if blocked else {})}
    return summary
