"""A backfill of a Spark DataFrame, against the emulator: what every version of Spark has to pass.

The proofs of the versions take these tests as their own. Each test has a group of its own, by a prefix.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from java import missing
from pyspark import cloudpickle
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everywhere
from spark_groups import Even, Ice, Seen, Weather

from reconciler import connect
from reconciler.aws import FeatureStore
from reconciler.aws.objects import Objects
from reconciler.aws.ranged import Ranged
from reconciler.config import Environment, Overrides
from reconciler.errors import ReconcilerError
from reconciler.live import read_whole
from reconciler.placement import place as placed
from reconciler.records.faults import RowsRefused
from reconciler.records.offline import spark
from reconciler.records.offline.backfill import backfill as on_one_machine
from reconciler.records.offline.place import open_place
from reconciler.records.offline.surveying import RowsChanged
from reconciler.records.target import Target
from reconciler.state import Registry
from reconciler.state.words import create_request

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, UTC)
ROLE = "arn:aws:iam::000000000000:role/feature-store"
MEMORY = {"spark.driver.memory": "1g", "spark.driver.maxResultSize": "1m"}
"""No row of a large input passes through a driver that takes no more than so much."""
pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
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


@pytest.fixture(scope="session")
def session():
    """Two cores, whose tasks are tried three times, as on a cluster."""
    made = a_session("local[2,3]")
    yield made
    made.stop()


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
        return open_place(self.environment, self.root, target)

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


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture(params=[Weather, Ice], ids=["glue", "iceberg"])
def target(request, world):
    return world.make(request.param)


@pytest.fixture
def glue(world):
    """For what has nothing to do with the format."""
    return world.make(Weather)


def weather_of(session, rows=40):
    """Rows of three airports over seven hours about a midnight of UTC, in types of Spark's."""
    return session.range(rows).selectExpr(
        "concat('A', id % 3) AS origin",
        "timestamp_seconds(1700000000 + id * 600) AS observed_at",
        "id / 4D AS temp_f",
        "IF(id % 7 = 0, NULL, CAST(id AS INT)) AS gusts",
        "id % 2 = 0 AS is_wet",
    )


@pytest.fixture
def weather(session):
    return partial(weather_of, session)


@pytest.fixture(scope="session")
def query():
    """The rows of a statement of Athena, without the header."""
    athena = boto3.client("athena")

    def run(sql):
        started = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": "sagemaker_featurestore"},
            ResultConfiguration={"OutputLocation": "s3://features/results"},
        )
        [state] = [athena.get_query_execution(**only_id(started))["QueryExecution"]["Status"]]
        assert state["State"] == "SUCCEEDED", state
        rows = athena.get_query_results(**only_id(started))["ResultSet"]["Rows"]
        return [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in rows[1:]]

    return run


def only_id(reply):
    return {"QueryExecutionId": reply["QueryExecutionId"]}


def as_arrow(frame):
    """A DataFrame on the driver, for the way of one machine. Not by pandas, whose versions come and go."""
    rows = [row.asDict() for row in frame.collect()]
    for row in rows:
        row["observed_at"] = row["observed_at"].astimezone(UTC)
    return pa.Table.from_pylist(rows).select(frame.columns)


def partitions(files):
    """The last part of the folder, and the last event time in the name: the rest is drawn for each run."""
    return sorted((*file.split("/")[-2:-1], file.rpartition("/")[2].partition("_")[0]) for file in files)


def test_the_files_are_those_that_one_machine_writes(world, weather, target):
    other = world.make(Ice if target.contract.group == "ice" else Weather, "machine-")

    report = world.backfill(target, weather().repartition(3))
    world.on_one_machine(other, as_arrow(weather()))

    assert (report.rows, report.written, report.refused, report.dropped) == (40, 40, 0, 0)
    assert world.rows(target).equals(world.rows(other))
    assert world.rows(target).schema.equals(world.rows(other).schema, check_metadata=True)
    assert partitions(world.files(target)) == partitions(world.files(other))
    assert len(world.files(target)) == report.files == (2 if world.place(target).is_iceberg else 7)
    assert world.uploads(target) == []


def test_a_store_takes_a_data_frame_of_spark(world, weather, tmp_path):
    world.make(Weather)
    prefix, endpoint = world.environment.name_prefix, world.environment.endpoint
    tmp_path.joinpath("pyproject.toml").write_text(
        f"""[tool.reconciler.environments.served]
        endpoint = "{endpoint}"
        region = "us-east-1"
        name_prefix = "{prefix}"
        """
    )

    with connect("served", folder=tmp_path) as store:
        report = store.backfill(Weather, weather())

    assert (report.rows, report.written) == (40, 40)


def test_athena_reads_the_rows(world, weather, target, query):
    world.backfill(target, weather(8))

    catalog = target.live.table
    found = query(f'SELECT origin, observed_at, temp_f, gusts, is_wet FROM "{catalog.table}" ORDER BY observed_at')
    assert len(found) == 8
    assert found[:2] == [
        ("A0", "2023-11-14T22:13:20Z", "0.0", None, "1"),
        ("A1", "2023-11-14T22:23:20Z", "0.25", "1", "0"),
    ]


def test_the_same_rows_again_change_nothing(world, weather, target):
    first = world.backfill(target, weather().repartition(3))
    before = world.files(target)

    again = world.backfill(target, weather().orderBy(F.desc("observed_at")), now=NOW + timedelta(days=1))

    assert (again.run, again.written, again.before) == (first.run, 0, 40)
    assert world.files(target) == before
    assert len(world.rows(target)) == 40


def test_faults_are_counted_and_nothing_is_written(world, weather, glue):
    frame = weather().withColumn("gusts", F.when(F.col("gusts") < 5, -1).otherwise(F.col("gusts")))

    with pytest.raises(RowsRefused) as refused:
        world.backfill(glue, frame.coalesce(1))

    assert (refused.value.rows, refused.value.count, refused.value.total) == (4, 4, 40)
    [first, *_] = refused.value.faults
    assert (first.place, first.feature, first.value) == ("partition 0 row 1", "gusts", "-1")
    assert "partition 0 row 1" in Path(refused.value.file).read_text()
    assert world.files(glue) == world.uploads(glue) == []


def test_good_rows_are_written_without_the_others(world, weather, target):
    frame = weather().withColumn("gusts", F.when(F.col("gusts") < 5, -1).otherwise(F.col("gusts")))

    report = world.backfill(target, frame, good_rows=True)

    assert (report.rows, report.written, report.refused) == (40, 36, 4)
    assert -1 not in world.rows(target)["gusts"].to_pylist()


def test_columns_at_fault_are_named_and_no_row_is_good(world, weather, glue):
    frame = weather(4).withColumnRenamed("temp_f", "temp_c").drop("origin")

    with pytest.raises(RowsRefused) as refused:
        world.backfill(glue, frame, good_rows=True)

    assert {"temp_c", "origin"} <= {fault.feature for fault in refused.value.faults if fault.row < 0}
    assert world.files(glue) == []


def test_rows_given_twice_are_named(world, weather, glue):
    frame = weather().union(weather().limit(1))

    with pytest.raises(RowsRefused) as refused:
        world.backfill(glue, frame)

    [fault] = refused.value.faults
    assert (refused.value.rows, fault.feature, fault.value) == (2, "origin", "A0")
    assert "2023-11-14T22:13:20Z" in fault.reason
    assert "duplicates" in fault.fix
    assert world.files(glue) == []


def test_exact_copies_are_taken_once_where_that_is_allowed(world, weather, target):
    frame = weather().union(weather()).union(weather().limit(1))

    report = world.backfill(target, frame, allow={"duplicates"})

    assert (report.rows, report.written, report.dropped) == (81, 40, 41)
    assert world.rows(target).num_rows == 40


def test_of_rows_that_differ_none_is_the_last(world, weather, glue):
    frame = weather().union(weather().limit(1).withColumn("temp_f", F.lit(99.0)))

    with pytest.raises(RowsRefused):
        world.backfill(glue, frame, allow={"duplicates"})
    report = world.backfill(glue, frame, good_rows=True)

    assert (report.rows, report.written, report.refused) == (41, 39, 2)
    assert 99.0 not in world.rows(glue)["temp_f"].to_pylist()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "GMT+05:45"])
def test_instants_are_utc_whatever_the_session_says(world, weather, session, zone):
    target, before = world.make(Weather), session.conf.get("spark.sql.session.timeZone")
    session.conf.set("spark.sql.session.timeZone", zone)
    try:
        world.backfill(target, weather(2))
    finally:
        session.conf.set("spark.sql.session.timeZone", before)

    assert world.rows(target)["observed_at"].to_pylist() == ["2023-11-14T22:13:20Z", "2023-11-14T22:23:20Z"]
    assert [file.rpartition("/")[0] for file in world.files(target)] == ["year=2023/month=11/day=14/hour=22"]


def test_a_time_without_a_zone_is_a_fault(world, weather):
    target = world.make(Weather)
    frame = weather(3).withColumn("observed_at", F.expr("CAST(observed_at AS TIMESTAMP_NTZ)"))

    with pytest.raises(RowsRefused) as refused:
        world.backfill(target, frame)

    assert {fault.feature for fault in refused.value.faults} == {"observed_at"}
    assert refused.value.rows == 3


def one_row(session, **values):
    return session.range(1).selectExpr(*(f"{value} AS {name}" for name, value in values.items()))


TAKEN = {
    "a": {
        "temp_f": "CAST(1.5 AS FLOAT)",
        "gusts": "5S",
        "is_wet": "TRUE",
        "observed_at": "timestamp_seconds(1700000000)",
    },
    "b": {
        "temp_f": "CAST(1.5 AS DECIMAL(10, 2))",
        "gusts": "CAST(5 AS DECIMAL(20, 0))",
        "is_wet": "1",
        "observed_at": "'2023-11-15 03:43:20+05:30'",
    },
    "c": {"temp_f": "1.5D", "gusts": "5L", "is_wet": "1L", "observed_at": "'2023-11-14T22:13:20Z'"},
}


def test_types_that_lose_nothing_are_taken(world, session):
    target = world.make(Weather)

    for name, values in TAKEN.items():
        world.backfill(target, one_row(session, origin=f"'{name}'", **values))

    found = world.rows(target).select(["origin", "observed_at", "temp_f", "gusts", "is_wet"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [(name, "2023-11-14T22:13:20Z", 1.5, 5, 1) for name in TAKEN]


REFUSED = {
    "collections": {"temp_f": "array(1.5D)", "gusts": "map('a', 1)", "is_wet": "named_struct('a', 1)"},
    "what would lose": {"temp_f": "'1.5'", "gusts": "CAST(5.5 AS DECIMAL(10, 2))", "is_wet": "2"},
    "what is no number": {"temp_f": "DATE '2023-11-14'", "gusts": "CAST('5' AS BINARY)", "is_wet": "'yes'"},
}


@pytest.mark.parametrize("why", REFUSED)
def test_types_that_lose_something_are_faults(world, session, why):
    target = world.make(Weather)
    frame = one_row(session, origin="'A'", observed_at="timestamp_seconds(1700000000)", **REFUSED[why])

    with pytest.raises(RowsRefused) as refused:
        world.backfill(target, frame)

    assert {fault.feature for fault in refused.value.faults} == {"temp_f", "gusts", "is_wet"}


def test_seconds_and_numbers_for_identifiers(world, session):
    target = world.make(Seen)
    frame = session.range(5).selectExpr("id AS plane", "1700000000.25D + id * 3600 AS seen_at", "NULL AS speed")

    world.backfill(target, frame)

    assert world.rows(target)["seen_at"].to_pylist() == [1700000000.25 + number * 3600 for number in range(5)]
    assert len(world.files(target)) == 5


def test_no_rows_are_no_files(world, weather, glue):
    report = world.backfill(glue, weather(0))

    assert (report.rows, report.written, report.files) == (0, 0, 0)
    assert world.files(glue) == []


def test_a_dry_run_only_checks(world, weather, glue):
    report = world.backfill(glue, weather(), dry_run=True)

    assert (report.rows, report.written, report.refused) == (40, 0, 0)
    assert world.files(glue) == world.uploads(glue) == []


def test_no_row_passes_through_the_driver(world, session):
    """The driver takes no more than a megabyte of results from its executors."""
    target = world.make(Ice)
    frame = session.range(100_000).selectExpr(
        "md5(CAST(id AS STRING)) AS origin", "timestamp_seconds(1700000000 + id) AS observed_at", "rand(7) AS temp_f"
    )

    report = world.backfill(target, frame)

    assert report.written == 100_000
    assert report.size > 3_000_000


def test_constraints_in_code_are_checked_where_the_class_is(world, session):
    target = world.make(Even)
    frame = session.range(4).selectExpr(
        "'A' AS origin", "timestamp_seconds(1700000000 + id) AS observed_at", "id AS gusts"
    )

    with pytest.raises(RowsRefused) as refused:
        world.backfill(target, frame.coalesce(1))

    assert {fault.value for fault in refused.value.faults} == {"1", "3"}
    assert all("has to be even" in fault.reason for fault in refused.value.faults)


def test_a_class_that_executors_do_not_have_is_said(world, session):
    target = world.make(Even)
    frame = one_row(session, origin="'A'", observed_at="timestamp_seconds(1700000000)", gusts="2")

    for module, reason in (("gone_for_good", "cannot import it"), ("__main__", "in a module that they have")):
        record = type("Even", (), {"__module__": module})
        record.__qualname__ = "Even"
        with pytest.raises(ReconcilerError, match=reason):
            world.backfill(replace(target, contract=replace(target.contract, record=record)), frame)


def test_rows_that_change_between_two_readings_are_not_written(world, weather, glue):
    def at_random(batches):
        for batch in batches:
            origins = pa.array([os.urandom(4).hex() for _ in range(batch.num_rows)])
            yield batch.set_column(0, "origin", origins)

    frame = weather()
    frame = frame.mapInArrow(at_random, frame.schema)

    with pytest.raises(RowsChanged):
        world.backfill(glue, frame)

    assert world.files(glue) == world.uploads(glue) == []


def test_what_executors_are_sent_holds_no_credentials(world, weather, monkeypatch):
    target, frame, sent = world.make(Weather), weather(4), []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEDRIVERALONE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-driver-alone")
    kind = type(frame)
    plain = kind.mapInArrow

    def watched(self, run, *words):
        sent.append(cloudpickle.dumps(run))
        return plain(self, run, *words)

    monkeypatch.setattr(kind, "mapInArrow", watched)
    world.backfill(target, frame)

    assert len(sent) >= 2
    assert not any(b"OFTHEDRIVERALONE" in one or b"of-the-driver-alone" in one or b"botocore" in one for one in sent)


# Faults of tasks


def fault(**words):
    request = urllib.request.Request(
        f"{os.environ['AWS_ENDPOINT_URL']}/_emulator/faults", json.dumps(words).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()


@pytest.fixture
def faults():
    """Makes something go wrong, as long as the test runs."""
    yield fault
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_emulator/faults"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()


def test_a_task_that_fails_is_done_again(world, weather, glue, faults):
    faults(kind="access_denied", operation="UploadPart", times=1)

    report = world.backfill(glue, weather())

    assert report.written == len(world.rows(glue)) == 40
    assert len(world.files(glue)) == report.files
    assert world.uploads(glue) == []


def test_tasks_that_fail_again_and_again_leave_nothing(world, weather, glue, faults):
    faults(kind="access_denied", operation="UploadPart")

    with pytest.raises(ReconcilerError, match="UploadPart"):
        world.backfill(glue, weather())

    assert world.files(glue) == world.uploads(glue) == []


def test_an_executor_that_is_killed_leaves_no_row_twice(world, weather, target, faults):
    """It dies when a part of its files has been staged and none of them told."""
    faults(kind="latency", operation="UploadPart", seconds=2)

    report, killed = killed_on_the_way(world, target, weather(), workers)

    assert killed
    assert report.written == len(world.rows(target)) == 40
    assert len(world.files(target)) == report.files
    assert world.uploads(target) == []


def test_a_machine_that_is_lost_leaves_no_row_twice(world, faults):
    """Executors are processes of their own, as on a cluster, and one of them is killed with all that runs in it."""
    faults(kind="latency", operation="UploadPart", seconds=2)
    script = Path(__file__).with_name("spark_cluster.py")

    done = subprocess.run([sys.executable, script, world.root], capture_output=True, text=True, check=False)

    found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else done.stderr
    assert found == {"killed": 1, "written": 40, "rows": 40, "files": 7, "uploads": 0}


def test_a_run_that_is_interrupted_while_it_becomes_visible_is_finished(world, weather, target, faults):
    faults(kind="access_denied", operation="CompleteMultipartUpload", times=1)

    with pytest.raises(ReconcilerError, match="CompleteMultipartUpload"):
        world.backfill(target, weather())
    again = world.backfill(target, weather())

    assert (again.written, again.before, again.finished) == (0, 40, (again.run,))
    assert len(world.rows(target)) == 40
    assert world.uploads(target) == []


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
