"""One record from the online store, as Python."""

import asyncio
import copy
import dataclasses
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from online_world import AT, Mood, Shape, Sight, fault, target_of
from pydantic import TypeAdapter

from reconciler.errors import AwsFailed, Usage
from reconciler.records.decoding import Unreadable
from reconciler.records.reading import aget, get

WHOLE = {
    "id": "JFK",
    "at": "2026-01-31T12:00:00Z",
    "count": "7",
    "score": "1.5e-3",
    "is_new": "1",
    "word": "ünï\tcode",
    "color": "red",
    "mood": "bad",
    "seen_at": "2026-01-31T12:00:00.123Z",
    "age__in__days": "3",
}


def test_a_record_comes_as_an_instance_of_its_class(either, sights):
    either.put(sights, **WHOLE)

    found = get(either.runtime, sights, "JFK")

    assert found.record == Sight(
        id="JFK",
        at=AT,
        count=7,
        score=0.0015,
        is_new=True,
        word="ünï\tcode",
        color="red",
        mood=Mood.BAD,
        seen_at=AT + timedelta(milliseconds=123),
        age=3,
    )
    assert found.record.mood is Mood.BAD
    assert found.expires_at is None


def test_an_instance_is_as_good_as_one_that_was_made(either, sights):
    either.put(sights, **WHOLE)

    record = get(either.runtime, sights, "JFK").record

    assert dataclasses.asdict(record)["count"] == 7
    assert dataclasses.replace(record, count=8).count == 8
    assert repr(record).startswith("Sight(id='JFK'")
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.count = 9


def test_an_instance_can_be_copied_and_sent_on(either, sights):
    either.put(sights, **WHOLE)

    record = get(either.runtime, sights, "JFK").record

    assert copy.deepcopy(record) == record
    assert pickle.loads(pickle.dumps(record)) == record
    assert TypeAdapter(Sight).validate_json(TypeAdapter(Sight).dump_json(record)) == record


def test_features_that_the_row_lacks_are_none_whatever_the_spec_says(either, sights):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z")

    record = get(either.runtime, sights, "JFK").record

    assert record.count is None
    assert record.age is None


def test_collections_come_as_collections(either, shapes):
    either.put(
        shapes,
        number="7",
        at="1769860800.5",
        sizes=["3", "1"],
        names=["b", "a"],
        moods=["good"],
        vector=["1", "2", "3"],
    )

    found = get(either.runtime, shapes, 7)

    assert found.record == Shape(
        number=7, at=1769860800.5, sizes=[3, 1], names={"a", "b"}, moods=[Mood.GOOD], vector=[1.0, 2.0, 3.0]
    )


def test_what_was_never_written_or_is_deleted_or_has_expired_is_none(either, sights):
    long_ago = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    either.put(sights, id="gone", at="2026-01-31T12:00:00Z")
    either.boto.delete_record(
        FeatureGroupName=sights.name, RecordIdentifierValueAsString="gone", EventTime="2026-01-31T13:00:00Z"
    )
    either.boto.put_record(
        FeatureGroupName=sights.name,
        Record=[
            {"FeatureName": "id", "ValueAsString": "expired"},
            {"FeatureName": "at", "ValueAsString": long_ago},
        ],
        TtlDuration={"Unit": "Days", "Value": 1},
    )

    assert [get(either.runtime, sights, name) for name in ("never", "gone", "expired")] == [None, None, None]


def test_when_a_record_expires_is_said_on_request(either, sights):
    now = datetime.now(UTC).replace(microsecond=0)
    either.boto.put_record(
        FeatureGroupName=sights.name,
        Record=[
            {"FeatureName": "id", "ValueAsString": "JFK"},
            {"FeatureName": "at", "ValueAsString": now.strftime("%Y-%m-%dT%H:%M:%SZ")},
        ],
        TtlDuration={"Unit": "Hours", "Value": 2},
    )

    asked = get(either.runtime, sights, "JFK", expires_at=True)
    unasked = get(either.runtime, sights, "JFK")

    assert asked.expires_at == now + timedelta(hours=2)
    assert unasked.expires_at is None


def test_a_running_loop_reads_without_blocking(either, sights):
    either.put(sights, **WHOLE)

    async def both():
        return await asyncio.gather(aget(either.runtime, sights, "JFK"), aget(either.runtime, sights, "LGA"))

    found, missing = asyncio.run(both())

    assert found.record.id == "JFK"
    assert missing is None


@pytest.mark.parametrize("name", ["a b", "ä/ö?&=#%", "日本", "a\tb", ".", "..", "%2F", "+", "x" * 2048])
def test_any_identifier_finds_its_record(either, sights, name):
    either.put(sights, id=name, at="2026-01-31T12:00:00Z")

    assert get(either.runtime, sights, name).record.id == name


@pytest.mark.parametrize("kind", ["int", "text"])
def test_a_number_is_an_identifier_as_number_or_as_text(either, shapes, kind):
    either.put(shapes, number="7", at="1")

    assert get(either.runtime, shapes, 7 if kind == "int" else "007").record.number == 7


@pytest.mark.parametrize(
    ("record", "wrong"),
    [
        (Sight, 7),
        (Sight, None),
        (Sight, ""),
        (Sight, "x" * 2049),
        (Sight, "\ud800"),
        (Shape, True),
        (Shape, "x"),
        (Shape, 1.5),
        (Shape, None),
    ],
)
def test_an_identifier_that_can_be_none_is_refused_before_it_is_asked_for(store, record, wrong):
    with pytest.raises(Usage):
        get(store.runtime, target_of(record), wrong)


def test_a_value_that_the_spec_cannot_read_is_named(either, sights):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z", mood="so so")

    with pytest.raises(Unreadable) as caught:
        get(either.runtime, sights, "JFK")

    assert "sight.mood of 'JFK' holds 'so so', which is no Mood." in str(caught.value)


def test_a_boolean_that_is_another_number_is_named(either, sights):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z", is_new="2")

    with pytest.raises(Unreadable, match=r"sight\.is_new of 'JFK' holds '2', which is no bool"):
        get(either.runtime, sights, "JFK")


def test_without_its_class_a_record_is_a_dictionary_by_the_names_on_aws(either, sights):
    either.put(sights, **WHOLE)
    plain = type(sights)(type(sights.contract).from_json(sights.contract.as_json()), sights.name)

    record = get(either.runtime, plain, "JFK").record

    assert record["age-in-days"] == 3
    assert record["mood"] == "bad"
    assert list(record) == [column.name for column in sights.contract.columns]


def test_a_group_that_is_not_there_is_said_at_once(either):
    with pytest.raises(AwsFailed) as caught:
        get(either.runtime, target_of(Sight, "nowhere"), "JFK")

    assert (caught.value.call, caught.value.group, caught.value.code) == ("GetRecord", "nowhere", "ResourceNotFound")
    assert "apply its spec" in caught.value.hint


def test_a_group_without_an_online_store_is_not_asked(store):
    offline = dataclasses.replace(target_of(Sight).contract, online=False)

    with pytest.raises(Usage, match="has no online store"):
        get(store.runtime, dataclasses.replace(target_of(Sight), contract=offline), "JFK")


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
def test_a_passing_failure_passes_unnoticed(either, sights, kind):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z")
    if hasattr(either, "server"):
        with fault(either.server, kind, operation="GetRecord", times=2):
            found = get(either.runtime, sights, "JFK")
    else:
        from reconciler.aws import session

        emulator = session._opened[either.root / ".reconciler" / "emulator"]
        with emulator.faults.add(kind, operation="GetRecord", times=2):
            found = get(either.runtime, sights, "JFK")

    assert found.record.id == "JFK"


def test_a_lasting_refusal_is_said_with_what_to_do(served):
    target = served.create(Sight, "denied")
    with fault(served.server, "access_denied", operation="GetRecord"), pytest.raises(AwsFailed) as caught:
        get(served.runtime, target, "JFK")

    assert caught.value.code == "AccessForbidden"
    assert "lack sagemaker:GetRecord" in caught.value.hint


def test_a_group_that_is_too_new_to_be_known_is_waited_for(served):
    target = served.create(Sight, "too-new")
    served.put(target, id="JFK", at="2026-01-31T12:00:00Z")
    with fault(served.server, "group_not_found", operation="GetRecord", times=3):
        found = get(served.runtime, target, "JFK")

    assert found.record.id == "JFK"
