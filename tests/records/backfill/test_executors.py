"""What executors of Spark do, without Spark: the proofs in proof/spark35 and proof/spark4 have it."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from backfill_help import NOW, Ice, Seen, Weather, files, rows
from hypothesis import given
from hypothesis import strategies as st

from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.offline import executors
from reconciler.records.offline.committing import commit, throw_away
from reconciler.records.offline.engines import backfill_for, is_spark
from reconciler.records.offline.files import Form
from reconciler.records.offline.layout import layout_of
from reconciler.records.offline.place import open_place
from reconciler.records.offline.recording import Run
from reconciler.records.offline.runs import form_schema
from reconciler.records.offline.surveying import Part, RowsChanged, Survey, Written, added, check_same

START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
SUMMARY = executors.Summary(0, 0, 0, 0, ())


def a_batch(count=4, **columns):
    given = {
        "origin": [f"A{number}" for number in range(count)],
        "observed_at": pa.array(
            [START + timedelta(hours=number) for number in range(count)], pa.timestamp("us", "UTC")
        ),
        "temp_f": [number / 4 for number in range(count)],
        **columns,
    }
    return pa.RecordBatch.from_pydict(given)


def looked(group, *batches, part=3):
    contract = group.__feature_group__.contract(group)
    return list(executors.look(batches, executors.job_of(contract, NOW, ()), part))


def test_good_rows_come_in_canonical_form_and_the_summary_last():
    *good, last = looked(Weather, a_batch(2), a_batch(3))

    assert sum(batch.num_rows for batch in good) == 5
    assert good[0].to_pylist()[1] == {
        "c0": "A1",
        "c1": "2023-11-14T23:13:20Z",
        "c2": 0.25,
        "c3": None,
        "c4": None,
        "seconds": 1700003600,
        "nanos": 0,
        "part": 3,
        "row": 1,
        "summary": None,
    }
    assert good[1]["row"].to_pylist() == [2, 3, 4]
    assert executors.Summary.of_text(last["summary"][0].as_py()) == (3, 5, 0, 0, ())


def test_rows_at_fault_stay_behind_and_are_told_by_their_place():
    *good, last = looked(Weather, a_batch(2), a_batch(4, gusts=[1, -1, 2, -2]))

    summary = executors.Summary.of_text(last["summary"][0].as_py())
    assert [batch.num_rows for batch in good] == [2, 2]
    assert (summary.rows, summary.bad, summary.number) == (6, 2, 2)
    assert [(fault.place, fault.value) for fault in summary.faults] == [
        ("partition 3 row 3", "-1"),
        ("partition 3 row 5", "-2"),
    ]


def test_faults_are_told_up_to_a_number_and_counted_beyond():
    *_, last = looked(Weather, *[a_batch(10, gusts=[-1] * 10)] * 5)

    summary = executors.Summary.of_text(last["summary"][0].as_py())
    assert (summary.number, len(summary.faults)) == (50, executors.KEPT)


def test_a_partition_without_rows_says_nothing():
    assert looked(Weather) == []


def test_instants_in_a_zone_that_nobody_knows_are_instants():
    times = pa.array([0, 3600_000_000]).cast(pa.timestamp("us", "GMT+05:45"))

    [good, _] = looked(Weather, a_batch(2, observed_at=times))

    assert good["seconds"].to_pylist() == [0, 3600]


def test_a_job_carries_the_contract_as_text_and_the_class_by_name():
    contract = Weather.__feature_group__.contract(Weather)
    column = contract.columns[0]._replace(code=("AfterValidator(len)",))
    coded = replace(contract, columns=(column, *contract.columns[1:]))

    plain, with_class = (executors.job_of(one, NOW, ()) for one in (contract, coded))

    assert plain.record is None
    assert plain.read_contract() == contract
    assert with_class.record == ("backfill_help", "Weather")
    assert with_class.read_contract().record is Weather


@pytest.mark.parametrize(
    ("module", "name", "says"),
    [("__main__", "Weather", "not in __main__"), ("backfill_help", "make.<locals>.Weather", "in a module")],
)
def test_a_class_that_nobody_could_import_is_refused_at_once(module, name, says):
    contract = Weather.__feature_group__.contract(Weather)
    record = type("Weather", (), {"__module__": module})
    record.__qualname__ = name
    coded = (contract.columns[0]._replace(code=("x",)), *contract.columns[1:])

    with pytest.raises(Usage, match=says):
        executors.job_of(replace(contract, columns=coded, record=record), NOW, ())


@pytest.mark.parametrize("record", [("nowhere_at_all", "Weather"), ("backfill_help", "Nothing")])
def test_an_executor_without_the_class_says_so(record):
    job = executors.Job(
        executors.job_of(Weather.__feature_group__.contract(Weather), NOW, ()).contract, NOW, record=record
    )

    with pytest.raises(Usage, match="cannot import it"):
        job.read_contract()


# Writing


def a_writing(place, target, totals):
    store = open_place(place.environment, place.root, target.name)
    layout = layout_of(store.live, store.data, "a run")
    form = Form(layout, form_schema(store), NOW)
    names = tuple(column.name for column in target.contract.columns)
    return store, executors.Writing(place.environment, place.root, store.kms_key, form, names, totals)


def sorted_batch(target, count=4):
    """Rows as Spark hands them to a task that writes: sorted, with seconds and a digest."""
    [good, _] = executors.look([a_batch(count)], executors.job_of(target.contract, NOW, ()), 0)
    features = [good[executors.place(index)] for index in range(len(target.contract.columns))]
    digests = pa.array([2**63 - 1 - number for number in range(count)])
    names = [*(executors.place(index) for index in range(len(features))), "seconds", "digest"]
    return pa.RecordBatch.from_arrays([*features, good["seconds"], digests], names=names)


def staged_by(batches, writing):
    import pickle

    [told] = executors.stage(batches, writing)
    return [
        Written(**{**row, "digest": int(row["digest"]), "staged": pickle.loads(row["staged"])})
        for row in told.to_pylist()
    ]


@pytest.mark.parametrize("group", [Weather, Ice])
def test_a_task_that_runs_twice_leaves_its_rows_once(place, group):
    target = place.make(group)
    store, writing = a_writing(place, target, {})
    batch = sorted_batch(target)

    first, second = (staged_by([batch.slice(0, 1), batch.slice(1)], writing) for _ in range(2))
    run = Run("a run", store.name, 4, NOW, tuple(one.staged for one in second))
    commit(store, run)
    thrown = throw_away(store, writing.form.layout)

    assert thrown == len(first) > 1
    assert sorted(row["origin"] for row in rows(place, target)) == ["A0", "A1", "A2", "A3"]
    assert len(files(place, target)) == len(second)


def test_nothing_is_seen_of_what_is_staged(place):
    target = place.make(Weather)
    _, writing = a_writing(place, target, {})

    written = staged_by([sorted_batch(target)], writing)

    assert sum(one.rows for one in written) == 4
    assert files(place, target) == []


def test_a_task_without_rows_stages_nothing(place):
    target = place.make(Weather)
    _, writing = a_writing(place, target, {})

    assert staged_by([sorted_batch(target).slice(0, 0)], writing) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**63), 2**63 - 1)), min_size=1))
def test_sums_of_digests_are_exact(pairs):
    pairs.sort(key=lambda pair: pair[0])
    digests = executors._Digests(1)

    digests._add(np.array([key for key, _ in pairs]), pa.array([digest for _, digest in pairs], pa.int64()))

    assert digests.found == {key: sum(d for k, d in pairs if k == key) for key in {key for key, _ in pairs}}


# On the driver


def test_summaries_of_all_partitions_are_one():
    faults = [
        tuple(executors.RowFault(0, f"partition {part} row 0", "a", "1", "wrong") for _ in range(part))
        for part in (2, 1)
    ]

    found = added([executors.Summary(2, 10, 2, 2, faults[0]), executors.Summary(1, 5, 1, 1, faults[1])])

    assert (found.rows, found.bad, found.number) == (15, 3, 3)
    assert [fault.place for fault in found.faults] == ["partition 1 row 0", "partition 2 row 0", "partition 2 row 0"]


def written(key, count, digest):
    return Written(key, count, digest, None)


def test_the_same_rows_in_several_files_are_the_same():
    check_same(Survey(SUMMARY, (Part(1, 5, 70), Part(2, 0, 0)), 0, 0), [written(1, 3, 70), written(1, 2, 0)])


@pytest.mark.parametrize(
    "files",
    [[], [(1, 4, 70)], [(1, 5, 71)], [(2, 5, 70)], [(1, 5, 70), (2, 1, 0)]],
    ids=["none", "fewer", "others", "elsewhere", "more"],
)
def test_other_rows_than_those_that_were_checked_are_refused(files):
    with pytest.raises(RowsChanged):
        check_same(Survey(SUMMARY, (Part(1, 5, 70),), 0, 0), [written(*file) for file in files])


def test_a_frame_of_spark_is_told_by_its_class():
    frame = type("DataFrame", (), {"__module__": "pyspark.sql.classic.dataframe"})()
    of_users = type("Mine", (type(frame),), {"__module__": "my.frames"})()

    assert is_spark(frame)
    assert is_spark(of_users)
    assert not any(map(is_spark, ([], {}, "a.csv", pa.table({}), Seen)))
    assert backfill_for(pa.table({})).__module__ == "reconciler.records.offline.backfill"


def test_executors_need_no_spark_to_be_read():
    code = "import sys, reconciler.records.offline.executors as e; sys.exit('pyspark' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_contract_that_is_only_text_is_enough():
    contract = Contract.from_json(Weather.__feature_group__.contract(Weather).as_json())

    [good, _] = executors.look([a_batch(1)], executors.job_of(contract, NOW, ()), 0)

    assert good.num_rows == 1
