"""ListRecords: which identifiers the online store has, page by page."""

import pytest
from runtime_help import T1, T2, delete, put, raw

from reconciler.emulator import assumptions


@pytest.fixture
def filled(weather, runtime):
    """Records 00 to 09, of which 03 and 04 are deleted."""
    for number in range(10):
        put(runtime, f"{number:02}")
    for number in (3, 4):
        delete(runtime, f"{number:02}")


def every(runtime, **more):
    paginator = runtime.get_paginator("list_records")
    return [page["RecordIdentifiers"] for page in paginator.paginate(FeatureGroupName="weather", **more)]


def test_records_that_were_deleted_are_left_out(filled, runtime):
    assert every(runtime) == [["00", "01", "02", "05", "06", "07", "08", "09"]]


def test_soft_deleted_records_are_shown_on_request(filled, runtime):
    delete(runtime, "09", DeletionMode="HardDelete")

    assert every(runtime, IncludeSoftDeletedRecords=True) == [[f"{number:02}" for number in range(9)]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9])
def test_pages_have_max_results_and_together_all_of_them(filled, runtime, size):
    pages = every(runtime, PaginationConfig={"PageSize": size})

    assert [name for page in pages for name in page] == ["00", "01", "02", "05", "06", "07", "08", "09"]
    assert all(len(page) == size for page in pages[:-1])


def test_what_is_written_between_pages_is_not_listed_twice(filled, runtime):
    first = runtime.list_records(FeatureGroupName="weather", MaxResults=2)
    put(runtime, "000")
    put(runtime, "01a")
    put(runtime, "00", T2)
    second = runtime.list_records(FeatureGroupName="weather", MaxResults=2, NextToken=first["NextToken"])

    assert (first["RecordIdentifiers"], second["RecordIdentifiers"]) == (["00", "01"], ["01a", "02"])


def test_in_memory_the_size_of_a_page_is_a_hint(in_memory, runtime):
    names = [f"{number:03}" for number in range(120)]
    for name in names:
        put(runtime, name)
    pages = every(runtime, PaginationConfig={"PageSize": 10})

    assert [name for page in pages for name in page] == names
    assert len(pages[0]) != 10


def test_without_max_results_a_page_has_100(weather, runtime):
    for number in range(101):
        put(runtime, f"{number:03}")

    assert [len(page) for page in every(runtime)] == [100, 1]


@pytest.mark.parametrize(
    "names", [["x" * 2048, "y"], ["é" * 1024, "ë"], ["\x01" * 2048, "\x02"], ["\U0001f326", "\U0001f327"]]
)
def test_long_identifiers_make_no_token_too_long(weather, runtime, names):
    for name in names:
        put(runtime, name)

    assert every(runtime, PaginationConfig={"PageSize": 1}) == [[name] for name in names]


def test_a_page_ends_when_it_has_looked_at_enough(filled, runtime, monkeypatch):
    monkeypatch.setattr(assumptions, "LIST_LOOKS_AT", 2)

    assert every(runtime) == [["00", "01"], ["02"], ["05"], ["06", "07"], ["08", "09"]]


@pytest.mark.parametrize("size", [0, 101, -1, 2**31])
def test_max_results_is_1_to_100(weather, lenient_runtime, refused, size):
    code, _ = refused(lenient_runtime.list_records, FeatureGroupName="weather", MaxResults=size)

    assert code in {"ValidationError", "SerializationException"}


@pytest.mark.parametrize("token", ["", "x", "=", "Mjp4", "ff", "é", "a" * 8193])
def test_a_token_that_was_never_given_is_refused(weather, lenient_runtime, refused, token):
    code, _ = refused(lenient_runtime.list_records, FeatureGroupName="weather", NextToken=token)

    assert code == "ValidationError"


def test_a_token_is_of_its_group(filled, make, runtime, refused):
    make("plane")
    token = runtime.list_records(FeatureGroupName="weather", MaxResults=2)["NextToken"]

    assert refused(runtime.list_records, FeatureGroupName="plane", NextToken=token)[0] == "ValidationError"


def test_an_empty_body_asks_for_everything(filled, emulator):
    assert raw(emulator, "POST", "/FeatureGroup/weather/ListRecords").status == 200


def test_an_empty_group_has_an_empty_list(weather, runtime):
    assert runtime.list_records(FeatureGroupName="weather")["RecordIdentifiers"] == []


def test_identifiers_are_listed_once_however_often_they_were_written(weather, runtime):
    for at in (T1, T2):
        put(runtime, "a", at)

    assert every(runtime) == [["a"]]
