"""Search over feature groups and feature metadata."""

import pytest
from emulator_help import a_feature, a_group


@pytest.fixture
def hits(sagemaker):
    """The names a search finds, whatever the size of its pages."""

    def of(*filters, resource="FeatureGroup", expression=None, **asked):
        if filters or expression:
            asked["SearchExpression"] = expression or {"Filters": list(filters)}
        found = []
        for size in (100, 1):
            pages = sagemaker.get_paginator("search").paginate(
                Resource=resource, PaginationConfig={"PageSize": size}, **asked
            )
            member = "FeatureGroupName" if resource == "FeatureGroup" else "FeatureName"
            found.append([record[resource][member] for page in pages for record in page["Results"]])
        assert found[0] == found[1]
        return found[0]

    return of


@pytest.fixture
def _groups(make, emulator, sagemaker):
    made = (
        a_group("alpha", Description="Hourly weather", Tags=[{"Key": "team", "Value": "ops"}]),
        a_group("beta", a_feature("seats", "Integral"), offline={}, Tags=[{"Key": "team", "Value": "growth"}]),
        a_group("gamma", online=False, offline={}),
    )
    for request in made:
        sagemaker.create_feature_group(**request)
        emulator.advance_clock(3600)


def a_filter(name, value=None, operator=None):
    found = {"Name": name}
    if value is not None:
        found["Value"] = value
    if operator:
        found["Operator"] = operator
    return found


def test_a_group_record_is_what_describe_says_but_three_members_and_with_tags(make, sagemaker):
    tags = [{"Key": "team", "Value": "ops"}]
    described = make(offline={}, Tags=tags, Description="Hourly weather")
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])
    described = sagemaker.describe_feature_group(FeatureGroupName="weather")

    (record,) = sagemaker.search(Resource="FeatureGroup")["Results"]

    for member in ("ThroughputConfig", "OnlineStoreTotalSizeBytes", "ResponseMetadata"):
        del described[member]
    assert record == {"FeatureGroup": {**described, "Tags": tags}}


@pytest.mark.usefixtures("_groups")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([a_filter("FeatureGroupName", "beta")], ["beta"]),
        ([a_filter("FeatureGroupName", "beta", "NotEquals")], ["gamma", "alpha"]),
        ([a_filter("FeatureGroupName", "et", "Contains")], ["beta"]),
        ([a_filter("FeatureGroupName", "alpha, gamma", "In")], ["gamma", "alpha"]),
        ([a_filter("FeatureGroupStatus", "Created")], ["gamma", "beta", "alpha"]),
        ([a_filter("Description", "weather", "Contains")], ["alpha"]),
        ([a_filter("Description", operator="Exists")], ["alpha"]),
        ([a_filter("Description", operator="NotExists")], ["gamma", "beta"]),
        ([a_filter("Tags.team", "ops")], ["alpha"]),
        ([a_filter("Tags.team", operator="Exists")], ["beta", "alpha"]),
        ([a_filter("Tags.team", operator="NotExists")], ["gamma"]),
        ([a_filter("Tags.team", "ops", "NotEquals")], ["gamma", "beta"]),
        ([a_filter("Tags.team", "growth,sales", "In")], ["beta"]),
        ([a_filter("AllTags", "grow", "Contains")], ["beta"]),
        ([a_filter("AllTags", "team")], ["beta", "alpha"]),
        ([a_filter("OnlineStoreConfig.EnableOnlineStore", "true")], ["beta", "alpha"]),
        ([a_filter("OfflineStoreStatus.Status", "Active")], ["gamma", "beta"]),
        ([a_filter("OfflineStoreConfig.S3StorageConfig.S3Uri", "s3://features/prod")], ["gamma", "beta"]),
        ([a_filter("FeatureDefinitions.FeatureName", "seats")], ["beta"]),
        ([a_filter("FeatureDefinitions.FeatureType", "Integral")], ["beta"]),
        ([a_filter("RecordIdentifierFeatureName", "id"), a_filter("FeatureGroupName", "beta")], ["beta"]),
        ([a_filter("CreationTime", "2001-01-01T00:00:00", "GreaterThan")], ["gamma", "beta", "alpha"]),
        ([a_filter("CreationTime", "2001-01-01T00:00:00", "LessThanOrEqualTo")], []),
        ([a_filter("LastModifiedTime", "2001-01-01T00:00:00Z", "LessThan")], []),
    ],
)
def test_filters(hits, filters, expected):
    assert hits(*filters) == expected


@pytest.mark.usefixtures("_groups")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            {"Filters": [a_filter("Tags.team", "ops"), a_filter("FeatureGroupName", "gamma")], "Operator": "Or"},
            ["gamma", "alpha"],
        ),
        (
            {
                "Filters": [a_filter("FeatureGroupStatus", "Created")],
                "SubExpressions": [
                    {"Filters": [a_filter("FeatureGroupName", "alpha"), a_filter("Tags.team", "ops")]},
                ],
            },
            ["alpha"],
        ),
        (
            {
                "SubExpressions": [
                    {"Filters": [a_filter("FeatureGroupName", "alpha"), a_filter("Tags.team", "none")]},
                    {"Filters": [a_filter("FeatureGroupName", "beta")]},
                ],
                "Operator": "Or",
            },
            ["beta"],
        ),
    ],
)
def test_expressions_nest(hits, expression, expected):
    assert hits(expression=expression) == expected


@pytest.mark.usefixtures("_groups")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["gamma", "beta", "alpha"]),
        ({"SortOrder": "Ascending"}, ["alpha", "beta", "gamma"]),
        ({"SortBy": "FeatureGroupName"}, ["gamma", "beta", "alpha"]),
        ({"SortBy": "Description", "SortOrder": "Descending"}, ["alpha", "gamma", "beta"]),
        ({"CrossAccountFilterOption": "SameAccount"}, ["gamma", "beta", "alpha"]),
        ({"CrossAccountFilterOption": "CrossAccount"}, []),
    ],
)
def test_order_and_account(hits, asked, expected):
    assert hits(**asked) == expected


@pytest.mark.usefixtures("_groups")
def test_the_total_is_of_all_pages(sagemaker):
    first = sagemaker.search(Resource="FeatureGroup", MaxResults=1)
    second = sagemaker.search(Resource="FeatureGroup", MaxResults=1, NextToken=first["NextToken"])

    assert first["TotalHits"] == second["TotalHits"] == {"Value": 3, "Relation": "EqualTo"}


@pytest.mark.usefixtures("_groups")
def test_feature_metadata_is_found_by_what_is_said_about_it(hits, sagemaker):
    sagemaker.update_feature_metadata(
        FeatureGroupName="beta",
        FeatureName="seats",
        Description="Seats of the plane",
        ParameterAdditions=[{"Key": "unit", "Value": "seat"}],
    )

    def features(*filters):
        return hits(*filters, resource="FeatureMetadata")

    assert len(features()) == 7
    assert features(a_filter("FeatureName", "seats")) == ["seats"]
    assert features(a_filter("Description", "plane", "Contains")) == ["seats"]
    assert features(a_filter("Parameters.unit", "seat")) == ["seats"]
    assert features(a_filter("Parameters.unit", operator="Exists")) == ["seats"]
    assert features(a_filter("AllParameters", "unit")) == ["seats"]
    assert features(a_filter("FeatureType", "Integral")) == ["seats"]
    assert sorted(features(a_filter("FeatureGroupName", "beta"))) == ["at", "id", "seats"]
    assert hits(a_filter("FeatureGroupName", "beta"), resource="FeatureMetadata", SortBy="FeatureName") == [
        *("seats", "id", "at")
    ]


def test_a_feature_record_has_no_collection_type(make, sagemaker):
    make("quick", a_feature("l", CollectionType="List"), online={"StorageType": "InMemory"})

    expression = {"Filters": [a_filter("FeatureName", "l")]}
    (record,) = sagemaker.search(Resource="FeatureMetadata", SearchExpression=expression)["Results"]

    assert record["FeatureMetadata"]["FeatureType"] == "String"
    assert "CollectionType" not in record["FeatureMetadata"]


CONTAINS = a_filter("FeatureGroupName", "a", "Contains")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"SearchExpression": {"Filters": [a_filter("Size", "1")]}}, "Unknown property name"),
        ({"SearchExpression": {"Filters": [a_filter("Tags.", "1")]}}, "Unknown property name"),
        ({"SearchExpression": {}}, "at least one filter"),
        ({"SearchExpression": {"Filters": [CONTAINS, CONTAINS]}}, "'CONTAINS' operator usage limit of 1 exceeded."),
        ({"SearchExpression": {"Filters": [CONTAINS] * 21}}, "length less than or equal to 20"),
        ({"SearchExpression": {"SubExpressions": [{"Filters": [a_filter("Tags.a", "b")] * 20}] * 3}}, "at most 50"),
        ({"SearchExpression": {"Filters": [a_filter("FeatureGroupName", "a", "GreaterThan")]}}, "not supported"),
        ({"SearchExpression": {"Filters": [a_filter("CreationTime", "2001-01-01", "Contains")]}}, "not supported"),
        ({"SearchExpression": {"Filters": [a_filter("CreationTime", "yesterday", "LessThan")]}}, "ISO 8601"),
        ({"SearchExpression": {"Filters": [a_filter("FeatureGroupName")]}}, "does not fit its Value"),
        ({"SearchExpression": {"Filters": [a_filter("FeatureGroupName", "a", "Exists")]}}, "does not fit its Value"),
        ({"SearchExpression": {"Filters": [a_filter("FeatureGroupName", "a", "Like")]}}, "enum value set"),
        ({"SortBy": "Size"}, "can't be sorted"),
        ({"NextToken": "5b312c20322c205b5d5d"}, "Invalid NextToken"),
        ({"MaxResults": 101}, "less than or equal to 100"),
    ],
)
def test_what_makes_no_sense_is_refused(lenient, refused, asked, words):
    code, message = refused(lenient.search, Resource="FeatureGroup", **asked)

    assert code == "ValidationException"
    assert words in message


def test_what_is_not_emulated_says_so(sagemaker, refused):
    nested = {"NestedFilters": [{"NestedPropertyName": "Tags", "Filters": [CONTAINS]}]}

    assert refused(sagemaker.search, Resource="FeatureGroup", SearchExpression=nested)[0] == "NotImplemented"
    assert refused(sagemaker.search, Resource="TrainingJob")[0] == "NotImplemented"
    assert "Unknown" not in refused(sagemaker.search, Resource="TrainingJob")[1]


def test_wide_stores_are_paged_without_loss(make, sagemaker):
    """More hits than the search sorts whole, so that its other way of walking them is taken."""
    for number in range(3):
        make(f"wide{number}", *(a_feature(f"f{n}") for n in range(2000)))

    pages = sagemaker.get_paginator("search").paginate(Resource="FeatureMetadata")
    found = [
        (record["FeatureMetadata"]["FeatureGroupName"], record["FeatureMetadata"]["FeatureName"])
        for page in pages
        for record in page["Results"]
    ]

    assert len(found) == len(set(found)) == 3 * 2002
