"""One way to a training set on Spark, in a process of its own: `python dataset_spark_ways.py ours|sdk FOLDER [TIMES]`.

Runs in the environment of `make proof CLIENT=spark4` (or spark35), on two cores. FOLDER has `labels.parquet`, the
offline store of the group `weather` in `store/`, and the SDK's statement in `sdk.sql`. It prints the seconds of each
run, and the bytes that one run brings from task to task, as JSON; the first run warms the JVM up and is not told.
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

HOME = Path(__file__).parents[1]
FEATURES = {f"i{n}": "Integral" for n in range(5)} | {f"f{n}": "Fractional" for n in range(5)}


def session(log: str) -> Any:
    """Spark on two cores of this machine."""
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(HOME)}
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "3g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file:{log}",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.local.dir": log,
        "spark.sql.warehouse.dir": log,
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


def ours(spark: Any, folder: Path) -> Callable[[], Any]:
    """The labels are checked each time."""
    sys.path.insert(0, str(HOME))
    from reconciler.datasets.engines.spark import Spark
    from reconciler.datasets.inventory.files import InFolder
    from reconciler.datasets.question import Join, Key, Output, Question

    columns = tuple(Output(f"{name}_1", name, kind) for name, kind in FEATURES.items())
    question = Question((Join("weather", "weather", Key("id", "String"), "id", "at", "String", columns),))
    engine = Spark(spark, InFolder(folder / "store"))
    return lambda: engine.labelled(question, spark.read.parquet(str(folder / "labels.parquet")), "at").frame


def sdk(spark: Any, folder: Path) -> Callable[[], Any]:
    """The SDK's own statement, over Spark's own reading of the same files."""
    spark.sql("CREATE DATABASE IF NOT EXISTS sagemaker_featurestore")
    spark.read.parquet(str(folder / "store" / "weather" / "data")).createOrReplaceTempView("weather")
    spark.read.parquet(str(folder / "labels.parquet")).createOrReplaceTempView("labels")
    statement = folder.joinpath("sdk.sql").read_text()
    return lambda: spark.sql(statement)


def main(way: str, folder: str, times: str = "3") -> None:
    """Run one."""
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as log:
        spark = session(log)
        make = {"ours": ours, "sdk": sdk}[way](spark, Path(folder))
        seconds = []
        for _ in range(int(times) + 1):
            began = time.perf_counter()
            make().write.format("noop").mode("overwrite").save()
            seconds.append(time.perf_counter() - began)
        spark.stop()
        print(json.dumps({"seconds": seconds[1:], "shuffled": _shuffled(Path(log)) / len(seconds)}))


def _shuffled(log: Path) -> int:
    """Bytes that tasks wrote for others, of all runs, as Spark's own log has them."""
    found = 0
    for file in log.iterdir():
        if file.is_file():
            for line in file.read_text().splitlines():
                event = json.loads(line) if line.startswith('{"Event":"SparkListenerTaskEnd"') else {}
                written = (event.get("Task Metrics") or {}).get("Shuffle Write Metrics") or {}
                found += written.get("Shuffle Bytes Written", 0)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
