"""Plans as JSON: the published schema, the way back from a file, and files that are no plans."""

import json
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files

import pytest
from builders import OWNER, a_group, a_live, a_registry, a_retirement, planned
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rich_plan import rich_plan
from strategies import registries

from reconciler.diff import by_name, standing_alone
from reconciler.errors import Invalid
from reconciler.plan.codec import approved_from_json, plan_as_json
from reconciler.rules import CODES, RULES

SCHEMA = json.loads(files("reconciler.plan").joinpath("schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
FREE = ("live", "desired", "added", "tags", "parameters", "live_parameters", "groups")
OPTIONAL = {
    *("online", "offline", "role_arn", "description", "collection", "dimension", "about", "parameters"),
    *("ttl_s", "kms_key", "s3_uri", "catalog", "read_units", "write_units"),
}


def document(plan):
    """The plan as it comes out of a file."""
    return json.loads(json.dumps(plan_as_json(plan)))


def faults(doc):
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(doc)]


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_every_action_and_every_code():
    defs = SCHEMA["$defs"]
    actions = {ref["$ref"].rpartition("/")[2] for ref in defs["change"]["oneOf"]}

    assert actions == {rule.action for rule in RULES if rule.action} | {"create", "delete", "recreate_failed"}
    assert {defs[action]["properties"]["action"]["const"] for action in actions} == actions
    assert set(defs["refusal"]["properties"]["code"]["enum"]) == CODES.keys()


def _objects(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from _objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _objects(part)


def test_no_object_of_the_schema_lets_unknown_keys_through():
    assert all("additionalProperties" in schema for schema in _objects(SCHEMA))


@given(wanted=registries(), live=registries(), retired=st.booleans(), owner=st.sampled_from([OWNER, None, "them@x"]))
def test_every_plan_fits_the_schema(wanted, live, retired, owner):
    specs = [_owned(spec, OWNER) for spec in wanted]
    lives = [a_live(_owned(spec, owner).group) for spec in live]
    gone = [a_retirement(s.group.name) for s in live if s.group.name not in {w.group.name for w in wanted}]

    assert faults(document(planned(a_registry(*specs, *(gone if retired else [])), lives))) == []


def _owned(spec, owner):
    return replace(spec, group=replace(spec.group, owner=owner, protected=bool(spec.group.protected)))


def test_a_plan_with_every_action_and_many_refusals_fits_the_schema():
    doc = document(rich_plan())

    assert faults(doc) == []
    assert len({change["action"] for change in doc["changes"]}) == 10
    assert len(doc["refusals"]) > 5


def _nodes(value, path=()):
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from _nodes(part, (*path, key))


def _at(doc, path):
    for key in path:
        doc = doc[key]
    return doc


def _is_free(path):
    """Below a map of a user's own words, or a side of a refusal."""
    inside = [n for n, key in enumerate(path) if key in FREE]
    if not inside:
        return False
    if path[0] == "groups":
        return len(path) == 1
    if path[0] == "refusals":
        return path[2:3] in (("live",), ("desired",))
    return path[-1] in ("tags", "parameters", "live_parameters", "added") or (
        path[-1] == "live" and "desired" not in _at(document(rich_plan()), path[:-1])
    )


def _shapes(doc):
    """One path of each sort: the fifth feature has the shape of the first."""
    found = {}
    for path, value in _nodes(doc):
        action = doc["changes"][path[1]]["action"] if path[:1] == ("changes",) and len(path) > 1 else ""
        names = tuple(key for key in path if isinstance(key, str))
        found.setdefault((action, names if path[:1] != ("groups",) else names[2:], type(value)), path)
    return list(found.values())


SHAPES = _shapes(document(rich_plan()))
PATHS = [path for path in SHAPES if isinstance(_at(document(rich_plan()), path), dict) and not _is_free(path)]


def test_a_key_too_many_is_refused_everywhere():
    let_through = []
    for path in PATHS:
        broken = document(rich_plan())
        _at(broken, path)["surprise"] = 1
        if VALIDATOR.is_valid(broken):
            let_through.append(path)

    assert let_through == []


def test_a_key_too_few_is_refused_everywhere_but_where_it_may_be_left_out():
    whole = document(rich_plan())
    let_through = []
    for path in PATHS:
        if path[:1] == ("groups",) and len(path) == 1:
            continue
        for key in _at(whole, path):
            broken = deepcopy(whole)
            del _at(broken, path)[key]
            if key not in OPTIONAL and VALIDATOR.is_valid(broken):
                let_through.append((*path, key))

    assert let_through == []


def test_a_value_of_another_type_is_refused_everywhere():
    whole = document(rich_plan())
    let_through = []
    for path in SHAPES:
        if not path or (path[0] == "refusals" and {"live", "desired"} & set(path)):
            continue
        broken = deepcopy(whole)
        _at(broken, path[:-1])[path[-1]] = 3.5
        if VALIDATOR.is_valid(broken):
            let_through.append(path)

    assert let_through == []


@pytest.mark.parametrize("digest", ["", "sha256:", "sha256:xyz", "md5:" + "0" * 32, "sha256:" + "0" * 63])
def test_a_digest_that_is_none_is_refused(digest):
    assert faults({**document(rich_plan()), "digest": digest})


# There and back


@given(wanted=registries(), live=registries())
def test_a_plan_comes_back_from_its_file(wanted, live):
    plan = planned([_owned(s, OWNER) for s in wanted], [_owned(s, OWNER).group for s in live])

    assert_comes_back(plan)


def test_a_plan_with_everything_comes_back_from_its_file():
    assert_comes_back(rich_plan())


def assert_comes_back(plan):
    doc = document(plan)
    approved = approved_from_json(doc)

    assert (approved.environment, approved.registry, approved.digest) == (plan.environment, plan.registry, plan.digest)
    assert [change_alone(c) for c in approved.changes] == [change_alone(c) for c in plan.changes]
    assert json.loads(json.dumps([r.reason for r in approved.refusals])) == [r.reason for r in plan.refusals]
    assert approved.notes == plan.notes
    assert approved.unchanged == plan.unchanged
    assert approved.desired == {name: s.desired_digest for name, s in plan.sides.items()}
    assert approved.live == dict(plan.ways)


def change_alone(change):
    """A change as a file has it: where its spec stands, and not where each of its fields does."""
    return replace(change, source=replace(change.source, fields={}))


def test_the_sides_of_a_new_group_are_what_stands_alone():
    plan = planned([a_group()])

    assert plan.sides["weather"].desired == by_name(standing_alone(a_registry(a_group()).groups["weather"]))


def test_a_plan_file_has_nothing_but_plain_values():
    assert json.loads(json.dumps(plan_as_json(rich_plan()))) == plan_as_json(rich_plan())


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=8,
    )
)
def test_anything_else_is_no_plan_and_says_so(value):
    with pytest.raises(Invalid) as caught:
        approved_from_json(value, "plan.json")

    assert "plan.json: This is not a plan of this tool" in str(caught.value)


@given(st.data())
def test_a_plan_with_a_hole_in_it_is_no_plan_or_still_reads(data):
    doc = document(rich_plan())
    path, _ = data.draw(st.sampled_from(list(_nodes(doc))[1:]))
    parent = _at(doc, path[:-1])
    junk = data.draw(st.sampled_from([None, [], {}, 7, "junk", [1], {"a": 1}]))
    parent[path[-1]] = junk

    try:
        approved_from_json(doc, "plan.json")
    except Invalid as invalid:
        assert "plan.json" in str(invalid)  # noqa: PT017 - both ends are right, and no other


def test_a_plan_of_another_format_says_which_one_is_read():
    with pytest.raises(Invalid, match="this tool reads '1'"):
        approved_from_json({**document(rich_plan()), "format_version": "2"})
