"""The vector that a model is served: the training set's names, order and types, from the online stores."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from serving_world import AT, CREW, DEST, PLANE, WEATHER, ago, iso

from reconciler.aws.runtime import Runtime
from reconciler.datasets.question import Status
from reconciler.datasets.serving.vectors import aserved, avector, served, vector, vector_frame, vector_table
from reconciler.errors import Invalid, Usage
from reconciler.records.decoding import Unreadable


def ask(world, keys, *features, at=AT, **more):
    return vector(world.runtime, world.question(*features, **more), world.targets, keys, at=at)


def test_a_vector_has_the_names_order_and_types_of_the_training_set(world):
    world.put(
        "weather", origin="A1", observed_at=ago(minutes=5), temp_f="39", gusts="12", sky="007", is_dark="1",
        read__at="2026-01-31T11:00:00.000Z",
    )  # fmt: skip
    world.put("plane", plane=17, seen_at=1_700_000_000.5, seats=55)

    found = ask(world, {"origin": "A1", "tail": 17}, *PLANE, *WEATHER)

    assert found == {
        "seats": 55, "temp_f": 39.0, "gusts": 12, "sky": "007", "is_dark": 1, "read-at": "2026-01-31T11:00:00.000Z",
    }  # fmt: skip
    assert list(found) == ["seats", "temp_f", "gusts", "sky", "is_dark", "read-at"]
    assert [type(value) for value in found.values()] == [int, float, int, str, int, str]


def test_one_group_under_two_keys_gives_each_its_own_columns(world):
    world.put("weather", origin="B1", observed_at=ago(hours=1), temp_f="1.5", sky="clear")
    world.put("weather", origin="B2", observed_at=ago(hours=1), temp_f="2.5")

    found = ask(world, {"origin": "B1", "dest": "B2"}, WEATHER[0], *DEST, WEATHER[2])

    assert found == {"temp_f": 1.5, "dest_temp_f": 2.5, "dest_sky": None, "sky": "clear"}


def test_several_keys_give_vectors_in_their_order(world):
    world.put("weather", origin="C1", observed_at=ago(hours=1), temp_f="1")
    world.put("weather", origin="C2", observed_at=ago(hours=1), temp_f="2")

    found = ask(world, [{"origin": one} for one in ("C2", "nobody", "C1", "C2")], WEATHER[0])

    assert [one["temp_f"] for one in found] == [2.0, None, 1.0, 2.0]
    assert ask(world, [], WEATHER[0]) == []
    assert ask(world, ({"origin": one} for one in ("C2", "C1")), WEATHER[0]) == [found[0], found[2]]


def test_what_is_deleted_missing_without_a_key_stale_or_ahead_is_null_and_told_apart(world):
    world.put("weather", origin="D1", observed_at=ago(hours=2), temp_f="1")
    world.delete("weather", "D1", ago(hours=1))
    world.put("weather", origin="D2", observed_at=ago(hours=3), temp_f="2")
    world.put("weather", origin="D3", observed_at=iso(AT + timedelta(microseconds=1)).replace("Z", "000Z"), temp_f="3")
    question = world.question(WEATHER[0], max_ages={("weather", "origin"): timedelta(hours=2)})
    keys = [{"origin": one} for one in ("D1", "D2", "D3", None, float("nan"), pd.NA)]

    found = served(world.runtime, question, world.targets, keys, at=AT)

    assert [one.vector["temp_f"] for one in found] == [None] * 6
    words = [one.statuses[0] for one in found]
    assert words == [Status.MISSING, Status.STALE, Status.MISSING, *[Status.NO_KEY] * 3]
    assert [one.events[0] for one in found] == [None, ago(hours=3), None, None, None, None]


@pytest.mark.parametrize(
    ("age", "is_there"),
    [(timedelta(hours=2), True), (timedelta(hours=2) - timedelta(microseconds=1), False), (timedelta(0), False)],
)
def test_exactly_as_old_as_allowed_is_not_stale(world, age, is_there):
    world.put("weather", origin="E1", observed_at=ago(hours=2), temp_f="1")
    world.put("plane", plane=18, seen_at=(AT - timedelta(hours=2)).timestamp(), seats=1)
    ages = {("weather", "origin"): age, ("plane", "tail"): age}

    found = ask(world, {"origin": "E1", "tail": 18}, WEATHER[0], *PLANE, max_ages=ages)

    assert found == ({"temp_f": 1.0, "seats": 1} if is_there else {"temp_f": None, "seats": None})


def test_ages_may_be_as_long_as_time(world):
    world.put("weather", origin="E2", observed_at="0001-01-01T00:00:00Z", temp_f="1")
    ages = {("weather", "origin"): timedelta.max}

    assert ask(world, {"origin": "E2"}, WEATHER[0], max_ages=ages) == {"temp_f": 1.0}


def test_a_strict_dataset_takes_nothing_of_the_moment_itself(world):
    world.put("weather", origin="F1", observed_at=iso(AT), temp_f="1")

    assert ask(world, {"origin": "F1"}, WEATHER[0], strict=True) == {"temp_f": None}
    assert ask(world, {"origin": "F1"}, WEATHER[0]) == {"temp_f": 1.0}
    assert ask(world, {"origin": "F1"}, WEATHER[0], strict=True, at=AT + timedelta(microseconds=1)) == {"temp_f": 1.0}


def test_times_of_this_machine_and_of_producers_may_differ_a_little(world):
    world.put("weather", origin="G1", observed_at=iso(datetime.now(UTC) + timedelta(seconds=3))[:19] + "Z", temp_f="1")
    world.put("weather", origin="G2", observed_at=iso(datetime.now(UTC) + timedelta(days=3))[:19] + "Z", temp_f="2")

    found = ask(world, [{"origin": "G1"}, {"origin": "G2"}], WEATHER[0], at=None)

    assert [one["temp_f"] for one in found] == [1.0, None]


def test_every_missing_or_wrong_key_is_named_at_once(world):
    with pytest.raises(Invalid) as caught:
        ask(world, [{"origin": "A"}, {"tail": "x"}, {"origin": "", "tail": 1}], WEATHER[0], *PLANE)

    text = str(caught.value)
    assert len(caught.value.faults) == 4
    assert "keys 0: tail" in text
    assert "keys 1: origin" in text
    assert "'x' identifies no record of plane" in text
    assert "keys 2: origin" in text


def test_a_key_that_is_no_mapping_and_a_moment_without_a_zone_are_refused(world):
    for keys in ("JFK", "", 7, ["JFK"]):
        with pytest.raises(Usage, match=r"as in \{'origin': \.\.\.\}"):
            ask(world, keys, WEATHER[0])
    with pytest.raises(Usage, match="give it a zone"):
        ask(world, {"origin": "A"}, WEATHER[0], at=AT.replace(tzinfo=None))


def test_a_value_of_another_type_is_named(world):
    world.put("weather", origin="H1", observed_at=ago(hours=1), sky="clear")
    question = world.question(WEATHER[2])
    (join,) = question.joins
    wrong = join.columns[0]._replace(type="Integral")
    question = question.__class__((join.__class__(*_fields(join, columns=(wrong,))),), question.outputs)

    with pytest.raises(Unreadable, match=r"weather\.sky of 'H1' holds 'clear', which is no Integral"):
        vector(world.runtime, question, world.targets, {"origin": "H1"}, at=AT)


def _fields(join, **more):
    return [more.get(name, getattr(join, name)) for name in join.__dataclass_fields__]


def test_all_groups_are_read_in_one_call(world):
    world.put("weather", origin="I1", observed_at=ago(hours=1), temp_f="1", sky="clear")
    world.put("plane", plane=19, seen_at=5.0, seats=3)
    world.put("crew", crew="c", since=ago(hours=1), size=4)
    asked = []

    class Listening(Runtime):
        async def call(self, method, target, body=b""):
            asked.append(target)
            return await super().call(method, target, body)

    runtime = Listening(world.environment, world.root)
    keys = {"origin": "I1", "tail": 19, "crew": "c"}
    found = vector(runtime, world.question(WEATHER[0], *PLANE, *CREW), world.targets, keys, at=AT)
    runtime.close()

    assert found == {"temp_f": 1.0, "seats": 3, "size": 4}
    assert asked == ["/BatchGetRecord"]


def test_only_the_features_that_are_wanted_are_read(world):
    class Listening(Runtime):
        said = b""

        async def call(self, method, target, body=b""):
            self.said = body
            return await super().call(method, target, body)

    runtime = Listening(world.environment, world.root)
    vector(runtime, world.question(WEATHER[0], *DEST, *PLANE), world.targets, {"origin": "x", "dest": "y", "tail": 1})
    runtime.close()

    asked = {one["FeatureGroupName"]: one["FeatureNames"] for one in json.loads(runtime.said)["Identifiers"]}
    assert asked == {
        "dev-weather": ["origin", "observed_at", "temp_f", "sky"],
        "dev-plane": ["plane", "seen_at", "seats"],
    }


def test_more_keys_than_one_call_takes(world):
    for number in range(30):
        world.put("plane", plane=1000 + number, seen_at=5.0, seats=number)

    found = ask(world, [{"tail": 1000 + n % 40, "origin": f"none{n}"} for n in range(250)], *PLANE, WEATHER[0])

    assert [one["seats"] for one in found] == [n % 40 if n % 40 < 30 else None for n in range(250)]


def test_the_same_on_an_event_loop(world):
    world.put("crew", crew="J", since=ago(hours=1), size=4)
    question = world.question(*CREW)

    async def read():
        runtime = Runtime(world.environment, world.root)
        try:
            keys = {"crew": "J"}
            one = await avector(runtime, question, world.targets, keys, at=AT)
            many = await avector(runtime, question, world.targets, [keys], at=AT)
            return one, many, await aserved(runtime, question, world.targets, [keys], at=AT)
        finally:
            runtime.close()

    one, many, (with_status,) = asyncio.run(read())

    assert one == {"size": 4} == many[0] == with_status.vector
    assert with_status.statuses == (Status.MATCHED,)


def test_a_table_of_vectors_has_the_types_of_the_training_set(world):
    world.put("crew", crew="K", since=ago(hours=1), size=4)
    keys = [{"crew": "K", "origin": "none"}, {"crew": "none", "origin": "none"}]

    table = vector_table(world.runtime, world.question(*CREW, WEATHER[0], WEATHER[2]), world.targets, keys, at=AT)

    assert table.schema == pa.schema([("size", pa.int64()), ("temp_f", pa.float64()), ("sky", pa.string())])
    assert table.to_pydict() == {"size": [4, None], "temp_f": [None, None], "sky": [None, None]}

    frame = vector_frame(world.runtime, world.question(*CREW, WEATHER[0], WEATHER[2]), world.targets, keys, at=AT)
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "float64", "str"]
    assert frame["size"].tolist() == [4, pd.NA]


def test_serving_needs_no_arrow():
    code = "import sys, reconciler.datasets.serving.vectors; print({'pyarrow', 'numpy', 'pandas'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
