"""Training sets beside Feast's historical retrieval, with its DuckDB store and with its Dask store.

A hundred thousand labels, groups of 1,000,000, 500,000 and 100,000 rows, a hundred of each record, ten features each,
over ten days. Ours reads them as AWS stores them: text times, a folder for each hour. Feast gets each as one file with
timestamps, and nothing is deleted, for it knows no deletes. Both take the labels as a frame of pandas and are timed
from there to a table of Arrow, or of pandas where Feast has no other; imports and Feast's registry come before.

    python benchmarks/dataset_feast.py        # the lines of the table alone
"""

from __future__ import annotations

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from measure import PYTHON, Row
from projects import HOME

CLIENT = str(HOME / "benchmarks" / "dataset_feast_client.py")
PINS = HOME / "benchmarks" / "feast"
GROUPS: Final = {"a": 1_000_000, "b": 500_000, "c": 100_000}
ROWS_OF_EACH: Final = 100
LABELS: Final = 100_000
FIRST, HOURS = 1_704_067_200, 240
FEATURES: Final = (
    {f"f{n}": "Fractional" for n in range(6)}
    | {"i0": "Integral", "i1": "Integral"}
    | dict.fromkeys(("s0", "s1"), "String")
)
GOALS: Final = {"duckdb": 1.0, "dask": 8.0}


def rows(folder: Path, times: int) -> list[Row]:
    """A line for each store of Feast's."""
    python = environment()
    if python is None:
        return [Row(f"dataset beside Feast's {way} store", "", "not installed", "", "", False) for way in GOALS]
    make(folder / "feast")
    return [_line(folder / "feast", str(python), way, max(1, times // (3 if way == "duckdb" else 9))) for way in GOALS]


def _line(folder: Path, python: str, way: str, times: int) -> Row:
    pairs = [(_run(PYTHON, "ours", folder), _run(python, way, folder)) for _ in range(times)]
    ratio = statistics.median(rival["seconds"] / ours["seconds"] for ours, rival in pairs)
    ours, rival = pairs[0]
    is_right = ours["rows"] == LABELS and (way == "dask" or ours["contents"] == rival["contents"])
    lost = f", {LABELS - rival['rows']:,} labels lost" if rival["rows"] != LABELS else ""
    return Row(
        f"dataset of {LABELS:,} labels and three groups at a tenth of the size",
        f"{statistics.median(one['seconds'] for one, _ in pairs):.2f} s, {ours['megabytes']:.0f} MB",
        f"Feast {rival['version']}, {way}: {statistics.median(one['seconds'] for _, one in pairs):.1f} s, "
        f"{rival['megabytes']:.0f} MB{lost}",
        f"{ratio:.1f} times as fast" + ("" if is_right else ", NOT THE SAME ROWS"),
        f"at least {GOALS[way]:.0f} times",
        is_right and ratio >= GOALS[way],
    )


def _run(python: str, way: str, folder: Path) -> Mapping[str, Any]:
    done = subprocess.run([python, CLIENT, way, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def environment() -> Path | None:
    """The interpreter that has Feast, in an environment of its own, made once for one state of its pins."""
    pins = [PINS / "requirements.txt", PINS / "constraints.txt"]
    state = hashlib.sha256(sys.version.encode() + b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    folder = HOME / ".proof" / "feast" / state
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        venv.create(folder, clear=True, symlinks=True)
        files = ["-r", str(pins[0]), "-c", str(pins[1])]
        command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return None
        (folder / ".ready").touch()
    return python


def make(folder: Path) -> None:
    """Labels and groups, made up the same way each time: `NAME.parquet` for Feast, `NAME/data/` for ours."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    labels = {"row": np.arange(LABELS)}
    for name, count in GROUPS.items():
        ids = pa.array([f"{name}{number:07d}" for number in range(count // ROWS_OF_EACH)])
        _group(folder, name, ids, np.sort(FIRST + random.integers(0, HOURS * 3600, count)), random)
        labels[f"{name}_id"] = ids.take(pa.array(random.integers(0, len(ids), LABELS)))
    moments = (FIRST + random.integers(0, HOURS * 3600, LABELS)) * 1_000_000
    labels["event_timestamp"] = pa.array(moments).cast(pa.timestamp("us", "UTC"))
    pq.write_table(pa.table(labels), folder / "labels.parquet")


def _group(folder: Path, name: str, ids: Any, seconds: Any, random: Any) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    count = len(seconds)
    micros = pa.timestamp("us", "UTC")
    columns = {f"{name}_id": ids.take(pa.array(random.integers(0, len(ids), count)))}
    events = pa.array(seconds * 1_000_000).cast(micros)
    words = pa.array([f"v{number}" for number in range(50)])
    made = {
        "Fractional": lambda: pa.array(random.normal(size=count).round(4)),
        "Integral": lambda: pa.array(random.integers(0, 1_000, count)),
        "String": lambda: words.take(pa.array(random.integers(0, 50, count))),
    }
    features = {f"{name}_{feature}": made[kind]() for feature, kind in FEATURES.items()}
    # No two rows were received at once: which of two of one moment is newer is said.
    received = (seconds + 1) * 1_000_000 + np.arange(count) % 1_000_000
    invoked = {"api_invocation_time": pa.array(received).cast(micros)}
    pq.write_table(pa.table(columns | {"event_time": events} | features | invoked), folder / f"{name}.parquet")
    texts = pc.strftime(events.cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
    more = {"write_time": invoked["api_invocation_time"], "is_deleted": pa.array(np.zeros(count, np.bool_))}
    table = pa.table(columns | {"event_time": texts} | features | invoked | more)
    cuts = np.searchsorted(seconds, FIRST + np.arange(HOURS + 1) * 3600)
    for hour, (start, end) in enumerate(pairwise(cuts)):
        text = str(np.datetime64(FIRST + hour * 3600, "s"))
        where = folder / name / "data" / f"year={text[:4]}/month={text[5:7]}/day={text[8:10]}/hour={text[11:13]}"
        where.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.slice(start, end - start), where / f"{hour}.parquet")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as found:
        for line in rows(Path(found), 9):
            print(" | ".join(line.as_cells().values()))
