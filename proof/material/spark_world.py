"""What the proofs of Spark share: sessions, groups of the emulator, rows, and processes to be killed."""

import json
import os
import signal
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from reconciler.aws import FeatureStore
from reconciler.aws.objects import Objects
from reconciler.aws.ranged import Ranged
from reconciler.config import Environment, Overrides
from reconciler.live import read_whole
from reconciler.placement import place as placed
from reconciler.records.offline import spark
from reconciler.records.offline.backfill import backfill as on_one_machine
from reconciler.records.offline.place import open_place
from reconciler.records.target import Target
from reconciler.state import Registry
from reconciler.state.words import create_request

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, UTC)
ROLE = "arn:aws:iam::000000000000:role/feature-store"
MEMORY = {"spark.driver.memory": "1g", "spark.driver.maxResultSize": "1m"}
"""No row of a large input passes through a driver that takes no more than so much."""
_numbers = count()


def a_session(master):
    """Spark of this machine, bound to loopback."""
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    settings = {
        **MEMORY,
        "spark.executor.memory": "600m",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "Asia/Kolkata",
        "spark.sql.warehouse.dir": os.environ["PROOF_SCRATCH"],
        "spark.local.dir": os.environ["PROOF_SCRATCH"],
    }
    builder = SparkSession.builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


class World:
    """An environment with a prefix of its own, and the folder of a project."""

    def __init__(self, root, prefix=""):
        defaults = Overrides(role_arn=ROLE, s3_uri="s3://features/offline", protected=False)
        self.environment = Environment(
            "test",
            os.environ["AWS_ENDPOINT_URL"],
            region="us-east-1",
            name_prefix=prefix or f"t{next(_numbers)}-",
            defaults=defaults,
        )
        self.root = root
        self.objects = Objects(self.environment, root)

    def make(self, group, prefix=""):
        """The group of a class."""
        environment = replace(self.environment, name_prefix=self.environment.name_prefix + prefix)
        spec = group.__feature_group__
        wanted = placed(Registry({spec.name: spec.desired()}, {}), environment, "acme/flights@test").groups
        [(name, desired)] = wanted.items()
        store = FeatureStore(self.environment, self.root)
        store.create(create_request(desired.group))
        return Target(spec.contract(group), name, read_whole(store, name))

    def backfill(self, target, frame, **options):
        return spark.backfill(self.environment, self.root, target, frame, **{"now": NOW, **options})

    def on_one_machine(self, target, rows, **options):
        return on_one_machine(self.environment, self.root, target, rows, **{"now": NOW, **options})

    def place(self, target):
        return open_place(self.environment, self.root, target.name)

    def files(self, target):
        """Addresses of the files, below the folder of the data."""
        data = self.place(target).data
        return sorted(item.uri.removeprefix(data) for item in self.objects.list(data))

    def uploads(self, target):
        return list(self.objects.started(self.place(target).data))

    def rows(self, target):
        """All rows that readers of the files see, in order."""
        place = self.place(target)
        if place.is_iceberg:
            table = place.table().scan().to_arrow()
        else:
            tables = [pq.read_table(Ranged(self.objects, place.data + name)) for name in self.files(target)]
            table = pa.concat_tables(tables) if tables else pa.table({})
        keys = [(name, "ascending") for name in (place.record_id, place.event_time)]
        return table.sort_by(keys).combine_chunks() if len(table) else table


def weather_of(session, rows=40):
    """Rows of three airports over seven hours about a midnight of UTC, in types of Spark's."""
    return session.range(rows).selectExpr(
        "concat('A', id % 3) AS origin",
        "timestamp_seconds(1700000000 + id * 600) AS observed_at",
        "id / 4D AS temp_f",
        "IF(id % 7 = 0, NULL, CAST(id AS INT)) AS gusts",
        "id % 2 = 0 AS is_wet",
    )


def as_arrow(frame):
    """A DataFrame on the driver, for the way of one machine. Not by pandas, whose versions come and go."""
    rows = [row.asDict() for row in frame.collect()]
    for row in rows:
        row["observed_at"] = row["observed_at"].astimezone(UTC)
    return pa.Table.from_pylist(rows).select(frame.columns)


def one_row(session, **values):
    return session.range(1).selectExpr(*(f"{value} AS {name}" for name, value in values.items()))


def partitions(files):
    """The last part of the folder, and the last event time in the name: the rest is drawn for each run."""
    return sorted((*file.split("/")[-2:-1], file.rpartition("/")[2].partition("_")[0]) for file in files)


def only_id(reply):
    return {"QueryExecutionId": reply["QueryExecutionId"]}


def fault(**words):
    request = urllib.request.Request(
        f"{os.environ['AWS_ENDPOINT_URL']}/_emulator/faults", json.dumps(words).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()


def killed_on_the_way(world, target, frame, victims):
    """The report of a backfill, of which processes are killed once files are being staged; and which were."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(world.backfill, target, frame)
        wait_for(lambda: world.uploads(target) or running.done())
        killed = victims()
        for process in killed:
            os.kill(process, signal.SIGKILL)
        return running.result(), killed


def wait_for(condition):
    while not condition():
        time.sleep(0.05)


def workers():
    """Processes of Python that the executors of this session have started; not the one that forks them."""
    parents = started()
    daemons = [process for process in parents if "pyspark.daemon" in command_of(process)]
    return [process for process in daemons if parents[process] in daemons]


def machine():
    """One of the processes that stand for machines of a cluster."""
    return [process for process in started() if "CoarseGrainedExecutorBackend" in command_of(process)][:1]


def started():
    """Every process that this one has started, or one of those; with its parent."""
    parents = {int(entry.name): parent_of(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    return {process: parent for process, parent in parents.items() if is_below(process, os.getpid(), parents)}


def parent_of(entry):
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def command_of(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def is_below(process, ancestor, parents):
    while parents.get(process):
        process = parents[process]
        if process == ancestor:
            return True
    return False
