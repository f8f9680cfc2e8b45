"""A way out is a promise: what a refusal says to paste is pasted here, and the plan after it is empty."""

import re
from contextlib import closing

import pytest
from builders import OWNER
from project import Project

from reconciler.emulator.embedded import open_emulator
from reconciler.load import load

HEAD = '''
from datetime import datetime

from reconciler.spec import Offline, Online, UnixTime, Vector, feature, feature_group, retire


@feature_group(record_id="origin", event_time="observed_at", online=Online({store}), offline={offline})
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
'''
IN_MEMORY = HEAD.format(store='storage_type="InMemory"', offline=None)
STANDARD = HEAD.format(store="", offline="Offline()")

FIELDS = {
    "whole": (STANDARD, "seats: int"),
    "fraction": (STANDARD, "temp_f: float | None = None"),
    "text": (STANDARD, "name: str"),
    "flag": (STANDARD, "late: bool"),
    "time": (STANDARD, "seen_at: datetime"),
    "unix time": (STANDARD, "seen: UnixTime"),
    "hyphen": (STANDARD, 'wind_mph: float = feature(name="wind-mph")'),
    "digit": (STANDARD, 'first: str = feature(name="1st")'),
    "keyword": (STANDARD, 'class_: str = feature(name="class")'),
    "described": (STANDARD, "temp_f: float = feature(about='It is \"warm\", said `he` \\\\ she.')"),
    "parameters": (STANDARD, 'temp_f: float = feature(about="Air.", parameters={"unit": "degF", "a b": "ä/λ"})'),
    "list": (IN_MEMORY, "recent: list[str]"),
    "set": (IN_MEMORY, "codes: set[int]"),
    "vector": (IN_MEMORY, "embedding: Vector[384]"),
}


def weather(project, text):
    project.write("registry/weather.py", text)
    return load(project.root)


@pytest.mark.parametrize(("head", "field"), FIELDS.values(), ids=FIELDS)
def test_the_line_that_a_removed_feature_is_refused_with_makes_the_plan_empty(world, tmp_path, head, field):
    project = Project(tmp_path)
    world.apply(weather(project, f"{head}    {field}\n"))
    plan = world.plan(weather(project, head))

    [refusal] = plan.refusals
    assert refusal.code == "FS101"
    [line] = re.findall(r"`([^`]*)`", refusal.way_out)
    after = world.plan(weather(project, f"{head}    {line}\n"))

    assert after.is_empty, after
    assert "Deprecated, and kept" in after.notes[0].text


def test_the_new_name_in_python_that_a_renamed_feature_is_refused_with_makes_the_plan_empty(world, tmp_path):
    project = Project(tmp_path)
    world.apply(weather(project, f"{STANDARD}    temp_f: float\n"))

    [refusal] = world.plan(weather(project, f"{STANDARD}    temp_celsius: float\n")).refusals

    assert '`temp_celsius = feature(name="temp_f", ...)`' in refusal.way_out
    after = world.plan(weather(project, f'{STANDARD}    temp_celsius: float = feature(name="temp_f")\n'))
    assert after.is_empty


def test_the_line_that_a_group_without_a_spec_is_refused_with_deletes_it(world, tmp_path):
    project = Project(tmp_path)
    both = STANDARD + STANDARD.replace("class Weather", "class Plane").partition("\n\n\n")[2]
    world.apply(weather(project, both))

    [refusal] = world.plan(weather(project, STANDARD)).refusals
    assert (refusal.code, refusal.group) == ("FS402", "plane")
    [line] = re.findall(r"`([^`]*)`", refusal.way_out)
    world.apply(weather(project, STANDARD + f"\n\n{line}\n"))

    assert world.live("plane") is None


def test_the_name_that_a_renamed_class_is_refused_with_makes_the_plan_empty(world, tmp_path):
    project = Project(tmp_path)
    world.apply(weather(project, STANDARD))
    renamed = STANDARD.replace("class Weather", "class HourlyWeather")

    [refusal] = world.plan(weather(project, renamed)).refusals
    [name] = re.findall(r'name="\w+"', refusal.way_out)
    after = world.plan(weather(project, renamed.replace("feature_group(", f"feature_group({name}, ")))

    assert after.is_empty


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("online=Online()", 'online=Online(kms_key="arn:aws:kms:us-east-1:000000000000:key/1")'),
        ("online=Online()", "online=None"),
        ("offline=Offline()", "offline=None"),
        ("offline=Offline()", 'offline=Offline(kms_key="arn:aws:kms:us-east-1:000000000000:key/1")'),
        ("offline=Offline()", 'offline=Offline(s3_uri="s3://else/where")'),
        ("offline=Offline()", 'offline=Offline(table_format="Iceberg")'),
        ("offline=Offline()", "offline=Offline(create_table=False)"),
        ("offline=Offline()", 'offline=Offline(database="a", table="b")'),
        ("offline=Offline()", 'offline=Offline(), role_arn="arn:aws:iam::000000000000:role/another"'),
    ],
)
def test_the_word_that_an_immutable_field_is_refused_with_makes_the_plan_empty(world, tmp_path, before, after):
    project = Project(tmp_path)
    world.apply(weather(project, STANDARD))
    changed = STANDARD.replace(before, after)

    [refusal] = world.plan(weather(project, changed)).refusals
    [word] = re.findall(r"keep_live=\{[^}]*\}", refusal.way_out)
    plan = world.plan(weather(project, changed.replace("feature_group(", f"feature_group({word}, ")))

    assert plan.is_empty


def test_declaring_a_group_of_nobody_as_it_is_adopts_it(world, tmp_path):
    project = Project(tmp_path)
    registry = weather(project, f"{STANDARD}    temp_f: float\n")
    world.apply(registry)
    world.disown("weather")
    wrong = weather(project, f"{STANDARD}    temp_f: int\n")
    assert world.plan(wrong).refusals[0].code == "FS404"

    world.apply(registry)

    assert world.live("weather").group.owner == OWNER
    assert world.plan(registry).is_empty


PREFIX = """
[tool.reconciler.environments.local]
endpoint = "embedded"
name_prefix = "dev-"
"""


@pytest.fixture
def prefixed(tmp_path):
    """A project whose environment puts a prefix before every name: what is pasted goes into specs, without it."""
    project = Project(tmp_path).configure(PREFIX)
    project.write("registry/weather.py", STANDARD)
    return project


def refused(project, code):
    """The way out of the one refusal of the plan."""
    [refusal] = project.json("plan")["refusals"]
    assert refusal["code"] == code
    assert refusal["group"].startswith("dev-")
    assert "dev-weather" not in refusal["way_out"]
    return refusal["way_out"]


def test_under_a_prefix_the_line_for_a_group_without_a_spec_deletes_it(prefixed):
    prefixed.write("registry/plane.py", STANDARD.replace("class Weather", "class Plane"))
    assert prefixed.run("apply", "--yes").returncode == 0
    (prefixed.root / "registry/plane.py").unlink()

    [line] = re.findall(r"`([^`]*)`", refused(prefixed, "FS402"))
    prefixed.write("registry/retired.py", f"from reconciler.spec import retire\n\n{line}\n")

    assert [(c["group"], c["action"]) for c in prefixed.json("plan")["changes"]] == [("dev-plane", "delete")]
    assert prefixed.run("apply", "--yes").returncode == 0
    assert [group["group"]["name"] for group in prefixed.json("list")] == ["dev-weather"]


def test_under_a_prefix_the_name_for_a_renamed_class_makes_the_plan_empty(prefixed):
    prefixed.run("apply", "--yes")
    renamed = STANDARD.replace("class Weather", "class HourlyWeather")
    prefixed.write("registry/weather.py", renamed)

    [name] = re.findall(r'name="[^"]+"', refused(prefixed, "FS402"))
    prefixed.write("registry/weather.py", renamed.replace("feature_group(", f"feature_group({name}, "))

    assert prefixed.run("plan", "--detailed-exitcode").returncode == 0


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("FS201", 'record_id="origin"', 'record_id="place"'),
        ("FS202", 'event_time="observed_at"', 'event_time="seen_at"'),
        ("FS206", "online=Online()", 'online=Online(storage_type="InMemory")'),
    ],
)
def test_under_a_prefix_the_name_for_a_second_version_is_the_specs_own(prefixed, code, before, after):
    head = f"{STANDARD.replace('offline=Offline()', 'offline=None')}    place: str\n    seen_at: datetime\n"
    prefixed.write("registry/weather.py", head)
    prefixed.run("apply", "--yes")
    prefixed.write("registry/weather.py", head.replace(before, after))

    assert "weather-v2" in refused(prefixed, code)


def test_under_a_prefix_the_line_for_a_deletion_that_failed_has_it_tried_again(prefixed):
    prefixed.run("apply", "--yes")
    (prefixed.root / "registry/weather.py").unlink()
    prefixed.write("registry/other.py", STANDARD.replace("class Weather", "class Other"))
    prefixed.run("apply", "other", "--yes")
    retired = "from reconciler.spec import retire\n\n{}\n".format
    prefixed.write("registry/retired.py", retired('retire("weather", reason="Nobody reads it.")'))
    with closing(open_emulator(prefixed.store)) as emulator:
        emulator.faults.add("delete_fails", times=1)
    assert prefixed.run("apply", "--yes").returncode == 1
    (prefixed.root / "registry/retired.py").unlink()
    prefixed.write("registry/weather.py", STANDARD)

    [line] = re.findall(r"`([^`]*)`", refused(prefixed, "FS213"))
    (prefixed.root / "registry/weather.py").unlink()
    prefixed.write("registry/retired.py", retired(line))

    assert [(c["group"], c["action"]) for c in prefixed.json("plan")["changes"]] == [("dev-weather", "delete")]
    assert prefixed.run("apply", "--yes").returncode == 0
