"""A plan as JSON and back. `schema.json` beside this file is the published shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reconciler.errors import Fault, Invalid
from reconciler.plan.changes import (
    AddFeatures,
    Adopt,
    Change,
    Create,
    Delete,
    Metadata,
    RecreateFailed,
    UpdateMetadata,
    UpdateStorageType,
    UpdateTags,
    UpdateThroughput,
    UpdateTtl,
)
from reconciler.plan.plan import FORMAT_VERSION, Note, Plan
from reconciler.rules import Refusal
from reconciler.state import Source
from reconciler.state.codec import (
    feature_as_json,
    feature_from_json,
    group_as_json,
    group_from_json,
    throughput_as_json,
    throughput_from_json,
)


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """The document of `plan --format json` and `plan --out`."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": plan.environment,
        "registry": plan.registry,
        "digest": plan.digest,
        "changes": [change_as_json(change) for change in plan.changes],
        "refusals": [asdict(refusal) for refusal in plan.refusals],
        "notes": [asdict(note) for note in plan.notes],
        "unchanged": list(plan.unchanged),
        "groups": {
            name: {"desired": plan.sides[name].desired_digest, "live": list(way)} for name, way in plan.ways.items()
        },
    }


def change_as_json(change: Change) -> dict[str, Any]:
    return {
        "group": change.group,
        "action": change.action,
        "detail": _detail(change),
        "file": change.source.file,
        "line": change.source.line,
    }


def _detail(change: Change) -> dict[str, Any]:
    match change:
        case Create():
            return {"desired": group_as_json(change.desired)}
        case RecreateFailed():
            return {"desired": group_as_json(change.desired), "failure": change.failure}
        case Adopt():
            return {"owner": change.owner, "protected": change.protected}
        case AddFeatures():
            return {"features": [feature_as_json(f) for f in change.features]}
        case UpdateTtl() | UpdateStorageType():
            return {"live": change.live, "desired": change.desired}
        case UpdateThroughput():
            return {"live": throughput_as_json(change.live), "desired": throughput_as_json(change.desired)}
        case UpdateMetadata():
            return {"features": [asdict(f) for f in change.features]}
        case UpdateTags():
            return {"live": dict(change.live), "added": dict(change.added), "removed": list(change.removed)}
        case Delete():
            return {"reason": change.reason, "remains": list(change.remains)}


@dataclass(frozen=True, slots=True)
class Approved:
    """A plan that was written to a file and approved: what is needed to tell whether it still holds.

    `live` of a group lists its live digests along the approved steps, as it was found first.
    """

    environment: str
    registry: str
    digest: str
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[Note, ...]
    unchanged: tuple[str, ...]
    desired: Mapping[str, str]
    live: Mapping[str, tuple[str, ...]]


def approved_from_json(document: Any, file: str = "plan") -> Approved:
    """Read what `plan_as_json` wrote; raises `Invalid` for anything else."""
    try:
        if document["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version is {document['format_version']!r}, this tool reads {FORMAT_VERSION!r}")
        return Approved(
            _text(document["environment"]),
            _text(document["registry"]),
            _text(document["digest"]),
            tuple(_change_from_json(c) for c in document["changes"]),
            tuple(Refusal(**r) for r in document["refusals"]),
            tuple(Note(**n) for n in document["notes"]),
            tuple(map(_text, document["unchanged"])),
            {name: _text(group["desired"]) for name, group in document["groups"].items()},
            {name: _way(group["live"]) for name, group in document["groups"].items()},
        )
    except KeyError as missing:
        raise _not_a_plan(file, f"it has no {missing}") from None
    except (TypeError, ValueError, AttributeError) as wrong:
        raise _not_a_plan(file, str(wrong)) from None


def _not_a_plan(file: str, why: str) -> Invalid:
    fix = "Write one with `reconciler plan --out FILE`."
    return Invalid([Fault(file, 0, "", "", "", f"This is not a plan of this tool ({why}).", fix)])


def _change_from_json(document: Mapping[str, Any]) -> Change:
    group, detail = _text(document["group"]), document["detail"]
    source = Source(_text(document["file"]), document["line"])
    match document["action"]:
        case "create":
            return Create(group, group_from_json(detail["desired"]), source=source)
        case "recreate_failed":
            return RecreateFailed(group, group_from_json(detail["desired"]), detail["failure"], source=source)
        case "adopt":
            return Adopt(group, detail["owner"], detail["protected"], source=source)
        case "add_features":
            return AddFeatures(group, tuple(feature_from_json(f) for f in detail["features"]), source=source)
        case "update_ttl":
            return UpdateTtl(group, detail["live"], detail["desired"], source=source)
        case "update_storage_type":
            return UpdateStorageType(group, detail["live"], detail["desired"], source=source)
        case "update_throughput":
            live, desired = (throughput_from_json(detail[side]) for side in ("live", "desired"))
            return UpdateThroughput(group, live, desired, source=source)
        case "update_metadata":
            return UpdateMetadata(group, tuple(Metadata(**f) for f in detail["features"]), source=source)
        case "update_tags":
            return UpdateTags(group, detail["live"], detail["added"], tuple(detail["removed"]), source=source)
        case "delete":
            return Delete(group, detail["reason"], tuple(detail["remains"]), source=source)
        case action:
            raise ValueError(f"there is no action {action!r}")


def _way(digests: list[Any]) -> tuple[str, ...]:
    if not digests:
        raise ValueError("a group without a live digest")
    return tuple(map(_text, digests))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value
