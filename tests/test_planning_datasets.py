"""What datasets use is not planned away: every refusal names them, and where they stand."""

import json
from importlib.resources import files

import pytest
from builders import (
    a_dataset,
    a_feature,
    a_live,
    a_registry,
    a_retirement,
    a_spec,
    actions,
    an_offline_group,
    codes,
    planned,
)
from jsonschema import Draft202012Validator

from reconciler.plan.codec import approved_from_json, plan_as_json
from reconciler.render.text import as_text
from reconciler.state import Asked, Health

SCHEMA = json.loads(files("reconciler.plan").joinpath("schema.json").read_text(encoding="utf-8"))
TEMP = a_feature("temp_f")
WIND = a_feature("wind")
OLD = {"temp_f": "Nobody reads it."}


def without_temp(**more):
    """A live group that was made without the deprecated feature."""
    return a_live(an_offline_group("weather", WIND), **more)


def deprecating(**more):
    return a_spec(an_offline_group("weather", WIND, TEMP), deprecated=OLD, **more)


def test_a_dataset_of_features_that_are_live_needs_nothing():
    group = an_offline_group("weather", TEMP)

    plan = planned(a_registry(group, a_dataset("temp_f")), [group])

    assert plan.is_empty
    assert (plan.sides, plan.notes) == ({}, ())


def test_a_dataset_of_a_feature_that_is_added_is_no_change_of_its_own():
    plan = planned(a_registry(an_offline_group("weather", TEMP), a_dataset("temp_f")), [an_offline_group("weather")])

    assert (actions(plan), codes(plan)) == ([("weather", "add_features")], [])


@pytest.mark.parametrize("live", [[], [without_temp()], [without_temp(health=Health("CreateFailed"))]])
def test_a_deprecated_feature_that_is_not_live_is_refused_to_datasets(live):
    plan = planned(a_registry(deprecating(), a_dataset("wind", "temp_f")), live)

    (refusal,) = plan.refusals
    assert (refusal.code, refusal.group, refusal.field) == ("FS105", "weather", "temp_f")
    assert (refusal.file, refusal.line) == ("registry/departure-delay.py", 23)
    assert refusal.reason.startswith("The dataset departure-delay (registry/departure-delay.py:23) uses it.")


def test_a_deprecated_feature_that_is_live_may_be_used_and_the_plan_says_by_whom():
    live = an_offline_group("weather", WIND, TEMP)

    plan = planned(a_registry(deprecating(), a_dataset("temp_f")), [live])

    assert plan.is_empty
    assert [note.text for note in plan.notes if "datasets" in note.text] == [
        "Deprecated, and still used by datasets: temp_f by departure-delay (registry/departure-delay.py:22)."
    ]


def test_one_refusal_of_a_feature_names_every_dataset_that_uses_it():
    twice = a_dataset("temp_f", Asked("dest_temp_f", "weather", "temp_f", "dest"), name="a")

    plan = planned(a_registry(deprecating(), twice, a_dataset("temp_f", name="b")), [without_temp()])

    (refusal,) = plan.refusals
    assert refusal.reason.startswith("The datasets a (registry/a.py:22) and b (registry/b.py:22) use it.")
    assert "Take it out of a and b" in refusal.way_out


def test_a_group_whose_live_one_has_no_offline_store_is_refused_to_datasets():
    spec = a_spec(an_offline_group("weather", TEMP), keep_live=frozenset({"offline"}))
    live = an_offline_group("weather", TEMP, offline=None)

    assert codes(planned(a_registry(spec), [live])) == []
    assert codes(planned(a_registry(spec, a_dataset("temp_f")), [live])) == ["FS214"]


@pytest.mark.parametrize("live", [[], [an_offline_group("weather", TEMP)]])
def test_a_group_that_a_dataset_uses_is_not_deleted(live):
    plan = planned(a_registry(an_offline_group("other"), a_retirement(), a_dataset("temp_f")), live, only=["weather"])

    assert (actions(plan), codes(plan)) == ([], ["FS406"])
    assert "departure-delay (registry/departure-delay.py:22)" in plan.refusals[0].reason
    assert (plan.refusals[0].file, plan.refusals[0].line) == ("registry/retired.py", 4)


def test_a_retired_group_keeps_its_other_refusals():
    theirs = an_offline_group("weather", TEMP, owner="them/theirs@prod")

    plan = planned(a_registry(an_offline_group("other"), a_retirement(), a_dataset("temp_f")), [theirs])

    assert codes(plan) == ["FS401", "FS406"]


def test_datasets_name_groups_without_the_prefix_of_the_environment():
    live = an_offline_group("test-weather", TEMP)
    registry = a_registry(an_offline_group("test-other"), a_retirement("test-weather"), a_dataset("temp_f"))

    plan = planned(registry, [live], prefix="test-")

    assert codes(plan) == ["FS406"]
    assert "features of weather out of departure-delay" in plan.refusals[0].way_out


def test_a_dataset_alone_changes_no_digest_of_a_group():
    registry = [an_offline_group("weather", TEMP)]
    live = [an_offline_group("weather")]

    alone, used = (planned(a_registry(*registry, *more), live) for more in ([], [a_dataset("temp_f")]))

    assert alone.digest == used.digest


def test_a_refusal_for_a_dataset_counts_its_group_in_the_digest():
    plan = planned(a_registry(deprecating(), a_dataset("temp_f")), [without_temp()])

    assert list(plan.sides) == ["weather"]
    assert plan.digest != planned(a_registry(deprecating()), [without_temp()]).digest
    assert plan.unchanged == ()


def test_the_refusals_fit_the_published_schema_and_are_read_back():
    spec = deprecating(keep_live=frozenset({"offline"}))
    live = [a_live(an_offline_group("weather", WIND, offline=None)), a_live(an_offline_group("plane", TEMP))]
    registry = a_registry(spec, a_retirement("plane"), a_dataset("temp_f", Asked("p", "plane", "temp_f", "tail")))

    plan = planned(registry, live)

    document = plan_as_json(plan)
    assert list(Draft202012Validator(SCHEMA).iter_errors(document)) == []
    assert codes(plan) == ["FS406", "FS105", "FS214"]
    assert approved_from_json(json.loads(json.dumps(document))).refusals == plan.refusals
    assert "FS214 refused" in as_text(plan)


def test_a_group_that_is_gone_and_retired_is_no_part_of_a_plan():
    plan = planned(a_registry(an_offline_group("other"), a_retirement()), [an_offline_group("other")])

    assert plan.is_empty
    assert plan.sides == {}
