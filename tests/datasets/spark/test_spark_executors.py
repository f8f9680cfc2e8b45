"""What executors of Spark do, without Spark: they are given batches and give batches."""

import pickle
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from dataset_cases import UNREADABLE, File, Shape, iso
from dataset_oracle import Stored, instant, written_out

from reconciler.datasets.engines import counting, executors, spark_labels
from reconciler.datasets.engines.spark_labels import Summary
from reconciler.datasets.engines.spark_tables import check_labels, columns_of_table
from reconciler.datasets.inventory.files import DataFile, InEnvironment
from reconciler.datasets.labels.faults import LabelsRefused
from reconciler.datasets.labels.times import MomentReader
from reconciler.datasets.question import Join, Key, Output, Question, Status
from reconciler.errors import Invalid

MEGABYTE = 1024 * 1024
SHAPE = Shape("Live-S", "Glue", "String", "String", (("f", "Integral"),), "id", "at")
JOIN = Join("g", "Live-S", Key("key", "String"), "id", "at", "String", (Output("f", "f", "Integral"),))
QUESTION = Question((JOIN,))
COLUMNS = ("id", "at", "api_invocation_time", "write_time", "is_deleted", "f")


class Frame:
    """A DataFrame, as far as it is asked for its columns."""

    def __init__(self, **types):
        self.dtypes = list(types.items())
        self.columns = list(types)


def files(*sizes):
    return [DataFile(f"s3://b/{number}", size) for number, size in enumerate(sizes)]


def test_small_files_share_a_task_and_large_ones_have_their_own():
    tasks = executors.shared_out(files(300 * MEGABYTE, *[MEGABYTE] * 50), parallel=1)

    assert [len(task) for task in tasks] == [1, 25, 25]


def test_few_bytes_are_shared_out_to_all_that_can_work():
    tasks = executors.shared_out(files(*[10 * MEGABYTE] * 8), parallel=8)

    assert [len(task) for task in tasks] == [1] * 8


def test_every_file_is_read_by_one_task():
    some = files(*(number * 100_000 for number in range(200)))

    tasks = executors.shared_out(some, parallel=7)

    assert sorted(file for task in tasks for file in task) == sorted(some)


def test_no_files_are_no_tasks():
    assert executors.shared_out([], parallel=4) == []


def reading(stores, **words):
    inventory = InEnvironment(stores.environment, stores.root).inventory(JOIN)
    return pickle.loads(pickle.dumps(executors.reading_of(inventory, COLUMNS, 2, **words)))


def read(told):
    tasks = pa.record_batch([pa.array(range(len(told.tasks)))], ["id"])
    return pa.Table.from_batches(executors.read([tasks], told), told.schema)


@pytest.mark.parametrize("is_canonical", [True, False])
def test_executors_read_the_rows_that_the_driver_listed(stores, is_canonical):
    rows = [Stored("a", f"2024-01-0{day}T00:00:00Z", 0, 1, False, {"f": day}) for day in range(1, 5)]
    stores.lay({SHAPE.name: (File(tuple(rows[:2])), File(tuple(rows[2:])))}, [SHAPE])

    found = read(reading(stores, is_canonical=is_canonical)).sort_by("c1")

    assert found["c1"].to_pylist() == [written_out(row.event) if is_canonical else row.event for row in rows]
    assert found["c5"].to_pylist() == [1, 2, 3, 4]
    assert found["c3"].to_pylist() == [datetime(1970, 1, 1, 0, 0, 0, 1, UTC)] * 4


def test_event_times_are_written_as_answers_have_them():
    good = [iso(1_704_067_200 * 10**9 + 5 * 10**8, decimals) for decimals in range(1, 10)]
    texts = [*good, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", *UNREADABLE["String"]]

    found = executors.canonical(pa.array(texts, pa.string())).to_pylist()

    assert found == [None if instant(text) is None else written_out(text) for text in texts]


def test_event_times_that_are_no_numbers_cannot_be_read():
    found = executors.canonical(pa.array([1.5, *UNREADABLE["Fractional"]], pa.float64())).to_pylist()

    assert found == [1.5] + [None] * len(UNREADABLE["Fractional"])


def test_rows_of_this_machine_go_to_executors_and_back():
    table = pa.table({"row": range(10), "text": ["a", None] * 5})

    pieces = executors.packed(table, 3)
    sent = pa.record_batch([pa.array(pieces, pa.binary())], ["piece"])
    back = [piece for batch in executors.pack(executors.unpack([sent])) for piece in batch["piece"].to_pylist()]

    assert len(pieces) == 4
    assert pa.Table.from_batches(batch for piece in back for batch in executors.unpacked(piece)).equals(table)


def labels(*rows):
    return pa.record_batch([pa.array(column) for column in zip(*rows, strict=True)], ["key", "at"])


def surveyed(*batches):
    reader = MomentReader(QUESTION.keys, "at")
    return [Summary.of_text(one[0][0].as_py()) for one in spark_labels.survey(batches, reader, 3)]


def test_labels_are_looked_at_and_counted():
    found = surveyed(labels(("a", "2024-01-01T00:00:00Z"), (None, None)), labels(("b", "2024-01-01T00:00:01.5Z")))

    assert found == [Summary(3, 0, 1, 1_704_067_200, 1_704_067_201)]


def test_a_partition_without_labels_has_none():
    assert spark_labels.added(surveyed()) == Summary()


def test_faults_of_all_partitions_are_told_together():
    [one] = surveyed(labels(("a", "tomorrow")), labels(("b", "2024-01-01T00:00:00"), ("c", "2024-01-01T00:00:00Z")))
    [other] = surveyed(labels(("a", "2024-01-01T00:00:00Z"), ("b", "today")))

    found = spark_labels.added([one, other])

    assert (found.rows, found.bad, found.latest) == (5, 3, 1_704_067_200)
    assert [(fault.rows, [example.place for example in fault.examples]) for fault in found.faults] == [
        (2, ["partition 3 row 0", "partition 3 row 1"]),
        (1, ["partition 3 row 1"]),
    ]


def test_labels_become_what_is_compared():
    identity = pa.array([7, None]).cast(pa.decimal128(38, 0))
    batch = labels(("a", "2024-01-01T00:00:00.5Z"), (None, None))
    batch = pa.record_batch([identity, *batch.columns], ["label", *batch.schema.names])

    [found] = spark_labels.compared([batch], QUESTION, MomentReader(QUESTION.keys, "at"), 0)

    assert found.schema.equals(spark_labels.compared_schema(QUESTION))
    assert found["key_0"].to_pylist() == ["a", None]
    assert found["at_text"].to_pylist() == ["2024-01-01T00:00:00.500000000Z", None]


def test_labels_at_fault_end_the_task_that_comes_upon_them():
    batch = pa.record_batch([pa.nulls(1, pa.decimal128(38, 0)), ["a"], ["soon"]], ["label", "key", "at"])

    with pytest.raises(LabelsRefused, match="partition 2 row 0: at = soon"):
        list(spark_labels.compared([batch], QUESTION, MomentReader(QUESTION.keys, "at"), 2))


def test_instants_of_the_session_s_zone_are_those_of_utc():
    times = pa.array([0], pa.timestamp("us", "Asia/Kolkata"))

    found = spark_labels.in_utc(pa.record_batch([times], ["at"]), ["time"])

    assert found["time"].to_pylist() == [datetime(1970, 1, 1, tzinfo=UTC)]


def test_what_became_of_labels_is_counted_in_every_partition():
    names = ["row", "status_0", "event_0", "value_0", "time"]
    status = pa.array([Status.MATCHED, Status.MISSING], pa.int8())
    event = pa.array(["2024-01-01T00:00:00.000000000Z", None])
    time = pa.array(["2024-01-01T01:00:00Z"] * 2)
    batch = pa.record_batch([pa.array([True, False]), status, event, pa.array([1, None], pa.int64()), time], names)

    parts = [spark_labels.tallied([batch] * size, QUESTION, names, MomentReader((), "time")) for size in (1, 2, 0)]
    found = spark_labels.counted(QUESTION, (one[0][0].as_py() for part in parts for one in part))

    [join] = found.tally.reports(counting.no_facts(1))
    assert (found.labels, found.kept, join.matched, join.missing, join.nulls) == (6, 3, 3, 3, {"f": 3})
    assert (join.ages.count, join.ages.least, join.ages.most, join.ages.is_exact) == (3, 3600, 3600, False)


def test_columns_that_differ_only_in_case_are_a_fault():
    with pytest.raises(LabelsRefused, match="F: Another column of the result has this name but for upper and lower"):
        check_labels(Frame(key="string", at="timestamp", F="int"), QUESTION, MomentReader(QUESTION.keys, "at"))


@pytest.mark.parametrize("kind", ["string", "string collate UTF8_LCASE"])
@pytest.mark.parametrize("other", ["array<int>", "map<string,int>", "decimal(10,2)", "binary", "void", "variant"])
def test_columns_that_are_neither_keys_nor_times_may_be_anything(kind, other):
    check_labels(Frame(key=kind, at="timestamp", other=other), QUESTION, MomentReader(QUESTION.keys, "at"))


def test_a_table_is_read_by_names_in_any_case():
    own = {"AT": "string", "write_time": "timestamp", "api_invocation_time": "timestamp_ntz", "is_deleted": "boolean"}

    found = columns_of_table(Frame(Id="string", **own), JOIN, COLUMNS)

    assert found[0] == "CAST(`Id` AS STRING) AS `id`"
    assert found[2] == "CAST(concat(CAST(`api_invocation_time` AS STRING), 'Z') AS TIMESTAMP) AS `api_invocation_time`"
    assert found[-1] == "CAST(NULL AS BIGINT) AS `f`"


def test_everything_that_a_table_lacks_is_told_at_once():
    with pytest.raises(Invalid) as told:
        columns_of_table(Frame(id="int", at="timestamp", f="string"), JOIN, COLUMNS)

    assert sorted(fault.field for fault in told.value.faults) == sorted(COLUMNS)
