"""An apply that was cut short, wherever it was: the approved plan is still the approved plan, and the rest is done."""

import json
from dataclasses import replace

import pytest
from builders import OWNER, a_feature, a_group, a_retirement, an_offline_group, codes, planned, with_online
from world import Died

from reconciler.plan.approval import moved_from_digest, moved_from_plans
from reconciler.plan.codec import approved_from_json, plan_as_json
from reconciler.state import Throughput

MANY = tuple(a_feature(f"f{n}", about="Made up." if n < 2 else "") for n in range(120))
BEFORE = a_group("changed", a_feature("old", about="Old."), tags={"team": "ops", "gone": "yes"})
PAID = replace(BEFORE, throughput=Throughput("Provisioned", 1, 2))
AFTER = with_online(
    replace(
        BEFORE,
        features=(*BEFORE.features[:2], a_feature("old", about="New.", parameters={"unit": "m"}), *MANY),
        tags={"team": "data", "new": "yes"},
        protected=True,
    ),
    ttl_s=3600,
    storage_type="Standard_V2",
)
LIVE = (PAID, a_group("doomed"), a_group("adopted", a_feature()))
WANTED = (
    AFTER,
    a_retirement("doomed"),
    with_online(a_group("adopted", a_feature(), tags={"a": "b"}, protected=True), ttl_s=60),
    an_offline_group("fresh", a_feature(about="Air."), tags={"team": "ops"}),
    an_offline_group("failed", a_feature(about="Wind.")),
)
CALLS = 19


def begin(world):
    """A store in which everything that can be planned is planned."""
    world.apply(*LIVE)
    world.disown("adopted")
    world.fault("create_fails", group="failed", times=1)
    world.carry_out(world.plan(*LIVE[:2], LIVE[2], a_group("failed"), only={"failed"}))
    plan = world.plan(*WANTED)
    world.emulator.calls.clear()

    assert {c.action for c in plan.changes} == {
        *("create", "adopt", "add_features", "update_ttl", "update_storage_type", "update_throughput"),
        *("update_metadata", "update_tags", "delete", "recreate_failed"),
    }
    return plan


def approve(plan):
    """The plan as a reviewer's file has it."""
    return approved_from_json(json.loads(json.dumps(plan_as_json(plan))))


def test_the_whole_plan_takes_as_many_calls_as_the_cases_below(world):
    plan = begin(world)

    assert world.carry_out(plan).is_complete
    assert len(world.writes) == CALLS
    assert world.plan(*WANTED).is_empty


@pytest.mark.parametrize("calls", range(CALLS + 1))
def test_an_apply_that_died_after_any_call_is_resumed_under_the_same_approval(world, calls):
    plan = begin(world)
    approved = approve(plan)
    with world.dying_after(calls), pytest.raises(Died):
        world.carry_out(plan)
    assert len(world.writes) == calls

    rest = world.plan(*WANTED)

    assert moved_from_plans(rest, [approved]) == []
    assert world.carry_out(rest).is_complete
    assert world.plan(*WANTED).is_empty


@pytest.mark.parametrize("calls", range(0, CALLS, 3))
def test_a_bare_digest_is_exact_and_knows_nothing_of_resuming(world, calls):
    plan = begin(world)
    with world.dying_after(calls), pytest.raises(Died):
        world.carry_out(plan)

    moved = moved_from_digest(world.plan(*WANTED), plan.digest)

    assert bool(moved) == bool(calls)


def test_a_plan_whose_digest_holds_is_what_was_approved():
    plan = planned([a_group()])

    assert moved_from_digest(planned([a_group()]), plan.digest) == []


def test_a_digest_that_no_longer_holds_says_what_the_plan_concerns_now():
    moved = moved_from_digest(planned([a_group("weather"), a_group("plane")]), planned([a_group("weather")]).digest)

    assert "concerns plane, weather" in moved[1]


def test_a_live_group_that_moved_off_its_way_is_named():
    approved = approve(planned([with_online(a_group(), ttl_s=60)], [a_group()]))

    moved = moved_from_plans(planned([with_online(a_group(), ttl_s=60)], [with_online(a_group(), ttl_s=7)]), [approved])

    assert moved == ["weather: the live group has changed since the plan was approved"]


def test_a_spec_that_changed_since_is_named():
    approved = approve(planned([with_online(a_group(), ttl_s=60)], [a_group()]))

    moved = moved_from_plans(planned([with_online(a_group(), ttl_s=61)], [a_group()]), [approved])

    assert moved == ["weather: its spec is not the one that was approved"]


def test_a_group_that_no_approved_plan_speaks_of_is_named():
    approved = approve(planned([a_group("plane")]))

    moved = moved_from_plans(planned([a_group("plane"), a_group("weather")]), [approved])

    assert moved == ["weather: no approved plan speaks of it, and it needs a change now"]


def test_a_group_that_needs_nothing_any_more_passes():
    approved = approve(planned([a_group("plane"), a_group("weather")]))

    assert moved_from_plans(planned([a_group("plane"), a_group("weather")], [a_group("plane")]), [approved]) == []


def test_several_approved_plans_cover_one_apply_together():
    both = planned([a_group("plane"), a_group("weather")])

    assert moved_from_plans(both, [approve(planned([a_group("plane")])), approve(planned([a_group("weather")]))]) == []


def test_of_two_plans_on_one_group_the_later_one_may_be_the_one_that_fits():
    first, second = with_online(a_group(), ttl_s=1), with_online(a_group(), ttl_s=2)
    approved = [approve(planned([first], [a_group()])), approve(planned([second], [first]))]

    assert moved_from_plans(planned([second], [first]), approved) == []


def test_two_plans_do_not_lend_each_other_their_halves():
    first, second, third = (with_online(a_group(), ttl_s=n) for n in (1, 2, 3))
    approved = [approve(planned([first], [a_group()])), approve(planned([second], [third]))]

    moved = moved_from_plans(planned([second], [a_group()]), approved)

    assert moved == ["weather: the live group has changed since the plan was approved"]


def test_a_plan_for_another_environment_approves_nothing_here():
    approved = approve(planned([a_group()], environment="prod"))

    assert moved_from_plans(planned([a_group()]), [approved]) == [
        "prod: the plan was made for this environment, not for test"
    ]


def test_a_plan_for_another_account_approves_nothing_here():
    approved = approve(planned([a_group()], place="111111111111/us-east-1"))

    assert moved_from_plans(planned([a_group()]), [approved]) == [
        "test: the plan was made for another account or region, or its file was changed"
    ]


def test_a_creation_that_failed_is_tried_again_under_the_same_approval(world):
    wanted = an_offline_group("weather", a_feature(about="Air."))
    plan = world.plan(wanted)
    world.fault("create_fails", times=1)
    world.carry_out(plan)

    rest = world.plan(wanted)

    assert [c.action for c in rest.changes] == ["recreate_failed", "update_metadata"]
    assert moved_from_plans(rest, [approve(plan)]) == []


def test_a_deletion_that_failed_is_tried_again_under_the_same_approval(world):
    world.apply(a_group())
    plan = world.plan(a_retirement())
    world.fault("delete_fails", times=1)
    world.carry_out(plan)

    assert moved_from_plans(world.plan(a_retirement()), [approve(plan)]) == []


def test_an_approved_refusal_approves_nothing_else():
    live = [a_group("weather", a_feature(type="Integral"))]
    approved = approve(planned([a_group("weather", a_feature())], live))

    now = planned([a_group("weather")], live)

    assert codes(now) == ["FS101"]
    assert moved_from_plans(now, [approved]) == ["weather: its spec is not the one that was approved"]


def test_a_deletion_that_was_done_already_passes():
    approved = approve(planned([a_retirement(), a_group("plane")], [a_group(), a_group("plane")]))

    assert moved_from_plans(planned([a_retirement(), a_group("plane")], [a_group("plane")]), [approved]) == []


def test_a_group_that_came_back_after_its_deletion_was_approved_as_another_is_named():
    approved = approve(planned([a_retirement(), a_group("plane")], [a_group(), a_group("plane")]))
    other = a_group("weather", a_feature(), owner=OWNER)

    moved = moved_from_plans(planned([a_retirement(), a_group("plane")], [other, a_group("plane")]), [approved])

    assert moved == ["weather: the live group has changed since the plan was approved"]


@pytest.mark.parametrize("calls", range(3))
def test_a_long_list_of_tags_half_replaced_is_on_its_way(world, calls):
    old, new = ({f"{which}-{n}": "x" for n in range(30)} for which in ("old", "new"))
    world.apply(a_group(tags=old))
    plan = world.plan(a_group(tags=new))
    world.emulator.calls.clear()
    with world.dying_after(calls), pytest.raises(Died):
        world.carry_out(plan)
    assert len(world.writes) == calls

    rest = world.plan(a_group(tags=new))

    assert moved_from_plans(rest, [approve(plan)]) == []
    assert world.carry_out(rest).is_complete
    assert world.live("weather").group.tags == new


def test_a_way_that_was_made_longer_by_hand_is_not_the_approved_one():
    wanted, stranger = with_online(a_group(), ttl_s=60), with_online(a_group(), ttl_s=7)
    document = plan_as_json(planned([wanted], [a_group()]))
    now = planned([wanted], [stranger])
    document["groups"]["weather"]["live"].append(now.sides["weather"].live_digest)

    moved = moved_from_plans(now, [approved_from_json(json.loads(json.dumps(document)))])

    assert moved == ["test: the plan was made for another account or region, or its file was changed"]
