"""A plan carried out: the only module that changes feature groups."""

from reconciler.apply.apply import Progress, Stage, apply, wait_until_settled
from reconciler.apply.waiting import Patience

__all__ = ["Patience", "Progress", "Stage", "apply", "wait_until_settled"]
