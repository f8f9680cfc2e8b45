"""Records of the online store: the latest of a group, those whose identifier begins so, and one of them whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import clock
from reconciler.emulator.page.html import Html, element, join
from reconciler.emulator.page.layout import Page, facts, nothing, number, place, section, table
from reconciler.emulator.runtime import instants

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.store import Store

_SHOWN = 50
_COLUMNS = 8
_SORTED_UP_TO = 20_000
"""With more records than these, the latest by event time would take too long to find."""
_LONGEST = 80
_LIVING = "deleted = 0 AND (expires IS NULL OR expires > ?)"


class Of(NamedTuple):
    """The group whose records they are."""

    id: int
    scope: str
    name: str
    doc: dict[str, Any]

    @property
    def keys(self) -> tuple[str, str]:
        return self.doc["RecordIdentifierFeatureName"], self.doc["EventTimeFeatureName"]


def found(store: Store, group: Of, query: Mapping[str, str]) -> Html:
    """The section of a group's page, with a search."""
    beginning = query.get("id", "")
    with store.reading() as db:
        rows, note = _begin_with(db, group, beginning) if beginning else _latest(db, group)
    search = element(
        "form",
        element("input", type="search", name="id", value=beginning, placeholder="identifier", aria_label="identifier"),
        element("button", "Find"),
        method="get",
        action=place("groups", *group.scope.split("/"), group.name),
    )
    inside = _table(group, rows) if rows else nothing("There is none." if beginning else "There are none yet.")
    return join([search, section("records", "Records online", inside, note=note)])


def page(side: OwnSide, path: str, query: Mapping[str, str]) -> Page | None:
    """One record whole: account/region/name, and its identifier as `id`."""
    scope, _, name = path.rpartition("/")
    with side.emulator.store.reading() as db:
        row = db.execute("SELECT id, doc FROM groups WHERE scope = ? AND name = ?", (scope, name)).fetchone()
        record = _one(db, row[0], query.get("id", "")) if row else None
    if row is None or record is None:
        return None
    group = Of(row[0], scope, name, json.loads(row[1]))
    identifier, body, deleted, expires = record
    values = json.loads(body)
    kinds = {feature["FeatureName"]: feature["FeatureType"] for feature in group.doc["FeatureDefinitions"]}
    rows = ((feature, kinds.get(feature, ""), _written(value)) for feature, value in values.items())
    parts = [
        element("h1", identifier),
        facts(
            ("Group", element("a", name, href=place("groups", *scope.split("/"), name))),
            ("Expires", expires),
            ("Deleted", "softly" if deleted else None),
        ),
        section("values", "Values", table(("Feature", "Type", "Value"), rows)),
    ]
    return Page(identifier, join(parts))


def _one(db: sqlite3.Connection, group_id: int, identifier: str) -> tuple[str, str, int, str | None] | None:
    row: tuple[str, str, int, str | None] | None = db.execute(
        "SELECT id, body, deleted, expires FROM records WHERE group_id = ? AND id = ?", (group_id, identifier)
    ).fetchone()
    return row


def _latest(db: sqlite3.Connection, group: Of) -> tuple[list[tuple[str, str]], str]:
    """By event time where that is soon found, else those that came in last."""
    row = db.execute("SELECT records FROM online_sizes WHERE group_id = ?", (group.id,)).fetchone()
    count = row[0] if row else 0
    order, said = ("instant", "latest") if count <= _SORTED_UP_TO else ("rowid", "added last")
    rows = db.execute(
        f"SELECT id, body FROM records WHERE group_id = ? AND {_LIVING} ORDER BY {order} DESC LIMIT ?",  # noqa: S608
        (group.id, _now(db), _SHOWN),
    ).fetchall()
    return rows, number(count) if count <= len(rows) else f"{number(count)}; the {len(rows)} {said}"


def _begin_with(db: sqlite3.Connection, group: Of, beginning: str) -> tuple[list[tuple[str, str]], str]:
    rows = db.execute(
        f"SELECT id, body FROM records WHERE group_id = ? AND id >= ? AND id < ? AND {_LIVING} ORDER BY id LIMIT ?",  # noqa: S608
        (group.id, beginning, beginning + "\U0010ffff", _now(db), _SHOWN + 1),
    ).fetchall()
    note = f"the first {_SHOWN} that begin with {beginning}" if len(rows) > _SHOWN else f"that begin with {beginning}"
    return rows[:_SHOWN], note


def _now(db: sqlite3.Connection) -> str:
    """As `expires` is kept: text that sorts as time does."""
    return instants.from_epoch(clock.now(db))


def _table(group: Of, rows: list[tuple[str, str]]) -> Html:
    names = [feature["FeatureName"] for feature in group.doc["FeatureDefinitions"]]
    shown = [*group.keys, *(name for name in names if name not in group.keys)][:_COLUMNS]
    left = len(names) - len(shown)
    columns = [*shown, f"and {left} more"] if left > 0 else shown
    return table(columns, (_row(group, identifier, json.loads(body), shown) for identifier, body in rows))


def _row(group: Of, identifier: str, values: dict[str, Any], shown: list[str]) -> list[object]:
    href = place("records", *group.scope.split("/"), group.name) + f"?{_query(identifier)}"
    first = element("a", _short(identifier), href=href)
    return [first, *(_short(_written(values.get(name, ""))) for name in shown[1:]), ""]


def _query(identifier: str) -> str:
    from urllib.parse import urlencode  # noqa: PLC0415 - a page is rare

    return urlencode({"id": identifier})


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
