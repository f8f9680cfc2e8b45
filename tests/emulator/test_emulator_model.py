"""The judge of replies notices what does not fit."""

import botocore.session
import pytest
from emulator_model import reply_faults

_GET = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{}<ResponseMetadata/>'
    "</GetCallerIdentityResponse>"
)
SESSION = botocore.session.get_session()


def faults(service, operation, content, headers=()):
    model = SESSION.get_service_model(service).operation_model(operation)
    return list(reply_faults(model, dict(headers), content))


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<Arn>arn:aws:iam::000000000000:root</Arn><Account>0</Account>", []),
        ("<Who>me</Who>", [".Who: unknown"]),
        ("<Account>1</Account><Account>2</Account>", [".Account: more than once"]),
    ],
)
def test_a_query_reply(inside, said):
    content = _GET.format(f"<GetCallerIdentityResult>{inside}</GetCallerIdentityResult>").encode()

    assert [fault for fault in faults("sts", "GetCallerIdentity", content) if "does not match" not in fault] == said


def test_a_query_reply_without_its_result():
    assert faults("sts", "GetCallerIdentity", _GET.format("").encode()) == [".GetCallerIdentityResult: missing"]


def test_a_query_reply_of_another_operation_and_namespace():
    assert faults("sts", "GetCallerIdentity", b"<R><ResponseMetadata/><GetCallerIdentityResult/></R>") == [
        ": R is no GetCallerIdentityResponse",
        ": R is of another namespace",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<KeyCount>1</KeyCount><Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>b</Key></Contents>", []),
        ("<KeyCount>one</KeyCount>", [".KeyCount: 'one' is no integer"]),
        ("<IsTruncated>yes</IsTruncated>", [".IsTruncated: 'yes' is no boolean"]),
        ("<Contents><LastModified>soon</LastModified></Contents>", [".Contents[0].LastModified: 'soon' is no time"]),
        ("<Content><Key>a</Key></Content>", [".Content: unknown"]),
        (
            "<Contents><StorageClass>WARM</StorageClass></Contents>",
            [".Contents[0].StorageClass: 'WARM' is none of"],
        ),
    ],
)
def test_a_reply_in_xml(content, said):
    found = faults("s3", "ListObjectsV2", f"<ListBucketResult>{content}</ListBucketResult>".encode())

    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True))


def test_headers_are_read_too():
    assert faults("s3", "HeadObject", b"", {"Content-Length": "many"}) == [".ContentLength: 'many' is no integer"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"QueryExecutionId": "a"}', []),
        (b'{"QueryExecutionIdent": "a"}', [".QueryExecutionIdent: unknown"]),
        (b'{"QueryExecutionId": 1}', [".QueryExecutionId: 1 is no string"]),
    ],
)
def test_a_reply_in_json(content, said):
    assert faults("athena", "StartQueryExecution", content) == said


def test_a_reply_where_nothing_is_modelled():
    assert faults("sagemaker", "DeleteFeatureGroup", b'{"Gone": true}')
    assert faults("sagemaker", "DeleteFeatureGroup", b"") == []
