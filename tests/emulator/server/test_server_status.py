"""What a directory holds, for people and programs, with a server on it and without; and that a reset leaves nothing."""

import json
import sqlite3

import pytest
from click.testing import CliRunner
from emulator_help import a_feature, a_group

from reconciler.cli.emulator_status import lines
from reconciler.cli.main import cli
from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.server import running
from reconciler.emulator.status import describe_directory
from reconciler.emulator.store import FILE


def run(*words, code=0):
    done = CliRunner().invoke(cli, ["emulator", *(str(word) for word in words)])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def filled(tmp_path, emulator, make, runtime, s3):
    """Two groups, one with records in both stores, and an object beside them."""
    make("weather", a_feature("temp_f", "Fractional"), offline={})
    make("a-group-whose-name-is-longer-than-most-names-are", offline={}, online=False)
    for number in range(3):
        record = [
            {"FeatureName": "id", "ValueAsString": str(number)},
            {"FeatureName": "at", "ValueAsString": "2026-01-01T00:00:00Z"},
        ]
        runtime.put_record(FeatureGroupName="weather", Record=record)
        if number == 0:
            emulator.flush()
    s3.put_object(Bucket="features", Key="mine.txt", Body=b"x" * 1000)
    emulator.faults.add("latency")
    return tmp_path / "data"


def test_a_group_has_its_records_files_and_waiting_rows(filled):
    found = describe_directory(filled)
    weather = {group["name"]: group for group in found["groups"]}["weather"]

    assert (weather["records"], weather["pending"], weather["offline"]["files"]) == (3, 2, 1)
    assert weather["online_bytes"] > 0
    assert weather["offline"]["bytes"] == sum(path.stat().st_size for path in (filled / "s3").rglob("*.parquet"))
    assert found["buckets"] == [{"name": "features", "objects": 2, "bytes": weather["offline"]["bytes"] + 1000}]
    assert (found["pending"], found["queries"], found["faults"]) == (2, 0, 1)


def test_as_text_it_fits_80_columns(filled):
    shown = run("status", "--data", filled)

    assert max(map(len, shown.splitlines()[1:])) <= 80
    assert "  weather  Created  eu-west-1  3 features\n" in shown
    assert "    online   3 records, " in shown
    assert "    offline  1 file, " in shown
    assert "; 2 rows not written yet" in shown
    assert "  s3://features  2 objects, " in shown
    assert "1 fault on request" in shown


def test_as_json_it_is_one_document(filled):
    assert json.loads(run("status", "--data", filled, "--format", "json"))["groups"][1]["name"] == "weather"


def test_of_a_directory_that_is_not_there_it_says_so_and_makes_none(tmp_path):
    assert "0 feature groups, 0 bytes" in run("status", "--data", tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_group_that_failed_says_why(emulator, make, tmp_path):
    emulator.faults.add("create_fails", reason="No such role.")
    make("weather")
    emulator.freeze_clock()

    shown = "\n".join(lines(describe_directory(tmp_path / "data"), lambda text, colour: f"<{colour}>{text}"))

    assert "  weather  <red>CreateFailed  eu-west-1  2 features\n    No such role." in shown
    assert "the clock stands at" in shown


def test_it_works_while_a_server_runs(tmp_path, session):
    with running(tmp_path) as server:
        session.client("sagemaker", endpoint_url=server.url).create_feature_group(**a_group())
        beside = describe_directory(tmp_path)

        assert server.ask("GET", "status")["groups"] == beside["groups"]
        assert [group["name"] for group in beside["groups"]] == ["weather"]


def test_rows_can_be_written_by_command(filled):
    assert run("flush", "--data", filled) == "2 rows written.\n"
    assert describe_directory(filled)["pending"] == 0


def test_a_reset_forgets_records_and_files_and_asks_first(filled):
    refused = CliRunner().invoke(cli, ["emulator", "reset", "--data", str(filled)], input="n\n")
    kept = describe_directory(filled)
    run("reset", "--data", filled, "--yes")
    left = describe_directory(filled)

    assert refused.exit_code == 1
    assert "Delete 2 feature groups and 1 bucket in" in refused.output
    assert len(kept["groups"]) == 2
    assert (left["groups"], left["buckets"], left["pending"], left["faults"]) == ([], [], 0, 0)
    assert not list(filled.rglob("*.parquet"))


def test_a_reset_over_http_removes_files_too(tmp_path, session):
    with running(tmp_path) as server:
        s3 = session.client("s3", endpoint_url=server.url)
        s3.create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="mine", Key="x", Body=b"x")
        server.ask("POST", "reset")

        assert s3.list_buckets()["Buckets"] == []
        assert not (tmp_path / "s3" / "mine").exists()


def of_another_version(directory):
    open_emulator(directory).close()
    with sqlite3.connect(directory / FILE) as db:
        db.execute("PRAGMA user_version=1")
    db.close()


def no_database(directory):
    directory.mkdir()
    (directory / FILE).write_bytes(b"nonsense " * 1000)


@pytest.mark.parametrize("spoil", [of_another_version, no_database])
def test_a_directory_that_cannot_be_read_is_a_sentence_and_a_reset_away_from_use(tmp_path, spoil):
    directory = tmp_path / "data"
    spoil(directory)
    (directory / "s3" / "mine").mkdir(parents=True)
    (directory / "notes.txt").write_text("not the emulator's")

    for words in (["status"], ["flush"], ["serve", "--port", 0]):
        said = run(*words, "--data", directory, code=1)
        assert said.startswith("Error: ")
        assert "`reconciler emulator reset`" in said
        assert len(said.splitlines()) == 1
    run("reset", "--data", directory, "--yes")

    assert describe_directory(directory)["groups"] == []
    assert [path.name for path in directory.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("words", [["flush"], ["serve", "--port", 0], ["reset", "--yes"]])
def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path, words):
    (tmp_path / "file").write_text("")

    said = run(*words, "--data", tmp_path / "file" / "data", code=1)

    assert said.startswith(f"Error: {tmp_path}/file/data cannot be ")
    assert len(said.splitlines()) == 1


def test_a_reset_of_nothing_makes_nothing(tmp_path):
    assert "is empty" in run("reset", "--data", tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_an_old_directory_is_a_sentence_to_who_plans_on_it(tmp_path):
    from project import Project

    project = Project(tmp_path).with_weather()
    project.store.parent.mkdir()
    of_another_version(project.store)
    done = project.run("plan")

    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "another version of the emulator; `reconciler emulator reset`" in done.stderr
    assert "Traceback" not in done.stderr
    assert project.run("emulator", "reset", "--yes").returncode == 0
    assert project.run("plan").returncode == 0
