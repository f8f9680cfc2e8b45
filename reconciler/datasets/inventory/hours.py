"""The files of an offline store in Glue format: in folders by the hour of their event times, or in any others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from reconciler.datasets.inventory.files import DataFile, Inventory, Span

OTHER_ZONES_S: Final = 26 * 3600
"""How far a row's folder may be from its hour in UTC: AWS's Spark connector takes the session's time zone for it."""

_HOUR = re.compile(r"/year=(\d{4})/month=(\d\d?)/day=(\d\d?)/hour=(\d\d?)/")


def with_files(inventory: Inventory, listed: Iterable[DataFile], span: Span) -> Inventory:
    """The inventory with the files of a listing that may have rows of the span."""
    found = [file for file in listed if file.size and _has_rows(file.uri.removeprefix(inventory.data))]
    kept = tuple(sorted(file for file in found if _may_be_within(file.uri, span)))
    return replace(inventory, files=kept, skipped=len(found) - len(kept))


def _has_rows(path: str) -> bool:
    """Whether it is a file of rows: what begins with a dot or an underscore is hidden, as for Hive and Athena."""
    parts = path.split("/")
    return bool(parts[-1]) and not parts[-1].endswith("_$folder$") and not any(p.startswith(("_", ".")) for p in parts)


def _may_be_within(uri: str, span: Span) -> bool:
    hour = _HOUR.search(uri)
    if hour is None:
        return True
    year, month, day, number = (int(part) for part in hour.groups())
    try:
        begins = round(datetime(year, month, day, number, tzinfo=UTC).timestamp())
    except ValueError:  # no such hour
        return True
    too_late = span.latest is not None and begins - OTHER_ZONES_S > span.latest
    too_early = span.earliest is not None and begins + 3600 + OTHER_ZONES_S <= span.earliest
    return not (too_late or too_early)
