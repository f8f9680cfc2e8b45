"""The table of fields, walked row by row: each field changed alone, and what comes of it."""

from dataclasses import replace
from typing import NamedTuple

import pytest
from builders import (
    KEY,
    OTHER_KEY,
    OWNER,
    a_dataset,
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

from reconciler.rules import CODES, RULE_OF, RULES, Kind
from reconciler.rules.brakes import Limits
from reconciler.state import Catalog, Health, Throughput
from reconciler.state.limits import KEEPABLE

TEMP = a_feature("temp_f", "Fractional", about="Air.", parameters={"unit": "degF"})
TAGS_F = a_feature("tags_f", "String", collection="List")
VECTOR = a_feature("vector_f", "Fractional", collection="Vector", dimension=8)
LIVE = an_offline_group("weather", TEMP, TAGS_F, VECTOR, tags={"team": "ops"}, description="Hourly weather.")
LIVE = with_online(LIVE, ttl_s=3600, kms_key=KEY)
LIVE = with_offline(LIVE, kms_key=KEY, catalog=Catalog("features", "weather"))


def with_feature(group, which, **more):
    return replace(group, features=tuple(f._replace(**more) if f.name == which else f for f in group.features))


def without(group, name):
    return replace(group, features=tuple(f for f in group.features if f.name != name))


class Change(NamedTuple):
    """One field as a spec changes it; what is planned, or what it is refused with and how the refusal reads."""

    desired: object
    action: str = ""
    code: str = ""
    live: object = None
    wanted: object = None
    subject: str = ""
    line: int = 0
    way_out: str = ""


NO_OFFLINE = replace(LIVE, offline=None)
V2 = "weather-v2"
CHANGES = {
    "record_id": [
        Change(replace(LIVE, record_id="observed_at"), "", "FS201", "origin", "observed_at", "record_id", 4, V2)
    ],
    "event_time": [
        Change(replace(LIVE, event_time="temp_f"), "", "FS202", "observed_at", "temp_f", "event_time", 5, V2)
    ],
    "features": [
        Change(replace(LIVE, features=(*LIVE.features, a_feature("new"))), "add_features"),
        Change(without(LIVE, "temp_f"), "", "FS101", TEMP._asdict(), None, "temp_f", 2, "deprecated="),
    ],
    "features.name": [
        Change(
            with_feature(LIVE, "temp_f", name="temp_c"),
            *("", "FS101", TEMP._asdict(), None, "temp_f", 2),
            'temp_c = feature(name="temp_f", ...)',
        )
    ],
    "features.type": [
        Change(
            with_feature(LIVE, "temp_f", type="String"), "", "FS102", "Fractional", "String", "temp_f", 13, "temp_f_v2"
        )
    ],
    "features.collection": [
        Change(with_feature(LIVE, "tags_f", collection="Set"), "", "FS103", "List", "Set", "tags_f", 14, "tags_f_v2"),
        Change(with_feature(LIVE, "tags_f", collection=None), "", "FS103", "List", None, "tags_f", 14, "tags_f_v2"),
    ],
    "features.dimension": [Change(with_feature(LIVE, "vector_f", dimension=9), "", "FS104", 8, 9, "vector_f", 15, V2)],
    "features.about": [
        Change(with_feature(LIVE, "temp_f", about="Air temperature."), "update_metadata"),
        Change(with_feature(LIVE, "temp_f", about=""), "update_metadata"),
    ],
    "features.parameters": [
        Change(with_feature(LIVE, "temp_f", parameters={"unit": "degC"}), "update_metadata"),
        Change(with_feature(LIVE, "temp_f", parameters={}), "update_metadata"),
    ],
    "online": [Change(replace(LIVE, online=None), "", "FS203", "on", "off", "online", 6, 'keep_live={"online"}')],
    "online.kms_key": [
        Change(
            with_online(LIVE, kms_key=OTHER_KEY), "", "FS205", KEY, OTHER_KEY, "online.kms_key", 6, "online_kms_key"
        ),
        Change(with_online(LIVE, kms_key=None), "", "FS205", KEY, None, "online.kms_key", 6, "online_kms_key"),
    ],
    "online.storage_type": [
        Change(with_online(LIVE, storage_type="Standard_V2"), "update_storage_type"),
        Change(
            with_online(LIVE, storage_type="InMemory"),
            *("", "FS206", "Standard", "InMemory", "online.storage_type", 6, 'keep_live={"storage_type"}'),
        ),
    ],
    "online.ttl_s": [
        Change(with_online(LIVE, ttl_s=60), "update_ttl"),
        Change(with_online(LIVE, ttl_s=None), "update_ttl"),
    ],
    "offline": [Change(NO_OFFLINE, "", "FS204", "on", "off", "offline", 7, 'keep_live={"offline"}')],
    "offline.s3_uri": [
        Change(
            with_offline(LIVE, s3_uri="s3://else/where"),
            *("", "FS207", LIVE.offline.s3_uri, "s3://else/where", "offline.s3_uri", 7, 'keep_live={"s3_uri"}'),
        )
    ],
    "offline.kms_key": [
        Change(
            with_offline(LIVE, kms_key=OTHER_KEY),
            *("", "FS208", KEY, OTHER_KEY, "offline.kms_key", 7, 'keep_live={"offline_kms_key"}'),
        )
    ],
    "offline.table_format": [
        Change(
            with_offline(LIVE, table_format="Iceberg"),
            *("", "FS209", "Glue", "Iceberg", "offline.table_format", 7, 'keep_live={"table_format"}'),
        )
    ],
    "offline.create_table": [
        Change(
            with_offline(LIVE, create_table=False),
            *("", "FS210", True, False, "offline.create_table", 7, 'keep_live={"create_table"}'),
        )
    ],
    "offline.catalog": [
        Change(
            with_offline(LIVE, catalog=Catalog("features", "other")),
            *("", "FS211", {"database": "features", "table": "weather"}, {"database": "features", "table": "other"}),
            *("offline.catalog", 7, 'keep_live={"catalog"}'),
        )
    ],
    "role_arn": [
        Change(
            replace(LIVE, role_arn="arn:aws:iam::000000000000:role/another"),
            *("", "FS212", LIVE.role_arn, "arn:aws:iam::000000000000:role/another", "role_arn", 8),
            'keep_live={"role_arn"}',
        )
    ],
    "throughput": [Change(replace(LIVE, throughput=Throughput("Provisioned", 1, 2)), "update_throughput")],
    "description": [Change(replace(LIVE, description="Weather by the hour."))],
    "tags": [
        Change(replace(LIVE, tags={"team": "data"}), "update_tags"),
        Change(replace(LIVE, tags={}), "update_tags"),
    ],
    "protected": [Change(replace(LIVE, protected=True), "update_tags")],
}
"""What a spec can change. The identity, the owner and what AWS moves by itself have tests of their own below."""

ELSEWHERE = {"name", "owner", "offline.data_uri", "arn", "created_at", "modified_at", "health"}


def test_every_row_of_the_table_has_a_case():
    assert CHANGES.keys() | ELSEWHERE == {rule.field for rule in RULES}
    assert len(RULE_OF) == len(RULES)


CASES = [pytest.param(field, change, id=f"{field}-{n}") for field in CHANGES for n, change in enumerate(CHANGES[field])]


@pytest.mark.parametrize(("field", "change"), CASES)
def test_a_field_changed_alone_becomes_its_action_or_its_refusal(field, change):
    plan = planned([a_spec(change.desired)], [LIVE])

    assert actions(plan) == ([("weather", change.action)] if change.action else _other_actions(field))
    assert codes(plan) == ([change.code] if change.code else [])
    assert change.action in ("", RULE_OF[field].action)
    assert change.code in ("", RULE_OF[field].code)


def _other_actions(field):
    # A new name is a feature added too, and described: the refusal stands beside it.
    return [("weather", "add_features"), ("weather", "update_metadata")] if field == "features.name" else []


@pytest.mark.parametrize(("field", "change"), [case for case in CASES if case.values[1].code])
def test_a_refusal_says_both_values_the_reason_the_way_out_and_the_place(field, change):
    [refusal] = planned([a_spec(change.desired)], [LIVE]).refusals

    if field in ("online", "offline"):
        assert (refusal.live is None, refusal.desired) == (False, None)
    else:
        assert (refusal.live, refusal.desired) == (change.live, change.wanted)
    assert (refusal.group, refusal.field) == ("weather", change.subject)
    assert (refusal.file, refusal.line) == ("registry/weather.py", change.line)
    assert refusal.reason.startswith("SageMaker ")
    assert change.way_out in refusal.way_out
    assert "{" not in refusal.reason
    assert "{group}" not in refusal.way_out


@pytest.mark.parametrize("store", ["online", "offline"])
def test_a_store_that_is_switched_on_later_is_refused_as_well(store):
    plan = planned([LIVE], [replace(LIVE, **{store: None})])

    assert codes(plan) == [RULE_OF[store].code]


def test_each_kind_of_rule_has_what_it_needs():
    for rule in RULES:
        assert bool(rule.action) == (rule.kind in (Kind.ADDITIVE, Kind.UPDATABLE)), rule.field
        assert bool(rule.code) or rule.kind is not Kind.IMMUTABLE, rule.field
        assert rule.code in ("", *CODES), rule.field
        assert rule.source, rule.field


def test_every_value_that_a_spec_may_keep_belongs_to_an_immutable_row():
    kept = {rule.keep: rule.field for rule in RULES if rule.keep}

    assert kept == dict(KEEPABLE)


HEALTH = Health("Created", "", "Failed", "No room.", "Blocked", "Access denied.", 1 << 30)


@pytest.mark.parametrize(
    "moved",
    [
        {"arn": "arn:aws:sagemaker:us-east-1:000000000000:feature-group/WEATHER"},
        {"created_at": 1e9},
        {"modified_at": 2e9},
        {"data_uri": "s3://anywhere/data"},
        {"table": Catalog("sagemaker_featurestore", "weather_1")},
        {"health": HEALTH},
    ],
    ids=lambda moved: next(iter(moved)),
)
def test_what_aws_moves_by_itself_is_never_compared(moved):
    before, after = planned([LIVE], [LIVE]), planned([LIVE], [a_live(LIVE, **moved)])

    assert after.is_empty
    assert after.digest == before.digest


def test_another_name_is_another_group_and_the_old_one_is_refused():
    plan = planned([replace(LIVE, name="weather-2")], [LIVE])

    assert actions(plan)[0] == ("weather-2", "create")
    assert codes(plan) == ["FS402"]
    assert 'name="weather"' in plan.refusals[0].way_out


def test_another_owner_is_refused_and_nobody_is_replaced():
    assert codes(planned([LIVE], [replace(LIVE, owner="them@prod")])) == ["FS401"]
    assert actions(planned([LIVE], [replace(LIVE, owner=None)])) == [("weather", "adopt")]


def test_a_description_that_differs_is_counted_in_one_note():
    groups = [replace(LIVE, name=f"g{n}") for n in range(5)]
    plan = planned([replace(g, description="Other.") for g in groups], groups)

    assert plan.is_empty
    [note] = plan.notes
    assert note.group == ""
    assert note.text.startswith("5 groups have another description than the spec (g0, g1, g2, ...)")


@pytest.mark.parametrize("word", KEEPABLE)
def test_each_immutable_value_can_be_kept_by_name(word):
    field = KEEPABLE[word]
    [change] = CHANGES[field][-1:]
    assert codes(planned([a_spec(change.desired)], [LIVE])) == [change.code]

    plan = planned([a_spec(change.desired, keep_live=frozenset({word}))], [LIVE])

    assert plan.is_empty
    assert [note.text for note in plan.notes] == [f"The spec accepts the live value of {word}."]


@pytest.mark.parametrize("word", KEEPABLE)
def test_a_value_that_is_kept_keeps_no_other_refusal_away(word):
    desired = with_feature(CHANGES[KEEPABLE[word]][-1].desired, "temp_f", type="String")

    assert codes(planned([a_spec(desired, keep_live=frozenset({word}))], [LIVE])) == ["FS102"]


def test_every_refusal_there_is_can_be_met():
    """A code that nothing raises is a promise in the documents that nobody keeps."""
    seen = {change.code for changes in CHANGES.values() for change in changes if change.code}
    seen |= {refusal.code for plan in _other_refusals() for refusal in plan.refusals}

    assert seen == CODES.keys()


def _other_refusals():
    many = [replace(LIVE, name=f"g{n}", owner=OWNER) for n in range(4)]
    tight = {"limits": Limits(0.25, 0.5, 2, "test")}
    yield planned([], [LIVE])
    yield planned([a_spec(replace(LIVE, name="other"))], [LIVE])
    yield planned([LIVE], [replace(LIVE, owner="them@prod")])
    yield planned([with_feature(LIVE, "temp_f", type="String")], [replace(LIVE, owner=None)])
    yield planned([a_registry(LIVE).groups["weather"]], [a_live(LIVE, health=Health("DeleteFailed"))])
    retired = a_registry(a_retirement(), replace(LIVE, name="other"))
    yield planned(retired, [replace(LIVE, protected=True)])
    yield planned(retired, [replace(LIVE, owner=None)])
    yield planned(a_registry(*retired.retired.values(), *retired.groups.values(), a_dataset("temp_f")), [LIVE])
    used = a_registry(
        a_spec(LIVE, deprecated={"temp_f": "Old."}, keep_live=frozenset({"offline"})), a_dataset("temp_f")
    )
    yield planned(used, [replace(LIVE, offline=None, features=LIVE.features[:2])])
    yield planned(a_registry(*[a_retirement(g.name) for g in many]), many, **tight)
    yield planned(a_registry(many[0], many[1], a_retirement("g2"), a_retirement("g3")), many, **tight)
    yield planned([with_online(g, ttl_s=1) for g in many], many, **tight)


@pytest.mark.parametrize(
    ("word", "wanted", "action", "code"),
    [
        ("online", with_online(LIVE, ttl_s=60), ["update_ttl"], []),
        ("online", with_online(LIVE, storage_type="Standard_V2"), ["update_storage_type"], []),
        ("online", with_online(LIVE, kms_key=OTHER_KEY), [], ["FS205"]),
        ("offline", with_offline(LIVE, s3_uri="s3://else/where"), [], ["FS207"]),
        ("offline", with_offline(LIVE, table_format="Iceberg"), [], ["FS209"]),
    ],
)
def test_a_store_that_is_kept_is_kept_on_or_off_and_nothing_more(word, wanted, action, code):
    plan = planned([a_spec(wanted, keep_live=frozenset({word}))], [LIVE])

    assert [kind for _, kind in actions(plan)] == action
    assert codes(plan) == code


@pytest.mark.parametrize("word", ["online", "offline"])
def test_a_store_is_kept_off_as_well(word):
    assert planned([a_spec(LIVE, keep_live=frozenset({word}))], [replace(LIVE, **{word: None})]).is_empty


def renames(removed, added):
    """How many of so many removed features are told which of the added ones they may have become."""
    old, new = ([a_feature(f"{which}_{n:03}") for n in range(count)] for which, count in (("f", removed), ("g", added)))
    plan = planned([a_group("weather", *new)], [a_group("weather", *old)])

    assert codes(plan) == ["FS101"] * removed
    return sum("If you renamed it" in refusal.way_out for refusal in plan.refusals)


@pytest.mark.parametrize(("removed", "added", "guessed"), [(1, 1, 1), (3, 20, 3), (1, 21, 0), (400, 400, 0)])
def test_a_new_name_is_looked_for_only_among_a_few(removed, added, guessed):
    assert renames(removed, added) == guessed
