"""Flushes in processes of their own, which may be killed. Not a test: tests run it.

`kill FOLDER N...`: in a copy FOLDER/N for each N, the flush is killed at its Nth step; and again, at a step that
follows from N. `count FOLDER`: how many steps it has. `flush FOLDER`: flush until nothing is left, and tell how many
rows that were.
A step is a call, a return or a call of C that the emulator's own code makes.
"""

import os
import signal
import sys
from pathlib import Path

# Imported before the forks, so that each of them costs little.
import pyarrow.json
import pyarrow.parquet  # noqa: F401

import reconciler.emulator.offline.glue_files
import reconciler.emulator.offline.iceberg_appending
from reconciler.emulator.calls import Site
from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.offline.flushing import flush

OURS = str(Path(reconciler.emulator.offline.glue_files.__file__).parents[1])


def steps(limit):
    """A profile function that kills this process at a step; and the count so far."""
    seen = [0]

    def step(frame, event, _):
        if event in {"call", "return", "c_call"} and frame.f_code.co_filename.startswith(OURS):
            seen[0] += 1
            if seen[0] == limit:
                os.kill(os.getpid(), signal.SIGKILL)

    return step, seen


def flush_stepwise(folder, limit):
    emulator = open_emulator(folder)
    step, seen = steps(limit)
    sys.setprofile(step)
    flush(Site(emulator.store, "eu-west-1", emulator.settings))
    sys.setprofile(None)
    emulator.close()
    return seen[0]


def was_killed(folder, limit):
    """Flush in a fork of this process, which has flushed nothing itself."""
    child = os.fork()
    if child == 0:
        flush_stepwise(folder, limit)
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def say(number):
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main(what, folder, *numbers):
    match what:
        case "count":
            say(flush_stepwise(folder, 0))
        case "kill":
            for number in map(int, numbers):
                say(int(was_killed(f"{folder}/{number}", number)))
                was_killed(f"{folder}/{number}", number * 7 % 400 + 1)
        case "flush":
            with open_emulator(folder) as emulator:
                site, count = Site(emulator.store, "eu-west-1", emulator.settings), 0
                while flushed := flush(site):
                    count += flushed
                say(count)


if __name__ == "__main__":
    main(*sys.argv[1:])
