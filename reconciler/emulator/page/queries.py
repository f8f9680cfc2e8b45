"""Athena's queries: the latest, and one of them whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator.page.html import Html, element, join
from reconciler.emulator.page.layout import Page, facts, moment, place, section, status, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.store import Store

_SHOWN = 20
_LONGEST = 120


def recent(store: Store) -> Html | None:
    """A table of the latest, if there are any."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT id, submitted, doc FROM queries ORDER BY submitted DESC LIMIT ?", (_SHOWN,)
        ).fetchall()
    if not rows:
        return None
    return table(("Submitted", "State", "Query"), (_row(*row) for row in rows))


def page(side: OwnSide, path: str, query: Mapping[str, str]) -> Page | None:
    """At the query's id."""
    del query
    with side.emulator.store.reading() as db:
        row = db.execute("SELECT submitted, doc FROM queries WHERE id = ?", (path,)).fetchone()
    if row is None:
        return None
    doc = _execution(row[1])
    state = doc.get("Status", {})
    where = doc.get("QueryExecutionContext", {})
    parts = [
        element("h1", "Query", status(_state(doc))),
        facts(
            ("Submitted", moment(row[0])),
            ("Identifier", path),
            ("Database", where.get("Database")),
            ("Workgroup", doc.get("WorkGroup")),
            ("Result", doc.get("ResultConfiguration", {}).get("OutputLocation")),
            ("Reason", state.get("StateChangeReason")),
        ),
        section("sql", "SQL", element("pre", doc.get("Query", ""))),
    ]
    return Page("Query", join(parts))


def _row(identifier: str, submitted: float, doc: str | None) -> tuple[object, ...]:
    read = _execution(doc)
    text = " ".join(str(read.get("Query", identifier)).split())
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return moment(submitted), status(_state(read)), element("a", shown, href=place("queries", identifier))


def _execution(doc: str | None) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(doc) if doc else {}
    return read


def _state(doc: dict[str, Any]) -> str:
    return str(doc.get("Status", {}).get("State", "QUEUED"))
