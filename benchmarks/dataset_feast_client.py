"""One way of making a dataset, in a process of its own: `python dataset_feast_client.py ours|duckdb|dask FOLDER`.

It prints seconds, rows, peak memory and what is in the numbers of the result as JSON.
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

GROUPS = ("a", "b", "c")
FEATURES = {
    **{f"f{n}": "Fractional" for n in range(6)},
    "i0": "Integral",
    "i1": "Integral",
    "s0": "String",
    "s1": "String",
}


def ours(folder: Path, labels: Any, scratch: Path) -> Callable[[], Any]:
    """The engine in this process, over a copy of the offline stores."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from reconciler.datasets.engines.duckdb import DuckDb
    from reconciler.datasets.inventory.files import InFolder
    from reconciler.datasets.labels.reading import read_labels
    from reconciler.datasets.question import Join, Key, Output, Question
    from reconciler.datasets.results.result import About, labelled

    joins = []
    for name in GROUPS:
        key = f"{name}_id"
        columns = tuple(Output(f"{name}_{f}", f"{name}_{f}", kind) for f, kind in FEATURES.items())
        joins.append(Join(name, name, Key(key, "String"), key, "event_time", "String", columns))
    question = Question(tuple(joins))
    engine = DuckDb(InFolder(folder), scratch)

    def work() -> Any:
        read = read_labels(labels, question, "event_timestamp", scratch=scratch)
        return labelled(
            question, read, lambda: engine.answer(question, read.moments), About(), scratch=scratch
        ).to_arrow()

    return work


def feast(folder: Path, labels: Any, scratch: Path, kind: str) -> Callable[[], Any]:
    """Feast, by one of its stores."""
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64, Int64, String

    kinds = {"Fractional": Float64, "Integral": Int64, "String": String}
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=str(scratch / "registry.db"),
            offline_store={"type": kind},
            online_store={"type": "sqlite", "path": str(scratch / "online.db")},
            entity_key_serialization_version=3,
        )
    )
    things: list[Any] = []
    wanted = []
    for name in GROUPS:
        entity = Entity(name=f"{name}_id", join_keys=[f"{name}_id"], value_type=ValueType.STRING)
        source = FileSource(
            path=str(folder / f"{name}.parquet"),
            timestamp_field="event_time",
            created_timestamp_column="api_invocation_time",
        )
        schema = [Field(name=f"{name}_{f}", dtype=kinds[kind]) for f, kind in FEATURES.items()]
        things += [entity, FeatureView(name=name, entities=[entity], schema=schema, source=source, online=False)]
        wanted += [f"{name}:{name}_{f}" for f in FEATURES]
    store.apply(things)

    def work() -> Any:
        job = store.get_historical_features(entity_df=labels, features=wanted)
        return job.to_arrow() if kind == "duckdb" else job.to_df()

    return work


def contents(table: Any) -> list[list[float]]:
    """By feature how many values there are, and what they come to by label: neither order nor type is in it."""
    import numpy as np

    frame = table.to_pandas() if hasattr(table, "to_pandas") else table
    frame = frame.sort_values("row")
    weights = frame["row"].to_numpy() % 997 + 1
    found = []
    for name in [f"{group}_{feature}" for group in GROUPS for feature in FEATURES]:
        column = frame[name]
        there = column.notna().to_numpy()
        text = column[there].astype(str).str[1:] if name[2] == "s" else column[there]
        total = float(np.sum(text.astype("float64").to_numpy() * weights[there]))
        found.append([int(there.sum()), round(total, 2)])
    return found


def main(way: str, folder: str) -> None:
    """Run one."""
    import pandas as pd

    labels = pd.read_parquet(Path(folder) / "labels.parquet")
    with tempfile.TemporaryDirectory() as scratch:
        where = Path(scratch)
        work = ours(Path(folder), labels, where) if way == "ours" else feast(Path(folder), labels, where, way)
        began = time.perf_counter()
        table = work()
        seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 * 1.048576
    version = "" if way == "ours" else __import__("feast").__version__
    said = {"seconds": seconds, "rows": len(table), "megabytes": memory, "version": version}
    print(json.dumps(said | {"contents": contents(table)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
