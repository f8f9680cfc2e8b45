"""Training sets on one machine, beside DuckDB's own as-of join, polars, pandas and the statement of SageMaker's SDK.

A million labels, groups of 10, 5 and 1 million rows, a hundred of each identifier, ten features each, over ten days,
as AWS stores them: text times, a folder for each hour. One row in fifty corrects another one, one in a hundred is a
tombstone. Each way goes from the same files to a table in memory, in a process of its own; the two of a line in turn.

    python benchmarks/datasets.py [--larger]      # the lines of the table alone; with ten times the size
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dataset_ways import FEATURES
from measure import PYTHON, Row
from projects import HOME

CHILD = str(HOME / "benchmarks" / "dataset_ways.py")
GROUPS: Final = {"a": 10_000_000, "b": 5_000_000, "c": 1_000_000}
LABELS: Final = 1_000_000
ROWS_OF_EACH: Final = 100
ROWS_OF_FEW: Final = 1_000
"""Where the SDK's statement is measured: it gives each label every earlier row of its identifier."""
DELETES: Final = 0.01
FEW_DELETES: Final = 0.0005
"""There, too: a tombstone takes everything before it out of what the SDK joins, so with many it has little to do."""
FIRST, HOURS = 1_704_067_200, 240
LARGER: Final = 10


def rows(folder: Path, times: int) -> list[Row]:
    """The lines of the table of benchmarks."""
    times = max(1, times // 3)
    whole, tenth = folder / "datasets", folder / "datasets-tenth"
    make(whole, GROUPS, LABELS)
    make(tenth, {"a": GROUPS["c"]}, LABELS // 10, ROWS_OF_FEW, FEW_DELETES)
    (tenth / "sdk.sql").write_text(statement())
    size = f"dataset of {LABELS:,} labels and groups of 10, 5 and 1 million rows"
    lines = [
        _line(size, whole, "abc", way, name, goal, times)
        for way, (name, goal) in {
            "asof": ("DuckDB's ASOF, which looks at neither corrections nor tombstones", 1 / 1.3),
            "polars": ("polars, join_asof", 1.0),
            "pandas": ("pandas, merge_asof", 4.0),
        }.items()
    ]
    name = f"dataset of {LABELS // 10:,} labels and a group of 1 million rows"
    lines.append(_line(name, tenth, "a", "sdk", "SDK 2's statement on DuckDB", 6.0, times))
    lines.append(_memory(whole))
    return lines


def larger(folder: Path) -> Row:
    """Ten times the size."""
    whole, more = folder / "datasets", folder / "datasets-larger"
    make(whole, GROUPS, LABELS)
    make(more, {name: LARGER * count for name, count in GROUPS.items()}, LARGER * LABELS)
    small, large = (run("ours", where, "abc") for where in (whole, more))
    count = sum(GROUPS.values())
    goal = LARGER * math.log(LARGER * count) / math.log(count)
    ratio = large["processor"] / small["processor"]
    return Row(
        "dataset at ten times the size",
        f"{large['seconds']:.0f} s, {large['processor']:.0f} s of processors, {large['megabytes']:,.0f} MB",
        f"itself: {small['seconds']:.1f} s, {small['processor']:.1f} s of processors",
        f"{ratio:.1f} times the processors' time, {large['megabytes']:,.0f} MB",
        f"at most {goal:.1f} times (n log n), 4,000 MB",
        ratio <= goal and large["megabytes"] < 4000,
    )


def _line(size: str, folder: Path, groups: str, way: str, name: str, goal: float, times: int) -> Row:
    pairs = [(run("ours", folder, groups), run(way, folder, groups)) for _ in range(times)]
    ratio = statistics.median(rival["seconds"] / ours["seconds"] for ours, rival in pairs)
    ours, rival = pairs[0]
    is_same = rival.get("contents") in (None, ours["contents"])
    return Row(
        size,
        _told([ours for ours, _ in pairs]),
        f"{name}: {_told([rival for _, rival in pairs])}",
        f"{ratio:.2f} times as fast" + ("" if is_same else ", NOT THE SAME VALUES"),
        f"at least {goal:.2f} times",
        is_same and ratio >= goal,
    )


def _memory(folder: Path) -> Row:
    found = run("ours", folder, "abc")
    return Row(
        "memory of that dataset, the table of the result included",
        f"{found['megabytes']:,.0f} MB",
        "",
        f"{found['megabytes']:,.0f} MB",
        "under 2,000 MB",
        found["megabytes"] < 2000,
    )


def _told(runs: Sequence[Mapping[str, Any]]) -> str:
    seconds, memory = (statistics.median(one[name] for one in runs) for name in ("seconds", "megabytes"))
    return f"{seconds:.1f} s, {memory:,.0f} MB"


def run(way: str, folder: Path, groups: str) -> Mapping[str, Any]:
    """One way in a process of its own."""
    done = subprocess.run([PYTHON, CHILD, way, str(folder), groups], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def statement() -> str:
    """What the SDK asks of Athena for the labels and the group `a`."""
    python = sorted((HOME / ".proof" / "sagemaker2").glob("*/bin/python"))
    if not python:
        sys.exit("The SDK is not there: make proof CLIENT=sagemaker2")
    group = {"table": "a", "key": "a_id", "record_id": "id", "event_time": "at", "features": [*FEATURES]}
    asked = json.dumps({"labels": ["a_id", "moment"], "groups": [group]})
    script = str(Path(__file__).with_name("sdk_statement.py"))
    done = subprocess.run([str(python[0]), script, asked], capture_output=True, text=True, check=True)
    return done.stdout


def make(
    folder: Path, groups: Mapping[str, int], labels: int, rows_of_each: int = ROWS_OF_EACH, deletes: float = DELETES
) -> None:
    """Labels and groups, made up the same way each time; once for a folder."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    if (folder / "labels.parquet").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    columns = {"row": pa.array(np.arange(labels))}
    for name, count in groups.items():
        ids = pa.array([f"{name}{number:07d}" for number in range(count // rows_of_each)])
        for hour in range(HOURS):
            _hour(folder / name / "data", hour, ids, count // HOURS, deletes, random)
        columns[f"{name}_id"] = ids.take(pa.array(random.integers(0, len(ids), labels)))
    columns["moment"] = _texts(FIRST + random.integers(0, HOURS * 3600, labels))
    pq.write_table(pa.table(columns), folder / "labels.parquet")


def _hour(data: Path, hour: int, ids: Any, count: int, deletes: float, random: Any) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    begins = FIRST + hour * 3600
    seconds = np.sort(begins + random.integers(0, 3600, count))
    keys = random.integers(0, len(ids), count)
    received = seconds * 1_000_000 + np.arange(count)
    corrected = random.integers(0, count, count // 50)
    correcting = random.integers(0, count, count // 50)
    seconds[correcting], keys[correcting] = seconds[corrected], keys[corrected]
    words = pa.array([f"v{number}" for number in range(50)])
    made = {
        "Fractional": lambda: pa.array(random.normal(size=count).round(4)),
        "Integral": lambda: pa.array(random.integers(0, 1_000, count)),
        "String": lambda: words.take(pa.array(random.integers(0, 50, count))),
    }
    micros = pa.timestamp("us", "UTC")
    columns = {"id": ids.take(pa.array(keys)), "at": _texts(seconds)} | {
        n: made[kind]() for n, kind in FEATURES.items()
    }
    columns |= {"write_time": pa.array(received + 60_000_000).cast(micros)}
    columns |= {
        "api_invocation_time": pa.array(received).cast(micros),
        "is_deleted": pa.array(random.random(count) < deletes),
    }
    text = str(np.datetime64(begins, "s"))
    where = data / f"year={text[:4]}/month={text[5:7]}/day={text[8:10]}/hour={text[11:13]}"
    where.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), where / f"{hour}.parquet", store_schema=False)


def _texts(seconds: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.strftime(pa.array(seconds).cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    """The lines alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--larger", action="store_true", help="ten times the size: 160 million rows")
    parser.add_argument("--times", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as found:
        lines = [larger(Path(found))] if given.larger else rows(Path(found), given.times)
        for line in lines:
            print(" | ".join(line.as_cells().values()))


if __name__ == "__main__":
    main()
