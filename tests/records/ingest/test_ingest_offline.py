from collections import Counter
from datetime import timedelta

import pytest
from ingest_world import World, rows

from reconciler.records import ingest as ingesting
from reconciler.records.offline.waiting import wait_offline


@pytest.mark.parametrize("processes", [1, 2])
def test_what_was_ingested_is_waited_for_by_its_report(world, monkeypatch, processes):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 50)
    target = world.make()
    report = world.ingest(target, rows(300), processes=processes)

    found = wait_offline(world.environment, world.root, target.name, report, limit=timedelta(seconds=30))

    assert (found.rows, found.found) == (300, 300)
    assert set(Counter(row["origin"] for row in world.offline()).values()) == {1}


def test_so_is_what_went_into_the_embedded_emulator(tmp_path):
    world = World(tmp_path, "embedded")
    target = world.make()

    report = world.ingest(target, rows(30))

    assert wait_offline(world.environment, world.root, target.name, report, limit=timedelta(seconds=30)).found == 30
    world.close()


def test_a_second_run_is_waited_for_with_what_the_first_has_sent(world, monkeypatch):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 50)
    target = world.make()
    world.fault("entries_fail", share=0.2, seed=3, times=1, reason="ValidationError")
    world.ingest(target, rows(200))

    report = world.ingest(target, rows(200))

    assert report.before
    assert wait_offline(world.environment, world.root, target.name, report, limit=timedelta(seconds=30)).found == 200
