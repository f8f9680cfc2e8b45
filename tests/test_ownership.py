"""Whose a group is, at the moment it would be touched: what was true when the plan was made may not be any more."""

from contextlib import closing
from dataclasses import replace

import pytest
from builders import NO_BRAKES, OWNER, a_feature, a_group, a_registry, a_retirement, a_scope, codes
from scenarios import BARE, SCENARIOS, begin

from reconciler.emulator.settings import Settings
from reconciler.live import Reader
from reconciler.placement import place
from reconciler.plan import make_plan

THEIRS = "them@test"
UPDATES = {name: scenario for name, scenario in SCENARIOS.items() if scenario.action.startswith(("add", "update"))}

each_update = pytest.mark.parametrize("scenario", UPDATES.values(), ids=UPDATES)


def give_away(world, name="weather"):
    """Somebody else's tag in the place of ours."""
    world.store.add_tags(world.live(name).arn, [{"Key": "reconciler:registry", "Value": THEIRS}])


# A group that changed hands between plan and apply


@each_update
def test_a_group_that_went_to_another_owner_since_the_plan_is_left_as_it_is(world, scenario):
    plan = begin(world, scenario)
    give_away(world)
    before = world.live("weather")
    world.emulator.calls.clear()

    outcome = world.carry_out(plan)

    [(_, failure)] = outcome.failed
    assert failure.code == "NotOurs"
    assert (outcome.done, world.writes) == ((), [])
    assert world.live("weather") == before


@each_update
def test_a_group_that_nobody_owns_any_more_is_left_as_it_is(world, scenario):
    plan = begin(world, scenario)
    world.disown("weather")
    world.emulator.calls.clear()

    [(_, failure)] = world.carry_out(plan).failed

    assert failure.code == "NotOurs"
    assert world.writes == []


def test_the_other_changes_of_a_group_that_is_not_ours_are_not_begun(world):
    world.apply(BARE, a_group("other"))
    plan = world.plan(replace(BARE, features=(*BARE.features, a_feature("x")), tags={}), a_group("other", a_feature()))
    give_away(world)

    outcome = world.carry_out(plan)

    assert [(c.group, c.action) for c, _ in outcome.failed] == [("weather", "add_features")]
    assert [(c.group, c.action) for c in outcome.left] == [("weather", "update_tags")]
    assert [c.group for c in outcome.done] == ["other"]


# A failed group that another run made in the meantime


@pytest.fixture
def failed(world):
    """A group whose creation failed, and the plan to make it anew."""
    world.fault("create_fails", group="weather", times=1)
    world.carry_out(world.plan(BARE))
    plan = world.plan(BARE)

    assert [change.action for change in plan.changes] == ["recreate_failed"]
    return plan


def test_a_failed_group_that_another_run_made_since_the_plan_is_kept(world, failed):
    world.apply(BARE)
    made = world.live("weather")
    world.emulator.calls.clear()

    [(change, failure)] = world.carry_out(failed).failed

    assert (change.action, failure.code) == ("recreate_failed", "NotFailed")
    assert world.writes == []
    assert world.live("weather") == made
    assert world.plan(BARE).is_empty


def test_a_failed_group_that_another_run_is_making_is_kept(world, failed):
    world.store.delete("weather")
    world.emulator.settings = Settings(create_s=600)
    world.make(BARE)
    world.emulator.calls.clear()

    [(_, failure)] = world.carry_out(failed).failed

    assert failure.code == "NotFailed"
    assert world.writes == []


def test_a_failed_group_that_somebody_else_took_is_kept(world, failed):
    give_away(world)
    world.emulator.calls.clear()

    [(_, failure)] = world.carry_out(failed).failed

    assert failure.code == "NotOurs"
    assert world.writes == []


# Tags that an environment ignores are never those that say whose a group is

each_ignored = pytest.mark.parametrize(
    "ignored", [["*"], ["reconciler:*"], ["reconciler:registry", "reconciler:protected"]], ids=" ".join
)


def plan_ignoring(world, ignored, *items):
    environment = replace(world.environment, ignore_tags=tuple(ignored))
    placed = place(a_registry(*items), environment, OWNER)
    with closing(Reader(world.store, environment.ignore_tags)) as reader:
        live = reader.read(placed, OWNER)
    return make_plan(placed, live, a_scope(limits=NO_BRAKES))


@each_ignored
def test_a_foreign_group_is_foreign_whatever_tags_are_ignored(world, ignored):
    world.make(a_group(owner=THEIRS))

    assert codes(plan_ignoring(world, ignored, a_group())) == ["FS401"]


@each_ignored
def test_a_protected_group_is_protected_whatever_tags_are_ignored(world, ignored):
    world.apply(a_group(protected=True), a_group("other"))

    assert codes(plan_ignoring(world, ignored, a_retirement(), a_group("other"))) == ["FS403"]


@each_ignored
def test_a_group_of_ours_needs_nothing_more_whatever_tags_are_ignored(world, ignored):
    world.carry_out(plan_ignoring(world, ignored, a_group(protected=True)))

    assert plan_ignoring(world, ignored, a_group(protected=True)).is_empty
    assert world.live("weather").group.owner == OWNER
