"""Features that are added, groups that go, tables that are not ours."""

import pytest
from emulator_help import a_feature
from offline_help import a_row

CATALOG = {"Catalog": "AwsDataCatalog", "Database": "features", "TableName": "weather"}


@pytest.fixture
def add(sagemaker):
    def added(*features):
        sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[*features])

    return added


@pytest.fixture
def columns(glue):
    def of(table="weather", database="features"):
        found = glue.get_table(DatabaseName=database, Name=table)["Table"]
        return [column["Name"] for column in found["StorageDescriptor"]["Columns"]]

    return of


def test_new_features_are_in_new_files_and_old_files_stay(make, offline, add, columns):
    make(offline={"DataCatalogConfig": CATALOG})
    offline.put(a_row("a"))
    offline.flush()
    add(a_feature("Wind", "Integral"))
    offline.put(a_row("b", Wind="3"))

    offline.flush()

    assert sorted("Wind" in table.column_names for table in offline.tables().values()) == [False, True]
    assert offline.query("SELECT id, wind FROM rows ORDER BY id") == [("a", None), ("b", 3)]
    assert columns() == ["id", "at", "wind", "write_time", "api_invocation_time", "is_deleted"]


def test_rows_that_wait_are_written_with_the_features_there_are_by_then(make, offline, add):
    make(offline={})
    offline.put(a_row("a"))
    add(a_feature("x", "Fractional"))
    offline.put(a_row("b", x="1e1"))

    offline.flush()

    assert offline.query("SELECT id, x FROM rows ORDER BY id") == [("a", None), ("b", 10.0)]


def test_rows_of_a_group_that_was_deleted_are_written_still(make, offline, sagemaker, columns):
    make(offline={"DataCatalogConfig": CATALOG})
    offline.put(a_row("a"))
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    flushed = offline.flush()

    assert flushed == 1
    assert [row["id"] for row in offline.rows()] == ["a"]
    assert columns()[0] == "id"
    with offline.emulator.store.reading() as db:
        assert db.execute("SELECT count(*) FROM departed").fetchone() == (0,)


def test_a_group_of_the_same_name_has_files_of_its_own(make, offline, sagemaker):
    for record_id in "ab":
        make(offline={})
        offline.put(a_row(record_id))
        sagemaker.delete_feature_group(FeatureGroupName="weather")

    offline.flush()

    assert len({key.split("/")[5] for key in offline.files()}) == 2
    assert sorted(row["id"] for row in offline.rows()) == ["a", "b"]


def test_a_group_that_has_written_all_departs_for_good(make, offline, sagemaker):
    make(offline={})
    offline.put(a_row())
    offline.flush()

    sagemaker.delete_feature_group(FeatureGroupName="weather")

    with offline.emulator.store.reading() as db:
        assert db.execute("SELECT count(*) FROM departed").fetchone() == (0,)


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
def test_a_blocked_group_that_was_deleted_is_written(emulator, make, offline, sagemaker, table_format):
    make(offline={"TableFormat": table_format})
    offline.put(a_row())
    emulator.block_offline_store("weather", "Access denied.", region="eu-west-1")
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    assert offline.flush() == 1


def test_a_table_that_was_dropped_is_not_made_again(make, offline, glue, sagemaker):
    make(offline={"DataCatalogConfig": CATALOG})
    glue.delete_table(DatabaseName="features", Name="weather")
    offline.put(a_row())

    offline.flush()

    assert len(offline.files()) == 1
    assert glue.get_tables(DatabaseName="features")["TableList"] == []


def test_a_user_s_own_table_is_left_alone(make, offline, glue):
    glue.create_database(DatabaseInput={"Name": "features"})
    glue.create_table(DatabaseName="features", TableInput={"Name": "weather"})
    make(offline={"DisableGlueTableCreation": True, "DataCatalogConfig": CATALOG})
    before = glue.get_table(DatabaseName="features", Name="weather")["Table"]
    offline.put(a_row())

    offline.flush()

    assert len(offline.files()) == 1
    assert glue.get_table(DatabaseName="features", Name="weather")["Table"] == before


def test_without_any_table_there_are_files(make, offline):
    make(offline={"DisableGlueTableCreation": True})
    offline.put(a_row())

    assert offline.flush() == 1
    assert len(offline.files()) == 1


def partitions(offline):
    with offline.emulator.store.reading() as db:
        return [row[0] for row in db.execute("SELECT spec FROM partitions ORDER BY spec")]


def test_a_table_without_partition_keys_gets_no_partitions(make, offline):
    make(offline={})
    offline.put(a_row())
    offline.flush()

    assert partitions(offline) == []


class TestWithPartitionKeys:
    @pytest.fixture(autouse=True)
    def _assume(self, monkeypatch):
        monkeypatch.setattr("reconciler.emulator.assumptions.OFFLINE_PARTITION_KEYS", ("year", "month", "day", "hour"))

    def test_the_hours_that_have_files_are_registered(self, make, offline, glue):
        make(offline={"DataCatalogConfig": CATALOG})
        offline.put(a_row(at="2024-02-03T04:05:06Z"), a_row(at="0000-01-01T23:00:00Z"))
        offline.flush()
        offline.put(a_row(at="2024-02-03T04:59:06Z"))
        offline.flush()

        found = glue.get_partitions(DatabaseName="features", TableName="weather")["Partitions"]

        assert partitions(offline) == ['["0000","01","01","23"]', '["2024","02","03","04"]']
        assert [partition["Values"] for partition in found] == [["0000", "01", "01", "23"], ["2024", "02", "03", "04"]]
        assert found[1]["StorageDescriptor"]["Location"].endswith("/data/year=2024/month=02/day=03/hour=04")
