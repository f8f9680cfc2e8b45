"""What can be wrong with a dataset, held against the groups that it uses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches

from reconciler.errors import Fault
from reconciler.state import limits
from reconciler.state.feature_checks import Finding, name_rule
from reconciler.state.model import Asked, Dataset, Group, Registry


def check_datasets(registry: Registry) -> Iterator[Fault]:
    """Every fault of every dataset of a registry."""
    groups = {name: desired.group for name, desired in registry.groups.items()}
    by_lower: dict[str, Dataset] = {}
    for dataset in sorted(registry.datasets.values(), key=lambda d: (d.source.file, d.source.line)):
        yield from check_name(dataset)
        yield from check_dataset(dataset, groups, registry.retired.keys())
        other = by_lower.setdefault(dataset.name.lower(), dataset)
        if other is not dataset:
            reason = f"It differs from {other.name!r} ({other.source.file}:{other.source.line}) only in case."
            fix = "Some file systems do not tell them apart: rename one of them."
            yield _fault(dataset, ("name", repr(dataset.name), reason, fix))


def check_name(dataset: Dataset) -> Iterator[Fault]:
    """Datasets are named as groups are."""
    name = dataset.name
    if not limits.NAME.fullmatch(name) or len(name) > limits.NAME_LENGTH:
        yield _fault(dataset, ("name", repr(name), "A dataset cannot have this name.", name_rule(name)))
    if not dataset.time.strip():
        fix = 'Write time="..." with the name of the label column that holds the moments.'
        yield _fault(dataset, ("time", repr(dataset.time), "The labels' time has to be said.", fix))


def check_dataset(dataset: Dataset, groups: Mapping[str, Group], retired: Collection[str] = ()) -> Iterator[Fault]:
    """Every fault of one dataset but its name's. Groups that are `retired` are left to the plan, which says more."""
    found: list[Finding] = []
    if not dataset.features:
        found.append(("features", "none", "A dataset needs features.", "Name them: features=[Weather.temp_f, ...]."))
    for name in dataset.groups:
        found += _of_group(dataset, name, groups, retired)
    for asked in dataset.features:
        if asked.group in groups:
            found += _of_feature(asked, groups[asked.group])
    found += _of_names(dataset)
    found += _of_ages(dataset)
    yield from (_fault(dataset, finding) for finding in found)


def _of_group(dataset: Dataset, name: str, groups: Mapping[str, Group], retired: Collection[str]) -> Iterator[Finding]:
    first = next(asked for asked in dataset.features if asked.group == name)
    if name not in groups:
        if name not in retired:
            close = get_close_matches(name, groups, 1)
            fix = f"Did you mean {close[0]!r}?" if close else "Declare it, or take its features out of the dataset."
            yield first.output, f"{name}.{first.feature}", f"The registry has no group {name}.", fix
    elif groups[name].offline is None:
        fix = "Give the group offline=Offline(), or take its features out of the dataset."
        reason = f"The group {name} has no offline store, and datasets are made of its rows."
        yield first.output, f"{name}.{first.feature}", reason, fix


def _of_feature(asked: Asked, group: Group) -> Iterator[Finding]:
    shown = f"{asked.group}.{asked.feature}"
    feature = next((feature for feature in group.features if feature.name == asked.feature), None)
    if feature is None:
        close = get_close_matches(asked.feature, [feature.name for feature in group.features], 1)
        fix = f"Did you mean {close[0]!r}?" if close else "Take it out of the dataset."
        yield asked.output, shown, "The group has no such feature.", fix
    elif feature.collection and group.offline is not None:
        fix = "Take it out of the dataset, or keep the value as text."
        yield asked.output, shown, f"It is a {feature.collection}, which AWS keeps in memory only.", fix
    if not limits.OUTPUT.fullmatch(asked.output):
        fix = "Use letters, digits, hyphens and underscores."
        yield asked.output, shown, "A column of the result cannot be named so.", fix
    if not asked.key.strip():
        fix = 'Write key="..." with the name of a label column.'
        yield asked.output, repr(asked.key), "The label column that finds its rows has no name.", fix


def _of_names(dataset: Dataset) -> Iterator[Finding]:
    """Names of the result: features beside each other and beside the columns of the labels that are known."""
    seen: dict[str, Asked] = {}
    labels = {asked.key.lower(): asked.key for asked in dataset.features}
    if dataset.time:
        labels.setdefault(dataset.time.lower(), dataset.time)
    for asked in dataset.features:
        other = seen.setdefault(asked.output.lower(), asked)
        if other is not asked:
            yield _clash(asked, other)
        elif column := labels.get(asked.output.lower()):
            reason = f"The labels have a column {column!r} already, and it goes through to the result."
            yield asked.output, f"{asked.group}.{asked.feature}", reason, _prefix_for(asked, f"{_word(asked.group)}_")


def _clash(asked: Asked, other: Asked) -> Finding:
    shown = f"{asked.group}.{asked.feature}"
    if asked == other:
        return asked.output, shown, "The dataset names it twice.", "Take it out once."
    there = f"{other.group}.{other.feature} by {other.key}"
    reason = f"{there} is named {other.output!r} in the result too."
    if asked.output != other.output:
        reason = f"It differs only in case from {other.output!r}, as {there} is named: Spark does not tell them apart."
    return asked.output, f"{shown} by {asked.key}", reason, _prefix_for(asked, _telling(asked, other))


def _telling(asked: Asked, other: Asked) -> str:
    """A prefix that tells two features apart."""
    return f"{_word(asked.key if asked.group == other.group else asked.group)}_"


def _prefix_for(asked: Asked, prefix: str) -> str:
    said = f'key="{asked.key}", prefix="{prefix}"'
    return f"Give it a prefix: using(..., {said}).{_word(asked.feature)} is then {prefix}{asked.feature}."


def _word(name: str) -> str:
    return name.replace("-", "_")


def _of_ages(dataset: Dataset) -> Iterator[Finding]:
    joined = {(asked.group, asked.key) for asked in dataset.features}
    for (group, key), age in dataset.max_ages.items():
        if (group, key) not in joined:
            reason = f"The dataset uses no feature of {group} by {key}."
            yield "max_age", f"{group}: {age}", reason, "Take its age out, or its features in."
        if age < timedelta(0):
            reason = "An age is not less than nothing."
            yield "max_age", f"{group}: {age}", reason, "Say how old a row may be: timedelta(hours=2)."


def _fault(dataset: Dataset, finding: Finding) -> Fault:
    source = dataset.source
    return Fault(source.file, source.line_of(finding[0].split(".")[0]), dataset.name, *finding)
