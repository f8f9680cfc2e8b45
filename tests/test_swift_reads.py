"""Reads the short way say what the client would have said, and leave every trouble to it."""

from __future__ import annotations

import pytest
from builders import a_feature, a_group

from reconciler.aws import FeatureStore
from reconciler.config import Environment
from reconciler.emulator.server import running
from reconciler.errors import AwsFailed
from reconciler.state.words import create_request, live_from_reply


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("emulator")) as server:
        yield server


@pytest.fixture
def stores(server, tmp_path):
    """The store as it is, and the same without the short way; an emulator with one wide group and one narrow one."""
    server.ask("POST", "reset")
    server.ask("DELETE", "faults")
    environment = Environment("served", server.url, region="us-east-1")
    swift, plain = FeatureStore(environment, tmp_path), FeatureStore(environment, tmp_path)
    plain._swift = None
    many = [a_feature(f"f{n}") for n in range(300)]
    for group in (a_group("narrow"), a_group("wide", *many)):
        plain.create(create_request(group))
    plain.update_metadata("narrow", a_group().record_id, "Who it is.", {"unit": "m"}, ())
    return swift, plain


def test_a_description_says_the_same_both_ways(stores):
    swift, plain = stores

    for name in ("narrow", "wide"):
        assert live_from_reply(swift.describe(name)) == live_from_reply(plain.describe(name))


def test_the_search_index_says_the_same_both_ways(stores):
    swift, plain = stores

    assert [live_from_reply(r) for r in swift.search_groups()] == [live_from_reply(r) for r in plain.search_groups()]
    ours, theirs = (
        [
            (r["FeatureGroupName"], r["FeatureName"], r.get("Description"), r.get("Parameters"))
            for r in s.search_metadata()
        ]
        for s in stores
    )
    assert ours == theirs != []


def test_a_group_that_is_not_there_is_none_both_ways(stores):
    assert [store.describe("nowhere") for store in stores] == [None, None]


@pytest.mark.parametrize("kind", ["throttled", "internal_failure", "service_unavailable", "dropped_before_effect"])
def test_a_passing_trouble_is_left_to_the_client_who_tries_again(stores, server, kind):
    swift, plain = stores
    server.ask("POST", "faults", {"kind": kind, "operation": "DescribeFeatureGroup", "times": 2})

    assert live_from_reply(swift.describe("narrow")) == live_from_reply(plain.describe("narrow"))


def test_a_lasting_trouble_is_the_clients_error(stores, server):
    swift, _ = stores
    server.ask("POST", "faults", {"kind": "access_denied", "operation": "DescribeFeatureGroup"})

    with pytest.raises(AwsFailed) as failed:
        swift.describe("narrow")

    assert failed.value.code == "AccessDeniedException"
    assert "sagemaker:DescribeFeatureGroup" in failed.value.hint
