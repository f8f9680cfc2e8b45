"""A registry in an environment: the spec's word, then the group's setting there, then the environment's own."""

from dataclasses import replace

import pytest
from builders import KEY, OTHER_KEY, OWNER, ROLE, S3, a_feature, a_group, a_registry, a_retirement, an_offline_group

from reconciler.config import Environment, Overrides
from reconciler.errors import Invalid
from reconciler.placement import place
from reconciler.state import Desired, Offline, Online, Registry, Source

BARE = a_group("weather", owner=None, protected=None, offline=Offline(), online=Online())
FIELDS = {
    "role_arn": (ROLE, f"{ROLE}-2", f"{ROLE}-3", lambda g: g.role_arn),
    "s3_uri": (S3, f"{S3}-2", f"{S3}-3", lambda g: g.offline.s3_uri),
    "online_kms_key": (KEY, OTHER_KEY, f"{KEY}-3", lambda g: g.online.kms_key),
    "offline_kms_key": (KEY, OTHER_KEY, f"{KEY}-3", lambda g: g.offline.kms_key),
    "protected": (True, False, True, lambda g: g.protected),
}
NEEDED = Overrides(role_arn="arn:aws:iam::000000000000:role/x", s3_uri="s3://x/y")


def placed(group=BARE, **environment):
    given = {"name": "prod", "region": "us-east-1", "defaults": NEEDED} | environment
    return next(iter(place(a_registry(group), Environment(**given), OWNER).groups.values())).group


def said(field, value):
    match field:
        case "s3_uri":
            return replace(BARE, offline=Offline(value))
        case "offline_kms_key":
            return replace(BARE, offline=Offline(kms_key=value))
        case "online_kms_key":
            return replace(BARE, online=Online(kms_key=value))
        case _:
            return replace(BARE, **{field: value})


@pytest.mark.parametrize("field", FIELDS)
def test_the_spec_wins_over_the_group_and_that_over_the_environment(field):
    spec, group, everywhere, of = FIELDS[field]
    defaults = replace(NEEDED, **{field: everywhere})
    groups = {"weather": Overrides(**{field: group})}

    assert of(placed(defaults=defaults)) == everywhere
    assert of(placed(defaults=defaults, groups=groups)) == group
    assert of(placed(said(field, spec), defaults=defaults, groups=groups)) == spec


def test_another_groups_setting_does_not_count():
    registry = a_registry(BARE, replace(BARE, name="plane"))
    environment = Environment("prod", defaults=NEEDED, groups={"plane": Overrides(s3_uri="s3://other/x")})

    assert place(registry, environment, OWNER).groups["weather"].group.offline.s3_uri == NEEDED.s3_uri


@pytest.mark.parametrize(
    ("endpoint", "is_protected"), [(None, True), ("http://127.0.0.1:1", True), ("embedded", False)]
)
def test_groups_are_protected_everywhere_but_on_the_embedded_emulator(endpoint, is_protected):
    assert placed(endpoint=endpoint).protected is is_protected


def test_the_owner_is_the_registry_and_the_environment():
    assert placed().owner == OWNER


def test_a_prefix_goes_before_every_name_of_groups_and_retirements():
    registry = a_registry(BARE, a_retirement("doomed"))

    found = place(registry, Environment("dev", name_prefix="dev-", defaults=NEEDED), OWNER)

    assert list(found.groups) == [found.groups["dev-weather"].group.name] == ["dev-weather"]
    assert list(found.retired) == [found.retired["dev-doomed"].name] == ["dev-doomed"]


def test_keys_of_stores_that_are_off_are_nowhere():
    keys = replace(NEEDED, online_kms_key=KEY, offline_kms_key=KEY)

    group = placed(replace(BARE, online=None), defaults=keys)
    assert group.online is None
    assert placed(replace(BARE, offline=None), defaults=keys).offline is None


def faults(registry, **environment):
    with pytest.raises(Invalid) as caught:
        place(registry, Environment("prod", **environment), OWNER)
    return caught.value.faults


def test_an_offline_store_needs_a_role_and_a_place_and_both_are_asked_for_at_once():
    found = faults(a_registry(replace(BARE)))

    assert [(f.file, f.line, f.group, f.field) for f in found] == [
        ("registry/weather.py", 7, "weather", "role_arn"),
        ("registry/weather.py", 7, "weather", "s3_uri"),
    ]
    assert "[tool.reconciler.environments.prod]" in found[0].fix


def test_an_online_store_alone_needs_neither():
    assert placed(a_group("weather", a_feature(), owner=None), defaults=Overrides()).role_arn is None


def test_a_name_that_its_prefix_makes_too_long_is_a_fault():
    long = replace(an_offline_group(), name="w" * 62)

    [fault] = faults(a_registry(long), name_prefix="dev-")
    assert "longer than 64 characters" in fault.reason


def test_settings_for_a_group_that_is_not_there_are_a_fault():
    [fault] = faults(a_registry(an_offline_group()), groups={"whether": Overrides()})

    assert (fault.file, fault.field) == ("pyproject.toml", "whether")


def test_settings_for_a_retired_group_are_none():
    registry = a_registry(an_offline_group(), a_retirement("doomed"))

    assert place(registry, Environment("prod", groups={"doomed": Overrides()}), OWNER).retired


@pytest.mark.parametrize("ignored", [["team"], ["te*"], ["*"]])
def test_a_tag_that_the_environment_ignores_cannot_be_wanted(ignored):
    source = Source("registry/weather.py", 2, {"tags": 9})
    group = a_group("weather", tags={"team": "ops"}, owner=None)

    [fault] = faults(Registry({"weather": Desired(group, source)}, {}), ignore_tags=tuple(ignored))

    assert (fault.file, fault.line, fault.group, fault.field) == ("registry/weather.py", 9, "weather", "tags")
    assert fault.value == "'team'"
    assert "The environment prod ignores this tag." in fault.reason


def test_other_tags_than_the_environment_ignores_can_be_wanted():
    assert placed(a_group(tags={"team": "ops"}), ignore_tags=("auto:*", "cost")).tags == {"team": "ops"}
