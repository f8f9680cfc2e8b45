"""Datasets outside of a registry: in a program they raise at once, and questions are asked without a declaration."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from reconciler.errors import Invalid
from reconciler.spec import Dataset, Feature, GroupSpec, feature, feature_group, ref, using
from reconciler.spec.dataset import contracts_of, dataset_of
from reconciler.state import Asked


@feature_group(record_id="origin", event_time="at")
class Weather:
    origin: str
    at: datetime
    temp_f: float | None = None
    wind: float | None = feature(default=None, name="wind-mph")
    key: str | None = None
    prefix: str | None = None


@feature_group(record_id="id", event_time="at")
class Swapped:
    id: str = feature(name="ID")
    at: datetime
    a: int | None = feature(default=None, name="b")
    b: int | None = feature(default=None, name="c")


SPEC = GroupSpec(
    name="made-up",
    record_id="id",
    event_time="at",
    features=[Feature("id", int), Feature("at", datetime), Feature("x-y", float | None, default=None)],
)


def outputs(*features, **more):
    return [tuple(asked) for asked in dataset_of(features, **more).features]


def test_a_dataset_of_a_program_is_declared_where_it_stands():
    made = Dataset(name="one", features=[Weather.temp_f], time="scheduled_at")

    declared = made.declared()
    assert (declared.name, declared.features) == ("one", (Asked("temp_f", "weather", "temp_f", "origin"),))
    assert Path(declared.source.file).name == Path(__file__).name
    assert repr(made) == "<dataset one of 1 features>"


def test_a_dataset_of_a_program_raises_every_fault_with_its_line():
    with pytest.raises(Invalid) as raised:
        Dataset(
            name="one",
            features=[
                Weather.temp_f,
                using(Weather).tmp_f,
                3,
                Weather.temp_f,
            ],
            time="scheduled_at",
        )

    faults = raised.value.faults
    first = faults[0].line
    assert [(fault.field, fault.line - first) for fault in faults] == [
        ("features[1]", 0),
        ("features[2]", 1),
        ("temp_f", 2),
    ]


def test_features_are_named_as_on_aws():
    assert outputs(Weather.wind, using(Weather, key="dest", prefix="dest_").wind) == [
        ("wind-mph", "weather", "wind-mph", "origin"),
        ("dest_wind-mph", "weather", "wind-mph", "dest"),
    ]


def test_a_field_is_found_before_a_feature_of_its_name():
    assert outputs(Swapped.a, Swapped.b) == [("b", "swapped", "b", "ID"), ("c", "swapped", "c", "ID")]
    assert outputs(using(Swapped).a, using(Swapped).c) == [("b", "swapped", "b", "ID"), ("c", "swapped", "c", "ID")]


def test_features_may_be_called_as_the_words_of_using_are():
    assert [name for name, *_ in outputs(using(Weather).key, using(Weather).prefix)] == ["key", "prefix"]


@pytest.mark.parametrize("group", [SPEC, SPEC.contract()], ids=["spec", "contract"])
def test_a_generated_group_and_a_contract_are_groups_too(group):
    assert outputs(group) == [("x-y", "made-up", "x-y", "id")]
    assert outputs(getattr(using(group, prefix="a_"), "x-y"), keys={"made-up": "n"}) == [
        ("a_x-y", "made-up", "x-y", "n")
    ]
    assert contracts_of([group]) == {"made-up": SPEC.contract()}


def test_a_typed_reference_is_one():
    assert outputs(ref(Weather, "wind")) == outputs(Weather.wind)


def test_the_key_of_a_use_wins_over_that_of_its_group_and_that_over_the_name_of_the_identifier():
    features = [Weather.temp_f, using(Weather, key="b", prefix="b_").temp_f, using(Weather, prefix="c_").temp_f]

    assert [key for *_, key in outputs(*features, keys={Weather: "a"})] == ["a", "b", "a"]
    assert [key for *_, key in outputs(*features)] == ["origin", "b", "origin"]


def test_the_age_of_a_use_wins_over_that_of_its_group_in_any_order():
    at_dest = using(Weather, key="dest", prefix="dest_")
    ages = {at_dest: timedelta(1), Weather: timedelta(2)}

    found = dataset_of([Weather.temp_f, at_dest.temp_f], max_age=ages).max_ages

    assert found == {("weather", "origin"): timedelta(2), ("weather", "dest"): timedelta(1)}


def test_a_question_needs_neither_name_nor_time():
    found = dataset_of([Weather], known_at=True)

    assert (found.name, found.time, found.known_at) == ("", "", True)


def test_a_question_raises_every_fault():
    with pytest.raises(Invalid) as raised:
        dataset_of([Weather.temp_f, "x", int], max_age={Weather: 3}, strict="no")

    assert [fault.field for fault in raised.value.faults] == ["features[1]", "features[2]", "max_age", "strict"]


def test_the_contracts_of_a_dataset_are_those_of_its_groups():
    made = Dataset(name="one", features=[Weather.temp_f, using(SPEC, key="n", prefix="m_")], time="t")

    assert list(made.contracts()) == ["weather", "made-up"]
    assert made.contracts()["weather"].record is Weather


def test_a_use_shows_as_it_is_written():
    assert repr(using(Weather, key="dest", prefix="d_").temp_f) == "using(Weather, key='dest', prefix='d_').temp_f"
    assert repr(using(SPEC)) == "using(made-up)"
    assert using(Weather, key="a") == using(Weather, key="a")
    assert using(Weather, key="a") != using(Weather, key="b")
    assert not hasattr(using(Weather), "__wrapped__")
    assert len({using(Weather, key="a"), using(Weather, key="a")}) == 1


def test_a_use_can_be_sent_to_another_process():
    at_dest = using(Weather, key="dest", prefix="d_")

    assert pickle.loads(pickle.dumps(at_dest)) == at_dest
    assert pickle.loads(pickle.dumps(at_dest.temp_f)) == at_dest.temp_f
