"""One plan with everything in it: every action, many refusals, every sort of note."""

from dataclasses import replace

from builders import (
    a_feature,
    a_group,
    a_live,
    a_registry,
    a_retirement,
    a_spec,
    an_offline_group,
    planned,
    with_offline,
    with_online,
)

from reconciler.state import Catalog, Health, Online, Throughput

WIND = a_feature("wind_mph", about="At ten metres.", parameters={"unit": "mph"})
IN_MEMORY = replace(
    a_group(
        "memory",
        a_feature("recent", "String", collection="List"),
        a_feature("embedding", "Fractional", collection="Vector", dimension=384),
    ),
    online=Online("InMemory", 7 * 86_400),
)
NAMED = with_offline(
    an_offline_group("named", a_feature("year", "Integral"), WIND, description="A group with a table of its own."),
    catalog=Catalog("features", "named"),
)
PAID = replace(
    a_group("paid", a_feature(), tags={"team": "ops", "old": "yes"}), throughput=Throughput("Provisioned", 5, 7)
)
SHIFTED = a_group(
    "shifted", a_feature("a", "Integral"), a_feature("gone"), a_feature("v", collection="Vector", dimension=2)
)

WANTED = [
    IN_MEMORY,
    NAMED,
    with_online(
        replace(
            a_group("paid", a_feature(about="Air."), a_feature("seats", "Integral")), tags={"team": "data", "new": ""}
        ),
        ttl_s=90,
        storage_type="Standard_V2",
    ),
    a_spec(replace(a_group("taken", a_feature("old")), protected=True), deprecated={"old": "Nobody reads it."}),
    an_offline_group("broken"),
    a_retirement("doomed", "Replaced by weather."),
    a_retirement("guarded", "Replaced too."),
    a_retirement("vanished", "Long gone."),
    with_online(
        a_group("shifted", a_feature("a", "String"), a_feature("v", collection="Vector", dimension=3)), kms_key="k"
    ),
    a_group("theirs"),
    a_group("nobody", a_feature("x", "String")),
    a_group("plane"),
]
LIVE = [
    PAID,
    a_group("taken", a_feature("old"), owner=None),
    a_live(an_offline_group("broken"), health=Health("CreateFailed", "No such bucket.")),
    a_live(
        an_offline_group("doomed"),
        data_uri="s3://feature-store/offline/doomed-1/data",
        table=Catalog("sagemaker_featurestore", "doomed_1"),
    ),
    a_group("guarded", protected=True),
    SHIFTED,
    a_group("theirs", owner="them/theirs@prod"),
    a_group("nobody", a_feature("x", "Integral"), owner=None),
    a_group("specless"),
    a_live(a_group("plane", description="Aircraft."), health=Health("Created", "", "Failed", "No room.")),
]


def rich_plan():
    return planned(a_registry(*WANTED), LIVE)
