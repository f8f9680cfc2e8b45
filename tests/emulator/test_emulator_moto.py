"""Where moto 5.2.5 emulates the same, both say the same.

Known to differ, and left out: moto drops OnlineStoreConfig, Description and ThroughputConfig, crashes on an
online-only group, resolves the S3 prefix without its `sagemaker/` segment, checks nothing, knows no update,
deletion, list, tags or feature metadata, and its Search has no status and no pages.
"""

import boto3
import pytest
from emulator_help import a_feature, a_group
from moto import mock_aws

REQUEST = a_group(
    "My-Weather",
    a_feature("temp", "Fractional"),
    online=False,
    offline={"DisableGlueTableCreation": False},
    Tags=[{"Key": "team", "Value": "ops"}],
)
# Times and what is named after them differ by the moment of creation.
DERIVED = {"CreationTime", "LastModifiedTime", "ResponseMetadata", "OfflineStoreConfig", "NextToken"}


CREATE = ("create_feature_group", REQUEST)
DESCRIBE = ("describe_feature_group", {"FeatureGroupName": "My-Weather"})
SEARCH = ("search", {"Resource": "FeatureGroup"})


@pytest.fixture
def both(sagemaker, monkeypatch):
    """The same calls to both: what each answers to the last. Ours come first: moto catches every client it sees."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")

    def answers(client, calls):
        return [getattr(client, operation)(**request) for operation, request in calls][-1]

    def of(*calls):
        ours = answers(sagemaker, calls)
        with mock_aws():
            return ours, answers(boto3.client("sagemaker", region_name="eu-west-1"), calls)

    return of


def agreed(ours, theirs):
    """The members both return and that do not depend on the moment."""
    shared = (ours.keys() & theirs.keys()) - DERIVED
    return {name: ours[name] for name in shared}, {name: theirs[name] for name in shared}


def account(arn):
    return arn.split(":")[4]


def without_account(arn):
    return arn.replace(account(arn), "*")


def test_create_answers_the_same_arn(both):
    ours, theirs = both(CREATE)

    assert without_account(ours["FeatureGroupArn"]) == without_account(theirs["FeatureGroupArn"])


def test_describe_agrees(both):
    ours, theirs = both(CREATE, DESCRIBE)
    mine, other = agreed(ours, theirs)
    mine["FeatureGroupArn"], other["FeatureGroupArn"] = map(
        without_account, (mine["FeatureGroupArn"], other["FeatureGroupArn"])
    )

    assert mine == other
    assert {"FeatureGroupName", "FeatureDefinitions", "RoleArn", "FeatureGroupStatus", "ThroughputConfig"} <= set(mine)


def test_describe_agrees_on_the_offline_store_but_for_its_place(both):
    ours, theirs = (reply["OfflineStoreConfig"] for reply in both(CREATE, DESCRIBE))
    catalogs = [config["DataCatalogConfig"] for config in (ours, theirs)]
    stems = [catalog.pop("TableName").lower().rpartition("_")[0] for catalog in catalogs]

    assert ours["DisableGlueTableCreation"] == theirs["DisableGlueTableCreation"]
    assert ours["S3StorageConfig"]["S3Uri"] == theirs["S3StorageConfig"]["S3Uri"]
    assert stems[0] == stems[1] == "my_weather"
    assert catalogs[0] == {**catalogs[0], **{k: v for k, v in catalogs[1].items() if v}}


def test_search_agrees(both):
    ours, theirs = (reply["Results"][0]["FeatureGroup"] for reply in both(CREATE, SEARCH))
    mine, other = agreed(ours, theirs)
    mine.pop("FeatureGroupArn")
    other.pop("FeatureGroupArn")

    assert mine == other
    assert {"FeatureGroupName", "Tags"} <= set(mine)
