"""Contracts for the tests of checks, in few words."""

from datetime import UTC, datetime

from reconciler.contract import Bound, Column, Contract

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS = {int: "int", float: "float", str: "str", bool: "bool", datetime: "datetime"}


def a_column(name, kind, *, bounds=(), element_bounds=(), **words):
    return Column(
        name,
        words.pop("field", name),
        _KINDS.get(kind, kind),
        bounds=tuple(Bound(*bound) for bound in bounds),
        element_bounds=tuple(Bound(*bound) for bound in element_bounds),
        **words,
    )


def a_contract(*columns, group="visits", record_id="who", event_time="at", **kinds):
    """Columns as given, and one for each keyword: `number=float`; any other than the keys may be missing."""
    plain = [
        a_column(name, kind) if name in (record_id, event_time) else a_column(name, kind, optional=True, required=False)
        for name, kind in kinds.items()
    ]
    return Contract(group, record_id, event_time, (*plain, *columns))
