"""What datasets use, and what may therefore not go: refusals that name the datasets, and where they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from reconciler.rules.refusals import Refusal
from reconciler.state import Asked, Dataset, Desired, Live, Registry, Retirement


class Use(NamedTuple):
    """One feature that one dataset asks for."""

    dataset: Dataset
    asked: Asked

    @property
    def line(self) -> int:
        """Where the dataset names the feature."""
        return self.dataset.source.line_of(self.asked.output)

    def __str__(self) -> str:
        place = f" ({self.dataset.source.file}:{self.line})" if self.dataset.source.file else ""
        return f"{self.dataset.name}{place}"


Uses: TypeAlias = Mapping[str, Sequence[Use]]
"""By the name of the live group: with the environment's prefix."""


def uses_of(registry: Registry, prefix: str = "") -> Uses:
    """What the datasets of a registry use."""
    found: dict[str, list[Use]] = defaultdict(list)
    for _, dataset in sorted(registry.datasets.items()):
        for asked in dataset.features:
            found[prefix + asked.group].append(Use(dataset, asked))
    return found


def refuse_to_go_without(want: Desired, have: Live | None, uses: Sequence[Use]) -> list[Refusal]:
    """The refusals of a wanted group that would not have what datasets use of it. `have` is None where it is made."""
    refusals = [_feature(want, have, name, uses) for name in _not_there(want, have, uses)]
    if uses and want.group.offline and have and have.group.offline is None and "offline" in want.keep_live:
        refusals.append(_offline(want, uses))
    return refusals


def refuse_to_retire(line: Retirement, uses: Sequence[Use], prefix: str = "") -> Refusal:
    """A group whose deletion is asked for, and which datasets use."""
    written = line.name.removeprefix(prefix)
    return Refusal(
        "FS406",
        line.name,
        "datasets",
        None,
        None,
        f"{_datasets(uses)} features of it, and the registry wants it deleted.",
        f"Take the features of {written} out of {_these(uses)}, in the same change if you like; "
        "or put its spec back and remove its retire line.",
        line.source.file,
        line.source.line,
    )


def deprecated_in_use(want: Desired, have: Live, uses: Sequence[Use]) -> str:
    """The sentence about features that stay, that nobody wants, and that datasets use; empty where there are none."""
    live = {feature.name for feature in have.group.features}
    still = [use for use in uses if use.asked.feature in want.deprecated.keys() & live]
    said = dict.fromkeys(f"{use.asked.feature} by {use}" for use in still)
    return f"Deprecated, and still used by datasets: {', '.join(said)}." if said else ""


def _not_there(want: Desired, have: Live | None, uses: Sequence[Use]) -> list[str]:
    """The deprecated features that datasets use, and that the group is made without or was made without."""
    live = {feature.name for feature in have.group.features} if have else set()
    return sorted({use.asked.feature for use in uses} & want.deprecated.keys() - live)


def _feature(want: Desired, have: Live | None, name: str, uses: Collection[Use]) -> Refusal:
    using = [use for use in uses if use.asked.feature == name]
    kind = next((feature.type for feature in want.group.features if feature.name == name), None)
    made = "the live group was made without it" if have else "the group is made without it"
    return Refusal(
        "FS105",
        want.group.name,
        name,
        None,
        kind,
        f"{_datasets(using)} it. It is deprecated, and {made}: there is nothing to read.",
        f"Take it out of {_these(using)}; or, to have the feature, take its deprecated= away.",
        using[0].dataset.source.file,
        using[0].line,
    )


def _offline(want: Desired, uses: Sequence[Use]) -> Refusal:
    return Refusal(
        "FS214",
        want.group.name,
        "offline",
        None,
        None,
        f"{_datasets(uses)} features of it. The live group has no offline store, and its spec accepts that with "
        'keep_live={"offline"}: there is nothing to read.',
        f"Take its features out of {_these(uses)}; or make a new version of the group with an offline store.",
        uses[0].dataset.source.file,
        uses[0].line,
    )


def _datasets(uses: Iterable[Use]) -> str:
    """The beginning of a sentence, up to what they use."""
    first = {use.dataset.name: use for use in reversed(list(uses))}
    names = [str(use) for _, use in sorted(first.items())]
    one = len(names) == 1
    return f"The {'dataset' if one else 'datasets'} {_listed(names)} {'uses' if one else 'use'}"


def _these(uses: Iterable[Use]) -> str:
    return _listed(sorted({use.dataset.name for use in uses}))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
