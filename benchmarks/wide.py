"""Many live groups, served with 30 ms of latency a call: against boto3 calls in sequence and on threads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import PYTHON, RECONCILER, Row, megabytes, pair, run, seconds
from projects import HOME, configure, generated

from reconciler.emulator.server import Running, running

LATENCY_S = 0.03
RIVAL = str(HOME / "benchmarks" / "one_by_one.py")


def rows(folder: Path, times: int) -> Iterator[Row]:
    """A plan over 1,000 groups: time, calls, memory; then how both grow up to 2,500 groups of 50 features."""
    project = generated(folder / "thousand", 1000, 10)
    with _served(project) as server:
        server.ask("DELETE", "calls")
        run([RECONCILER, "plan"], project)
        counts = server.ask("GET", "calls")["counts"]
        threads, found = min(
            ((n, pair([RECONCILER, "plan"], [PYTHON, RIVAL, server.url, str(n)], project, times)) for n in (30, 50)),
            key=lambda item: seconds(item[1].rival),
        )
        sequence = run([PYTHON, RIVAL, server.url, "1"], project)
    ours = seconds(found.ours)
    yield Row(
        "plan over 1,000 groups",
        f"{ours:.2f} s",
        f"a describe and a list-tags each, in sequence: {sequence.seconds:.1f} s",
        f"{sequence.seconds / ours:.0f} times faster",
        "at least 30 times",
        sequence.seconds / ours >= 30,
    )
    yield Row(
        "plan over 1,000 groups",
        f"{ours:.2f} s",
        f"the same calls on {threads} threads: {seconds(found.rival):.2f} s",
        f"{found.ratio:.2f}x",
        "at most 0.7x",
        found.ratio <= 0.7,
    )
    pages = counts.pop("Search", 0)
    per_group = sum(counts.values()) / 1000
    yield Row(
        "calls of that plan",
        json.dumps(counts),
        "",
        f"{per_group:g} a group, and {pages} pages",
        "at most 1.1 a group",
        per_group <= 1.1,
    )
    yield from _growth(folder)


def _growth(folder: Path) -> Iterator[Row]:
    sizes = (500, 2500)
    found = {}
    for size in sizes:
        project = generated(folder / f"wide-{size}", size, 50)
        with _served(project):
            found[size] = [run([RECONCILER, "plan"], project) for _ in range(3)]
    few, many = (seconds(found[size]) for size in sizes)
    kilobytes = (megabytes(found[2500]) - megabytes(found[500])) * 1000 / 2000
    yield Row(
        "plan over 2,500 groups of 50 features",
        f"{many:.2f} s, {megabytes(found[2500]):.0f} MB",
        f"the same over 500: {few:.2f} s, {megabytes(found[500]):.0f} MB",
        f"{many / few:.1f} times the time for 5 times the groups",
        "in proportion",
        many / few <= 5.5,
    )
    yield Row("memory of that plan", f"{kilobytes:.0f} kB a group", "", "", "at most 100 kB a group", kilobytes <= 100)


@contextmanager
def _served(project: Path) -> Iterator[Running]:
    with running(project / ".reconciler" / "emulator") as server:
        server.ask("POST", "faults", {"kind": "latency", "operation": "*", "seconds": LATENCY_S})
        configure(project, server.url)
        yield server
