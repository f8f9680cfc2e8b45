"""Brakes: a plan may be right in every line and still be too much at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reconciler.rules.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Limits:
    """The shares of owned groups that one plan may delete or update, and up to how many groups they do not count."""

    deletes: float
    updates: float
    floor: int
    environment: str

    @property
    def table(self) -> str:
        return f"[tool.reconciler.environments.{self.environment}.brakes]"


def brakes(
    deleted: Collection[str], updated: Collection[str], owned: Collection[str], limits: Limits
) -> Iterator[Refusal]:
    """The refusals of a plan's size. `owned` are the live groups of this registry before the plan."""
    total = len(owned)
    if deleted and len(deleted) >= total and limits.deletes < 1:
        yield _too_much(
            "FS304",
            "deletes",
            f"It deletes every live group of this registry, {total} in all.",
            "Retire some of them now and the rest in a later change; or, if the registry is to end, "
            f"set deletes = 1.0 under {limits.table} in a reviewed change of its own.",
        )
    elif total > limits.floor and len(deleted) > limits.deletes * total:
        yield _too_much(
            "FS301",
            "deletes",
            _share("deletes", len(deleted), total, limits.deletes),
            f"Retire fewer groups at once, or raise deletes under {limits.table} in a reviewed change.",
        )
    if total > limits.floor and len(updated) > limits.updates * total:
        yield _too_much(
            "FS302",
            "updates",
            _share("updates", len(updated), total, limits.updates),
            f"Change fewer groups at once (plan and apply take group names), or raise updates under {limits.table}.",
        )


def registry_is_empty(owned: Collection[str]) -> Refusal:
    """No spec at all, while groups of this registry are live."""
    names = sorted(owned)
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return Refusal(
        "FS303",
        "",
        "registry",
        len(names),
        0,
        f"The registry declares nothing, and it owns {len(names)} live groups: {shown}.",
        "Look whether the registry's folder is the right one. To end a registry, retire its groups by name.",
    )


def _share(verb: str, count: int, total: int, limit: float) -> str:
    return f"It {verb} {count} of {total} live groups of this registry; {limit:.0%} at once is the limit."


def _too_much(code: str, field: str, reason: str, way_out: str) -> Refusal:
    return Refusal(code, "", field, None, None, reason, way_out)
