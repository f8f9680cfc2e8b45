"""Folders that are needed for a while."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.errors import Usage
from reconciler.records.scratch import scratch_folder

HOLD = """
import sys, time
from pathlib import Path
from reconciler.records.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "rows").write_text("some")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has a folder below the same home; its standard output tells where."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        process.folder = Path(process.stdout.readline().strip())
        yield process
        process.kill()


def test_a_folder_goes_with_the_block(tmp_path):
    with scratch_folder(tmp_path) as folder:
        (folder / "rows").write_text("some")

    assert [path.name for path in (tmp_path / "scratch").iterdir()] == [".lock"]


def test_a_folder_of_a_live_process_stays(tmp_path, holder):
    with scratch_folder(tmp_path) as mine:
        assert (holder.folder / "rows").exists()
        assert mine != holder.folder


def test_a_folder_of_a_killed_process_is_removed_by_the_next(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (holder.folder / "rows").exists()

    with scratch_folder(tmp_path) as mine:
        left = {path.name for path in (tmp_path / "scratch").iterdir()}

    assert left == {".lock", mine.name, f"{mine.name}.lock"}


def test_the_number_of_a_process_says_nothing(tmp_path, holder):
    """Containers that share a home have the same numbers: a live one here may be a dead one there."""
    dead = tmp_path / "scratch" / f"{os.getpid()}-left"
    dead.mkdir()

    with scratch_folder(tmp_path):
        assert not dead.exists()
        assert holder.folder.exists()


def test_a_home_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "scratch").write_text("a file")

    with pytest.raises(Usage, match="nothing can be written there"), scratch_folder(tmp_path):
        raise AssertionError


FORK = """
import os, sys
from pathlib import Path
from reconciler.records.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "rows").write_text("some")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        print((folder / "rows").read_text())
"""


def test_a_process_that_was_forked_leaves_the_folder_to_its_parent(tmp_path):
    done = subprocess.run([sys.executable, "-c", FORK, str(tmp_path)], check=True, capture_output=True, text=True)

    assert done.stdout == "some\n"
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == [".lock"]
