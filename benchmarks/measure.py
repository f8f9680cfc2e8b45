"""Whole processes, timed in pairs: the two commands of a pair run in turn, so that a drifting machine hits both."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
RECONCILER = str(Path(sys.executable).with_name("reconciler"))


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall seconds, and the peak memory of the largest process among it and its children, in MB."""

    seconds: float
    megabytes: float
    code: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Several runs of two commands in turn."""

    ours: tuple[Run, ...]
    rival: tuple[Run, ...]

    @property
    def ratio(self) -> float:
        """The median of our time over the rival's, pair by pair."""
        return statistics.median(a.seconds / b.seconds for a, b in zip(self.ours, self.rival, strict=True))


def run(command: Sequence[str], folder: Path, expected: int = 0) -> Run:
    """One run, its output thrown away; an unexpected exit code is an error, not a measurement."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "RECONCILER_ENV")}
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = code = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if code != expected:
        sys.exit(f"{' '.join(command)} ended with {code}, expected {expected}:\n{said.decode()[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 1024 * 1.048576, code)


def pair(ours: Sequence[str], rival: Sequence[str], folder: Path, times: int, expected: int = 0) -> Pair:
    """Both commands `times` times in turn, after one run of each that does not count."""
    run(ours, folder, expected)
    run(rival, folder)
    runs = [(run(ours, folder, expected), run(rival, folder)) for _ in range(times)]
    return Pair(tuple(a for a, _ in runs), tuple(b for _, b in runs))


def seconds(runs: Sequence[Run]) -> float:
    """The median."""
    return statistics.median(r.seconds for r in runs)


def megabytes(runs: Sequence[Run]) -> float:
    """The largest."""
    return max(r.megabytes for r in runs)


def machine() -> str:
    """What this ran on, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, what came of it, against what, and whether that is enough."""

    what: str
    ours: str
    rival: str
    result: str
    goal: str
    is_met: bool

    def as_cells(self) -> Mapping[str, str]:
        """The row by the table's columns."""
        return {
            "What": self.what,
            "reconciler": self.ours,
            "Rival": self.rival,
            "Result": self.result,
            "Goal": self.goal,
            "": "met" if self.is_met else "NOT MET",
        }
