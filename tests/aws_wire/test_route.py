"""Everything on the way to AWS is what boto3 makes of it."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from reconciler.aws.route import SERVICE, find_route
from reconciler.aws.signing import Keys
from reconciler.config import Environment
from reconciler.errors import AwsFailed


def route(tmp_path, url=None, region="eu-west-1"):
    return find_route(Environment("e", url, account="123456789012", region=region), tmp_path)


def sent_by_boto3(region="eu-west-1"):
    """The address that boto3's own client sends a request to."""
    client = boto3.client(SERVICE, region_name=region)
    seen = []

    def stop(request, **_):
        seen.append(request.url)
        raise KeyError

    client.meta.events.register("before-send", stop)
    with pytest.raises(KeyError):
        client.get_record(FeatureGroupName="g", RecordIdentifierValueAsString="1")
    return seen[0].partition("/FeatureGroup/")[0]


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "ap-northeast-1"])
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1234"},
        {"AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": "http://127.0.0.1:99/base", "AWS_ENDPOINT_URL": "http://x"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1234", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
)
def test_the_endpoint_is_boto3s(surroundings, tmp_path, region, variables):
    for name, value in variables.items():
        surroundings.setenv(name, value)

    found = route(tmp_path, region=region)

    scheme = "https" if found.tls else "http"
    assert f"{scheme}://{found.authority}{found.base}" == sent_by_boto3(region)
    assert f"/{region}/sagemaker/" in found.identity.signer().head("GET", "/a")


def test_an_endpoint_of_the_profile_is_found(surroundings, tmp_path):
    surroundings.setenv("AWS_PROFILE", "p")
    (tmp_path / "config").write_text(
        "[profile p]\nservices = s\nmax_attempts = 3\n[services s]\n"
        "sagemaker_featurestore_runtime =\n  endpoint_url = http://127.0.0.1:77\n"
    )

    found = route(tmp_path)

    assert (found.host, found.port, found.tls) == ("127.0.0.1", 77, None)
    assert found.attempts == 3


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "base"),
    [
        ("http://127.0.0.1:80", "127.0.0.1", 80, "127.0.0.1", ""),
        ("https://vpce.example.com", "vpce.example.com", 443, "vpce.example.com", ""),
        ("https://vpce.example.com:8443/a/", "vpce.example.com", 8443, "vpce.example.com:8443", "/a"),
        ("http://[::1]:4566", "::1", 4566, "[::1]:4566", ""),
    ],
)
def test_an_endpoint_of_the_configuration_is_taken_apart(tmp_path, url, host, port, authority, base):
    found = route(tmp_path, url)

    assert (found.host, found.port, found.authority, found.base) == (host, port, authority, base)


def test_attempts_are_ten_unless_the_user_says_otherwise(surroundings, tmp_path):
    assert route(tmp_path).attempts == 10
    surroundings.setenv("AWS_MAX_ATTEMPTS", "4")
    assert route(tmp_path).attempts == 4


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128"}, ("proxy.example.com", 3128, "")),
        ({"https_proxy": "proxy.example.com"}, ("proxy.example.com", 80, "")),
        (
            {"HTTPS_PROXY": "http://user:p%40ss@proxy.example.com:1"},
            ("proxy.example.com", 1, "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n"),
        ),
        ({"HTTPS_PROXY": "http://proxy.example.com:1", "NO_PROXY": ".amazonaws.com"}, None),
        ({"HTTPS_PROXY": "http://proxy.example.com:1", "NO_PROXY": "other"}, ("proxy.example.com", 1, "")),
        ({"HTTP_PROXY": "http://proxy.example.com:1"}, None),
    ],
)
def test_the_proxy_is_boto3s(surroundings, tmp_path, variables, proxy):
    for name, value in variables.items():
        surroundings.setenv(name, value)

    found = route(tmp_path).proxy

    assert (found and (found.host, found.port, found.head)) == proxy


def test_without_credentials_there_is_no_way(surroundings, tmp_path):
    surroundings.delenv("AWS_ACCESS_KEY_ID")
    surroundings.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(AwsFailed) as caught:
        route(tmp_path)

    assert caught.value.code == "NoCredentialsError"


def test_a_profile_that_is_not_there_is_said(surroundings, tmp_path):
    surroundings.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(AwsFailed, match="ProfileNotFound"):
        route(tmp_path)


class Vending:
    """A program that gives out credentials, as credential_process; each time other ones."""

    def __init__(self, tmp_path, monkeypatch, lasts_s):
        self._said, self._count = tmp_path / "said.json", 0
        self.vend(lasts_s)
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {self._said}\n")

    def vend(self, lasts_s):
        self._count += 1
        expires = (datetime.now(UTC) + timedelta(seconds=lasts_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {"AccessKeyId": f"K{self._count}", "SecretAccessKey": "s", "SessionToken": f"T{self._count}"}
        self._said.write_text(json.dumps({"Version": 1, "Expiration": expires, **keys}))


def test_a_session_that_is_about_to_expire_is_renewed(surroundings, tmp_path):
    vending = Vending(tmp_path, surroundings, lasts_s=3600)
    identity = route(tmp_path).identity
    before = identity.signer().keys
    vending.vend(3600)
    surroundings.setattr(identity._credentials, "_expiry_time", datetime.now(UTC) + timedelta(seconds=5))
    identity._look_at = 0.0

    assert identity.signer() is None  # it takes a while to find out
    assert identity.renew().keys == ("K2", "s", "T2")
    assert identity.signer().keys == ("K2", "s", "T2")
    assert before == ("K1", "s", "T1")


def test_keys_that_aws_calls_expired_are_resolved_from_the_beginning(surroundings, tmp_path):
    surroundings.delenv("AWS_ACCESS_KEY_ID")
    surroundings.delenv("AWS_SECRET_ACCESS_KEY")
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = K1\naws_secret_access_key = s\n")
    identity = route(tmp_path).identity
    signer = identity.signer()
    credentials.write_text("[default]\naws_access_key_id = K2\naws_secret_access_key = s\naws_session_token = T2\n")

    identity.refuse(signer)

    assert identity.signer() is None
    assert identity.renew().keys == ("K2", "s", "T2")


def test_an_old_refusal_does_not_hurt_new_keys(surroundings, tmp_path):
    Vending(tmp_path, surroundings, lasts_s=3600)
    identity = route(tmp_path).identity
    old = identity.signer()
    identity.refuse(old)
    new = identity.renew()
    identity._signer = identity._signed_by(Keys("K3", "s"))
    identity.refuse(old)

    assert identity.signer() is not None
    assert new is not None
