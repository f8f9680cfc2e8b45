"""Apply on bad days: AWS that throttles, lies, lags, fails, or is busy with others."""

from dataclasses import replace

import pytest
from builders import OWNER, a_feature, a_group, a_retirement, actions, an_offline_group, with_online
from scenarios import BARE, SCENARIOS, begin
from world import PATIENCE

from reconciler.apply import Patience, Stage
from reconciler.aws.session import create_client
from reconciler.emulator.settings import Settings

HASTE = Patience(operation_s=0.2, read_back_s=0.05, propagation_s=0.05, first_look_s=0.001, longest_look_s=0.01)

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)


@each_scenario
def test_each_kind_of_change_is_made_and_leaves_nothing_to_do(world, scenario):
    plan = begin(world, scenario)

    outcome = world.carry_out(plan)

    assert (outcome.done, outcome.failed, outcome.left) == (plan.changes, (), ())
    assert {operation for operation, _ in world.writes} == {scenario.call}
    assert world.plan(scenario.wanted).is_empty


@each_scenario
def test_a_write_that_aws_accepts_and_forgets_is_a_failure(world, scenario):
    plan = begin(world, scenario)
    world.fault("ignored_write", operation=scenario.call)

    outcome = world.carry_out(plan, patience=HASTE)

    assert outcome.done == ()
    [(change, failure)] = outcome.failed
    assert change.action == scenario.action
    assert failure.code in ("NotThere", "TimeLimit")


@each_scenario
@pytest.mark.parametrize(
    "kind",
    ["throttled", "internal_failure", "service_unavailable", "dropped_before_effect", "dropped_after_effect"],
)
def test_what_passes_by_itself_is_lived_through(world, scenario, kind):
    plan = begin(world, scenario)
    world.fault(kind, operation=scenario.call, times=2)

    outcome = world.carry_out(plan)

    assert outcome.is_complete, outcome.failed
    assert world.plan(scenario.wanted).is_empty


@each_scenario
def test_a_lost_answer_is_no_failure_where_aws_takes_its_time(world, scenario):
    plan = begin(world, scenario)
    world.emulator.settings = Settings(create_s=0.1, create_offline_s=0.1, update_s=0.1, delete_s=0.1)
    world.fault("dropped_after_effect", operation=scenario.call, times=1)

    outcome = world.carry_out(plan)

    assert outcome.is_complete, outcome.failed
    assert world.plan(scenario.wanted).is_empty


@each_scenario
def test_reads_that_lag_behind_a_write_are_waited_for(world, scenario):
    plan = begin(world, scenario)
    world.fault("stale_reads", reads=3)

    outcome = world.carry_out(plan)

    assert outcome.is_complete, outcome.failed
    world.emulator.faults.clear()
    assert world.plan(scenario.wanted).is_empty


@each_scenario
def test_a_call_that_is_denied_names_the_missing_action(world, scenario):
    plan = begin(world, scenario)
    world.fault("access_denied", operation=scenario.call)

    [(_, failure)] = world.carry_out(plan).failed

    assert failure.code == "AccessDeniedException"
    assert f"sagemaker:{scenario.call}" in failure.hint


def test_expired_credentials_say_how_to_sign_in_again(world):
    plan = world.plan(a_group())
    world.fault("expired_token", operation="CreateFeatureGroup")

    [(_, failure)] = world.carry_out(plan).failed

    assert "aws sso login" in failure.hint


@pytest.mark.parametrize("kind", ["role_not_propagated", "bucket_not_propagated"])
def test_a_role_or_bucket_that_is_too_young_is_waited_for(world, kind):
    plan = world.plan(an_offline_group())
    world.fault(kind, times=3)

    assert world.carry_out(plan).is_complete
    assert len(world.writes) == 4


@pytest.mark.parametrize(
    ("kind", "text"), [("role_not_propagated", "execution role"), ("bucket_not_propagated", "S3Uri")]
)
def test_a_role_or_bucket_that_never_comes_fails_with_the_reason_of_aws(world, kind, text):
    plan = world.plan(an_offline_group())
    world.fault(kind)

    [(_, failure)] = world.carry_out(plan, patience=HASTE).failed

    assert text in failure.message


def test_creations_of_others_are_waited_for(world):
    names = [f"ours-{n}" for n in range(3)]
    plan = world.plan(*map(a_group, names))
    world.emulator.settings = Settings(create_s=0.3)
    for n in range(4):
        world.make(a_group(f"theirs-{n}", owner=None))
    world.emulator.settings = Settings()

    outcome = world.carry_out(plan)

    assert outcome.is_complete, outcome.failed
    assert all(world.live(name) for name in names)


def test_at_most_four_creations_run_at_once(world):
    wanted = [a_group(f"group-{n}") for n in range(13)]
    plan = world.plan(*wanted)
    world.emulator.settings = Settings(create_s=0.05)

    assert world.carry_out(plan).is_complete
    # A fifth at a time would have been refused, and asked for again.
    assert len(world.writes) == len(wanted)


def test_an_account_that_is_full_is_a_failure_at_once(world):
    plan = world.plan(a_group())
    world.emulator.settings = Settings(max_groups=0)

    [(_, failure)] = world.carry_out(plan).failed

    assert failure.code == "ResourceLimitExceeded"
    assert "Maximum number of feature groups" in failure.message
    assert len(world.writes) == 1


def test_a_creation_that_fails_says_why_and_the_next_apply_makes_it_anew(world):
    wanted = an_offline_group("weather", a_feature(about="Air."))
    plan = world.plan(wanted)
    world.fault("create_fails", times=1, reason="Insufficient Lake Formation permission(s).")

    outcome = world.carry_out(plan)

    [(change, failure)] = outcome.failed
    assert (change.action, failure.code) == ("create", "CreateFailed")
    assert failure.message == "Insufficient Lake Formation permission(s)."
    assert "Lake Formation governs this account" in failure.hint
    assert [c.action for c in outcome.left] == ["update_metadata"]
    again = world.plan(wanted)
    assert actions(again) == [("weather", "recreate_failed"), ("weather", "update_metadata")]
    assert world.carry_out(again).is_complete
    assert world.plan(wanted).is_empty


def test_an_update_that_fails_says_why_and_the_next_apply_makes_it(world):
    world.apply(BARE)
    wanted = with_online(BARE, ttl_s=60)
    plan = world.plan(wanted)
    world.fault("update_fails", times=1, reason="The store was busy.")

    [(_, failure)] = world.carry_out(plan).failed

    assert (failure.code, failure.message) == ("Failed", "The store was busy.")
    assert any("The store was busy." in note.text for note in world.plan(wanted).notes)
    world.apply(wanted)
    assert world.plan(wanted).is_empty


def test_a_deletion_that_fails_says_why_and_the_next_apply_makes_it(world):
    world.apply(BARE)
    plan = world.plan(a_retirement())
    world.fault("delete_fails", times=1, reason="The table is locked.")

    [(_, failure)] = world.carry_out(plan).failed

    assert (failure.code, failure.message) == ("DeleteFailed", "The table is locked.")
    world.apply(a_retirement())
    assert world.live("weather") is None


def test_a_deletion_that_fails_again_is_a_failure_again(world):
    world.apply(BARE)
    world.fault("delete_fails", times=2)
    world.carry_out(world.plan(a_retirement()))

    [(_, failure)] = world.carry_out(world.plan(a_retirement()), patience=HASTE).failed

    assert failure.code == "DeleteFailed"


def test_one_groups_failure_does_not_stop_the_others_and_names_what_was_not_begun(world):
    live = [a_group("first"), a_group("second"), a_group("third")]
    world.apply(*live)
    wanted = [with_online(replace(g, features=(*g.features, a_feature()), tags={"a": "b"}), ttl_s=60) for g in live]
    plan = world.plan(*wanted)
    world.fault("update_fails", group="second", times=1)

    outcome = world.carry_out(plan)

    assert [(c.group, c.action) for c, _ in outcome.failed] == [("second", "add_features")]
    assert [(c.group, c.action) for c in outcome.left] == [("second", "update_ttl"), ("second", "update_tags")]
    assert {c.group for c in outcome.done} == {"first", "third"}
    world.apply(*wanted)
    assert world.plan(*wanted).is_empty


def test_every_change_is_heard_of_as_it_begins_and_ends(world):
    heard = []
    plan = world.plan(a_group("weather", a_feature(about="Air.")), a_group("plane"))
    world.fault("create_fails", group="plane", times=1)

    world.carry_out(plan, heard.append)

    told = {(p.change.group, p.change.action, p.stage) for p in heard}
    assert told == {
        ("weather", "create", Stage.BEGUN),
        ("weather", "create", Stage.DONE),
        ("weather", "update_metadata", Stage.BEGUN),
        ("weather", "update_metadata", Stage.DONE),
        ("plane", "create", Stage.BEGUN),
        ("plane", "create", Stage.FAILED),
    }


def test_an_update_under_way_is_waited_for_before_the_next(world):
    world.apply(BARE)
    wanted = with_online(replace(BARE, features=(*BARE.features, a_feature("x"))), ttl_s=60)
    plan = world.plan(wanted)
    world.emulator.settings = Settings(update_s=0.1)

    assert world.carry_out(plan).is_complete
    assert [operation for operation, _ in world.writes[1:]] == ["UpdateFeatureGroup"] * 2


def test_aws_that_never_finishes_is_a_failure_with_its_time_limit(world):
    world.apply(BARE)
    plan = world.plan(with_online(BARE, ttl_s=60))
    world.emulator.settings = Settings(update_s=10_000)

    [(_, failure)] = world.carry_out(plan, patience=HASTE).failed

    assert failure.code == "TimeLimit"
    assert "Run apply again later" in failure.hint


def test_a_group_that_was_disowned_since_the_plan_is_not_deleted(world):
    world.apply(BARE)
    plan = world.plan(a_retirement())
    world.disown("weather")

    [(_, failure)] = world.carry_out(plan).failed

    assert failure.code == "NotOurs"
    assert world.live("weather") is not None


def test_a_group_that_was_protected_since_the_plan_is_not_deleted(world):
    world.apply(BARE)
    plan = world.plan(a_retirement())
    world.store.add_tags(world.live("weather").arn, [{"Key": "reconciler:protected", "Value": "true"}])

    [(_, failure)] = world.carry_out(plan).failed

    assert failure.code == "Protected"
    assert world.live("weather") is not None


def test_a_group_that_somebody_else_took_since_the_plan_is_not_adopted(world):
    world.make(replace(BARE, owner=None))
    plan = world.plan(BARE)
    world.store.add_tags(world.live("weather").arn, [{"Key": "reconciler:registry", "Value": "them@test"}])

    [(_, failure)] = world.carry_out(plan).failed

    assert failure.code == "NotOurs"
    assert world.live("weather").group.owner == "them@test"


def test_a_group_that_somebody_else_made_since_the_plan_is_not_taken_for_ours(world):
    plan = world.plan(BARE)
    world.make(replace(BARE, owner="them@test"))

    [(_, failure)] = world.carry_out(plan, patience=HASTE).failed

    assert failure.code == "NotThere"
    assert "owner" in failure.message
    assert world.live("weather").group.owner == "them@test"


def test_a_group_that_another_run_of_ours_made_since_the_plan_is_as_good(world):
    plan = world.plan(BARE)
    world.make(replace(BARE, owner=OWNER))

    assert world.carry_out(plan).is_complete


def test_a_group_that_is_gone_since_the_plan_is_a_failure(world):
    world.apply(BARE)
    plan = world.plan(with_online(replace(BARE, tags={}), ttl_s=60))
    world.store.delete("weather")

    [(_, failure)] = world.carry_out(plan, patience=PATIENCE).failed

    assert (failure.code, failure.message) == ("NotThere", "the group is gone")


def test_tags_that_the_account_puts_on_new_groups_are_no_failure(world):
    plan = world.plan(a_group())

    def tag(_number, operation, group):
        if operation == "CreateFeatureGroup":
            world.emulator.add_system_tags(group, {"aws:created-by": "someone", "auto": "yes"})

    with world.after_writes(tag):
        assert world.carry_out(plan).is_complete


def test_a_tag_list_as_long_as_aws_allows_is_replaced_whole(world):
    old, new = ({f"{which}-{n}": "x" for n in range(30)} for which in ("old", "new"))
    world.apply(a_group(tags=old))

    world.apply(a_group(tags=new))

    assert world.live("weather").group.tags == new


def test_features_are_made_in_the_order_of_the_record(world):
    first, then = [a_feature(name) for name in ("zulu", "alpha", "mike")], [a_feature(n) for n in ("yankee", "bravo")]
    names = ["origin", "observed_at", "zulu", "alpha", "mike"]

    world.apply(an_offline_group("weather", *first))
    assert (described(world), columns(world)[: len(names)]) == (names, names)
    world.apply(an_offline_group("weather", *first[:1], *then, *first[1:]))

    assert described(world) == [*names, "yankee", "bravo"]
    assert [name for name in columns(world) if name in described(world)] == described(world)


def described(world):
    return [feature["FeatureName"] for feature in world.store.describe("weather")["FeatureDefinitions"]]


def columns(world):
    """The columns of the offline store's table."""
    table = world.live("weather").table
    glue = create_client("glue", world.environment, world.root)
    found = glue.get_table(DatabaseName=table.database, Name=table.table)
    glue.close()
    return [column["Name"] for column in found["Table"]["StorageDescriptor"]["Columns"]]
