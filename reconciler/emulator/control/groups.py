"""A feature group as it is stored: what Search serves of it, its throughput, and the change that is under way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json, partition
from reconciler.emulator.errors import missing_group
from reconciler.emulator.offline import pending

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from reconciler.emulator.calls import Call

ONLINE_BYTES = (
    "CASE WHEN online_bytes IS NOT NULL "
    "THEN coalesce((SELECT bytes FROM online_sizes WHERE group_id = groups.id), 0) END"
)
"""How much the online store holds; null where there is none."""
_COLUMNS = f"id, scope, name, due, pending, doc, throughput, {ONLINE_BYTES}, on_demand_since"
_SELECT = f"SELECT {_COLUMNS} FROM groups"  # noqa: S608 - columns of our own


class Group:
    """One row, with its JSON opened; `doc` holds AWS's own members."""

    __slots__ = ("doc", "due", "id", "name", "on_demand_since", "online_bytes", "pending", "scope", "throughput")

    def __init__(
        self,
        scope: str,
        name: str,
        doc: dict[str, Any],
        throughput: dict[str, Any],
        online_bytes: int | None,
    ) -> None:
        self.id: int | None = None
        self.scope = scope
        self.name = name
        self.doc = doc
        self.throughput = throughput
        self.online_bytes = online_bytes
        self.on_demand_since: float | None = None
        self.due: float | None = None
        self.pending: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        return str(self.doc["FeatureGroupStatus"])

    @property
    def online(self) -> dict[str, Any] | None:
        """The online store's configuration, when it is switched on."""
        config: dict[str, Any] = self.doc.get("OnlineStoreConfig", {})
        return config if config.get("EnableOnlineStore") else None

    @property
    def is_updating(self) -> bool:
        return bool(self.doc.get("LastUpdateStatus", {}).get("Status") == "InProgress")

    def modified_at(self, moment: float) -> None:
        """LastModifiedTime always moves, even when the clock's milliseconds did not."""
        before: float = self.doc["LastModifiedTime"]
        self.doc["LastModifiedTime"] = max(moment, round(before + 0.001, 3))


def arn(call: Call, name: str) -> str:
    """The ARN a group of this name has here."""
    shown = name.lower() if assumptions.ARN_IN_LOWER_CASE else name
    account = call.settings.account
    return f"arn:{partition(call.region)}:sagemaker:{call.region}:{account}:feature-group/{shown}"


def key(call: Call, name_or_arn: str) -> tuple[str, str]:
    """The column and the value that find a group: a name is exact, an ARN knows no case."""
    if not name_or_arn.startswith("arn:"):
        return "name", name_or_arn
    if name_or_arn.rpartition("/")[0].lower() != arn(call, "").rpartition("/")[0]:
        raise missing_group(name_or_arn)  # another account's or region's
    return "folded", name_or_arn.rpartition("/")[2].lower()


def find(call: Call, name_or_arn: str) -> Group:
    """The group, or ResourceNotFound."""
    column, value = key(call, name_or_arn)
    row = call.db.execute(f"{_SELECT} WHERE scope = ? AND {column} = ?", (call.scope, value)).fetchone()
    if row is None:
        raise missing_group(name_or_arn)
    return _opened(row)


def find_id(call: Call, name_or_arn: str) -> int:
    """Only the row number, where the group itself is not looked at."""
    column, value = key(call, name_or_arn)
    statement = f"SELECT id FROM groups WHERE scope = ? AND {column} = ?"  # noqa: S608 - one of two columns
    row = call.db.execute(statement, (call.scope, value)).fetchone()
    if row is None:
        raise missing_group(name_or_arn)
    return int(row[0])


def due(db: sqlite3.Connection, moment: float) -> Group | None:
    """The group whose change under way is the next to be finished."""
    row = db.execute(f"{_SELECT} WHERE due <= ? ORDER BY due, id LIMIT 1", (moment,)).fetchone()
    return _opened(row) if row else None


def named(db: sqlite3.Connection, scope: str, name: str) -> Group | None:
    """The group in a scope, for those who hold no call."""
    row = db.execute(f"{_SELECT} WHERE scope = ? AND folded = ?", (scope, name.lower())).fetchone()
    return _opened(row) if row else None


def numbered(db: sqlite3.Connection, number: int) -> Group | None:
    """The group of a row number."""
    row = db.execute(f"{_SELECT} WHERE id = ?", (number,)).fetchone()
    return _opened(row) if row else None


def add(db: sqlite3.Connection, group: Group) -> None:
    """Store a new group and its features."""
    made = db.execute(
        f"INSERT INTO groups ({', '.join(_CHANGING)}, scope, name, folded, created) "  # noqa: S608 - our own names
        f"VALUES ({', '.join('?' * len(_CHANGING))}, ?, ?, ?, ?)",
        (*_changing(group), group.scope, group.name, group.name.lower(), group.doc["CreationTime"]),
    )
    group.id = made.lastrowid
    add_features(db, group, group.doc["FeatureDefinitions"], group.doc["CreationTime"])


def save(db: sqlite3.Connection, group: Group) -> None:
    """Store what changed, the columns that repeat it included."""
    changes = ", ".join(f"{column} = ?" for column in _CHANGING)
    db.execute(f"UPDATE groups SET {changes} WHERE id = ?", (*_changing(group), group.id))  # noqa: S608


_CHANGING = (
    *("status", "offline_status", "modified", "due", "pending", "doc", "throughput"),
    *("online_bytes", "on_demand_since"),
)


def _changing(group: Group) -> tuple[Any, ...]:
    doc = group.doc
    offline: dict[str, Any] = doc.get("OfflineStoreStatus", {})
    return (
        *(doc["FeatureGroupStatus"], offline.get("Status"), doc["LastModifiedTime"]),
        *(group.due, as_json(group.pending) if group.pending else None, as_json(doc)),
        *(as_json(group.throughput), group.online_bytes, group.on_demand_since),
    )


def _opened(row: tuple[Any, ...]) -> Group:
    number, scope, name, due_at, pending, doc, throughput, online_bytes, on_demand_since = row
    group = Group(scope, name, json.loads(doc), json.loads(throughput), online_bytes)
    group.id, group.due, group.on_demand_since = number, due_at, on_demand_since
    group.pending = json.loads(pending) if pending else None
    return group


def add_features(db: sqlite3.Connection, group: Group, features: Iterable[dict[str, Any]], moment: float) -> None:
    """A row per feature: its metadata, which Search finds."""
    db.executemany(
        "INSERT INTO features (group_id, name, type, created, modified) VALUES (?, ?, ?, ?, ?)",
        [(group.id, feature["FeatureName"], feature["FeatureType"], moment, moment) for feature in features],
    )


def delete(db: sqlite3.Connection, group: Group) -> None:
    """Forget the group; its creation second is kept, since paths and tables named after it outlive it."""
    db.execute(
        "INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)",
        (group.scope, group.name.lower(), int(group.doc["CreationTime"])),
    )
    if group.id is not None:
        from reconciler.emulator.runtime import online  # noqa: PLC0415 - start-up is counted

        pending.depart(db, group.id)
        online.drop(db, group.id)
    db.execute("DELETE FROM groups WHERE id = ?", (group.id,))


def as_described(doc: str, throughput: str, online_bytes: int | None) -> str:
    """The Describe reply, spliced from stored JSON: Search's members plus the two it lacks."""
    size = "" if online_bytes is None else f',"OnlineStoreTotalSizeBytes":{online_bytes}'
    return f'{doc[:-1]},"ThroughputConfig":{throughput}{size}}}'
