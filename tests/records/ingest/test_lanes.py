import os
import signal
import threading
from queue import SimpleQueue

import psutil
import pyarrow as pa
import pytest
from ingest_rows import a_batch, a_column, a_contract
from ingest_world import T0, Weather, World, a_row, rows

from reconciler.errors import AwsFailed, ReconcilerError
from reconciler.records import ingest as ingesting
from reconciler.records import lanes as sending
from reconciler.records.encoding import Form
from reconciler.records.lanes import Done, Job, Settings, Stopped, pieces
from reconciler.records.worker import ProcessLane


def a_lane(world, target, results):
    return ProcessLane(0, world.environment, world.root, Settings(Form(target.contract, target.name)), results)


def a_job(target, count=5):
    given = [{"origin": f"o{n}", "observed_at": "2024-01-01T00:00:00Z"} for n in range(count)]
    return Job(3, a_batch(target.contract, given))


def test_a_process_sends_and_says_what_came_of_it(world):
    target, results = world.make(), SimpleQueue()
    lane = a_lane(world, target, results)

    lane.put(a_job(target))

    done = results.get(timeout=30)
    assert (type(done), done.chunk, done.refused) == (Done, 3, ())
    lane.close()
    assert set(world.online("weather", *(f"o{n}" for n in range(5)))) == {f"o{n}" for n in range(5)}


def test_a_process_that_dies_is_missed(world):
    target, results = world.make(), SimpleQueue()
    lane = a_lane(world, target, results)

    os.kill(lane._process.pid, signal.SIGKILL)

    stopped = results.get(timeout=30)
    assert isinstance(stopped, Stopped)
    assert "sends only the rest" in str(stopped.error)
    lane.put(a_job(target))  # nobody is there to take it, and that is no traceback
    lane.close()


def test_an_error_of_a_process_is_that_of_aws(world):
    target, results = world.make(), SimpleQueue()
    world.fault("access_denied", service="featurestore-runtime")
    lane = a_lane(world, target, results)

    lane.put(a_job(target))

    error = results.get(timeout=30).error
    assert isinstance(error, AwsFailed)
    assert (error.call, error.code) == ("PutRecord", "AccessForbidden")
    lane.close()


def test_a_process_that_dies_in_the_middle_costs_nothing(world, monkeypatch):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 20)
    target, given = world.make(), rows(400)
    world.fault("latency", seconds=0.2, operation="BatchWriteRecord")

    def kill(progress):
        if progress.stage == "sending" and progress.done:
            workers = [p for p in psutil.Process().children() if "reconciler.records.worker" in p.cmdline()]
            for process in workers[:1]:
                process.kill()

    with pytest.raises(ReconcilerError, match="sends only the rest"):
        world.ingest(target, given, processes=2, tell=kill)

    report = world.ingest(target, given, processes=2)
    assert report.before
    assert set(world.online("weather", *(row["origin"] for row in given))) == {row["origin"] for row in given}


def test_nothing_runs_on_after_an_ingest(world, monkeypatch):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 50)
    target = world.make()
    world.ingest(target, rows(10))
    threads = set(threading.enumerate())
    children = set(psutil.Process().children())

    world.ingest(target, rows(200, 10), processes=2)
    world.ingest(target, rows(200, 300))
    world.fault("access_denied", service="featurestore-runtime")
    with pytest.raises(AwsFailed):
        world.ingest(target, rows(200, 600))

    assert set(psutil.Process().children()) <= children
    assert {thread for thread in threading.enumerate() if "reconciler" in thread.name} <= threads


def test_an_interrupt_leaves_a_journal_that_is_gone_on_with(world, monkeypatch):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 50)
    target, given = world.make(), rows(400)

    def interrupt(progress):
        if progress.stage == "sending" and progress.done:
            raise KeyboardInterrupt

    world.fault("latency", seconds=0.05, operation="BatchWriteRecord")
    with pytest.raises(KeyboardInterrupt):
        world.ingest(target, given, tell=interrupt)

    report = world.ingest(target, given)
    assert report.before
    assert report.written + report.before == 400


def test_a_store_that_is_closed_in_the_middle_says_so(world, monkeypatch):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 20)
    target, given = world.make(), rows(200)
    world.fault("latency", seconds=0.1, operation="BatchWriteRecord")

    def close(progress):
        if progress.stage == "sending" and progress.done:
            world.runtime.close()

    with pytest.raises(ReconcilerError, match="was closed while rows were being sent"):
        world.ingest(target, given, tell=close)

    assert world.ingest(target, given).before


@pytest.mark.parametrize("processes", [1, 2])
def test_the_embedded_emulator_takes_rows_too(tmp_path, processes):
    world = World(tmp_path, "embedded")
    target = world.make()

    report = world.ingest(target, [Weather(**{**a_row(n), "sky": None}) for n in range(60)], processes=processes)

    assert report.written == 60
    assert len(world.online("weather", *(f"o{n}" for n in range(60)))) == 60
    world.close()


@pytest.mark.parametrize("wide", [0, 1, 300])
def test_pieces_of_a_batch_are_all_of_it(wide, monkeypatch):
    monkeypatch.setattr(sending, "PIECE_BYTES", 10_000)
    contract = a_contract(*(a_column(f"f{n}", "float", optional=True) for n in range(wide)))
    batch = a_batch(contract, [{"id": f"o{n}", "at": str(T0)} for n in range(97)])

    found = pieces(batch)

    assert [first for first, _ in found] == [sum(p.num_rows for _, p in found[:n]) for n in range(len(found))]
    assert pa.Table.from_batches([piece for _, piece in found]).equals(pa.Table.from_batches([batch]))
    assert pieces(batch.slice(0, 0)) == []
