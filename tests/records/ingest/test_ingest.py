import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pandas as pd
import pytest
from ingest_world import T0, Weather, a_row, as_sent, letters, rows

from reconciler.errors import Usage
from reconciler.records import ingest as ingesting
from reconciler.records.faults import RowsRefused
from reconciler.records.journal import open_journal, read_keys
from reconciler.spec import Online, UnixTime, Vector, feature_group
from reconciler.state import Live


@pytest.fixture
def target(world):
    return world.make()


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(ingesting, "CHUNK_ROWS", 40)


def sent(given):
    return {row["origin"]: as_sent(row) for row in given}


def writes(world):
    return world.calls("BatchWriteRecord") + world.calls("PutRecord")


def test_every_row_is_online_and_offline_as_it_was_given(world, target):
    given = rows(130)

    report = world.ingest(target, given)

    assert (report.rows, report.written, report.is_complete) == (130, 130, True)
    assert world.online("weather", *sent(given)) == sent(given)
    assert sorted(row["origin"] for row in world.offline()) == sorted(sent(given))


@pytest.mark.parametrize("processes", [1, 2])
def test_chunks_go_out_over_several_processes_as_over_one(world, target, small_chunks, processes):
    given = rows(500)

    report = world.ingest(target, given, processes=processes)

    assert report.written == 500
    assert world.online("weather", *sent(given)) == sent(given)


def test_instances_of_the_class_and_frames_are_taken(world, target):
    records = [Weather(origin="a", observed_at=T0, wind=1), Weather(origin="b", observed_at=T0, sky="grey")]
    frame = pd.DataFrame({"origin": ["c"], "observed_at": [T0], "wind": pd.array([None], "Int64")})

    reports = [world.ingest(target, (record for record in records)), world.ingest(target, frame)]

    assert [report.written for report in reports] == [2, 1]
    assert world.online("weather", "a", "b", "c") == {
        "a": {"origin": "a", "observed_at": "2024-01-01T00:00:00Z", "wind": "1"},
        "b": {"origin": "b", "observed_at": "2024-01-01T00:00:00Z", "sky-now": "grey"},
        "c": {"origin": "c", "observed_at": "2024-01-01T00:00:00Z"},
    }


def test_nothing_is_sent_of_an_input_with_a_fault(world, target, small_chunks):
    given = [*rows(90), a_row(90, wind="strong"), a_row(91, observed_at=None)]

    with pytest.raises(RowsRefused) as refused:
        world.ingest(target, given)

    assert [(fault.row, fault.feature) for fault in refused.value.faults] == [(90, "wind"), (91, "observed_at")]
    assert refused.value.file
    assert writes(world) == 0


def test_the_good_rows_are_sent_on_request_and_the_others_counted(world, target, small_chunks, tmp_path):
    given = [a_row(0, wind="strong"), *rows(90, 1), a_row(91, wind=1.5)]

    report = world.ingest(target, given, good_rows=True, faults_file=tmp_path / "faults.csv")

    assert (report.written, report.refused, report.is_complete) == (90, 2, False)
    assert world.online("weather", *sent(rows(92))) == sent(rows(90, 1))
    assert len((tmp_path / "faults.csv").read_text().splitlines()) == 3


def test_a_column_at_fault_spoils_the_good_rows_too(world, target):
    with pytest.raises(RowsRefused, match="2 of 2 rows"):
        world.ingest(target, pd.DataFrame({"origin": ["a", "b"]}), good_rows=True)

    assert writes(world) == 0


def test_of_rows_given_twice_the_last_is_sent_where_that_is_allowed(world, target, small_chunks):
    given = [a_row(7, wind=1), *rows(60, 100), a_row(7, wind=2)]

    report = world.ingest(target, given, allow={"duplicates"})

    assert (report.written, report.dropped, report.is_complete) == (61, 1, True)
    assert world.online("weather", "o7")["o7"]["wind"] == "2"
    with pytest.raises(RowsRefused):
        world.ingest(target, given)


def test_rows_given_twice_are_refused_both_where_only_good_rows_are_sent(world, target, small_chunks):
    report = world.ingest(target, [a_row(7, wind=1), *rows(60, 100), a_row(7, wind=2)], good_rows=True)

    assert (report.written, report.refused) == (60, 2)
    assert world.online("weather", "o7") == {}


def test_the_same_input_sends_nothing_the_second_time(world, target, small_chunks):
    first = world.ingest(target, rows(100))
    calls = writes(world)

    second = world.ingest(target, pd.DataFrame(rows(100)).astype({"wind": "Int64"}))

    assert (second.run, second.written, second.before) == (first.run, 0, 100)
    assert second.started == first.started
    assert writes(world) == calls


def test_again_sends_it_all_again(world, target):
    world.ingest(target, rows(100))

    report = world.ingest(target, rows(100), again=True)

    assert (report.written, report.before) == (100, 0)
    assert len(world.offline()) == 200


def test_another_input_option_or_group_is_another_run(world, target):
    first = world.ingest(target, rows(10))

    others = [
        world.ingest(target, rows(11)),
        world.ingest(target, [a_row(0, wind=5), *rows(9, 1)]),
        world.ingest(target, rows(10)[::-1]),
        world.ingest(target, rows(10), stores={"OnlineStore"}),
        world.ingest(target, rows(10), ttl=timedelta(days=36500)),
        world.ingest(replace(target, live=replace(target.live, created_at=1.0)), rows(10)),
    ]

    assert {report.before for report in others} == {0}
    assert len({report.run for report in [first, *others]}) == 7


def test_what_was_left_out_is_sent_once_it_is_mended(world, target):
    world.ingest(target, [a_row(0, wind="strong"), a_row(1)], good_rows=True)

    report = world.ingest(target, [a_row(0, wind=None), a_row(1)], good_rows=True)

    assert report.written == 2
    assert set(world.online("weather", "o0", "o1")) == {"o0", "o1"}


def test_a_dry_run_checks_and_leaves_nothing_behind(world, target):
    report = world.ingest(target, [*rows(10), a_row(10, wind="strong")], good_rows=True, dry_run=True)

    assert (report.rows, report.written, report.refused, report.keys) == (11, 0, 1, None)
    assert writes(world) == 0
    assert not list((world.root / ".reconciler").rglob("journal.jsonl"))


def test_no_rows_are_no_error(world, target):
    report = world.ingest(
        target, pd.DataFrame({"origin": pd.array([], "string"), "observed_at": pd.array([], "string")})
    )

    assert (report.rows, report.written, report.started) == (0, 0, None)


def test_rows_that_aws_does_not_take_can_be_ingested_again(world, target, small_chunks):
    given = rows(100)
    world.fault("entries_fail", share=0.2, seed=3, times=1, reason="ValidationError")

    report = world.ingest(target, given)

    assert 0 < report.failed < 25
    assert report.written == 100 - report.failed
    assert {row.code for row in report.failures} == {"ValidationError"}
    kept = letters(report.dead_letter)
    assert [line["reconciler:row"] for line in kept] == [row.row for row in report.failures]
    missing = {line["origin"] for line in kept}
    assert set(world.online("weather", *sent(given))) == set(sent(given)) - missing

    second = world.ingest(target, [str(report.dead_letter)])

    assert second.written == report.failed
    assert world.online("weather", *sent(given)) == sent(given)


def test_a_second_run_sends_only_the_rows_that_failed(world, target, small_chunks):
    world.fault("entries_fail", share=0.2, seed=3, times=1, reason="ValidationError")
    first = world.ingest(target, rows(100))

    second = world.ingest(target, rows(100))

    assert (second.written, second.before, second.failed) == (first.failed, first.written, 0)
    assert len(world.offline()) == 100
    assert sum(keys.num_rows for keys in read_keys(second.keys)) == 100


def test_the_keys_of_a_run_are_those_of_the_rows_that_were_taken(world, target, small_chunks):
    world.fault("entries_fail", share=0.2, seed=3, times=1, reason="ValidationError")
    given = rows(100)

    report = world.ingest(target, given)

    keys = [row for table in read_keys(report.keys) for row in table.to_pylist()]
    failed = {row.row for row in report.failures}
    assert {key["row"] for key in keys} == set(range(100)) - failed
    assert all(
        (key["record_id"], key["event_time"])
        == (as_sent(given[key["row"]])["origin"], as_sent(given[key["row"]])["observed_at"])
        for key in keys
    )


def test_rows_may_go_to_one_store_and_live_for_a_while_of_their_own(world, target):
    now = a_row(1, observed_at=T0 + timedelta(days=20_000))
    world.ingest(target, [now], stores={"OnlineStore"}, ttl=timedelta(hours=1), now=T0)
    world.ingest(target, [a_row(2)], stores=["OfflineStore"])

    answer = world.client.get_record(
        FeatureGroupName="weather", RecordIdentifierValueAsString="o1", ExpirationTimeResponse="Enabled"
    )
    assert answer["ExpiresAt"].startswith("2078-10-04T01:00:0")
    assert [row["origin"] for row in world.offline()] == ["o2"]
    assert world.online("weather", "o2") == {}


def test_rows_that_expire_on_arrival_are_refused_by_the_lifetime_they_will_have(world):
    @feature_group(record_id="origin", event_time="seen", online=Online(ttl=timedelta(days=1)), offline=None)
    class Short:
        """Records that live for a day."""

        origin: str
        seen: UnixTime

    target = world.make(Short)
    late = [{"origin": "a", "seen": T0.timestamp()}]

    with pytest.raises(RowsRefused):
        world.ingest(target, late)

    assert world.ingest(target, late, allow={"expired"}).written == 1
    assert world.ingest(target, late, ttl=timedelta(days=36500)).written == 1


def test_the_same_rows_are_not_sent_by_two_at_once(world, target):
    report = world.ingest(target, rows(10))
    held = open_journal(report.keys)

    with pytest.raises(Usage, match="Another process"):
        world.ingest(target, rows(10))

    held.close()
    assert world.ingest(target, rows(10)).before == 10


def test_rows_that_change_while_they_are_read_are_not_sent(world, target, small_chunks):
    path = world.root / "weather.csv"
    frame = pd.DataFrame(rows(100))
    frame.to_csv(path, index=False)

    def change(progress):
        if progress.stage == "checking" and progress.done == 100:
            frame.assign(temp_f=1.0).to_csv(path, index=False)

    with pytest.raises(Exception, match="chang"):
        world.ingest(target, str(path), tell=change)

    assert world.online("weather", *sent(rows(100))) == {}


def test_it_says_how_far_it_is(world, target, small_chunks):
    heard = []

    world.ingest(target, rows(100), tell=heard.append)

    assert [(p.stage, p.done, p.total) for p in heard if p.done == 100] == [
        ("checking", 100, 100),
        ("sending", 100, 100),
    ]


def test_it_works_where_an_event_loop_runs_already(world, target):
    async def in_a_notebook():
        return world.ingest(target, rows(10))

    assert asyncio.run(in_a_notebook()).written == 10


def test_a_group_of_a_longer_name_gets_the_rows(world):
    target = world.make()

    assert isinstance(target.live, Live)
    assert world.ingest(replace(target, name=target.live.arn), rows(3)).written == 3


def test_collections_and_every_kind_of_value_arrive_and_survive_a_dead_letter(world):
    @feature_group(record_id="plane", event_time="seen", online=Online(storage_type="InMemory"), offline=None)
    class Plane:
        """Everything a feature can be."""

        plane: int
        seen: UnixTime
        flies: bool
        engine: Literal["jet", "prop"]
        tags: set[str]
        counts: list[int] | None = None
        place: Vector[2] | None = None

    target = world.make(Plane)
    rest = {"flies": True, "engine": "jet"}
    given = [
        {
            "plane": -(2**63),
            "seen": 1704067200.25,
            "tags": ['q"\\', "ä\t"],
            "counts": [],
            "place": [0.5, 1e300],
            **rest,
        },
        {"plane": 2**63 - 1, "seen": 1704067200.0, "tags": [], "counts": None, "place": None, **rest},
    ]
    world.fault("entries_fail", share=1.0, reason="ValidationError", times=1)

    failed = world.ingest(target, given)
    report = world.ingest(target, str(failed.dead_letter))

    assert (failed.failed, report.written) == (2, 2)
    answer = world.client.get_record(FeatureGroupName="plane", RecordIdentifierValueAsString=str(-(2**63)))
    values = {v["FeatureName"]: v.get("ValueAsString", v.get("ValueAsStringList")) for v in answer["Record"]}
    assert sorted(values.pop("tags")) == ['q"\\', "ä\t"]
    assert values == {
        "plane": "-9223372036854775808",
        "seen": "1704067200.25",
        "flies": "1",
        "engine": "jet",
        "counts": [],
        "place": ["0.5", "1e+300"],
    }


def test_a_folder_that_cannot_be_written_is_named(world, target):
    (world.root / ".reconciler").write_text("a file")

    with pytest.raises(Usage, match="nothing can be written there"):
        world.ingest(target, rows(1))

    assert writes(world) == 0
