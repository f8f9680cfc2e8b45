"""A database or a table that a request names, or Glue's refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.glue import catalogue, refusals

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def database(call: Call, name: str) -> dict[str, Any]:
    found = catalogue.find_database(call.db, call.scope, name)
    if found is None:
        raise refusals.no_database(name)
    return found


def table(call: Call, in_database: str, name: str) -> dict[str, Any]:
    database(call, in_database)
    found = catalogue.find_table(call.db, call.scope, in_database, name)
    if found is None:
        raise refusals.no_table(name)
    return found
