"""Several threads and processes on one directory, and processes that are killed: nothing acknowledged is lost."""

import json
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest
from emulator_help import a_feature, a_group
from runtime_help import a_record, get, pending, put, raw, values

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.server import running

_SIGNED = "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/sagemaker/aws4_request"


def at(number):
    return f"2024-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def test_threads_agree_on_the_latest(weather, runtime, emulator):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(runtime, str(number % 5), at(number * 7919 % 400)), range(400)))
    latest = {str(key): max(at(n * 7919 % 400) for n in range(400) if n % 5 == key) for key in range(5)}

    assert {key: get(runtime, key)["at"] for key in latest} == latest
    assert len(pending(emulator)) == 400


def test_threads_update_without_losing_each_others_features(make, runtime):
    make("weather", *[a_feature(f"f{n}") for n in range(8)], online={"StorageType": "Standard_V2"}, offline={})
    put(runtime)

    def update(number):
        for round_ in range(20):
            runtime.update_record(
                FeatureGroupName="weather",
                RecordIdentifierValueAsString="a",
                Features=[{"FeatureName": f"f{number}", "ValueAsString": str(round_)}],
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(update, range(8)))

    assert {name: value for name, value in get(runtime).items() if name[0] == "f"} == {f"f{n}": "19" for n in range(8)}


_WRITER = """
import json, sys
from reconciler.emulator.embedded import open_emulator
directory, signed, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
opened = open_emulator(directory, offline_delay_s=3600.0)
for number in range(first, first + 300):
    at = f"2024-01-01T00:{number // 60:02}:{number % 60:02}Z"
    record = [{"FeatureName": "id", "ValueAsString": str(number % 3)}, {"FeatureName": "at", "ValueAsString": at}]
    body = json.dumps({"Record": record}).encode()
    reply = opened.answer("PUT", "/FeatureGroup/weather", {"Authorization": signed}, body)
    assert reply.status == 200, reply
opened.close()
"""


@pytest.mark.parametrize("settings", [{"offline_delay_s": 3600.0}])
def test_processes_agree_on_the_latest(weather, runtime, emulator):
    directory = emulator.store.directory
    command = [sys.executable, "-c", _WRITER, directory, _SIGNED]
    writers = [subprocess.Popen([*command, str(first)]) for first in (0, 100, 200)]
    codes = [writer.wait(timeout=120) for writer in writers]

    assert codes == [0, 0, 0]
    assert {get(runtime, key)["at"] for key in "012"} == {f"2024-01-01T00:08:{second}Z" for second in (17, 18, 19)}
    assert len(pending(emulator)) == 900


def ask(url, method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{url}{path}", data, {"Authorization": _SIGNED}, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.loads(reply.read() or b"{}")


def create(directory):
    opened = open_emulator(directory)
    body = json.dumps(a_group("weather", offline={})).encode()
    headers = {"X-Amz-Target": "SageMaker.CreateFeatureGroup", "Authorization": _SIGNED}
    assert opened.answer("POST", "/", headers, body).status == 200
    opened.close()


def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path):
    create(tmp_path / "data")
    acknowledged, enough = [], threading.Event()
    with running(tmp_path / "data", offline_delay_s=3600.0) as server:

        def write(first):
            for number in range(first, first + 100_000, 2):
                entries = [{"FeatureGroupName": "weather", "Record": a_record(f"{number}-{n}")} for n in range(3)]
                try:
                    ask(server.url, "PUT", "/FeatureGroup/weather", {"Record": a_record(str(number))})
                    acknowledged.append(str(number))
                    ask(server.url, "POST", "/BatchWriteRecord", {"Entries": entries})
                    acknowledged.extend(f"{number}-{n}" for n in range(3))
                except (OSError, HTTPException):
                    return
                if len(acknowledged) > 400:
                    enough.set()

        writers = [threading.Thread(target=write, args=(first,)) for first in (0, 1)]
        for writer in writers:
            writer.start()
        assert enough.wait(60)
        server.kill()
        for writer in writers:
            writer.join(60)
    opened = open_emulator(tmp_path / "data", offline_delay_s=3600.0)
    offline = {row["id"] for row in pending(opened)}
    query = "/FeatureGroup/weather?RecordIdentifierValueAsString="
    online = {
        name for name in acknowledged if values(json.loads(raw(opened, "GET", f"{query}{name}").body)) is not None
    }
    opened.close()

    assert len(acknowledged) > 400
    assert online == set(acknowledged)
    assert offline >= set(acknowledged)


def test_the_server_answers_what_the_embedded_emulator_does(tmp_path, session, refused):
    create(tmp_path / "data")
    with running(tmp_path / "data") as server:
        client = session.client("sagemaker-featurestore-runtime", endpoint_url=server.url)
        put(client, "a b/é", at(1))
        found = get(client, "a b/é")
        missing = get(client, "b")
        listed = client.list_records(FeatureGroupName="weather")["RecordIdentifiers"]
        code, _ = refused(client.get_record, FeatureGroupName="nothing", RecordIdentifierValueAsString="a")
        client.close()

    assert found == {"id": "a b/é", "at": at(1)}
    assert (missing, listed, code) == (None, ["a b/é"], "ResourceNotFound")
