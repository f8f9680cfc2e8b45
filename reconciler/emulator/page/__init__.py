"""A small page for people: what the emulator holds, and what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from reconciler.emulator.http.browsers import OWN_PAGE
from reconciler.emulator.page import buckets, files, groups, overview, queries, records
from reconciler.emulator.page.layout import whole
from reconciler.emulator.wire.messages import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.page.layout import Page

PREFIX = "/_emulator/"


def show(side: OwnSide, method: str, path: str, query: str) -> Answer | None:
    """The page at a path, if there is one; it changes nothing."""
    if method not in {"GET", "HEAD"}:
        return None
    if path == "/":
        return _html(side, overview.page(side))
    if path == "/favicon.ico":
        return files.answer("icon.svg")
    kind, _, rest = path.removeprefix(PREFIX).partition("/")
    if kind == "files":
        return files.answer(rest)
    view = _VIEWS.get(kind)
    page = view(side, rest, dict(parse_qsl(query))) if view and rest else None
    return _html(side, page) if page else None


def _html(side: OwnSide, page: Page) -> Answer:
    headers = {"Content-Type": "text/html; charset=utf-8", **OWN_PAGE}
    return Answer(200, headers, whole(side.emulator, page).encode())


_VIEWS: Mapping[str, Callable[[OwnSide, str, Mapping[str, str]], Page | None]] = {
    "groups": groups.page,
    "records": records.page,
    "queries": queries.page,
    "buckets": buckets.page,
}
