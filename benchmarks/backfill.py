"""Rows straight into the files of an offline store: five million of them, out of order, into 720 hours.

Every way reads the same Parquet file and leaves the same partitions, of Snappy-compressed Parquet with the three
columns of the service's own, in a local folder. Ours checks every value, finds rows given twice and hashes all of it,
which the others do not.

    python benchmarks/backfill.py ours|writer|script|duckdb|polars|pandas ROWS.parquet FOLDER
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from measure import PYTHON, Row, megabytes, pair, seconds

ROWS, HOURS = 5_000_000, 720
FIRST = 1_356_998_400
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEATURES = {"tailnum": "String", "observed_at": "String"} | {
    f"{kind.lower()}_{n}": kind for kind in ("Integral", "Fractional") for n in range(4)
}
THREADS = 2


def rows(folder: Path, times: int) -> list[Row]:
    """The lines of the table of benchmarks."""
    source = folder / "backfill.parquet"
    make(source, ROWS)
    times = max(1, times // 3)
    lines = []
    for way, goal in (("script", 1 / 0.85), ("duckdb", 1.0), ("polars", 1.0), ("pandas", 1.0)):
        found = pair(*(_command(what, source, folder) for what in ("ours", way)), folder, times)
        lines.append(
            Row(
                f"{ROWS // 1_000_000} million rows into {HOURS} hourly partitions, all checked",
                f"{ROWS / seconds(found.ours):,.0f} rows/s, {megabytes(found.ours):,.0f} MB",
                f"{_NAMES[way]}: {ROWS / seconds(found.rival):,.0f} rows/s, {megabytes(found.rival):,.0f} MB",
                f"{1 / found.ratio:.2f} times the speed",
                f"at least {1 / goal:.2f}",
                is_met=found.ratio <= goal,
            )
        )
    return lines


_NAMES = {
    "script": "hand-tuned pyarrow script, nothing checked",
    "duckdb": "DuckDB, COPY ... PARTITION_BY",
    "polars": "polars, partitioned sink",
    "pandas": "pandas, to_parquet(partition_cols=...)",
}


def _command(way: str, source: Path, folder: Path) -> list[str]:
    return [PYTHON, __file__, way, str(source), str(folder / f"backfill-{way}")]


def make(path: Path, count: int) -> None:
    """Rows out of order, made up the same way each time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    random = np.random.default_rng(1)
    moments = pa.array(FIRST + random.integers(0, HOURS * 3600, count)).cast(pa.timestamp("s", "UTC"))
    columns = {
        "tailnum": pc.utf8_lpad(pa.array(np.arange(count) * 7 % 9_999_991).cast(pa.string()), 7, "0"),
        "observed_at": pc.strftime(moments, "%Y-%m-%dT%H:%M:%SZ"),
    }
    columns |= {f"integral_{n}": pa.array(random.integers(0, 1_000, count)) for n in range(4)}
    columns |= {f"fractional_{n}": pa.array(random.normal(size=count).round(3)) for n in range(4)}
    pq.write_table(pa.table(columns), path)


def ours(source: Path, folder: Path) -> None:
    """What `backfill` does, but for S3: checks, sorting, files."""
    from reconciler.contract import Column, Contract
    from reconciler.records.checking import FaultTable
    from reconciler.records.examining import Rules
    from reconciler.records.offline.backfill import CHUNK_ROWS, _examine
    from reconciler.records.offline.sorting import Sorter
    from reconciler.records.sources import open_source

    kinds = {"String": "str", "Integral": "int", "Fractional": "float"}
    columns = [
        Column(name, name, "datetime" if name == "observed_at" else kinds[kind]) for name, kind in FEATURES.items()
    ]
    contract = Contract("bench", "tailnum", "observed_at", tuple(columns), table_format="Glue")
    sorter = Sorter(folder)
    with open_source(str(source), contract, chunk_rows=CHUNK_ROWS, scratch=folder) as rows_:
        found = _examine(rows_, Rules(contract, rows_.texts, NOW), FaultTable(), sorter, None)
    assert not len(found.repeats)
    _write(sorter, folder)


def writer(source: Path, folder: Path) -> None:
    """Sorting and files alone."""
    import numpy as np
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    sorter, first = __import__("reconciler.records.offline.sorting", fromlist=["Sorter"]).Sorter(folder), 0
    for batch in pq.read_table(source).to_batches(max_chunksize=1 << 16):
        moments = pc.strptime(batch.column("observed_at"), "%Y-%m-%dT%H:%M:%SZ", "s").cast("int64").to_numpy()
        sorter.add(batch, moments, np.zeros(len(moments), np.int32), np.arange(first, first + len(moments)))
        first += len(moments)
    _write(sorter, folder)


def _write(sorter, folder: Path) -> None:
    from reconciler.records.offline.committing import reveal_all
    from reconciler.records.offline.files import Form
    from reconciler.records.offline.layout import Layout, schema_of
    from reconciler.records.offline.sinks import FolderSink
    from reconciler.records.offline.writing import write

    layout = Layout(
        "s3://bench/data/", "tailnum", "observed_at", tuple(FEATURES.items()), is_iceberg=False, run="bench"
    )
    sink = FolderSink(folder, layout.data)
    totals = sorter.partitions(layout.span_s)
    reveal_all(sink, write(sorter.sorted(), Form(layout, schema_of(layout), NOW), sink, folder, totals=totals))


def _own(table):
    import pyarrow as pa

    moment = pa.repeat(pa.scalar(NOW, pa.timestamp("us", "UTC")), len(table))
    own = {"write_time": moment, "api_invocation_time": moment, "is_deleted": pa.repeat(False, len(table))}
    for name, values in own.items():
        table = table.append_column(name, values)
    return table


def script(source: Path, folder: Path) -> None:
    """Sorted once, cut where the hour changes, written by as many threads as there are cores."""
    from concurrent.futures import ThreadPoolExecutor

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = _own(pq.read_table(source))
    # As numbers they sort faster than as text.
    moments = pc.strptime(table["observed_at"], "%Y-%m-%dT%H:%M:%SZ", "s").cast(pa.int64()).combine_chunks()
    table = table.take(pc.sort_indices(moments)).combine_chunks()
    hours = pc.run_end_encode(pc.utf8_slice_codeunits(table["observed_at"], 0, 13).combine_chunks())
    ends = pa.array(hours.run_ends).to_pylist()
    dictionary = [n for n, kind in FEATURES.items() if kind == "Integral"] + ["write_time", "api_invocation_time"]

    def write(hour: str, start: int, end: int) -> None:
        place = folder / f"year={hour[:4]}/month={hour[5:7]}/day={hour[8:10]}/hour={hour[11:]}"
        place.mkdir(parents=True)
        part = table.slice(start, end - start)
        pq.write_table(part, place / "part.parquet", use_dictionary=dictionary, store_schema=False)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write, hours.values.to_pylist(), [0, *ends[:-1]], ends))


_PARTS = {"year": (1, 4), "month": (6, 2), "day": (9, 2), "hour": (12, 2)}


def duckdb(source: Path, folder: Path) -> None:
    """Its partitioned COPY, told to keep all partitions open."""
    import duckdb

    parts = ", ".join(f"substr(observed_at, {at}, {size}) AS {name}" for name, (at, size) in _PARTS.items())
    own = "TIMESTAMPTZ '2026-01-01 00:00:00Z' AS write_time, TIMESTAMPTZ '2026-01-01 00:00:00Z' AS api_invocation_time"
    query = f"SELECT *, {own}, false AS is_deleted, {parts} FROM read_parquet('{source}') ORDER BY observed_at"
    with duckdb.connect() as db:
        db.execute(f"SET partitioned_write_max_open_files = {2 * HOURS}")
        db.execute(
            f"COPY ({query}) TO '{folder}' (FORMAT parquet, PARTITION_BY ({', '.join(_PARTS)}), OVERWRITE_OR_IGNORE)"
        )


def polars(source: Path, folder: Path) -> None:
    """Its partitioned write, sorted."""
    import polars as pl

    parts = [pl.col("observed_at").str.slice(at - 1, size).alias(name) for name, (at, size) in _PARTS.items()]
    own = [
        pl.lit(NOW).alias("write_time"),
        pl.lit(NOW).alias("api_invocation_time"),
        pl.lit(value=False).alias("is_deleted"),
    ]
    frame = pl.read_parquet(source).sort("observed_at").with_columns(*own, *parts)
    frame.write_parquet(folder, partition_by=list(_PARTS), compression="snappy")


def pandas(source: Path, folder: Path) -> None:
    """Its partitioned write, sorted."""
    import pandas as pd

    frame = pd.read_parquet(source).sort_values("observed_at", kind="stable")
    frame["write_time"] = frame["api_invocation_time"] = NOW
    frame["is_deleted"] = False
    for name, (at, size) in _PARTS.items():
        frame[name] = frame["observed_at"].str[at - 1 : at - 1 + size]
    frame.to_parquet(folder, partition_cols=list(_PARTS), max_partitions=2 * HOURS, index=False)


if __name__ == "__main__":
    place = Path(sys.argv[3])
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    {"ours": ours, "writer": writer, "script": script, "duckdb": duckdb, "polars": polars, "pandas": pandas}[
        sys.argv[1]
    ](Path(sys.argv[2]), place)
