"""The page of a bucket, and lists of files."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from reconciler.emulator.errors import AwsError
from reconciler.emulator.page.html import Html, element, join
from reconciler.emulator.page.layout import Page, moment, nothing, number, place, section, size, table
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.store import Store

_SHOWN = 200
_LOOKED_AT = 20_000


def page(side: OwnSide, path: str, query: Mapping[str, str]) -> Page | None:
    """At the bucket's name; `prefix` chooses among its keys."""
    store, prefix = side.emulator.store, query.get("prefix", "")
    if not objects.has_bucket(store, path):
        return None
    inside, note = listing(store, path, prefix, _SHOWN)
    search = element(
        "form",
        element("input", type="search", name="prefix", value=prefix, placeholder="prefix", aria_label="prefix"),
        element("button", "Find"),
        method="get",
        action=place("buckets", path),
    )
    title = f"s3://{path}"
    return Page(title, join([element("h1", title), search, section("files", "Objects", inside, note=note)]))


def listing(store: Store, bucket: str, prefix: str, most: int) -> tuple[Html, str]:
    """The newest objects that begin with a prefix, and how many there are; of very many, those that sort first."""
    try:
        found = list(islice(objects.entries(store, bucket, prefix), _LOOKED_AT))
    except AwsError:
        found = []
    if not found:
        return nothing("There are none yet."), ""
    newest = sorted(found, key=lambda entry: entry.modified, reverse=True)[:most]
    rows = (
        (
            moment(entry.modified),
            size(entry.size),
            element("a", entry.key.removeprefix(prefix) or entry.key, href=f"/{bucket}/{quote(entry.key)}"),
        )
        for entry in newest
    )
    note = f"{number(len(found))}{' or more' if len(found) == _LOOKED_AT else ''}"
    note += f"; the {most} newest" if len(found) > most else ""
    return table(("Written", "#Bytes", "Key"), rows), note
