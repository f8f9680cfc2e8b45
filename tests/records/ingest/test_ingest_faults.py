"""Bad days of AWS, over real HTTP: afterwards both stores hold what was sent, and every row is accounted for."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from ingest_world import as_sent, rows

from reconciler.aws.runtime import Runtime
from reconciler.config import Environment
from reconciler.errors import AwsFailed
from reconciler.records import ingest as ingesting
from reconciler.records.journal import read_keys

GIVEN = rows(600)
SENT = {row["origin"]: as_sent(row) for row in GIVEN}
BAD_DAYS = [
    ({"kind": "throttled", "probability": 0.5, "seed": 1, "times": 20},),
    ({"kind": "throttled", "rate": 100, "burst": 5},),
    ({"kind": "throttled", "rate": 30, "burst": 1},),
    ({"kind": "internal_failure", "probability": 0.3, "seed": 2},),
    ({"kind": "internal_failure", "times": 40},),
    ({"kind": "service_unavailable", "times": 40},),
    ({"kind": "dropped_before_effect", "probability": 0.3, "seed": 3},),
    ({"kind": "dropped_after_effect", "probability": 0.3, "seed": 4},),
    ({"kind": "expired_token", "times": 5},),
    ({"kind": "entries_unprocessed", "share": 0.5, "seed": 5, "times": 40},),
    ({"kind": "entries_fail", "share": 0.5, "seed": 6, "times": 20, "reason": "InternalFailure"},),
    ({"kind": "latency", "seconds": 0.05, "distribution": "exponential", "seed": 7},),
    ({"kind": "group_not_found", "times": 10},),
    ({"kind": "access_denied", "operation": "BatchWriteRecord"},),
    (
        {"kind": "access_denied", "operation": "BatchWriteRecord"},
        {"kind": "dropped_after_effect", "probability": 0.2, "seed": 8},
        {"kind": "throttled", "probability": 0.2, "seed": 9, "times": 20},
    ),
    (
        {"kind": "entries_unprocessed", "share": 0.2, "seed": 10, "times": 20},
        {"kind": "dropped_after_effect", "probability": 0.1, "seed": 11},
        {"kind": "dropped_before_effect", "probability": 0.1, "seed": 12},
        {"kind": "internal_failure", "probability": 0.1, "seed": 13},
        {"kind": "throttled", "probability": 0.1, "seed": 14},
    ),
]
WRITES = {"operation": "BatchWriteRecord"}


@pytest.fixture
def target(world):
    return world.make()


@pytest.fixture
def chunks(monkeypatch):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 200)


def everything_arrived(world, repeated):
    """Both stores hold what was sent; what is offline more than once was counted."""
    assert world.online("weather", *SENT) == SENT
    offline = Counter(row["origin"] for row in world.offline())
    assert set(offline) == set(SENT)
    assert sum(count > 1 for count in offline.values()) <= repeated
    return offline


@pytest.mark.parametrize("faults", BAD_DAYS, ids=lambda faults: "+".join(fault["kind"] for fault in faults))
def test_a_bad_day_changes_nothing_of_what_arrives(world, target, chunks, faults):
    for fault in faults:
        world.fault(**{"service": "featurestore-runtime"} | fault)

    report = world.ingest(target, GIVEN)

    world.no_faults()
    assert (report.written, report.failed) == (len(GIVEN), 0)
    everything_arrived(world, report.repeated)


def test_rows_whose_answer_was_lost_are_counted(world, target, chunks):
    world.fault("dropped_after_effect", times=4, **WRITES)

    report = world.ingest(target, GIVEN)

    offline = everything_arrived(world, report.repeated)
    assert sum(count > 1 for count in offline.values()) == report.repeated == 100


def test_entries_that_aws_refuses_for_good_are_named_and_the_rest_arrives(world, target, chunks):
    world.fault("entries_fail", share=0.1, seed=1, reason="ValidationError")

    report = world.ingest(target, GIVEN)

    world.no_faults()
    failed = {json.loads(line)["origin"] for line in report.dead_letter.read_text().splitlines()}
    assert 30 < report.failed == len(failed) < 90
    assert set(world.online("weather", *SENT)) == set(SENT) - failed
    assert world.ingest(target, str(report.dead_letter)).written == report.failed
    assert world.online("weather", *SENT) == SENT


def test_where_nothing_gets_through_it_gives_up_and_the_rest_is_sent_later(world, target, chunks):
    fault = world.fault("internal_failure", operation="BatchWriteRecord")

    with pytest.raises(AwsFailed, match=r"(?s)InternalFailure.*sends only the rest"):
        world.ingest(target, GIVEN, patience=timedelta(seconds=1))

    assert fault
    world.no_faults()
    report = world.ingest(target, GIVEN)
    assert report.written == len(GIVEN)
    everything_arrived(world, report.repeated)


def test_it_does_not_go_on_without_permission(world, target, chunks):
    world.fault("access_denied", service="featurestore-runtime")

    with pytest.raises(AwsFailed, match="lack sagemaker:PutRecord"):
        world.ingest(target, GIVEN)


def test_a_server_that_is_not_there_is_given_up_after_a_while(world, target, chunks):
    nowhere = Environment("there", "http://127.0.0.1:9", region="us-east-1")

    with Runtime(nowhere, world.root) as runtime, pytest.raises(AwsFailed, match="no connection"):
        ingesting.ingest(runtime, target, GIVEN, patience=timedelta(seconds=1))


def a_child(world, file, *more):
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": str(here)}
    return subprocess.Popen(
        [sys.executable, str(here / "ingest_child.py"), world.server.url, str(world.root), str(file), "50", *more],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize(("seed", "processes"), [(1, "1"), (2, "1"), (3, "2")])
def test_a_run_that_is_killed_at_any_moment_is_resumed(world, target, seed, processes):
    chance = random.Random(seed)
    file = world.root / "weather.parquet"
    pd.DataFrame(GIVEN).astype({"wind": "Int64"}).to_parquet(file)
    world.fault("latency", seconds=0.02, operation="BatchWriteRecord")
    killed = 0
    while True:
        with a_child(world, file, processes) as child:
            for line in child.stdout:
                if line == "sending\n" and killed < 2:
                    time.sleep(chance.uniform(0, 0.1))
                    child.kill()
                    killed += 1
                    break
                if line.startswith("{"):
                    report = json.loads(line)
            child.stdout.read()
        assert child.returncode in (0, -9)
        if child.returncode == 0:
            break

    assert killed
    assert report["rows"] == report["written"] + report["before"] == len(GIVEN)
    assert report["before"] > 0
    everything_arrived(world, report["repeated"])
    assert {key for keys in read_keys(Path(report["keys"])) for key in keys["record_id"].to_pylist()} == set(SENT)
