"""A registry folder becomes the desired state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from reconciler.errors import Invalid, Usage
from reconciler.load import RegistryPrinted, load, start
from reconciler.state import Desired, Feature, Group, Offline, Online, Registry, Retirement, Source
from reconciler.state.codec import registry_as_json

WEATHER = '''from __future__ import annotations

from datetime import datetime, timedelta
from reconciler.spec import Online, Vector, feature, feature_group, retire
from registry.common import TAGS


@feature_group(
    record_id="origin",
    event_time="observed_at",
    online=Online(ttl=timedelta(days=7)),
    tags=TAGS,
)
class Weather:
    """Hourly weather
    at airports."""

    origin: str
    observed_at: datetime
    user_age: int | None = feature(default=None, name="user-age", deprecated="nobody reads it")


retire("old", reason="Replaced by weather.")
'''


def faults_of(project, **words):
    with pytest.raises(Invalid) as refused:
        load(project.root, **words)
    return refused.value.faults


def test_groups_and_retirements_come_with_the_lines_they_stand_in(project):
    project.write("registry/weather.py", WEATHER)
    project.write("registry/common.py", 'TAGS = {"team": "operations"}')

    assert load(project.root) == Registry(
        groups={
            "weather": Desired(
                Group(
                    "weather",
                    "origin",
                    "observed_at",
                    (
                        Feature("origin", "String"),
                        Feature("observed_at", "String"),
                        Feature("user-age", "Integral"),
                    ),
                    Online(ttl_s=604_800),
                    Offline(),
                    description="Hourly weather at airports.",
                    tags={"team": "operations"},
                ),
                Source(
                    "registry/weather.py",
                    14,
                    {
                        "record_id": 9,
                        "event_time": 10,
                        "online": 11,
                        "tags": 12,
                        "description": 15,
                        "origin": 18,
                        "observed_at": 19,
                        "user-age": 20,
                    },
                ),
                deprecated={"user-age": "nobody reads it"},
            )
        },
        retired={"old": Retirement("old", "Replaced by weather.", Source("registry/weather.py", 23))},
    )


def test_generated_groups_count_wherever_a_module_keeps_them(project):
    project.write(
        "registry/made.py",
        """
from datetime import datetime
from reconciler.spec import Feature, GroupSpec

def make(name):
    return GroupSpec(name=name, record_id="id", event_time="at", features=[
        Feature("id", str),
        Feature("at", datetime),
    ])

ONE = make("one")
MANY = [make(f"many-{n}") for n in range(2)]
NAMED = {"x": (make("deep"),)}
DIRECT = GroupSpec(
    name="direct",
    record_id="id",
    event_time="at",
    features=[
        Feature("id", str),
        Feature("at", datetime),
    ],
)
""",
    )

    groups = load(project.root).groups

    assert {name: desired.source.line for name, desired in groups.items()} == {
        "one": 11,
        "many-0": 12,
        "many-1": 12,
        "deep": 13,
        "direct": 14,
    }
    assert groups["direct"].source.line_of("at") == 20
    assert groups["direct"].source.line_of("event_time") == 17


def test_a_group_belongs_to_the_file_that_declares_it(project):
    project.group("registry/a.py", "Weather")
    project.write("registry/sub/b.py", "from ..a import Weather\nfrom registry.a import Weather as Again\n")
    project.write("registry/sub/__init__.py", "from .c import *\n")
    project.group("registry/sub/c.py", "Plane")

    groups = load(project.root).groups

    assert {name: desired.source.file for name, desired in groups.items()} == {
        "plane": "registry/sub/c.py",
        "weather": "registry/a.py",
    }


def test_hidden_files_caches_and_other_files_are_not_read(project):
    for file in (".hidden.py", ".git/x.py", "__pycache__/x.py", "notes.txt"):
        project.write(f"registry/{file}", "raise SystemExit")

    assert load(project.root) == Registry({}, {})


def test_a_folder_without_files_is_an_empty_registry(project):
    assert load(project.root) == Registry({}, {})


def test_an_empty_file_declares_nothing(project):
    project.write("registry/a.py", "")

    assert load(project.root) == Registry({}, {})


def test_a_registry_may_lie_deeper_and_have_any_name(project):
    project.group("config/feature-groups/a.py")
    project.write("config/feature-groups/b-c.py", "from .a import Good")

    assert list(load(project.root, "config/feature-groups").groups) == ["good"]
    assert list(load(project.root, project.root / "config" / "feature-groups").groups) == ["good"]


@pytest.mark.parametrize("folder", ["yaml", "pandas", "tests"])
def test_a_folder_may_have_the_name_of_an_installed_package(project, folder):
    project.group(f"{folder}/a.py", "Weather")

    assert list(load(project.root, folder).groups) == ["weather"]


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("registri", "does not exist. Did you mean registry?"),
        ("elsewhere", "does not exist. `reconciler init` makes one."),
        ("deep/er", "does not exist."),
        ("pyproject.toml", "is no folder."),
        ("json", "There is a package 'json' that reading needs"),
        ("pydantic", "There is a package 'pydantic' that reading needs"),
        ("reconciler", "There is a package 'reconciler' that reading needs"),
        (".", "not inside of the project"),
        ("..", "not inside of the project"),
        ("/", "not inside of the project"),
    ],
)
def test_a_folder_that_is_not_there_is_no_empty_registry(project, folder, says):
    project.write("pyproject.toml", "")
    for taken in ("json", "pydantic", "reconciler"):
        project.group(f"{taken}/a.py")

    with pytest.raises(Usage) as refused:
        load(project.root, folder)

    assert says in str(refused.value)


def test_two_groups_of_one_name_are_a_fault_at_both_places(project):
    project.group("registry/a.py", "Weather")
    project.group("registry/b.py", "Weather")

    assert [(f.file, f.line, f.reason) for f in faults_of(project)] == [
        ("registry/a.py", 6, "The group is declared at registry/b.py:6 too."),
        ("registry/b.py", 6, "The group is declared at registry/a.py:6 too."),
    ]


def test_a_group_that_another_of_the_same_name_hides_is_not_lost(project):
    project.write("registry/a.py", project.group("registry/a.py", "Weather").read_text() * 2)

    assert [fault.line for fault in faults_of(project)] == [6, 14]


def test_retiring_a_group_twice_is_a_fault(project):
    project.write("registry/a.py", "from reconciler.spec import retire\n" + 'retire("x", reason="y")\n' * 2)

    assert [(fault.line, fault.field) for fault in faults_of(project)] == [(2, "retire"), (3, "retire")]


def test_faults_of_types_and_of_meaning_come_together_once(project):
    project.group("registry/a.py", "Good")
    project.write(
        "registry/b.py",
        """
from datetime import datetime
from reconciler.spec import Offline, feature, feature_group

@feature_group(
    name="bad name",
    event_time="att",
    offline=Offline(table_format="Delta"),
    tags=3,
)
class Bad:
    id: dict
    at: datetime
    write_time: str
""",
    )
    project.write("registry/c.py", "x = (")

    assert [(f.file, f.line, f.group, f.field) for f in faults_of(project)] == [
        ("registry/b.py", 6, "bad name", "name"),
        ("registry/b.py", 7, "bad name", "event_time"),
        ("registry/b.py", 8, "bad name", "offline.table_format"),
        ("registry/b.py", 9, "bad name", "tags"),
        ("registry/b.py", 11, "bad name", "record_id"),
        ("registry/b.py", 12, "bad name", "id"),
        ("registry/b.py", 14, "bad name", "write_time"),
        ("registry/c.py", 1, "", ""),
    ]


def test_what_a_library_of_the_project_declares_is_named_but_not_taken(project):
    project.group("library.py", "Elsewhere")
    project.write("registry/a.py", "from library import Elsewhere")

    with pytest.warns(RegistryPrinted, match=r"library.py:6: elsewhere is declared outside of registry/"):
        registry = load(project.root)

    assert registry.groups == {}


def test_the_same_registry_is_the_same_text_whatever_the_hash_seed(project, monkeypatch):
    monkeypatch.setattr("reconciler.load.reading.SEED", "0")
    project.write(
        "registry/a.py",
        """
from datetime import datetime
from reconciler.spec import Feature, GroupSpec
NAMES = {"alpha", "beta", "gamma", "delta"}
GROUPS = [
    GroupSpec(
        name=name, record_id="id", event_time="at", keep_live={"role_arn", "online"}, tags={n: "x" for n in NAMES},
        features=[Feature("id", str), Feature("at", datetime, parameters={key: "x" for key in NAMES})],
    )
    for name in NAMES
]
""",
    )
    texts = set()
    for seed in ("0", "1", "2", "3"):
        monkeypatch.setattr("reconciler.load.reading.SEED", seed)
        texts.add(json.dumps(registry_as_json(load(project.root))))

    assert len(texts) == 1


def test_a_loading_that_was_started_can_be_asked_later_and_again(project):
    project.group("registry/a.py")
    loading = start(project.root)

    assert loading.result() is loading.result()


def test_faults_are_told_as_often_as_one_asks(project):
    project.write("registry/a.py", "raise ValueError")
    loading = start(project.root)
    for _ in range(2):
        with pytest.raises(Invalid, match="ValueError"):
            loading.result()


def test_the_time_before_anybody_asks_does_not_count(project):
    project.group("registry/a.py")
    loading = start(project.root, timeout_s=1)
    time.sleep(1.2)

    assert list(loading.result().groups) == ["good"]


def test_a_loading_that_is_forgotten_is_ended(project):
    project.write("registry/a.py", "import time; time.sleep(600)")
    loading = start(project.root)
    process = loading._process
    del loading

    assert process.wait(timeout=5) == -9


def test_a_loading_that_nobody_wants_any_more_is_ended(project):
    project.write("registry/a.py", "import time; time.sleep(600)")
    with start(project.root) as loading:
        process = loading._process

    assert process.returncode == -9


def test_the_child_sees_no_credentials(project, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    project.write(
        "registry/a.py",
        """
import os, sys
from pathlib import Path
assert not [name for name in os.environ if name.startswith(("AWS", "GITHUB"))], sorted(os.environ)
assert not (Path.home() / ".aws").exists()
assert sys.stdin.read() == ""
assert os.getsid(0) == os.getpid()
assert Path.cwd() == Path(__file__).parents[1]
""",
    )

    load(project.root)


def test_asking_for_a_registry_imports_nothing_heavy():
    code = """
import sys
import reconciler.load
heavy = {"pydantic", "asyncio", "boto3", "tempfile", "random", "multiprocessing", "logging"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_reading_leaves_no_descriptor_open(project):
    project.group("registry/a.py")
    load(project.root)
    before = descriptors()
    for _ in range(3):
        load(project.root)

    assert descriptors() == before


def descriptors():
    return {path.name for path in Path("/dev/fd").iterdir()}


def test_a_quiet_registry_warns_of_nothing(project):
    project.group("registry/a.py")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(project.root)


def test_a_file_that_changed_within_a_second_is_read_as_it_is_now(project):
    for name in ("Weather", "Thunder"):
        project.group("registry/a.py", name)
        os.utime(project.root / "registry" / "a.py", (1_700_000_000, 1_700_000_000))
        found = load(project.root)

    assert list(found.groups) == ["thunder"]


def test_reading_leaves_no_byte_code_beside_the_specs(project):
    project.group("registry/sub/a.py")

    load(project.root)

    assert not list(project.root.rglob("__pycache__"))
