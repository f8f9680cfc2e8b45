"""One small store for each kind of change: what is live, what is wanted, and the calls that take it there."""

from dataclasses import replace
from typing import NamedTuple

from builders import a_feature, a_group, a_retirement, an_offline_group, with_online

from reconciler.state import Throughput

WIND = a_feature("wind_mph", about="At ten metres.", parameters={"unit": "mph", "old": "yes"})
BARE = a_group("weather", a_feature(), tags={"team": "ops", "old": "yes"})
PROVISIONED = Throughput("Provisioned", 10, 20)


class Scenario(NamedTuple):
    """`live` is made first, by `owner`, or by nobody; the plan from there to `wanted` is `action`, made by `call`."""

    action: str
    call: str
    live: object
    wanted: object
    unowned: bool = False


SCENARIOS = {
    "create": Scenario("create", "CreateFeatureGroup", None, an_offline_group(tags={"team": "ops"})),
    "delete": Scenario("delete", "DeleteFeatureGroup", an_offline_group(), a_retirement()),
    "adopt": Scenario("adopt", "AddTags", BARE, BARE, unowned=True),
    "adopt and protect": Scenario("adopt", "AddTags", BARE, replace(BARE, protected=True), unowned=True),
    "add features": Scenario(
        "add_features", "UpdateFeatureGroup", a_group(), a_group("weather", a_feature(), a_feature("x"))
    ),
    "set a lifetime": Scenario("update_ttl", "UpdateFeatureGroup", BARE, with_online(BARE, ttl_s=3600)),
    "change a lifetime": Scenario(
        "update_ttl", "UpdateFeatureGroup", with_online(BARE, ttl_s=3600), with_online(BARE, ttl_s=86_401)
    ),
    "remove a lifetime": Scenario("update_ttl", "UpdateFeatureGroup", with_online(BARE, ttl_s=3600), BARE),
    "migrate": Scenario(
        "update_storage_type", "UpdateFeatureGroup", BARE, with_online(BARE, storage_type="Standard_V2")
    ),
    "provision": Scenario("update_throughput", "UpdateFeatureGroup", BARE, replace(BARE, throughput=PROVISIONED)),
    "go on demand": Scenario("update_throughput", "UpdateFeatureGroup", replace(BARE, throughput=PROVISIONED), BARE),
    "describe": Scenario(
        "update_metadata", "UpdateFeatureMetadata", a_group("weather", a_feature("wind_mph")), a_group("weather", WIND)
    ),
    "describe less": Scenario(
        "update_metadata", "UpdateFeatureMetadata", a_group("weather", WIND), a_group("weather", a_feature("wind_mph"))
    ),
    "set tags": Scenario("update_tags", "AddTags", BARE, replace(BARE, tags={"team": "data", "old": "yes", "new": ""})),
    "remove tags": Scenario("update_tags", "DeleteTags", BARE, replace(BARE, tags={"team": "ops"})),
    "protect": Scenario("update_tags", "AddTags", BARE, replace(BARE, protected=True)),
    "unprotect": Scenario("update_tags", "DeleteTags", replace(BARE, protected=True), BARE),
}


def begin(world, scenario):
    """Make what is live, and plan what is wanted."""
    if scenario.live is not None:
        world.apply(scenario.live)
    if scenario.unowned:
        world.disown("weather")
    plan = world.plan(scenario.wanted)

    assert {change.action for change in plan.changes} == {scenario.action}
    world.emulator.calls.clear()
    return plan
