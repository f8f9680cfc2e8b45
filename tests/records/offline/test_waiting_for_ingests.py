"""Waiting for, erasing and tidying what the product's own ingest has written, over real HTTP."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from offline_place import DEFAULTS, Rain, Seen, Snow, World

from reconciler.aws.runtime import Runtime
from reconciler.config import Environment
from reconciler.emulator.server import running
from reconciler.records.ingest import ingest
from reconciler.records.offline.duplicates import remove_duplicates
from reconciler.records.offline.erasing import erase
from reconciler.records.offline.waiting import wait_offline

START = datetime(2024, 2, 1, tzinfo=UTC)


class Served(World):
    """An emulator that listens."""

    def __init__(self, root, server):
        from reconciler.aws import FeatureStore
        from reconciler.aws.objects import Objects

        self.root, self.server = root, server
        self.environment = Environment("served", server.url, region="us-east-1", defaults=DEFAULTS)
        self.store = FeatureStore(self.environment, root)
        self.objects = Objects(self.environment, root)
        self.slept, self._runtime = [], None

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.server.ask("POST", "clock", {"advance_seconds": seconds})

    def ingest(self, target, data, **more):
        with Runtime(self.environment, self.root) as runtime:
            return ingest(runtime, target, data, **more)

    def rows(self, target):
        place = self.place(target)
        if place.is_iceberg:
            return place.table().scan().to_arrow().to_pylist()
        from reconciler.records.offline.glue_files import every_file
        from reconciler.records.offline.reading import open_parquet

        return [row for uri in every_file(place) for row in open_parquet(self.objects, uri).read().to_pylist()]


@pytest.fixture(scope="module")
def _server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("offline-served")) as server:
        yield server


@pytest.fixture
def served(_server, tmp_path):
    _server.ask("POST", "reset")
    yield Served(tmp_path, _server)
    _server.ask("POST", "reset")


def people(count, kind=Rain):
    return [
        kind(origin=f"p{n % 97}", observed_at=START + timedelta(minutes=7 * n, microseconds=n), mm=n / 7, note=f"n{n}")
        for n in range(count)
    ]


@pytest.mark.parametrize("kind", [Rain, Snow])
def test_an_ingest_is_waited_for_erased_and_tidied(served, kind):
    target = served.make(kind)
    _lag(served, 120)
    report = served.ingest(target, people(2000, kind))

    state = wait_offline(served.environment, served.root, target.name, report, **served.patience)

    assert (state.rows, state.found) == (2000, 2000)
    assert sum(served.slept) >= 100
    assert len(served.rows(target)) == 2000

    erased = erase(served.environment, served.root, target, ["p3", "p96"], **served.patience)

    assert erased.is_complete, erased
    assert not {"p3", "p96"} & {row["origin"] for row in served.rows(target)}

    found = remove_duplicates(served.environment, served.root, target, report=report)

    assert (found.found, found.rows) == (0, len(served.rows(target)))


def test_the_rows_of_an_earlier_run_are_waited_for_too(served):
    """A run that is repeated sends nothing, and waits for what was sent."""
    target = served.make(Rain)
    _lag(served, 300)
    served.ingest(target, people(50))
    served.sleep(200)

    again = served.ingest(target, people(50))

    assert (again.written, again.before) == (0, 50)
    assert wait_offline(served.environment, served.root, target.name, again, **served.patience).found == 50


def test_numbers_of_an_ingest_are_waited_for(served):
    target = served.make(Seen)
    rows = [Seen(plane=n, seen_at=1706929506 + n / 3, speed=1.5) for n in range(200)]
    report = served.ingest(target, rows)

    assert wait_offline(served.environment, served.root, target.name, report, **served.patience).found == 200


@pytest.mark.parametrize("kind", [Rain, Snow])
def test_rows_whose_answers_were_lost_are_tidied(served, kind):
    target = served.make(kind)
    served.server.ask(
        "POST",
        "faults",
        {"kind": "dropped_after_effect", "operation": "BatchWriteRecord", "probability": 0.3, "seed": 4},
    )
    report = served.ingest(target, people(1000, kind))
    served.server.ask("DELETE", "faults")
    wait_offline(served.environment, served.root, target.name, report, **served.patience)
    before = _counted(served.rows(target))

    found = remove_duplicates(served.environment, served.root, target, report=report)

    assert 0 < sum(times > 1 for times in before.values()) <= report.repeated
    assert found.found == found.removed == before.total() - 1000
    assert _counted(served.rows(target)) == Counter(dict.fromkeys(before, 1))
    assert len(before) == 1000


def _counted(rows):
    return Counter((row["origin"], row["observed_at"]) for row in rows)


def _lag(served, seconds):
    served.server.ask("POST", "faults", {"kind": "offline_lag", "seconds": float(seconds)})
