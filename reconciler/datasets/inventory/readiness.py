"""Whether every feature group that a question asks has an offline store with the features: all faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config import Environment
from reconciler.datasets.question import Join, Question
from reconciler.errors import Fault, Invalid
from reconciler.records.offline.place import NoOffline, Place, open_place

if TYPE_CHECKING:
    from reconciler.state import Live


def open_places(environment: Environment, root: Path, question: Question) -> dict[str, Place]:
    """The offline stores by the names of the live groups; raises `Invalid` with everything that stands in the way."""
    places: dict[str, Place] = {}
    faults: list[Fault] = []
    for join in question.joins:
        if join.name not in places:
            try:
                places[join.name] = open_place(environment, root, join.name)
            except NoOffline as fault:
                faults.append(Fault("", 0, join.group, "", "", str(fault), ""))
                continue
        faults += _differences(join, places[join.name].live, environment)
    if faults:
        raise Invalid(list(dict.fromkeys(faults)))
    return places


def _differences(join: Join, live: Live, environment: Environment) -> Iterator[Fault]:
    """Where the live group is not what the spec says: a dataset of it would be of other values."""
    group = live.group
    types: Mapping[str, str] = {feature.name: feature.type for feature in group.features}
    apply = f"`reconciler plan --env {environment.name}` shows the difference."
    for what, said, found in (
        ("record identifier", join.record_id, group.record_id),
        ("event time", join.event_time, group.event_time),
    ):
        if said != found:
            yield Fault("", 0, join.group, said, "", f"The {what} of the live group is {found}.", apply)
    wanted = [(join.record_id, join.key.type), (join.event_time, join.event_time_type)]
    for name, aws_type in dict.fromkeys([*wanted, *((column.feature, column.type) for column in join.columns)]):
        found_type = types.get(name)
        if found_type is None:
            fix = f"`reconciler apply --env {environment.name}` adds it, or leave it out."
            yield Fault("", 0, join.group, name, "", f"The live group in {environment.name} has no such feature.", fix)
        elif found_type != aws_type:
            reason = f"It is {found_type} in the live group, and {aws_type} in its spec."
            yield Fault("", 0, join.group, name, "", reason, apply)
