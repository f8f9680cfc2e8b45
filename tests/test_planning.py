"""From a registry and a live store to a plan: what is made, adopted, changed, deleted, refused or left alone."""

from dataclasses import replace

import pytest
from builders import (
    OWNER,
    S3,
    a_feature,
    a_group,
    a_live,
    a_registry,
    a_retirement,
    a_spec,
    actions,
    an_offline_group,
    codes,
    planned,
    with_offline,
    with_online,
)

from reconciler.plan.changes import AddFeatures, Create, Delete
from reconciler.rules.brakes import Limits
from reconciler.state import Catalog, Health, Offline, Throughput

THEIRS = "them/theirs@prod"


def notes(plan):
    return [f"{note.group}: {note.text}" for note in plan.notes]


# Creation and change


def test_a_group_that_is_not_live_is_created_and_then_described():
    plan = planned([a_group("weather", a_feature(about="Air."))])

    assert actions(plan) == [("weather", "create"), ("weather", "update_metadata")]


def test_a_group_without_metadata_is_created_by_one_change():
    assert actions(planned([a_group()])) == [("weather", "create")]


def test_a_group_as_its_spec_wants_it_needs_nothing():
    plan = planned([a_group()], [a_group()])

    assert plan.is_empty
    assert plan.unchanged == ("weather",)
    assert plan.sides == {}


def test_additions_are_split_where_aws_takes_no_more_in_a_call():
    added = [a_feature(f"f{n:03}") for n in range(201)]

    plan = planned([a_group("weather", *added)], [a_group()])

    assert [len(change.features) for change in plan.changes] == [100, 100, 1]
    assert [f.name for c in plan.changes if isinstance(c, AddFeatures) for f in c.features] == [f.name for f in added]


def test_the_changes_of_a_group_come_in_the_order_aws_can_make_them():
    live = replace(a_group("weather", tags={"a": "b"}), throughput=Throughput("Provisioned", 1, 2))
    wanted = with_online(a_group("weather", a_feature(about="Air.")), ttl_s=60, storage_type="Standard_V2")

    plan = planned([wanted], [live])

    # Standard_V2 has no provisioned throughput: that goes first.
    assert [action for _, action in actions(plan)] == [
        *("add_features", "update_ttl", "update_throughput", "update_storage_type"),
        *("update_metadata", "update_tags"),
    ]


def test_changes_and_refusals_of_one_group_are_shown_together():
    live = a_group("weather", a_feature("old", "Integral"))

    plan = planned([with_online(a_group("weather", a_feature("old", "String")), ttl_s=60)], [live])

    assert (actions(plan), codes(plan)) == ([("weather", "update_ttl")], ["FS102"])


def test_every_fault_of_a_group_is_refused_at_once():
    live = a_group("weather", a_feature("a", "Integral"), a_feature("b"))

    plan = planned([with_online(a_group("weather", a_feature("a", "String")), storage_type="InMemory")], [live])

    assert sorted(codes(plan)) == ["FS101", "FS102", "FS206"]


def test_the_order_of_features_is_no_difference():
    one, other = a_feature("one"), a_feature("other")

    assert planned([a_group("weather", one, other)], [a_group("weather", other, one)]).is_empty


# Ownership and adoption


def test_a_group_that_nobody_owns_and_that_fits_is_adopted():
    plan = planned([a_group()], [a_group(owner=None)])

    assert actions(plan) == [("weather", "adopt")]
    assert plan.changes[0].owner == OWNER


@pytest.mark.parametrize(
    ("wanted", "then"),
    [
        (a_group("weather", a_feature()), "add_features"),
        (with_online(a_group(), ttl_s=60), "update_ttl"),
        (with_online(a_group(), storage_type="Standard_V2"), "update_storage_type"),
        (replace(a_group(), throughput=Throughput("Provisioned", 1, 1)), "update_throughput"),
        (a_group(tags={"a": "b"}), "update_tags"),
    ],
)
def test_a_group_that_nobody_owns_and_aws_can_change_is_adopted_and_then_changed(wanted, then):
    assert actions(planned([wanted], [a_group(owner=None)])) == [("weather", "adopt"), ("weather", then)]


def test_adoption_protects_at_once_and_once():
    [adoption] = planned([a_group(protected=True)], [a_group(owner=None)]).changes

    assert adoption.protected


def test_adoption_keeps_to_the_live_groups_metadata_only_as_far_as_the_spec_does():
    live = a_group("weather", a_feature(about="Theirs."), owner=None)

    assert actions(planned([a_group("weather", a_feature())], [live])) == [
        ("weather", "adopt"),
        ("weather", "update_metadata"),
    ]


def test_a_group_that_nobody_owns_and_that_differs_for_good_is_neither_tagged_nor_changed():
    live = a_group("weather", a_feature(type="Integral"), a_feature("gone"), owner=None)
    wanted = with_online(a_group("weather", a_feature(type="String"), tags={"a": "b"}), ttl_s=60)

    plan = planned([wanted], [live])

    assert actions(plan) == []
    assert codes(plan)[0] == "FS404"
    assert sorted(codes(plan)[1:]) == ["FS101", "FS102"]
    assert "temp_f's type" in plan.refusals[0].reason


def test_a_foreign_group_is_refused_once_and_nothing_else_is_said_of_it():
    plan = planned([a_group("weather", a_feature())], [a_group(owner=THEIRS)])

    assert (actions(plan), codes(plan)) == ([], ["FS401"])
    assert THEIRS in plan.refusals[0].reason


def test_the_same_registry_in_another_environment_is_foreign_too():
    assert codes(planned([a_group()], [a_group(owner="acme/flights@prod")])) == ["FS401"]


def test_a_group_that_neither_we_nor_a_spec_know_is_left_alone():
    plan = planned([a_group("plane")], [a_group("plane"), a_group(owner=None), a_group("theirs", owner=THEIRS)])

    assert plan.is_empty
    assert plan.unchanged == ("plane",)


# Retirement


def test_a_retired_group_is_deleted_and_what_stays_behind_is_named():
    live = a_live(an_offline_group(), data_uri="s3://b/p/data", table=Catalog("sagemaker_featurestore", "weather_1"))

    plan = planned(a_registry(a_retirement(), a_group("plane")), [live, a_group("plane")])

    [deletion] = plan.changes
    assert isinstance(deletion, Delete)
    assert deletion.remains == ("s3://b/p/data", "Glue table sagemaker_featurestore.weather_1")
    assert any("AWS keeps the offline data" in note for note in notes(plan))


def test_a_spec_that_is_merely_gone_deletes_nothing_and_prints_the_line_to_paste():
    plan = planned([a_group("plane")], [a_group(), a_group("plane")])

    assert (actions(plan), codes(plan)) == ([], ["FS402"])
    assert '`retire("weather", reason="...")`' in plan.refusals[0].way_out


def test_a_retired_group_that_is_gone_is_a_note_that_the_line_can_go():
    plan = planned(a_registry(a_retirement(), a_group("plane")), [a_group("plane")])

    assert plan.is_empty
    assert notes(plan) == ["weather: It is gone already: the retire line can be removed."]


def test_a_protected_group_is_not_deleted_even_when_it_is_retired():
    plan = planned(a_registry(a_retirement(), a_group("plane")), [a_group(protected=True), a_group("plane")])

    assert (actions(plan), codes(plan)) == ([], ["FS403"])
    assert (plan.refusals[0].file, plan.refusals[0].line) == ("registry/retired.py", 4)


def test_a_retired_group_of_nobody_is_not_deleted():
    plan = planned(a_registry(a_retirement(), a_group("plane")), [a_group(owner=None), a_group("plane")])

    assert (actions(plan), codes(plan)) == ([], ["FS405"])


def test_a_retired_group_of_others_is_not_deleted():
    plan = planned(a_registry(a_retirement(), a_group("plane")), [a_group(owner=THEIRS), a_group("plane")])

    assert (actions(plan), codes(plan)) == ([], ["FS401"])


def test_unprotecting_and_retiring_are_two_changes_one_after_the_other():
    protected = a_group(protected=True)

    assert actions(planned([a_group()], [protected])) == [("weather", "update_tags")]
    assert codes(planned(a_registry(a_retirement(), a_group("p")), [protected, a_group("p")])) == ["FS403"]


# A spec that moved


def test_a_renamed_class_is_recognised_and_its_old_name_is_the_way_out():
    live = a_group("weather", a_feature(), a_feature("wind_mph"))

    plan = planned([replace(live, name="weather-hourly")], [live])

    assert actions(plan) == [("weather-hourly", "create")]
    [refusal] = plan.refusals
    assert refusal.code == "FS402"
    assert 'If weather-hourly is this group under a new name, give it back its own: name="weather".' in refusal.way_out


def test_a_new_group_that_is_another_one_is_not_taken_for_a_rename():
    live = a_group("weather", a_feature(), a_feature("wind_mph"), a_feature("gust"))

    [refusal] = planned([a_group("plane", a_feature("seats"))], [live]).refusals

    assert "new name" not in refusal.way_out


def test_a_renamed_file_changes_nothing():
    spec = a_spec(a_group("weather", a_feature()))
    moved = replace(spec, source=replace(spec.source, file="registry/elsewhere.py", line=99))

    assert planned([moved], [a_group("weather", a_feature())]).is_empty


def test_an_empty_registry_with_live_groups_is_refused_whole():
    plan = planned([], [a_group(f"g{n}") for n in range(7)])

    assert (actions(plan), codes(plan)) == ([], ["FS303"])
    assert "g0, g1, g2, g3, g4 and 2 more" in plan.refusals[0].reason


def test_an_empty_registry_is_refused_even_where_brakes_are_off():
    assert codes(planned([], [a_group()], limits=Limits(1.0, 1.0, 10_000, "test"))) == ["FS303"]


def test_an_empty_registry_and_an_empty_store_are_no_plan_at_all():
    assert planned([]).is_empty


# Deprecation


def test_a_deprecated_feature_stays_where_it_is_live():
    group = a_group("weather", a_feature("old"))

    plan = planned([a_spec(group, deprecated={"old": "Nobody reads it."})], [group])

    assert plan.is_empty
    assert notes(plan) == ["weather: Deprecated, and kept because AWS cannot remove them: old."]


def test_a_deprecated_feature_is_not_made_anew():
    group = a_group("weather", a_feature("old", about="Old."), a_feature("new"))

    [creation] = planned([a_spec(group, deprecated={"old": "Nobody reads it."})]).changes

    assert isinstance(creation, Create)
    assert [f.name for f in creation.desired.features] == ["origin", "observed_at", "new"]


def test_a_deprecated_feature_is_not_added_to_a_live_group():
    spec = a_spec(a_group("weather", a_feature("old")), deprecated={"old": "Nobody reads it."})

    assert planned([spec], [a_group()]).is_empty


def test_a_deprecated_feature_keeps_its_type_all_the_same():
    spec = a_spec(a_group("weather", a_feature("old", "String")), deprecated={"old": "Nobody reads it."})

    assert codes(planned([spec], [a_group("weather", a_feature("old"))])) == ["FS102"]


# Groups that AWS is at work on, or gave up


@pytest.mark.parametrize(
    ("health", "text"),
    [
        (Health("Creating"), "it is Creating"),
        (Health("Created", update_status="InProgress"), "an update is in progress"),
    ],
)
def test_a_group_that_moves_is_planned_and_said_to_be_waited_for(health, text):
    plan = planned([with_online(a_group(), ttl_s=60)], [a_live(a_group(), health=health)])

    assert actions(plan) == [("weather", "update_ttl")]
    assert any(text in note for note in notes(plan))


def test_a_group_that_is_being_deleted_is_as_good_as_gone():
    deleting = a_live(a_group(), health=Health("Deleting"))

    assert actions(planned([a_group()], [deleting])) == [("weather", "create")]


def test_a_retired_group_that_is_being_deleted_needs_nothing_more():
    deleting = a_live(a_group(), health=Health("Deleting"))

    assert planned(a_registry(a_retirement(), a_group("plane")), [deleting, a_group("plane")]).changes == ()


def test_a_group_without_a_spec_that_is_being_deleted_is_no_refusal():
    deleting = a_live(a_group(), health=Health("Deleting"))

    assert planned([a_group("plane")], [deleting, a_group("plane")]).is_empty


def test_a_creation_that_failed_is_made_again():
    failed = a_live(an_offline_group(), health=Health("CreateFailed", "No such role."))

    plan = planned([an_offline_group("weather", a_feature(about="Air."))], [failed])

    assert actions(plan) == [("weather", "recreate_failed"), ("weather", "update_metadata")]
    assert plan.changes[0].failure == "No such role."


def test_a_creation_of_nobody_that_failed_is_not_ours_to_repeat():
    failed = a_live(a_group(owner=None), health=Health("CreateFailed"))

    assert codes(planned([a_group()], [failed])) == ["FS404"]


def test_a_creation_of_others_that_failed_is_not_ours_to_repeat():
    failed = a_live(a_group(owner=THEIRS), health=Health("CreateFailed"))

    assert codes(planned([a_group()], [failed])) == ["FS401"]


def test_a_wanted_group_whose_deletion_failed_has_a_way_out():
    failed = a_live(a_group(), health=Health("DeleteFailed", "The table is locked."))

    plan = planned([a_group()], [failed])

    assert codes(plan) == ["FS213"]
    assert "The table is locked." in plan.refusals[0].reason


def test_a_retired_group_whose_deletion_failed_is_deleted_again():
    failed = a_live(a_group(), health=Health("DeleteFailed"))

    assert actions(planned(a_registry(a_retirement(), a_group("p")), [failed, a_group("p")])) == [("weather", "delete")]


def test_a_blocked_offline_store_and_a_failed_update_are_notes():
    health = Health("Created", "", "Failed", "No room.", "Blocked", "Access denied.")

    plan = planned([an_offline_group()], [a_live(an_offline_group(), health=health)])

    assert plan.is_empty
    assert notes(plan) == [
        "weather: Its offline store is blocked, records do not reach S3: Access denied.",
        "weather: Its last update failed: No room.",
    ]


def test_consequences_that_aws_does_not_announce_are_notes():
    own_table = with_offline(an_offline_group(), create_table=False)
    provisioned = replace(a_group("plane"), throughput=Throughput("Provisioned", 1, 1))
    partitioned = an_offline_group("fresh", a_feature("Year", "Integral"))

    plan = planned(
        [
            replace(own_table, features=(*own_table.features, a_feature())),
            a_group("plane"),
            partitioned,
            with_online(a_group("memory"), storage_type="InMemory"),
            with_online(a_group("ttl"), ttl_s=60),
        ],
        [own_table, provisioned, a_group("ttl")],
    )

    said = "\n".join(notes(plan))
    for text in (
        "weather: The Glue table is your own",
        "plane: AWS allows a change to on-demand once in 24 hours.",
        "fresh: Year is also a partition column",
        "memory: AWS takes 10 to 15 minutes",
        "ttl: The new lifetime counts for records written from now on",
    ):
        assert text in said


# Brakes


def brakes(**more):
    return Limits(**{"deletes": 0.25, "updates": 0.5, "floor": 4, "environment": "test"} | more)


def a_dozen(count=12):
    return [a_group(f"g{n:02}") for n in range(count)]


def retiring(groups, count):
    return a_registry(*[a_retirement(g.name) for g in groups[:count]], *groups[count:])


@pytest.mark.parametrize(("count", "expected"), [(3, []), (4, ["FS301"]), (11, ["FS301"]), (12, ["FS304"])])
def test_deletes_over_their_share_are_refused_and_all_of_them_always(count, expected):
    assert codes(planned(retiring(a_dozen(), count), a_dozen(), limits=brakes())) == expected


@pytest.mark.parametrize(("count", "expected"), [(6, []), (7, ["FS302"]), (12, ["FS302"])])
def test_updates_over_their_share_are_refused(count, expected):
    wanted = [with_online(g, ttl_s=60) if n < count else g for n, g in enumerate(a_dozen())]

    assert codes(planned(wanted, a_dozen(), limits=brakes())) == expected


def test_under_the_floor_shares_do_not_count_and_still_not_all_may_go():
    few = a_dozen(4)

    assert codes(planned(retiring(few, 3), few, limits=brakes())) == []
    assert codes(planned(retiring(few, 4), few, limits=brakes())) == ["FS304"]
    assert codes(planned([with_online(g, ttl_s=60) for g in few], few, limits=brakes())) == []


def test_only_a_brake_set_to_all_lets_a_registry_end():
    few = a_dozen(3)

    assert codes(planned(retiring(few, 3), few, limits=brakes(deletes=1.0))) == []


def test_a_brake_that_is_hit_says_where_it_is_set():
    [refusal] = planned(retiring(a_dozen(), 4), a_dozen(), limits=brakes(environment="prod")).refusals

    assert "4 of 12" in refusal.reason
    assert "25% at once" in refusal.reason
    assert "[tool.reconciler.environments.prod.brakes]" in refusal.way_out


def test_creations_and_adoptions_are_no_updates():
    wanted = a_dozen()
    live = [*(replace(g, owner=None) for g in wanted[:6]), *wanted[6:7]]

    assert codes(planned(wanted, live, limits=brakes(floor=0))) == []


def test_groups_of_others_do_not_widen_a_brake():
    theirs = [a_group(f"t{n}", owner=THEIRS) for n in range(100)]

    assert codes(planned(retiring(a_dozen(), 4), [*a_dozen(), *theirs], limits=brakes())) == ["FS301"]


# Targets


def test_a_plan_for_some_groups_looks_at_those_alone():
    wanted = [with_online(a_group(name), ttl_s=60) for name in ("a", "b", "c")]

    plan = planned(wanted, [a_group("a"), a_group("b"), a_group("c")], only={"a", "c"})

    assert actions(plan) == [("a", "update_ttl"), ("c", "update_ttl")]


def test_a_refusal_of_a_group_that_is_not_asked_for_does_not_block():
    plan = planned([with_online(a_group("a"), ttl_s=60)], [a_group("a"), a_group("gone")], only={"a"})

    assert not plan.is_blocked


def test_brakes_count_what_is_asked_for():
    wanted = [with_online(g, ttl_s=60) for g in a_dozen()]

    assert codes(planned(wanted, a_dozen(), limits=brakes(), only={"g00", "g01"})) == []


# Two registries, two environments, one account


def test_two_registries_in_one_account_leave_each_other_alone(world):
    world.apply(a_group("ours"), owner="us@test")
    world.apply(a_group("theirs"), owner="them@test")

    assert world.plan(a_group("ours"), owner="us@test").is_empty
    assert codes(world.plan(a_group("theirs"), a_group("ours"), owner="us@test")) == ["FS401"]


def test_environments_with_prefixes_of_their_own_share_an_account(world):
    dev, prod = (replace(world.environment, name=n, name_prefix=p) for n, p in (("dev", "dev-"), ("prod", "")))
    for environment in (dev, prod):
        world.environment, before = environment, world.environment
        try:
            world.apply(a_group(), owner=f"acme@{environment.name}")
            assert world.plan(a_group(), owner=f"acme@{environment.name}").is_empty
        finally:
            world.environment = before

    assert world.live("dev-weather").group.owner == "acme@dev"
    assert world.live("weather").group.owner == "acme@prod"


def test_a_catalog_that_the_spec_leaves_to_aws_is_no_difference():
    live = replace(an_offline_group(), offline=Offline(S3, catalog=Catalog("sagemaker_featurestore", "weather_1")))

    assert planned([an_offline_group()], [live]).is_empty


def test_the_order_of_the_record_is_the_order_in_which_features_are_added_and_no_part_of_the_digest():
    zulu, alpha = a_feature("zulu"), a_feature("alpha")

    one, other = (planned([a_group("weather", *added)], [a_group()]) for added in ((zulu, alpha), (alpha, zulu)))

    assert [[f.name for f in plan.changes[0].features] for plan in (one, other)] == [
        ["zulu", "alpha"],
        ["alpha", "zulu"],
    ]
    assert one.digest == other.digest


@pytest.mark.parametrize("live", [[], [a_group("weather", a_feature("one"))], [a_group(owner=None)]])
def test_the_order_of_the_record_is_no_part_of_any_digest(live):
    one, other = a_feature("one"), a_feature("other")

    plans = [planned([a_group("weather", *features)], live) for features in ((one, other), (other, one))]

    assert plans[0].digest == plans[1].digest
    assert plans[0].ways == plans[1].ways
