"""Any registry, any edit: what the whole way from specs to the store and back holds to."""

from dataclasses import replace

from builders import OWNER, a_registry, a_retirement, actions, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import edited, groups, registries, specs

from reconciler.diff import align
from reconciler.placement import place
from reconciler.plan.changes import AddFeatures, Delete
from reconciler.state.words import create_request, live_from_reply, tag_map

A_DAY_S = 25 * 3600
# Each example is a store made, changed and read: fewer of them say as much.
few = settings(max_examples=settings.default.max_examples // 2)


@given(wanted=registries())
def test_a_plan_after_an_apply_is_empty(world, wanted):
    world.begin_anew()

    world.apply(*wanted)

    assert world.plan(*wanted).is_empty


@few
@given(first=registries(), data=st.data())
def test_a_plan_after_an_edit_was_applied_is_empty(world, first, data):
    world.begin_anew()
    world.apply(*first)
    second = [data.draw(edited(spec)) for spec in first]
    # AWS goes back to on-demand throughput once a day.
    world.emulator.advance_clock(A_DAY_S)

    world.apply(*second)

    assert world.plan(*second).is_empty


@few
@given(first=registries(), data=st.data())
def test_edits_that_only_add_never_delete(world, first, data):
    world.begin_anew()
    world.apply(*first)
    before = {spec.group.name: world.live(spec.group.name) for spec in first}

    plan = world.plan(*[data.draw(edited(spec)) for spec in first])
    world.carry_out(plan)

    assert not [change for change in plan.changes if change.is_destructive]
    assert "DeleteFeatureGroup" not in {operation for operation, _ in world.writes}
    for name, live in before.items():
        after = world.live(name)
        assert after.created_at == live.created_at
        assert {f[:4] for f in live.group.features} <= {f[:4] for f in after.group.features}


@few
@given(first=registries(), second=registries(), retired=st.booleans())
def test_a_plan_with_a_refusal_makes_no_call_that_changes_anything(world, first, second, retired):
    world.begin_anew()
    world.apply(*first)
    gone = {s.group.name for s in first} - {s.group.name for s in second}
    plan = world.plan(*second, *[a_retirement(name) for name in gone if retired])
    before = len(world.writes)

    outcome = world.carry_out(plan)

    if plan.is_blocked:
        assert len(world.writes) == before
        assert (outcome.done, outcome.left) == ((), plan.changes)
    else:
        assert outcome.is_complete
        assert world.plan(*second).is_empty


@few
@given(first=registries(), second=registries())
def test_whatever_changes_without_a_retirement_deletes_no_group(world, first, second):
    world.begin_anew()
    world.apply(*first)

    plan = world.plan(*second)

    assert not [change for change in plan.changes if isinstance(change, Delete)]
    gone = {s.group.name for s in first} - {s.group.name for s in second}
    assert codes(plan).count("FS402") == len(gone)


@given(spec=specs())
def test_a_group_survives_the_way_to_aws_and_back(world, spec):
    world.begin_anew()
    wanted = place(a_registry(replace(spec, deprecated={})), world.environment, OWNER).groups["weather"]

    world.store.create(create_request(wanted.group))

    reply = world.store.describe("weather")
    live = live_from_reply(reply, tag_map(world.store.tags(reply["FeatureGroupArn"])))
    bare = tuple(f._replace(about="", parameters={}) for f in wanted.group.features)
    want, have = align(replace(wanted, group=replace(wanted.group, features=bare)), live)
    assert have == want


@few
@given(first=registries(most=2), data=st.data())
def test_after_each_call_of_an_apply_the_store_stands_on_the_way_that_the_plan_names(world, first, data):
    world.begin_anew()
    world.apply(*first)
    world.emulator.advance_clock(A_DAY_S)
    fresh = data.draw(specs("fresh"))
    second = [*[data.draw(edited(spec)) for spec in first], fresh]
    placed = place(a_registry(*second), world.environment, OWNER)
    plan = world.plan(*second)
    ways = plan.ways
    strayed = []

    def look(number, operation, group):
        name = next(n for n in placed.groups if n.lower() == group.lower())
        if world.digest_beside(placed.groups[name]) not in ways[name]:
            strayed.append((number, operation, name))

    with world.after_writes(look):
        outcome = world.carry_out(plan)

    assert outcome.is_complete
    assert strayed == []


@few
@given(first=registries(most=2), data=st.data())
def test_an_apply_that_died_after_any_call_is_finished_by_the_next(world, first, data):
    world.begin_anew()
    world.apply(*first)
    world.emulator.advance_clock(A_DAY_S)
    second = [data.draw(edited(spec)) for spec in first]
    plan = world.plan(*second)
    with world.dying_after(data.draw(st.integers(0, 1 + len(plan.changes)))):
        _ = _last_words(world, plan)

    world.apply(*second)

    assert world.plan(*second).is_empty


def _last_words(world, plan):
    try:
        return world.carry_out(plan)
    except BaseException as died:  # noqa: BLE001 - the death is the point
        return died


@few
@given(spec=groups())
def test_additions_are_made_at_most_a_hundred_at_a_time(world, spec):
    world.begin_anew()
    world.apply(spec)
    more = tuple(
        spec.features[0]._replace(name=f"more_{n}", type="String", about="", parameters={}) for n in range(250)
    )

    plan = world.plan(replace(spec, features=(*spec.features, *more)))

    assert [len(c.features) for c in plan.changes if isinstance(c, AddFeatures)] == [100, 100, 50]
    assert actions(plan) == [("weather", "add_features")] * 3
