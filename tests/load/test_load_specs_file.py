"""The desired state as a file, and the round trips it goes through."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import Invalid, Usage
from reconciler.load import load, read_specs, specs, write_specs
from reconciler.spec import Feature, GroupSpec, Offline, Online, Provisioned, UnixTime, Vector
from reconciler.state import Registry
from reconciler.state.codec import canonical, registry_as_json, registry_from_json

NAMES = st.from_regex(r"[a-zA-Z0-9]([_-]?[a-zA-Z0-9]){0,20}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
PARAMETERS = st.dictionaries(TEXTS, TEXTS, max_size=3)
TYPES = st.sampled_from([int, float, str, bool, datetime, UnixTime, list[int], set[str], Vector[3], int | None])
STORES = st.sampled_from([None, Online(), Online(ttl=timedelta(hours=3), storage_type="InMemory", kms_key="k")])
TABLES = st.sampled_from([None, Offline(), Offline(table_format="Iceberg", s3_uri="s3://x", database="d", table="t")])


@st.composite
def spec_words(draw):
    """Words of a group; not all of them would please AWS."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    features = [
        {"name": name, "type": draw(TYPES), "about": draw(TEXTS), "parameters": draw(PARAMETERS)} for name in names
    ]
    return {
        "name": draw(NAMES),
        "record_id": "id",
        "event_time": "at",
        "features": features,
        "online": draw(STORES),
        "offline": draw(TABLES),
        "tags": draw(PARAMETERS),
        "description": draw(st.none() | TEXTS),
        "protected": draw(st.none() | st.booleans()),
        "throughput": Provisioned(read=1, write=draw(st.integers(0, 9))),
        "keep_live": draw(st.sets(TEXTS, max_size=3)),
    }


def declared(words, shuffle=lambda items: items):
    """The spec of these words, said in another order."""
    features = [
        Feature(f["name"], f["type"], about=f["about"], parameters=dict(shuffle([*f["parameters"].items()])))
        for f in words["features"]
    ]
    tags, keep = dict(shuffle([*words["tags"].items()])), shuffle([*words["keep_live"]])
    return GroupSpec(**{**words, "features": features, "tags": tags, "keep_live": keep}).desired()


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(spec_words(), max_size=3))
def test_spec_to_json_to_state_is_the_identity(many):
    groups = {words["name"]: declared(words) for words in many}
    registry = Registry(groups, {})
    document = json.loads(canonical(registry_as_json(registry)))

    assert registry_from_json(document) == registry


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(spec_words(), st.randoms(use_true_random=False))
def test_the_order_of_dicts_and_sets_does_not_matter(words, chance: random.Random):
    def shuffled(items):
        return chance.sample(items, len(items))

    one, other = declared(words), declared(words, shuffled)

    assert json.dumps(registry_as_json(Registry({"x": one}, {}))) == json.dumps(
        registry_as_json(Registry({"x": other}, {}))
    )


def test_a_registry_survives_its_file(project):
    project.group("registry/a.py")
    registry = load(project.root)
    file = project.root / "specs.json"

    write_specs(registry, file)

    assert read_specs(file) == registry
    assert [path.name for path in project.root.iterdir() if path.name.startswith(".")] == []


def test_reading_twice_gives_the_same_bytes(project):
    for name in ("a", "b"):
        project.group(f"registry/{name}.py", name.upper())
    for name in ("1.json", "2.json"):
        write_specs(load(project.root), project.root / name)

    assert (project.root / "1.json").read_bytes() == (project.root / "2.json").read_bytes()


def test_a_specs_file_is_checked_as_a_registry_is(project):
    project.group("registry/a.py")
    file = project.root / "specs.json"
    write_specs(load(project.root), file)
    file.write_text(file.read_text().replace('"record_id": "id"', '"record_id": "nobody"'))

    with pytest.raises(Invalid, match=r"registry/a\.py:5: good\.record_id = 'nobody'"):
        read_specs(file)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"format_version": "0"}', "\udcff"])
def test_what_is_no_specs_file_is_refused(tmp_path, text):
    file = tmp_path / "specs.json"
    file.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(Invalid, match=r"specs\.json: .*reconciler validate --specs-out"):
        read_specs(file)


def test_a_specs_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Usage, match="No such file"):
        read_specs(tmp_path / "specs.json")
    with pytest.raises(Usage, match="cannot be read"):
        read_specs(tmp_path)


def test_a_specs_file_of_any_size_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(specs, "SIZE_LIMIT", 10)
    (tmp_path / "specs.json").write_text(" " * 11)

    with pytest.raises(Usage, match="larger than"):
        read_specs(tmp_path / "specs.json")


def test_a_specs_file_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(Usage, match="cannot be written"):
        write_specs(Registry({}, {}), Path(tmp_path, "missing", "specs.json"))
