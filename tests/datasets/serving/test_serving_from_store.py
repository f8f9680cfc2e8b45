"""A vector beside a training set of the same moment, from Python and from the command line."""

import asyncio
import gc
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from project import Project, http_environment

from reconciler import connect
from reconciler.datasets.question import Question
from reconciler.emulator.running import running
from reconciler.errors import Invalid, Usage
from reconciler.spec import Dataset, Offline, Online, feature, feature_group, using

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)

SPEC = '''
from datetime import datetime, timedelta

from reconciler.spec import Dataset, Offline, Online, feature, feature_group, using


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = feature(default=None, name="temp-f")
    is_dark: bool | None = None


@feature_group(record_id="tail", event_time="valid_from", online=Online(), offline=Offline(table_format="Iceberg"))
class Plane:
    """A plane."""

    tail: str
    valid_from: datetime
    seats: int | None = None


delays = Dataset(
    name="delays",
    features=[Plane.seats, Weather, using(Weather, key="dest", prefix="dest_").temp_f],
    time="scheduled_at",
    max_age={Weather: timedelta(hours=2)},
)
'''


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = feature(default=None, name="temp-f")
    is_dark: bool | None = None


@feature_group(record_id="tail", event_time="valid_from", online=Online(), offline=Offline(table_format="Iceberg"))
class Plane:
    """A plane."""

    tail: str
    valid_from: datetime
    seats: int | None = None


DELAYS = Dataset(
    name="delays",
    features=[Plane.seats, Weather, using(Weather, key="dest", prefix="dest_").temp_f],
    time="scheduled_at",
    max_age={Weather: timedelta(hours=2)},
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project with both groups live on a server of its own, and rows in them."""
    root = tmp_path_factory.mktemp("served")
    with running(root / "data") as server:
        project = Project(root / "project").configure(http_environment(server.url))
        project.write("registry/both.py", SPEC)
        assert project.run("apply", "--yes").returncode == 0
        with connect("there", folder=project.root) as store:
            hours = [Weather(origin=o, observed_at=AT - timedelta(hours=h), temp_f=h + 0.5, is_dark=h > 1)
                     for o in ("JFK", "LGA") for h in (3, 1)]  # fmt: skip
            hours.append(Weather(origin="EWR", observed_at=AT - timedelta(hours=3), temp_f=9.0))
            store.ingest(Weather, hours)
            store.ingest(Plane, [Plane(tail="007", valid_from=AT - timedelta(days=900), seats=55)])
        server.ask("POST", "flush", {})
        yield project


KEYS = [
    {"tail": "007", "origin": "JFK", "dest": "EWR"},
    {"tail": "N1", "origin": "EWR", "dest": "LGA"},
    {"tail": None, "origin": "BOS", "dest": None},
]


def test_a_vector_is_the_row_of_a_training_set(home):
    with connect("there", folder=home.root) as store:
        labels = pd.DataFrame(KEYS).assign(scheduled_at=AT)
        trained = store.dataset(labels, DELAYS).to_arrow().drop_columns(["tail", "origin", "dest", "scheduled_at"])

        found = store.vector(DELAYS, KEYS, at=AT)

    assert list(found[0]) == trained.column_names == ["seats", "temp-f", "is_dark", "dest_temp-f"]
    assert found == trained.to_pylist()
    assert found[0] == {"seats": 55, "temp-f": 1.5, "is_dark": 0, "dest_temp-f": None}


def test_the_same_on_an_event_loop_and_with_keys_missing(home):
    with connect("there", folder=home.root) as store:
        one = asyncio.run(store.avector(DELAYS, KEYS[0], at=AT))
        with pytest.raises(Invalid, match=r"(?s)origin.*tail"):
            store.vector(DELAYS, {"dest": "JFK"}, at=AT)

    assert one["seats"] == 55


def test_a_group_under_a_key_stands_for_its_features_by_itself(home):
    with connect("there", folder=home.root) as store:
        labels = pd.DataFrame(KEYS[:1]).assign(scheduled_at=AT)
        with store.dataset(labels, using(Weather, key="dest"), time="scheduled_at") as result:
            trained = result.to_arrow().select(["temp-f", "is_dark"]).to_pylist()
        with store.snapshot(using(Plane)) as result:
            listed = result.to_arrow()

        assert (
            trained == [store.vector(using(Weather, key="dest"), KEYS[0], at=AT)] == [{"temp-f": 9.0, "is_dark": None}]
        )
        assert "seats" in listed.schema.names


def test_a_service_that_names_its_features_anew_for_each_vector_does_not_grow(home):
    with connect("there", folder=home.root) as store:
        gc.collect()
        before = sum(isinstance(one, Question) for one in gc.get_objects())
        for _ in range(5):
            store.vector((Plane.seats, Weather.temp_f), KEYS[0], at=AT)
        gc.collect()

        assert sum(isinstance(one, Question) for one in gc.get_objects()) == before


def test_what_a_declared_dataset_says_is_not_said_again(home):
    labels = pd.DataFrame(KEYS).assign(scheduled_at=AT)
    with connect("there", folder=home.root) as store:
        for words in ({"max_age": timedelta(0)}, {"strict": True}, {"keys": {Plane: "tail"}}):
            with pytest.raises(Usage, match=f"delays says itself what {next(iter(words))} is"):
                store.dataset(labels, DELAYS, **words)


def test_stores_that_agree_end_a_check_with_0_and_others_with_1(home):
    agree = home.run("dataset", "check", "delays", "--format", "json", "--all")
    assert (agree.returncode, json.loads(agree.stdout)["is_skewed"]) == (0, False)

    with connect("there", folder=home.root) as store:
        store.ingest(Plane, [Plane(tail="N2", valid_from=AT, seats=3)], stores=["OfflineStore"])
        store.wait_offline(store.ingest(Plane, [Plane(tail="N3", valid_from=AT, seats=3)]))
        report = store.check_dataset(DELAYS, labels=pd.DataFrame([KEYS[0]]).assign(scheduled_at=AT))
    part = home.run("dataset", "check", "delays")

    assert not report.is_skewed
    assert part.returncode == 1
    assert "'N2' only_offline: online none, offline 2026-01-31T12:00:00.000000000Z" in part.stdout


def test_serving_a_vector_loads_nothing_heavy(home):
    code = (
        "import sys; from reconciler import connect; from both import delays; store = connect('there')\n"
        "store.vector(delays, {'tail': '007', 'origin': 'JFK', 'dest': 'EWR'})\n"
        "print({'pyarrow', 'numpy', 'pandas', 'duckdb', 'pyiceberg'} & set(sys.modules))"
    )
    environment = home.environment | {"PYTHONPATH": str(home.root / "registry")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home.root, env=environment, capture_output=True, text=True, check=False
    )

    assert (done.stderr, done.stdout) == ("", "set()\n")
