"""Partitions: one by one, in batches, filtered, in segments and page by page."""

import pytest
from glue_help import OF_TABLE, STORAGE, a_partition

MONTHS = [(year, month) for year in ("2023", "2024") for month in ("1", "2", "10")]


@pytest.fixture
def partitions(glue, table):
    inputs = [a_partition(*values) for values in MONTHS]
    glue.batch_create_partition(**OF_TABLE, PartitionInputList=inputs)

    def found(**asked):
        return [tuple(partition["Values"]) for partition in glue.get_partitions(**OF_TABLE, **asked)["Partitions"]]

    return found


def test_all_that_is_sent_comes_back(glue, table):
    given = {"Values": ["2024", "1"], "StorageDescriptor": STORAGE, "Parameters": {"a": "b"}}
    glue.create_partition(**OF_TABLE, PartitionInput=given)
    found = glue.get_partition(**OF_TABLE, PartitionValues=["2024", "1"])["Partition"]

    assert {name: found[name] for name in given} == given
    assert (found["DatabaseName"], found["TableName"], found["CatalogId"]) == ("features", "weather", "000000000000")
    assert found["CreationTime"].tzinfo is not None


def test_a_partition_has_a_value_for_each_key(glue, table, refused):
    for values in ([], ["2024"], ["2024", "1", "x"]):
        assert refused(glue.create_partition, **OF_TABLE, PartitionInput={"Values": values}) == (
            "InvalidInputException",
            "The number of partition keys do not match the number of partition values",
        )


def test_in_a_batch_those_that_fail_are_named(glue, table):
    glue.create_partition(**OF_TABLE, PartitionInput=a_partition("2024", "1"))
    inputs = [a_partition("2024", "1"), a_partition("2024", "2"), a_partition("2024")]

    errors = glue.batch_create_partition(**OF_TABLE, PartitionInputList=inputs)["Errors"]

    assert [(error["PartitionValues"], error["ErrorDetail"]["ErrorCode"]) for error in errors] == [
        (["2024", "1"], "AlreadyExistsException"),
        (["2024"], "InvalidInputException"),
    ]
    assert glue.get_partition(**OF_TABLE, PartitionValues=["2024", "2"])["Partition"]["Values"] == ["2024", "2"]


def test_a_batch_gives_those_that_are_there(glue, partitions):
    wanted = [{"Values": ["2024", "1"]}, {"Values": ["1999", "1"]}, {"Values": ["2023", "10"]}]
    reply = glue.batch_get_partition(**OF_TABLE, PartitionsToGet=wanted)

    assert [partition["Values"] for partition in reply["Partitions"]] == [["2024", "1"], ["2023", "10"]]
    assert reply["UnprocessedKeys"] == []


def test_an_update_stands_in_for_all_but_the_values(glue, partitions, refused):
    asked = {**OF_TABLE, "PartitionValueList": ["2024", "1"]}
    glue.update_partition(**asked, PartitionInput={"Values": ["2024", "1"], "Parameters": {"a": "b"}})
    found = glue.get_partition(**OF_TABLE, PartitionValues=["2024", "1"])["Partition"]

    assert found["Parameters"] == {"a": "b"}
    assert "StorageDescriptor" not in found
    assert (
        refused(glue.update_partition, **asked, PartitionInput={"Values": ["2024", "9"]})[0] == "InvalidInputException"
    )
    entries = [
        {"PartitionValueList": ["2024", "2"], "PartitionInput": {"Values": ["2024", "2"], "Parameters": {"c": "d"}}},
        {"PartitionValueList": ["1999", "2"], "PartitionInput": {"Values": ["1999", "2"]}},
    ]
    errors = glue.batch_update_partition(**OF_TABLE, Entries=entries)["Errors"]
    assert [error["PartitionValueList"] for error in errors] == [["1999", "2"]]


def test_partitions_are_deleted(glue, partitions, refused):
    glue.delete_partition(**OF_TABLE, PartitionValues=["2023", "1"])
    wanted = [{"Values": ["2023", "1"]}, {"Values": ["2023", "2"]}]
    errors = glue.batch_delete_partition(**OF_TABLE, PartitionsToDelete=wanted)["Errors"]

    assert [error["PartitionValues"] for error in errors] == [["2023", "1"]]
    assert len(partitions()) == 4
    assert refused(glue.delete_partition, **OF_TABLE, PartitionValues=["2023", "1"]) == (
        "EntityNotFoundException",
        "Cannot find partition.",
    )
    assert refused(glue.get_partition, **OF_TABLE, PartitionValues=["2023", "1"])[0] == "EntityNotFoundException"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("year='2024' AND month>'01'", [("2024", "10"), ("2024", "2")]),
        ("year = 2024 and month in (1, '10')", [("2024", "1"), ("2024", "10")]),
        ("(year) = '2023' and ((month)) between 2 and 10", [("2023", "10"), ("2023", "2")]),
        ("not (year = '2023' or month < 10)", [("2024", "10")]),
        ("year like '%3' and month not in (1, 2)", [("2023", "10")]),
        ("year is null", []),
        ("year is not null and month = 1", [("2023", "1"), ("2024", "1")]),
        ("\"year\" <> '2023' and `month` != 2", [("2024", "1"), ("2024", "10")]),
        ("year not like '2023' and month not between 1 and 2", [("2024", "10")]),
        ("YEAR = '2024' AND Month >= 10", [("2024", "10")]),
        ("", sorted(MONTHS)),
        (" \n", sorted(MONTHS)),
    ],
)
def test_expressions_filter(partitions, expression, expected):
    assert partitions(Expression=expression) == expected


@pytest.mark.parametrize(
    ("expression", "code", "words"),
    [
        ("day = 1", "InvalidInputException", "Invalid partition expression!"),
        ("month = 'x'", "InvalidInputException", "is not an integer"),
        ("month like '1'", "InvalidInputException", "doesn't support operation 'LIKE'"),
        ("year =", "InvalidInputException", "Unsupported expression"),
        ("year = '2024' and", "InvalidInputException", "Unsupported expression"),
        ("year = '2024", "InvalidInputException", "Unsupported expression"),
        ("year = '2024') or (year = '2023'", "InvalidInputException", "Unsupported expression"),
        ("year = year", "InvalidInputException", "Unsupported expression"),
        ("drop table weather", "InvalidInputException", "Invalid partition expression!"),
        ("(" * 1000 + "year = 1" + ")" * 1000, "InvalidInputException", "Unsupported expression"),
    ],
)
def test_expressions_that_are_refused(glue, partitions, refused, expression, code, words):
    found = refused(glue.get_partitions, **OF_TABLE, Expression=expression)

    assert found[0] == code
    assert words in found[1]


def test_a_value_that_does_not_fit_its_key_is_a_matter_of_state(glue, table, refused):
    glue.create_partition(**OF_TABLE, PartitionInput={"Values": ["2024", "null"]})

    assert refused(glue.get_partitions, **OF_TABLE, Expression="month >= 0") == (
        "InvalidStateException",
        'For input string: "null" is not an integer.',
    )


def test_every_partition_is_in_one_segment(partitions):
    segments = [partitions(Segment={"SegmentNumber": number, "TotalSegments": 3}) for number in range(3)]

    assert sorted(values for segment in segments for values in segment) == sorted(MONTHS)


def test_a_segment_that_is_not_there(glue, table, refused):
    asked = {"Segment": {"SegmentNumber": 3, "TotalSegments": 3}}

    assert refused(glue.get_partitions, **OF_TABLE, **asked)[0] == "InvalidInputException"


def test_pages_go_on_where_the_one_before_ended(glue, partitions):
    pages = glue.get_paginator("get_partitions").paginate(
        **OF_TABLE, Expression="month > 1", PaginationConfig={"PageSize": 1}
    )
    found = [[tuple(partition["Values"]) for partition in page["Partitions"]] for page in pages]

    assert found == [[("2023", "10")], [("2023", "2")], [("2024", "10")], [("2024", "2")]]


def test_columns_can_be_left_out(glue, partitions):
    bare = glue.get_partitions(**OF_TABLE, ExcludeColumnSchema=True)["Partitions"]
    whole = glue.get_partitions(**OF_TABLE)["Partitions"]

    assert all("Columns" not in partition["StorageDescriptor"] for partition in bare)
    assert all(partition["StorageDescriptor"]["Location"] for partition in bare)
    assert all(partition["StorageDescriptor"]["Columns"] for partition in whole)


def test_what_awswrangler_asks(glue, partitions):
    """`wr.catalog.get_partitions` and `delete_all_partitions`, page by page."""
    args = {
        **OF_TABLE,
        "MaxResults": 1000,
        "Segment": {"SegmentNumber": 0, "TotalSegments": 1},
        "ExcludeColumnSchema": True,
    }
    response = glue.get_partitions(**args)
    values = [partition["Values"] for partition in response["Partitions"] if partition["StorageDescriptor"]["Location"]]
    glue.batch_delete_partition(**OF_TABLE, PartitionsToDelete=[{"Values": value} for value in values])

    assert response.get("NextToken") is None
    assert partitions() == []


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("get_partitions", {"TableName": "none"}, "EntityNotFoundException"),
        ("get_partitions", {"DatabaseName": "none"}, "EntityNotFoundException"),
        ("get_partitions", {"NextToken": "nonsense"}, "InvalidInputException"),
        ("create_partition", {"TableName": "none", "PartitionInput": {"Values": []}}, "EntityNotFoundException"),
    ],
)
def test_partitions_are_refused_with_glue_s_codes(glue, table, refused, operation, asked, code):
    assert refused(getattr(glue, operation), **{**OF_TABLE, **asked})[0] == code
