"""ListFeatureGroups: filters, order and pages."""

import datetime as dt

import pytest
from emulator_help import a_group


@pytest.fixture
def names(sagemaker):
    def of(**asked):
        pages = sagemaker.get_paginator("list_feature_groups").paginate(**asked)
        return [group["FeatureGroupName"] for page in pages for group in page["FeatureGroupSummaries"]]

    return of


@pytest.fixture
def _three(make, emulator):
    for name, offline in (("beta", None), ("alpha", {}), ("gamma", {})):
        make(name, offline=offline)
        emulator.advance_clock(100)
    emulator.block_offline_store("gamma", "The role may not write.", region="eu-west-1")


def test_an_empty_store_lists_nothing(sagemaker):
    reply = sagemaker.list_feature_groups()

    assert reply["FeatureGroupSummaries"] == []
    assert "NextToken" not in reply


def test_a_summary_says_what_the_model_says(make, sagemaker):
    group = make(offline={})

    (summary,) = sagemaker.list_feature_groups()["FeatureGroupSummaries"]

    assert summary == {
        "FeatureGroupName": "weather",
        "FeatureGroupArn": group["FeatureGroupArn"],
        "CreationTime": group["CreationTime"],
        "FeatureGroupStatus": "Created",
        "OfflineStoreStatus": {"Status": "Active"},
    }


@pytest.mark.usefixtures("_three")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["beta", "alpha", "gamma"]),
        ({"SortBy": "Name"}, ["alpha", "beta", "gamma"]),
        ({"SortBy": "Name", "SortOrder": "Descending"}, ["gamma", "beta", "alpha"]),
        ({"SortBy": "CreationTime", "SortOrder": "Descending"}, ["gamma", "alpha", "beta"]),
        ({"SortBy": "OfflineStoreStatus"}, ["beta", "alpha", "gamma"]),
        ({"SortBy": "FeatureGroupStatus", "SortOrder": "Descending"}, ["gamma", "alpha", "beta"]),
        ({"NameContains": "a"}, ["beta", "alpha", "gamma"]),
        ({"NameContains": "alp"}, ["alpha"]),
        ({"FeatureGroupStatusEquals": "Created", "OfflineStoreStatusEquals": "Active"}, ["alpha"]),
        ({"OfflineStoreStatusEquals": "Blocked"}, ["gamma"]),
        ({"FeatureGroupStatusEquals": "Deleting"}, []),
    ],
)
def test_filters_and_order(names, asked, expected):
    assert names(**asked) == expected
    assert names(**asked, PaginationConfig={"PageSize": 1}) == expected


@pytest.mark.usefixtures("_three")
def test_creation_times_are_compared(names, sagemaker):
    middle = sagemaker.describe_feature_group(FeatureGroupName="alpha")["CreationTime"]
    a_while = dt.timedelta(seconds=10)

    assert names(CreationTimeAfter=middle - a_while) == ["alpha", "gamma"]
    assert names(CreationTimeBefore=middle + a_while) == ["beta", "alpha"]


def test_pages_are_of_the_size_asked_for_and_lose_nothing(sagemaker, names):
    for number in range(25):
        sagemaker.create_feature_group(**a_group(f"g{number}"))

    first = sagemaker.list_feature_groups(MaxResults=10)

    assert len(first["FeatureGroupSummaries"]) == 10
    assert names(PaginationConfig={"PageSize": 10}) == [f"g{number}" for number in range(25)]


@pytest.mark.parametrize(
    "asked",
    [
        *({"MaxResults": 101}, {"MaxResults": 0}, {"SortBy": "Size"}, {"NextToken": "no-such"}, {"NextToken": "5b5d"}),
        {"NextToken": b'["\\ud800", 1]'.hex()},
    ],
)
def test_what_makes_no_sense_is_refused(lenient, refused, asked):
    assert refused(lenient.list_feature_groups, **asked)[0] == "ValidationException"
