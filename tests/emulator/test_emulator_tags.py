"""AddTags, ListTags, DeleteTags."""

import pytest


@pytest.fixture
def arn(make):
    return make(Tags=[{"Key": "team", "Value": "ops"}])["FeatureGroupArn"]


@pytest.fixture
def tags(sagemaker):
    def of(arn):
        return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}

    return of


def test_tags_are_added_and_overwritten(sagemaker, arn, tags):
    given = [{"Key": "team", "Value": "growth"}, {"Key": "cost", "Value": ""}]

    reply = sagemaker.add_tags(ResourceArn=arn, Tags=given)

    assert tags(arn) == {"team": "growth", "cost": ""}
    assert sorted(tag["Key"] for tag in reply["Tags"]) == ["cost", "team"]


def test_tags_are_deleted_and_missing_ones_are_no_error(sagemaker, arn, tags):
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team", "nothing"])

    assert tags(arn) == {}


def test_tag_keys_know_case(sagemaker, arn, tags):
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "Team", "Value": "x"}])

    assert tags(arn) == {"team": "ops", "Team": "x"}


def test_a_group_has_at_most_50_tags(sagemaker, arn, tags, refused):
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(49)])

    code, _ = refused(sagemaker.add_tags, ResourceArn=arn, Tags=[{"Key": "one-more", "Value": "v"}])
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "growth"}])

    assert code == "ResourceLimitExceeded"
    assert len(tags(arn)) == 50


def test_system_tags_are_shown_and_cannot_be_touched(sagemaker, emulator, arn, tags, refused):
    emulator.add_system_tags("weather", {"aws:cloudformation:stack-name": "features"}, region="eu-west-1")

    add, _ = refused(sagemaker.add_tags, ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": ""}])
    delete, _ = refused(sagemaker.delete_tags, ResourceArn=arn, TagKeys=["aws:cloudformation:stack-name"])

    assert (add, delete) == ("ValidationException", "ValidationException")
    assert tags(arn) == {"team": "ops", "aws:cloudformation:stack-name": "features"}


def test_more_than_a_page_of_tags_is_paged(sagemaker, emulator, arn):
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(49)])
    emulator.add_system_tags("weather", {f"aws:k{n}": "v" for n in range(5)}, region="eu-west-1")

    first = sagemaker.list_tags(ResourceArn=arn, MaxResults=50)
    second = sagemaker.list_tags(ResourceArn=arn, MaxResults=50, NextToken=first["NextToken"])

    assert (len(first["Tags"]), len(second["Tags"])) == (50, 5)
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("list_tags", {"MaxResults": 49}),
        ("delete_tags", {"TagKeys": []}),
        ("delete_tags", {"TagKeys": ["*"]}),
        ("add_tags", {"Tags": [{"Key": "a*", "Value": ""}]}),
        ("add_tags", {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}),
    ],
)
def test_what_makes_no_sense_is_refused(lenient, arn, refused, operation, more):
    assert refused(getattr(lenient, operation), ResourceArn=arn, **more)[0] == "ValidationException"


@pytest.mark.parametrize("operation", ["list_tags", "add_tags", "delete_tags"])
@pytest.mark.parametrize("what", ["feature-group/nothing", "model/weather"])
def test_only_a_group_that_is_there_has_tags(sagemaker, arn, refused, operation, what):
    more = {"list_tags": {}, "add_tags": {"Tags": []}, "delete_tags": {"TagKeys": ["a"]}}[operation]
    resource = f"arn:aws:sagemaker:eu-west-1:000000000000:{what}"

    assert refused(getattr(sagemaker, operation), ResourceArn=resource, **more)[0] == "ResourceNotFound"


def test_a_bare_name_is_no_resource_arn(sagemaker, arn, refused):
    assert refused(sagemaker.list_tags, ResourceArn="weather")[0] == "ValidationException"
