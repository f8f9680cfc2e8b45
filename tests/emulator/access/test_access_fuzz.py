"""Any body gets a reply AWS could have sent: requests near to good ones, made from the shapes, on state that grows."""

import json
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import botocore.session
import pytest
from emulator_model import reply_faults
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reconciler.emulator import shapes
from reconciler.emulator.operations import service

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
TARGETS = {"glue": "AWSGlue", "kms": "TrentService"}
ROLE = "arn:aws:iam::000000000000:role/r"
WORDS = st.sampled_from(
    [
        *(
            "features",
            "weather",
            "r",
            "p",
            "default",
            "year='2024'",
            "month > 1 and (year in ('1'))",
            "*",
            "a*",
            "[",
            "",
        ),
        *("0", "1", "v1", "v2", "alias/a", "alias/aws/s3", "2024", "AES_256", "16", "eA==", "5b312c325d", "5b2261225d"),
        *(
            ROLE,
            "arn:aws:iam::000000000000:policy/p",
            "arn:aws:s3:::features/x",
            "IAM_ALLOWED_PRINCIPALS",
            "s3://features/x",
        ),
        *(
            "arn:aws:glue:us-east-1:000000000000:table/features/weather",
            '{"Statement": []}',
            "000000000000",
            "\x00",
            "é💧",
        ),
        "00000000-0000-4000-8000-000000000000",
    ]
)
JUNK = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
JUNK |= st.lists(JUNK, max_size=2) | st.dictionaries(st.text(max_size=3), JUNK, max_size=2)


KEY = "the key that is there"
LIKELY = {
    **{name: ["features"] for name in ("DatabaseName",)},
    **{name: ["weather"] for name in ("TableName",)},
    "Name": ["weather", "features"],
    **{name: [["2024"], ["2025"]] for name in ("Values", "PartitionValues", "PartitionValueList")},
    **{name: [None] for name in ("CatalogId", "TransactionId", "QueryAsOfTime", "NextToken", "Marker", "DryRun")},
    **{name: [None] for name in ("FederatedTable", "ViewDefinition", "FederatedDatabase", "OpenTableFormatInput")},
    **{name: [KEY] for name in ("KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId")},
    "AliasName": ["alias/a", "alias/b"],
    "Plaintext": ["eA=="],
    "RoleName": ["r"],
    "PolicyName": ["p", "default"],
    "PolicyArn": ["arn:aws:iam::000000000000:policy/p", "arn:aws:iam::aws:policy/A"],
    "RoleArn": [ROLE],
    "RoleSessionName": ["somebody"],
    "VersionId": ["0", "1", "v1", "v2"],
    "ResourceArn": ["arn:aws:s3:::features/x", "arn:aws:glue:us-east-1:000000000000:table/features/weather"],
    "TableArn": ["arn:aws:glue:us-east-1:000000000000:table/features/weather"],
    "DataLakePrincipalIdentifier": [ROLE, "IAM_ALLOWED_PRINCIPALS"],
    **{name: ['{"Statement": []}'] for name in ("Policy", "PolicyDocument", "AssumeRolePolicyDocument")},
    **{name: ["5", "1000", None] for name in ("MaxItems",)},
    **{name: ["3600", None] for name in ("DurationSeconds", "MaxSessionDuration")},
    **{name: [{"Table": {"DatabaseName": "features", "Name": "weather"}}] for name in ("Resource",)},
    "Permissions": [["SELECT"], ["ALL"], ["SELECT", "ALTER"]],
    "Expression": ["year='2024'", "weath*", None],
}


@st.composite
def near(draw, shape, name=""):
    """Values that fit, most of the time, and often mean something that is there."""
    chance = draw(st.integers(0, 39))
    if chance == 39:
        return draw(JUNK)
    if name in LIKELY and chance < 34:
        return draw(st.sampled_from(LIKELY[name]))
    return draw(_good(shape))


def _good(shape):
    match shape:
        case shapes.Struct():
            needed = {name: near(shape.members[name], name) for name in shape.required}
            rest = {name: near(member, name) for name, member in shape.members.items() if name not in needed}
            return st.fixed_dictionaries(needed, optional=rest) if needed or rest else st.just({})
        case shapes.Many():
            return st.lists(near(shape.member), max_size=2)
        case shapes.Map():
            return st.dictionaries(WORDS, WORDS, max_size=2)
        case shapes.Whole():
            return st.integers(-1, 4000)
        case shapes.Flag():
            return st.booleans()
        case shapes.Moment():
            return st.integers(0, 2**33)
        case shapes.Text() if shape.enum:
            return st.sampled_from(shape.enum)
        case shapes.Text():
            return WORDS
        case _:
            return JUNK


def with_key(body, key):
    """The body, about the key that is there."""
    if isinstance(body, dict):
        return {name: with_key(value, key) for name, value in body.items()}
    if isinstance(body, list):
        return [with_key(value, key) for value in body]
    return key if body == KEY else body


def flattened(value, path=""):
    """A body as the query protocol's form."""
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in flattened(inner, f"{path}.{name}" if path else name)]
    if isinstance(value, list):
        return [pair for place, inner in enumerate(value, 1) for pair in flattened(inner, f"{path}.member.{place}")]
    return [(path, str(value))] if value is not None else []


def request(name, operation, body):
    """Method, URL, headers and body of an operation's request."""
    headers = {"Authorization": SIGNED.format(name)}
    if name in TARGETS:
        return "POST", "/", {**headers, "X-Amz-Target": f"{TARGETS[name]}.{operation}"}, json.dumps(body).encode()
    if name == "lakeformation":
        return "POST", f"/{operation}", headers, json.dumps(body).encode()
    form = [("Action", operation), ("Version", "2010-05-08" if name == "iam" else "2011-06-15"), *flattened(body)]
    content = urlencode(form).encode() if body is not None else b""
    return "POST", "/", {**headers, "Content-Type": "application/x-www-form-urlencoded"}, content


SEED = {
    "glue": [
        ("CreateDatabase", {"DatabaseInput": {"Name": "features"}}),
        (
            "CreateTable",
            {"DatabaseName": "features", "TableInput": {"Name": "weather", "PartitionKeys": [{"Name": "year"}]}},
        ),
        (
            "CreatePartition",
            {"DatabaseName": "features", "TableName": "weather", "PartitionInput": {"Values": ["2024"]}},
        ),
    ],
    "kms": [("CreateKey", {})],
    "iam": [
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": '{"Statement": []}'}),
        ("CreatePolicy", {"PolicyName": "p", "PolicyDocument": '{"Statement": []}'}),
    ],
}


@pytest.fixture
def seeded(emulator):
    for name, calls in SEED.items():
        for operation, body in calls:
            reply = emulator.answer(*request(name, operation, body))
            assert reply.status == 200
            if operation == "CreateKey":
                emulator.key = json.loads(reply.body)["KeyMetadata"]["KeyId"]
    return emulator


models = {
    name: botocore.session.get_session().get_service_model(name)
    for name in ("glue", "iam", "kms", "lakeformation", "sts")
}


def judged(name, operation, reply):
    """A success fits the model; a failure has a code and a sentence."""
    assert reply.status in {200, 400, 403, 404, 409, 501}
    if reply.status == 200:
        assert list(reply_faults(models[name].operation_model(operation), reply.headers, reply.body)) == []
    else:
        assert reply.headers.get("x-amzn-ErrorType") or ET.fromstring(reply.body).findtext(".//{*}Code")


def pairs():
    for name in models:
        yield from ((name, operation) for operation in sorted(service(name).operations))


@pytest.mark.parametrize(("name", "operation"), list(pairs()))
def test_requests_near_to_good_ones(seeded, name, operation):
    found = service(name).operations[operation]
    shape = getattr(found, "shape", shapes.Struct({}))

    @given(body=_good(shape))
    @hypothesis_settings(
        max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    def ask(body):
        judged(name, operation, seeded.answer(*request(name, operation, with_key(body, seeded.key))))

    ask()


@given(name=st.sampled_from(sorted(models)), body=st.binary(max_size=60), data=st.data())
@hypothesis_settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_bytes(seeded, name, body, data):
    operation = data.draw(st.sampled_from(sorted(service(name).operations)))
    method, url, headers, _ = request(name, operation, {})
    start = f"Action={operation}&".encode() if name in {"iam", "sts"} else b""

    reply = seeded.answer(method, url, headers, start + body)

    assert reply.status in {200, 400, 403, 404, 409, 501}
