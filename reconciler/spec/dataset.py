"""Declared training sets: `Dataset`, and what it shares with questions that are asked without a declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Never

from reconciler.contract import Contract
from reconciler.errors import Fault, Invalid
from reconciler.spec import collect
from reconciler.spec.asking import TIME, Asking
from reconciler.spec.lines import Lines, lines_of_dataset
from reconciler.spec.read import Reader
from reconciler.spec.using import looked_at, side_of, using
from reconciler.spec.words import NOT_GIVEN, forgiving
from reconciler.state import model
from reconciler.state.checks import beside
from reconciler.state.dataset_checks import check_dataset, check_name

__all__ = ["Dataset", "contracts_of", "dataset_of", "using"]


class Dataset:
    """A training set: features as they were known at the moments of labels.

        departure_delay = Dataset(
            name="departure-delay",
            features=[Weather.temp_f, using(Weather, key="dest", prefix="dest_").temp_f, Plane.seats],
            keys={Plane: "tailnum"},
            time="scheduled_at",
            max_age={Weather: timedelta(hours=2)},
        )

    `features` are references; a group stands for all its features but its keys and what is deprecated. `keys` says
    which label column has a group's record identifiers: by default the one that is named as they are. `time` is the
    label column with the moments. `max_age` says how old a row may be, for all groups or by group (or by `using(...)`).
    `strict` takes only rows before a label's moment; `known_at` only those that the service had received by then.
    Declared at module level of a registry file, it is checked with the groups; in a program it raises `Invalid`.
    """

    @forgiving
    def __init__(
        self,
        *,
        name: str,
        features: Iterable[object],
        time: str,
        keys: Mapping[Any, str] = {},
        max_age: timedelta | Mapping[Any, timedelta] | None = None,
        strict: bool = False,
        known_at: bool = False,
        description: str = "",
        **unknown: Never,
    ) -> None:
        words = {
            "name": name,
            "features": features,
            "time": time,
            "keys": keys,
            "max_age": max_age,
            "strict": strict,
            "known_at": known_at,
            "description": description,
        }
        self._place = collect.caller()
        reader = Reader()
        reader.unknown("", unknown.items(), words)
        for word, fix in (("name", 'Write name="departure-delay".'), ("time", TIME)):
            if words[word] is NOT_GIVEN or words[word] is None:
                reader.wrong(word, NOT_GIVEN, "It has to be said.", fix)
                words[word] = ""
        self._asking = Asking(reader, words)
        collect.take(self.declared, self._faults(reader))

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self._asking.dataset.name

    def declared(self) -> model.Dataset:
        """The dataset as a value, with where it stands."""
        file, _, _ = self._place
        lines, features = self._lines(), self._asking.dataset.features
        at = lines.words.get("features", lines.line)
        outputs = {
            asked.output: lines.features.get(place, at)
            for asked, place in zip(features, self._asking.places, strict=True)
        }
        return replace(self._asking.dataset, source=model.Source(file, lines.line, {**outputs, **lines.words}))

    def contracts(self) -> dict[str, Contract]:
        """What the rows of its groups have to be, by their names in specs."""
        return self._asking.contracts()

    def _lines(self) -> Lines:
        _, line, path = self._place
        return lines_of_dataset(path, line)

    def _faults(self, reader: Reader) -> list[Fault]:
        faults: list[Fault] = []
        if reader.findings:
            lines = self._lines()
            # An element of features has a line of its own where the list stands there as a list.
            source = model.Source(self._place.file, lines.line, {**lines.features, **lines.words})
            faults = _faults(reader, source, self.name)
        if not collect.is_reading():
            declared = self.declared()
            faults += beside(faults, [*check_name(declared), *check_dataset(declared, self._asking.groups)])
        return faults

    def __repr__(self) -> str:
        return f"<dataset {self.name} of {len(self._asking.dataset.features)} features>"


def dataset_of(
    features: Iterable[object],
    *,
    time: str = "",
    keys: Mapping[Any, str] = {},
    max_age: timedelta | Mapping[Any, timedelta] | None = None,
    strict: bool = False,
    known_at: bool = False,
    name: str = "",
    description: str = "",
) -> model.Dataset:
    """What `Dataset` would declare of the same words, for a question without a declaration.

    `time` and `name` may be left out: who asks has the moments otherwise. Raises `Invalid` with every fault.
    """
    words = {"name": name, "features": features, "time": time, "keys": keys, "max_age": max_age}
    reader = Reader()
    read = Asking(reader, {**words, "strict": strict, "known_at": known_at, "description": description})
    faults = _faults(reader, model.Source(), name)
    faults += beside(faults, check_dataset(read.dataset, read.groups))
    if faults:
        raise Invalid(faults)
    return read.dataset


def contracts_of(features: Iterable[object]) -> dict[str, Contract]:
    """The contracts of the groups that references are about, by the groups' names in specs."""
    sides = [side_of(found[0].group) for found in map(looked_at, features) if found]
    return {side.name: side.contract() for side in sides if side}


def _faults(reader: Reader, source: model.Source, name: str) -> list[Fault]:
    found = []
    for finding in reader.findings:
        word = finding[0].split(".")[0]
        line = source.fields.get(word) or source.line_of(word.split("[")[0])
        found.append(Fault(source.file, line, name, *finding))
    return found
