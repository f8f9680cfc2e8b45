"""AddTags, ListTags and DeleteTags on a feature group's ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions, pages
from reconciler.emulator.calls import as_json
from reconciler.emulator.control import checks, groups
from reconciler.emulator.errors import missing_group

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from reconciler.emulator.calls import Call

MOST = 50


def add(call: Call, request: dict[str, Any]) -> str:
    """Add or overwrite; answers with all tags of the group."""
    group_id = _tagged(call, request["ResourceArn"])
    checks.tag_keys([tag["Key"] for tag in request["Tags"]])
    write(call.db, group_id, request["Tags"])
    after = read(call.db, group_id)
    if sum(not tag["Key"].startswith("aws:") for tag in after) > MOST:
        raise assumptions.tags_exhausted(MOST)
    return as_json({"Tags": after})


def list_tags(call: Call, request: dict[str, Any]) -> str:
    """In the order of their keys."""
    group_id = _tagged(call, request["ResourceArn"])
    after = pages.marks(request.get("NextToken"), 1)
    size = request.get("MaxResults", MOST)
    rows = read(call.db, group_id, after=str(after[0]) if after else "")
    page: dict[str, Any] = {"Tags": rows[:size]}
    if len(rows) > size:
        page["NextToken"] = pages.token(rows[size - 1]["Key"])
    return as_json(page)


def delete(call: Call, request: dict[str, Any]) -> str:
    """Keys that are not there are no error."""
    group_id = _tagged(call, request["ResourceArn"])
    for tag_key in request["TagKeys"]:
        if tag_key.lower().startswith("aws:"):
            raise assumptions.system_tag(tag_key)
    call.db.executemany(
        "DELETE FROM tags WHERE group_id = ? AND key = ?", [(group_id, tag_key) for tag_key in request["TagKeys"]]
    )
    return "{}"


def read(db: sqlite3.Connection, group_id: int, after: str = "") -> list[dict[str, str]]:
    """The tags of a group whose keys come after a key."""
    rows = db.execute("SELECT key, value FROM tags WHERE group_id = ? AND key > ? ORDER BY key", (group_id, after))
    return [{"Key": key, "Value": value} for key, value in rows]


def write(db: sqlite3.Connection, group_id: int | None, tags: Iterable[dict[str, str]]) -> None:
    """Add or overwrite, unchecked."""
    db.executemany(
        "INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", [(group_id, tag["Key"], tag["Value"]) for tag in tags]
    )


def _tagged(call: Call, resource: str) -> int:
    if ":feature-group/" not in resource:
        raise missing_group(resource)  # nothing else that SageMaker tags exists here
    return groups.find_id(call, resource)
