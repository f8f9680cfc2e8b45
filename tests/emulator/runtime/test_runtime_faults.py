"""What AWS does to records on a bad day."""

import json
import sqlite3

import pytest
from botocore.exceptions import ConnectionClosedError
from runtime_help import T1, T2, T3, a_record, delete, get, pending, put


def write(runtime, count, **more):
    entries = [{"FeatureGroupName": "weather", "Record": a_record(str(number))} for number in range(count)]
    return runtime.batch_write_record(Entries=entries, **more)


def read(runtime, count):
    ids = [str(number) for number in range(count)]
    return runtime.batch_get_record(
        Identifiers=[{"FeatureGroupName": "weather", "RecordIdentifiersValueAsString": ids}]
    )


def due(emulator):
    with emulator.store.reading() as db:
        return db.execute("SELECT due - invoked FROM pending ORDER BY seq").fetchall()


def test_a_new_group_is_not_found_for_a_while(weather, runtime, emulator, refused):
    emulator.faults.add("group_not_found", seconds=60)
    early = [refused(lambda: put(runtime)), refused(lambda: get(runtime)), refused(lambda: write(runtime, 1))]
    batch = read(runtime, 1)["Errors"]
    emulator.advance_clock(60)
    put(runtime)

    assert [code for code, _ in early] == ["ValidationError", "ResourceNotFound", "ResourceNotFound"]
    assert all("can't find a FeatureGroup with name weather" in message for _, message in early)
    assert [error["ErrorCode"] for error in batch] == ["ResourceNotFound"]
    assert get(runtime) == {"id": "a", "at": T1}


def test_a_group_can_be_unfindable_for_good(weather, runtime, emulator, refused):
    emulator.faults.add("group_not_found", group="weather", operation="PutRecord")
    emulator.advance_clock(10**6)

    assert refused(lambda: put(runtime))[0] == "ValidationError"
    assert get(runtime) is None


def test_a_share_of_the_entries_fails(weather, runtime, emulator):
    emulator.faults.add("entries_fail", share=0.4, seed=7, operation="BatchWriteRecord", reason="ThrottlingException")
    reply = write(runtime, 25)
    failed = [error["Entry"]["Record"][0]["ValueAsString"] for error in reply["Errors"]]

    assert 0 < len(failed) < 25
    assert {error["ErrorCode"] for error in reply["Errors"]} == {"ThrottlingException"}
    assert {row["id"] for row in pending(emulator)} == {str(number) for number in range(25)} - set(failed)


def test_a_share_of_the_entries_is_unprocessed_and_can_be_retried(weather, runtime, emulator):
    emulator.faults.add("entries_unprocessed", share=0.5, seed=7)
    left, calls = [{"FeatureGroupName": "weather", "Record": a_record(str(n))} for n in range(25)], 0
    while left and calls < 50:
        left = runtime.batch_write_record(Entries=left)["UnprocessedEntries"]
        calls += 1

    assert 1 < calls < 50
    assert sorted(row["id"] for row in pending(emulator)) == sorted(str(number) for number in range(25))


def test_reads_have_errors_and_unprocessed_identifiers_too(weather, runtime, emulator):
    write(runtime, 20)
    emulator.faults.add("entries_fail", share=0.3, seed=1)
    emulator.faults.add("entries_unprocessed", share=0.3, seed=2)
    reply = read(runtime, 20)
    (unprocessed,) = reply["UnprocessedIdentifiers"]
    found = [item["RecordIdentifierValueAsString"] for item in reply["Records"] + reply["Errors"]]

    assert reply["Errors"]
    assert {error["ErrorCode"] for error in reply["Errors"]} == {"InternalFailure"}
    assert sorted(found + unprocessed["RecordIdentifiersValueAsString"]) == sorted(str(n) for n in range(20))


def test_the_same_seed_hits_the_same_entries(weather, runtime, emulator):
    replies = []
    for _ in range(2):
        with emulator.faults.add("entries_fail", share=0.5, seed=3):
            replies.append([error["Entry"] for error in write(runtime, 25)["Errors"]])

    assert replies[0] == replies[1]


def test_rows_can_lag_behind(weather, runtime, emulator):
    with emulator.faults.add("offline_lag", seconds=900):
        put(runtime)
    put(runtime, at=T2)

    assert due(emulator) == [(pytest.approx(900),), (pytest.approx(0),)]


def test_rows_can_come_out_of_order(weather, runtime, emulator):
    emulator.faults.add("out_of_order", seconds=100, seed=5)
    for at in (T1, T2, T3):
        put(runtime, at=at)
    delete(runtime, at="2025-01-01T00:00:00Z")
    lags = [lag for (lag,) in due(emulator)]

    assert len({round(lag, 3) for lag in lags}) == 4
    assert all(0 <= lag <= 100 for lag in lags)


def test_a_full_disk_stores_nothing(weather, runtime, emulator):
    with emulator.faults.add("disk_full"):
        with pytest.raises(runtime.exceptions.InternalFailure):
            put(runtime)
        with pytest.raises(runtime.exceptions.InternalFailure):
            write(runtime, 3)
    put(runtime, "b")

    assert [row["id"] for row in pending(emulator)] == ["b"]


def test_a_disk_that_is_really_full_is_a_failure_and_no_end(weather, runtime, emulator):
    put(runtime, "a")
    with emulator.store.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages}")
    refusals = 0
    for number in range(20):
        try:
            put(runtime, str(number), sky="x" * 50_000)
        except runtime.exceptions.InternalFailure:
            refusals += 1
    readable = get(runtime, "a")
    with emulator.store.reading() as db:
        db.execute("PRAGMA max_page_count=1073741823")
    put(runtime, "b")

    assert refusals > 10
    assert readable == {"id": "a", "at": T1}
    assert get(runtime, "b") == {"id": "b", "at": T1}
    assert len(pending(emulator)) == 22 - refusals


def test_an_ignored_write_writes_nothing(weather, runtime, emulator):
    with emulator.faults.add("ignored_write", operation="PutRecord"):
        put(runtime)

    assert (get(runtime), pending(emulator)) == (None, [])


@pytest.mark.parametrize(("kind", "kept"), [("dropped_before_effect", False), ("dropped_after_effect", True)])
def test_a_dropped_connection_leaves_one_in_doubt(weather, runtime, emulator, kind, kept):
    emulator.faults.add(kind, operation="PutRecord", times=1)
    with pytest.raises(ConnectionClosedError):
        put(runtime)

    assert (get(runtime) is not None) == kept


def test_calls_beyond_a_rate_are_throttled(weather, runtime, emulator, refused):
    """10,000 calls a second are AWS's own quota for each operation."""
    emulator.freeze_clock()
    emulator.faults.add("throttled", operation="PutRecord", rate=10, burst=3)
    for _ in range(3):
        put(runtime)
    code, _ = refused(lambda: put(runtime))
    emulator.advance_clock(0.2)
    put(runtime)

    assert code == "ThrottlingException"


def test_a_fault_on_a_group_hits_a_batch_that_writes_to_it(weather, make, runtime, emulator, refused):
    make("plane")
    emulator.faults.add("service_unavailable", group="plane")
    write(runtime, 1)
    entries = [{"FeatureGroupName": name, "Record": a_record()} for name in ("weather", "plane")]

    assert refused(runtime.batch_write_record, Entries=entries)[0] == "ServiceUnavailable"


def test_an_error_that_is_no_full_disk_is_not_hidden(weather, emulator):
    with emulator.store.writing() as db:
        db.execute("ALTER TABLE records RENAME TO gone")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        emulator.answer("PUT", "/FeatureGroup/weather", _signed(), json.dumps({"Record": a_record()}).encode())


def _signed():
    return {"Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/sagemaker/aws4_request"}
