"""Two entities, six writes, nine labels: what the feature stores of the SDKs make of them.

The right answers are one per label. The SDKs' point-in-time join gives others (docs/emulator.md says why); an emulator
has to give those, since AWS does.
"""

from datetime import UTC, datetime

DAY = "2024-01-01"
PUT, DELETED = "put", "deleted"

# (id, time of day, value), in the order in which they arrive; the last one corrects an earlier one.
WRITES = (
    ("a", "10:00", 1.0),
    ("a", "11:00", 2.0),
    ("a", "13:00", DELETED),
    ("a", "14:00", 5.0),
    ("b", "10:00", 10.0),
    ("b", "12:00", DELETED),
    ("a", "11:00", 3.0),
)
LABELS = (
    ("a", "09:00"),
    ("a", "10:30"),
    ("a", "11:00"),
    ("a", "12:00"),
    ("a", "13:30"),
    ("a", "14:30"),
    ("b", "11:00"),
    ("b", "12:30"),
    ("c", "12:00"),
)
NOTHING = None
INNER = {("a", "14:30", 5.0)}
LEFT = {(*label, 5.0 if label == ("a", "14:30") else NOTHING) for label in LABELS}
LEFT_WITH_DELETED = {
    ("a", "09:00", NOTHING),
    ("a", "10:30", 1.0),
    ("a", "11:00", 1.0),
    ("a", "11:00", 3.0),
    ("a", "12:00", 1.0),
    ("a", "12:00", 3.0),
    ("a", "13:30", 1.0),
    ("a", "13:30", 3.0),
    ("a", "14:30", 1.0),
    ("a", "14:30", 3.0),
    ("a", "14:30", 5.0),
    ("b", "11:00", 10.0),
    ("b", "12:30", 10.0),
    ("c", "12:00", NOTHING),
}
LEFT_NEWEST_ONLY = {("a", "14:30", 5.0), ("b", "12:30", NOTHING), ("c", "12:00", NOTHING)}
INNER_WITH_DELETED_NEWEST_ONLY = {("a", "14:30", 5.0), ("b", "12:30", 10.0)}


def as_text(time):
    return f"{DAY}T{time}:00Z"


def as_seconds(time):
    return datetime.fromisoformat(f"{DAY}T{time}:00").replace(tzinfo=UTC).timestamp()


def time_of(instant):
    """The time of day of a text or of seconds."""
    if isinstance(instant, str):
        return instant[11:16]
    return datetime.fromtimestamp(instant, UTC).strftime("%H:%M")


def rows_of(frame, label_id="id", label_at="at", value="value.1"):
    """A dataset as the tuples above; its number of rows tells whether one is there twice."""
    found = []
    for _, row in frame.iterrows():
        given = row[value]
        found.append((row[label_id], time_of(row[label_at]), NOTHING if given != given else given))
    return found
