"""SearchTables: tables of all databases whose metadata holds a text, or a word under a key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator.calls import as_json
from reconciler.emulator.glue import refusals, views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.calls import Call

_KEYS = ("Name", "DatabaseName", "Description", "Owner", "TableType")
_MARKS = re.compile(r"[\W_]+")


def search(call: Call, request: dict[str, Any]) -> str:
    """In the order of database and name. Another order, and filters on times, are not answered."""
    filters = request.get("Filters", [])
    if request.get("SortCriteria"):
        raise refusals.not_emulated("SearchTables", "SortCriteria")
    for wanted in filters:
        if wanted.get("Key") not in _KEYS or wanted.get("Comparator", "EQUALS") != "EQUALS":
            raise refusals.not_emulated("SearchTables", f"a filter on {wanted.get('Key')}")
    text = request.get("SearchText")

    def keep(_name: str, doc: dict[str, Any]) -> bool:
        found = text is None or _holds(doc, text)
        return found and all(_has_word(doc.get(wanted["Key"], ""), wanted.get("Value", "")) for wanted in filters)

    return as_json(views.page(call, "TableList", _rows(call, views.after(request)), request, views.table, keep))


def _rows(call: Call, after: str) -> Iterator[tuple[str, str]]:
    try:
        database, name = json.loads(after) if after else ("", "")
    except (ValueError, TypeError):
        raise refusals.invalid("Invalid NextToken.") from None
    rows = call.db.execute(
        "SELECT database, name, doc FROM tables WHERE scope = ? AND (database, name) > (?, ?) ORDER BY database, name",
        (call.scope, str(database), str(name)),
    )
    for in_database, named, doc in rows:
        yield as_json([in_database, named]), doc


def _holds(doc: dict[str, Any], text: str) -> bool:
    exact = len(text) > 1 and text[0] == text[-1] == '"'
    wanted = text.strip('"').lower()
    if exact:
        return any(wanted == found.lower() for found in _texts(doc))
    return any(wanted in found.lower() for found in _texts(doc))


def _has_word(value: str, word: str) -> bool:
    """The value is split at punctuation, and one part has to be the word (API reference, SearchTables)."""
    return word == value or word in _MARKS.split(value)


def _texts(doc: dict[str, Any]) -> Iterator[str]:
    yield from (doc[key] for key in _KEYS if key in doc)
    for column in [*doc.get("StorageDescriptor", {}).get("Columns", []), *doc.get("PartitionKeys", [])]:
        yield column["Name"]
        yield column.get("Comment", "")
    for key, value in doc.get("Parameters", {}).items():
        yield key
        yield value
