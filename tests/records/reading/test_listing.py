"""The identifiers of what is online."""

from itertools import islice

import pytest
from online_world import Sight, fault

from reconciler.errors import AwsFailed
from reconciler.records.listing import list_ids


def fill(world, target, numbers):
    for number in numbers:
        world.put(target, id=f"r{number:03}", at="2026-01-31T12:00:00Z")


@pytest.fixture(scope="module")
def listed(served):
    target = served.create(Sight, "listed")
    fill(served, target, range(230))
    return target


def test_all_pages_are_read(served, listed):
    assert sorted(list_ids(served.runtime, listed)) == [f"r{n:03}" for n in range(230)]


def test_an_empty_group_has_none(either, sights):
    assert list(list_ids(either.runtime, sights)) == []


@pytest.mark.parametrize(("limit", "many"), [(0, 0), (1, 1), (100, 100), (101, 101), (1000, 230)])
def test_a_limit_is_kept(served, listed, limit, many):
    assert len(list(list_ids(served.runtime, listed, limit=limit))) == many


def test_no_page_is_asked_for_before_it_is_needed(served, listed):
    identifiers = list_ids(served.runtime, listed)
    first = list(islice(identifiers, 3))
    with fault(served.server, "access_denied", operation="ListRecords"), pytest.raises(AwsFailed):
        list(identifiers)

    assert first == ["r000", "r001", "r002"]


def test_what_is_softly_deleted_is_listed_on_request(either, sights):
    fill(either, sights, range(3))
    either.boto.delete_record(
        FeatureGroupName=sights.name, RecordIdentifierValueAsString="r001", EventTime="2026-01-31T13:00:00Z"
    )

    assert list(list_ids(either.runtime, sights)) == ["r000", "r002"]
    assert list(list_ids(either.runtime, sights, include_deleted=True)) == ["r000", "r001", "r002"]


def test_identifiers_have_the_type_of_their_field(either, shapes):
    either.put(shapes, number="7", at="1")

    assert list(list_ids(either.runtime, shapes)) == [7]


def test_pages_that_fail_for_a_while_are_asked_for_again(served, listed):
    with fault(served.server, "throttled", operation="ListRecords", times=3):
        found = list(list_ids(served.runtime, listed))

    assert len(found) == 230
