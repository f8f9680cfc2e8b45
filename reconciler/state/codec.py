"""Groups and datasets as JSON and back: what a child process, a file between machines, and a digest are made of.

Reading is strict, since a specs file may come from a job that is not trusted: unknown keys and wrong types are
faults, never guesses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from reconciler.errors import Fault, Invalid
from reconciler.state.model import (
    Asked,
    Catalog,
    Dataset,
    Desired,
    Feature,
    Group,
    Offline,
    Online,
    Registry,
    Retirement,
    Source,
    Throughput,
)

FORMAT_VERSION = "1"
_MICROSECOND = timedelta(microseconds=1)

T = TypeVar("T")


def canonical(value: object) -> str:
    """The one JSON text of a value: keys sorted, nothing optional."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(value: object) -> str:
    """`sha256:` and the hash of a value's canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical(value).encode()).hexdigest()


def feature_as_json(feature: Feature) -> dict[str, Any]:
    shown = {k: v for k, v in feature._asdict().items() if v not in (None, "", {})}
    if "parameters" in shown:
        shown["parameters"] = dict(feature.parameters)
    return shown


def group_as_json(group: Group) -> dict[str, Any]:
    """A group as plain values. What is None stays out, so that one meaning has one text."""
    offline, online = group.offline, group.online
    return _said(
        name=group.name,
        record_id=group.record_id,
        event_time=group.event_time,
        features=[feature_as_json(f) for f in group.features],
        online=online and _said(storage_type=online.storage_type, ttl_s=online.ttl_s, kms_key=online.kms_key),
        offline=offline
        and _said(
            s3_uri=offline.s3_uri,
            table_format=offline.table_format,
            kms_key=offline.kms_key,
            create_table=offline.create_table,
            catalog=offline.catalog and {"database": offline.catalog.database, "table": offline.catalog.table},
        ),
        role_arn=group.role_arn,
        throughput=throughput_as_json(group.throughput),
        description=group.description,
        tags=dict(group.tags),
        owner=group.owner,
        protected=group.protected,
    )


def throughput_as_json(throughput: Throughput) -> dict[str, Any]:
    return _said(mode=throughput.mode, read_units=throughput.read_units, write_units=throughput.write_units)


def _said(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def registry_as_json(registry: Registry) -> dict[str, Any]:
    """What `validate --specs-out` writes: the registry by name, sorted, with where each thing stands."""
    datasets = [dataset_as_json(registry.datasets[name]) for name in sorted(registry.datasets)]
    return {
        "format_version": FORMAT_VERSION,
        "groups": [_desired_as_json(registry.groups[name]) for name in sorted(registry.groups)],
        "retired": [
            {"name": r.name, "reason": r.reason, "source": _source_as_json(r.source)}
            for _, r in sorted(registry.retired.items())
        ],
        **({"datasets": datasets} if datasets else {}),
    }


def dataset_as_json(dataset: Dataset) -> dict[str, Any]:
    """A dataset as plain values, its features in their order."""
    ages = sorted(dataset.max_ages.items())
    return {
        "name": dataset.name,
        "features": [asked._asdict() for asked in dataset.features],
        "time": dataset.time,
        "max_ages": [{"group": group, "key": key, "age_us": age // _MICROSECOND} for (group, key), age in ages],
        "strict": dataset.strict,
        "known_at": dataset.known_at,
        "description": dataset.description,
        "source": _source_as_json(dataset.source),
    }


def _desired_as_json(desired: Desired) -> dict[str, Any]:
    return {
        "group": group_as_json(desired.group),
        "source": _source_as_json(desired.source),
        "keep_live": sorted(desired.keep_live),
        "deprecated": dict(desired.deprecated),
    }


def _source_as_json(source: Source) -> dict[str, Any]:
    return {"file": source.file, "line": source.line, "fields": dict(source.fields)}


def registry_from_json(document: object, file: str = "specs") -> Registry:
    """Read what `registry_as_json` wrote; raises `Invalid` that names the path of what is wrong."""
    try:
        top = _object(document, "", {"format_version", "groups", "retired", "datasets"})
        if top.get("format_version") != FORMAT_VERSION:
            raise _Wrong("format_version", top.get("format_version"), f"this tool reads {FORMAT_VERSION!r}")
        groups = _list(top.get("groups"), "groups", _desired_from_json)
        retired = _list(top.get("retired"), "retired", _retirement_from_json)
        # Files that were written before there were datasets have none.
        datasets = _list(top.get("datasets", []), "datasets", dataset_from_json)
        return Registry(
            _by_name(groups, lambda d: d.group.name),
            _by_name(retired, lambda r: r.name),
            _by_name(datasets, lambda d: d.name),
        )
    except _Wrong as wrong:
        raise Invalid([wrong.fault(file)]) from None


def group_from_json(document: object, path: str = "group") -> Group:
    """Read what `group_as_json` wrote."""
    keys = set(Group.__dataclass_fields__)
    value = _object(document, path, keys)
    return Group(
        name=_text(value, "name", path),
        record_id=_text(value, "record_id", path),
        event_time=_text(value, "event_time", path),
        features=tuple(_list(value.get("features"), f"{path}.features", feature_from_json)),
        online=_optional(value.get("online"), f"{path}.online", _online_from_json),
        offline=_optional(value.get("offline"), f"{path}.offline", _offline_from_json),
        role_arn=_maybe(value, "role_arn", path, str),
        throughput=throughput_from_json(value.get("throughput", {}), f"{path}.throughput"),
        description=_maybe(value, "description", path, str),
        tags=_texts(value.get("tags", {}), f"{path}.tags"),
        owner=_maybe(value, "owner", path, str),
        protected=_maybe(value, "protected", path, bool),
    )


def feature_from_json(document: object, path: str = "feature") -> Feature:
    value = _object(document, path, set(Feature._fields))
    return Feature(
        _text(value, "name", path),
        _text(value, "type", path),
        _maybe(value, "collection", path, str),
        _maybe(value, "dimension", path, int),
        _maybe(value, "about", path, str) or "",
        _texts(value["parameters"], f"{path}.parameters") if "parameters" in value else {},
    )


def throughput_from_json(document: object, path: str = "throughput") -> Throughput:
    value = _object(document, path, {"mode", "read_units", "write_units"})
    return Throughput(
        _maybe(value, "mode", path, str) or "OnDemand",
        _maybe(value, "read_units", path, int),
        _maybe(value, "write_units", path, int),
    )


def _online_from_json(document: object, path: str) -> Online:
    value = _object(document, path, {"storage_type", "ttl_s", "kms_key"})
    return Online(
        _maybe(value, "storage_type", path, str) or "Standard",
        _maybe(value, "ttl_s", path, int),
        _maybe(value, "kms_key", path, str),
    )


def _offline_from_json(document: object, path: str) -> Offline:
    value = _object(document, path, {"s3_uri", "table_format", "kms_key", "create_table", "catalog"})
    create = _maybe(value, "create_table", path, bool)
    return Offline(
        _maybe(value, "s3_uri", path, str),
        _maybe(value, "table_format", path, str) or "Glue",
        _maybe(value, "kms_key", path, str),
        create_table=True if create is None else create,
        catalog=_optional(value.get("catalog"), f"{path}.catalog", _catalog_from_json),
    )


def _catalog_from_json(document: object, path: str) -> Catalog:
    value = _object(document, path, {"database", "table"})
    return Catalog(_text(value, "database", path), _text(value, "table", path))


def _desired_from_json(document: object, path: str) -> Desired:
    value = _object(document, path, {"group", "source", "keep_live", "deprecated"})
    return Desired(
        group_from_json(value.get("group"), f"{path}.group"),
        _source_from_json(value.get("source", {}), f"{path}.source"),
        frozenset(_list(value.get("keep_live", []), f"{path}.keep_live", _as_text)),
        _texts(value.get("deprecated", {}), f"{path}.deprecated"),
    )


def _retirement_from_json(document: object, path: str) -> Retirement:
    value = _object(document, path, {"name", "reason", "source"})
    source = _source_from_json(value.get("source", {}), f"{path}.source")
    return Retirement(_text(value, "name", path), _text(value, "reason", path), source)


def dataset_from_json(document: object, path: str = "dataset") -> Dataset:
    """Read what `dataset_as_json` wrote."""
    value = _object(document, path, set(Dataset.__dataclass_fields__))
    ages = _list(value.get("max_ages", []), f"{path}.max_ages", _age_from_json)
    return Dataset(
        name=_text(value, "name", path),
        features=tuple(_list(value.get("features"), f"{path}.features", _asked_from_json)),
        time=_text(value, "time", path),
        max_ages=_by_join(ages, f"{path}.max_ages"),
        strict=_maybe(value, "strict", path, bool) or False,
        known_at=_maybe(value, "known_at", path, bool) or False,
        description=_maybe(value, "description", path, str) or "",
        source=_source_from_json(value.get("source", {}), f"{path}.source"),
    )


def _asked_from_json(document: object, path: str) -> Asked:
    value = _object(document, path, set(Asked._fields))
    return Asked(*(_text(value, name, path) for name in Asked._fields))


def _age_from_json(document: object, path: str) -> tuple[tuple[str, str], timedelta]:
    value = _object(document, path, {"group", "key", "age_us"})
    try:
        age = _typed(value.get("age_us"), f"{path}.age_us", int) * _MICROSECOND
    except OverflowError:
        raise _Wrong(f"{path}.age_us", value["age_us"], "no age is as long") from None
    return (_text(value, "group", path), _text(value, "key", path)), age


def _by_join(ages: list[tuple[tuple[str, str], timedelta]], path: str) -> dict[tuple[str, str], timedelta]:
    found: dict[tuple[str, str], timedelta] = {}
    for join, age in ages:
        if join in found:
            raise _Wrong(path, list(join), "the group and key stand there twice")
        found[join] = age
    return found


def _source_from_json(document: object, path: str) -> Source:
    value = _object(document, path, {"file", "line", "fields"})
    fields = _object(value.get("fields", {}), f"{path}.fields", None)
    lines = {key: _typed(line, f"{path}.fields.{key}", int) for key, line in fields.items()}
    return Source(_maybe(value, "file", path, str) or "", _maybe(value, "line", path, int) or 0, lines)


class _Wrong(ValueError):
    def __init__(self, path: str, value: object, reason: str) -> None:
        super().__init__(f"{path or 'document'} = {repr(value)[:80]}: {reason}")
        self.path, self.value, self.reason = path, value, reason

    def fault(self, file: str) -> Fault:
        return Fault(
            file,
            0,
            "",
            self.path or "document",
            repr(self.value)[:80],
            f"This is not a specs file of this tool: {self.reason}.",
            "Write it with `reconciler validate --specs-out FILE`.",
        )


def _object(value: object, path: str, keys: set[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(path, value, "an object is wanted here")
    if keys is not None and (unknown := sorted(value.keys() - keys)):
        raise _Wrong(f"{path}.{unknown[0]}".lstrip("."), value[unknown[0]], "the key is unknown")
    return value


def _list(value: object, path: str, read: Callable[[object, str], T]) -> list[T]:
    if not isinstance(value, list):
        raise _Wrong(path, value, "a list is wanted here")
    return [read(item, f"{path}[{n}]") for n, item in enumerate(value)]


def _optional(value: object, path: str, read: Callable[[object, str], T]) -> T | None:
    return None if value is None else read(value, path)


def _text(value: Mapping[str, Any], key: str, path: str) -> str:
    return _typed(value.get(key), f"{path}.{key}", str)


def _maybe(value: Mapping[str, Any], key: str, path: str, kind: type[T]) -> T | None:
    found = value.get(key)
    return None if found is None else _typed(found, f"{path}.{key}", kind)


def _typed(value: object, path: str, kind: type[T]) -> T:
    # bool is an int to Python; a flag where a number belongs is a mistake here.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _Wrong(path, value, f"{kind.__name__} is wanted here")
    return value


def _as_text(value: object, path: str) -> str:
    return _typed(value, path, str)


def _texts(value: object, path: str) -> dict[str, str]:
    return {key: _typed(text, f"{path}.{key}", str) for key, text in _object(value, path, None).items()}


def _by_name(items: list[T], name: Callable[[T], str]) -> dict[str, T]:
    found: dict[str, T] = {}
    for item in items:
        if name(item) in found:
            raise _Wrong("name", name(item), "the name stands there twice")
        found[name(item)] = item
    return found
