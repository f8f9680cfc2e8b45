"""What was acknowledged is kept, whoever else is on the directory."""

import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from emulator_help import a_group

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.errors import UnusableDirectory
from reconciler.emulator.status import describe_directory, reset
from reconciler.emulator.store import FILE


def ask(opened, operation, **body):
    reply = opened.answer("POST", "/", {"X-Amz-Target": f"SageMaker.{operation}"}, json.dumps(body).encode())
    return reply.status, json.loads(reply.body or b"{}")


def names(opened):
    status, reply = ask(opened, "ListFeatureGroups")
    assert status == 200
    return [group["FeatureGroupName"] for group in reply["FeatureGroupSummaries"]]


def test_a_directory_is_made_and_found_again(tmp_path):
    first = open_emulator(tmp_path / "a" / "b")
    ask(first, "CreateFeatureGroup", **a_group("weather"))
    first.close()
    second = open_emulator(tmp_path / "a" / "b")

    assert names(second) == ["weather"]
    second.close()


def test_two_instances_see_each_other_and_one_clock(tmp_path):
    one, two = open_emulator(tmp_path, create_s=60), open_emulator(tmp_path)
    ask(one, "CreateFeatureGroup", **a_group("weather"))
    before = ask(two, "DescribeFeatureGroup", FeatureGroupName="weather")[1]["FeatureGroupStatus"]
    two.advance_clock(60)
    after = ask(one, "DescribeFeatureGroup", FeatureGroupName="weather")[1]["FeatureGroupStatus"]

    assert (before, after) == ("Creating", "Created")
    one.close()
    two.close()


def test_threads_share_an_instance(tmp_path):
    opened = open_emulator(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: ask(opened, "CreateFeatureGroup", **a_group(f"g{number}")), range(40)))

    assert {status for status, _ in replies} == {200}
    assert len(names(opened)) == 40
    opened.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell which files are open")
def test_a_thread_that_has_ended_keeps_no_file_open(tmp_path):
    with open_emulator(tmp_path) as emulator:
        for _ in range(50):
            asking = threading.Thread(target=emulator.clock)
            asking.start()
            asking.join()
        held = [os.path.realpath(link) for link in Path("/proc/self/fd").glob("*")]

        assert sum(name == str(tmp_path / FILE) for name in held) < 5


def test_one_name_is_given_once_however_many_ask(tmp_path):
    instances = [open_emulator(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda one: ask(one, "CreateFeatureGroup", **a_group("weather")), instances))

    assert sorted(status for status, _ in replies) == [200, 400, 400, 400]
    for instance in instances:
        instance.close()


WRITER = """
import json, sys
sys.path.insert(0, sys.argv[3])
from emulator_help import a_group
from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.errors import UnusableDirectory
emulator = open_emulator(sys.argv[1])
for number in range(20):
    body = json.dumps(a_group(f"{sys.argv[2]}{number}")).encode()
    reply = emulator.answer("POST", "/", {"X-Amz-Target": "SageMaker.CreateFeatureGroup"}, body)
    assert reply.status == 200, reply.body
"""


def test_processes_share_a_directory_from_the_first_moment(tmp_path, request):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "data")]
    here = str(request.path.parent)
    writers = [subprocess.Popen([*command, f"p{number}-", here]) for number in range(3)]

    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    assert len(describe_directory(tmp_path / "data")["groups"]) == 60


def _create_in_child(opened, name):
    status, _ = ask(opened, "CreateFeatureGroup", **a_group(name))
    sys.exit(0 if status == 200 else 1)


def test_an_instance_survives_a_fork(tmp_path):
    opened = open_emulator(tmp_path)
    ask(opened, "CreateFeatureGroup", **a_group("mother"))
    child = multiprocessing.get_context("fork").Process(target=_create_in_child, args=(opened, "child"))
    child.start()
    child.join(60)

    assert child.exitcode == 0
    assert names(opened) == ["mother", "child"]
    opened.close()


def test_a_refused_write_leaves_nothing(tmp_path):
    opened = open_emulator(tmp_path)
    ask(opened, "CreateFeatureGroup", **a_group("weather", Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)]))
    arn = "arn:aws:sagemaker:us-east-1:000000000000:feature-group/weather"

    status, _ = ask(opened, "AddTags", ResourceArn=arn, Tags=[{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}])

    assert status == 400
    assert len(ask(opened, "ListTags", ResourceArn=arn)[1]["Tags"]) == 50
    opened.close()


def test_a_file_of_another_version_is_not_touched(tmp_path):
    open_emulator(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version=99")
    db.close()

    with pytest.raises(UnusableDirectory, match="another version"):
        open_emulator(tmp_path)


def test_a_directory_is_described_without_a_server(tmp_path):
    opened = open_emulator(tmp_path)
    ask(opened, "CreateFeatureGroup", **a_group("weather", Tags=[{"Key": "team", "Value": "ops"}]))
    created = ask(opened, "DescribeFeatureGroup", FeatureGroupName="weather")[1]["CreationTime"]
    opened.close()

    found = describe_directory(tmp_path)

    assert found["bytes"] > 0
    assert found["groups"] == [
        {
            "name": "weather",
            "account": "000000000000",
            "region": "us-east-1",
            "status": "Created",
            "features": 2,
            "tags": {"team": "ops"},
            "created": created,
            "records": 0,
            "online_bytes": 0,
            "pending": 0,
            "offline": None,
        }
    ]


def test_a_directory_that_is_not_there_is_described_and_not_made(tmp_path):
    found = describe_directory(tmp_path / "nothing")

    assert found["groups"] == []
    assert not (tmp_path / "nothing").exists()


def test_reset_forgets_everything_also_for_those_who_hold_it_open(tmp_path):
    opened = open_emulator(tmp_path)
    ask(opened, "CreateFeatureGroup", **a_group("weather", offline={}))
    opened.faults.add("throttled", operation="Search")
    opened.advance_clock(1000)

    reset(tmp_path)

    assert names(opened) == []
    assert opened.faults.all() == {}
    assert ask(opened, "CreateFeatureGroup", **a_group("weather", offline={}))[0] == 200
    opened.close()


def test_the_import_is_light():
    """Every command of a laptop user starts with it."""
    code = "import sys; import reconciler.emulator.embedded; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    heavy = {"asyncio", "http.server", "uvicorn", "httptools", "botocore", "boto3", "pydantic", "inspect", "logging"}
    assert heavy.isdisjoint(loaded)
    assert {name for name in loaded if name.startswith("reconciler.")} <= {
        name for name in loaded if name.startswith("reconciler.emulator")
    }
