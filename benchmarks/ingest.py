"""Ingest: beside SageMaker SDK 3 and a loop over boto3, against a sink that answers at once and against the emulator.

Records a second are counted per core: over the processor time of the client's own process, its threads included, from
the call of the ingest to its end. SDK 3 runs in the environment that `make proof CLIENT=sagemaker3` makes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator import _create
from measure import PYTHON, Row
from projects import HOME

from reconciler.emulator.running import running

CLIENTS = str(HOME / "benchmarks" / "ingest_clients.py")
SINK = [PYTHON, str(HOME / "benchmarks" / "sink.py")]
AMOUNTS = {"ours": 400_000, "boto3": 10_000, "sdk-batch": 2_000, "sdk-put": 1_000}
GOALS = {
    "boto3": ("a loop over boto3's batch_write_record", 12),
    "sdk-batch": ("SageMaker SDK 3's ingest_dataframe with batch write", 40),
    "sdk-put": ("SageMaker SDK 3's ingest_dataframe", 150),
}
LARGE_ROWS, PART_ROWS = 10_000_000, 1_000_000


def rows(folder: Path, times: int) -> Iterator[Row]:
    """Rates against the sink, against the emulator, and the memory of a large ingest."""
    turns = max(3, times // 3)
    with _sink() as url:
        measured = [{name: _rate(name, url, folder) for name in AMOUNTS if _python(name)} for _ in range(turns)]
        ours = statistics.median(turn["ours"] for turn in measured)
        yield Row("ingest of a frame", f"{ours:,.0f} records/s", "", "", "at least 80,000", ours >= 80_000)
        yield from _rivals(measured, ours)
        yield _large(url, folder)
    yield from _on_emulator(folder, turns)


def _rivals(measured: list[dict[str, float]], ours: float) -> Iterator[Row]:
    for name, (what, least) in GOALS.items():
        if name not in measured[0]:
            yield Row(f"ingest beside {what}", "", "not installed: make proof CLIENT=sagemaker3", "", "", False)
            continue
        ratio = statistics.median(turn["ours"] / turn[name] for turn in measured)
        rival = statistics.median(turn[name] for turn in measured)
        yield Row(
            f"ingest beside {what}",
            f"{ours:,.0f} records/s",
            f"{rival:,.0f} records/s",
            f"{ratio:.0f} times",
            f"at least {least} times",
            ratio >= least,
        )


def _on_emulator(folder: Path, turns: int) -> Iterator[Row]:
    with running(folder / "emulator") as server:
        _create(server.url)
        pairs = [
            (_wall("ours", server.url, folder, 100_000), _wall("boto3", server.url, folder, 5_000))
            for _ in range(turns)
        ]
    ours, rival = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield Row(
        "ingest into the emulator, which is what limits it, by the clock",
        f"{ours:,.0f} records/s",
        f"boto3: {rival:,.0f} records/s",
        f"{statistics.median(a / b for a, b in pairs):.1f} times",
        "",
        ours >= rival,
    )


def _large(url: str, folder: Path) -> Row:
    """Ten million rows from a folder of Parquet files."""
    _write_parts(folder / "large")
    done = _run("ours", url, folder, str(folder / "large"))
    memory = done["megabytes"]
    return Row(
        f"ingest of {LARGE_ROWS:,} rows from a Parquet folder: memory",
        f"{memory:.0f} MB",
        "",
        f"{done['rows'] / done['seconds']:,.0f} records/s",
        "under 1,000 MB",
        memory < 1_000 and done["rows"] == LARGE_ROWS,
    )


def _write_parts(folder: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    numbers = np.random.default_rng(1)
    for first in range(0, LARGE_ROWS, PART_ROWS):
        count = np.arange(first, first + PART_ROWS)
        at = pa.array(1_767_225_600_000 + count % 86_400_000).cast(pa.timestamp("ms", "UTC"))
        features = {f"f{n}": numbers.random(PART_ROWS) for n in range(8)}
        table = pa.table({"id": pa.array(count).cast(pa.string()), "at": at, **features})
        pq.write_table(table, folder / f"part-{first // PART_ROWS:02}.parquet")


def _rate(name: str, url: str, folder: Path) -> float:
    done = _run(name, url, folder, str(AMOUNTS[name]))
    return float(done["rows"] / done["cpu"])


def _wall(name: str, url: str, folder: Path, amount: int) -> float:
    done = _run(name, url, folder, str(amount))
    return float(done["rows"] / done["seconds"])


def _run(name: str, url: str, folder: Path, amount: str) -> Mapping[str, Any]:
    """One client, to its end."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "SAGEMAKER_"))}
    environment |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(HOME / "reconciler" / "sandboxing" / "sagemaker.yaml"),
        "ROOT": str(folder),
    }
    command = [_python(name), CLIENTS, name, url, amount]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    done: dict[str, Any] = json.loads(said.splitlines()[-1])
    return done | {"megabytes": usage.ru_maxrss / 1024 * 1.048576}


def _python(name: str) -> str:
    """The interpreter of a client; empty where it is not installed."""
    if not name.startswith("sdk"):
        return PYTHON
    found = sorted((HOME / ".proof" / "sagemaker3").glob("*/bin/python"))
    return str(found[-1]) if found else ""


@contextmanager
def _sink() -> Iterator[str]:
    with subprocess.Popen(SINK, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
        yield sink.stdout.readline().strip() if sink.stdout else ""
        if sink.stdin:
            sink.stdin.close()
