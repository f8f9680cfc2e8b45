"""One way to a training set in one process: `python dataset_ways.py WAY FOLDER GROUPS`, GROUPS as in `abc`.

WAY is ours, asof, polars, streaming, pandas or sdk. It prints seconds, from files to a table in memory and without
imports, rows, peak memory and what is in the numbers of the result, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
FEATURES = {f"f{n}": "Fractional" for n in range(6)} | {
    "i0": "Integral",
    "i1": "Integral",
    "s0": "String",
    "s1": "String",
}
OWN = ("api_invocation_time", "write_time")


def ours(folder: Path, groups: str, scratch: Path) -> Callable[[], Any]:
    """Labels checked, joined and put together as a dataset is."""
    sys.path.insert(0, str(HOME))
    import pandas  # noqa: F401, ICN001 - pyarrow imports it when it first meets numpy, and imports are not counted

    from reconciler.datasets.engines.duckdb import DuckDb
    from reconciler.datasets.inventory.files import InFolder
    from reconciler.datasets.labels.reading import read_labels
    from reconciler.datasets.question import Join, Key, Output, Question
    from reconciler.datasets.results.result import About, labelled

    joins = []
    for name in groups:
        columns = tuple(Output(f"{name}_{feature}", feature, kind) for feature, kind in FEATURES.items())
        joins.append(Join(name, name, Key(f"{name}_id", "String"), "id", "at", "String", columns))
    question = Question(tuple(joins))
    engine = DuckDb(InFolder(folder), scratch)

    def work() -> Any:
        read = read_labels(str(folder / "labels.parquet"), question, "moment", scratch=scratch)
        found = labelled(question, read, lambda: engine.answer(question, read.moments), About(), scratch=scratch)
        # A large result is written, one batch at a time.
        if len(read.moments.table) > LARGE:
            found.to_parquet(folder / "result.parquet", replace=True)
            return read.moments.table
        return found.to_arrow()

    return work


LARGE = 5_000_000
"""Labels of more are not put into one table."""


def asof(folder: Path, groups: str, _: Path) -> Callable[[], Any]:
    """DuckDB's ASOF joins as they are in its manual: neither corrections nor tombstones are looked at."""
    connection = _duckdb()
    joins = " ".join(
        f"ASOF LEFT JOIN {_files(folder, g)} {g} ON l.{g}_id = {g}.id AND l.moment >= {g}.at" for g in groups
    )
    features = ", ".join(f"{g}.{f} AS {g}_{f}" for g in groups for f in FEATURES)
    sql = f"SELECT l.*, {features} FROM read_parquet('{folder}/labels.parquet') l {joins}"
    return lambda: connection.sql(sql).to_arrow_table()


def sdk(folder: Path, groups: str, _: Path) -> Callable[[], Any]:
    """The statement of SageMaker's SDK, with the two functions that Athena has and DuckDB has not."""
    connection = _duckdb()
    connection.execute("CREATE SCHEMA sagemaker_featurestore")
    connection.execute("CREATE MACRO from_iso8601_timestamp(x) AS CAST(x AS timestamptz)")
    connection.execute(
        f"CREATE VIEW sagemaker_featurestore.labels AS "
        f"SELECT {groups}_id, moment FROM read_parquet('{folder}/labels.parquet')"
    )
    for group in groups:
        connection.execute(f"CREATE VIEW sagemaker_featurestore.{group} AS SELECT * FROM {_files(folder, group)}")
    sql = (folder / "sdk.sql").read_text()
    return lambda: connection.sql(sql).to_arrow_table()


def polars(folder: Path, groups: str, _: Path, engine: str = "in-memory") -> Callable[[], Any]:
    """Polars' join_asof over sorted rows; of several of one moment the last one is taken, as they are sorted."""
    import polars as pl

    def work() -> Any:
        moment = pl.col("moment").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
        found = pl.scan_parquet(folder / "labels.parquet").with_columns(time=moment).sort("time")
        for group in groups:
            event = pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
            rows = (
                pl.scan_parquet(folder / group / "data", hive_partitioning=False)
                .select("id", "is_deleted", *OWN, *FEATURES, time=event)
                .sort("time", *OWN)
                .drop(*OWN)
                .rename({name: f"{group}_{name}" for name in (*FEATURES, "is_deleted")})
            )
            found = found.join_asof(rows, on="time", by_left=f"{group}_id", by_right="id", check_sortedness=False)
            is_there = ~pl.col(f"{group}_is_deleted")
            found = found.with_columns(
                pl.when(is_there).then(pl.col(f"{group}_{name}")).alias(f"{group}_{name}") for name in FEATURES
            ).drop(f"{group}_is_deleted")
        return found.sort("row").collect(engine=engine).to_arrow()

    return work


def pandas(folder: Path, groups: str, _: Path) -> Callable[[], Any]:
    """Pandas' merge_asof over sorted rows; of several of one moment the last one is taken."""
    import pandas as pd
    import pyarrow.dataset as ds

    def moments(texts: Any) -> Any:
        return pd.to_datetime(texts, format="%Y-%m-%dT%H:%M:%SZ", utc=True).astype("datetime64[us, UTC]")

    def work() -> Any:
        found = pd.read_parquet(folder / "labels.parquet")
        found["time"] = moments(found["moment"])
        found = found.sort_values("time")
        for group in groups:
            columns = ["id", "at", "is_deleted", *OWN, *FEATURES]
            rows = ds.dataset(folder / group / "data", format="parquet").to_table(columns).to_pandas()
            rows["time"] = moments(rows.pop("at"))
            rows = rows.sort_values(["time", *OWN]).drop(columns=[*OWN])
            rows = rows.rename(columns={name: f"{group}_{name}" for name in FEATURES} | {"id": f"{group}_id"})
            found = pd.merge_asof(found, rows, on="time", by=f"{group}_id")
            features = [f"{group}_{name}" for name in FEATURES]
            found[features] = found[features].where(found.pop("is_deleted") == False)  # noqa: E712 - null is neither
        return found.sort_values("row")

    return work


WAYS = {
    "ours": ours,
    "asof": asof,
    "sdk": sdk,
    "polars": polars,
    "streaming": lambda *given: polars(*given, "streaming"),
    "pandas": pandas,
}


def _duckdb() -> Any:
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _files(folder: Path, group: str) -> str:
    return f"read_parquet('{folder}/{group}/data/**/*.parquet', hive_partitioning = false)"


def contents(table: Any, groups: str) -> list[list[float]]:
    """By feature how many values there are, and what they come to by label."""
    import numpy as np

    frame = table.to_pandas() if hasattr(table, "to_pandas") else table
    frame = frame.sort_values("row")
    weights = frame["row"].to_numpy() % 997 + 1
    found = []
    for name in [f"{group}_{feature}" for group in groups for feature in FEATURES]:
        there = frame[name].notna().to_numpy()
        text = frame[name][there]
        values = (text.astype(str).str[1:] if name[2] == "s" else text).astype("float64").to_numpy()
        found.append([int(there.sum()), round(float(np.sum(values * weights[there])), 1)])
    return found


def main(way: str, folder: str, groups: str) -> None:
    """Run one."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        work = WAYS[way](Path(folder), groups, Path(scratch))
        began, used = time.perf_counter(), time.process_time()
        table = work()
        seconds, processor = time.perf_counter() - began, time.process_time() - used
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 * 1.048576
        said: dict[str, Any] = {"seconds": seconds, "processor": processor, "rows": len(table), "megabytes": memory}
        if way not in ("sdk", "asof") and len(table) <= LARGE:
            said["contents"] = contents(table, groups)
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
