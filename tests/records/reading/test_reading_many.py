"""Many records at once: in the caller's order, whatever happens on the way."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from online_world import Shape, Sight, fault, target_of

from reconciler.errors import AwsFailed, Usage
from reconciler.records import batches
from reconciler.records.batches import aget_many, get_many
from reconciler.records.decoding import Unreadable


def fill(world, target, numbers):
    for number in numbers:
        world.put(target, id=f"r{number}", at="2026-01-31T12:00:00Z", count=str(number))


def counts(found):
    return [one and one.record.count for one in found]


@pytest.fixture(scope="module")
def many(served):
    """250 records over HTTP."""
    target = served.create(Sight, "many")
    fill(served, target, range(250))
    return target


@pytest.fixture
def asked(served, monkeypatch):
    """The bodies of the batches that were sent."""
    sent = []
    call = served.runtime.call

    async def heard(method, target, body=b""):
        sent.append(json.loads(body))
        return await call(method, target, body)

    monkeypatch.setattr(served.runtime, "call", heard)
    return sent


def test_records_come_in_the_order_they_were_asked_for(either, sights):
    fill(either, sights, range(5))

    found = get_many(either.runtime, [(sights, f"r{n}") for n in (3, 9, 0, 4)])

    assert counts(found) == [3, None, 0, 4]


def test_no_batch_is_larger_than_aws_takes(served, many, asked):
    found = get_many(served.runtime, [(many, f"r{n}") for n in range(250)])

    assert counts(found) == list(range(250))
    sizes = [sum(len(i["RecordIdentifiersValueAsString"]) for i in body["Identifiers"]) for body in asked]
    assert sorted(sizes) == [50, 100, 100]


def test_an_identifier_given_twice_is_asked_for_once_and_answered_twice(served, many, asked):
    found = get_many(served.runtime, [(many, "r1"), (many, "r2"), (many, "r1")])

    assert counts(found) == [1, 2, 1]
    (body,) = asked
    assert body == {"Identifiers": [{"FeatureGroupName": "many", "RecordIdentifiersValueAsString": ["r1", "r2"]}]}


def test_groups_may_be_mixed(either, sights, shapes):
    fill(either, sights, range(3))
    either.put(shapes, number="1", at="1", sizes=["5"])

    found = get_many(either.runtime, [(shapes, 1), (sights, "r2"), (shapes, 2), (sights, "r0")])

    assert [one and type(one.record).__name__ for one in found] == ["Shape", "Sight", None, "Sight"]
    assert found[0].record.sizes == [5]
    assert found[1].record.count == 2


def test_nothing_asked_for_is_nothing_sent(served, many, asked):
    assert get_many(served.runtime, []) == []
    assert asked == []


def test_a_loop_that_runs_is_used(served, many):
    async def read():
        return await aget_many(served.runtime, [(many, "r7")])

    assert counts(asyncio.run(read())) == [7]


def test_a_program_with_a_loop_of_its_own_may_call_the_plain_one(served, many):
    async def read():
        return get_many(served.runtime, [(many, "r7")])

    assert counts(asyncio.run(read())) == [7]


@pytest.mark.parametrize("kind", ["throttled", "internal_failure", "dropped_before_effect", "dropped_after_effect"])
def test_batches_that_fail_for_a_while_are_asked_for_again(served, many, kind):
    with fault(served.server, kind, operation="BatchGetRecord", times=4):
        found = get_many(served.runtime, [(many, f"r{n}") for n in range(250)])

    assert counts(found) == list(range(250))


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_records_that_stay_unprocessed_are_asked_for_again(served, many, share):
    with fault(served.server, "entries_unprocessed", operation="BatchGetRecord", share=share, times=4, seed=3):
        found = get_many(served.runtime, [(many, f"r{n}") for n in range(250)])

    assert counts(found) == list(range(250))


def test_records_that_fail_for_a_while_are_asked_for_again(served, many):
    faulty = {"operation": "BatchGetRecord", "share": 0.3, "times": 4, "reason": "InternalFailure", "seed": 5}
    with fault(served.server, "entries_fail", **faulty):
        found = get_many(served.runtime, [(many, f"r{n}") for n in range(250)])

    assert counts(found) == list(range(250))


def test_records_that_never_get_processed_end_the_call(served, many, monkeypatch):
    monkeypatch.setattr(batches, "_PATIENCE", 2)
    with (
        fault(served.server, "entries_unprocessed", operation="BatchGetRecord", share=1.0),
        pytest.raises(AwsFailed, match="stay unprocessed"),
    ):
        get_many(served.runtime, [(many, "r1")])


def test_a_refused_record_says_which_and_why(served, many):
    with (
        fault(served.server, "entries_fail", operation="BatchGetRecord", share=1.0, reason="AccessForbidden"),
        pytest.raises(AwsFailed, match=r"2 of 2 records; the first is 'r1'") as caught,
    ):
        get_many(served.runtime, [(many, "r1"), (many, "r2")])

    assert caught.value.code == "AccessForbidden"


def test_a_group_that_is_not_there_is_said_at_once(either):
    with pytest.raises(AwsFailed) as caught:
        get_many(either.runtime, [(target_of(Sight, "nowhere"), "JFK")])

    assert (caught.value.group, caught.value.code) == ("nowhere", "ResourceNotFound")


def test_a_group_that_is_too_new_to_be_known_is_waited_for(served):
    target = served.create(Sight, "too-new-for-many")
    fill(served, target, [1])
    with fault(served.server, "group_not_found", operation="BatchGetRecord", times=2):
        found = get_many(served.runtime, [(target, "r1")])

    assert counts(found) == [1]


def test_a_value_that_the_spec_cannot_read_is_named(either, sights):
    either.put(sights, id="JFK", at="2026-01-31T12:00:00Z", color="green")

    with pytest.raises(Unreadable, match=r"holds 'green', which is no one of 'red', 'blue'"):
        get_many(either.runtime, [(sights, "JFK")])


def test_one_wrong_identifier_is_refused_before_anything_is_sent(served, many, asked):
    with pytest.raises(Usage):
        get_many(served.runtime, [(many, "r1"), (many, 2)])

    assert asked == []


def test_many_threads_may_read_at_once(served, many):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda n: counts(get_many(served.runtime, [(many, f"r{n}")])), range(100)))

    assert read == [[n] for n in range(100)]


@given(numbers=st.lists(st.integers(0, 400), max_size=300), share=st.floats(0, 0.9), seed=st.integers(0, 1000))
def test_whatever_is_asked_for_is_answered_in_its_place(served, many, numbers, share, seed):
    with fault(served.server, "entries_unprocessed", operation="BatchGetRecord", share=share, times=2, seed=seed):
        found = get_many(served.runtime, [(many, f"r{n}") for n in numbers])

    assert counts(found) == [n if n < 250 else None for n in numbers]


def test_collections_come_with_a_batch_too(either):
    import uuid

    target = either.create(Shape, f"c{uuid.uuid4().hex[:10]}")
    either.put(target, number="1", at="1", names=["a", "b"])

    (found,) = get_many(either.runtime, [(target, 1)])

    assert found.record.names == {"a", "b"}
