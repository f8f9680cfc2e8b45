"""A declared feature group: `GroupSpec`, which the decorator builds too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Never

from reconciler.contract import Contract
from reconciler.errors import Fault
from reconciler.spec import collect
from reconciler.spec.lines import Lines, lines_of_call, lines_of_class
from reconciler.spec.read import Reader
from reconciler.spec.types import STRING, FeatureType, NotAFeature, read_type
from reconciler.spec.words import NOT_GIVEN, Offline, OnDemand, Online, Provisioned, Words, forgiving
from reconciler.state import model

ONLINE: Final = Online()
OFFLINE: Final = Offline()
ON_DEMAND: Final = OnDemand()


class Feature(Words):
    """A feature of a `GroupSpec`: its name, its type as an annotation would say it, and what `feature()` takes."""

    __slots__ = ("name", "type")

    @forgiving
    def __init__(
        self,
        name: str,
        type: Any,  # noqa: A002  (it reads as the type it is)
        *,
        default: Any = NOT_GIVEN,
        about: str = "",
        parameters: Mapping[str, str] = {},
        deprecated: str | None = None,
        **unknown: Never,
    ) -> None:
        self.name, self.type = name, type
        given = {"default": default, "about": about, "parameters": parameters, "deprecated": deprecated}
        super().__init__(given, unknown)

    def __repr__(self) -> str:
        return f"Feature({self.name!r}, {self.type!r})"


class Field(NamedTuple):
    """A feature as its record has it: `field` in Python, `name` on AWS."""

    field: str
    name: str
    type: FeatureType
    annotation: Any = None
    default: Any = NOT_GIVEN
    about: str = ""
    parameters: Mapping[str, str] = {}
    deprecated: str | None = None

    @property
    def required(self) -> bool:
        """A record has to give it."""
        return self.default is NOT_GIVEN

    def as_state(self) -> model.Feature:
        """The feature as AWS will see it."""
        kind = self.type
        return model.Feature(self.name, kind.aws_type, kind.collection, kind.dimension, self.about, self.parameters)


class Declaration(NamedTuple):
    """One field before anything about it was checked."""

    field: object
    annotation: Any
    words: Words
    problem: NotAFeature | None = None


class GroupSpec:
    """A feature group, declared by value.

    For groups that a program makes up; `feature_group` is the natural way to write one. Assigned or not: what a
    registry file makes at module level, or in a list or a function there, is declared.
    """

    @forgiving
    def __init__(
        self,
        *,
        name: str,
        record_id: str,
        event_time: str,
        features: Sequence[Feature],
        online: Online | None = ONLINE,
        offline: Offline | None = OFFLINE,
        description: str | None = None,
        tags: Mapping[str, str] = {},
        role_arn: str | None = None,
        throughput: OnDemand | Provisioned = ON_DEMAND,
        protected: bool | None = None,
        keep_live: Iterable[str] = (),
        **unknown: Never,
    ) -> None:
        words = {
            "name": name,
            "record_id": record_id,
            "event_time": event_time,
            "online": online,
            "offline": offline,
            "description": description,
            "tags": tags,
            "role_arn": role_arn,
            "throughput": throughput,
            "protected": protected,
            "keep_live": keep_live,
        }
        place = collect.caller()
        reader = Reader()
        if name is NOT_GIVEN:
            reader.wrong("name", NOT_GIVEN, "The group has no name.", 'Give name="...".')
        self._declare(reader, words, unknown, _given_features(reader, features), place)
        collect.take(self.desired, self.faults, self.contract)

    @classmethod
    def of_class(
        cls,
        words: Mapping[str, Any],
        unknown: Mapping[str, Any],
        declarations: Sequence[Declaration],
        place: collect.Place,
        reader: Reader,
        class_name: str,
    ) -> GroupSpec:
        """What the decorator builds."""
        self = cls.__new__(cls)
        self._declare(reader, words, unknown, declarations, place, class_name)
        return self

    def _declare(
        self,
        reader: Reader,
        words: Mapping[str, Any],
        unknown: Mapping[str, Any],
        declarations: Sequence[Declaration],
        place: collect.Place,
        class_name: str = "",
    ) -> None:
        reader.unknown("", unknown.items(), [*words, *([] if class_name else ["features"])])
        self.fields = tuple(_field(reader, declaration) for declaration in declarations)
        self.group = _group(reader, words, self.fields, class_name)
        self.keep_live = reader.names("keep_live", words["keep_live"])
        _keys_are_there(reader, self.group, self.fields)
        self._place, self._class_name = place, class_name
        source = self.source if collect.is_reading() or reader.findings else model.Source()
        self.faults = tuple(
            Fault(source.file, source.line_of(finding[0].split(".")[0]), self.name, *finding)
            for finding in reader.findings
        )

    @property
    def name(self) -> str:
        """The group's name on AWS."""
        return self.group.name

    @property
    def record_id(self) -> str:
        """The name of the feature that identifies a record."""
        return self.group.record_id

    @property
    def event_time(self) -> str:
        """The name of the feature that says when a record was true."""
        return self.group.event_time

    @property
    def __feature_group__(self) -> GroupSpec:
        """Itself, so that a decorated class and a spec can be asked alike."""
        return self

    @property
    def deprecated(self) -> dict[str, str]:
        """The features that nobody wants any more, and why."""
        return {field.name: field.deprecated for field in self.fields if field.deprecated is not None}

    @property
    def source(self) -> model.Source:
        """Where it stands: found in the text of its file, so ask only when it is to be shown."""
        file, line, path = self._place
        lines = lines_of_class(path, line, self._class_name) if self._class_name else lines_of_call(path, line)
        return model.Source(file, lines.line, _by_aws_name(lines, self.fields))

    def desired(self) -> model.Desired:
        """What the registry asks for with it."""
        return model.Desired(self.group, self.source, self.keep_live, self.deprecated)

    def contract(self, record: type | None = None) -> Contract:
        """What its rows have to be. `record` is the class of its records, where there is one."""
        from reconciler.spec.rows import contract_of  # noqa: PLC0415  (plans have no rows)

        return contract_of(self, record)

    def __repr__(self) -> str:
        return f"<feature group {self.name} of {len(self.fields)} features>"


def _given_features(reader: Reader, features: object) -> list[Declaration]:
    fix = 'Write features=[Feature("age", int), ...].'
    if features is NOT_GIVEN:
        reader.wrong("features", features, "The group has no features.", fix)
        return []
    if isinstance(features, str) or not isinstance(features, Iterable):
        reader.wrong("features", features, "A list of features is wanted here.", fix)
        return []
    declarations = []
    for feature in features:
        if isinstance(feature, Feature):
            declarations.append(Declaration(feature.name, feature.type, feature))
        else:
            reader.wrong("features", feature, f"A {type(feature).__name__} is no Feature.", fix)
    return declarations


def _field(reader: Reader, declaration: Declaration) -> Field:
    field, annotation, words, problem = declaration
    given = words.given
    if not isinstance(field, str):
        reader.wrong("features", field, "A feature's name is a text.", 'Write Feature("age", int).')
        field = str(field)
    name = reader.text(field, given.get("name"), 'Write name="user-age".') or field
    reader.unknown(name, words.unknown.items(), given)
    kind = _type(reader, name, annotation, problem)
    default = given["default"]
    if default is not NOT_GIVEN and not kind.holds(default):
        fix = "Write `X | None` if it may be missing." if default is None else "Give one that fits the type."
        reader.wrong(f"{name}.default", default, "The default is no value of the field's type.", fix)
    deprecated = reader.text(f"{name}.deprecated", given["deprecated"], 'Write deprecated="why".')
    if deprecated is not None:
        _may_go(reader, name, deprecated, is_missable=default is not NOT_GIVEN or kind.optional)
    about = reader.text(f"{name}.about", given["about"]) or ""
    parameters = reader.texts(f"{name}.parameters", given["parameters"])
    return Field(field, name, kind, annotation, default, about, parameters, deprecated)


def _type(reader: Reader, name: str, annotation: object, problem: NotAFeature | None) -> FeatureType:
    try:
        if problem:
            raise problem
        return read_type(annotation)
    except NotAFeature as wrong:
        reader.findings.append((name, "", wrong.reason, wrong.fix))
        return STRING


def _may_go(reader: Reader, name: str, reason: str, *, is_missable: bool) -> None:
    if not reason.strip():
        fix = "Say why nobody wants it: reviewers read it in the plan."
        reader.wrong(f"{name}.deprecated", reason, "Deprecating a feature needs a reason.", fix)
    if not is_missable:
        fix = "Give default=, or write `X | None` with default=None."
        reader.wrong(f"{name}.deprecated", reason, "Every record still has to give the feature.", fix)


def _group(reader: Reader, words: Mapping[str, Any], fields: Sequence[Field], class_name: str) -> model.Group:
    by_field = {field.field: field.name for field in fields}
    keys = {}
    for word in ("record_id", "event_time"):
        fix = f'Write {word}="..." with the name of a field.'
        given = words[word]
        if given is None or given is NOT_GIVEN:
            reader.wrong(word, NOT_GIVEN, "It has to be said.", fix)
            given = ""
        key = reader.text(word, given, fix) or ""
        keys[word] = by_field.get(key, key)
    name = None if words["name"] is NOT_GIVEN else reader.text("name", words["name"], 'Write name="...".')
    return model.Group(
        name=name if name is not None else kebab(class_name),
        record_id=keys["record_id"],
        event_time=keys["event_time"],
        features=tuple(field.as_state() for field in fields),
        online=reader.online(words["online"]),
        offline=reader.offline(words["offline"]),
        role_arn=reader.text("role_arn", words["role_arn"], "Write the role's ARN."),
        throughput=reader.throughput(words["throughput"]),
        description=reader.text("description", words["description"]),
        tags=reader.texts("tags", words["tags"]),
        protected=reader.flag("protected", words["protected"]),
    )


def kebab(class_name: str) -> str:
    """A class name as a group's name: `Weather` is weather, `HTTPLog2` is http-log2, `User_Age` is user-age."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", class_name)
    return apart.replace("_", "-").strip("-").lower()


def _keys_are_there(reader: Reader, group: model.Group, fields: Sequence[Field]) -> None:
    for word, name in (("record_id", group.record_id), ("event_time", group.event_time)):
        for field in fields:
            if field.name == name and field.type.optional:
                fix = f"Declare {field.field} without `| None`."
                reader.wrong(word, name, "Every record has to have it, and this field may be missing.", fix)
            if field.name == name and field.deprecated is not None:
                fix = "Leave deprecated= out; to be rid of the group, retire it."
                reader.wrong(word, name, "A group cannot do without it, so it cannot be deprecated.", fix)


def _by_aws_name(lines: Lines, fields: Sequence[Field]) -> dict[str, int]:
    features = {field.name: lines.features[field.field] for field in fields if field.field in lines.features}
    return {**features, **lines.words}
