"""A second opinion: moto, which knows three of the calls and was written by others.

What it does otherwise than AWS, as far as these tests meet it: it drops the online store, the description and the
throughput of what it creates, it fails on groups without an offline store, its resolved prefix lacks `sagemaker/`,
its search results have no status, and it has no update, no delete, no list and no tags of feature groups.
"""

import socket
from dataclasses import replace

import boto3
import pytest
from builders import KEY, OWNER, ROLE, S3, a_feature, an_offline_group
from hypothesis import given, settings
from strategies import groups

from reconciler.diff import by_name
from reconciler.plan.changes import made
from reconciler.state import Catalog, Offline
from reconciler.state.words import create_request, live_from_reply, tag_map

moto = pytest.importorskip("moto")


@pytest.fixture
def sagemaker(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto.mock_aws():
        yield boto3.client("sagemaker", region_name="us-east-1")


def as_moto_keeps(group):
    """The group without what moto drops."""
    return replace(made(group), online=None, description=None, throughput=type(group.throughput)())


def there_and_back(sagemaker, group):
    request = create_request(group)
    sagemaker.create_feature_group(**request)
    reply = sagemaker.describe_feature_group(FeatureGroupName=group.name)
    return live_from_reply(reply, tag_map(request["Tags"]))


@pytest.mark.parametrize(
    "offline",
    [
        Offline(S3),
        Offline(S3, "Iceberg"),
        Offline(S3, kms_key=KEY),
        Offline(S3, create_table=False),
        Offline(S3, catalog=Catalog("features", "weather")),
    ],
)
def test_what_we_ask_for_is_what_moto_describes(sagemaker, offline):
    group = an_offline_group("weather", a_feature(), a_feature("seats", "Integral"), offline=offline)

    live = there_and_back(sagemaker, group)

    kept = replace(by_name(live.group), offline=replace(live.group.offline, catalog=offline.catalog))
    assert kept == as_moto_keeps(group)


@settings(max_examples=10)
@given(group=groups())
def test_every_request_of_ours_passes_the_validation_of_boto3_and_moto(sagemaker, group):
    group = replace(group, owner=OWNER, role_arn=ROLE, offline=group.offline or Offline())
    group = replace(group, name=f"g{abs(hash(str(group)))}", offline=replace(group.offline, s3_uri=S3))

    live = there_and_back(sagemaker, group)

    assert {f[:4] for f in live.group.features} == {f[:4] for f in group.features}
    assert (live.group.record_id, live.group.event_time) == (group.record_id, group.event_time)


def test_a_search_result_of_moto_is_understood(sagemaker):
    group = an_offline_group("weather", a_feature(), tags={"team": "ops"})
    sagemaker.create_feature_group(**create_request(group))

    [result] = sagemaker.search(Resource="FeatureGroup")["Results"]
    found = result["FeatureGroup"]
    live = live_from_reply(found, tag_map(found["Tags"]))

    assert (live.group.name, live.group.owner, live.group.tags) == ("weather", OWNER, {"team": "ops"})
    assert live.health.status == "Created"


def test_moto_stays_on_this_machine(sagemaker, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert there_and_back(sagemaker, an_offline_group()).group.name == "weather"
