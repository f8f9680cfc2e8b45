"""Every operation of the runtime, as plain boto3 calls it."""

import pytest
from groups import a_feature, a_group, a_record, as_dict

EARLY, LATE, LATER = "2024-01-01T10:00:00Z", "2024-01-01T11:00:00Z", "2024-01-01T12:00:00Z"


@pytest.fixture
def group(sagemaker, request):
    name = request.node.name.replace("_", "-")[5:64].strip("-")
    sagemaker.create_feature_group(**a_group(name, a_feature("temp", "Fractional"), a_feature("count", "Integral")))
    return name


@pytest.fixture
def partial(sagemaker, request):
    """A group whose records can be updated in part."""
    name = request.node.name.replace("_", "-")[5:64].strip("-")
    online = {"EnableOnlineStore": True, "StorageType": "Standard_V2"}
    sagemaker.create_feature_group(**a_group(name, a_feature("temp", "Fractional"), OnlineStoreConfig=online))
    return name


def of(runtime, group, record_id, **more):
    return as_dict(
        runtime.get_record(FeatureGroupName=group, RecordIdentifierValueAsString=record_id, **more).get("Record", [])
    )


def test_a_record_comes_back_as_the_text_that_was_written(runtime, group):
    runtime.put_record(FeatureGroupName=group, Record=a_record(id="JFK", at=EARLY, temp="1.50", count="07"))

    assert of(runtime, group, "JFK") == {"id": "JFK", "at": EARLY, "temp": "1.50", "count": "07"}
    assert of(runtime, group, "JFK", FeatureNames=["temp"]) == {"temp": "1.50"}


def test_an_arn_names_a_group_too(runtime, sagemaker, group):
    arn = sagemaker.describe_feature_group(FeatureGroupName=group)["FeatureGroupArn"]

    runtime.put_record(FeatureGroupName=arn, Record=a_record(id="é/ %2F", at=EARLY))

    assert of(runtime, arn, "é/ %2F")["id"] == "é/ %2F"


def test_what_is_not_there_is_no_error(runtime, group):
    assert "Record" not in runtime.get_record(FeatureGroupName=group, RecordIdentifierValueAsString="nobody")


def test_an_older_event_time_changes_nothing_online(runtime, group):
    runtime.put_record(FeatureGroupName=group, Record=a_record(id="JFK", at=LATE, temp=2))
    runtime.put_record(FeatureGroupName=group, Record=a_record(id="JFK", at=EARLY, temp=1))

    assert of(runtime, group, "JFK")["temp"] == "2"


def test_a_soft_delete_hides_a_record_and_a_later_one_revives_it(runtime, group):
    runtime.put_record(FeatureGroupName=group, Record=a_record(id="JFK", at=EARLY))

    runtime.delete_record(FeatureGroupName=group, RecordIdentifierValueAsString="JFK", EventTime=LATE)
    gone = of(runtime, group, "JFK")
    runtime.put_record(FeatureGroupName=group, Record=a_record(id="JFK", at=LATER))

    assert gone == {}
    assert of(runtime, group, "JFK")["at"] == LATER


def test_a_hard_delete_leaves_nothing_to_list(runtime, group):
    runtime.put_record(FeatureGroupName=group, Record=a_record(id="JFK", at=EARLY))

    runtime.delete_record(
        FeatureGroupName=group, RecordIdentifierValueAsString="JFK", EventTime=LATE, DeletionMode="HardDelete"
    )

    listed = runtime.list_records(FeatureGroupName=group, IncludeSoftDeletedRecords=True)
    assert listed["RecordIdentifiers"] == []


def test_a_batch_is_written_and_read_with_errors_beside_it(runtime, group):
    entries = [{"FeatureGroupName": group, "Record": a_record(id=f"r{n}", at=EARLY, count=n)} for n in range(24)]
    entries.append({"FeatureGroupName": group, "Record": a_record(id="bad", at=EARLY, count="many")})

    written = runtime.batch_write_record(Entries=entries)
    read = runtime.batch_get_record(
        Identifiers=[
            {
                "FeatureGroupName": group,
                "RecordIdentifiersValueAsString": ["r3", "r5", "bad"],
                "FeatureNames": ["count"],
            },
            {"FeatureGroupName": "no-such-group", "RecordIdentifiersValueAsString": ["r3"]},
        ]
    )

    assert [as_dict(error["Entry"]["Record"])["id"] for error in written["Errors"]] == ["bad"]
    assert written["UnprocessedEntries"] == []
    assert {found["RecordIdentifierValueAsString"]: as_dict(found["Record"]) for found in read["Records"]} == {
        "r3": {"count": "3"},
        "r5": {"count": "5"},
    }
    assert [error["FeatureGroupName"] for error in read["Errors"]] == ["no-such-group"]
    assert read["UnprocessedIdentifiers"] == []


def test_an_update_leaves_other_features_alone(runtime, partial):
    runtime.put_record(FeatureGroupName=partial, Record=a_record(id="JFK", at=EARLY, temp=1))

    runtime.update_record(FeatureGroupName=partial, RecordIdentifierValueAsString="JFK", Features=a_record(at=LATE))

    assert of(runtime, partial, "JFK") == {"id": "JFK", "at": LATE, "temp": "1"}
    with pytest.raises(runtime.exceptions.ConflictException):
        runtime.update_record(
            FeatureGroupName=partial, RecordIdentifierValueAsString="JFK", Features=a_record(at=EARLY)
        )
    with pytest.raises(runtime.exceptions.ResourceNotFound):
        runtime.update_record(FeatureGroupName=partial, RecordIdentifierValueAsString="LGA", Features=a_record(temp=1))


def test_a_paginator_lists_every_record(runtime, group):
    for start in range(0, 250, 25):
        runtime.batch_write_record(
            Entries=[
                {"FeatureGroupName": group, "Record": a_record(id=f"r{n:03}", at=EARLY)}
                for n in range(start, start + 25)
            ]
        )

    pages = runtime.get_paginator("list_records").paginate(FeatureGroupName=group, PaginationConfig={"PageSize": 40})

    assert sorted(one for page in pages for one in page["RecordIdentifiers"]) == [f"r{n:03}" for n in range(250)]


def test_a_time_to_live_is_shown_and_ends_a_record(runtime, group):
    ttl = {"Unit": "Weeks", "Value": 5000}
    runtime.put_record(FeatureGroupName=group, Record=a_record(id="long", at=EARLY), TtlDuration=ttl)
    runtime.put_record(
        FeatureGroupName=group, Record=a_record(id="over", at=EARLY), TtlDuration={"Unit": "Hours", "Value": 1}
    )

    found = runtime.get_record(
        FeatureGroupName=group, RecordIdentifierValueAsString="long", ExpirationTimeResponse="Enabled"
    )

    assert found["ExpiresAt"].startswith("2119-")
    assert of(runtime, group, "over") == {}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (a_record(id="x", at=EARLY, temp="warm"), "Fractional"),
        (a_record(id="x", at="yesterday"), "at"),
        (a_record(id="x", at=EARLY, other=1), "other"),
        (a_record(at=EARLY), "id"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_by_name(runtime, sagemaker, record, words):
    if not sagemaker.list_feature_groups(NameContains="strict")["FeatureGroupSummaries"]:
        sagemaker.create_feature_group(**a_group("strict", a_feature("temp", "Fractional")))

    with pytest.raises(runtime.exceptions.ValidationError, match=words) as refused:
        runtime.put_record(FeatureGroupName="strict", Record=record)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_group_that_is_not_there_is_a_validation_error_as_on_aws(runtime):
    with pytest.raises(runtime.exceptions.ValidationError, match="can't find a FeatureGroup"):
        runtime.put_record(FeatureGroupName="nowhere", Record=a_record(id="x", at=EARLY))
