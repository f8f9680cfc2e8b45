"""Faults of every service, by rate and by chance, and how long things take."""

import math
import sqlite3
import statistics
from contextlib import closing

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.fault_checks import valid
from reconciler.emulator.fault_refusals import Asked, refusal
from reconciler.emulator.faults import KINDS, chance
from reconciler.emulator.operations import NAMES, service


@pytest.fixture
def record():
    return [{"FeatureName": "id", "ValueAsString": "a"}, {"FeatureName": "at", "ValueAsString": "2026-01-01T00:00:00Z"}]


@pytest.mark.parametrize(
    ("kind", "service", "code", "status"),
    [
        ("throttled", "featurestore-runtime", "ThrottlingException", 400),
        ("throttled", "s3", "SlowDown", 503),
        ("throttled", "sts", "Throttling", 400),
        ("throttled", "iam", "Throttling", 400),
        ("throttled", "lakeformation", "ThrottledException", 429),
        ("internal_failure", "featurestore-runtime", "InternalFailure", 500),
        ("internal_failure", "s3", "InternalError", 500),
        ("internal_failure", "athena", "InternalServerException", 500),
        ("internal_failure", "glue", "InternalServiceException", 500),
        ("internal_failure", "kms", "KMSInternalException", 500),
        ("internal_failure", "iam", "ServiceFailure", 500),
        ("service_unavailable", "featurestore-runtime", "ServiceUnavailable", 503),
        ("service_unavailable", "s3", "ServiceUnavailable", 503),
        ("access_denied", "featurestore-runtime", "AccessForbidden", 403),
        ("access_denied", "s3", "AccessDenied", 403),
        ("access_denied", "athena", "AccessDeniedException", 400),
        ("access_denied", "sts", "AccessDenied", 403),
        ("expired_token", "s3", "ExpiredToken", 400),
        ("expired_token", "sts", "ExpiredToken", 403),
        ("expired_token", "featurestore-runtime", "ExpiredTokenException", 403),
        ("disk_full", "featurestore-runtime", "InternalFailure", 500),
        ("disk_full", "s3", "InternalError", 500),
    ],
)
def test_an_error_has_the_code_and_status_of_its_service(kind, service, code, status):
    error = refusal(kind, Asked(service, "DoIt", "*", "arn:aws:iam::000000000000:user/emulator"))

    assert (error.code, error.status) == (code, status)


def test_the_runtime_raises_what_its_clients_expect(emulator, make, runtime, record):
    make()
    emulator.faults.add("access_denied", operation="PutRecord")

    with pytest.raises(runtime.exceptions.AccessForbidden, match="sagemaker:PutRecord on resource"):
        runtime.put_record(FeatureGroupName="weather", Record=record)


def test_s3_is_told_to_slow_down_in_xml(emulator, s3, refused):
    emulator.faults.add("throttled", service="s3")

    assert refused(s3.list_buckets) == ("SlowDown", "Please reduce your request rate.")


def test_a_fault_hits_the_service_it_names_and_no_other(emulator, s3, sagemaker, refused):
    emulator.faults.add("internal_failure", service="s3")

    assert refused(s3.list_buckets)[0] == "InternalError"
    assert sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []


def test_boto3s_own_name_of_the_runtime_will_do(emulator):
    number = emulator.faults.add("throttled", service="sagemaker-featurestore-runtime")

    assert emulator.faults.all()[number].service == "featurestore-runtime"


def test_of_s3_the_group_is_the_bucket(emulator, s3, refused):
    emulator.faults.add("throttled", group="mine")
    s3.create_bucket(Bucket="yours", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    assert refused(s3.list_objects_v2, Bucket="mine")[0] == "SlowDown"
    assert refused(s3.get_object, Bucket="mine", Key="yours/x")[0] == "SlowDown"
    assert s3.list_objects_v2(Bucket="yours")["KeyCount"] == 0


def test_a_batch_is_about_every_group_in_it(emulator, make, runtime, record, refused):
    make("weather")
    make("plane")
    emulator.faults.add("throttled", group="plane")
    entries = [{"FeatureGroupName": name, "Record": record} for name in ("weather", "plane")]

    assert refused(runtime.batch_write_record, Entries=entries)[0] == "ThrottlingException"
    assert runtime.batch_write_record(Entries=entries[:1])["Errors"] == []


# By rate


def throttled(emulator, runtime, calls, operation="get_record"):
    """How many of so many calls were refused."""
    refused = 0
    for _ in range(calls):
        try:
            if operation == "get_record":
                runtime.get_record(FeatureGroupName="weather", RecordIdentifierValueAsString="a")
            else:
                runtime.list_records(FeatureGroupName="weather")
        except ClientError as error:
            refused += error.response["Error"]["Code"] == "ThrottlingException"
    return refused


def test_calls_beyond_a_rate_are_refused_until_time_has_passed(emulator, make, runtime):
    make()
    emulator.freeze_clock()
    emulator.faults.add("throttled", rate=5)

    first = throttled(emulator, runtime, 8)
    emulator.advance_clock(0.4)
    second = throttled(emulator, runtime, 8)
    emulator.advance_clock(3600)
    third = throttled(emulator, runtime, 8)

    assert (first, second, third) == (3, 6, 3)


def test_a_burst_passes_after_a_while_without_calls(emulator, make, runtime):
    make()
    emulator.freeze_clock()
    emulator.faults.add("throttled", rate=1, burst=10)

    first = throttled(emulator, runtime, 12)
    emulator.advance_clock(2)

    assert (first, throttled(emulator, runtime, 12)) == (2, 10)


def test_a_rate_is_of_each_operation_as_aws_counts(emulator, make, runtime):
    make()
    emulator.freeze_clock()
    emulator.faults.add("throttled", rate=3)

    assert [throttled(emulator, runtime, 4, operation) for operation in ("get_record", "list_records")] == [1, 1]


@given(st.integers(1, 20), st.integers(0, 10**6))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_at_a_rate_as_many_calls_pass_in_a_second_whatever_the_time_is(clocked, rate, moment):
    clocked.reset()
    clocked.freeze_clock()
    clocked.set_clock(moment / 1000)
    clocked.faults.add("throttled", rate=rate, burst=2)
    passed = []
    for _ in range(80):
        clocked.advance_clock(0.025)
        passed.append(not clocked.faults.draw("sagemaker", "Search"))

    assert sum(passed[40:]) in {rate - 1, rate, rate + 1}
    assert sum(passed) in {2 * rate + 1, 2 * rate + 2}


@pytest.fixture(scope="module")
def clocked(tmp_path_factory):
    with open_emulator(tmp_path_factory.mktemp("clocked")) as opened:
        yield opened


def test_a_rate_is_kept_for_all_processes_on_a_directory(tmp_path):
    with open_emulator(tmp_path) as one, open_emulator(tmp_path) as other:
        one.freeze_clock()
        one.faults.add("throttled", rate=3)
        drawn = [bool(each.faults.draw("sagemaker", "Search")) for each in (one, other) * 3]

    assert drawn == [False, False, False, True, True, True]


def test_a_rate_below_one_a_second_still_lets_calls_pass(tmp_path):
    with open_emulator(tmp_path) as emulator:
        emulator.freeze_clock()
        emulator.faults.add("throttled", rate=0.1)
        drawn = []
        for _ in range(21):
            drawn.append(not emulator.faults.draw("sagemaker", "Search"))
            emulator.advance_clock(1)

    assert [second for second, passed in enumerate(drawn) if passed] == [0, 10, 20]


# By chance


def seconds(tmp_path, count=400, **details):
    with open_emulator(tmp_path) as emulator:
        emulator.faults.add("latency", **details)
        return [emulator.faults.draw("sagemaker", "Search")[0].seconds for _ in range(count)]


@pytest.mark.parametrize(
    ("details", "middle", "least", "most"),
    [
        ({"seconds": 0.2}, 0.2, 0.2, 0.2),
        ({"seconds": 0.2, "distribution": "uniform", "spread": 0.1}, 0.2, 0.1, 0.3),
        ({"seconds": 0.2, "distribution": "exponential"}, 0.2 * math.log(2), 0.0, 4.0),
        ({"seconds": 0.2, "distribution": "lognormal", "spread": 0.5}, 0.2, 0.01, 4.0),
    ],
)
def test_latency_is_distributed_as_asked_and_the_same_every_time(tmp_path, details, middle, least, most):
    drawn = seconds(tmp_path / "one", **details)

    assert drawn == seconds(tmp_path / "two", **details)
    assert statistics.median(drawn) == pytest.approx(middle, rel=0.2)
    assert least <= min(drawn) <= max(drawn) <= most


def test_another_seed_is_another_latency(tmp_path):
    assert seconds(tmp_path / "one", seconds=1, distribution="exponential") != seconds(
        tmp_path / "two", seconds=1, distribution="exponential", seed=1
    )


@given(st.integers(), st.integers(0, 10**9))
def test_chance_is_between_0_and_1(seed, count):
    assert 0 <= chance(seed, count) < 1


@given(
    st.sampled_from(["uniform", "exponential", "lognormal"]),
    st.floats(0, 100),
    st.floats(0, 10),
    st.integers(-(2**70), 2**70),
)
def test_no_latency_is_negative_or_endless(distribution, middle, spread, seed):
    from reconciler.emulator.faults import _seconds

    fault = valid("latency", {"seconds": middle, "spread": spread, "distribution": distribution, "seed": seed})
    drawn = [_seconds(fault, count) for count in range(20)]

    assert all(0 <= each < math.inf for each in drawn)


# The rest


def test_a_full_disk_stores_nothing(emulator, make, runtime, record, refused):
    make()
    with emulator.faults.add("disk_full"):
        refusal_ = refused(runtime.put_record, FeatureGroupName="weather", Record=record)
        found = runtime.get_record(FeatureGroupName="weather", RecordIdentifierValueAsString="a")
    runtime.put_record(FeatureGroupName="weather", Record=record)

    assert refusal_[0] == "InternalFailure"
    assert "Record" not in found
    assert runtime.get_record(FeatureGroupName="weather", RecordIdentifierValueAsString="a")["Record"] == record


def test_a_flush_to_a_full_disk_keeps_its_rows(emulator, make, runtime, record, s3):
    make(offline={})
    runtime.put_record(FeatureGroupName="weather", Record=record)

    with emulator.faults.add("disk_full", operation="Flush") as fault:
        none = emulator.flush()
        objects = s3.list_objects_v2(Bucket="features").get("Contents", [])
        hits = emulator.faults.hits(fault)
    some = emulator.flush()

    assert (none, objects, some) == (0, [], 1)
    assert hits >= 1


def test_how_often_there_is_a_flush_uses_up_no_fault_of_calls(emulator, make, runtime, record, refused):
    make(offline={})
    runtime.put_record(FeatureGroupName="weather", Record=record)
    emulator.faults.add("disk_full", times=1)

    assert emulator.flush() == 1
    assert refused(runtime.put_record, FeatureGroupName="weather", Record=record)[0] == "InternalFailure"


def test_as_a_context_a_fault_goes_when_the_block_ends(emulator, sagemaker, refused):
    with emulator.faults.add("throttled") as fault:
        assert refused(sagemaker.list_feature_groups)[0] == "ThrottlingException"
        assert emulator.faults.hits(fault) == 1

    assert sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []
    assert emulator.faults.all() == {}


def test_a_fault_counts_the_calls_it_hit(emulator, sagemaker):
    fault = emulator.faults.add("latency", seconds=0, operation="ListFeatureGroups", times=2)
    for _ in range(3):
        sagemaker.list_feature_groups()

    assert emulator.faults.hits(fault) == 2
    assert emulator.faults.hits(12345) == 0


def test_without_a_fault_that_is_about_a_call_nothing_is_written(emulator, sagemaker):
    """Somebody else writes all the while: to write would be to wait."""
    emulator.faults.add("throttled", operation="PutRecord")
    with closing(sqlite3.connect(emulator.store.path, isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")

        assert sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        ("slow", {}, "there is no fault 'slow'; there are: latency, "),
        ("latency", {"second": 1}, "a fault has no second; it has: operation, "),
        ("latency", {"seconds": "1"}, "seconds is a number, not negative, not '1'"),
        ("latency", {"seconds": -1}, "seconds is a number, not negative"),
        ("latency", {"seconds": math.inf}, "seconds is a number, not negative"),
        ("latency", {"seconds": True}, "seconds is a number, not negative"),
        ("latency", {"distribution": "normal"}, "there is no distribution 'normal'; there are: fixed, "),
        ("latency", {"rate": 5}, "latency takes no rate; rate belongs to: throttled"),
        ("throttled", {"probability": 2}, "probability is between 0 and 1, not 2"),
        ("throttled", {"times": 1.5}, "times is a whole number, not negative, not 1.5"),
        ("throttled", {"operation": "PutRecrod"}, "has no operation 'PutRecrod'; did you mean PutRecord?"),
        ("throttled", {"operation": "PutRecord", "service": "glue"}, "glue has no operation 'PutRecord'"),
        ("throttled", {"service": "dynamodb"}, "there is no service 'dynamodb'; there are: sagemaker, "),
        ("throttled", {"group": 7}, "group is text, not 7"),
        ("create_fails", {"operation": "PutRecord"}, "create_fails never hits PutRecord; it hits: CreateFeatureGroup"),
        ("entries_fail", {"share": 1.1}, "share is between 0 and 1, not 1.1"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_what_would(emulator, kind, details, words):
    with pytest.raises(ValueError) as refused:
        emulator.faults.add(kind, **details)

    assert words in str(refused.value)
    assert emulator.faults.all() == {}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_hits_what_it_is_about(tmp_path, kind):
    mine = KINDS[kind]
    with open_emulator(tmp_path) as emulator:
        emulator.faults.add(kind)
        about = "Search" if mine == "*" else min(mine - {"Flush"})
        service = "s3" if about in {"CompleteMultipartUpload", "CopyObject"} else "sagemaker"

        assert [fault.kind for fault in emulator.faults.draw(service, about)] == [kind]
        assert mine == "*" or emulator.faults.draw("sagemaker", "Search") == ()


def test_kinds_speak_of_operations_that_there_are():
    there = {operation for name in NAMES for operation in service(name).operations}

    assert {operation for mine in KINDS.values() if mine != "*" for operation in mine} - there == {"Flush"}


def test_a_group_is_found_by_any_spelling_of_its_name(emulator, make, runtime, record, refused):
    arn = make("weather")["FeatureGroupArn"]
    emulator.faults.add("throttled", group="WEATHER", operation="PutRecord")

    assert refused(runtime.put_record, FeatureGroupName=arn, Record=record)[0] == "ThrottlingException"
