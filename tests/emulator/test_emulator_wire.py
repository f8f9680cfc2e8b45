"""The wire: whatever arrives, the reply is one AWS could have sent."""

import json
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import pytest
from emulator_help import a_group
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=0"
OPERATIONS = (
    *("CreateFeatureGroup", "DescribeFeatureGroup", "UpdateFeatureGroup", "DeleteFeatureGroup", "ListFeatureGroups"),
    *("DescribeFeatureMetadata", "UpdateFeatureMetadata", "AddTags", "ListTags", "DeleteTags", "Search"),
)


def ask(emulator, target, body, service="sagemaker"):
    headers = {"X-Amz-Target": target, "Authorization": SIGNED.format(service)}
    reply = emulator.answer("POST", "https://api.sagemaker.eu-west-1.amazonaws.com/", headers, body)
    return reply.status, json.loads(reply.body or b"{}")


def sagemaker_(emulator, operation, body):
    return ask(emulator, f"SageMaker.{operation}", body)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b'{"FeatureGroupName": NaN}',
        b'{"FeatureGroupName": "\\ud800"}',
        b'{"FeatureGroupName": 1}',
        b'{"FeatureGroupName": true}',
        b'{"FeatureGroupName": ["weather"]}',
        b'{"FeatureGroupName": {}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"FeatureGroupName": ' + b"1" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_input_is_a_serialization_exception(emulator, body):
    status, reply = sagemaker_(emulator, "DescribeFeatureGroup", body)

    assert (status, reply["__type"]) == (400, "SerializationException")


def test_deep_expressions_are_refused_not_crashed_on(emulator):
    deep = {"Filters": [{"Name": "FeatureGroupName", "Value": "x"}]}
    for _ in range(400):
        deep = {"SubExpressions": [deep]}

    status, reply = sagemaker_(
        emulator, "Search", json.dumps({"Resource": "FeatureGroup", "SearchExpression": deep}).encode()
    )

    assert status == 400
    assert reply["__type"] in {"SerializationException", "ValidationException"}


@pytest.mark.parametrize("value", ["yesterday", True, [], 1e300])
def test_a_time_is_a_number(emulator, value):
    status, reply = sagemaker_(emulator, "ListFeatureGroups", json.dumps({"CreationTimeAfter": value}).encode())

    assert (status, reply["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("value", [1.5, True, "1", 2**31, 10**30])
def test_an_integer_is_a_32_bit_one(emulator, value):
    status, reply = sagemaker_(emulator, "ListFeatureGroups", json.dumps({"MaxResults": value}).encode())

    assert (status, reply["__type"]) == (400, "SerializationException")


def test_an_oversized_body_is_refused(emulator):
    body = json.dumps({"FeatureGroupName": "x" * 10_000_001}).encode()

    status, reply = sagemaker_(emulator, "DescribeFeatureGroup", body)

    assert (status, reply["__type"]) == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("SageMaker.CreateTrainingJob", ("CreateTrainingJob", "sagemaker")),
        ("DynamoDB_20120810.PutItem", ("PutItem", "DynamoDB_20120810")),
        ("nonsense", ("nonsense",)),
    ],
)
def test_what_is_not_emulated_is_named_and_logged(emulator, caplog, target, words):
    status, reply = ask(emulator, target, b"{}")

    assert (status, reply["__type"]) == (501, "NotImplemented")
    assert all(word in reply["message"] and word in caplog.text for word in words)


@pytest.mark.parametrize("word", ["a\x1b[2J\nb", "x" * 100_000], ids=["moves the cursor", "fills the memory"])
def test_whatever_a_client_calls_it_is_logged_and_remembered_as_a_word(emulator, caplog, word):
    action = urlencode({"Action": word}).encode()
    signed = {"Authorization": SIGNED.format(quote(word))}

    emulator.answer("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, action)
    emulator.answer("PATCH", "/", signed, b"")
    ask(emulator, f"{word}.{word}", b"{}")

    assert all(line.getMessage().isprintable() and len(line.getMessage()) < 500 for line in caplog.records)
    assert all(operation.isprintable() and len(operation) <= 200 for operation, _ in emulator.calls)


@pytest.mark.parametrize("member", ["FeatureGroupName", "ResourceArn", "Name"])
def test_a_name_that_is_too_long_is_not_kept_whole(emulator, member):
    name = "x" * 1_000_000
    body = json.dumps({member: name}).encode()

    exchange = emulator.receive("POST", "/", {"X-Amz-Target": "SageMaker.Search"}, body)
    emulator.receive("GET", f"/bucket/{name}", {}, b"")

    assert len(exchange.subject) < 2_000
    assert all(len(group or "") < 2_000 for _, group in emulator.calls)


def test_another_protocol_is_named_by_its_signature(emulator):
    reply = emulator.answer("PUT", "/bucket/key", {"Authorization": SIGNED.format("lambda")}, b"\x00")

    assert reply.status == 501
    assert "lambda" in json.loads(reply.body)["message"]


def test_an_unknown_sts_operation_is_an_error_in_xml(emulator):
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Authorization": SIGNED.format("sts"),
    }

    reply = emulator.answer("POST", "/", headers, b"Action=AssumeRoleWithSAML&RoleArn=<x>&Version=2011-06-15")

    assert reply.status == 501
    assert "AssumeRoleWithSAML" in ET.fromstring(reply.body).find(".//{*}Message").text


def test_without_a_signature_the_region_is_us_east_1(emulator):
    body = json.dumps(a_group()).encode()

    reply = emulator.answer("POST", "/", {b"x-amz-target": b"SageMaker.CreateFeatureGroup"}, body)

    assert ":us-east-1:" in json.loads(reply.body)["FeatureGroupArn"]


def test_modelled_errors_say_message_with_a_capital(emulator):
    _, missing = sagemaker_(emulator, "DescribeFeatureGroup", b'{"FeatureGroupName": "x"}')
    _, invalid = sagemaker_(emulator, "DescribeFeatureGroup", b"{}")

    assert "Message" in missing
    assert "message" in invalid


def test_every_reply_has_a_request_id_of_its_own(sagemaker):
    ids = {sagemaker.list_feature_groups()["ResponseMetadata"]["RequestId"] for _ in range(3)}

    assert len(ids) == 3


def test_calls_are_remembered(sagemaker, emulator, make):
    arn = make()["FeatureGroupArn"]
    sagemaker.list_tags(ResourceArn=arn)
    sagemaker.list_feature_groups()

    assert list(emulator.calls) == [
        ("CreateFeatureGroup", "weather"),
        ("DescribeFeatureGroup", "weather"),
        ("ListTags", "weather"),
        ("ListFeatureGroups", None),
    ]


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
)
members = st.sampled_from(
    [
        *("FeatureGroupName", "FeatureDefinitions", "OnlineStoreConfig", "OfflineStoreConfig", "Tags", "Resource"),
        *("SearchExpression", "NextToken", "ResourceArn", "TagKeys", "FeatureName", "MaxResults", "TtlDuration"),
        *("FeatureAdditions", "ThroughputConfig", "S3StorageConfig", "S3Uri", "Filters", "Name", "Value", "Key"),
        *("ParameterAdditions", "Description", "SortBy", "CreationTimeAfter", "EnableOnlineStore", "Operator"),
    ]
)
words = st.sampled_from(
    [
        *("weather", "id", "at", "String", "FeatureGroup", "FeatureMetadata", "Equals", "Contains", "CreationTime"),
        *("2001-01-01", "5b312c325d", "\x00", "Created", "Name", "Tags.a", "s3://b/p", "Days", "Or"),
        "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather",
    ]
)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(members, values, max_size=6).map(lambda body: json.dumps(body).encode()) | st.binary()
slow = hypothesis_settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def assert_aws_shaped(reply):
    assert reply.status in {200, 400, 413, 501}
    if reply.status != 200:
        body = json.loads(reply.body)
        assert body["__type"]
        assert body.get("message") or body.get("Message")


@given(operation=st.sampled_from(OPERATIONS), body=bodies)
@slow
def test_any_body_gets_a_reply_in_the_shape_of_aws(emulator, operation, body):
    headers = {"X-Amz-Target": f"SageMaker.{operation}", "Authorization": SIGNED.format("sagemaker")}

    assert_aws_shaped(emulator.answer("POST", "/", headers, body))


@given(operation=st.sampled_from(OPERATIONS), change=st.dictionaries(members, values, min_size=1, max_size=3))
@slow
def test_a_good_request_spoilt_gets_a_reply_in_the_shape_of_aws(emulator, operation, change):
    request = {
        **a_group(offline={}),
        "FeatureName": "id",
        "Resource": "FeatureGroup",
        "ResourceArn": "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather",
        "TagKeys": ["a"],
        "Tags": [{"Key": "a", "Value": "b"}],
        **change,
    }
    headers = {"X-Amz-Target": f"SageMaker.{operation}", "Authorization": SIGNED.format("sagemaker")}

    assert_aws_shaped(emulator.answer("POST", "/", headers, json.dumps(request).encode()))


@given(target=st.text(max_size=30), authorization=st.text(max_size=80), body=st.binary(max_size=50))
@slow
def test_any_header_gets_a_reply_in_the_shape_of_aws(emulator, target, authorization, body):
    headers = {"X-Amz-Target": target, "Authorization": authorization}

    reply = emulator.answer("POST", "/x?y=%zz", headers, body)

    # What names no service is taken for S3, the one that serves anybody.
    if reply.headers["Content-Type"] == "application/xml":
        assert (reply.status, ET.fromstring(reply.body).tag) in {(400, "Error"), (501, "Error")}
    else:
        assert_aws_shaped(reply)
