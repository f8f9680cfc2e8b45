"""`reconciler dataset` as users and pipelines run it."""

import json

import pyarrow.parquet as pq
import pytest
from project import PROD, Project

SPEC = '''
from datetime import datetime, timedelta

from reconciler.spec import Dataset, Offline, feature_group


@feature_group(record_id="origin", event_time="observed_at", offline=Offline(table_format="Iceberg"))
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = None


departures = Dataset(
    name="departures",
    description="What is known at departure.",
    time="at",
    features=[Weather.temp_f],
    max_age=timedelta(hours=2),
)
'''
ROWS = """origin,observed_at,temp_f
JFK,2013-07-10T16:00:00Z,82.94
JFK,2013-07-10T17:00:00Z,84.02
"""
LABELS = """flight,at,origin
007,2013-07-10T16:30:00Z,JFK
008,2013-07-10T15:00:00Z,JFK
009,2013-07-10T23:00:00Z,JFK
010,2013-07-10T16:30:00Z,
"""
BUILD = ("dataset", "build", "departures", "--labels", "labels.csv")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a dataset, two rows offline, and labels."""
    project = Project(tmp_path_factory.mktemp("datasets"))
    project.write("registry/weather.py", SPEC)
    project.write("weather.csv", ROWS)
    project.write("labels.csv", LABELS)
    assert project.run("apply", "--yes").returncode == 0
    done = project.run("records", "ingest", "weather", "weather.csv", "--wait-offline")
    assert done.returncode == 0, done.stderr
    return project


def failed(project, *words):
    """What a command says that fails, without a traceback."""
    done = project.run(*words)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_is_declared_is_listed_and_shown_without_a_store(project):
    (listed,) = project.json("dataset", "list")
    shown = project.json("dataset", "show", "departures")

    assert listed == shown
    assert (shown["labels"], shown["time"], shown["known_at"]) == (["origin", "at"], "at", False)
    assert shown["features"] == [
        {"name": "temp_f", "type": "Fractional", "group": "weather", "feature": "temp_f", "key": "origin"}
        | {"max_age_s": 7200.0}
    ]
    assert "temp_f  Fractional  weather  temp_f   origin  2 h" in project.run("dataset", "show", "departures").stdout


@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_every_label_gets_what_was_known_at_its_moment(project, engine):
    done = project.run(*BUILD, "--out", f"{engine}.csv", "--engine", engine)

    assert done.returncode == 0, done.stderr
    text = (project.root / f"{engine}.csv").read_text()
    assert [line.rpartition(",")[2] for line in text.splitlines()] == ["temp_f", "82.94", "", "", ""]
    assert text.splitlines()[1] == "007,2013-07-10T16:30:00Z,JFK,82.94"
    assert "weather by origin" in done.stdout


def test_a_build_tells_programs_what_became_of_the_labels(project):
    manifest = project.json(*BUILD, "--out", "told.parquet", "--picture", "told.svg")

    (join,) = manifest["report"]["joins"]
    assert {name: join[name] for name in ("matched", "missing", "stale", "deleted", "no_key")} == {
        "matched": 1,
        "missing": 1,
        "stale": 1,
        "deleted": 0,
        "no_key": 1,
    }
    assert pq.read_table(project.root / "told.parquet").num_rows == manifest["files"][0]["rows"] == 4
    assert (project.root / "told.svg").read_text().startswith("<svg")


def test_a_build_is_repeated_from_its_manifest_to_the_byte(project):
    assert project.run(*BUILD, "--out", "first.parquet", "--drop-unmatched", "any").returncode == 0

    done = project.run(*BUILD, "--out", "repeated", "--repeat", "first.parquet")

    assert (done.returncode, done.stdout) == (0, "The same to the byte: 1 file, 1 row.\n"), done.stderr


def test_a_repetition_says_what_is_otherwise(project):
    assert project.run(*BUILD, "--out", "before.csv").returncode == 0
    project.write("other.csv", LABELS.replace("16:30", "17:30"))
    words = ("dataset", "build", "departures", "--labels", "other.csv", "--out", "otherwise")

    done = project.run(*words, "--repeat", "before.csv")

    assert done.returncode == 1
    assert "The labels are others than they were." in done.stderr


def test_what_is_there_is_not_overwritten(project):
    project.write("taken.csv", "mine\n")

    assert "taken.csv" in failed(project, *BUILD, "--out", "taken.csv")
    assert (project.root / "taken.csv").read_text() == "mine\n"
    assert project.run(*BUILD, "--out", "taken.csv", "--replace").returncode == 0


def test_what_is_built_again_goes_into_a_folder_and_not_over_a_file(project):
    assert project.run(*BUILD, "--out", "kept.csv").returncode == 0

    assert "kept.csv is no folder" in failed(project, *BUILD, "--out", "kept.csv", "--repeat", "kept.csv")
    assert "kept.csv/in" in failed(project, *BUILD, "--out", "kept.csv/in", "--repeat", "kept.csv")


def test_a_picture_that_would_not_open_is_refused_before_anything_is_built(project):
    told = failed(project, *BUILD, "--out", "drawn.csv", "--picture", "drawn.png")

    assert "name it .svg" in told
    assert not list(project.root.glob("drawn.*"))


def test_a_folder_is_written_by_the_values_of_a_column(project):
    done = project.run(*BUILD, "--out", "parted", "--partition-by", "flight")

    assert done.returncode == 0, done.stderr
    assert (project.root / "parted" / "flight=007" / "part-00000.parquet").is_file()


def test_a_dry_run_on_athena_prints_the_query_and_leaves_nothing(project):
    done = project.run(*BUILD, "--engine", "athena", "--dry-run")

    assert done.returncode == 0, done.stderr
    assert "SELECT" in done.stdout


def test_a_dry_run_here_checks_the_labels(project):
    project.write("bad.csv", LABELS.replace("2013-07-10T16:30:00Z", "yesterday"))

    assert project.run(*BUILD, "--dry-run").stdout.startswith("4 labels fit.")
    told = failed(project, "dataset", "build", "departures", "--labels", "bad.csv", "--dry-run")
    assert "bad.csv:2" in told
    assert "yesterday" in told


def test_the_moment_of_a_build_has_a_zone(project):
    assert "add Z for UTC" in failed(project, *BUILD, "--out", "x.csv", "--as-of", "2013-07-10T16:00:00")


def test_nothing_was_written_by_a_moment_before_the_store_was(project):
    done = project.run(*BUILD, "--out", "early.csv", "--as-of", "2013-07-10T16:00:00Z", "--format", "json")

    (join,) = json.loads(done.stdout)["report"]["joins"]
    assert (join["matched"], join["missing"]) == (0, 3)


def test_an_output_that_says_nothing_of_its_format_is_asked_for_it(project):
    assert "--to parquet" in failed(project, *BUILD, "--out", "training")
    assert "--out" in failed(project, *BUILD)


def test_a_dataset_that_is_not_declared_is_told_with_what_is(project):
    assert "Did you mean 'departures'?" in failed(project, "dataset", "show", "departure")
    assert "Did you mean 'departures'?" in failed(project, "dataset", "check", "departure")


def test_online_and_offline_agree(project):
    found = project.json("dataset", "check", "departures", "--all")

    assert found["groups"][0]["counts"]["same"] == 1
    assert project.run("dataset", "check", "departures", "--labels", "labels.csv").returncode == 0


def test_athena_is_not_asked_in_an_environment_that_was_not_named(project, tmp_path):
    other = Project(tmp_path)
    other.write("registry/weather.py", SPEC)
    other.write("pyproject.toml", PROD)
    other.write("labels.csv", LABELS)

    assert "--env" in failed(other, *BUILD, "--out", "x.csv", "--engine", "athena")
    assert "--env" in failed(other, "dataset", "check", "departures", "--engine", "athena")


def test_the_output_takes_neither_the_place_of_the_labels_nor_one_among_them(project):
    (project.root / "many").mkdir(exist_ok=True)
    project.write("own.csv", LABELS)
    project.write("many/labels.csv", LABELS)
    words = ("dataset", "build", "departures", "--replace")

    told = failed(project, *words, "--labels", "own.csv", "--out", "./own.csv")
    assert "written over the labels" in told
    assert "name another place" in failed(project, *words, "--labels", "many", "--out", "many/out.csv")
    assert "name another place" in failed(project, *words, "--labels", "ow*.csv", "--out", "own.csv")
    assert (project.root / "own.csv").read_text() == LABELS


def test_a_repetition_takes_the_zone_of_moments_from_its_manifest(project):
    project.write("local.csv", LABELS.replace("Z,", ","))
    words = ("dataset", "build", "departures", "--labels", "local.csv")
    assert project.run(*words, "--out", "local-out.csv", "--time-zone", "America/New_York").returncode == 0

    done = project.run(*words, "--out", "local-again", "--repeat", "local-out.csv")

    assert done.returncode == 0, done.stderr


def test_a_repetition_takes_no_options_that_its_manifest_answers(project):
    assert project.run(*BUILD, "--out", "once.csv").returncode == 0

    told = failed(
        project, *BUILD, "--out", "twice", "--repeat", "once.csv", "--as-of", "2020-01-01T00:00:00Z", "--replace"
    )
    assert "--as-of, --replace" in told


def test_nothing_is_built_as_of_a_moment_to_come(project):
    assert "yet to come" in failed(project, *BUILD, "--out", "later.csv", "--as-of", "2999-01-01T00:00:00Z")


def test_a_repetition_tells_that_what_it_repeats_was_changed_since(project):
    assert project.run(*BUILD, "--out", "changed.csv").returncode == 0
    project.write("changed.csv", "edited\n")

    done = project.run(*BUILD, "--out", "unchanged", "--repeat", "changed.csv")

    assert (done.returncode, done.stdout[:20]) == (0, "The same to the byte")
    assert "changed.csv was changed after it was built." in done.stderr
