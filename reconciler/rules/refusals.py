"""Refusals: what the reconciler will not do, why, and what to do instead. Every code stands in one table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from keyword import iskeyword
from typing import Any

from reconciler.diff import Difference
from reconciler.rules.table import RULE_OF, Kind, reason_of, way_out_of
from reconciler.state import Desired, Feature, Live, Source
from reconciler.state.limits import STORAGE_MIGRATION

CODES: Mapping[str, str] = {
    "FS101": "A live feature is gone from the spec",
    "FS102": "A feature's type changed",
    "FS103": "A feature's collection type changed",
    "FS104": "A vector's dimension changed",
    "FS105": "A dataset uses a feature that the group is made without",
    "FS201": "The record identifier changed",
    "FS202": "The event time feature changed",
    "FS203": "The online store was switched on or off",
    "FS204": "The offline store was switched on or off",
    "FS205": "The key of the online store changed",
    "FS206": "The storage type changed in a way AWS does not migrate",
    "FS207": "The S3 location changed",
    "FS208": "The key of the offline store changed",
    "FS209": "The table format changed",
    "FS210": "Who makes the Glue table changed",
    "FS211": "The Glue database or table changed",
    "FS212": "The role changed",
    "FS213": "The group is stuck in DeleteFailed",
    "FS214": "A dataset uses a group without an offline store",
    "FS301": "The plan deletes too many groups at once",
    "FS302": "The plan updates too many groups at once",
    "FS303": "The registry is empty while its groups are live",
    "FS304": "The plan deletes every group of the registry",
    "FS401": "The group belongs to another registry",
    "FS402": "A live group's spec is gone",
    "FS403": "A protected group is retired",
    "FS404": "An unowned live group differs in what AWS cannot change",
    "FS405": "A group that this registry does not own is retired",
    "FS406": "A group that a dataset uses is retired",
}
"""Every refusal there is. Codes are never renumbered or used again; each has a section in docs/refusals.md."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that will not be done. `group` is empty where the plan as a whole is meant."""

    code: str
    group: str
    field: str
    live: Any
    desired: Any
    reason: str
    way_out: str
    file: str = ""
    line: int = 0


def refuse(differences: Sequence[Difference], desired: Desired, live: Live, prefix: str = "") -> Iterator[Refusal]:
    """The refusals among the differences of one group that is live and wanted.

    `prefix` is what the environment puts before the names of specs.
    """
    added = [Feature(**d.desired) for d in differences if d.field == "features" and d.live is None]
    for difference in differences:
        rule = RULE_OF[difference.field]
        if difference.field == "features":
            if difference.desired is None:
                yield _removed(difference, added, desired)
        elif difference.field == "online.storage_type":
            if (difference.live, difference.desired) != STORAGE_MIGRATION:
                yield _storage_type(difference, desired.source, prefix)
        elif rule.kind is Kind.IMMUTABLE:
            words = {"group": live.group.name.removeprefix(prefix), "key": difference.key, "keep": rule.keep}
            field = difference.field.partition(".")[2]
            yield _at(
                desired.source,
                rule.code,
                difference,
                reason_of(rule).format(field=field),
                way_out_of(rule).format(**words),
            )


def _at(source: Source, code: str, difference: Difference, reason: str, way_out: str) -> Refusal:
    name = difference.key or difference.field.partition(".")[0]
    return Refusal(
        code,
        difference.group,
        difference.key or difference.field,
        difference.live,
        difference.desired,
        reason,
        way_out,
        source.file,
        source.line_of(name),
    )


_GUESSED_AMONG = 20
"""Added features among which a renamed one is looked for; where there are more, a guess would be no help."""


def _removed(difference: Difference, added: Sequence[Feature], desired: Desired) -> Refusal:
    feature = Feature(**difference.live)
    way_out = (
        "Paste this line back into the record, to keep the feature and say that nobody wants it: "
        f"`{deprecated_line(feature)}`."
    )
    near = added if len(added) <= _GUESSED_AMONG else ()
    alike = [f.name for f in near if (f.type, f.collection) == (feature.type, feature.collection)]
    renamed = get_close_matches(feature.name, alike, 1) or (alike if len(alike) == 1 else [])
    if renamed:
        field = _identifier(renamed[0])
        way_out += f' If you renamed it: `{field} = feature(name="{feature.name}", ...)` gives it a new name in Python.'
    reason = "SageMaker cannot remove a feature or rename it: it is live, and the spec no longer has it."
    return _at(desired.source, "FS101", difference, reason, way_out)


_PYTHON_TYPES = {"Integral": "int", "Fractional": "float", "String": "str"}


def deprecated_line(feature: Feature) -> str:
    """The line that keeps a live feature in a record, to paste."""
    kind = _PYTHON_TYPES.get(feature.type, "str")
    if feature.collection == "Vector":
        kind = f"Vector[{feature.dimension}]"
    elif feature.collection:
        kind = f"{feature.collection.lower()}[{kind}]"
    field = _identifier(feature.name)
    name = "" if field == feature.name else f'name="{feature.name}", '
    about = f"about={_quoted(feature.about)}, " if feature.about else ""
    pairs = ", ".join(f"{_quoted(key)}: {_quoted(value)}" for key, value in sorted(feature.parameters.items()))
    parameters = f"parameters={{{pairs}}}, " if pairs else ""
    said = f'{name}{about}{parameters}deprecated="why nobody wants it"'
    return f"{field}: {kind} | None = feature(default=None, {said})"


def _quoted(text: str) -> str:
    """A text as Python writes it, without the backtick that ends a line of code in prose."""
    return json.dumps(text, ensure_ascii=False).replace("`", "\\x60")


def _identifier(name: str) -> str:
    field = name.replace("-", "_")
    return field if field.isidentifier() and not iskeyword(field) else f"f_{field}"


def _storage_type(difference: Difference, source: Source, prefix: str) -> Refusal:
    name = difference.group.removeprefix(prefix)
    way_out = way_out_of(RULE_OF[difference.field]).format(group=name, keep="storage_type")
    reason = "SageMaker migrates a storage type only from Standard to Standard_V2, and never back."
    return _at(source, "FS206", difference, reason, way_out)


def foreign_owner(live: Live, owner: str, source: Source) -> Refusal:
    """A group that another registry, or this one in another environment, owns."""
    name, theirs = live.group.name, live.group.owner
    return Refusal(
        "FS401",
        name,
        "owner",
        theirs,
        owner,
        f"The live group carries the ownership tag of {theirs}: it is not ours to change.",
        f"Choose another name, or have {theirs} give it up: its owners remove the tag reconciler:registry, "
        "and this plan then offers to adopt the group.",
        source.file,
        source.line_of("name"),
    )


def spec_is_gone(live: Live, prefix: str = "", looks_like: str = "") -> Refusal:
    """An owned group that no spec speaks of."""
    name, written = live.group.name, live.group.name.removeprefix(prefix)
    renamed = ""
    if looks_like:
        renamed = f' If {looks_like} is this group under a new name, give it back its own: name="{written}".'
    return Refusal(
        "FS402",
        name,
        "name",
        name,
        None,
        "The group is live and ours, and no spec declares it. A spec that is merely gone deletes nothing.",
        f'Put the spec back; or, to delete the group, write `retire("{written}", reason="...")` in a registry file.'
        + renamed,
    )


def protected(live: Live, source: Source) -> Refusal:
    """A retired group whose protection tag is on."""
    name = live.group.name
    return Refusal(
        "FS403",
        name,
        "protected",
        True,
        None,
        "The live group is protected: it is not deleted even when it is retired.",
        "Unprotect it first: put its spec back with protected=False, merge and apply that; then retire it.",
        source.file,
        source.line,
    )


def not_adopted(live: Live, fields: Sequence[str], owner: str, source: Source) -> Refusal:
    """An unowned group that a spec describes otherwise than AWS could make it."""
    return Refusal(
        "FS404",
        live.group.name,
        "owner",
        None,
        owner,
        f"A group of this name is live, nobody owns it, and it differs in {', '.join(fields)}: "
        "it may be somebody else's, so it is neither changed nor tagged.",
        "Make the spec describe the live group, and it is adopted; or choose another name for yours.",
        source.file,
        source.line_of("name"),
    )


def not_ours_to_retire(live: Live, source: Source) -> Refusal:
    """A retirement of a group without an owner."""
    return Refusal(
        "FS405",
        live.group.name,
        "owner",
        None,
        None,
        "The live group carries no ownership tag: this registry did not make it and never adopted it.",
        "Declare the group so that it is adopted, apply that, and retire it then; or delete it by hand.",
        source.file,
        source.line,
    )


def delete_failed(live: Live, prefix: str, source: Source) -> Refusal:
    """A wanted group whose deletion was begun and failed."""
    written = live.group.name.removeprefix(prefix)
    return Refusal(
        "FS213",
        live.group.name,
        "status",
        "DeleteFailed",
        "Created",
        f"Its deletion was begun and failed: {(live.health.failure or 'AWS gives no reason').rstrip('.')}. "
        "AWS changes nothing on such a group.",
        f'Write `retire("{written}", reason="...")` to have the deletion tried again; then declare it anew.',
        source.file,
        source.line,
    )
