"""Whatever the end of a run is, nothing of it stays; and nothing else is ever touched."""

import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from athena_world import Aws, answer, journals, lay
from dataset_stores import Stores

from reconciler.aws.athena import QueryFailed
from reconciler.datasets.engines.athena import AthenaEngine
from reconciler.errors import AwsFailed
from reconciler.records.offline.place import open_place

HERE = Path(__file__).parent
OLD = f"{datetime.now(UTC) - timedelta(days=2):%Y%m%dt%H%M%S}z"
YOUNG = f"{datetime.now(UTC) - timedelta(hours=1):%Y%m%dt%H%M%S}z"
CHANCE = "0123456789abcdef"
OUTPUT = "reconciler/athena/"


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return Stores(tmp_path_factory.mktemp("leftovers"))


@pytest.fixture
def aws(stores):
    stores.emulator.faults.clear()
    stores.emulator.settings = stores.emulator.settings._replace(query_s=0.0)
    lay(stores)
    return Aws(stores)


@pytest.fixture
def engine(stores):
    return AthenaEngine(stores.environment, stores.root, sleep=lambda _: None)


def test_nothing_stays_of_an_answer(stores, aws, engine):
    before = aws.state()

    assert sum(batch.num_rows for batch in answer(engine).batches) == 9

    assert aws.state() == before
    assert journals(stores) == []


def test_nothing_stays_of_an_answer_that_nobody_read_to_its_end(stores, aws, engine):
    before = aws.state()
    batches = answer(engine).batches

    next(batches)
    batches.close()

    assert aws.state() == before
    assert journals(stores) == []


def test_nothing_is_made_before_an_answer_is_read(stores, aws, engine):
    before = aws.state()

    answer(engine)

    assert aws.state() == before
    assert aws.queries() == []


def test_nothing_stays_of_a_query_that_fails(stores, aws, engine):
    (data,) = [key for key in aws.objects() if "day=01/hour=10" in key]
    aws.put(data, b"no Parquet")
    before = aws.state()

    with pytest.raises(QueryFailed) as failed:
        list(answer(engine).batches)

    assert failed.value.query in str(failed.value)
    assert aws.state() == before
    assert journals(stores) == []


@pytest.mark.parametrize(
    "operation", ["PutObject", "CreateTable", "StartQueryExecution", "GetQueryExecution", "ListObjectsV2", "GetObject"]
)
def test_nothing_stays_where_a_call_is_refused(operation, stores, aws, engine):
    before = aws.state()
    asked = answer(engine)
    stores.emulator.faults.add("access_denied", operation=operation)

    with pytest.raises(AwsFailed, match="enied"):
        list(asked.batches)
    stores.emulator.faults.clear()
    list(answer(engine).batches)  # what could not be removed then is removed by the next

    assert aws.state() == before
    assert journals(stores) == []


def test_ctrl_c_stops_the_query_and_leaves_nothing(stores, aws):
    stores.emulator.settings = stores.emulator.settings._replace(query_s=3600.0)
    before = aws.state()

    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(answer(AthenaEngine(stores.environment, stores.root, sleep=interrupted)).batches)

    assert aws.queries() == ["CANCELLED"]
    assert aws.state() == before
    assert journals(stores) == []


def test_ctrl_c_before_the_query_has_a_name_stops_it_all_the_same(stores, aws, engine):
    before = aws.state()

    def interrupt(**_):
        events.unregister("after-call.athena.StartQueryExecution", interrupt)
        raise KeyboardInterrupt

    reach = engine._reach(open_place(stores.environment, stores.root, "live-g"))
    engine._reach = lambda _: reach
    events = reach.athena._client.meta.events
    events.register("after-call.athena.StartQueryExecution", interrupt)
    asked = answer(engine)
    with pytest.raises(KeyboardInterrupt):
        list(asked.batches)

    assert aws.state() == before
    assert journals(stores) == []


def test_what_a_killed_run_left_is_removed_by_the_next(stores, aws, engine):
    stores.emulator.settings = stores.emulator.settings._replace(query_s=3600.0)
    before = aws.state()
    kill_one(stores.root)
    assert aws.state() != before
    assert len(journals(stores)) == 1
    stores.emulator.settings = stores.emulator.settings._replace(query_s=0.0)

    list(answer(engine).batches)

    assert aws.state() == before
    assert journals(stores) == []


def test_what_a_killed_run_left_may_be_gone_already(stores, engine):
    stores.emulator.settings = stores.emulator.settings._replace(query_s=0.0)
    lay(stores)
    kill_one(stores.root)
    lay(stores)
    asked = answer(engine)

    assert sum(batch.num_rows for batch in asked.batches) == 9

    assert asked.facts.notes == []
    assert journals(stores) == []


def test_what_a_run_left_that_never_heard_of_its_query_is_removed_by_the_next(stores, aws, engine):
    """Athena's own results lie in the folder of the run: they are found without the query's id."""
    stores.emulator.settings = stores.emulator.settings._replace(query_s=0.0)
    before = aws.state()
    kill_one(stores.root, heard=False)
    assert any(key.endswith("-manifest.csv") for key in aws.objects() - before[0])

    list(answer(engine).batches)

    assert aws.state() == before


def kill_one(root, *, heard=True):
    """A run in a process of its own that is killed while its query runs, or (not `heard`) before it knows which."""
    program = f"""
        import os, signal, sys, time
        from pathlib import Path
        sys.path[:0] = {[str(HERE), str(HERE.parent)]!r}
        from athena_world import answer
        from reconciler.config import Environment
        from reconciler.datasets.engines.athena import AthenaEngine
        environment = Environment("test", "embedded", region="us-east-1")
        engine = AthenaEngine(environment, Path({str(root)!r}))
        from reconciler.records.offline.place import open_place
        def told(progress):
            if {heard} and progress.stage == "on Athena":
                os.kill(os.getpid(), signal.SIGKILL)
        def die(parsed, **_):
            if "QueryExecutionId" not in parsed:
                return  # refused, as it does not say where results go
            asked = {{"QueryExecutionId": parsed["QueryExecutionId"]}}
            athena = reach.athena._client
            while athena.get_query_execution(**asked)["QueryExecution"]["Status"]["State"] != "SUCCEEDED":
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        reach = engine._reach(open_place(environment, Path({str(root)!r}), "live-g"))
        engine._reach = lambda _: reach
        if not {heard}:
            reach.athena._client.meta.events.register("after-call.athena.StartQueryExecution", die)
        list(answer(engine, tell=told).batches)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_what_another_run_is_at_work_with_is_not_touched(stores, aws, engine):
    with_query = answer(engine)
    seen = []

    def told(progress):
        if progress.stage == "on Athena" and not seen:
            seen.append(aws.state())
            list(with_query.batches)
            assert aws.state() == seen[0]

    assert sum(batch.num_rows for batch in answer(engine, tell=told).batches) == 9
    assert len(seen) == 1


def test_what_is_older_than_any_run_is_removed(aws, engine):
    before = aws.state()
    name = f"reconciler_tmp_{OLD}_{CHANCE}"
    aws.make_table(name, **{"reconciler.run": name})
    aws.put(f"{OUTPUT}{name}/labels/part-00000.parquet")

    list(answer(engine).batches)

    assert aws.state() == before


def test_what_is_not_ours_for_sure_stays(aws, engine):
    names = [
        f"reconciler_tmp_{OLD}_{CHANCE}",  # without our mark
        f"reconciler_tmp_{YOUNG}_{CHANCE}",
        f"reconciler_tmp_{OLD}_{CHANCE}x",
        "reconciler_tmp_weather",
        f"reconciler_tmp_20249999t999999z_{CHANCE}",
    ]
    for name in names:
        aws.make_table(name, **({} if name == names[0] else {"reconciler.run": name}))
        aws.put(f"{OUTPUT}{name}x/data" if name == names[0] else f"{OUTPUT}{name}/data")
    before = aws.state()

    list(answer(engine).batches)

    assert aws.state() == before


def test_leftovers_that_may_not_be_looked_at_are_only_noted(stores, aws, engine):
    asked = answer(engine)
    stores.emulator.faults.add("access_denied", operation="GetTables")

    assert sum(batch.num_rows for batch in asked.batches) == 9

    (note,) = asked.facts.notes
    assert "old tables in" in note


def test_an_answer_is_not_lost_because_something_could_not_be_removed(stores, aws, engine):
    before = aws.state()
    asked = answer(engine)
    stores.emulator.faults.add("access_denied", operation="DeleteTable")

    assert sum(batch.num_rows for batch in asked.batches) == 9

    (note,) = asked.facts.notes
    assert "the table reconciler_tmp_" in note
    assert len(journals(stores)) == 1
    stores.emulator.faults.clear()
    list(answer(engine).batches)
    assert aws.state() == before
    assert journals(stores) == []
