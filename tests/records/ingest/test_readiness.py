from dataclasses import replace
from datetime import timedelta

import pytest
from ingest_world import rows

from reconciler.errors import Invalid, Usage


@pytest.fixture
def target(world):
    return world.make()


def writes(world):
    return world.calls("BatchWriteRecord") + world.calls("PutRecord")


def test_a_group_that_is_not_there_or_not_ready_is_named(world, target):
    with pytest.raises(Usage, match="no feature group weather here: run `reconciler apply`"):
        world.ingest(replace(target, live=None), rows(1))

    health = replace(target.live.health, status="Creating")
    with pytest.raises(Usage, match="weather is Creating"):
        world.ingest(replace(target, live=replace(target.live, health=health)), rows(1))


def test_a_feature_that_is_not_live_yet_asks_for_an_apply(world, target):
    group = target.live.group
    few = replace(target, live=replace(target.live, group=replace(group, features=group.features[:-2])))

    with pytest.raises(Invalid) as missing:
        world.ingest(few, rows(1))

    assert [fault.field for fault in missing.value.faults] == ["wind", "sky-now"]
    assert "`reconciler apply`" in missing.value.faults[0].fix


def test_a_feature_of_another_type_is_named(world, target):
    group = target.live.group
    features = tuple(f._replace(type="Fractional") if f.name == "wind" else f for f in group.features)
    other = replace(target, live=replace(target.live, group=replace(group, features=features)))

    with pytest.raises(Invalid, match="The live feature is Fractional, the spec's Integral"):
        world.ingest(other, rows(1))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stores": {"online"}}, "There is no store 'online': did you mean OnlineStore?"),
        ({"stores": set()}, "No store is named"),
        ({"stores": {"OfflineStore"}, "ttl": timedelta(hours=1)}, "do not go there"),
        ({"ttl": timedelta(milliseconds=1500)}, "whole seconds"),
        ({"ttl": timedelta(0)}, "whole seconds"),
    ],
)
def test_options_that_do_not_go_together_are_refused(world, target, options, said):
    with pytest.raises(Usage, match=said.replace("?", r"\?")):
        world.ingest(target, rows(1), **options)

    assert writes(world) == 0


def test_a_store_that_the_group_lacks_is_refused(world, target):
    online_only = replace(target.live, group=replace(target.live.group, offline=None))

    with pytest.raises(Usage, match="weather has no OfflineStore: it has OnlineStore"):
        world.ingest(replace(target, live=online_only), rows(1), stores={"OfflineStore"})
