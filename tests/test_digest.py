"""The digest of a plan: it changes if and only if something that matters to a planned group does."""

from dataclasses import fields, is_dataclass, replace

import pytest
from builders import (
    KEY,
    ROLE,
    S3,
    a_feature,
    a_live,
    a_registry,
    a_retirement,
    a_spec,
    an_offline_group,
    planned,
    with_online,
)
from hypothesis import given
from hypothesis import strategies as st
from strategies import edited, registries, specs

from reconciler.state import Catalog, Health, Offline, Online, Throughput
from reconciler.state.words import live_from_reply

EVERYTHING = replace(
    an_offline_group(
        "weather",
        a_feature("embedding", "Fractional", collection="Vector", dimension=8),
        a_feature(about="Air.", parameters={"unit": "degF"}),
        tags={"team": "ops"},
    ),
    online=Online("Standard", 60, KEY),
    offline=Offline(S3, "Glue", KEY, create_table=True, catalog=Catalog("features", "weather")),
    throughput=Throughput("Provisioned", 1, 2),
)
OTHER = with_online(EVERYTHING, ttl_s=61)


def shuffled(draw, group):
    def mixed(values):
        return dict(draw(st.permutations(list(values.items()))))

    features = tuple(f._replace(parameters=mixed(f.parameters)) for f in draw(st.permutations(group.features)))
    return replace(group, features=features, tags=mixed(group.tags))


@given(wanted=registries(), data=st.data())
def test_order_and_place_in_a_file_do_not_count(wanted, data):
    groups = [data.draw(edited(spec)).group for spec in wanted]
    lives = [spec.group for spec in wanted]
    first = planned(wanted, groups)

    moved = [
        replace(
            a_spec(shuffled(data.draw, spec.group)), deprecated=spec.deprecated, source=replace(spec.source, line=1)
        )
        for spec in data.draw(st.permutations(wanted))
    ]
    again = planned(moved, [shuffled(data.draw, group) for group in groups])

    assert again.digest == first.digest
    assert planned(moved, lives).digest == planned(wanted, lives).digest


@given(one=specs(), other=specs(), live=specs(), other_live=specs(), data=st.data())
def test_two_plans_have_one_digest_exactly_if_their_planned_sides_are_the_same(one, other, live, other_live, data):
    other = data.draw(st.sampled_from([one, other, replace(one, group=data.draw(edited(one)).group)]))
    live, other_live = (data.draw(st.sampled_from([None, one, side])) for side in (live, other_live))
    other_live = data.draw(st.sampled_from([live, other_live]))
    first = planned([one], [live.group] if live else [])
    second = planned([other], [other_live.group] if other_live else [])

    assert (first.digest == second.digest) == (first.sides == second.sides)


def leaves(value, change):
    """The value once for each of its parts, with that part changed; `change` builds the whole again."""
    if is_dataclass(value):
        for field in fields(value):
            yield from leaves(
                getattr(value, field.name), lambda v, name=field.name: change(replace(value, **{name: v}))
            )
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for name in value._fields:
            yield from leaves(getattr(value, name), lambda v, name=name: change(value._replace(**{name: v})))
    elif isinstance(value, tuple):
        yield change(value[:-1])
        for n, item in enumerate(value):
            yield from leaves(item, lambda v, n=n: change((*value[:n], v, *value[n + 1 :])))
    elif isinstance(value, dict):
        yield change({**value, "another": "one"})
        yield from (change({**value, key: "other"}) for key in value)
        yield from (change({k: v for k, v in value.items() if k != key}) for key in value)
    else:
        yield change(_another(value))


def _another(value):
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case None:
            return "something"
        case _:
            return f"{value}x"


def counts(group):
    """Every change of a part that a plan compares: a description is nobody's business, since nobody can change it."""
    return [other for other in leaves(group, lambda v: v) if other.description == group.description]


CREATED = [g for g in counts(EVERYTHING) if g.name == "weather"]


def test_there_are_enough_ways_to_differ():
    assert len(CREATED) > 40


@pytest.mark.parametrize("group", CREATED)
def test_any_part_of_a_group_to_be_created_counts(group):
    assert planned([group]).digest != planned([EVERYTHING]).digest


@pytest.mark.parametrize("group", CREATED)
def test_any_part_of_the_live_side_counts(group):
    assert planned([OTHER], [group]).digest != planned([OTHER], [EVERYTHING]).digest


@pytest.mark.parametrize("group", [g for g in CREATED if g.owner == EVERYTHING.owner and g.record_id == "origin"])
def test_any_part_of_the_desired_side_counts(group):
    live = replace(EVERYTHING, tags={"quite": "different"})

    assert planned([group], [live]).digest != planned([EVERYTHING], [live]).digest


@pytest.mark.parametrize(
    "scope", [{"environment": "prod"}, {"place": "1/us-east-1"}, {"place": "000000000000/eu-west-1"}]
)
def test_the_environment_the_account_and_the_region_count(scope):
    assert planned([EVERYTHING], **scope).digest != planned([EVERYTHING]).digest


def test_groups_without_a_change_do_not_count():
    unchanged = an_offline_group("plane")

    assert planned([OTHER, unchanged], [EVERYTHING, unchanged]).digest == planned([OTHER], [EVERYTHING]).digest


def test_a_second_planned_group_counts():
    assert planned([OTHER, an_offline_group("plane")], [EVERYTHING]).digest != planned([OTHER], [EVERYTHING]).digest


def test_absence_counts_on_either_side():
    digests = {
        planned([EVERYTHING]).digest,
        planned([OTHER], [EVERYTHING]).digest,
        planned([an_offline_group("plane")], [EVERYTHING, an_offline_group("plane")]).digest,
        planned(a_registry(a_retirement(), an_offline_group("plane")), [EVERYTHING, an_offline_group("plane")]).digest,
        planned([]).digest,
    }

    assert len(digests) == 5


def test_a_failed_creation_is_not_the_group_it_failed_to_be():
    failed = a_live(EVERYTHING, health=Health("CreateFailed"))

    assert planned([OTHER], [failed]).digest != planned([OTHER], [EVERYTHING]).digest


@given(
    tags=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=9).map("aws:{}".format), st.text(max_size=9))
)
def test_tags_of_aws_do_not_count(tags):
    reply = {
        "FeatureGroupName": "weather",
        "RecordIdentifierFeatureName": "origin",
        "EventTimeFeatureName": "observed_at",
        "FeatureDefinitions": [],
        "RoleArn": ROLE,
    }
    wanted = [EVERYTHING]

    assert (
        planned(wanted, [live_from_reply(reply, {"team": "ops", **tags})]).digest
        == planned(wanted, [live_from_reply(reply, {"team": "ops"})]).digest
    )
