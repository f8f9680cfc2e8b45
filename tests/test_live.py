"""Reading the live store: the index where it can be trusted, the truth where it matters, and who may not search."""

from contextlib import closing

import pytest
from builders import OWNER, a_feature, a_group, a_registry, a_retirement, actions, an_offline_group, codes

from reconciler.errors import AwsFailed
from reconciler.live import Reader
from reconciler.placement import place

WIND = a_feature("wind_mph", about="At ten metres.", parameters={"unit": "mph"})


def calls(world, operation):
    return sum(called == operation for called, _ in world.emulator.calls)


def test_a_store_as_its_specs_want_it_is_read_without_a_call_for_tags_or_metadata(world):
    wanted = [an_offline_group(f"g{n}", WIND, tags={"team": "ops"}) for n in range(5)]
    world.apply(*wanted)
    world.emulator.calls.clear()

    assert world.plan(*wanted).is_empty
    assert calls(world, "DescribeFeatureGroup") == 5
    assert (calls(world, "ListTags"), calls(world, "DescribeFeatureMetadata")) == (0, 0)


def test_where_the_index_differs_from_the_spec_the_truth_is_asked(world):
    world.apply(a_group("weather", WIND, tags={"team": "ops"}))
    world.emulator.calls.clear()

    world.plan(a_group("weather", WIND._replace(about="Higher."), tags={"team": "data"}))

    assert (calls(world, "ListTags"), calls(world, "DescribeFeatureMetadata")) == (1, 1)


def test_groups_that_no_spec_names_are_found_by_their_tag(world):
    world.apply(a_group("ours"), a_group("other"))
    world.make(a_group("theirs", owner="them@test"))

    found = world.read(place(a_registry(a_group("other")), world.environment, OWNER))

    assert found.keys() == {"ours", "other"}


def test_reading_everything_finds_every_group_whoever_owns_it(world):
    world.apply(a_group("ours", WIND))
    world.make(a_group("theirs", owner=None))

    with closing(Reader(world.store)) as reader:
        found = reader.read_all()

    assert {name: live.group.owner for name, live in found.items()} == {"ours": OWNER, "theirs": None}
    assert found["ours"].group.features[-1] == WIND


def test_who_may_not_search_reads_the_same_the_slow_way(world):
    world.apply(a_group("weather", WIND, tags={"team": "ops"}), a_group("gone"))
    registry = place(a_registry(a_group("weather", WIND, tags={"team": "ops"})), world.environment, OWNER)
    fast = world.read(registry)
    world.fault("access_denied", operation="Search")

    assert world.read(registry) == fast


def test_any_other_trouble_with_the_search_is_an_error(world):
    world.fault("expired_token", operation="Search")

    with pytest.raises(AwsFailed, match="ExpiredToken"):
        world.plan(a_group())


def test_many_groups_are_read_page_by_page(world):
    names = {f"g{n:03}" for n in range(230)}
    for name in names:
        world.make(a_group(name))

    assert world.read(place(a_registry(a_group("g000")), world.environment, OWNER)).keys() == names


@pytest.mark.parametrize("operation", ["ListTags", "DescribeFeatureMetadata"])
def test_a_group_that_goes_while_it_is_read_is_not_there(world, operation):
    world.apply(a_group("weather", WIND), a_group("other"))
    changed = a_group("weather", WIND._replace(about="Higher."), tags={"a": "b"})
    answer = world.emulator.answer

    def gone_before(method, url, headers, body):
        if operation in str(headers) and b"weather" in body:
            world.emulator.answer = answer
            world.store.delete("weather")
        return answer(method, url, headers, body)

    world.emulator.answer = gone_before
    found = world.read(place(a_registry(changed, a_group("other")), world.environment, OWNER))

    assert found.keys() == {"other"}


def test_metadata_of_a_feature_that_the_spec_does_not_describe_is_found(world):
    world.apply(a_group("weather", WIND))

    [change] = world.plan(a_group("weather", WIND._replace(about="", parameters={}))).changes

    assert (change.features[0].live_about, change.features[0].about) == ("At ten metres.", "")


def test_tags_that_the_environment_ignores_are_left_alone(world):
    world.apply(a_group())
    world.store.add_tags(world.live("weather").arn, [{"Key": "auto:x", "Value": "1"}])

    with closing(Reader(world.store, ["auto:*"])) as reader:
        found = reader.read(place(a_registry(a_group()), world.environment, OWNER), OWNER)

    assert found["weather"].group.tags == {}
    assert found["weather"].group.owner == OWNER


def test_looking_at_everything_costs_no_call_for_tags_or_metadata(world):
    many = [a_feature(f"f{n}") for n in range(120)]
    world.make(a_group("wide", *many, tags={"team": "ops"}, owner=None))
    for feature in many:
        world.store.update_metadata("wide", feature.name, "Made up.", {"unit": "m"}, ())
    world.apply(a_group("ours", WIND))
    world.emulator.calls.clear()

    with closing(Reader(world.store)) as reader:
        found = reader.read_all()

    assert (calls(world, "ListTags"), calls(world, "DescribeFeatureMetadata")) == (0, 0)
    assert calls(world, "DescribeFeatureGroup") == 2
    assert {f.about for f in found["wide"].group.features[2:]} == {"Made up."}
    assert (found["wide"].group.tags, found["ours"].group.owner) == ({"team": "ops"}, OWNER)


def test_groups_that_no_spec_describes_any_more_cost_no_call_for_metadata(world):
    world.apply(a_group("retired", WIND), a_group("gone", WIND), a_group("kept", WIND))
    world.emulator.calls.clear()

    plan = world.plan(a_group("kept", WIND), a_retirement("retired"))

    assert (actions(plan), codes(plan)) == ([("retired", "delete")], ["FS402"])
    assert calls(world, "DescribeFeatureMetadata") == 0
