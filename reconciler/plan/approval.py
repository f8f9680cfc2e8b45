"""Whether what was approved is what apply would do now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.plan.codec import Approved
from reconciler.plan.plan import Plan, Sides, plan_digest


def moved_from_digest(plan: Plan, digest: str) -> list[str]:
    """What no longer holds, if this plan's digest is not exactly the approved one."""
    if plan.digest == digest:
        return []
    planned = ", ".join(sorted(plan.sides)) or "nothing"
    return [f"approved was {digest}", f"the plan is now {plan.digest}, and concerns {planned}"]


def moved_from_plans(plan: Plan, approved: Sequence[Approved]) -> list[str]:
    """What no longer holds, a line a group, measured against the approved plans together.

    A group passes if one of them found it as it is now, or if it stands part way along that plan's own steps:
    then its rest is what remains to be done. A group that needs nothing any more passes too.
    """
    moved = [line for name, sides in sorted(plan.sides.items()) for line in _moved(name, sides, approved)]
    return moved + [line for file in approved for line in _elsewhere(file, plan)]


def _elsewhere(file: Approved, plan: Plan) -> Iterator[str]:
    """An approved plan speaks of one environment, in one account and region: both are in its digest."""
    groups = {name: (file.desired[name], file.live[name]) for name in file.desired}
    if file.environment != plan.environment:
        yield f"{file.environment}: the plan was made for this environment, not for {plan.environment}"
    elif file.digest != plan_digest(file.environment, plan.place, groups):
        yield f"{file.environment}: the plan was made for another account or region, or its file was changed"


def _moved(name: str, sides: Sides, approved: Sequence[Approved]) -> Iterator[str]:
    plans = [a for a in approved if name in a.desired]
    if not plans:
        yield f"{name}: no approved plan speaks of it, and it needs a change now"
    elif not any(a.desired[name] == sides.desired_digest for a in plans):
        yield f"{name}: its spec is not the one that was approved"
    elif not any(a.desired[name] == sides.desired_digest and sides.live_digest in a.live[name] for a in plans):
        yield f"{name}: the live group has changed since the plan was approved"
