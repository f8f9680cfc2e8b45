"""Every benchmark, as one table: `make bench`. With --write it also goes to docs/benchmarks.md.

Each figure is a ratio of whole processes measured in turn in this one run; absolute times are this machine's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import backfill
import checking
import dataset_feast
import dataset_spark
import datasets
import emulator
import ingest
import one_group
import reading
import startup
import wide
from measure import Row, machine
from projects import HOME

PARTS = {
    "startup": startup,
    "wide": wide,
    "one_group": one_group,
    "checking": checking,
    "ingest": ingest,
    "reading": reading,
    "backfill": backfill,
    "dataset_spark": dataset_spark,
    "emulator": emulator,
    "datasets": datasets,
    "dataset_feast": dataset_feast,
}


def main() -> int:
    """0 if every goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which; all where none is named")
    parser.add_argument("--times", type=int, default=9, help="counted runs of each command")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    given = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        for name in given.parts or PARTS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            times = given.times if name != "wide" else max(3, given.times // 3)
            rows += PARTS[name].rows(Path(folder), times)
    table = as_table(rows)
    print(table)
    if given.write:
        (HOME / "docs" / "benchmarks.md").write_text(_PAGE.format(machine=machine(), day=_today(), table=table))
    return 0 if all(row.is_met for row in rows) else 1


def as_table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    cells = [row.as_cells() for row in rows]
    head = list(cells[0])
    lines = [head, ["---"] * len(head), *([row[name] for name in head] for row in cells)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


_PAGE = """# Benchmarks

`make bench` measures all of this anew and prints the table; `make bench WRITE=1` also writes this page. Every figure is
of whole processes, from the shell to their end, the two of a row run in turn; quote the ratios, not the seconds. Byte
code is written, and pandas is installed.

Machine: {machine}. Day: {day}.

{table}

The rivals: `benchmarks/bare_client.py` only creates boto3's client, the floor of any AWS tool in Python.
`benchmarks/one_by_one.py` reads every group with one describe and one list-tags, which is what a plan would need at
least if the search index did not exist; it reads no metadata of features, and the plan does. The live groups are the
emulator's, served by another process on the same machine with 30 ms of latency a call.

Rows of records: `benchmarks/checking.py` holds the checks of whole columns against pydantic's record made for each row.
`benchmarks/ingest.py` sends to `benchmarks/sink.py`, a process that answers every write at once, so that the client is
measured; its rates are records per second of the client's own processor time, from the call of the ingest to its end,
both readings included. SageMaker SDK 3 runs in the environment of `make proof CLIENT=sagemaker3`.
`benchmarks/reading.py` compares with boto3's GetRecord. `benchmarks/backfill.py` runs whole processes that read one
Parquet file and write files sorted by event time, one folder an hour, into a local folder; the hand-tuned script sorts
once and writes the same files, and checks nothing.

`benchmarks/datasets.py` makes a training set from the same files in a process for each way: text times, a folder for
each hour, one row in fifty a correction, one in a hundred a tombstone. polars and pandas sort each group and take the
last of several rows of one moment; DuckDB's ASOF does neither. The SDK's line has longer histories and few tombstones,
which is what its statement is good at: where there are many tombstones, and short histories, it is nearer to ours.

`benchmarks/dataset_feast.py` makes the same training set with Feast, in an environment of its own that is made on first
use. Feast reads each group from one file with timestamps, ours reads text times from a folder for each hour, and both
are timed from a frame of labels to the table of the result.

`benchmarks/dataset_spark.py` times a job in a warm session of Spark on two cores, in the environments of
`make proof CLIENT=spark35` and `CLIENT=spark4`; the SDK's statement is what version 2 sends to Athena, in Spark's
words.

The emulator's server is loaded by `benchmarks/load.py`, a process that sends prepared bytes over 16 connections and
costs a tenth of what the server does; `benchmarks/http_floor.py` is the same HTTP server with nothing behind it. The
server and the client have a core each.
"""


if __name__ == "__main__":
    sys.exit(main())
