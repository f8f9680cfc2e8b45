"""A person at a terminal: what is shown, what is asked, and what Ctrl-C does."""

import json
import re
import signal
import time

import pytest
from builders import a_group
from project import SPEC, http_environment
from world import World

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.server import running

LONG = {"create_s": 3_600.0, "create_offline_s": 3_600.0}
OWNER = "acme/flights@there"


@pytest.fixture
def weather(project):
    return project.with_weather()


@pytest.fixture
def slow(tmp_path_factory, project):
    """A project on a server that takes an hour for each creation."""
    pytest.importorskip("uvicorn")
    with running(tmp_path_factory.mktemp("slow"), **LONG) as server:
        project.configure(http_environment(server.url))
        yield server


def until(is_so, process):
    """Look again and again; the test's own end is the time limit of the process."""
    while not is_so() and process.poll() is None:
        time.sleep(0.01)


def created(server):
    return server.ask("GET", "calls")["counts"].get("CreateFeatureGroup", 0)


def plain(shown):
    """What is shown, without colours and the terminal's line breaks."""
    return " ".join(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).split())


@pytest.mark.parametrize("reason", ["No role [/bold] here.", "It fails the pattern: [a-zA-Z0-9](-*)", "[red]It.[/]"])
def test_what_aws_says_in_brackets_is_shown_whole(weather, reason):
    emulator = open_emulator(weather.store)
    emulator.faults.add("create_fails", reason=reason)
    emulator.close()

    code, shown = weather.on_a_terminal("apply", "--yes", COLUMNS="200")

    assert code == 1
    # Once as it happens, and once in the outcome.
    assert plain(shown).count(reason) == 2
    assert "Applied: 0 done, 1 failed, 1 not begun." in plain(shown)
    assert "Traceback" not in shown


def test_nobody_is_asked_about_a_plan_that_was_not_shown(weather):
    with (weather.root / "outcome.json").open("wb") as stdout:
        code, shown = weather.on_a_terminal("apply", "--format", "json", typed="y\n", stdout=stdout)

    assert code == 0
    assert plain(shown).index("+ weather create") < plain(shown).index("Apply this to local? [y/N]")
    outcome = json.loads((weather.root / "outcome.json").read_text())
    assert [change["action"] for change in outcome["done"]] == ["create", "update_metadata"]


def test_a_no_to_a_plan_that_was_shown_beside_the_json_changes_nothing(weather):
    with (weather.root / "outcome.json").open("wb") as stdout:
        code, shown = weather.on_a_terminal("apply", "--format", "json", typed="n\n", stdout=stdout)

    assert (code, (weather.root / "outcome.json").read_text().strip()) == (1, "")
    assert "Nothing was changed." in shown
    assert weather.json("list") == []


# Ctrl-C


def test_an_interrupt_ends_the_wait_for_groups_that_aws_is_at_work_on(slow, project, tmp_path_factory):
    World(tmp_path_factory.mktemp("world"), "there", slow.url).make(a_group("weather", owner=OWNER))
    project.with_weather()
    with project.started("apply", "--yes") as process:
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)

    assert first == "Waiting until AWS has finished with weather ...\n"
    assert (process.returncode, stdout) == (1, "")
    assert stderr.strip() == "Stopped."


def test_after_an_interrupt_what_aws_goes_on_with_is_stopped_and_has_not_failed(slow, project):
    project.write("registry/many.py", "\n".join(SPEC.replace("class Weather", f"class W{n}") for n in range(6)))
    with project.started("apply", "--yes") as process:
        until(lambda: created(slow) >= 4, process)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 1
    # Four creations run at once; no other was asked for, and nothing was described.
    assert created(slow) == 4
    assert "\nApplied: 0 done, 4 stopped, 8 not begun.\n" in stdout
    assert len(re.findall(r"^  stopped    w\d  create, which AWS goes on with$", stdout, re.MULTILINE)) == 4
    assert len(re.findall(r"^stopped w\d  create", stderr, re.MULTILINE)) == 4
    assert "Run apply again: it does the rest." in stdout
    assert "failed" not in stdout + stderr
    assert "Traceback" not in stderr


def test_after_an_interrupt_a_job_summary_tells_the_stopped_from_the_failed(slow, project):
    project.with_weather()
    with project.started("apply", "--yes", "--format", "markdown") as process:
        until(lambda: created(slow), process)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)

    assert "- stopped: `weather` `create`, which AWS goes on with" in stdout
    assert "failed" not in stdout


def test_a_group_that_is_named_does_not_wait_for_one_that_is_not(slow, project, tmp_path_factory):
    there = World(tmp_path_factory.mktemp("world"), "there", slow.url)
    there.make(a_group("weather", owner=OWNER))
    project.with_weather()
    project.write("registry/old.py", 'from reconciler.spec import retire\n\nretire("old", reason="Nobody reads it.")\n')

    done = project.run("apply", "old", "--yes")

    assert done.returncode == 0
    assert "Waiting" not in done.stderr
    assert there.live("weather").health.status == "Creating"
