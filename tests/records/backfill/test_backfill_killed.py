"""A backfill that ends in the middle: all of its rows are visible or none, and the next run sets it right."""

import json
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from backfill_help import Ice, Weather, a_place, files, rows
from test_backfill import run, some

from reconciler.aws import session
from reconciler.aws.catalog import RUN, RunCommitted
from reconciler.aws.objects import Objects
from reconciler.errors import AwsFailed
from reconciler.records.offline import writing
from reconciler.records.offline.committing import finish_promised, records_of
from reconciler.records.offline.place import open_place


class Died(BaseException):
    """The process is gone: nothing in it may catch this."""


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """Calls in the same order each time; botocore's waits between retries take no time."""
    monkeypatch.setattr("reconciler.records.offline.runs.write", one_by_one)
    monkeypatch.setattr("reconciler.records.offline.committing._SWEEP", 1)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))


def one_by_one(*given, **more):
    return writing.write(*given, **more, threads=1, uploads=1)


def emulator(place):
    return session._opened[place.root / ".reconciler" / "emulator"]


@contextmanager
def dying_after(place, writes):
    """Everything ends after so many calls that change something: the last takes effect and is not answered."""
    opened, count, lock = emulator(place), 0, threading.Lock()
    answer = opened.answer

    def counted(method, url, headers, body):
        nonlocal count
        target = next((v for k, v in headers.items() if k.lower() == "x-amz-target"), "")
        target = target.decode() if isinstance(target, bytes) else target
        is_write = target.endswith("UpdateTable") or (not target and method != "GET" and method != "HEAD")
        with lock:
            if count >= writes:
                raise Died
            reply = answer(method, url, headers, body)
            count += is_write
            if count >= writes and is_write:
                raise Died
        return reply

    opened.answer = counted
    try:
        yield
    finally:
        opened.answer = answer


def started(place, target):
    return list(place.objects.started(place.data(target)))


@pytest.mark.parametrize("group", [Weather, Ice])
def test_a_run_that_dies_after_any_write_is_set_right_by_the_next(tmp_path, group):
    place = a_place(tmp_path, "embedded")
    target, number, died = place.make(group), 0, True
    given = sorted(some(hours=2).column("gusts").to_pylist())
    while died:
        number += 1
        data = some(hours=2).set_column(0, "origin", [[f"A{number}"] * 4])
        before = len(rows(place, target))
        try:
            with dying_after(place, number):
                run(place, target, data)
            died = False
        except Died:
            visible = len(rows(place, target)) - before
            if group is Ice:
                assert visible in (0, 4)

            again = run(place, target, data)

            assert again.written + again.before == 4
        mine = [row["gusts"] for row in rows(place, target) if row["origin"] == f"A{number}"]
        assert sorted(mine) == given
        assert started(place, target) == []
        assert list(records_of(open_place(*place, target.name)).promised()) == []
    assert number > 6


def test_another_backfill_finishes_what_was_promised(place):
    target = place.make(Weather)
    run(place, target, some())
    calls = 0
    while not any(item.uri.endswith(".promised.json") for item in place.objects.list(backfills(place, target))):
        calls += 1
        with pytest.raises(Died), dying_after(place, calls):
            run(place, target, some().set_column(0, "origin", [["EWR"] * 6]))

    report = run(place, target, some(hours=1).set_column(0, "origin", [["SFO"] * 2]))

    assert len(report.finished) == 1
    assert sorted(row["origin"] for row in rows(place, target)) == ["EWR"] * 6 + ["JFK"] * 3 + ["LGA"] * 3 + ["SFO"] * 2


def test_a_run_whose_snapshot_is_expired_is_not_committed_again(place):
    """Killed after the commit, before it could say so; then an erasure, or upkeep, forgot the snapshot."""
    target = place.make(Ice)
    report = run(place, target, some())
    opened = open_place(*place, target.name)
    records = records_of(opened)
    done = records.done(report.run)
    place.objects.delete([f"{backfills(place, target)}{report.run}.json"])
    run(place, target, some(hours=1).set_column(0, "origin", [["SFO"] * 2]))
    first, _ = opened.table().snapshots()
    opened.table().maintenance.expire_snapshots().by_ids([first.snapshot_id]).commit()
    records.promise(replace(done, files=tuple(replace(file, upload="completed") for file in done.files)))

    finished = finish_promised(opened)

    assert [one.run for one in finished] == [report.run]
    assert records.done(report.run)
    assert len(rows(place, target)) == 8


def backfills(place, target):
    return place.data(target).removesuffix("data/") + "backfills/"


def test_a_run_on_another_machine_throws_away_what_the_first_one_staged(tmp_path):
    place = a_place(tmp_path, "embedded")
    target = place.make(Weather)
    with pytest.raises(Died), dying_after(place, 3):
        run(place, target, some())
    assert started(place, target)
    for begun in tmp_path.rglob("*.begun"):
        begun.unlink()

    run(place, target, some())

    assert started(place, target) == []
    assert len(rows(place, target)) == 6


def test_a_write_that_fails_leaves_nothing_staged(place):
    target = place.make(Weather)
    run(place, target, some(hours=1))
    emulator(place).faults.add("access_denied", service="s3", operation="UploadPart")

    with pytest.raises(AwsFailed) as failed:
        run(place, target, some())

    assert "s3:PutObject" in failed.value.hint
    assert started(place, target) == []
    assert len(rows(place, target)) == 2


@pytest.mark.parametrize("kind", ["throttled", "internal_failure", "service_unavailable", "dropped_before_effect"])
@pytest.mark.parametrize("group", [Weather, Ice])
def test_calls_that_fail_now_and_then_are_made_again(place, group, kind):
    target = place.make(group)
    emulator(place).faults.add(kind, service="s3", probability=0.2, seed=3)

    report = run(place, target, some())

    assert report.written == len(rows(place, target)) == 6


@pytest.mark.parametrize("operation", ["CompleteMultipartUpload", "CreateMultipartUpload", "UploadPart", "PutObject"])
def test_an_answer_that_is_lost_counts_once(place, operation):
    target = place.make(Weather)
    emulator(place).faults.add("dropped_after_effect", service="s3", operation=operation, times=2)

    report = run(place, target, some())

    assert report.written == len(rows(place, target)) == 6


def test_a_commit_whose_answer_is_lost_is_made_once(place):
    target = place.make(Ice)
    emulator(place).faults.add("dropped_after_effect", service="glue", operation="UpdateTable", times=1)

    report = run(place, target, some())

    assert report.written == len(rows(place, target)) == 6
    assert len(place.table(target).snapshots()) == 1


def test_a_run_that_another_machine_has_just_committed_is_not_committed_again(place):
    target = place.make(Ice)
    before = place.table(target)
    report = run(place, target, some())
    change = before.transaction()
    change.update_snapshot({RUN: report.run}).fast_append().commit()

    with pytest.raises(RunCommitted):
        change.commit_transaction()

    assert len(place.table(target).snapshots()) == 1


@pytest.mark.parametrize("group", [Weather, Ice])
def test_the_same_input_at_once_is_written_once(place, group):
    target = place.make(group)

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: run(place, target, some()), range(2)))

    assert sorted((report.written, report.before) for report in reports) == [(0, 6), (6, 0)]
    assert len(rows(place, target)) == 6


@pytest.mark.parametrize("group", [Weather, Ice])
def test_killed_at_any_moment_and_run_again_every_row_is_there_once(tmp_path, served, group):
    served.ask("POST", "reset")
    place = a_place(tmp_path, served.url)
    target = place.make(group)
    child = [
        sys.executable,
        str(Path(__file__).with_name("backfill_child.py")),
        served.url,
        str(tmp_path),
        group.__name__,
    ]
    killed = 0
    for delay in (0.0, 0.02, 0.05, 0.1, 0.2):
        process = subprocess.Popen(child, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "checked\n"
        threading.Event().wait(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        killed += process.returncode == -signal.SIGKILL
        assert group is Weather or len(rows(place, target)) in (0, 800)

    ended = subprocess.run(child, stdout=subprocess.PIPE, text=True, check=True)

    report = json.loads(ended.stdout.splitlines()[-1])
    assert killed
    assert report["written"] + report["before"] == 800
    assert sorted(row["gusts"] for row in rows(place, target)) == list(range(800))
    assert list(Objects(*place).started(place.data(target))) == []
    assert len(files(place, target)) == (40 if group is Weather else 2)
