"""Questions, offline stores and labels as chance has them: few identifiers and instants, so that much coincides.

Chance is a `random.Random`: a seeded one, or hypothesis's, which shrinks what it finds.
"""

import math
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from dataset_oracle import Label, Stored, instant

from reconciler.datasets.question import Join, Key, Listing, Output, Question

_BILLION = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = -62_135_596_800 * _BILLION, 253_402_300_799 * _BILLION + 999_999_999
"""The years 0001 to 9999, in nanoseconds since 1970."""
_LAST_NUMBER = math.nextafter(253_402_300_800, 0)
_BASES = (
    1_704_067_200 * _BILLION,  # 2024-01-01
    1_709_251_199 * _BILLION,  # a second before a leap day ends
    -_BILLION,  # a second before 1970
    FIRST,
    LAST - 7200 * _BILLION,
)
_STEPS = (0, 0, 1, 2, 1000, 10**6, 5 * 10**8, _BILLION - 1, _BILLION, 60 * _BILLION, 3600 * _BILLION, 86_400 * _BILLION)
_SERVICE = 1_704_067_200 * 10**6
"""The service's own times, in microseconds, where the base is one that no service lived in."""

_IDS: dict[str, tuple[Any, ...]] = {
    "String": (
        "a",
        "A",
        "007",
        "7",
        "",
        "é",
        "日本",
        "😀",
        "\uffee",
        "a ",
        " a",
        "x'y",
        'q"t',
        "null",
        "\\N",
        "a,b",
        "%_",
    ),
    "Integral": (7, 0, -1, 2**63 - 1, -(2**63), 2**53, 2**53 + 1),
}
_VALUES: dict[str, tuple[Any, ...]] = {
    "String": ("", "a", "007", "NULL", 'a"b,c', "x'y", "\\", "é", "😀", "\uffee", "a ", "true", "2024-01-01T00:00:00Z"),
    "Integral": (0, 1, -1, 2, 10, 2**63 - 1, -(2**63), 2**53 + 1),
    "Fractional": (0.0, -0.0, 0.5, -1.5, 0.1, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 2.0**53),
}
UNREADABLE: dict[str, tuple[Any, ...]] = {
    "String": (
        None,
        "",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00+00:00",
        "2024-01-01T00:00:60Z",
        "2024-01-01T24:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.0000000000Z",
        "2024-01-01T00:00:00Z ",
        "2024-01-01T00:00:00Z\n",
        "\uff12024-01-01T00:00:00Z",
        "0000-12-31T23:59:59Z",
        "-001-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2024-1-01T00:00:00.0Z",
        "2024-13-01T00:00:00Z",
        "2024-04-31T00:00:00.5Z",
        "1900-02-29T00:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:00.1+00:00",
        "2024-01-01T00:00:00,5Z",
        "tomorrow",
    ),
    "Fractional": (-62_135_596_801.0, 253_402_300_800.0, 1e18, None, math.nan, math.inf, -math.inf),
}


class Shape(NamedTuple):
    """A feature group: its name, format, the type of its identifier and event time, and its features."""

    name: str
    table_format: str
    id_type: str
    event_type: str
    features: tuple[tuple[str, str], ...]
    record_id: str = "Id"
    event_time: str = "At"


SHAPES = (
    Shape(
        "Weather",
        "Glue",
        "String",
        "String",
        (("Temp-F", "Fractional"), ("order", "Integral"), ("note", "String"), ("row", "Integral"), ("added", "String")),
        "origin",
        "Observed-At",
    ),
    Shape(
        "Plane-Seats",
        "Iceberg",
        "Integral",
        "String",
        (("seats", "Integral"), ("Model", "String"), ("key_0", "Fractional"), ("added", "Integral")),
        "select",
        "event_0",
    ),
    Shape("Ticks", "Glue", "Integral", "Fractional", (("value", "Fractional"), ("seconds", "String")), "Id", "nanos"),
    Shape(
        "Delays", "Iceberg", "String", "String", (("Delay", "Integral"), ("cause", "String"), ("late", "Fractional"))
    ),
    Shape("Gates", "Glue", "String", "Fractional", (("gate", "String"), ("count", "Integral"))),
)
"""Iceberg has event times of type String alone. The last feature of some is younger than some of their files."""


class File(NamedTuple):
    """Rows that lie in one file (of each partition), and which of them a delete hides.

    `lacks` are features that came later. `unit` is how its timestamps are kept, `lower` that its names are lower case.
    `zone_h` is by how many hours its folders are off, as those are of a writer that is not in UTC.
    """

    rows: tuple[Stored, ...]
    hidden: frozenset[int] = frozenset()
    lacks: frozenset[str] = frozenset()
    unit: str = "us"
    lower: bool = False
    zone_h: int = 0


class Case(NamedTuple):
    """A question, the files of each group by the group's name, and labels."""

    question: Question
    files: dict[str, tuple[File, ...]]
    labels: tuple[Label, ...]

    @property
    def stores(self):
        """The rows of each group that are there to be seen."""
        return {name: visible(files) for name, files in self.files.items()}


def visible(files):
    """The rows that no delete hides."""
    return [row for file in files for number, row in enumerate(file.rows) if number not in file.hidden]


def a_case(chance, *, shapes=SHAPES, rows=8, labels=6, ids=2):
    """A case of about so many rows in each group."""
    world = _World(chance, ids)
    some = chance.sample(shapes, chance.choice((1, 1, 2, 3, min(len(shapes), 4))) if len(shapes) > 3 else 1)
    joins = [_join(chance, shape, number) for number, shape in enumerate(some)]
    if chance.random() < 0.4:
        joins.append(_join(chance, some[0], len(joins), column="dest"))
    question = Question(
        tuple(joins),
        tuple(_shuffled(chance, [column.name for join in joins for column in join.columns])),
        strict=chance.random() < 0.3,
        known_at=chance.random() < 0.4,
        as_of=_as_datetime(world.micros()) if chance.random() < 0.3 else None,
        ignore_deletes=chance.random() < 0.2,
    )
    files = {shape.name: world.files(shape, rows) for shape in some}
    return Case(question, files, tuple(world.label(question) for _ in range(labels)))


def a_listing(chance, *, shapes=SHAPES, rows=10, ids=3):
    """A snapshot or a history, and the files of its group."""
    world, shape = _World(chance, ids), chance.choice(shapes)
    start, end = sorted((world.micros(), world.micros()))
    is_history = chance.random() < 0.5
    listing = Listing(
        _join(chance, shape, 0),
        start=_as_datetime(start) if is_history else None,
        end=_as_datetime(end) if chance.random() < 0.7 else None,
        as_of=_as_datetime(world.micros()) if chance.random() < 0.3 else None,
        known_at=chance.random() < 0.3,
        ignore_deletes=chance.random() < 0.3,
    )
    return listing, world.files(shape, rows)


def _join(chance, shape, number, column=""):
    """Some of a group's features, under names of the join's own. Identifiers of one type are one column of labels."""
    own = ((shape.record_id, shape.id_type), (shape.event_time, shape.event_type))
    pool = shape.features if chance.random() < 0.8 else (*shape.features, *own)
    some = chance.sample(pool, chance.randrange(1, len(pool) + 1))
    if chance.random() < 0.1:
        some.append(some[0])
    ages = (
        timedelta(0),
        timedelta(microseconds=1),
        timedelta(seconds=1),
        timedelta(hours=1),
        timedelta(days=4_000_000),
    )
    return Join(
        group=shape.name.lower(),
        name=shape.name,
        key=Key(column or f"{shape.id_type}-key", shape.id_type),
        record_id=shape.record_id,
        event_time=shape.event_time,
        event_time_type=shape.event_type,
        columns=tuple(Output(f"{number}_{place}_{name}", name, kind) for place, (name, kind) in enumerate(some)),
        max_age=chance.choice(ages) if chance.random() < 0.5 else None,
    )


class _World:
    """The identifiers and the instants that a case has."""

    def __init__(self, chance, ids):
        self.chance = chance
        self.ids = {kind: chance.sample(pool, min(ids, len(pool))) for kind, pool in _IDS.items()}
        base = chance.choice(_BASES)
        steps = [chance.choice(_STEPS) * chance.choice((1, 1, -1)) for _ in range(chance.choice((2, 5)))]
        self.instants = [min(max(base + step, FIRST), LAST) for step in steps]
        self.counts_seconds = chance.random() < 0.2
        """The labels' moments are given as numbers."""
        self.is_of_service = 0 <= self.instants[0] // 1000 <= 4_000_000_000 * 10**6

        self.times = [self._micros() for _ in range(chance.choice((1, 2, 4, 8)))]

    def nanos(self):
        return self.chance.choice(self.instants)

    def micros(self):
        """A time of the service's own."""
        return self.chance.choice(self.times)

    def _micros(self):
        near = self.nanos() // 1000 if self.is_of_service else _SERVICE
        return max(0, near + self.chance.choice((0, 0, 0, 1, -1, 1000, 10**6, -(10**6))))

    def files(self, shape, rows):
        """The files of a group."""
        found = []
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            some = tuple(self.row(shape) for _ in range(self.chance.randrange(rows + 1)))
            lacks = frozenset({"added"} & {name for name, _ in shape.features} if self.chance.random() < 0.5 else ())
            some = tuple(row._replace(values={k: v for k, v in row.values.items() if k not in lacks}) for row in some)
            hidden = frozenset(n for n in range(len(some)) if shape.table_format == "Iceberg" and self.is_one_in(6))
            unit = self.chance.choice(("us", "us", "ns", "int96", "naive")) if shape.table_format == "Glue" else "us"
            if all((time or 0) % 1000 == 0 for row in some for time in (row.invoked, row.written)) and self.is_one_in(
                2
            ):
                unit = "ms" if shape.table_format == "Glue" else "us"
            is_lower, zone = self.is_one_in(3), self.chance.choice((0, 0, 0, 14, -12))
            is_glue = shape.table_format == "Glue"
            found.append(File(some, hidden, lacks, unit, is_glue and is_lower, zone if is_glue else 0))
        return tuple(found)

    def row(self, shape):
        chance = self.chance
        deleted = self.is_one_in(5)
        event = self.event(shape.event_type)
        if self.is_one_in(15):
            event = chance.choice(UNREADABLE[shape.event_type])
        values = {name: self.value(kind) for name, kind in shape.features if not deleted or self.is_one_in(20)}
        return Stored(
            None if self.is_one_in(25) else chance.choice(self.ids[shape.id_type]),
            event,
            None if self.is_one_in(30) else self.micros(),
            None if self.is_one_in(30) else self.micros(),
            True if deleted else (None if self.is_one_in(30) else False),
            values,
        )

    def event(self, kind):
        nanos = self.nanos()
        if kind == "Fractional":
            number = _number(nanos)
            return self.chance.choice(
                (number, number, math.nextafter(number, 0), min(_LAST_NUMBER, math.nextafter(number, math.inf)))
            )
        return iso(nanos, self.chance.choice((0, 0, 3, 6, 9, self.chance.randrange(10))))

    def value(self, kind):
        return None if self.is_one_in(4) else self.chance.choice(_VALUES[kind])

    def label(self, question):
        keys = tuple(
            None if self.is_one_in(12) else self.chance.choice([*self.ids[key.type], _IDS[key.type][0]])
            for key in question.keys
        )
        if self.is_one_in(12):
            return Label(keys, None)
        nanos = min(max(self.nanos() + self.chance.choice((0, 0, 0, 1, -1)), FIRST), LAST)
        if not self.counts_seconds:
            return Label(keys, Fraction(nanos, _BILLION))
        number = _number(nanos)
        return Label(keys, Fraction(number), number)

    def is_one_in(self, count):
        return self.chance.randrange(count) == count - 1


def iso(nanos, decimals=9):
    """The text of an instant, with so many decimals or as many as it needs."""
    seconds, rest = divmod(nanos, _BILLION)
    when = _EPOCH + timedelta(seconds=seconds)
    needed = len(f"{rest:09}".rstrip("0")) if rest else 0
    count = max(decimals, needed)
    text = f"{when.year:04}-{when:%m-%dT%H:%M:%S}{'.' if count else ''}{f'{rest:09}'[:count]}Z"
    assert instant(text) == Fraction(nanos, _BILLION)
    return text


def _number(nanos):
    """The nearest double that is within the years there are."""
    return min(float(Fraction(nanos, _BILLION)), _LAST_NUMBER)


def _as_datetime(micros):
    return _EPOCH + timedelta(microseconds=micros)


def _shuffled(chance, items):
    return chance.sample(items, len(items))
