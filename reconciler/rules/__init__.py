"""What may happen to each field, and what is refused: one table of fields, one of refusals."""

from reconciler.rules.refusals import CODES, Refusal
from reconciler.rules.table import RULE_OF, RULES, Kind, Rule

__all__ = ["CODES", "RULES", "RULE_OF", "Kind", "Refusal", "Rule"]
