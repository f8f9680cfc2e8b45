"""The server: the same answers over HTTP, in a process of its own."""

import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from emulator_help import a_feature, a_group

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.server import running


@pytest.fixture
def server(tmp_path):
    with running(tmp_path / "data") as started:
        yield started


@pytest.fixture
def client(server, session):
    def of(service="sagemaker", attempts=1, **more):
        config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, **more)
        return session.client(service, endpoint_url=server.url, config=config)

    return of


def test_boto3_reaches_sagemaker_glue_and_sts(client):
    sagemaker = client()
    sagemaker.create_feature_group(**a_group(offline={}, Tags=[{"Key": "team", "Value": "ops"}]))
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])

    group = sagemaker.describe_feature_group(FeatureGroupName="weather")
    (record,) = sagemaker.search(Resource="FeatureGroup")["Results"]
    named = group["OfflineStoreConfig"]["DataCatalogConfig"]
    table = client("glue").get_table(DatabaseName=named["Database"], Name=named["TableName"])["Table"]

    assert ":eu-west-1:" in group["FeatureGroupArn"]
    assert record["FeatureGroup"]["Tags"] == [{"Key": "team", "Value": "ops"}]
    assert "x" in [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    assert client("sts").get_caller_identity()["Account"] == "000000000000"


def test_an_error_arrives_as_aws_sends_it(client):
    sagemaker = client()

    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.delete_feature_group(FeatureGroupName="nothing")
    with pytest.raises(ClientError, match=r"NotImplemented.*ListModels of sagemaker"):
        sagemaker.list_models()


def test_the_admin_paths(server, client):
    sagemaker = client()
    sagemaker.create_feature_group(**a_group())
    server.ask("POST", "system_tags", {"group": "weather", "tags": {"aws:x": "y"}, "region": "eu-west-1"})
    server.ask("POST", "offline_store", {"group": "weather", "reason": "Why not.", "region": "eu-west-1"})
    number = server.ask("POST", "faults", {"kind": "throttled", "operation": "Search"})["id"]
    faults = server.ask("GET", "faults")
    server.ask("DELETE", "faults", {"id": number})
    status = server.ask("GET", "status")
    calls = server.ask("GET", "calls")
    server.ask("DELETE", "calls")
    server.ask("POST", "clock", {"advance_seconds": 5})

    assert faults[str(number)]["kind"] == "throttled"
    assert server.ask("GET", "faults") == {}
    assert status["groups"][0]["tags"] == {"aws:x": "y"}
    assert calls == {"counts": {"CreateFeatureGroup": 1}, "calls": [["CreateFeatureGroup", "weather"]]}
    assert server.ask("GET", "calls")["calls"] == []
    server.ask("POST", "reset")
    assert sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []


def raw(server, data):
    """One request as bytes; the reply's status and body."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(data)
        reply = b""
        while chunk := connection.recv(65536):
            reply += chunk
    head, _, body = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def a_request(body, target=b"SageMaker.ListFeatureGroups", path=b"/"):
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Amz-Target: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (path, target, len(body)) + body


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (a_request(b"{"), 400, "SerializationException"),
        (a_request(b"\xff"), 400, "SerializationException"),
        (a_request(b"{}", b"\xff\xfe.\xff"), 501, "NotImplemented"),
        (a_request(b'{"x": "' + b"x" * 10_000_000 + b'"}'), 413, "RequestEntityTooLargeException"),
    ],
)
def test_a_bad_request_is_answered_and_the_server_goes_on(server, client, request_, status, code):
    answered, body = raw(server, request_)

    assert (answered, json.loads(body)["__type"]) == (status, code)
    assert client().list_feature_groups()["FeatureGroupSummaries"] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (b"/_emulator/nothing", b"", 404),
        (b"/_emulator/faults", b'{"kind": "slow"}', 400),
        (b"/_emulator/faults", b"{", 400),
        (b"/_emulator/faults", b"[]", 400),
        (b"/_emulator/clock", b"{}", 400),
        (b"/_emulator/clock", b'{"advance_seconds": -1}', 400),
    ],
)
def test_a_mistake_on_an_admin_path_is_said(server, path, body, status):
    answered, reply = raw(server, a_request(body, path=path))

    assert answered == status
    assert json.loads(reply)["error"]


def test_nonsense_instead_of_http_ends_only_itself(server, client):
    raw(server, b"\x00\x01\x02 nonsense\r\n\r\n")

    assert client().list_feature_groups()["FeatureGroupSummaries"] == []


@pytest.mark.parametrize(("kind", "groups"), [("dropped_before_effect", 0), ("dropped_after_effect", 1)])
def test_a_dropped_connection_is_one_to_boto3(server, client, kind, groups):
    server.ask("POST", "faults", {"kind": kind, "operation": "CreateFeatureGroup", "times": 1})
    sagemaker = client()

    with pytest.raises(ConnectionClosedError):
        sagemaker.create_feature_group(**a_group())

    assert len(sagemaker.list_feature_groups()["FeatureGroupSummaries"]) == groups


def test_boto3_retries_what_passes(server, client):
    for kind in ("internal_failure", "service_unavailable", "throttled"):
        server.ask("POST", "faults", {"kind": kind, "operation": "ListFeatureGroups", "times": 1})

    assert client(attempts=4).list_feature_groups()["FeatureGroupSummaries"] == []


def test_latencies_overlap(server, client):
    """All are received before the first is answered; a server that slept in one would receive one at a time."""
    many = 30
    server.ask("POST", "faults", {"kind": "latency", "operation": "ListFeatureGroups", "seconds": 3})
    sagemaker = client(max_pool_connections=many)
    arrived = threading.Event()

    with ThreadPoolExecutor(many) as pool:
        waiting = [pool.submit(sagemaker.list_feature_groups) for _ in range(many)]
        while server.ask("GET", "calls")["counts"].get("ListFeatureGroups", 0) < many:
            arrived.wait(0.02)
        answered_before_all_arrived = sum(future.done() for future in waiting)

    assert answered_before_all_arrived < many / 2
    assert all(future.result()["FeatureGroupSummaries"] == [] for future in waiting)


def test_the_process_and_its_users_share_the_directory(server, client, tmp_path):
    beside = open_emulator(tmp_path / "data")
    client().create_feature_group(**a_group())

    reply = beside.answer(
        "POST",
        "/",
        {"X-Amz-Target": "SageMaker.ListFeatureGroups", "Authorization": "Credential=A/2/eu-west-1/sagemaker/x,"},
        b"{}",
    )

    assert [group["FeatureGroupName"] for group in json.loads(reply.body)["FeatureGroupSummaries"]] == ["weather"]
    beside.close()


def test_nothing_acknowledged_is_lost_to_a_kill(tmp_path, session):
    acknowledged = []
    with running(tmp_path / "data") as server:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=30)
        sagemaker = session.client("sagemaker", endpoint_url=server.url, config=config)
        enough = threading.Event()

        def write(writer):
            for number in range(10_000):
                name = f"w{writer}-{number}"
                try:
                    sagemaker.create_feature_group(**a_group(name))
                except Exception:  # noqa: BLE001 - the server is gone, whatever boto3 calls it
                    return
                acknowledged.append(name)
                if len(acknowledged) >= 40:
                    enough.set()

        writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
        for writer in writers:
            writer.start()
        assert enough.wait(60)
        server.kill()
        for writer in writers:
            writer.join(60)

    with running(tmp_path / "data") as server:
        sagemaker = session.client("sagemaker", endpoint_url=server.url)
        pages = sagemaker.get_paginator("list_feature_groups").paginate()
        kept = {group["FeatureGroupName"] for page in pages for group in page["FeatureGroupSummaries"]}

    assert set(acknowledged) <= kept
    assert len(kept) <= len(acknowledged) + 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_asked_to_end_ends_well_and_says_a_line_per_request(tmp_path, number, session):
    command = [sys.executable, "-m", "reconciler.emulator.server", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        sagemaker = session.client("sagemaker", endpoint_url=url)
        sagemaker.create_feature_group(**a_group())
        sagemaker.list_feature_groups()
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)

    lines = errors.splitlines()
    assert process.returncode == 0
    assert [(line.split()[1], line.rpartition("  ")[2]) for line in lines] == [
        ("200", "sagemaker CreateFeatureGroup weather"),
        ("200", "sagemaker ListFeatureGroups -"),
    ]


def test_settings_reach_the_server(tmp_path, session):
    with running(tmp_path, create_s=60, account="123456789012") as server:
        sagemaker = session.client("sagemaker", endpoint_url=server.url)
        sagemaker.create_feature_group(**a_group())
        before = sagemaker.describe_feature_group(FeatureGroupName="weather")
        server.ask("POST", "clock", {"advance_seconds": 60})
        after = sagemaker.describe_feature_group(FeatureGroupName="weather")

    assert ":123456789012:" in before["FeatureGroupArn"]
    assert (before["FeatureGroupStatus"], after["FeatureGroupStatus"]) == ("Creating", "Created")


def test_a_server_that_cannot_start_says_so(tmp_path, capfd):
    with pytest.raises(RuntimeError, match="did not start"), running(tmp_path, speed=11):
        pass
    assert "speed" in capfd.readouterr().err


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://somewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://rebound.example:80", "Host": "rebound.example:80"},
    ],
    ids=["another site", "a sandboxed page", "a rebound name"],
)
def test_a_web_page_cannot_reach_the_paths_that_empty_it(tmp_path, headers):
    with running(tmp_path) as server:
        request = urllib.request.Request(f"{server.url}/_emulator/reset", b"{}", headers, method="POST")

        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=30)

        assert refused.value.code == 403
        refused.value.close()
        assert server.ask("POST", "reset") == {}
