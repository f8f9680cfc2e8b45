"""Creating, Created, CreateFailed, Deleting, DeleteFailed and gone, on a clock that tests move."""

import pytest
from emulator_help import a_group

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.settings import REALISTIC


@pytest.fixture
def settings():
    return {"create_s": 30, "create_offline_s": 45, "create_in_memory_s": 600, "delete_s": 20}


@pytest.fixture
def status(sagemaker):
    def of(name="weather"):
        return sagemaker.describe_feature_group(FeatureGroupName=name)["FeatureGroupStatus"]

    return of


@pytest.mark.parametrize(
    ("more", "seconds"),
    [({}, 30), ({"offline": {}}, 45), ({"online": {"StorageType": "InMemory"}}, 600)],
)
def test_a_creation_takes_as_long_as_its_stores_do(sagemaker, emulator, status, more, seconds):
    sagemaker.create_feature_group(**a_group(**more))
    seen = [status()]
    for step in (seconds - 5, 5):
        emulator.advance_clock(step)
        seen.append(status())

    assert seen == ["Creating", "Creating", "Created"]


def test_while_creating_neither_table_nor_offline_status_is_there(sagemaker, emulator):
    sagemaker.create_feature_group(**a_group(offline={}))
    during = sagemaker.describe_feature_group(FeatureGroupName="weather")
    emulator.advance_clock(45)
    after = sagemaker.describe_feature_group(FeatureGroupName="weather")

    assert "DataCatalogConfig" not in during["OfflineStoreConfig"]
    assert "OfflineStoreStatus" not in during
    assert during["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"].endswith("/data")
    assert "DataCatalogConfig" in after["OfflineStoreConfig"]
    assert after["OfflineStoreStatus"] == {"Status": "Active"}


def test_a_deletion_ends_in_resource_not_found(make, sagemaker, emulator, status, refused):
    make()
    emulator.advance_clock(30)
    sagemaker.delete_feature_group(FeatureGroupName="weather")
    during = status()
    again, _ = refused(sagemaker.delete_feature_group, FeatureGroupName="weather")
    emulator.advance_clock(20)

    assert during == "Deleting"
    assert again == "ValidationException"
    assert refused(sagemaker.describe_feature_group, FeatureGroupName="weather")[0] == "ResourceNotFound"


def test_a_group_made_again_gets_a_prefix_and_a_table_of_its_own(make, sagemaker, emulator, glue):
    make(offline={})
    emulator.advance_clock(45)
    first = sagemaker.describe_feature_group(FeatureGroupName="weather")
    sagemaker.delete_feature_group(FeatureGroupName="weather")
    emulator.advance_clock(20)
    make(offline={})
    emulator.advance_clock(45)
    second = sagemaker.describe_feature_group(FeatureGroupName="weather")

    tables = [table["Name"] for table in glue.get_tables(DatabaseName="sagemaker_featurestore")["TableList"]]

    assert second["FeatureGroupStatus"] == "Created"
    assert [group["OfflineStoreConfig"]["DataCatalogConfig"]["TableName"] for group in (first, second)] == tables


class TestInstantly:
    @pytest.fixture
    def settings(self):
        return {}

    def test_a_name_is_free_again_at_once_and_its_second_is_not(self, make, sagemaker):
        seconds = set()
        for _ in range(5):
            group = make(offline={})
            seconds.add(int(group["CreationTime"].timestamp()))
            assert group["FeatureGroupStatus"] == "Created"
            sagemaker.delete_feature_group(FeatureGroupName="weather")

        assert len(seconds) == 5

    def test_tags_and_metadata_do_not_outlive_the_group(self, make, sagemaker):
        make(Tags=[{"Key": "a", "Value": "b"}])
        sagemaker.update_feature_metadata(FeatureGroupName="weather", FeatureName="id", Description="old")
        sagemaker.delete_feature_group(FeatureGroupName="weather")
        group = make()

        metadata = sagemaker.describe_feature_metadata(FeatureGroupName="weather", FeatureName="id")

        assert sagemaker.list_tags(ResourceArn=group["FeatureGroupArn"])["Tags"] == []
        assert "Description" not in metadata


def test_the_realistic_preset_is_a_set_of_settings(tmp_path):
    opened = open_emulator(tmp_path, **REALISTIC)

    assert opened.settings.max_groups == 100
    assert opened.settings.create_in_memory_s >= 600
    opened.close()


def test_the_clock_never_goes_back(emulator):
    with pytest.raises(ValueError, match="forward"):
        emulator.advance_clock(-1)
