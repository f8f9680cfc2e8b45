"""UpdateFeatureMetadata and DescribeFeatureMetadata."""

import pytest


@pytest.fixture
def describe(sagemaker):
    def of(feature="id", group="weather"):
        return sagemaker.describe_feature_metadata(FeatureGroupName=group, FeatureName=feature)

    return of


@pytest.fixture
def say(sagemaker, make):
    make()

    def of(**more):
        sagemaker.update_feature_metadata(FeatureGroupName="weather", FeatureName="id", **more)

    return of


def parameters(**more):
    return [{"Key": key, "Value": value} for key, value in more.items()]


def test_a_feature_of_which_nothing_is_said(make, describe):
    group = make()
    metadata = describe()
    del metadata["ResponseMetadata"]

    assert metadata == {
        "FeatureGroupArn": group["FeatureGroupArn"],
        "FeatureGroupName": "weather",
        "FeatureName": "id",
        "FeatureType": "String",
        "CreationTime": group["CreationTime"],
        "LastModifiedTime": group["CreationTime"],
        "Parameters": [],
    }


def test_description_and_parameters_are_set_changed_and_removed(say, describe):
    say(Description="Airport", ParameterAdditions=parameters(unit="iata", source="faa"))
    first = describe()
    say(ParameterAdditions=parameters(unit="icao"), ParameterRemovals=["source", "nothing"])
    second = describe()

    assert (first["Description"], first["Parameters"]) == ("Airport", parameters(unit="iata", source="faa"))
    assert (second["Description"], second["Parameters"]) == ("Airport", parameters(unit="icao"))
    assert second["LastModifiedTime"] > first["LastModifiedTime"]


def test_an_empty_description_clears_it(say, describe):
    say(Description="Airport")
    say(Description="")

    assert "Description" not in describe()


def test_metadata_goes_by_arn_too(make, sagemaker, describe):
    arn = make()["FeatureGroupArn"]
    sagemaker.update_feature_metadata(FeatureGroupName=arn, FeatureName="id", Description="Airport")

    assert describe(group=arn)["Description"] == "Airport"


def test_metadata_leaves_the_group_alone(make, say, sagemaker):
    before = sagemaker.describe_feature_group(FeatureGroupName="weather")
    say(Description="Airport")
    after = sagemaker.describe_feature_group(FeatureGroupName="weather")

    assert before["LastModifiedTime"] == after["LastModifiedTime"]
    assert "LastUpdateStatus" not in after


@pytest.mark.parametrize(
    "more",
    [
        {"Description": "x" * 256},
        {"Description": "two\nlines"},
        {"ParameterAdditions": parameters(**{"unit@home": "x"})},
        {"ParameterAdditions": parameters(unit="a@b")},
        {"ParameterAdditions": parameters(unit="")},
        {"ParameterAdditions": parameters(**{"k" * 256: "x"})},
        {"ParameterAdditions": parameters(**{f"k{n}": "v" for n in range(26)})},
        {"ParameterRemovals": [f"k{n}" for n in range(26)]},
        {"ParameterAdditions": [{"Key": "unit"}]},
        {"ParameterAdditions": parameters(unit="a") + parameters(unit="b")},
        {"ParameterAdditions": parameters(unit="a"), "ParameterRemovals": ["unit"]},
        {"ParameterAdditions": [], "ParameterRemovals": []},
        {},
    ],
)
def test_what_is_too_much_or_makes_no_sense_is_refused(make, lenient, refused, more):
    make()

    code, _ = refused(lenient.update_feature_metadata, FeatureGroupName="weather", FeatureName="id", **more)

    assert code == "ValidationException"


def test_a_feature_has_at_most_25_parameters(say, sagemaker, refused):
    say(ParameterAdditions=parameters(**{f"k{n}": "v" for n in range(25)}))

    code, _ = refused(
        sagemaker.update_feature_metadata,
        FeatureGroupName="weather",
        FeatureName="id",
        ParameterAdditions=parameters(more="v"),
    )

    assert code == "ValidationException"


@pytest.mark.parametrize(("group", "feature"), [("weather", "nothing"), ("nothing", "id")])
@pytest.mark.parametrize("operation", ["describe_feature_metadata", "update_feature_metadata"])
def test_only_what_is_there_has_metadata(make, sagemaker, refused, group, feature, operation):
    make()
    more = {"Description": "x"} if operation.startswith("update") else {}

    code, _ = refused(getattr(sagemaker, operation), FeatureGroupName=group, FeatureName=feature, **more)

    assert code == "ResourceNotFound"
