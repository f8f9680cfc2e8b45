"""The signature is botocore's, for every request."""

from datetime import UTC, datetime
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.signing import JSON, Keys, Signer

unreserved = "abcXYZ019-_.~"
segment = st.text(st.sampled_from(unreserved + "%/.:+ä日"), max_size=12)
pairs = st.lists(
    st.tuples(
        st.text(st.sampled_from(unreserved), min_size=1, max_size=4),
        st.text(st.sampled_from(unreserved + "%="), max_size=6),
    ),
    max_size=5,
)
moments = st.integers(946_684_800, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, UTC))
keys = st.builds(
    Keys,
    st.text(st.sampled_from("AKIDXYZ123"), min_size=4, max_size=20),
    st.text(st.sampled_from("abcXYZ+/=019ä"), min_size=1, max_size=40),
    st.none() | st.text(st.sampled_from("abc+/= "), min_size=1, max_size=60).filter(str.strip),
)


def by_botocore(method, url, body, signed_by, at):
    """The headers that botocore adds to the same request."""
    asked = AWSRequest(method, url, headers={"Content-Type": JSON} if body else {}, data=body)
    with patch("botocore.auth.get_current_datetime", lambda: at):
        SigV4Auth(Credentials(*signed_by), "sagemaker", "eu-west-1").add_auth(asked)
    return asked.headers


def by_us(method, target, host, body, signed_by, at):
    head = Signer(signed_by, "eu-west-1", "sagemaker", host, "agent").head(method, target, body, moment=at.timestamp())
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines)


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    path=segment,
    pairs=pairs,
    body=st.binary(max_size=50),
    keys=keys,
    at=moments,
    port=st.sampled_from(["", ":4566"]),
)
def test_every_request_is_signed_as_botocore_signs_it(method, path, pairs, body, keys, at, port):
    path = "/" + path.replace("?", "").replace("#", "")
    target = path + ("?" + "&".join("=".join(pair) for pair in pairs) if pairs else "")
    host = f"runtime.example.com{port}"

    theirs = by_botocore(method, f"http://{host}{target}", body, keys, at)
    first, ours = by_us(method, target, host, body, keys, at)

    assert ours["Authorization"] == theirs["Authorization"]
    assert ours["X-Amz-Date"] == theirs["X-Amz-Date"]
    assert ours.get("X-Amz-Security-Token", "").split() == (theirs.get("X-Amz-Security-Token") or "").split()
    assert first == f"{method} {target} HTTP/1.1"


@given(moments=st.lists(moments, min_size=2, max_size=10), keys=keys)
def test_one_signer_serves_all_days(moments, keys):
    signer = Signer(keys, "eu-west-1", "sagemaker", "h", "agent")

    heads = [signer.head("GET", "/a", moment=at.timestamp()) for at in moments]

    fresh = [
        Signer(keys, "eu-west-1", "sagemaker", "h", "agent").head("GET", "/a", moment=at.timestamp()) for at in moments
    ]
    assert heads == fresh


def test_a_body_may_be_a_slice_of_a_buffer():
    signer = Signer(Keys("a", "b"), "eu-west-1", "sagemaker", "h", "agent")
    buffer = b"before{}after"

    sliced = signer.head("PUT", "/a", memoryview(buffer)[6:8], moment=0)

    assert sliced == signer.head("PUT", "/a", b"{}", moment=0)
