"""Deleting records, and knowing that they are gone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from online_world import AT, Shape, Sight, fault, target_of

from reconciler.errors import AwsFailed, Usage
from reconciler.records import deleting
from reconciler.records.deleting import DeletionReport, NotDeleted, StillThere, delete, delete_many
from reconciler.records.listing import list_ids
from reconciler.records.reading import get

LATER = AT + timedelta(hours=1)
ALL = [f"r{n}" for n in range(10)]


def left(world, target):
    return [name for name in ALL if world.there(target, name)]


@pytest.mark.parametrize("hard", [False, True])
def test_a_deleted_record_is_gone(either, sights, hard):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z")

    delete(either.runtime, sights, "JFK", at=LATER, hard=hard)

    assert get(either.runtime, sights, "JFK") is None
    assert list(list_ids(either.runtime, sights, include_deleted=True)) == ([] if hard else ["JFK"])


@pytest.mark.parametrize(
    "at", [LATER.astimezone(timezone(timedelta(hours=-5))), "2026-01-31T13:00:00Z", "2026-01-31 14:00+01:00"]
)
def test_the_event_time_may_be_said_in_any_zone(either, sights, at):
    either.put(sights, id="JFK", at="2026-01-31T12:59:59.999Z")

    delete(either.runtime, sights, "JFK", at=at)

    assert not either.there(sights, "JFK")


@pytest.mark.parametrize(("hard", "code"), [(False, "RecordIsNewer"), (True, "ValidationError")])
@pytest.mark.parametrize("at", [AT, AT - timedelta(days=1)])
def test_a_deletion_that_is_not_later_than_the_record_is_no_success(either, sights, hard, code, at):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z")

    with pytest.raises(StillThere) as caught:
        delete(either.runtime, sights, "JFK", at=at, hard=hard)

    assert caught.value.failure.code == code
    assert either.there(sights, "JFK")


def test_a_record_that_stays_says_its_time(either, sights):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z")

    with pytest.raises(StillThere, match="it is of 2026-01-31T12:00:00Z, the deletion of 2026-01-31T11:00:00Z"):
        delete(either.runtime, sights, "JFK", at=AT - timedelta(hours=1))


@pytest.mark.parametrize(
    "at", [AT.replace(tzinfo=None), "yesterday", "2026-01-31T12:00:00", 5, None, "2026-13-01T00:00:00Z"]
)
def test_a_time_that_could_be_anywhere_is_refused(store, at):
    with pytest.raises(Usage):
        delete(store.runtime, target_of(Sight), "JFK", at=at)


@pytest.mark.parametrize("at", [1769860801, 1769860800.5, "1769860801", datetime.fromtimestamp(1769860801, UTC)])
def test_seconds_since_1970_are_seconds(either, at):
    import uuid

    target = either.create(Shape, f"g{uuid.uuid4().hex[:20]}")
    either.put(target, number="7", at="1769860800")

    delete(either.runtime, target, 7, at=at)

    assert not either.there(target, "7")


@pytest.mark.parametrize("at", [1769860800000, float("nan"), "soon"])
def test_milliseconds_passed_as_seconds_are_refused(store, at):
    with pytest.raises(Usage):
        delete(store.runtime, target_of(Shape), 7, at=at)


def test_many_are_deleted_and_each_is_accounted_for(served, there):
    served.put(there, id="r3", at="2026-01-31T14:00:00Z")
    told = []

    report = delete_many(served.runtime, there, [*ALL, "r0", "never"], at=LATER, tell=told.append)

    said = "it is of 2026-01-31T14:00:00Z, the deletion of 2026-01-31T13:00:00Z: give a later time."
    assert report == DeletionReport("sight", 11, 10, (NotDeleted("r3", "RecordIsNewer", said),))
    assert not report.is_complete
    assert left(served, there) == ["r3"]
    assert told == [11]


def test_none_are_none(store):
    assert delete_many(store.runtime, target_of(Sight), [], at=AT) == DeletionReport("sight", 0, 0)


def test_a_store_can_be_chosen(served, there):
    with fault(served.server, "access_denied", operation="BatchGetRecord"), pytest.raises(AwsFailed):
        delete_many(served.runtime, there, ["r0"], at=LATER, stores=["OnlineStore"])  # it is looked up

    report = delete_many(served.runtime, there, ["r0", "r1"], at=LATER, stores=["OfflineStore"])

    assert [failure.code for failure in report.failures] == ["ValidationError"] * 2  # the group has no offline store
    assert left(served, there) == ALL[1:]


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        "throttled",
        "internal_failure",
        "service_unavailable",
        "dropped_before_effect",
        "dropped_after_effect",
        "expired_token",
    ],
)
def test_failures_on_the_way_leave_nothing_behind(served, there, kind, hard):
    times = 2 if kind == "expired_token" else 5
    with fault(served.server, kind, operation="DeleteRecord", times=times):
        report = delete_many(served.runtime, there, ALL, at=LATER, hard=hard)

    assert report == DeletionReport("sight", 10, 10)
    assert left(served, there) == []


def test_a_record_that_reads_go_on_finding_is_named(served, there, monkeypatch):
    monkeypatch.setattr(deleting, "_LOOKS_S", (0, 0))
    with fault(served.server, "ignored_write", operation="DeleteRecord"):
        report = delete_many(served.runtime, there, ["r0"], at=LATER)

    assert [(failure.record_id, failure.code) for failure in report.failures] == [("r0", "StillSeen")]


def test_a_record_that_is_seen_for_a_while_is_looked_for_again(served, there, monkeypatch):
    monkeypatch.setattr(deleting, "_LOOKS_S", (0, 0))
    seen = []

    async def read(runtime, targets, keys, **more):
        seen.append(keys)
        at = {"FeatureName": "at", "ValueAsString": "2026-01-31T12:00:00Z"}
        return [{"Record": [at]} if len(seen) < 3 and text == "r1" else None for _, text in keys]

    monkeypatch.setattr(deleting, "read_many", read)
    report = delete_many(served.runtime, there, ["r0", "r1"], at=LATER)

    assert report.is_complete
    assert [[text for _, text in keys] for keys in seen] == [["r0", "r1"], ["r1"], ["r1"]]


@pytest.mark.parametrize(
    ("since", "is_kept"),
    [
        ("2026-01-31T13:00:00Z", True),
        ("2026-01-31T13:00:00.000000001Z", True),
        ("2026-01-31T12:59:59.999999999Z", False),
        ("not a time", True),
    ],
)
def test_a_record_is_newer_to_the_nanosecond(store, since, is_kept):
    one = deleting._Deleting(store.runtime, target_of(Sight), "2026-01-31T13:00:00.000Z", hard=False, stores=None)

    assert one._is_kept(since) is is_kept


def test_a_group_with_only_an_offline_store_gets_its_marker(store):
    import dataclasses

    target = store.create_offline(Sight, "only-offline")
    target = dataclasses.replace(target, contract=dataclasses.replace(target.contract, online=False))

    assert delete_many(store.runtime, target, ["r0"], at=LATER).is_complete


def test_a_throttled_service_is_worn_out_by_patience(served, there):
    with fault(served.server, "throttled", operation="DeleteRecord", probability=0.6, seed=4):
        report = delete_many(served.runtime, there, ALL, at=LATER)

    assert report.is_complete
    assert left(served, there) == []


def test_who_may_not_delete_hears_it_once(served, there):
    with fault(served.server, "access_denied", operation="DeleteRecord"), pytest.raises(AwsFailed) as caught:
        delete_many(served.runtime, there, ALL, at=LATER)

    assert "lack sagemaker:DeleteRecord" in caught.value.hint


def test_a_group_that_is_not_there_is_said(served):
    with pytest.raises(AwsFailed, match="can't find a FeatureGroup"):
        delete(served.runtime, target_of(Sight, "nowhere"), "JFK", at=AT)


def test_a_wrong_identifier_is_refused(served, there):
    with pytest.raises(Usage):
        delete_many(served.runtime, there, ["r0", 7], at=LATER)

    assert left(served, there) == ALL


@pytest.mark.parametrize("name", ["a b", "ä/ö?&=#%", "%2F", "+"])
def test_any_identifier_can_be_deleted(either, sights, name):
    either.put(sights, id=name, at="2026-01-31T12:00:00Z")

    delete(either.runtime, sights, name, at=LATER)

    assert not either.there(sights, name)
