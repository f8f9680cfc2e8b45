"""A flush that is killed (SIGKILL) at any step, and flushes of several processes at once: every row is there once."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from emulator_help import a_feature, a_group
from offline_help import Offline, a_row, a_tombstone

from reconciler.emulator.embedded import open_emulator

CHILD = Path(__file__).with_name("offline_child.py")
KILLS = 25


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", CHILD, *map(str, words)], stdout=subprocess.PIPE, text=True
    )


def run(*words):
    process = start(*words)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return [int(word) for word in output.split()]


@pytest.fixture(params=["Glue", "Iceberg"])
def prepared(request, tmp_path):
    """A folder with rows to write, of several requests, days and hours."""
    folder = tmp_path / "prepared"
    with open_emulator(folder) as emulator:
        offline = Offline(emulator)
        offline.create(a_group("weather", a_feature("x", "Integral"), offline={"TableFormat": request.param}))
        for day in (3, 4):
            rows = (a_row(f"{day}-{hour}", f"2024-02-0{day}T0{hour}:00:00Z", x=str(hour)) for hour in (1, 2))
            offline.put(*rows, a_tombstone(f"{day}", f"2024-02-0{day}T02:30:00Z"))
    return folder


WANTED = sorted([*(f"{day}-{hour}" for day in (3, 4) for hour in (1, 2)), "3", "4"])


def test_a_flush_that_is_killed_twice_is_done_once(prepared, tmp_path):
    (steps,) = run("count", shutil.copytree(prepared, tmp_path / "counted"))
    numbers = sorted({1 + n * steps // KILLS for n in range(KILLS)})
    for number in numbers:
        shutil.copytree(prepared, tmp_path / str(number))

    killed = run("kill", tmp_path, *numbers)

    assert sum(killed) == len(numbers)
    for number in numbers:
        with open_emulator(tmp_path / str(number)) as emulator:
            offline = Offline(emulator)
            offline.flush()
            assert sorted(row["id"] for row in offline.rows()) == WANTED
            assert sorted(offline.scanned("id")) == WANTED
            assert offline.waiting() == 0


def test_a_flush_that_was_cut_short_is_done_with_the_names_it_had(prepared, tmp_path):
    """Where files were there already, they are the same ones: whoever has listed them finds them again."""
    (steps,) = run("count", shutil.copytree(prepared, tmp_path / "counted"))
    numbers = [steps * share // 100 for share in range(60, 100, 4)]
    for number in numbers:
        shutil.copytree(prepared, tmp_path / str(number))
    run("kill", tmp_path, *numbers)

    for number in numbers:
        with open_emulator(tmp_path / str(number)) as emulator:
            offline = Offline(emulator)
            before = set(offline.files())
            offline.flush()

            assert before <= set(offline.files())


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
def test_processes_that_flush_at_once_write_every_row_once(tmp_path, table_format):
    with open_emulator(tmp_path / "data") as emulator:
        offline = Offline(emulator)
        offline.create(a_group(offline={"TableFormat": table_format}))
        written = 0
        processes = []
        for start_at in range(0, 60_000, 500):
            offline.put(*(a_row(str(n)) for n in range(start_at, start_at + 500)))
            written += 500
            if start_at in {20_000, 30_000, 40_000}:
                processes.append(start("flush", tmp_path / "data"))

        counts = [int(process.communicate(timeout=300)[0]) for process in processes]
        counts.append(offline.flush())

        assert sum(counts) == written
        assert offline.query("SELECT count(*), count(DISTINCT id) FROM rows") == [(written, written)]
        assert len(offline.scanned("id")) == written


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
def test_threads_that_flush_at_once_all_see_what_was_written_before(tmp_path, table_format):
    with open_emulator(tmp_path / "data") as emulator:
        offline = Offline(emulator)
        offline.create(a_group(offline={"TableFormat": table_format}))
        for n in range(200):
            offline.put(a_row(str(n)))

        def flush_and_look(_):
            return offline.flush(), len(offline.rows())

        with ThreadPoolExecutor(6) as threads:
            found = list(threads.map(flush_and_look, range(6)))

        assert sum(flushed for flushed, _ in found) == 200
        assert {seen for _, seen in found} == {200}
