"""Tasks that fail, executors that are killed, machines that are lost: no row is missing, and none is there twice.

Tests beside those of spark_suite, whose fixtures they use.
"""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from spark_world import fault, killed_on_the_way, workers

from reconciler.errors import ReconcilerError


@pytest.fixture
def faults():
    """Makes something go wrong, as long as the test runs."""
    yield fault
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_emulator/faults"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()


def test_a_task_that_fails_is_done_again(world, weather, glue, faults):
    faults(kind="access_denied", operation="UploadPart", times=1)

    report = world.backfill(glue, weather())

    assert report.written == len(world.rows(glue)) == 40
    assert len(world.files(glue)) == report.files
    assert world.uploads(glue) == []


def test_tasks_that_fail_again_and_again_leave_nothing(world, weather, glue, faults):
    faults(kind="access_denied", operation="UploadPart")

    with pytest.raises(ReconcilerError, match="UploadPart"):
        world.backfill(glue, weather())

    assert world.files(glue) == world.uploads(glue) == []


def test_an_executor_that_is_killed_leaves_no_row_twice(world, weather, target, faults):
    """It dies when a part of its files has been staged and none of them told."""
    faults(kind="latency", operation="UploadPart", seconds=2)

    report, killed = killed_on_the_way(world, target, weather(), workers)

    assert killed
    assert report.written == len(world.rows(target)) == 40
    assert len(world.files(target)) == report.files
    assert world.uploads(target) == []


def test_a_machine_that_is_lost_leaves_no_row_twice(world, faults):
    """Executors are processes of their own, as on a cluster, and one of them is killed with all that runs in it."""
    faults(kind="latency", operation="UploadPart", seconds=2)
    script = Path(__file__).with_name("spark_cluster.py")

    done = subprocess.run([sys.executable, script, world.root], capture_output=True, text=True, check=False)

    found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else done.stderr
    assert found == {"killed": 1, "written": 40, "rows": 40, "files": 7, "uploads": 0}


def test_a_run_that_is_interrupted_while_it_becomes_visible_is_finished(world, weather, target, faults):
    faults(kind="access_denied", operation="CompleteMultipartUpload", times=1)

    with pytest.raises(ReconcilerError, match="CompleteMultipartUpload"):
        world.backfill(target, weather())
    again = world.backfill(target, weather())

    assert (again.written, again.before, again.finished) == (0, 40, (again.run,))
    assert len(world.rows(target)) == 40
    assert world.uploads(target) == []
