"""A feature store from Python: the facade over records, on the embedded emulator and on a server."""

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from project import Project, http_environment

import reconciler
from reconciler import connect
from reconciler.emulator.server import running
from reconciler.errors import Usage
from reconciler.records.deleting import StillThere
from reconciler.records.faults import RowsRefused
from reconciler.spec import Offline, Online, feature, feature_group

AT = datetime(2013, 7, 10, 16, tzinfo=UTC)


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = feature(default=None, about="Air temperature.")


@feature_group(name="plane", record_id="tail", event_time="valid_from", online=Online(ttl=timedelta(days=20_000)))
class Plane:
    tail: str = feature(name="tail-number")
    valid_from: datetime
    seats: int | None = None


SPEC = '''
from datetime import datetime, timedelta

from reconciler.spec import Offline, Online, feature, feature_group


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = feature(default=None, about="Air temperature.")


@feature_group(name="plane", record_id="tail", event_time="valid_from", online=Online(ttl=timedelta(days=20_000)))
class Plane:
    tail: str = feature(name="tail-number")
    valid_from: datetime
    seats: int | None = None
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project with both groups live on a server of its own."""
    root = tmp_path_factory.mktemp("python")
    with running(root / "data") as server:
        project = Project(root / "project").configure(http_environment(server.url))
        project.write("registry/both.py", SPEC)
        assert project.run("apply", "--yes").returncode == 0
        yield project


@pytest.fixture
def store(home):
    with connect("there", folder=home.root) as store:
        store.ingest(Weather, [Weather(origin="JFK", observed_at=AT, temp_f=82.5)], again=True)
        store.ingest(Plane, pd.DataFrame({"tail": ["N1"], "valid_from": [AT], "seats": [55]}), again=True)
        yield store


def test_a_record_comes_back_as_it_was_given(store):
    assert store.get(Weather, "JFK") == Weather(origin="JFK", observed_at=AT, temp_f=82.5)
    assert store.get(Weather, "LGA") is None


def test_groups_are_read_in_one_go_in_the_callers_order(store):
    found = store.get_many({Plane: ["N2", "N1"], Weather: ["JFK"]})

    assert list(found) == [Plane, Weather]
    assert list(found[Plane]) == ["N2", "N1"]
    assert (found[Plane]["N2"], found[Plane]["N1"].seats, found[Weather]["JFK"].temp_f) == (None, 55, 82.5)


def test_the_same_on_an_event_loop(store):
    async def read():
        return await store.aget(Weather, "JFK"), await store.aget_many(Weather, ["LGA", "JFK"])

    one, many = asyncio.run(read())

    assert (one.temp_f, list(many), many["LGA"]) == (82.5, ["LGA", "JFK"], None)
    assert asyncio.run(read())[0] == one


def test_the_time_of_expiry_comes_on_request(store):
    assert store.get(Plane, "N1", expires_at=True).expires_at == AT + timedelta(days=20_000)
    assert store.get(Weather, "JFK", expires_at=True).expires_at is None


def test_columns_can_be_asked_for_by_reference(store):
    frame = store.get_frame(Plane, ["N1", "N2"], features=[Plane.seats])

    assert list(frame.columns) == ["tail", "seats"]
    assert frame["seats"].tolist() == [55, pd.NA]
    with pytest.raises(Usage, match="no feature of plane"):
        store.get_frame(Plane, ["N1"], features=[Weather.temp_f])


def test_identifiers_are_listed_and_deleted(store):
    assert "JFK" in list(store.list(Weather))

    with pytest.raises(StillThere):
        store.delete(Weather, "JFK", at=AT - timedelta(hours=1))
    store.delete(Weather, "JFK", at=AT + timedelta(hours=1), hard=True)

    assert store.get(Weather, "JFK") is None


def test_rows_are_waited_for_and_then_erased(store):
    report = store.ingest(Weather, [Weather(origin="EWR", observed_at=AT)])

    assert store.wait_offline(report).found == report.written + report.before == 1
    assert store.erase(Weather, ["EWR"]).left == 0


def test_rows_at_fault_raise_with_every_fault(store):
    with pytest.raises(RowsRefused) as refused:
        store.ingest(Weather, pd.DataFrame({"origin": ["a", None], "observed_at": [AT, AT], "temp_f": ["x", 1.5]}))

    assert [(fault.row, fault.feature) for fault in refused.value.faults] == [(0, "temp_f"), (1, "origin")]


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.erase(Weather, "JFK"),
        lambda store: store.delete_many(Weather, "JFK", at=AT + timedelta(days=1)),
        lambda store: store.get_many(Weather, "JFK"),
        lambda store: store.get_frame(Weather, "JFK"),
    ],
)
def test_one_text_is_not_taken_for_its_letters(store, call):
    with pytest.raises(Usage, match="list of record identifiers"):
        call(store)


def test_a_store_is_shared_by_threads(store):
    found = []
    threads = [threading.Thread(target=lambda: found.append(store.get(Weather, "JFK"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [Weather(origin="JFK", observed_at=AT, temp_f=82.5)] * 8


def test_what_is_no_group_is_said_to_be_none(store):
    with pytest.raises(Usage, match="no feature group"):
        store.get(dict, "JFK")


def test_an_environment_that_is_not_there_is_named(home):
    with pytest.raises(Usage, match="There is no environment 'prod'"):
        connect("prod", folder=home.root)


def test_reading_one_record_needs_neither_pyarrow_nor_pandas(home):
    program = (
        "import sys; sys.path.insert(0, 'registry'); from both import Weather; from reconciler import connect\n"
        "connect('there').get(Weather, 'JFK')\n"
        "print(sorted({'pyarrow', 'pandas', 'numpy', 'pyiceberg'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=home.root,
        env=home.environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[]\n"


def test_the_package_offers_connect_and_store_and_nothing_else():
    assert reconciler.__all__ == ["Store", "connect"]
    with pytest.raises(AttributeError):
        _ = reconciler.conect


def test_a_refusal_says_in_words_what_is_wrong(store):
    with pytest.raises(RowsRefused) as refused:
        store.ingest(Weather, pd.DataFrame({"origin": ["a"], "observed_at": [AT], "temp_f": ["x"]}))

    assert "1 of 1 rows do not fit weather" in str(refused.value)
    assert "row 0: temp_f = x: It is text" in str(refused.value)
    assert str(refused.value.file) in str(refused.value)


@pytest.mark.parametrize("write", ["ingest", "backfill"])
def test_a_fault_that_cannot_be_allowed_is_said_to_be_none(store, write):
    with pytest.raises(Usage, match="no fault 'dups' to allow"):
        getattr(store, write)(Weather, [], allow={"dups"})
