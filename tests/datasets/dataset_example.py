"""A correction, a delete and a revival, and what every label has to see of them."""

from dataset_oracle import Label, Stored, instant

from reconciler.datasets.question import Join, Key, Output, Question


def _at(clock):
    return f"2024-01-01T{clock}Z"


def _row(record_id, clock, f, invoked, *, deleted=False):
    micros = int(instant(_at(invoked)) * 10**6)
    return Stored(record_id, _at(clock), micros, micros, deleted, {"f": f})


ROWS = [
    _row("a", "10:00:00", 1, "10:00:00"),
    _row("a", "11:00:00", 2, "11:00:05"),
    _row("a", "11:00:00", 3, "12:30:00"),
    _row("a", "13:00:00", None, "13:00:00", deleted=True),
    _row("a", "14:00:00", 5, "14:00:00"),
    _row("b", "10:00:00", 10, "10:00:00"),
    _row("b", "12:00:00", None, "12:00:00", deleted=True),
]

_EXPECTED = [
    # identifier, moment, the feature as of its event time, and as it was known by then
    ("a", "09:00:00", None, None),
    ("a", "10:30:00", 1, 1),
    ("a", "11:00:00", 3, 1),
    ("a", "12:00:00", 3, 2),
    ("a", "13:30:00", None, None),
    ("a", "14:30:00", 5, 5),
    ("b", "11:00:00", 10, 10),
    ("b", "12:30:00", None, None),
    ("c", "12:00:00", None, None),
]
LABELS = [Label((record_id,), instant(_at(clock))) for record_id, clock, _, _ in _EXPECTED]
BY_EVENT_TIME = [by_event_time for _, _, by_event_time, _ in _EXPECTED]
AS_KNOWN = [known for _, _, _, known in _EXPECTED]


def a_question(*, max_age=None, **options):
    """The feature `f` of the group `live-g`."""
    join = Join("g", "live-g", Key("id", "String"), "id", "at", "String", (Output("f", "f", "Integral"),), max_age)
    return Question((join,), ("f",), **options)
