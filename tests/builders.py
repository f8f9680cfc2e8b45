"""Values the tests of the core are about: groups, specs, live groups, registries; small unless told otherwise."""

from dataclasses import replace

from reconciler.plan import Scope, make_plan
from reconciler.rules.brakes import Limits
from reconciler.state import (
    Asked,
    Dataset,
    Desired,
    Feature,
    Group,
    Live,
    Offline,
    Online,
    Registry,
    Retirement,
    Source,
)

OWNER = "acme/flights@test"
ROLE = "arn:aws:iam::000000000000:role/feature-store"
S3 = "s3://feature-store/offline"
KEY = "arn:aws:kms:us-east-1:000000000000:key/1234"
OTHER_KEY = "arn:aws:kms:us-east-1:000000000000:key/5678"

LINES = {"name": 3, "record_id": 4, "event_time": 5, "online": 6, "offline": 7, "role_arn": 8, "throughput": 9}


def a_feature(name="temp_f", type="Fractional", **more):  # noqa: A002 - it reads as the field it is
    return Feature(name, type, **more)


KEYS = (a_feature("origin", "String"), a_feature("observed_at", "String"))


def a_group(name="weather", *features, **more):
    """A group with its two keys, an online store, and what is given."""
    given = {"online": Online(), "owner": OWNER, "protected": False} | more
    return Group(name, "origin", "observed_at", (*KEYS, *features), **given)


def an_offline_group(name="weather", *features, **more):
    """The same with an offline store too, and what that needs."""
    return a_group(name, *features, **{"offline": Offline(S3), "role_arn": ROLE} | more)


def a_spec(group=None, **more):
    """A group as a spec wants it, with the lines where things stand: features from line 11 on."""
    group = group or a_group()
    lines = LINES | {f.name: 11 + n for n, f in enumerate(group.features)}
    return Desired(group, Source(f"registry/{group.name}.py", 2, lines), **more)


def a_live(group=None, **more):
    """A group as AWS has it."""
    group = group or a_group()
    return Live(group, **{"arn": f"arn:aws:sagemaker:us-east-1:000000000000:feature-group/{group.name}"} | more)


def a_retirement(name="weather", reason="Nobody reads it."):
    return Retirement(name, reason, Source("registry/retired.py", 4))


def a_dataset(*outputs, name="departure-delay", group="weather", key="origin", **more):
    """A dataset of features of one group, at lines from 22 on; `Asked` stands for features of others."""
    asked = tuple(output if isinstance(output, Asked) else Asked(output, group, output, key) for output in outputs)
    lines = {"features": 21} | {one.output: 22 + n for n, one in enumerate(asked)}
    given = {"time": "scheduled_at", "source": Source(f"registry/{name}.py", 20, lines)} | more
    return Dataset(name, asked, **given)


def a_registry(*items):
    """Groups, specs, retirements and datasets as a registry."""
    others = (Retirement, Dataset)
    specs = [item if isinstance(item, Desired) else a_spec(item) for item in items if not isinstance(item, others)]
    retired, datasets = ([item for item in items if isinstance(item, kind)] for kind in others)
    return Registry({s.group.name: s for s in specs}, {r.name: r for r in retired}, {d.name: d for d in datasets})


NO_BRAKES = Limits(1.0, 1.0, 10_000, "test")


def a_scope(**more):
    given = {
        "owner": OWNER,
        "registry": "acme/flights",
        "environment": "test",
        "place": "000000000000/us-east-1",
        "limits": NO_BRAKES,
    }
    return Scope(**given | more)


def planned(desired, live=(), *, only=None, **scope):
    """The plan that brings live groups to a registry; both may be given as groups."""
    registry = desired if isinstance(desired, Registry) else a_registry(*desired)
    lives = [item if isinstance(item, Live) else a_live(item) for item in live]
    return make_plan(registry, {item.group.name: item for item in lives}, a_scope(**scope), only)


def actions(plan):
    return [(change.group, change.action) for change in plan.changes]


def codes(plan):
    return [refusal.code for refusal in plan.refusals]


def with_online(group, **more):
    return replace(group, online=replace(group.online, **more))


def with_offline(group, **more):
    return replace(group, offline=replace(group.offline, **more))
