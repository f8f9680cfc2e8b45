"""Registries, and the ways they change, as hypothesis makes them up. Everything here is something AWS accepts."""

from dataclasses import replace

from builders import KEY, KEYS, ROLE, S3, a_feature, a_spec
from hypothesis import strategies as st

from reconciler.state import Catalog, Group, Offline, Online, Throughput

NAMES = ("weather", "plane", "Route-Day", "a1")
FEATURES = ("temp_f", "wind-mph", "Gust", "f4", "x_y", "seats", "f7")
_WORD = st.text("abcXYZ019 .:/=+-_äλ", min_size=1, max_size=12).filter(lambda text: text.strip() == text)
ABOUTS = st.one_of(st.just(""), st.text("abc <>|*`@#é'\"\\", max_size=20), _WORD)
PARAMETERS = st.dictionaries(_WORD, _WORD, max_size=3)
TAG_KEYS = st.sampled_from(["team", "cost-center", "Team", "a/b", "e@f", "schlüssel"])
TAGS = st.dictionaries(TAG_KEYS, st.one_of(st.just(""), _WORD), max_size=3)
TTLS = st.one_of(st.none(), st.integers(1, 10**6), st.sampled_from([60, 3600, 86_400, 604_800, 90 * 86_400]))
UNITS = st.integers(0, 40_000)
PROVISIONED = st.builds(Throughput, st.just("Provisioned"), UNITS, UNITS)


def features_of(names, *, in_memory):
    """A feature for each name; collections where the store has them."""
    plain = st.builds(
        a_feature,
        st.none(),
        st.sampled_from(["Integral", "Fractional", "String"]),
        about=ABOUTS,
        parameters=PARAMETERS,
        collection=st.sampled_from([None, "List", "Set"]) if in_memory else st.none(),
    )
    return st.tuples(*(plain.map(lambda f, name=name: f._replace(name=name)) for name in names))


@st.composite
def groups(draw, name="weather"):
    """Any group that AWS would make."""
    storage = draw(st.sampled_from(["Standard", "Standard_V2", "InMemory", None]))
    names = draw(st.lists(st.sampled_from(FEATURES), unique=True, max_size=5))
    features = draw(features_of(names, in_memory=storage == "InMemory"))
    if storage == "InMemory" and draw(st.booleans()):
        features += (a_feature("embedding", "Fractional", collection="Vector", dimension=draw(st.integers(1, 8192))),)
    provisioned = storage in (None, "Standard")
    return Group(
        name,
        "origin",
        "observed_at",
        tuple(draw(st.permutations([*KEYS, *features]))),
        online=Online(storage, draw(TTLS), draw(st.sampled_from([None, KEY]))) if storage else None,
        offline=draw(offlines(name, is_needed=storage is None)) if storage != "InMemory" else None,
        role_arn=draw(st.sampled_from([None, ROLE])),
        throughput=draw(st.one_of(st.just(Throughput()), PROVISIONED)) if provisioned else Throughput(),
        description=draw(st.sampled_from([None, "Hourly weather."])),
        tags=draw(TAGS),
        protected=draw(st.sampled_from([None, False, True])),
    )


@st.composite
def offlines(draw, name, *, is_needed):
    if not is_needed and draw(st.booleans()):
        return None
    table_format = draw(st.sampled_from(["Glue", "Iceberg"]))
    catalog = Catalog("features", name.lower().replace("-", "_"))
    return Offline(
        draw(st.sampled_from([None, S3, "s3://elsewhere/x/"])),
        table_format,
        draw(st.sampled_from([None, KEY])),
        create_table=table_format == "Iceberg" or draw(st.booleans()),
        catalog=draw(st.sampled_from([None, catalog])),
    )


@st.composite
def specs(draw, name="weather"):
    """A group as a spec wants it, some of its features deprecated."""
    group = draw(groups(name))
    can_go = [f.name for f in group.features if f.name not in (group.record_id, group.event_time)]
    gone = draw(st.lists(st.sampled_from(can_go), unique=True, max_size=2)) if can_go else []
    return a_spec(group, deprecated=dict.fromkeys(gone, "Nobody reads it."))


@st.composite
def registries(draw, most=3):
    """A few specs."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=most))
    return [draw(specs(name)) for name in names]


@st.composite
def edited(draw, spec):
    """The spec after a change that AWS can make in place: nothing removed, nothing retyped."""
    group = spec.group
    in_memory = group.online is not None and group.online.storage_type == "InMemory"
    features = list(group.features)
    free = [name for name in FEATURES if name not in {f.name for f in features}]
    added = draw(st.lists(st.sampled_from(free), unique=True, max_size=3)) if free else []
    features += draw(features_of(added, in_memory=in_memory))
    if draw(st.booleans()):
        features = [f._replace(about=draw(ABOUTS), parameters=draw(PARAMETERS)) for f in features]
    group = replace(group, features=tuple(draw(st.permutations(features))))
    if draw(st.booleans()):
        group = replace(group, tags=draw(TAGS), protected=draw(st.booleans()))
    if group.online and draw(st.booleans()):
        group = replace(group, online=replace(group.online, ttl_s=draw(TTLS)))
    storage = group.online.storage_type if group.online else None
    if storage in (None, "Standard") and draw(st.booleans()):
        group = replace(group, throughput=draw(st.one_of(st.just(Throughput()), PROVISIONED)))
    if storage == "Standard" and draw(st.booleans()):
        online = replace(group.online, storage_type="Standard_V2")
        group = replace(group, online=online, throughput=Throughput())
    return a_spec(group, deprecated=spec.deprecated)
