"""A record of a request: at a glance where everything about it is plain, else in full, with AWS's refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.runtime.values import LARGEST, LONGEST_ID

if TYPE_CHECKING:
    from reconciler.emulator.runtime.feature_groups import FeatureGroup

as_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A JSON object on one line, in as few bytes as there are."""

# A character has at most four bytes: what is shorter than this needs no counting.
_SURELY_SMALL = LARGEST // 4
_SURELY_SHORT = LONGEST_ID // 4
_LINE_BREAK = r"\n"


class Record(NamedTuple):
    """Values by feature, as they were written, and the same as JSON."""

    id: str
    instant: str
    values: dict[str, Any]
    body: str


def glance(group: FeatureGroup, given: Any) -> Record | None:
    """The record, or None if anything about it is not plain; `given` may be whatever JSON can be.

    Load tests spend their time here: no shape is checked that the record itself does not fail on.
    """
    glances, values = group.glances, {}
    try:
        for item in given:
            name, text = item["FeatureName"], item["ValueAsString"]
            fits = glances[name]
            if type(text) is not str or len(item) != 2 or (fits is not None and not fits(text)):
                return None
            values[name] = text
        record_id, instant = values[group.record_id], group.instant(values[group.event_time])
    except (KeyError, TypeError):
        return None
    body = as_text(values)
    is_plain = len(values) == len(given) and len(body) < _SURELY_SMALL and 0 < len(record_id) < _SURELY_SHORT
    if not is_plain or instant is None or _LINE_BREAK in body:
        return None
    return Record(record_id, instant, values, body)


def read(group: FeatureGroup, given: list[dict[str, Any]]) -> Record:
    """The record of a list of FeatureValues whose shape is right; or the first refusal."""
    values = feature_values(group, given)
    for member, name in (("RecordIdentifier", group.record_id), ("EventTime", group.event_time)):
        if name not in values:
            raise assumptions.missing_feature(member, name)
    return whole(group, values)


def feature_values(group: FeatureGroup, given: list[dict[str, Any]]) -> dict[str, Any]:
    """Values by feature: each of the group, each once, each as its type asks."""
    values: dict[str, Any] = {}
    for item in given:
        name = item["FeatureName"]
        feature = group.features.get(name)
        if feature is None:
            raise assumptions.unknown_feature(name)
        if name in values:
            raise assumptions.duplicate_feature(name)
        values[name] = feature.value(item)
    return values


def whole(group: FeatureGroup, values: dict[str, Any]) -> Record:
    """A record of values that were checked one by one."""
    record_id: str = values[group.record_id]
    check_id(record_id)
    instant = event_time(group, values[group.event_time])
    if assumptions.record_size(values) > LARGEST:
        raise assumptions.record_too_large()
    return Record(record_id, instant, values, as_text(values))


def marker(group: FeatureGroup, record_id: str, event_time_text: str, instant: str) -> Record:
    """What is left of a record that was deleted: its identifier and the time of the deletion."""
    values = {group.record_id: record_id, group.event_time: event_time_text}
    return Record(record_id, instant, values, as_text(values))


def event_time(group: FeatureGroup, text: str) -> str:
    """The instant of an event time, or its refusal."""
    group.features[group.event_time].check(text)
    instant = group.instant(text)
    if instant is None:
        raise assumptions.bad_event_time(group.event_time, text)
    return instant


def check_id(record_id: str) -> None:
    """Refuse an identifier that no record can have."""
    if not record_id:
        raise assumptions.bad_record_id("is empty")
    if len(record_id) > _SURELY_SHORT and len(record_id.encode()) > LONGEST_ID:
        raise assumptions.bad_record_id("is longer than 2 KB")


def as_feature_values(values: dict[str, Any]) -> list[dict[str, Any]]:
    """As replies carry them."""
    return [{"FeatureName": name, _member(value): value} for name, value in values.items()]


def _member(value: object) -> str:
    return "ValueAsString" if isinstance(value, str) else "ValueAsStringList"
