"""A snapshot or a history as one statement: the greatest row of each identifier, or of each of its instants."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction

from reconciler.datasets.epoch import micros_of
from reconciler.datasets.question import Listing, value_name
from reconciler.datasets.sql.dialects import BEFORE_ALL, Dialect, indented
from reconciler.datasets.sql.sources import Rows, Source, Span

COUNTS = ("rows_read", "newest_write")
"""Columns that count: rows of the group behind each row of the result, and when the newest of them was written offline,
in microseconds since 1970. The rows without an identifier are those that could not be read.
"""
TIMES = ("api_invocation_time", "write_time")
"""Columns of a history: microseconds since 1970, null where there is none."""


def listing_sql(listing: Listing, source: Source, dialect: Dialect) -> str:
    """The statement that answers a listing.

    Columns of the result, in no order of rows: `record_id`, `event`, `value_n`, `is_deleted` (in a snapshot too, whose
    tombstones have to be left out), `TIMES`, and `COUNTS`. Only rows with `event` are rows of the listing; the others
    were read and are counted.
    """
    rows = Rows(dialect, listing.join, source)
    condition = rows.condition(listing.as_of, ignore_deletes=listing.ignore_deletes, span=_span(listing))
    inner = indented(rows.read(condition))
    good = f"id IS NOT NULL AND event IS NOT NULL{_within(listing, dialect)}"
    by = ["id"] if listing.start is None else ["id", "moment"]
    readable = "id IS NOT NULL AND event IS NOT NULL"
    columns = [f"CASE WHEN {readable} THEN id END AS id"]
    if listing.start is not None:
        columns.append(f"CASE WHEN {good} THEN event END AS moment")
    columns += [f"CASE WHEN {good} THEN {dialect.record(rows.parts())} END AS candidate", "written"]
    candidates = f"SELECT {', '.join(columns)}\nFROM (\n{inner}\n) read_rows"
    grouped = (
        f"SELECT id, max(candidate) AS chosen, count(*) AS counted, max(written) AS newest\n"
        f"FROM (\n{indented(candidates)}\n) candidates\nGROUP BY {', '.join(by)}"
    )
    listed = ",\n  ".join(_outputs(listing, rows))
    return f"SELECT\n  {listed}\nFROM (\n{indented(grouped)}\n) found"


def _outputs(listing: Listing, rows: Rows) -> list[str]:
    name = rows.dialect.name
    found = [f"id AS {name('record_id')}", f"chosen.event AS {name('event')}"]
    found += [f"{rows.value('chosen', n)} AS {name(value_name(n))}" for n, _ in enumerate(listing.join.columns)]
    found += [
        f"CASE WHEN chosen.{part} > {BEFORE_ALL} THEN chosen.{part} END AS {name(column)}"
        for part, column in zip(("invoked", "written"), TIMES, strict=True)
    ]
    found.append(f"chosen.deleted AS {name('is_deleted')}")
    return [*found, f"counted AS {name(COUNTS[0])}", f"newest AS {name(COUNTS[1])}"]


def _within(listing: Listing, dialect: Dialect) -> str:
    """That an event time lies where the listing looks, after an AND; and that the service had received it."""
    found = []
    if listing.start is not None:
        found.append(f"event >= {_at(listing, listing.start, dialect, upwards=True)}")
    if listing.end is not None:
        sign, is_history = ("<=", False) if listing.start is None else ("<", True)
        found.append(f"event {sign} {_at(listing, listing.end, dialect, upwards=is_history)}")
    if listing.known_at and listing.end is not None:
        found.append(f"invoked > {BEFORE_ALL} AND invoked <= {dialect.at(listing.end)}")
    return "".join(f" AND {condition}" for condition in found)


def _span(listing: Listing) -> Span:
    start, end = listing.start, listing.end
    return Span(
        None if start is None else threshold(listing, start, upwards=True),
        None if end is None else threshold(listing, end, upwards=start is not None),
    )


def _at(listing: Listing, moment: datetime, dialect: Dialect, *, upwards: bool) -> str:
    found = threshold(listing, moment, upwards=upwards)
    return dialect.text(found) if isinstance(found, str) else dialect.number(found)


def threshold(listing: Listing, moment: datetime, *, upwards: bool) -> str | float:
    """A moment as event times are compared with it; between two doubles the later of them where `upwards`."""
    if not listing.join.counts_seconds:
        return f"{_text(moment)}000Z"
    exact = Fraction(micros_of(moment), 10**6)
    nearest = float(exact)
    if upwards and nearest < exact:
        nearest = math.nextafter(nearest, math.inf)
    elif not upwards and nearest > exact:
        nearest = math.nextafter(nearest, -math.inf)
    return nearest


def _text(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc:%m-%dT%H:%M:%S}.{utc.microsecond:06}"
