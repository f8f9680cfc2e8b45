"""Plans: changes, refusals, notes and a digest; made from values, written as JSON."""

from reconciler.plan.changes import Change
from reconciler.plan.make import Scope, make_plan
from reconciler.plan.outcome import Outcome
from reconciler.plan.plan import Note, Plan, Sides

__all__ = ["Change", "Note", "Outcome", "Plan", "Scope", "Sides", "make_plan"]
