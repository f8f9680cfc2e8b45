"""The words of a dataset judged: what can be used of them goes on, what cannot becomes a finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any, Final, NamedTuple

from reconciler.contract import Contract
from reconciler.spec.read import Reader
from reconciler.spec.using import Looked, Picked, Side, Using, group_name, looked_at, side_of
from reconciler.spec.words import NOT_GIVEN
from reconciler.state import Asked, model

TIME: Final = 'Write time="..." with the name of the label column that holds the moments.'
_LIST: Final = "Write features=[Weather.temp_f, Plane.seats]."
_REFERENCE: Final = (
    'Write Weather.temp_f, using(Weather, key="dest", prefix="dest_").temp_f, or Weather for all its features.'
)
_GROUP: Final = "Name the group by its class, as in {Weather: ...}."
_KEY: Final = 'Write key="..." with the name of a label column.'
_KEYS: Final = 'Write keys={Plane: "tailnum"}: the label column that has the identifiers.'
_AGE: Final = "Write max_age={Weather: timedelta(hours=2)}."
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]*")
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")


class _Found(NamedTuple):
    """One reference: which element of `features` it is, its group, and its feature; None for all of them."""

    place: str
    side: Side
    looked: Looked
    feature: str | None


class Asking:
    """What a dataset asks for, as far as it can be used.

    `places` says for every feature of `dataset` which element of `features` it came from.
    """

    def __init__(self, reader: Reader, words: Mapping[str, Any]) -> None:
        self._reader = reader
        self._sides: dict[str, Side] = {}
        found = list(self._found(words["features"]))
        columns = self._columns(words["keys"])
        asked = [(one.place, each) for one in found for each in self._asked(one, columns)]
        self.places = tuple(place for place, _ in asked)
        features = tuple(each for _, each in asked)
        self.dataset = model.Dataset(
            name=reader.text("name", words["name"]) or "",
            features=features,
            time=reader.text("time", words["time"], TIME) or "",
            max_ages=self._ages(words["max_age"], features, columns),
            strict=bool(reader.flag("strict", words["strict"])),
            known_at=bool(reader.flag("known_at", words["known_at"])),
            description=" ".join((reader.text("description", words["description"]) or "").split()),
        )

    @property
    def groups(self) -> dict[str, model.Group]:
        """The groups that it is about, by their names in specs."""
        return {name: side.group for name, side in self._sides.items()}

    def contracts(self) -> dict[str, Contract]:
        """What the rows of those groups have to be."""
        return {name: side.contract() for name, side in self._sides.items()}

    def _found(self, features: object) -> Iterator[_Found]:
        for number, reference in enumerate(self._elements(features)):
            place = f"features[{number}]"
            found = looked_at(reference)
            if found is None:
                self._reader.wrong(place, reference, "It is no reference to a feature.", _REFERENCE)
                continue
            looked, feature = found
            side = side_of(looked.group)
            if side is None:
                reason = f"{group_name(looked.group)} is no feature group."
                self._reader.wrong(place, reference, reason, "Decorate the class with @feature_group first.")
                continue
            self._sides[side.name] = side
            yield _Found(place, side, looked, feature)

    def _elements(self, features: object) -> Sequence[object]:
        if features is NOT_GIVEN or features is None:
            self._reader.wrong("features", NOT_GIVEN, "The dataset has no features.", _LIST)
        elif isinstance(features, AbstractSet):
            self._reader.wrong("features", features, "A set has no order, and a dataset's features have one.", _LIST)
        elif isinstance(features, (str, type, Mapping, Using, Picked)) or not isinstance(features, Iterable):
            self._reader.wrong("features", features, "A list of references is wanted here.", _LIST)
        else:
            return list(features)
        return []

    def _asked(self, one: _Found, columns: Mapping[str, str]) -> Iterator[Asked]:
        place, side, looked, feature = one
        prefix = self._reader.text(place, looked.prefix, 'Write prefix="dest_".') or ""
        if not _PREFIX.fullmatch(prefix):
            fix = 'Write prefix="dest_", with letters, digits, hyphens and underscores.'
            self._reader.wrong(place, prefix, "Features cannot be named so.", fix)
            prefix = _UNFIT.sub("_", prefix)
        key = self._key(place, side, looked, columns)
        names = side.values if feature is None else [side.feature(feature)]
        for name in names:
            if name is None:
                shown = f"{side.name}.{feature}"
                self._reader.findings.append((place, shown, "The group has no such feature.", side.near(str(feature))))
            else:
                yield Asked(f"{prefix}{name}", side.name, name, key)

    def _key(self, place: str, side: Side, looked: Looked, columns: Mapping[str, str]) -> str:
        if looked.key is None:
            return columns.get(side.name, side.group.record_id)
        key = self._reader.text(place, looked.key, _KEY) or ""
        if isinstance(looked.key, str) and not key.strip():
            self._reader.wrong(place, key, "The label column has no name.", _KEY)
        return key if key.strip() else side.group.record_id

    def _columns(self, keys: object) -> dict[str, str]:
        """The label columns of groups, by the groups' names."""
        if not isinstance(keys, Mapping):
            self._reader.wrong("keys", keys, "A dict is wanted here.", _KEYS)
            return {}
        columns = {}
        for group, column in keys.items():
            if isinstance(group, Using):
                self._reader.wrong("keys", group, "using(...) has a key of its own.", 'Write using(..., key="...").')
            elif not isinstance(column, str) or not column.strip():
                shown = f"{group_name(group)}: {column!r}"
                self._reader.findings.append(("keys", shown, "A label column is a text.", _KEYS))
            elif (name := self._used("keys", group)) is not None:
                columns[name] = column
        return columns

    def _used(self, word: str, group: object) -> str | None:
        """The name of a group that the dataset uses; None, and a finding, for everything else."""
        side = side_of(group)
        name = side.name if side else group
        if not isinstance(name, str):
            self._reader.wrong(word, group, "It is no feature group.", _GROUP)
        elif name not in self._sides:
            fix = f"It uses {', '.join(self._sides)}." if self._sides else "Take it out."
            self._reader.findings.append((word, name, f"The dataset uses no feature of {name}.", fix))
        else:
            return name
        return None

    def _ages(
        self, ages: object, features: Sequence[Asked], columns: Mapping[str, str]
    ) -> dict[tuple[str, str], timedelta]:
        joined = dict.fromkeys((asked.group, asked.key) for asked in features)
        if ages is None:
            return {}
        if isinstance(ages, timedelta):
            return dict.fromkeys(joined, ages)
        if not isinstance(ages, Mapping):
            self._reader.wrong("max_age", ages, "A timedelta, or one for each group, is wanted here.", _AGE)
            return {}
        of_groups: dict[tuple[str, str], timedelta] = {}
        of_keys: dict[tuple[str, str], timedelta] = {}
        for group, age in ages.items():
            if not isinstance(age, timedelta):
                shown = f"{group_name(group)}: {age!r}"
                self._reader.findings.append(("max_age", shown, "An age is a timedelta.", _AGE))
                continue
            if age < timedelta(0):
                shown = f"{group_name(group)}: {age!r}"
                self._reader.findings.append(("max_age", shown, "An age is not less than nothing.", _AGE))
            name = self._used("max_age", group.__looked__.group if isinstance(group, Using) else group)
            if name is None:
                continue
            if not isinstance(group, Using):
                of_groups |= {join: age for join in joined if join[0] == name}
            else:
                key = self._key("max_age", self._sides[name], group.__looked__, columns)
                of_keys[name, key] = age
        # An age of a key wins over that of its group; one that no feature is looked up by is a fault of its own.
        return {**of_groups, **of_keys}
