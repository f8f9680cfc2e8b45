"""One client of those that are compared, in a process of its own: `python ingest_clients.py CLIENT URL ROWS`.

It prints rows, wall seconds and processor seconds of the ingest alone, its imports and clients made before, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

GROUP = "bench"
NAMES = [f"f{n}" for n in range(8)]


def frame(rows: int) -> Any:
    """Ten features: an identifier, an event time, eight numbers."""
    import numpy as np
    import pandas as pd

    numbers = np.random.default_rng(1)
    at = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(rows) % 86_400, unit="s")
    return pd.DataFrame(
        {
            "id": [f"id{n}" for n in range(rows)],
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object),
            **{name: numbers.random(rows) for name in NAMES},
        }
    )


def ours(url: str, data: Any) -> Callable[[], object]:
    """`ingest`, in this process or in as many as PROCESSES says; `data` may be a path."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from reconciler.aws import FeatureStore
    from reconciler.aws.runtime import Runtime
    from reconciler.config import Environment
    from reconciler.contract import Column, Contract
    from reconciler.records.ingest import ingest
    from reconciler.records.target import Target
    from reconciler.state.words import live_from_reply

    columns = [Column("id", "id", "str"), Column("at", "at", "datetime")]
    columns += [Column(name, name, "float", optional=True) for name in NAMES]
    contract = Contract(GROUP, "id", "at", tuple(columns))
    environment, root = (
        Environment("there", url, region="us-east-1"),
        Path(tempfile.mkdtemp(dir=os.environ.get("ROOT"))),
    )
    reply = FeatureStore(environment, root).describe(GROUP)
    target = Target(contract, GROUP, live_from_reply(reply or {}))
    runtime = Runtime(environment, root)
    processes = int(os.environ.get("PROCESSES", "1"))
    return lambda: ingest(runtime, target, data, processes=processes)


def boto3(url: str, data: Any) -> Callable[[], object]:
    """What one writes oneself: batches of 25 in a loop."""
    import boto3 as library

    client = library.client("sagemaker-featurestore-runtime", endpoint_url=url)

    def work() -> None:
        names, entries = list(data.columns), []
        for row in data.itertuples(index=False):
            pairs = zip(names, row, strict=True)
            record = [{"FeatureName": name, "ValueAsString": str(value)} for name, value in pairs]
            entries.append({"FeatureGroupName": GROUP, "Record": record})
            if len(entries) == 25:
                client.batch_write_record(Entries=entries)
                entries = []
        if entries:
            client.batch_write_record(Entries=entries)

    return work


def sdk(url: str, data: Any, *, batches: bool) -> Callable[[], object]:
    """SageMaker SDK 3."""
    del url  # it finds it in AWS_ENDPOINT_URL
    from sagemaker.mlops.feature_store import ingest_dataframe

    ingest_dataframe(GROUP, data.head(1), use_batch_write_record=batches)  # makes its clients
    return lambda: ingest_dataframe(GROUP, data, use_batch_write_record=batches)


def main(client: str, url: str, amount: str) -> None:
    """Run one."""
    data = frame(int(amount)) if amount.isdigit() else amount
    makers: dict[str, Callable[[], Callable[[], object]]] = {
        "ours": lambda: ours(url, data),
        "boto3": lambda: boto3(url, data),
        "sdk-batch": lambda: sdk(url, data, batches=True),
        "sdk-put": lambda: sdk(url, data, batches=False),
    }
    work = makers[client]()
    wall, processor = time.perf_counter(), time.process_time()
    done = work()
    seconds, cpu = time.perf_counter() - wall, time.process_time() - processor
    rows = getattr(done, "written", len(data))
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
