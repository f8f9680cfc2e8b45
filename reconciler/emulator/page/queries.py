"""Athena's queries: the latest, and one of them whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.emulator import clock
from reconciler.emulator.athena import executions
from reconciler.emulator.page.html import Html, element, join
from reconciler.emulator.page.layout import Page, facts, moment, place, section, size, status, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.store import Store

_SHOWN = 20
_LONGEST = 120


def recent(store: Store) -> Html | None:
    """A table of the latest, if there are any."""
    with store.reading() as db:
        now = clock.now(db)
        rows = db.execute(
            "SELECT id, submitted, doc FROM queries ORDER BY submitted DESC LIMIT ?", (_SHOWN,)
        ).fetchall()
    if not rows:
        return None
    columns = ("Submitted", "State", "Query")
    return table(columns, (_row(identifier, submitted, _execution(doc, now)) for identifier, submitted, doc in rows))


def page(side: OwnSide, path: str, query: Mapping[str, str]) -> Page | None:
    """At the query's id."""
    del query
    with side.emulator.store.reading() as db:
        now = clock.now(db)
        row = db.execute("SELECT submitted, doc FROM queries WHERE id = ?", (path,)).fetchone()
    if row is None:
        return None
    doc = _execution(row[1], now)
    state = doc.get("Status", {})
    where = doc.get("QueryExecutionContext", {})
    parts = [
        element("h1", "Query", status(_state(doc))),
        facts(
            ("Submitted", moment(row[0])),
            ("Identifier", path),
            ("Database", where.get("Database")),
            ("Workgroup", doc.get("WorkGroup")),
            ("Result", _result(doc)),
            ("Scanned", _scanned(doc)),
            ("Reason", state.get("StateChangeReason")),
        ),
        section("sql", "SQL", element("pre", doc.get("Query", ""))),
    ]
    return Page("Query", join(parts))


def _result(doc: dict[str, Any]) -> Html | None:
    """The file it wrote, or was to write."""
    uri = doc.get("ResultConfiguration", {}).get("OutputLocation")
    return element("a", uri, href=f"/{quote(uri.partition('://')[2])}") if uri else None


def _row(identifier: str, submitted: float, doc: dict[str, Any]) -> tuple[object, ...]:
    text = " ".join(str(doc.get("Query", identifier)).split())
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return moment(submitted), status(_state(doc)), element("a", shown, href=place("queries", identifier))


def _execution(doc: str, now: float) -> dict[str, Any]:
    """As GetQueryExecution would show it."""
    found: dict[str, Any] = executions.shown(json.loads(doc), now)["execution"]
    return found


def _scanned(doc: dict[str, Any]) -> str | None:
    scanned = doc.get("Statistics", {}).get("DataScannedInBytes")
    return None if scanned is None else size(scanned)


def _state(doc: dict[str, Any]) -> str:
    return str(doc["Status"]["State"])
