"""The groups that cases are about, as a registry would declare them, and cases as a user would ask for them."""

from dataclasses import replace
from datetime import datetime, timedelta

from dataset_cases import SHAPES

from reconciler.datasets.question import Output
from reconciler.spec import Offline, Online, UnixTime, feature, feature_group, using

_GLUE, _ICEBERG = Offline(table_format="Glue"), Offline(table_format="Iceberg")


@feature_group(name="Weather", record_id="origin", event_time="observed_at", online=Online(), offline=_GLUE)
class Weather:
    """Weather, by names that Glue and Python cannot spell."""

    origin: str
    observed_at: datetime = feature(name="Observed-At")
    temp_f: float | None = feature(default=None, name="Temp-F")
    order: int | None = None
    note: str | None = None
    row: int | None = None
    added: str | None = None


@feature_group(name="Plane-Seats", record_id="select", event_time="event_0", online=Online(), offline=_ICEBERG)
class PlaneSeats:
    """Planes, by names that SQL and this package use themselves."""

    select: int
    event_0: datetime
    seats: int | None = None
    Model: str | None = None
    key_0: float | None = None
    added: int | None = None


@feature_group(name="Ticks", record_id="Id", event_time="nanos", online=Online(), offline=_GLUE)
class Ticks:
    """Ticks at seconds since 1970."""

    Id: int
    nanos: UnixTime
    value: float | None = None
    seconds: str | None = None


@feature_group(name="Delays", record_id="Id", event_time="At", online=Online(), offline=_ICEBERG)
class Delays:
    """Delays."""

    Id: str
    At: datetime
    Delay: int | None = None
    cause: str | None = None
    late: float | None = None


@feature_group(name="Gates", record_id="Id", event_time="At", online=Online(), offline=_GLUE)
class Gates:
    """Gates at seconds since 1970."""

    Id: str
    At: UnixTime
    gate: str | None = None
    count: int | None = None


GROUPS = {group.__feature_group__.name: group for group in (Weather, PlaneSeats, Ticks, Delays, Gates)}
_FIELDS = {"Temp-F": "temp_f", "Observed-At": "observed_at"}


def reference(join, column):
    """A feature as a user refers to it, by the join's key and under the name that the case has for it."""
    group = GROUPS[join.name]
    prefix = column.name.removesuffix(column.feature)
    return getattr(using(group, key=join.key.column, prefix=prefix), _FIELDS.get(column.feature, column.feature))


def as_asked(case):
    """The case as it comes out of a user's words: joins and features in the order of the result, ages by group."""
    question = case.question
    order = {name: place for place, name in enumerate(question.outputs)}
    ages = {join.name: join.max_age for join in question.joins}
    joins = [
        replace(
            join,
            max_age=ages[join.name],
            columns=tuple(sorted(join.columns, key=lambda column: order[column.name])),
        )
        for join in question.joins
    ]
    joins.sort(key=lambda join: order[join.columns[0].name])
    asked = replace(question, joins=tuple(joins))
    places = [question.keys.index(key) for key in asked.keys]
    labels = (label._replace(keys=tuple(label.keys[place] for place in places)) for label in case.labels)
    return case._replace(question=asked, labels=tuple(labels))


def listing_as_asked(listing):
    """The listing as a user may ask for it: of features alone, and a history that has an end after its start."""
    join, end = listing.join, listing.end
    own = (join.record_id, join.event_time)
    features = {column.feature: column for column in join.columns if column.feature not in own}
    if not features:
        (name, kind), *_ = next(shape for shape in SHAPES if shape.name == join.name).features
        features = {name: Output(name, name, kind)}
    if listing.start is not None and (end is None or end <= listing.start):
        end = listing.start + timedelta(hours=1)
    return listing._replace(join=replace(join, columns=tuple(features.values())), end=end)


def words(question):
    """What a user says to ask a question: features, and options by their names."""
    places = {column.name: (join, column) for join in question.joins for column in join.columns}
    features = [reference(*places[name]) for name in question.outputs]
    ages = {GROUPS[join.name]: join.max_age for join in question.joins if join.max_age is not None}
    return features, {
        "max_age": ages or None,
        "strict": question.strict,
        "known_at": question.known_at,
        "as_of": question.as_of,
        "ignore_deletes": question.ignore_deletes,
    }
