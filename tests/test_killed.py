"""`reconciler apply`, killed at any moment: whatever it left, the next apply makes the store what the registry says.

The kills are real (SIGKILL, a process of its own), and so are the stores: a server in another process, and the
embedded one, whose data the killed process itself was writing.
"""

import random
import time
from contextlib import closing
from dataclasses import replace

import pytest
from builders import a_feature, a_group, a_registry, a_retirement, an_offline_group, with_online
from project import Project, http_environment
from world import WRITES, World

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.server import running
from reconciler.load import write_specs

pytest.importorskip("uvicorn")

BEFORE = [
    a_group("changed", a_feature("old"), tags={"team": "ops", "gone": "yes"}, owner=None),
    an_offline_group("doomed", owner=None),
    a_group("kept", owner=None),
]
WANTED = [
    with_online(
        replace(
            BEFORE[0],
            features=(*BEFORE[0].features, *(a_feature(f"f{n}", about=f"{n}" if n < 2 else "") for n in range(110))),
            tags={"team": "data"},
        ),
        ttl_s=3600,
        storage_type="Standard_V2",
    ),
    a_retirement("doomed"),
    BEFORE[2],
    an_offline_group("fresh", a_feature(about="Air."), owner=None),
    a_group("other", a_feature(about="Wind."), owner=None),
]
CALLS = 13
KILLS_AT_RANDOM = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("server")) as served:
        yield served


@pytest.fixture(scope="module")
def there(tmp_path_factory, server):
    return World(tmp_path_factory.mktemp("there"), "there", server.url)


@pytest.fixture
def project(tmp_path):
    write_specs(a_registry(*WANTED), tmp_path / "specs.json")
    return Project(tmp_path)


def test_the_kills_below_cover_every_call(server, there):
    begin(server, there)

    there.apply(*WANTED, owner="acme/flights@there")

    assert written(server) == CALLS


@pytest.mark.parametrize("calls", range(1, CALLS + 1))
def test_killed_after_any_call_that_changed_the_store(server, there, project, calls):
    begin(server, there)
    project.configure(http_environment(server.url))
    for operation in WRITES:
        server.ask("POST", "faults", {"kind": "latency", "operation": operation, "seconds": 0.02})

    process = project.start("apply", "--yes", "--specs", "specs.json")
    while written(server) < calls and process.poll() is None:
        time.sleep(0.002)
    end(process)

    assert written(server) >= calls
    server.ask("DELETE", "faults", {})
    assert_the_next_apply_finishes(there, "acme/flights@there")


@pytest.mark.parametrize("seed", range(KILLS_AT_RANDOM))
def test_killed_at_a_moment_of_chance_while_it_was_writing_the_embedded_store(project, seed):
    project.configure(http_environment("embedded", "here"))
    here = World(project.root, "here")
    here.apply(*BEFORE, owner="acme/flights@here")
    here.fault("latency", seconds=0.01)

    process = project.start("apply", "--yes", "--specs", "specs.json")
    first = process.stderr.readline()
    time.sleep(random.Random(seed).uniform(0, 0.5))
    end(process)

    assert first
    here.emulator.faults.clear()
    assert_the_next_apply_finishes(here, "acme/flights@here")


def test_killed_again_and_again_it_still_gets_there(server, there, project):
    begin(server, there)
    project.configure(http_environment(server.url))
    for operation in WRITES:
        server.ask("POST", "faults", {"kind": "latency", "operation": operation, "seconds": 0.02})

    for calls in (2, 5, 9):
        process = project.start("apply", "--yes", "--specs", "specs.json")
        while written(server) < calls and process.poll() is None:
            time.sleep(0.002)
        end(process)
    server.ask("DELETE", "faults", {})
    last = project.run("apply", "--yes", "--specs", "specs.json")

    assert last.returncode == 0, last.stderr
    assert project.run("plan", "--specs", "specs.json", "--detailed-exitcode").returncode == 0


def begin(server, there):
    server.ask("POST", "reset")
    there.apply(*BEFORE, owner="acme/flights@there")
    server.ask("DELETE", "calls")


def written(server):
    counts = server.ask("GET", "calls")["counts"]
    return sum(count for operation, count in counts.items() if operation in WRITES)


def end(process):
    process.kill()
    process.communicate(timeout=30)


def assert_the_next_apply_finishes(world, owner):
    rest = world.plan(*WANTED, owner=owner)

    assert not rest.is_blocked
    assert world.carry_out(rest, owner=owner).is_complete
    assert world.plan(*WANTED, owner=owner).is_empty


def test_a_store_whose_writer_was_killed_is_whole(project):
    world = World(project.root, "here")
    world.fault("latency", seconds=0.01)
    process = project.start("apply", "--yes", "--specs", "specs.json")
    process.stderr.readline()
    end(process)

    with closing(open_emulator(project.store)) as emulator, emulator.store.reading() as db:
        [verdict] = db.execute("PRAGMA integrity_check").fetchone()

    assert verdict == "ok"
