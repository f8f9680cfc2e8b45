"""`reconciler records` as users and pipelines run it."""

import json
import signal
import time

import pytest
from project import PROD, SPEC, Project, http_environment

from reconciler.cli import records
from reconciler.cli.main import cli
from reconciler.emulator.server import running

HEAD = "origin,observed_at,temp_f\n"
GOOD = HEAD + "JFK,2013-07-10T16:00:00Z,82.94\nLGA,2013-07-10T16:00:00Z,\n"
BAD = HEAD + "JFK,2013-07-10T16:00:00,82.94\nLGA,2013-07-10T16:00:00Z,warm\nEWR,2013-07-10T16:00:00Z,80.1\n"


def made(root):
    project = Project(root).with_weather()
    assert project.run("apply", "--yes").returncode == 0
    project.write("good.csv", GOOD)
    project.write("bad.csv", BAD)
    return project


@pytest.fixture
def weather(tmp_path):
    """A project whose group is live."""
    return made(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A project with two records; for tests that only read."""
    project = made(tmp_path_factory.mktemp("filled"))
    assert project.run("records", "ingest", "weather", "good.csv").returncode == 0
    return project


def test_rows_go_in_are_waited_for_and_come_out(weather):
    done = weather.run("records", "ingest", "weather", "good.csv", "--wait-offline")

    assert (done.returncode, done.stdout[:28]) == (0, "2 rows of 2 written to weath")
    assert "2 rows of weather readable offline" in done.stderr
    assert weather.json("records", "get", "weather", "LGA", "JFK") == [
        {"origin": "LGA", "observed_at": "2013-07-10T16:00:00Z", "temp_f": None},
        {"origin": "JFK", "observed_at": "2013-07-10T16:00:00Z", "temp_f": 82.94},
    ]


def test_the_same_rows_again_are_not_sent(filled):
    report = filled.json("records", "ingest", "weather", "good.csv")

    assert (report["rows"], report["written"], report["before"]) == (2, 0, 2)


def test_rows_at_fault_are_all_named_and_nothing_is_sent(weather):
    done = weather.run("records", "ingest", "weather", "bad.csv")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "bad.csv:2  observed_at = 2013-07-10T16:00:00" in done.stderr
    assert "bad.csv:3  temp_f = warm" in done.stderr
    assert "Traceback" not in done.stderr
    assert weather.json("records", "list", "weather") == []


def test_rows_at_fault_are_a_document_for_programs(weather):
    done = weather.run("records", "ingest", "weather", "bad.csv", "--format", "json")
    document = json.loads(done.stdout)

    assert done.returncode == 1
    assert [(fault["row"], fault["feature"]) for fault in document["faults"]] == [(0, "observed_at"), (1, "temp_f")]
    assert (document["rows"], document["rows_at_fault"], document["fault_count"]) == (3, 2, 2)
    assert (weather.root / document["file"]).read_text().count("\n") == 3


def test_good_rows_are_sent_where_that_is_asked_for_and_the_exit_code_says_that_it_is_not_all(weather):
    done = weather.run("records", "ingest", "weather", "bad.csv", "--good-rows", "--format", "json")
    report = json.loads(done.stdout)

    assert done.returncode == 1
    assert (report["rows"], report["written"], report["refused"]) == (3, 1, 2)
    assert weather.json("records", "list", "weather") == [{"origin": "EWR"}]


def test_a_dry_run_checks_and_sends_nothing(weather):
    done = weather.run("records", "ingest", "weather", "good.csv", "--dry-run")

    assert (done.returncode, "Nothing was sent." in done.stdout) == (0, True)
    assert weather.json("records", "list", "weather") == []


@pytest.mark.parametrize("store", [[], ["--store", "online"]])
def test_rows_that_never_go_offline_are_not_waited_for(weather, store):
    if not store:
        weather.write(
            "registry/weather.py",
            SPEC.replace("offline=Offline()", "offline=None").replace("record_id", 'name="on", record_id'),
        )
    group = "weather" if store else "on"

    done = weather.run("records", "ingest", group, "good.csv", "--wait-offline", *store)

    assert (done.returncode, done.stdout) == (1, "")
    assert "no offline store" in done.stderr


def test_a_backfill_writes_offline_alone(weather):
    report = weather.json("records", "backfill", "weather", "good.csv")

    assert (report["written"], report["files"]) == (2, 1)
    assert weather.json("records", "list", "weather") == []
    assert weather.json("records", "backfill", "weather", "good.csv")["before"] == 2


def test_a_report_that_was_kept_can_be_waited_for_later(weather):
    report = weather.run("records", "ingest", "weather", "good.csv", "--format", "json").stdout
    weather.write("report.json", report)

    done = weather.run("records", "wait", "report.json")

    assert (done.returncode, done.stdout) == (0, "")
    assert "2 rows of weather readable offline" in done.stderr


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"rows": 3}'])
def test_what_is_no_report_is_said_to_be_none(filled, text):
    filled.write("none.json", text)

    done = filled.run("records", "wait", "none.json")

    assert done.returncode == 1
    assert "records ingest --format json" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_record_is_shown_a_line_a_feature(filled):
    done = filled.run("records", "get", "weather", "JFK")

    assert done.stdout == "origin:      JFK\nobserved_at: 2013-07-10T16:00:00Z\ntemp_f:      82.94\n"


def test_several_records_are_a_table_or_csv(filled):
    table = filled.run("records", "get", "weather", "JFK", "LGA").stdout
    text = filled.run("records", "get", "weather", "JFK", "LGA", "--format", "csv", "--expires-at").stdout

    assert [line.split() for line in table.splitlines()] == [
        ["origin", "observed_at", "temp_f"],
        ["JFK", "2013-07-10T16:00:00Z", "82.94"],
        ["LGA", "2013-07-10T16:00:00Z", "-"],
    ]
    assert text.splitlines() == [
        "origin,observed_at,temp_f,expires_at",
        "JFK,2013-07-10T16:00:00Z,82.94,",
        "LGA,2013-07-10T16:00:00Z,,",
    ]


def test_a_record_that_is_not_there_is_named_and_the_rest_is_shown(filled):
    done = filled.run("records", "get", "weather", "JFK", "EWR", "--format", "json")

    assert done.returncode == 1
    assert [row["origin"] for row in json.loads(done.stdout)] == ["JFK"]
    assert "'EWR'" in done.stderr


def test_a_list_can_be_the_file_of_identifiers(filled):
    filled.write("ids.csv", filled.run("records", "list", "weather", "--format", "csv").stdout)

    assert {row["origin"] for row in filled.json("records", "get", "weather", "--ids", "ids.csv")} == {"JFK", "LGA"}


def test_a_deleted_record_is_gone_and_one_that_is_newer_stays_and_is_named(weather):
    weather.run("records", "ingest", "weather", "good.csv")

    early = weather.run("records", "delete", "weather", "JFK", "--event-time", "2013-07-10T15:00:00Z")
    done = weather.run("records", "delete", "weather", "JFK", "--event-time", "now")

    assert (early.returncode, done.returncode) == (1, 0)
    assert "JFK" in early.stdout
    assert weather.json("records", "list", "weather") == [{"origin": "LGA"}]


def test_many_are_not_deleted_without_a_word(weather):
    weather.run("records", "ingest", "weather", "good.csv")

    asked = weather.run("records", "delete", "weather", "JFK", "LGA", "--event-time", "now")
    tried = weather.run("records", "delete", "weather", "JFK", "LGA", "--event-time", "now", "--dry-run")

    assert (asked.returncode, tried.returncode) == (1, 0)
    assert "give --yes" in asked.stderr
    assert len(weather.json("records", "list", "weather")) == 2


def test_an_erased_record_is_in_neither_store(weather):
    weather.run("records", "ingest", "weather", "good.csv")

    tried = weather.json("records", "erase", "weather", "JFK", "--dry-run")
    asked = weather.run("records", "erase", "weather", "JFK")
    done = weather.run("records", "erase", "weather", "JFK", "--yes", "--format", "json")

    assert (tried["left"], asked.returncode, done.returncode) == (1, 1, 0)
    report = json.loads(done.stdout)
    assert (report["ids"], report["left"], report["remaining"]) == (1, 0, [])
    assert report["rows"] >= 1
    assert weather.json("records", "list", "weather") == [{"origin": "LGA"}]


def test_deduplicate_says_what_it_found(weather):
    weather.run("records", "ingest", "weather", "good.csv")
    weather.run("records", "ingest", "weather", "good.csv", "--again")

    counted = weather.json("records", "deduplicate", "weather", "--dry-run")
    done = weather.json("records", "deduplicate", "weather", "--yes")

    assert (counted["rows"], counted["found"], counted["removed"]) == (4, 2, 0)
    assert (done["rows"], done["found"], done["removed"]) == (4, 2, 2)
    assert weather.json("records", "deduplicate", "weather", "--dry-run")["found"] == 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["ingest", "wether", "good.csv"], "Did you mean 'weather'?"),
        (["ingest", "weather", "gone.csv"], "gone.csv"),
        (["ingest", "weather"], "FILE"),
        (["ingest", "weather", "good.csv", "--ttl", "soon"], "12h"),
        (["get", "weather"], "at least one"),
        (["get", "weather", "--ids", "gone.csv"], "There is no file"),
        (["delete", "weather", "JFK", "--event-time", "yesterday"], "is no time"),
        (["delete", "weather", "JFK", "--event-time", "2013-07-10T16:00:00"], "zone"),
        (["wait", "gone.json"], "cannot be read"),
    ],
)
def test_a_mistake_is_a_sentence(filled, words, text):
    done = filled.run("records", *words)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert text in done.stderr


def test_a_group_that_is_not_live_is_said_to_be_made_by_apply(tmp_path):
    project = Project(tmp_path).with_weather()
    project.write("good.csv", GOOD)

    done = project.run("records", "ingest", "weather", "good.csv")

    assert done.returncode == 1
    assert "reconciler apply" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["ingest", "weather", "good.csv"],
        ["backfill", "weather", "good.csv"],
        ["delete", "weather", "JFK", "--event-time", "now", "--yes"],
        ["erase", "weather", "JFK", "--yes"],
        ["deduplicate", "weather", "--yes"],
    ],
)
def test_what_changes_a_store_names_the_environment_where_a_real_one_is_configured(weather, words):
    weather.configure(PROD)

    done = weather.run("records", *words)

    assert done.returncode == 1
    assert "--env" in done.stderr


def test_records_work_on_a_server_as_in_this_process(tmp_path):
    with running(tmp_path / "data") as server:
        project = Project(tmp_path / "project").with_weather().configure(http_environment(server.url))
        project.write("good.csv", GOOD)
        project.run("apply", "--yes")

        report = project.json("records", "ingest", "weather", "good.csv", "--processes", "2")

        assert report["written"] == 2
        assert {row["origin"] for row in project.json("records", "list", "weather")} == {"JFK", "LGA"}


def test_an_interrupted_ingest_is_resumed_by_the_same_command(tmp_path):
    with running(tmp_path / "data") as server:
        project = Project(tmp_path / "project").with_weather().configure(http_environment(server.url))
        project.write("many.csv", HEAD + "".join(f"k{n},2013-07-10T16:00:00Z,{n}\n" for n in range(2_000)))
        project.run("apply", "--yes")
        server.ask("POST", "faults", {"kind": "latency", "operation": "BatchWriteRecord", "seconds": 1})
        with project.started("records", "ingest", "weather", "many.csv") as process:
            while not server.ask("GET", "calls")["counts"].get("BatchWriteRecord") and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        server.ask("DELETE", "faults")

        assert (process.returncode, "The same command sends the rest." in said) == (1, True)
        assert "Traceback" not in said
        report = project.json("records", "ingest", "weather", "many.csv")
        assert report["written"] + report["before"] == 2_000


def test_a_bar_is_shown_on_a_terminal_and_goes_away(weather):
    code, shown = weather.on_a_terminal("records", "ingest", "weather", "good.csv", "--wait-offline")

    assert code == 0
    assert "2 rows of 2 written to weather" in shown
    assert "2 rows of weather readable offline" in shown


@pytest.mark.parametrize("name", records.COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name):
    command = cli.get_command(None, "records").get_command(None, name)

    assert command.help.partition("\n\n")[0].replace("\n", " ").startswith(records.COMMANDS[name][1])
