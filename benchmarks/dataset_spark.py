"""A training set on Spark: labels as a DataFrame, features from the files of an offline store.

The SDK's statement is that of version 2 with its defaults, over the same files; it gives each label every earlier row,
and ours one row for each label. Both are asked for all features and write them nowhere.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from dataset_spark_ways import FEATURES
from measure import Row
from projects import HOME

LABELS, ROWS, KEYS = 100_000, 1_000_000, 300
"""A tenth of the size that one machine is measured at. An identifier has some 3,300 rows: hourly ones of 140 days."""
DELETES = 0.0001
TIMES_LARGER = 4
_FIRST, _YEAR = 1_356_998_400, 365 * 86_400


def rows(folder: Path, times: int) -> list[Row]:
    """The lines of the table of benchmarks."""
    found = []
    for client in ("spark35", "spark4"):
        python = _python(client)
        if python is None or _python("sagemaker2") is None:
            found.append(Row(f"dataset on {client}", "", f"not installed: make proof CLIENT={client}", "", "", False))
            continue
        found += _rows(client, python, folder / "dataset-spark", max(1, times // 3))
    return found


def _rows(client: str, python: Path, folder: Path, times: int) -> list[Row]:
    small, large = folder / "small", folder / "large"
    make(small, LABELS, ROWS)
    make(large, LABELS * TIMES_LARGER, ROWS * TIMES_LARGER)
    ours = _run(python, "ours", small, times)
    sdk = _run(python, "sdk", small, 1)
    grown = _run(python, "ours", large, times)
    ratio = statistics.median(sdk["seconds"]) / statistics.median(ours["seconds"])
    growth = grown["shuffled"] / ours["shuffled"]
    size = f"{LABELS:,} labels, {ROWS:,} rows of 10 features, on {client}"
    return [
        Row(
            f"dataset: {size}",
            f"{statistics.median(ours['seconds']):.1f} s, {ours['shuffled'] / 1e6:,.0f} MB shuffled",
            f"SDK 2's statement: {statistics.median(sdk['seconds']):.1f} s, {sdk['shuffled'] / 1e6:,.0f} MB shuffled",
            f"{ratio:.1f} times the speed",
            "at least 5",
            is_met=ratio >= 5,
        ),
        Row(
            f"dataset: bytes shuffled on {client}, at {TIMES_LARGER} times the size",
            f"{grown['shuffled'] / 1e6:,.0f} MB",
            f"{ours['shuffled'] / 1e6:,.0f} MB",
            f"{growth:.2f} times as many",
            f"at most {TIMES_LARGER * 1.1:.1f}",
            is_met=growth <= TIMES_LARGER * 1.1,
        ),
    ]


def make(folder: Path, labels: int, count: int) -> None:
    """Labels, an offline store with late corrections and tombstones, and the SDK's statement; the same each time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if folder.exists():
        return
    data = folder / "store" / "weather" / "data"
    data.mkdir(parents=True)
    random = np.random.default_rng(1)

    def ids(size: int) -> pa.Array:
        numbers = pa.array(random.integers(0, KEYS * count // ROWS, size)).cast(pa.string())
        return pc.binary_join_element_wise("id", numbers, "")

    def texts(seconds: Any) -> pa.Array:
        return pc.strftime(pa.array(seconds).cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ")

    pq.write_table(
        pa.table({"id": ids(labels), "at": texts(_FIRST + random.integers(0, _YEAR, labels))}),
        folder / "labels.parquet",
        row_group_size=50_000,
    )
    files = 8 * count // ROWS
    for number in range(files):
        size = count // files
        seconds = _FIRST + random.integers(0, _YEAR, size)
        received = pa.array(seconds * 10**6 + random.integers(0, 5 * 10**6, size)).cast(pa.timestamp("us", "UTC"))
        columns = {"id": ids(size), "at": texts(seconds)}
        for name, kind in FEATURES.items():
            drawn = random.integers(0, 1000, size) if kind == "Integral" else random.normal(size=size)
            columns[name] = pa.array(drawn)
        columns |= {"write_time": received, "api_invocation_time": received}
        columns["is_deleted"] = pa.array(random.random(size) < DELETES)
        pq.write_table(pa.table(columns), data / f"{number}.parquet")
    folder.joinpath("sdk.sql").write_text(statement())


def statement() -> str:
    """The SDK's statement in Spark's words, which want an order wherever rows are numbered: the SDK has none once."""
    import sqlglot

    asked = {
        "labels": ["id", "at"],
        "groups": [{"table": "weather", "key": "id", "record_id": "id", "event_time": "at", "features": [*FEATURES]}],
    }
    script = str(Path(__file__).with_name("sdk_statement.py"))
    done = subprocess.run(
        [str(_python("sagemaker2")), script, json.dumps(asked)], capture_output=True, text=True, check=True
    )
    unordered = 'PARTITION BY origin_base."id", origin_base."at"\n'
    made = done.stdout.replace(unordered, f'{unordered}ORDER BY origin_base."id"\n').replace(
        '"sagemaker_featurestore".', ""
    )
    [found] = sqlglot.transpile(made, read="trino", write="spark")
    return found


def _run(python: Path, way: str, folder: Path, times: int) -> Any:
    script = str(Path(__file__).with_name("dataset_spark_ways.py"))
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SPARK_"))}
    done = subprocess.run(
        [str(python), script, way, str(folder), str(times)], capture_output=True, text=True, check=False, env=plain
    )
    if done.returncode:
        sys.exit(f"{way} on {python} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _python(client: str) -> Path | None:
    found = sorted((HOME / ".proof" / client).glob("*/bin/python"))
    return found[0] if found else None
