"""Tables and databases: what is sent comes back, an update replaces, a version that is behind changes nothing."""

import threading
from datetime import UTC, datetime

import pytest
from glue_help import TABLE, a_table


def sent_back(given, found):
    """What comes back of what was sent; moments come back as times."""
    if isinstance(given, dict):
        return {name: sent_back(value, found.get(name)) for name, value in given.items()}
    return int(found.timestamp()) if isinstance(found, datetime) else found


def test_all_that_is_sent_comes_back(glue, database):
    glue.create_table(DatabaseName="features", TableInput=TABLE)

    found = glue.get_table(DatabaseName="features", Name="weather")["Table"]

    assert sent_back(TABLE, found) == TABLE


def test_aws_s_own_members_are_filled_in(glue, table):
    found = table()

    assert found["CatalogId"] == "000000000000"
    assert found["CreatedBy"] == "arn:aws:iam::000000000000:user/emulator"
    assert (found["VersionId"], found["Retention"], found["IsRegisteredWithLakeFormation"]) == ("0", 0, False)
    assert found["CreateTime"].tzinfo is not None
    storage = found["StorageDescriptor"]
    assert (storage["Compressed"], storage["NumberOfBuckets"], storage["SortColumns"]) == (False, 0, [])
    assert storage["StoredAsSubDirectories"] is False


def test_what_was_read_can_be_written_back(glue, table):
    """As awswrangler's catalog does to add a column."""
    kept = (
        "Name",
        "Description",
        "Owner",
        "Retention",
        "StorageDescriptor",
        "PartitionKeys",
        "TableType",
        "Parameters",
    )
    given = {name: value for name, value in table().items() if name in kept}
    given["StorageDescriptor"]["Columns"].append({"Name": "added", "Type": "int"})

    reply = glue.update_table(DatabaseName="features", TableInput=given, SkipArchive=True)

    assert "Errors" not in reply
    assert [column["Name"] for column in table()["StorageDescriptor"]["Columns"]] == ["id", "added"]


def test_an_update_stands_in_for_all_of_the_old(glue, table):
    created = table()["CreateTime"]
    glue.update_table(DatabaseName="features", TableInput={"Name": "Weather", "Description": "bare"})
    found = table()

    assert found["Description"] == "bare"
    assert "StorageDescriptor" not in found
    assert (found["VersionId"], found["CreateTime"]) == ("1", created)


def test_a_version_that_is_behind_changes_nothing(glue, table):
    glue.update_table(DatabaseName="features", TableInput=a_table(Description="first"), VersionId="0")

    with pytest.raises(glue.exceptions.ConcurrentModificationException) as caught:
        glue.update_table(DatabaseName="features", TableInput=a_table(Description="second"), VersionId="0")

    assert "Update table failed due to concurrent modifications." in str(caught.value)
    assert caught.value.response["Error"]["Code"] == "ConcurrentModificationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert table()["Description"] == "first"


def test_of_many_writers_with_one_version_one_wins(glue, table, emulator):
    codes = []

    def update(number):
        try:
            glue.update_table(
                DatabaseName="features", TableInput=a_table(Description=str(number)), VersionId="0", SkipArchive=True
            )
            codes.append("won")
        except glue.exceptions.ConcurrentModificationException:
            codes.append("lost")

    threads = [threading.Thread(target=update, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == ["lost"] * 7 + ["won"]
    assert table()["VersionId"] == "1"


def test_versions_are_archived_unless_that_is_skipped(glue, table):
    for number, skip in enumerate((False, True, False), 1):
        glue.update_table(DatabaseName="features", TableInput=a_table(Description=f"v{number}"), SkipArchive=skip)
    pages = glue.get_paginator("get_table_versions").paginate(
        DatabaseName="features", TableName="weather", PaginationConfig={"PageSize": 2}
    )
    found = {
        version["VersionId"]: version["Table"].get("Description") for page in pages for version in page["TableVersions"]
    }

    assert found == {"3": "v3", "2": "v2", "0": None}
    assert list(found) == ["3", "2", "0"]


def test_one_version(glue, table, refused):
    glue.update_table(DatabaseName="features", TableInput=a_table(Description="new"))

    def of(**asked):
        return glue.get_table_version(DatabaseName="features", TableName="weather", **asked)["TableVersion"]

    assert of()["VersionId"] == "1"
    assert of(VersionId="0")["Table"]["VersionId"] == "0"
    assert of(VersionId="1")["Table"]["Description"] == "new"
    asked = {"DatabaseName": "features", "TableName": "weather"}
    assert refused(glue.get_table_version, **asked, VersionId="7") == ("EntityNotFoundException", "Version not found.")
    assert refused(glue.get_table_version, **asked, VersionId="one")[0] == "InvalidInputException"


def test_versions_are_deleted_but_for_the_one_that_stands(glue, table, refused):
    for _ in range(3):
        glue.update_table(DatabaseName="features", TableInput=a_table())
    asked = {"DatabaseName": "features", "TableName": "weather"}
    glue.delete_table_version(**asked, VersionId="0")
    errors = glue.batch_delete_table_version(**asked, VersionIds=["1", "0", "3"])["Errors"]

    assert [(error["VersionId"], error["ErrorDetail"]["ErrorCode"]) for error in errors] == [
        ("0", "EntityNotFoundException"),
        ("3", "InvalidInputException"),
    ]
    assert refused(glue.delete_table_version, **asked, VersionId="3")[0] == "InvalidInputException"
    found = glue.get_table_versions(**asked)["TableVersions"]
    assert [version["VersionId"] for version in found] == ["3", "2"]


def test_a_table_s_versions_and_partitions_go_with_it(glue, table):
    asked = {"DatabaseName": "features", "TableName": "weather"}
    glue.update_table(DatabaseName="features", TableInput=a_table())
    glue.create_partition(**asked, PartitionInput={"Values": ["2024", "1"]})
    glue.delete_table(DatabaseName="features", Name="weather")
    glue.create_table(DatabaseName="features", TableInput=a_table())

    assert len(glue.get_table_versions(**asked)["TableVersions"]) == 1
    assert glue.get_partitions(**asked)["Partitions"] == []


def test_tables_are_deleted_together(glue, table):
    glue.create_table(DatabaseName="features", TableInput=a_table("other"))

    errors = glue.batch_delete_table(DatabaseName="features", TablesToDelete=["weather", "none", "other"])["Errors"]

    assert [(error["TableName"], error["ErrorDetail"]["ErrorCode"]) for error in errors] == [
        ("none", "EntityNotFoundException")
    ]
    assert glue.get_tables(DatabaseName="features")["TableList"] == []


def test_only_names_and_types_of_tables(glue, table):
    glue.create_table(DatabaseName="features", TableInput=a_table("view", TableType="VIRTUAL_VIEW"))
    found = glue.get_tables(DatabaseName="features", AttributesToGet=["NAME", "TABLE_TYPE"])["TableList"]

    assert [(table["Name"], table.get("TableType")) for table in found] == [("view", "VIRTUAL_VIEW"), ("weather", None)]
    assert all("StorageDescriptor" not in table for table in found)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("weather", ["weather"]),
        ("weath*", ["weather", "weather_2"]),
        ("*_2", ["plane_2", "weather_2"]),
        ("*ane*", ["plane", "plane_2"]),
        ("p*2", ["plane_2"]),
        ("weather.*", ["weather", "weather_2"]),
        ("plane|weather", ["plane", "weather"]),
        ("^p.+$", ["plane", "plane_2"]),
        (r"\w+_\d", ["plane_2", "weather_2"]),
        ("[pq]lane", ["plane"]),
        ("[^p].*", ["weather", "weather_2"]),
        ("plane_?2?", ["plane", "plane_2"]),
        ("", ["plane", "plane_2", "weather", "weather_2"]),
        ("Weather", []),
    ],
)
def test_expressions_on_names(glue, database, expression, names):
    for name in ("weather", "weather_2", "plane", "plane_2"):
        glue.create_table(DatabaseName="features", TableInput=a_table(name))

    found = glue.get_tables(DatabaseName="features", Expression=expression)["TableList"]

    assert [table["Name"] for table in found] == names


def test_a_database_comes_back_as_it_was_made_and_changes_as_a_whole(glue, refused):
    given = {
        "Name": "features",
        "Description": "ours",
        "LocationUri": "s3://features",
        "Parameters": {"owner": "ops"},
        "TargetDatabase": {"CatalogId": "123456789012", "DatabaseName": "theirs"},
    }
    glue.create_database(DatabaseInput=given)
    before = glue.get_database(Name="features")["Database"]
    glue.update_database(Name="features", DatabaseInput={"Name": "features", "Parameters": {"a": "b"}})
    after = glue.get_database(Name="features")["Database"]

    assert {name: before[name] for name in given} == given
    assert before["CreateTableDefaultPermissions"][0]["Permissions"] == ["ALL"]
    assert after["Parameters"] == {"a": "b"}
    assert "Description" not in after
    assert after["CreateTime"] == before["CreateTime"]
    renamed = {"Name": "features", "DatabaseInput": {"Name": "other"}}
    assert refused(glue.update_database, **renamed)[0] == "InvalidInputException"


def test_a_database_s_tables_go_with_it(glue, table):
    glue.delete_database(Name="features")
    glue.create_database(DatabaseInput={"Name": "features"})

    assert glue.get_tables(DatabaseName="features")["TableList"] == []
    assert [found["Name"] for found in glue.get_databases(AttributesToGet=["NAME"])["DatabaseList"]] == ["features"]
    assert glue.get_databases(ResourceShareType="FOREIGN")["DatabaseList"] == []


def test_tables_are_searched_by_text_and_by_words(glue, table):
    glue.create_database(DatabaseInput={"Name": "fleet"})
    glue.create_table(DatabaseName="fleet", TableInput=a_table("plane-weather", Description="Seats of planes"))
    glue.create_table(DatabaseName="fleet", TableInput=a_table("seat"))

    def names(**asked):
        pages = glue.get_paginator("search_tables") if glue.can_paginate("search_tables") else None
        assert pages is None
        found, token = [], {}
        while True:
            page = glue.search_tables(**asked, **token, MaxResults=1)
            found += [table["Name"] for table in page["TableList"]]
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    assert names(SearchText="WEATHER") == ["weather", "plane-weather"]
    assert names(SearchText="seats of") == ["plane-weather"]
    assert names(SearchText='"seat"') == ["seat"]
    assert names(Filters=[{"Key": "Name", "Value": "weather"}]) == ["weather", "plane-weather"]
    assert names(Filters=[{"Key": "DatabaseName", "Value": "fleet"}], SearchText="seat") == ["plane-weather", "seat"]
    assert len(names()) == 3


def test_tags_of_databases_and_tables(glue, table, refused):
    place = "arn:aws:glue:eu-west-1:000000000000"
    glue.create_database(DatabaseInput={"Name": "tagged"}, Tags={"team": "ops"})
    glue.tag_resource(ResourceArn=f"{place}:table/features/weather", TagsToAdd={"a": "1", "b": "2"})
    glue.untag_resource(ResourceArn=f"{place}:table/features/weather", TagsToRemove=["a"])

    assert glue.get_tags(ResourceArn=f"{place}:database/tagged")["Tags"] == {"team": "ops"}
    assert glue.get_tags(ResourceArn=f"{place}:table/features/weather")["Tags"] == {"b": "2"}
    assert refused(glue.get_tags, ResourceArn=f"{place}:database/none")[0] == "EntityNotFoundException"

    glue.delete_database(Name="tagged")
    glue.create_database(DatabaseInput={"Name": "tagged"})

    assert glue.get_tags(ResourceArn=f"{place}:database/tagged")["Tags"] == {}


def test_what_the_catalogue_never_holds(glue, table, refused):
    of_table = {"DatabaseName": "features", "TableName": "weather"}

    assert glue.get_user_defined_functions(Pattern="*")["UserDefinedFunctions"] == []
    assert glue.get_partition_indexes(**of_table)["PartitionIndexDescriptorList"] == []
    assert glue.get_connections()["ConnectionList"] == []
    assert refused(glue.get_connection, Name="x")[0] == "EntityNotFoundException"
    assert (
        refused(glue.get_user_defined_function, DatabaseName="features", FunctionName="f")[0]
        == "EntityNotFoundException"
    )
    statistics = glue.get_column_statistics_for_table(**of_table, ColumnNames=["id"])
    assert statistics["ColumnStatisticsList"] == []
    assert statistics["Errors"][0]["Error"]["ErrorCode"] == "EntityNotFoundException"


ICEBERG = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}}


@pytest.mark.parametrize(
    ("operation", "asked", "member"),
    [
        ("create_table", {"TableInput": {"Name": "x"}, "OpenTableFormatInput": ICEBERG}, "OpenTableFormatInput"),
        (
            "create_table",
            {"TableInput": {"Name": "x"}, "PartitionIndexes": [{"Keys": ["a"], "IndexName": "i"}]},
            "Partition",
        ),
        ("create_table", {"TableInput": {"Name": "x", "ViewDefinition": {"IsProtected": True}}}, "ViewDefinition"),
        ("create_table", {"TableInput": {"Name": "x", "FederatedTable": {"Identifier": "i"}}}, "FederatedTable"),
        ("create_table", {"TableInput": {"Name": "x"}, "TransactionId": "t"}, "TransactionId"),
        ("update_table", {"TableInput": {"Name": "weather"}, "Force": True}, "Force"),
        ("update_table", {"TableInput": {"Name": "weather"}, "ViewUpdateAction": "ADD"}, "ViewUpdateAction"),
        ("get_table", {"Name": "weather", "QueryAsOfTime": datetime(2024, 1, 1, tzinfo=UTC)}, "QueryAsOfTime"),
        ("get_tables", {"Expression": "(a|b)"}, "Expression"),
        ("get_tables", {"Expression": "a{2}"}, "Expression"),
        ("get_tables", {"AttributesToGet": ["LATEST_ICEBERG_METADATA"]}, "AttributesToGet"),
    ],
)
def test_what_is_not_emulated_is_refused_by_name(glue, table, refused, operation, asked, member):
    code, message = refused(getattr(glue, operation), DatabaseName="features", **asked)

    assert code == "NotImplemented"
    assert member in message


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("get_table", {"Name": "weather", "CatalogId": "123456789012"}, "EntityNotFoundException"),
        ("create_table", {}, "InvalidInputException"),
        ("create_table", {"TableInput": {"Name": "a\nb"}}, "ValidationException"),
        ("create_table", {"TableInput": {"Name": "x" * 256}}, "ValidationException"),
        ("update_table", {"TableInput": {"Name": "none"}}, "EntityNotFoundException"),
        ("get_tables", {"Expression": "[a"}, "InvalidInputException"),
        ("get_tables", {"Expression": "+"}, "InvalidInputException"),
        ("get_tables", {"Expression": "a\\"}, "InvalidInputException"),
        ("get_tables", {"NextToken": "nonsense"}, "InvalidInputException"),
        ("get_tables", {"AttributesToGet": ["TABLE_TYPE"]}, "InvalidInputException"),
    ],
)
def test_tables_are_refused_with_glue_s_codes(glue, table, refused, operation, asked, code):
    assert refused(getattr(glue, operation), DatabaseName="features", **asked)[0] == code


def test_a_creation_that_is_due_shows_in_glue(glue, sagemaker, make, emulator):
    make(offline={})

    assert [found["Name"] for found in glue.get_databases()["DatabaseList"]] == ["sagemaker_featurestore"]


class TestCreationsThatTakeTime:
    @pytest.fixture
    def settings(self):
        return {"create_offline_s": 60.0}

    def test_the_table_is_there_when_its_time_has_come(self, glue, make, emulator, refused):
        make(offline={})
        before = refused(glue.get_tables, DatabaseName="sagemaker_featurestore")[0]
        emulator.advance_clock(61)

        assert before == "EntityNotFoundException"
        assert len(glue.get_tables(DatabaseName="sagemaker_featurestore")["TableList"]) == 1


def test_a_page_of_versions_goes_on_though_the_last_one_shown_is_gone(glue, table):
    for _ in range(4):
        glue.update_table(DatabaseName="features", TableInput=a_table())
    asked = {"DatabaseName": "features", "TableName": "weather"}
    first = glue.get_table_versions(**asked, MaxResults=2)
    glue.delete_table_version(**asked, VersionId=first["TableVersions"][-1]["VersionId"])
    rest = glue.get_table_versions(**asked, NextToken=first["NextToken"])

    assert [version["VersionId"] for version in rest["TableVersions"]] == ["2", "1", "0"]
