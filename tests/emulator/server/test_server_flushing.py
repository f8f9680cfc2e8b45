"""Rows become files while a server runs, when it is asked, and when it ends; and when an emulator is closed."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from emulator_help import a_group
from server_help import until

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.server import running
from reconciler.emulator.status import describe_directory


def written(directory):
    """Parquet files that are there, whoever looks."""
    return sorted(path.name for path in (directory / "s3").rglob("*.parquet"))


RECORD = [{"FeatureName": "id", "ValueAsString": "0"}, {"FeatureName": "at", "ValueAsString": "2026-01-01T00:00:00Z"}]


def put(runtime, number=0):
    record = [
        {"FeatureName": "id", "ValueAsString": str(number)},
        {"FeatureName": "at", "ValueAsString": "2026-01-01T00:00:00Z"},
    ]
    runtime.put_record(FeatureGroupName="weather", Record=record)


@pytest.fixture
def clients(session):
    def of(url):
        found = [session.client(name, endpoint_url=url) for name in ("sagemaker", "sagemaker-featurestore-runtime")]
        if not found[0].list_feature_groups()["FeatureGroupSummaries"]:
            found[0].create_feature_group(**a_group(offline={}))
        return found

    return of


def test_a_row_is_in_a_file_soon_though_nobody_asks(tmp_path, clients):
    with running(tmp_path) as server:
        put(clients(server.url)[1])

        until(lambda: len(written(tmp_path)) == 1)


def test_a_flush_can_be_asked_for(tmp_path, clients):
    with running(tmp_path, offline_delay_s=3600) as server:
        put(clients(server.url)[1])
        due, all_of_it = server.ask("POST", "flush"), server.ask("POST", "flush", {"everything": True})

        assert (due, all_of_it) == ({"rows": 0}, {"rows": 1})
        assert len(written(tmp_path)) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_ends_writes_what_it_acknowledged(tmp_path, clients, number):
    server = running(tmp_path)
    with server as started:
        _, runtime = clients(started.url)
        for record in range(50):
            put(runtime, record)
        os.kill(started.pid, number)
        started.stop()

    assert describe_directory(tmp_path)["pending"] == 0
    assert len(written(tmp_path)) >= 1


def test_with_a_delay_what_is_not_due_stays_pending_and_is_kept(tmp_path, clients):
    with running(tmp_path, offline_delay_s=3600) as server:
        put(clients(server.url)[1])
    kept = describe_directory(tmp_path)["pending"]
    with running(tmp_path, offline_delay_s=3600) as server:
        server.ask("POST", "clock", {"advance_seconds": 3600})
        until(lambda: len(written(tmp_path)) == 1)

    assert kept == 1
    assert describe_directory(tmp_path)["pending"] == 0


def test_a_flush_that_fails_is_tried_again_and_ends_nothing(tmp_path, clients):
    with running(tmp_path) as server:
        sagemaker, runtime = clients(server.url)
        number = server.ask("POST", "faults", {"kind": "disk_full", "operation": "Flush"})["id"]
        put(runtime)
        until(lambda: server.ask("GET", "faults")[str(number)]["hits"] >= 2)
        waiting = server.ask("GET", "status")["pending"]
        server.ask("DELETE", "faults", {"id": number})
        until(lambda: len(written(tmp_path)) == 1)

        assert waiting == 1
        assert len(sagemaker.list_feature_groups()["FeatureGroupSummaries"]) == 1


def test_an_embedded_emulator_writes_its_rows_when_it_is_closed(tmp_path, emulator, make, runtime):
    make(offline={})
    put(runtime)
    before = written(tmp_path / "data")
    emulator.close()

    assert (len(before), len(written(tmp_path / "data"))) == (0, 1)


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
def test_so_does_one_that_is_closed_as_its_interpreter_ends(tmp_path, table_format):
    """Then nothing heavy can be imported any more, and no thread started."""
    program = """
        import atexit, json, sys
        from reconciler.emulator.embedded import open_emulator

        emulator = open_emulator(sys.argv[1])
        atexit.register(emulator.close)
        create, record = (json.loads(text) for text in sys.argv[2:])
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/sagemaker/aws4_request, x"}
        target = {"X-Amz-Target": "SageMaker.CreateFeatureGroup"}
        calls = [("POST", "/", target, create), ("PUT", "/FeatureGroup/weather", {}, record)]
        for method, path, headers, body in calls:
            answer = emulator.answer(method, path, {**signed, **headers}, json.dumps(body).encode())
            assert answer.status == 200, answer
    """
    arguments = [a_group(offline={"TableFormat": table_format}), {"Record": RECORD}]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program), tmp_path, *map(json.dumps, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(written(tmp_path)) == 1
    assert describe_directory(tmp_path)["pending"] == 0


def test_closing_does_not_write_what_is_not_due_or_not_its_own(tmp_path, emulator, make, runtime):
    make(offline={})
    emulator.faults.add("offline_lag", seconds=60)
    put(runtime)
    with open_emulator(tmp_path / "data") as other:
        other.advance_clock(60)

    assert written(tmp_path / "data") == []


def test_closing_never_fails_the_command(tmp_path, emulator, make, runtime):
    make(offline={})
    put(runtime)
    emulator.faults.add("disk_full", operation="Flush")
    emulator.close()

    assert describe_directory(tmp_path / "data")["pending"] == 1


def test_with_nothing_to_write_closing_brings_no_library(tmp_path):
    program = (
        "import sys\n"
        "from reconciler.emulator.embedded import open_emulator\n"
        "with open_emulator(sys.argv[1]) as emulator:\n"
        "    emulator.answer('POST', '/', {'X-Amz-Target': 'SageMaker.ListFeatureGroups'}, b'{}')\n"
        "assert not {'pyarrow', 'duckdb', 'pyiceberg', 'logging', 'reconciler.emulator.offline.flushing'} "
        "& sys.modules.keys()\n"
    )

    assert subprocess.run([sys.executable, "-c", program, tmp_path], check=False, timeout=60).returncode == 0
