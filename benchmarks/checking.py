"""Checks of a table of ten columns, whole chunks at a time: against pydantic's record, a row at a time.

Run as a script it is one of the two: `checking.py columns|rows iso|timestamps|csv ROWS` prints what came of it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from measure import PYTHON, Row

CHUNK, ROWS, FEW = 20_000, 2_000_000, 50_000
FORMS = {
    "iso": "event times as ISO-8601 texts",
    "timestamps": "event times as timestamps",
    "csv": "everything as text, as in a CSV file",
}


def rows(folder: Path, times: int) -> Iterator[Row]:
    """Rows a second on one core, in turn with the rival, and the memory that a chunk takes."""
    del folder
    for form, said in FORMS.items():
        runs = [(_measured("columns", form, ROWS), _measured("rows", form, FEW)) for _ in range(max(3, times // 3))]
        ours = statistics.median(run["rate"] for run, _ in runs)
        rival = statistics.median(run["rate"] for _, run in runs)
        yield Row(
            f"checks of a 10-column table, {said}",
            f"{ours / 1e6:.1f} million rows/s",
            f"pydantic's record, row by row: {rival / 1e6:.2f} million rows/s",
            f"{statistics.median(a['rate'] / b['rate'] for a, b in runs):.0f} times faster",
            "at least 2 million rows/s",
            ours >= 2e6,
        )
        used = max(run["memory"] for run, _ in runs)
        yield Row(
            f"memory of these checks, {said}",
            f"{used:.1f} times the chunk",
            "",
            "",
            "at most 3 times the chunk",
            used <= 3,
        )
    found = _measured("duplicates", "iso", 10_000_000)
    yield Row(
        "finding duplicates among 10 million rows, 100 of them given twice",
        f"{found['rate'] / 1e6:.1f} million rows/s, {found['memory']:.0f} MB",
        "",
        "",
        "under 300 MB",
        found["memory"] < 300,
    )


def _measured(way: str, form: str, count: int) -> dict[str, float]:
    done = subprocess.run([PYTHON, __file__, way, form, str(count)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """One measurement, as JSON: rows a second, and memory."""
    way, form, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    measure = {"columns": _by_columns, "rows": _by_rows, "duplicates": _duplicates}[way]
    rate, memory = measure(form, count)
    print(json.dumps({"rate": rate, "memory": memory}))


def _record() -> Any:
    from reconciler.spec import feature_group

    @feature_group(record_id="plane", event_time="at")
    class Reading:
        plane: str
        at: datetime
        a: float
        b: float
        c: float
        d: float | None = None
        e: int
        f: int
        g: int | None = None
        h: int | None = None

    return Reading


def _batch(form: str, first: int = 0) -> Any:
    import numpy as np
    import pyarrow as pa

    dice, start = np.random.default_rng(first), datetime(2013, 1, 1, tzinfo=UTC)
    times = pa.array([start + timedelta(seconds=7 * (first + row)) for row in range(CHUNK)], pa.timestamp("us", "UTC"))
    columns = {
        "plane": pa.array([f"N{row % 4000:05}" for row in range(CHUNK)]),
        "at": times if form == "timestamps" else times.cast(pa.timestamp("s", "UTC")).cast(pa.string()),
    }
    if form != "timestamps":
        columns["at"] = pa.array([text.replace(" ", "T") for text in columns["at"].to_pylist()])
    holes = dice.random(CHUNK) < 0.05
    columns |= {name: pa.array(dice.normal(60, 20, CHUNK), mask=holes if name == "d" else None) for name in "abcd"}
    columns |= {name: pa.array(dice.integers(0, 5000, CHUNK), mask=holes if name == "h" else None) for name in "efgh"}
    batch = pa.record_batch(columns)
    return pa.record_batch({n: batch.column(n).cast(pa.string()) for n in columns}) if form == "csv" else batch


def _by_columns(form: str, count: int) -> tuple[float, float]:
    from reconciler.records.checking import check

    record, batch, now = _record(), _batch(form), datetime.now(UTC)
    contract = record.__feature_group__.contract(record)
    memory = _memory(lambda: check(batch, contract, texts=form == "csv", now=now), batch.nbytes)
    began = time.perf_counter()
    for _ in range(count // CHUNK):
        checked = check(batch, contract, texts=form == "csv", now=now)
    seconds = time.perf_counter() - began
    assert checked.bad is None
    return count / seconds, memory


def _memory(act: Any, size: int) -> float:
    """The chunk and whatever there was beside it at one time, Arrow's and numpy's, as a multiple of the chunk."""
    import tracemalloc

    import pyarrow as pa

    act()  # what is made once and kept does not count
    plain = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(plain)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    done = act()
    peak = tracemalloc.get_traced_memory()[1] + pool.max_memory()
    tracemalloc.stop()
    del done  # what the pool gave has to be given back while there is one
    pa.set_memory_pool(plain)
    return (size + peak) / size


def _by_rows(form: str, count: int) -> tuple[float, float]:
    """What a careful team writes by hand: each row a validated record, the faults collected."""
    from pydantic import ValidationError

    record, given = _record(), _batch("timestamps" if form == "timestamps" else "iso").to_pylist()
    if form != "timestamps":
        for row in given:
            row["at"] = datetime.fromisoformat(row["at"])
    faults, began, done = [], time.perf_counter(), 0
    while done < count:
        for number, row in enumerate(given[: count - done]):
            try:
                record(**row)
            except ValidationError as error:
                faults.append((number, error))
        done += len(given)
    seconds = time.perf_counter() - began
    assert not faults
    return done / seconds, 0.0


def _duplicates(form: str, count: int) -> tuple[float, float]:
    """Memory in MB that the search adds to what the process had before it."""
    import resource

    import numpy as np

    from reconciler.records.checking import Duplicates, check

    record, batch = _record(), _batch(form)
    contract = record.__feature_group__.contract(record)
    checked = check(batch, contract, texts=False, now=datetime.now(UTC))
    duplicates, seconds = Duplicates(contract), 0.0
    duplicates.add(checked, 0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for first in range(CHUNK, count, CHUNK):
        moved = checked.seconds + np.int64(first if first < count - CHUNK else 0)
        moved[: CHUNK - 100] += first
        began = time.perf_counter()
        duplicates.add(checked._replace(seconds=moved), first)
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    assert len(duplicates.suspects()) >= 200
    seconds += time.perf_counter() - began
    return count / seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == "__main__":
    main()
