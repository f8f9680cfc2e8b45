"""Failures on request."""

import pytest
from botocore.exceptions import ConnectionClosedError
from emulator_help import a_feature, a_group

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.faults import KINDS


@pytest.fixture
def describe(sagemaker):
    return lambda name="weather": sagemaker.describe_feature_group(FeatureGroupName=name)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttled", "ThrottlingException", 400),
        ("internal_failure", "InternalFailure", 500),
        ("service_unavailable", "ServiceUnavailable", 503),
        ("access_denied", "AccessDeniedException", 400),
        ("expired_token", "ExpiredTokenException", 400),
    ],
)
def test_an_error_comes_as_often_as_asked_for(make, sagemaker, emulator, describe, kind, code, status):
    make()
    emulator.faults.add(kind, operation="DescribeFeatureGroup", times=2)
    seen = []
    for _ in range(3):
        try:
            seen.append(describe()["FeatureGroupStatus"])
        except sagemaker.exceptions.ClientError as error:
            seen.append((error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]))
    sagemaker.list_feature_groups()

    assert seen == [(code, status), (code, status), "Created"]


def test_throttling_says_rate_exceeded(emulator, sagemaker, refused):
    emulator.faults.add("throttled")

    assert refused(sagemaker.list_feature_groups) == ("ThrottlingException", "Rate exceeded")


def test_a_denial_names_user_action_and_resource(emulator, sagemaker, refused):
    emulator.faults.add("access_denied", operation="DescribeFeatureGroup")

    _, message = refused(sagemaker.describe_feature_group, FeatureGroupName="weather")

    assert message.startswith(
        "User: arn:aws:iam::000000000000:user/emulator is not authorized to perform: sagemaker:DescribeFeatureGroup "
        "on resource: arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather"
    )


def test_sts_has_its_own_code_for_an_expired_token(emulator, sts, refused):
    emulator.faults.add("expired_token")

    assert refused(sts.get_caller_identity)[0] == "ExpiredToken"


def test_a_fault_hits_the_group_it_names_by_name_and_by_arn(make, emulator, sagemaker, refused):
    arn = make("weather")["FeatureGroupArn"]
    make("plane")
    emulator.faults.add("throttled", group="Weather")

    sagemaker.describe_feature_group(FeatureGroupName="plane")
    sagemaker.list_feature_groups()

    assert refused(sagemaker.describe_feature_group, FeatureGroupName="weather")[0] == "ThrottlingException"
    assert refused(sagemaker.list_tags, ResourceArn=arn)[0] == "ThrottlingException"


def test_chance_is_the_same_every_time(tmp_path):
    def draws(name, seed):
        opened = open_emulator(tmp_path / name)
        opened.faults.add("throttled", probability=0.3, seed=seed)
        drawn = [bool(opened.faults.draw("sagemaker", "ListFeatureGroups")) for _ in range(200)]
        opened.close()
        return drawn

    first = draws("one", 7)

    assert first == draws("two", 7)
    assert first != draws("three", 8)
    assert 30 < sum(first) < 90


def test_a_connection_dropped_before_the_effect(emulator, sagemaker):
    emulator.faults.add("dropped_before_effect", operation="CreateFeatureGroup", times=1)

    with pytest.raises(ConnectionClosedError):
        sagemaker.create_feature_group(**a_group())

    assert sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []


def test_a_connection_dropped_after_the_effect(emulator, sagemaker):
    emulator.faults.add("dropped_after_effect", operation="CreateFeatureGroup", times=1)

    with pytest.raises(ConnectionClosedError):
        sagemaker.create_feature_group(**a_group())

    assert len(sagemaker.list_feature_groups()["FeatureGroupSummaries"]) == 1


def test_a_creation_fails_with_the_given_reason_and_frees_the_name(emulator, sagemaker, describe):
    emulator.faults.add("create_fails", times=1, reason="Insufficient Lake Formation permission(s).")
    sagemaker.create_feature_group(**a_group(offline={}))
    failed = describe()
    sagemaker.delete_feature_group(FeatureGroupName="weather")
    sagemaker.create_feature_group(**a_group(offline={}))

    assert failed["FeatureGroupStatus"] == "CreateFailed"
    assert failed["FailureReason"] == "Insufficient Lake Formation permission(s)."
    assert "DataCatalogConfig" not in failed["OfflineStoreConfig"]
    assert failed["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    assert describe()["FeatureGroupStatus"] == "Created"


def test_an_update_fails_and_changes_nothing(make, emulator, sagemaker, describe):
    make()
    emulator.faults.add("update_fails", times=1, reason="No capacity.")
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])
    failed = describe()
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])

    assert failed["LastUpdateStatus"] == {"Status": "Failed", "FailureReason": "No capacity."}
    assert len(failed["FeatureDefinitions"]) == 2
    assert len(describe()["FeatureDefinitions"]) == 3


def test_a_deletion_fails_and_can_be_asked_for_again(make, emulator, sagemaker, describe, refused):
    make()
    emulator.faults.add("delete_fails", times=1, reason="The role is gone.")
    sagemaker.delete_feature_group(FeatureGroupName="weather")
    failed = describe()
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    assert (failed["FeatureGroupStatus"], failed["FailureReason"]) == ("DeleteFailed", "The role is gone.")
    assert refused(sagemaker.describe_feature_group, FeatureGroupName="weather")[0] == "ResourceNotFound"


def test_reads_are_stale_for_so_many_reads(make, emulator, sagemaker, describe):
    make()
    emulator.faults.add("stale_reads", reads=2)
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])

    assert [len(describe()["FeatureDefinitions"]) for _ in range(4)] == [2, 2, 3, 3]


def test_reads_are_stale_for_so_many_seconds(make, emulator, sagemaker, describe):
    make()
    emulator.faults.add("stale_reads", operation="UpdateFeatureGroup", seconds=30)
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])
    during = [len(describe()["FeatureDefinitions"]) for _ in range(3)]
    emulator.advance_clock(30)

    assert during == [2, 2, 2]
    assert len(describe()["FeatureDefinitions"]) == 3


def test_a_new_group_is_not_seen_and_a_deleted_one_still_is(emulator, sagemaker, describe, refused):
    emulator.faults.add("stale_reads", reads=1)
    sagemaker.create_feature_group(**a_group())
    unseen, _ = refused(sagemaker.describe_feature_group, FeatureGroupName="weather")
    seen = describe()["FeatureGroupStatus"]
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    assert (unseen, seen, describe()["FeatureGroupStatus"]) == ("ResourceNotFound", "Created", "Created")
    assert refused(sagemaker.describe_feature_group, FeatureGroupName="weather")[0] == "ResourceNotFound"


def test_a_write_can_be_answered_and_ignored(make, emulator, sagemaker, describe):
    make()
    emulator.faults.add("ignored_write", operation="UpdateFeatureGroup", times=1)

    reply = sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])

    assert reply["FeatureGroupArn"]
    assert len(describe()["FeatureDefinitions"]) == 2
    assert "LastUpdateStatus" not in describe()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("role_not_propagated", "The execution role ARN is invalid."),
        ("bucket_not_propagated", "Invalid S3Uri provided"),
    ],
)
def test_what_has_not_propagated_yet_is_refused_until_it_has(emulator, sagemaker, refused, kind, words):
    emulator.faults.add(kind, times=1)

    code, message = refused(sagemaker.create_feature_group, **a_group(offline={}))
    sagemaker.create_feature_group(**a_group(offline={}))

    assert code == "ValidationException"
    assert words in message


def test_latency_is_waited_for_outside_the_store(make, emulator):
    emulator.faults.add("latency", seconds=5.5)
    emulator.faults.add("latency", seconds=100, group="weather")
    headers = {"X-Amz-Target": "SageMaker.DescribeFeatureGroup"}

    slow = emulator.receive("POST", "/", headers, b'{"FeatureGroupName": "other"}')
    slower = emulator.receive("POST", "/", headers, b'{"FeatureGroupName": "weather"}')

    assert slow.delay_s == 5.5
    assert slower.delay_s == emulator.settings.sleep_limit_s


def test_faults_are_listed_removed_and_cleared(emulator, sagemaker):
    first = emulator.faults.add("throttled", operation="Search")
    second = emulator.faults.add("latency", seconds=1)

    emulator.faults.remove(first)
    left = emulator.faults.all()
    emulator.faults.clear()

    assert list(left) == [second]
    assert emulator.faults.all() == {}


def test_faults_are_seen_by_other_instances_on_the_directory(emulator, tmp_path, sagemaker, refused):
    other = open_emulator(tmp_path / "data")
    other.faults.add("throttled", times=1)
    other.close()

    assert refused(sagemaker.list_feature_groups)[0] == "ThrottlingException"
    sagemaker.list_feature_groups()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_fault_can_be_added(emulator, kind):
    number = emulator.faults.add(kind)

    assert emulator.faults.all()[number].kind == kind


def test_a_misspelt_fault_is_refused(emulator):
    with pytest.raises(ValueError, match="there is no fault 'slow'"):
        emulator.faults.add("slow")
    with pytest.raises(ValueError, match="a fault has no second"):
        emulator.faults.add("latency", second=1)
