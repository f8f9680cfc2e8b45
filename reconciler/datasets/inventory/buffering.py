"""Rows that are on their way offline: what a dataset may not have seen yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.datasets.question import Facts, Join

if TYPE_CHECKING:
    from reconciler.records.offline.place import Place


def waiting_notes(
    joins: tuple[Join, ...], places: Mapping[str, Place], latest: datetime | None, now: datetime
) -> Callable[[Facts], Iterator[str]]:
    """What to say of offline stores that are empty, or older than the labels go; `latest` is the last moment of these.

    AWS writes rows offline within 15 minutes (developer guide, feature-store-offline).
    """

    def notes(facts: Facts) -> Iterator[str]:
        told = set[str]()
        for number, join in enumerate(joins):
            newest = facts.newest_write[number] if number < len(facts.newest_write) else None
            rows = facts.rows[number] if number < len(facts.rows) else None
            if join.name in told or join.name not in places:
                continue
            told.add(join.name)
            until = min(latest, now) if latest is not None else now
            if rows == 0 and newest is None:
                yield f"{join.name} has no rows offline that could be used. {_since(places[join.name])}"
            elif newest is not None and newest < until and places[join.name].live.group.online is not None:
                yield (
                    f"The newest row of {join.name} was written offline at {_text(newest)}. What was put since then "
                    "may be on its way, which takes up to 15 minutes."
                )

    return notes


def _since(place: Place) -> str:
    created = place.live.created_at
    made = f"The group was made at {_text(datetime.fromtimestamp(created, UTC))}; what" if created else "What"
    return f"{made} is put online takes up to 15 minutes to be offline."


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
