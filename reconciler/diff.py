"""What differs between a wanted group and a live one, by meaning. Values in, values out.

`align` takes away everything that is no difference: the order of features, what the spec leaves to AWS, what AWS
cannot change anyway, the live values that the spec accepts. `diff` then names each field that is left.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from reconciler.state import Desired, Feature, Group, Live, Offline
from reconciler.state.limits import KEEPABLE

if TYPE_CHECKING:
    from deepdiff import DeepDiff


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as the spec wants it.

    `field` is a row of the rule table (`online.ttl_s`, `features.type`); `key` is the feature or tag it is about,
    and empty for a field of the group. A side that lacks the feature or tag altogether is None.
    """

    group: str
    field: str
    key: str
    live: Any
    desired: Any


def align(desired: Desired, live: Live) -> tuple[Group, Group]:
    """The wanted and the live group with everything that is no difference made the same on both sides."""
    want, have = desired.group, live.group
    names = {f.name for f in have.features}
    wanted = (f for f in want.features if f.name in names or f.name not in desired.deprecated)
    want = replace(
        want,
        features=_sorted(wanted),
        # AWS has no call that changes a description, and a role that nobody asked for is AWS's affair.
        description=have.description,
        role_arn=want.role_arn or have.role_arn,
        protected=bool(want.protected),
    )
    have = replace(have, features=_sorted(have.features), protected=bool(have.protected))
    if have.offline and want.offline:
        have = replace(have, offline=_as_far_as_said(want.offline, have.offline))
    return _keeping(want, have, desired.keep_live), have


def standing_alone(desired: Desired) -> Group:
    """The wanted group where none is live: deprecated features are not made anew."""
    group = desired.group
    features = tuple(f for f in group.features if f.name not in desired.deprecated)
    return replace(group, features=features, protected=bool(group.protected))


def by_name(group: Group) -> Group:
    """The group with its features sorted: their order makes no difference."""
    return replace(group, features=_sorted(group.features))


def _sorted(features: Iterator[Feature] | tuple[Feature, ...]) -> tuple[Feature, ...]:
    return tuple(sorted(features, key=attrgetter("name")))


def _as_far_as_said(want: Offline, have: Offline) -> Offline:
    """The live offline store without the table names that AWS made up, and with the spec's spelling of one place."""
    if want.catalog is None:
        have = replace(have, catalog=None)
    if (have.s3_uri or "").rstrip("/") == (want.s3_uri or "").rstrip("/"):
        have = replace(have, s3_uri=want.s3_uri)
    return have


def _keeping(want: Group, have: Group, names: frozenset[str]) -> Group:
    """The wanted group with the live value of every field that its spec says to keep.

    Of a store as a whole, what is kept is whether there is one: the rest of it is fields of their own.
    """
    for name in sorted(names):
        store, _, field = KEEPABLE[name].partition(".")
        wanted, found = getattr(want, store), getattr(have, store)
        if not field and (store not in ("online", "offline") or wanted is None or found is None):
            want = replace(want, **{store: found})
        elif field and wanted and found:
            want = replace(want, **{store: replace(wanted, **{field: getattr(found, field)})})
    return want


def diff(want: Group, have: Group) -> tuple[Difference, ...]:
    """Every field in which two aligned groups differ, once, in a fixed order."""
    if want == have:
        return ()
    live, desired = _fields(have), _fields(want)
    for name in live["features"].keys() & desired["features"].keys():
        if live["features"][name] == desired["features"][name]:
            # A wide group with one change is compared in that one place.
            del live["features"][name], desired["features"][name]
    found = _deep_diff()(live, desired, view="tree", threshold_to_diff_deeper=0)
    # A field with several differences inside is one difference: of parameters, of the table's names.
    named = {d[1:]: d for kind in found.values() for item in kind if (d := _difference(item))}
    return tuple(
        Difference(want.name, field, key, _at(live, path), _at(desired, path))
        for path, field, key in sorted(named.values())
    )


def _fields(group: Group) -> dict[str, Any]:
    fields = {name: getattr(group, name) for name in Group.__dataclass_fields__}
    for store in ("online", "offline", "throughput"):
        fields[store] = asdict(fields[store]) if fields[store] else None
    return fields | {"features": {f.name: f._asdict() for f in group.features}, "tags": dict(group.tags)}


def _difference(item: Any) -> tuple[tuple[str, ...], str, str]:
    """Where a difference belongs: the path to its field, the field's name, and the feature or tag."""
    path = tuple(item.path(output_format="list"))
    match path:
        case ("features", name):
            return path, "features", name
        case ("features", name, field, *_):
            return path[:3], f"features.{field}", name
        case ("tags", key):
            return path, "tags", key
        case ("throughput", *_):
            return path[:1], "throughput", ""
        case _:
            return path[:2], ".".join(path[:2]), ""


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path; None where the path ends early."""
    for key in path:
        value = value.get(key) if value is not None else None
    return value


def _deep_diff() -> type[DeepDiff]:
    """DeepDiff, without the libraries it would bring along for data frames that never occur here.

    It imports pandas and numpy wherever they are installed: most of a second, and 100 MB, in a command that
    compares dictionaries.
    """
    with _not_importing("pandas", "numpy"):
        from deepdiff import DeepDiff  # noqa: PLC0415 - heavy: only where there is something to show
    return DeepDiff


@contextmanager
def _not_importing(*names: str) -> Iterator[None]:
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
