"""What is served is what a training set whose label is of this moment has: drawn histories, by brute force."""

import uuid
from datetime import timedelta

import pyarrow as pa
from brute_engine import Brute
from hypothesis import given
from hypothesis import strategies as st
from serving_world import AT, DEST, WEATHER, iso

from reconciler.datasets.question import Moments, Status
from reconciler.datasets.serving.vectors import served
from reconciler.datasets.skew.check import check

MILLIS = st.integers(1, 7_200_000)
"""Before the moment: of a strict dataset's record the online store no longer has what was before a row of it."""
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "temp_f": st.floats(allow_nan=False, allow_infinity=False).map(repr),
        "gusts": st.integers(-(2**63), 2**63 - 1).map(str),
        "sky": st.sampled_from(["", "007", "it's", "晴れ"]),
    },
)
WRITES = st.lists(st.tuples(st.sampled_from("ab"), MILLIS, st.none() | VALUES), max_size=8, unique_by=lambda w: w[:2])
AGES = st.none() | st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(minutes=90)])


@given(WRITES, AGES, AGES, st.booleans())
def test_what_is_served_is_what_training_has(world, writes, age, other_age, strict):
    run = uuid.uuid4().hex[:8]
    for record_id, ago_ms, values in writes:
        at = iso(AT - timedelta(milliseconds=ago_ms))
        at = at if "." not in at else f"{at[:23]}Z"
        if values is None:
            world.delete("weather", run + record_id, at)
        else:
            world.put("weather", origin=run + record_id, observed_at=at, **values)
    world.emulator.flush()
    ages = {("weather", "origin"): age, ("weather", "dest"): other_age}
    ages = {key: one for key, one in ages.items() if one is not None}
    question = world.question(*WEATHER[:3], *DEST, max_ages=ages, strict=strict)
    pairs = [(one and run + one, other and run + other) for one in ("a", "b", None) for other in ("a", "c", None)]

    found = served(world.runtime, question, world.targets, [{"origin": o, "dest": d} for o, d in pairs], at=AT)

    trained = [row for batch in Brute(world).answer(question, _moments(pairs)).batches for row in batch.to_pylist()]
    names = [column.name for column in question.columns]
    assert [one.vector for one in found] == [
        {name: row[f"value_{n}"] for n, name in enumerate(names)} for row in trained
    ]
    statuses = [(Status(row["status_0"]), Status(row["status_1"])) for row in trained]
    assert [one.statuses for one in found] == [tuple(map(_online, pair)) for pair in statuses]
    assert not check(world.runtime, Brute(world), question, world.targets, moments=_moments(pairs), at=AT).is_skewed


def _moments(pairs):
    origins, destinations = (pa.array(column, pa.string()) for column in zip(*pairs, strict=True))
    seconds = pa.array([int(AT.timestamp())] * len(pairs))
    rows = pa.array(range(len(pairs)))
    nanos = pa.array([0] * len(pairs), pa.int32())
    table = {"row": rows, "key_0": origins, "key_1": destinations, "seconds": seconds, "nanos": nanos}
    return Moments(pa.table(table))


def _online(status):
    """The online store does not say that a record was deleted."""
    return Status.MISSING if status is Status.DELETED else status
