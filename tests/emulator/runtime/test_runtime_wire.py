"""The runtime on the wire: REST-JSON, raw paths, and errors in AWS's shape whatever arrives."""

import json

import pytest
from emulator_help import a_group
from hypothesis import example, given
from hypothesis import strategies as st
from runtime_help import T1, T2, a_record, drawn, fv, get, pending, put, raw

ARN = "arn%3Aaws%3Asagemaker%3Aeu-west-1%3A000000000000%3Afeature-group%2Fweather"
MODELLED = {
    "ValidationError": 400,
    "SerializationException": 400,
    "AccessForbidden": 403,
    "ResourceNotFound": 404,
    "ConflictException": 409,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
    "NotImplemented": 501,
}


def assert_error(reply):
    """An error any AWS client can read: the code in a header, the sentence as Message."""
    code = reply.headers["x-amzn-ErrorType"]

    assert reply.status == MODELLED[code]
    assert reply.headers["x-amzn-RequestId"]
    assert isinstance(json.loads(reply.body)["Message"], str)


# ---- Requests as boto3 sends them ----


@pytest.mark.parametrize("name", ["weather", ARN, ARN.replace("%3A", ":"), "%77eather"])
def test_the_name_is_one_encoded_segment(weather, emulator, runtime, name):
    reply = raw(emulator, "PUT", f"/FeatureGroup/{name}", {"Record": a_record()})

    assert (reply.status, reply.body) == (200, b"")
    assert get(runtime) == {"id": "a", "at": T1}


def test_parameters_of_get_are_in_the_query(weather, emulator, runtime):
    put(runtime, "a b+c&d/é", sky="clear", wind="3")
    query = "RecordIdentifierValueAsString=a%20b%2Bc%26d%2F%C3%A9&FeatureName=sky&FeatureName=wind&More=1"
    reply = raw(emulator, "GET", f"/FeatureGroup/weather?{query}&ExpirationTimeResponse=Enabled")

    assert json.loads(reply.body) == {"Record": [fv("sky", "clear"), fv("wind", "3")]}


def test_parameters_of_delete_are_in_the_query(weather, emulator, runtime):
    put(runtime)
    query = f"RecordIdentifierValueAsString=a&EventTime={T2.replace(':', '%3A')}&DeletionMode=HardDelete"
    reply = raw(emulator, "DELETE", f"/FeatureGroup/weather?{query}&TargetStores=OnlineStore&TargetStores=OfflineStore")

    assert (reply.status, reply.body) == (200, b"")
    assert get(runtime) is None
    assert len(pending(emulator)) == 2


def test_what_the_path_says_beats_the_body(weather, emulator, runtime):
    body = {"FeatureGroupName": "nothing", "RecordIdentifierValueAsString": "b", "Record": a_record()}

    assert raw(emulator, "PUT", "/FeatureGroup/weather", body).status == 200
    assert get(runtime) == {"id": "a", "at": T1}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "/FeatureGroup/weather"), ("PATCH", "/FeatureGroup/weather"), ("GET", "/BatchGetRecord")),
        *(("PUT", "/BatchWriteRecord"), ("POST", "/FeatureGroup/weather/Records"), ("PUT", "/FeatureGroup/weather/")),
        *(("POST", "/FeatureGroup/weather/Record/x"), ("GET", "/FeatureGroup/a/b"), ("GET", "/featuregroup/weather")),
    ],
)
def test_other_paths_are_not_implemented(weather, emulator, method, path):
    assert raw(emulator, method, path, b"{}").status == 501


# ---- Errors ----


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b'{"Record": NaN}', b'{"Record": "\\ud800"}', b"[" * 50_000),
        *(b'{"a":' * 50_000, b'{"Record": ' + b"1" * 5000 + b"}", "{}".encode("utf-16"), b"\xef\xbb\xbf{}"),
        *(b'{"Record": [{"FeatureName": "id", "ValueAsString": 5}]}', b'{"Record": [[]]}', b'{"Record": 5}'),
    ],
)
def test_a_body_that_is_no_input_is_a_serialization_exception(weather, emulator, body):
    for method, path in (("PUT", "/FeatureGroup/weather"), ("POST", "/BatchWriteRecord")):
        sent = body.replace(b"Record", b"Entries") if method == "POST" else body
        reply = raw(emulator, method, path, sent)

        assert_error(reply)
        assert reply.headers["x-amzn-ErrorType"] in {"SerializationException", "ValidationError"}


@pytest.mark.parametrize(
    "query",
    [
        *("", "RecordIdentifierValueAsString", "recordidentifiervalueasstring=a", "FeatureName=id"),
        *(
            "RecordIdentifierValueAsString=%FF",
            "RecordIdentifierValueAsString=%ED%A0%80",
            "RecordIdentifierValueAsString=",
        ),
        *("RecordIdentifierValueAsString=a&FeatureName=", "RecordIdentifierValueAsString=a&FeatureName=%F0%28"),
        *("RecordIdentifierValueAsString=a&ExpirationTimeResponse=enabled", "%FF=%FF&;;&&=", "a" * 60_000),
    ],
)
def test_a_query_that_is_no_input_is_refused(weather, emulator, query):
    assert_error(raw(emulator, "GET", f"/FeatureGroup/weather?{query}"))


@pytest.mark.parametrize(
    "name",
    [
        *("", "%", "%2", "%zz", "%FF", "%00", "%2e%2e", "..", ".", "%252e", "weather%2F..%2Fweather", "weather%20"),
        *("%2Fweather", "weather%00", "weather%0A", "x" * 10_000, "%E2%80%AE", "wea;ther", "weather,plane", "*"),
        *(f"{ARN}%2F", ARN.replace("weather", ""), ARN.replace("aws", "AWS"), "arn%3A", "arn%3A%3A%3A%3A%3A%2F"),
    ],
)
def test_tricks_in_the_path_name_no_group(weather, emulator, name):
    assert_error(raw(emulator, "PUT", f"/FeatureGroup/{name}", {"Record": a_record()}))
    assert pending(emulator) == []


def test_a_body_that_is_too_large_is_refused(weather, emulator):
    reply = raw(emulator, "PUT", "/FeatureGroup/weather", b'{"x": "' + b"x" * 10_000_000 + b'"}')

    assert reply.status == 413
    assert json.loads(reply.body)["Message"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("internal_failure", "InternalFailure"),
        ("service_unavailable", "ServiceUnavailable"),
        ("access_denied", "AccessForbidden"),
        ("disk_full", "InternalFailure"),
    ],
)
def test_every_modelled_failure_has_its_status(weather, runtime, emulator, kind, code):
    emulator.faults.add(kind, operation="PutRecord")

    with pytest.raises(getattr(runtime.exceptions, code)) as caught:
        put(runtime)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == MODELLED[code]
    assert caught.value.response["Error"]["Message"]
    assert pending(emulator) == []


# ---- Fuzz ----

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
members = st.sampled_from(
    [
        *("Record", "Entries", "Identifiers", "FeatureGroupName", "RecordIdentifierValueAsString", "Features"),
        *("TargetStores", "TtlDuration", "MaxResults", "NextToken", "IncludeSoftDeletedRecords"),
        *("FeatureName", "ValueAsString", "ValueAsStringList", "RecordIdentifiersValueAsString", "FeatureNames"),
        *("Unit", "Value", "ExpirationTimeResponse"),
    ]
)
likely = st.sampled_from(["weather", "id", "at", "a", T1, "sky", "1", 1, 100, "Days", "OnlineStore", "Enabled", True])
shaped = st.recursive(
    likely | json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=4),
    max_leaves=25,
)
ROUTES = [
    *(("PUT", "/FeatureGroup/weather"), ("POST", "/FeatureGroup/weather/Record"), ("POST", "/BatchWriteRecord")),
    *(("POST", "/FeatureGroup/weather/ListRecords"), ("POST", "/BatchGetRecord"), ("GET", "/FeatureGroup/weather")),
    ("DELETE", "/FeatureGroup/weather"),
]


def assert_answered(emulator, reply):
    if reply.status == 200:
        json.loads(reply.body or b"{}")
    else:
        assert_error(reply)
    assert reply.status < 500 or reply.status == 501
    assert raw(emulator, "GET", "/FeatureGroup/weather?RecordIdentifierValueAsString=a").status == 200


@drawn
@given(route=st.sampled_from(ROUTES), body=st.dictionaries(members, shaped, max_size=5) | json_values)
def test_any_json_is_answered(weather, emulator, route, body):
    assert_answered(emulator, raw(emulator, *route, body))


@drawn
@given(route=st.sampled_from(ROUTES), body=st.binary(max_size=200))
def test_any_bytes_are_answered(weather, emulator, route, body):
    assert_answered(emulator, raw(emulator, *route, body))


tail = st.text(st.sampled_from("%/?&=+;.:#0aAfF\\\"'<> é\x00\x7f"), max_size=40)


@drawn
@given(method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]), name=tail, query=tail)
@example(method="GET", name="weather", query="RecordIdentifierValueAsString=%")
def test_any_path_is_answered(weather, emulator, method, name, query):
    reply = raw(emulator, method, f"/FeatureGroup/{name}?{query}", b"{}")

    assert reply.status in {200, 400, 404, 501}


def test_the_fuzzed_server_still_knows_its_groups(weather, sagemaker, emulator):
    sagemaker.create_feature_group(**a_group("plane"))

    assert len(sagemaker.list_feature_groups()["FeatureGroupSummaries"]) == 2
