"""The features of a wanted group against what AWS accepts: names, types, collections, the two keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TypeAlias

from reconciler.state import limits
from reconciler.state.model import Desired, Feature

Finding: TypeAlias = tuple[str, str, str, str]
"""Field, value, reason, what works."""


def features(desired: Desired) -> Iterator[Finding]:
    """Names, types and number of the features, each with its metadata."""
    features = desired.group.features
    if not features:
        yield "features", "none", "A feature group needs features.", "Declare the record's fields."
    if len(features) > limits.FEATURES:
        yield (
            "features",
            str(len(features)),
            f"AWS accepts at most {limits.FEATURES} features in a group.",
            "Split the group by subject; groups with one record identifier join again in a dataset.",
        )
    for name, count in Counter(f.name for f in features).items():
        if count > 1:
            yield name, f"{count} times", "Two features have one name.", "Rename one of them."
    by_lower: dict[str, str] = {}
    for feature in features:
        other = by_lower.setdefault(feature.name.lower(), feature.name)
        if other != feature.name:
            yield (
                feature.name,
                repr(feature.name),
                f"It differs from {other!r} only in case.",
                "Athena and Glue do not tell them apart: rename one of them.",
            )
        yield from _feature(feature)


def _feature(feature: Feature) -> Iterator[Finding]:
    name = feature.name
    if not limits.NAME.fullmatch(name) or len(name) > limits.NAME_LENGTH:
        yield name, repr(name), "AWS does not accept this feature name.", name_rule(name)
    if name.lower() in limits.RESERVED_FEATURES:
        yield name, repr(name), "AWS keeps this name for its own column.", "Choose another name."
    if feature.type not in limits.FEATURE_TYPES:
        yield name, repr(feature.type), "There is no such feature type.", one_of(limits.FEATURE_TYPES)
    if feature.collection not in (None, *limits.COLLECTIONS):
        yield name, repr(feature.collection), "There is no such collection.", one_of(limits.COLLECTIONS)
    if feature.collection == "Vector":
        yield from _vector(feature)
    if len(feature.about) > limits.ABOUT_LENGTH:
        yield (
            name,
            f"about of {len(feature.about)} characters",
            f"AWS accepts at most {limits.ABOUT_LENGTH}.",
            "Shorten about=.",
        )
    if not limits.ABOUT_TEXT.fullmatch(feature.about):
        yield name, f"about={feature.about!r}", "AWS accepts one line of text.", "Write about= without line breaks."
    yield from _parameters(feature)


def _vector(feature: Feature) -> Iterator[Finding]:
    if feature.type != "Fractional":
        yield feature.name, feature.type, "A vector holds floats.", "Use Vector[n], or a list."
    if not 1 <= (feature.dimension or 0) <= limits.VECTOR_DIMENSION:
        yield (
            feature.name,
            f"Vector[{feature.dimension}]",
            f"AWS accepts 1 to {limits.VECTOR_DIMENSION} dimensions.",
            "Give the vector's length.",
        )


def _parameters(feature: Feature) -> Iterator[Finding]:
    if len(feature.parameters) > limits.PARAMETERS:
        yield (
            feature.name,
            f"{len(feature.parameters)} parameters",
            f"AWS accepts at most {limits.PARAMETERS} on a feature.",
            "Keep the ones that people look up.",
        )
    for key, value in feature.parameters.items():
        for text in (key, value):
            if not 1 <= len(text) <= limits.PARAMETER_LENGTH or not limits.PARAMETER_TEXT.fullmatch(text):
                yield (
                    feature.name,
                    f"parameters[{key!r}] = {value!r}",
                    f"AWS does not accept {text!r}.",
                    "Use 1 to 255 letters, digits, spaces and . : / = + - _, and no @.",
                )


def keys(desired: Desired) -> Iterator[Finding]:
    """The record identifier and the event time."""
    group = desired.group
    by_name = {f.name: f for f in group.features}
    for field in ("record_id", "event_time"):
        wanted = getattr(group, field)
        feature = by_name.get(wanted)
        if feature is None:
            close = get_close_matches(wanted, by_name, 1)
            fix = f"Did you mean {close[0]!r}?" if close else "Name one of the record's fields."
            yield field, repr(wanted), "There is no feature of this name.", fix
        elif feature.collection:
            yield field, repr(wanted), f"{wanted} is a {feature.collection}.", "Name a single value."
        elif field == "event_time":
            yield from _event_time(desired, feature)
        elif feature.type == "Fractional":
            yield (
                field,
                repr(wanted),
                "A record identifier that is a fraction cannot be told apart safely.",
                "Make it str or int.",
            )
    if group.record_id == group.event_time and group.record_id in by_name:
        yield "event_time", repr(group.event_time), "It is the record identifier too.", "Name another field."


def _event_time(desired: Desired, feature: Feature) -> Iterator[Finding]:
    offline = desired.group.offline
    if feature.type == "Integral":
        yield (
            "event_time",
            f"{feature.name}: Integral",
            "AWS takes event times as String or Fractional.",
            "Make it datetime (ISO-8601 text) or UnixTime (seconds).",
        )
    elif feature.type == "Fractional" and offline and offline.table_format == "Iceberg":
        yield (
            "event_time",
            f"{feature.name}: Fractional",
            "An Iceberg table needs an event time of type String.",
            'Make it datetime, or use Offline(table_format="Glue").',
        )


def collections(desired: Desired) -> Iterator[Finding]:
    """Collections and vectors, which AWS keeps in memory only."""
    group = desired.group
    in_memory = group.online is not None and group.online.storage_type == "InMemory"
    vectors = 0
    for feature in group.features:
        vectors += feature.collection == "Vector"
        if feature.collection and not in_memory:
            yield (
                feature.name,
                feature.collection,
                "AWS keeps collections in memory only.",
                'Use online=Online(storage_type="InMemory"), offline=None; or store the value as text.',
            )
        if feature.collection == "Vector" and vectors > 1:
            yield (
                feature.name,
                "Vector",
                "AWS accepts one vector in a group.",
                "Put it in a group of its own.",
            )


def name_rule(name: str) -> str:
    """What works as a name, with one that is near."""
    better = re.sub(r"[^a-zA-Z0-9_-]+", "-", name).strip("-_")[: limits.NAME_LENGTH].strip("-_")
    hint = f", for instance {better!r}" if better and better != name else ""
    return (
        f"Use 1 to {limits.NAME_LENGTH} letters, digits, hyphens and underscores, "
        f"beginning and ending with a letter or digit{hint}."
    )


def one_of(words: Iterable[str]) -> str:
    """What works, where only some words do."""
    return f"Use one of {', '.join(map(repr, words))}."
