"""Unfriendly requests to every operation of every service: an answer in the shape of AWS, and nothing outside touched.

The short version runs with the other tests; FUZZ_EXAMPLES sets how many requests of each kind, drawn anew.
"""

import json
import os
from functools import cache
from urllib.parse import quote, urlencode

import botocore.session
import pytest
from emulator_help import ROLE, a_feature, a_group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.operations import NAMES, service

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "400"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 400,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
SIGNED = "AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=0"
TARGETS = {"sagemaker": "SageMaker", "glue": "AWSGlue", "athena": "AmazonAthena", "kms": "TrentService"}
ALL = sorted((name, operation) for name in NAMES if name != "s3" for operation in service(name).operations)

# Names that are there, names that are not, and text that somebody may hope to get through with.
known = st.sampled_from(
    [
        *("weather", "ice", "memory", "id", "at", "x", "v", "primary", "features", "sagemaker_featurestore", "t"),
        *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789Z", "9999-12-31T23:59:59Z", "1767225600.5", "1", "-7"),
        *("feature-store", ROLE, "s3://features/prod", "s3://features/../../outside", "s3://../outside/x", "s3:///"),
        "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather",
        "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/../weather",
        *("SELECT 1", "SELECT * FROM weather", "SELECT * FROM read_csv('/etc/passwd')", "COPY t TO '/tmp/x'", "DROP"),
        *(
            "DELETE FROM ice",
            "OPTIMIZE ice REWRITE DATA USING BIN_PACK",
            "CREATE EXTERNAL TABLE t (a int)",
            "ATTACH 'x'",
        ),
        *(
            "../../outside",
            "..",
            ".",
            "/",
            "a/b",
            "%2e%2e%2f",
            "\x00",
            "\ud7ff",
            "💥",
            "",
            " ",
            "NaN",
            "1e400",
            "9" * 30,
        ),
        *("<x>&amp;", "'; DROP TABLE records; --", '"', "\\", "Enabled", "HardDelete", "SoftDelete", "OnlineStore"),
    ]
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | known,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | known, inner, max_size=3),
    max_leaves=6,
)


def mostly(good, other):
    """`other` now and then; hypothesis would merge equal branches of a plain union."""
    return st.integers(0, 39).flatmap(lambda number: other if number == 13 else good)


# What a member of this name most often holds, so that a request meets something that is there.
LIKELY = {
    "FeatureGroupName": ["weather", "ice", "memory", "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather"],
    "FeatureName": ["id", "at", "x", "v"],
    "RecordIdentifierValueAsString": ["1", "2", "3"],
    "ValueAsString": ["1", "2", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.5Z", "1.5", "a"],
    "EventTime": ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    "DatabaseName": ["sagemaker_featurestore", "d"],
    "Database": ["sagemaker_featurestore", "d"],
    "TableName": ["t", "u"],
    "Name": ["sagemaker_featurestore", "d", "t", "primary", "g"],
    "WorkGroup": ["primary", "g"],
    "RoleName": ["feature-store", "r"],
    "RoleArn": [ROLE],
    "PolicyDocument": ['{"Version": "2012-10-17", "Statement": []}'],
    "AssumeRolePolicyDocument": ['{"Version": "2012-10-17", "Statement": []}'],
    "KeyId": ["alias/a", "arn:aws:kms:eu-west-1:000000000000:alias/a"],
    "AliasName": ["alias/a"],
    "CatalogId": ["000000000000"],
    "Catalog": ["AwsDataCatalog"],
    "CatalogName": ["AwsDataCatalog"],
    "S3Uri": ["s3://features/prod", "s3://features/../../outside"],
    "Location": ["s3://features/t/", "s3://features/../../outside/", "s3://../outside"],
    "OutputLocation": ["s3://features/results/", "s3://features/../../outside/"],
    "ResourceArn": [
        "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather",
        "arn:aws:s3:::features/prod",
    ],
    "QueryString": ["SELECT 1", "SELECT * FROM sagemaker_featurestore.t", "SHOW TABLES IN sagemaker_featurestore"],
    "NextToken": ["5b312c325d"],
    "Type": ["string", "bigint"],
    "RecordIdentifierFeatureName": ["id"],
    "EventTimeFeatureName": ["at"],
}


def fitting(shape, depth=0, name=""):
    """Values that mostly fit a shape of botocore's model, so that requests come past the door."""
    kind = shape.type_name
    if kind == "string":
        good = (
            st.sampled_from(shape.enum or LIKELY[name])
            if shape.enum or name in LIKELY
            else known | st.text(max_size=20)
        )
    elif kind in {"integer", "long"}:
        good = st.integers(-2, 200)
    elif kind == "boolean":
        good = st.booleans()
    elif kind in {"timestamp", "double", "float"}:
        good = st.floats(0, 2e9)
    elif kind == "map":
        good = st.dictionaries(known, known, max_size=2)
    elif kind == "list":
        good = st.lists(st.deferred(lambda: fitting(shape.member, depth + 1, name)), max_size=3 if depth < 4 else 0)
    elif kind == "structure":
        good = structure(shape, depth)
    else:
        good = anything
    return good if depth > 5 else mostly(good, anything)


def structure(shape, depth=0):
    """Required members always, optional ones now and then."""
    if shape is None:
        return st.just({})
    members = {
        name: st.deferred(lambda member=member, name=name: fitting(member, depth + 1, name))
        for name, member in shape.members.items()
    }
    required = {name: members[name] for name in shape.required_members}
    optional = {name: member for name, member in members.items() if name not in shape.required_members}
    return st.fixed_dictionaries(required, optional=optional if depth < 4 else {})


@cache
def model(name):
    """botocore's model of a service."""
    full = {"featurestore-runtime": "sagemaker-featurestore-runtime"}.get(name, name)
    return botocore.session.get_session().get_service_model(full)


@cache
def inputs(name, operation):
    """What may be sent to an operation."""
    return structure(model(name).operation_model(operation).input_shape)


@st.composite
def calls(draw):
    """An operation and an input for it."""
    name, operation = draw(st.sampled_from(ALL))
    return name, operation, draw(inputs(name, operation))


def sent(name, operation, payload):
    """The request as a client of that service would send it: method, address, headers, body."""
    if name in TARGETS:
        headers = {"X-Amz-Target": f"{TARGETS[name]}.{operation}", "Authorization": SIGNED.format(name)}
        return "POST", "/", headers, json.dumps(payload).encode()
    if name in {"sts", "iam"}:
        fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in payload.items()}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": SIGNED.format(name)}
        return "POST", "/", headers, urlencode({"Action": operation, **fields}, errors="replace").encode()
    if name == "lakeformation":
        return "POST", f"/{operation}", {"Authorization": SIGNED.format(name)}, json.dumps(payload).encode()
    method, address = runtime(operation, payload)
    return method, address, {"Authorization": SIGNED.format("sagemaker")}, json.dumps(payload).encode()


def runtime(operation, payload):
    """Method and address of an operation on records."""
    group = quote(str(payload.get("FeatureGroupName", "weather")), safe="", errors="replace")
    query = urlencode(
        {
            "RecordIdentifierValueAsString": str(payload.get("RecordIdentifierValueAsString", "1")),
            "EventTime": str(payload.get("EventTime", "2026-01-01T00:00:00Z")),
            "FeatureName": str(payload.get("FeatureNames", "x")),
        },
        errors="replace",
    )
    return {
        "PutRecord": ("PUT", f"/FeatureGroup/{group}"),
        "GetRecord": ("GET", f"/FeatureGroup/{group}?{query}"),
        "DeleteRecord": ("DELETE", f"/FeatureGroup/{group}?{query}"),
        "UpdateRecord": ("POST", f"/FeatureGroup/{group}/Record"),
        "ListRecords": ("POST", f"/FeatureGroup/{group}/ListRecords"),
    }.get(operation, ("POST", f"/{operation}"))


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """An emulator with something of everything, beside a folder that nobody may touch."""
    home = tmp_path_factory.mktemp("fuzz")
    (home / "outside").mkdir()
    (home / "outside" / "secret").write_text("mine")
    opened = open_emulator(home / "data")
    for group in (
        a_group("weather", a_feature("x", "Fractional"), offline={}),
        a_group("ice", a_feature("x", "Integral"), offline={"TableFormat": "Iceberg"}),
        a_group("memory", a_feature("v", "Fractional", CollectionType="List"), online={"StorageType": "InMemory"}),
    ):
        assert opened.answer(*sent("sagemaker", "CreateFeatureGroup", group)).status == 200
    record = [{"FeatureName": n, "ValueAsString": v} for n, v in (("id", "1"), ("at", "2026-01-01T00:00:00Z"))]
    for group in ("weather", "ice"):
        assert (
            opened.answer(
                *sent("featurestore-runtime", "PutRecord", {"FeatureGroupName": group, "Record": record})
            ).status
            == 200
        )
    yield opened
    opened.close()
    assert [path.name for path in home.iterdir()] == ["outside", "data"] or {p.name for p in home.iterdir()} == {
        "outside",
        "data",
    }
    assert [path.name for path in (home / "outside").iterdir()] == ["secret"]
    assert (home / "outside" / "secret").read_text() == "mine"


def assert_shaped_as_aws(answer):
    """A success, or an error that has a code and blames the right side."""
    body = b"".join(answer.chunks())
    assert 200 <= answer.status < 600
    assert answer.status not in {500, 502, 504}, body
    assert "root:" not in body.decode(errors="replace")
    if answer.status >= 400 and body:
        assert b"<Code>" in body or answer.headers.get("x-amzn-ErrorType"), body


@given(call=calls())
@many
def test_any_input_to_any_operation_gets_an_answer_in_the_shape_of_aws(furnished, call):
    assert_shaped_as_aws(furnished.answer(*sent(*call)))


@given(call=calls(), cut=st.integers(0, 200), junk=st.binary(max_size=6))
@many
def test_a_body_cut_short_or_spoilt_gets_an_answer_in_the_shape_of_aws(furnished, call, cut, junk):
    method, address, headers, body = sent(*call)

    assert_shaped_as_aws(furnished.answer(method, address, headers, body[:cut] + junk + body[cut + 1 :]))


segments = st.sampled_from(
    [
        *("features", "prod", "new-bucket", "..", ".", "", "%2e%2e", "%2E%2E%2F", "..%2f..%2foutside", "%00", "a%20b"),
        *("%c3%28", "%ff", "secret", "outside", "x" * 300, "s3", "control.sqlite3", "%5c..%5c", "~", "con", "a+b", "%"),
    ]
)
queries = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *(
                    "list-type",
                    "prefix",
                    "delimiter",
                    "max-keys",
                    "start-after",
                    "continuation-token",
                    "marker",
                    "uploads",
                ),
                *(
                    "uploadId",
                    "partNumber",
                    "delete",
                    "versions",
                    "location",
                    "acl",
                    "tagging",
                    "encoding-type",
                    "policy",
                ),
                *("versionId", "x", "versioning", "fetch-owner", "response-content-type", "key-marker", "attributes"),
            ]
        ),
        st.sampled_from(["", "2", "/", "1", "0", "-1", "99999999999", "url", "a", "../", "\x00", "é", "null"]),
    ),
    max_size=4,
)
extras = st.dictionaries(
    st.sampled_from(
        [
            *(
                "range",
                "if-match",
                "if-none-match",
                "if-modified-since",
                "x-amz-copy-source",
                "content-md5",
                "x-amz-meta-a",
            ),
            *("x-amz-copy-source-range", "content-type", "x-amz-decoded-content-length", "content-encoding"),
            *("x-amz-content-sha256", "x-amz-checksum-crc32", "x-amz-trailer", "x-amz-metadata-directive", "host"),
        ]
    ),
    st.sampled_from(
        [
            *(
                "bytes=0-1",
                "bytes=-5",
                "bytes=9-1",
                "bytes=a",
                "*",
                '"abc"',
                "features/prod",
                "/features/../outside/secret",
            ),
            *("%2e%2e/outside/secret", "features/%00", "1", "-1", "aws-chunked", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            *("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "Wed, 21 Oct 2015 07:28:00 GMT", "not a date", "AAAAAA==", "COPY"),
            *(
                "REPLACE",
                "x-amz-checksum-crc32",
                "features.s3.eu-west-1.amazonaws.com",
                "...s3.amazonaws.com",
                "text/html",
            ),
        ]
    ),
    max_size=4,
)
objects = st.binary(max_size=60) | st.sampled_from(
    [
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n\r\n",
        b"<Delete><Object><Key>../../outside/secret</Key></Object></Delete>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&b;</Key></Object></Delete>',
        b"<" * 50,
    ]
)


@given(
    method=st.sampled_from(["GET", "PUT", "HEAD", "DELETE", "POST", "PATCH", "OPTIONS"]),
    path=st.lists(segments, max_size=4),
    query=queries,
    extra=extras,
    body=objects,
)
@many
def test_any_request_for_an_object_gets_an_answer_in_the_shape_of_aws(furnished, method, path, query, extra, body):
    address = "/" + "/".join(path) + ("?" + urlencode(query) if query else "")

    answer = furnished.answer(method, address, {"authorization": SIGNED.format("s3"), **extra}, body)

    assert_shaped_as_aws(answer)


@given(
    statement=st.text(max_size=60)
    | st.lists(known | st.sampled_from(["FROM", "WHERE", "(", ")", ",", "*"]), max_size=9).map(" ".join)
)
@many
def test_any_text_as_a_query_is_refused_or_answered(furnished, statement):
    asked = {
        "QueryString": statement,
        "ClientRequestToken": os.urandom(20).hex(),
        "ResultConfiguration": {"OutputLocation": "s3://features/results/"},
    }

    assert_shaped_as_aws(furnished.answer(*sent("athena", "StartQueryExecution", asked)))
