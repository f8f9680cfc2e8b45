"""`reconciler emulator serve`, `run` and `env`, as they are used from a shell."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import pytest
from project import Project
from server_help import call, connected, exchange, head, until


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def serving(project):
    """A server that was started from the shell; its first words and itself."""
    started = []

    def of(*words, **environment):
        process = subprocess.Popen(
            project.command("emulator", "serve", "--port", 0, *words),
            cwd=project.root,
            env=project.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, process.stdout.readline()

    yield of
    for process in started:
        process.kill()
        process.communicate()


def address(first):
    return first.split()[4].rstrip(".")


def ended(process, number=signal.SIGINT):
    process.send_signal(number)
    rest, errors = process.stdout.read(), process.stderr.read()
    return process.wait(timeout=30), rest, errors


def test_it_says_what_to_export_and_where_to_look(serving):
    process, first = serving(SHELL="/bin/bash")
    url = address(first)
    answered = exchange(url, call())
    code, rest, errors = ended(process)

    assert code == 0
    assert answered.status == 200
    for line in (
        f"export AWS_ENDPOINT_URL={url}",
        "export AWS_ACCESS_KEY_ID=local",
        "export AWS_SECRET_ACCESS_KEY=local",
        "export AWS_DEFAULT_REGION=us-east-1",
    ):
        assert f"  {line}\n" in rest
    assert f"{url} in a browser" in rest
    assert "reconciler emulator run" in rest
    assert "sagemaker ListFeatureGroups -\n" in errors
    assert max(map(len, (rest + errors).splitlines())) <= 100


def test_it_speaks_the_users_shell(serving):
    process, first = serving(SHELL="/usr/bin/fish")

    assert f"  set -gx AWS_ENDPOINT_URL '{address(first)}'\n" in ended(process)[1]


def test_quiet_leaves_out_the_line_per_request(serving):
    process, first = serving("--quiet")
    exchange(address(first), call())

    assert "ListFeatureGroups" not in ended(process, signal.SIGTERM)[2]


def test_to_listen_for_other_machines_is_said_loudly(serving):
    process, first = serving("--host", "0.0.0.0")
    code, _, errors = ended(process)

    assert code == 0
    assert address(first).startswith("http://127.0.0.1:")
    assert "Warning: it listens on 0.0.0.0, and not for this machine alone." in errors
    assert "asks for no credentials" in errors


def test_to_listen_for_this_machine_alone_is_nothing_to_warn_of(serving):
    for host in ("127.0.0.1", "localhost", "::1"):
        process, first = serving("--host", host)

        assert "Warning" not in ended(process)[2], first


def test_an_address_of_ipv6_is_written_as_one(serving):
    process, first = serving("--host", "::1")

    assert address(first).startswith("http://[::1]:")
    assert ended(process)[0] == 0


def test_two_servers_on_one_port_are_a_sentence(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = project.run("emulator", "serve", "--port", port)

    assert done.returncode == 1
    assert done.stderr == (
        f"Error: It cannot listen on 127.0.0.1, port {port}: Address already in use. Give another --port.\n"
    )


def test_a_server_that_ends_hangs_up_on_who_still_waits(serving):
    process, first = serving()
    body = b'{"kind": "latency", "seconds": 60}'
    exchange(address(first), head("POST", "/_emulator/faults", Host="x", Content_Length=len(body)) + body)
    with connected(address(first)) as waiting:
        waiting.sendall(call())
        until(lambda: b"ListFeatureGroups" in exchange(address(first), head("GET", "/_emulator/calls", Host="x")).body)
        code, _, errors = ended(process)

        assert waiting.recv(1) == b""
    assert code == 0
    assert errors.endswith("sagemaker ListFeatureGroups -  ServerEnded  (latency on request)\n")


@pytest.mark.parametrize("delay", ["nan", "inf", "-1", "soon"])
def test_a_delay_that_is_none_is_a_sentence(project, delay):
    done = project.run("emulator", "serve", "--port", 0, "--offline-delay", delay)

    assert done.returncode == 1
    assert "Invalid value for '--offline-delay'" in done.stderr


def test_a_host_that_is_not_this_machine_is_a_sentence(project):
    done = project.run("emulator", "serve", "--port", 0, "--host", "203.0.113.1")

    assert done.returncode == 1
    assert "It cannot listen on 203.0.113.1, port 0: " in done.stderr
    assert "Traceback" not in done.stderr


def test_two_servers_may_share_a_directory(serving):
    (one, first), (other, second) = serving(), serving()
    created = exchange(address(first), call("SageMaker.CreateFeatureGroup", _group()))
    seen = exchange(address(second), call())

    assert created.status == 200
    assert len(seen.json["FeatureGroupSummaries"]) == 1
    assert (ended(one)[0], ended(other)[0]) == (0, 0)


def _group():
    return (
        b'{"FeatureGroupName": "x", "RecordIdentifierFeatureName": "i", "EventTimeFeatureName": "e", '
        b'"OnlineStoreConfig": {"EnableOnlineStore": true}, "FeatureDefinitions": ['
        b'{"FeatureName": "i", "FeatureType": "String"}, {"FeatureName": "e", "FeatureType": "String"}]}'
    )


def test_the_delay_of_the_offline_store_and_the_durations_of_aws_can_be_had(serving):
    import json
    import urllib.request

    process, first = serving("--offline-delay", 900, "--realistic")
    with urllib.request.urlopen(f"{address(first)}/_emulator/status", timeout=30) as reply:
        settings = json.load(reply)["settings"]
    ended(process)

    assert (settings["offline_delay_s"], settings["create_s"], settings["max_groups"]) == (900.0, 30.0, 100)


# run


STS = (
    "import boto3; sts = boto3.client('sts', 'eu-west-1', endpoint_url='https://sts.eu-west-1.amazonaws.com');"
    "print(sts.get_caller_identity()['Account'])"
)


def run(project, *words, **more):
    return project.run("emulator", "run", *words, **more)


def test_a_command_meets_the_emulator_wherever_it_looks_for_aws(project):
    done = run(project, "--fresh", "--", sys.executable, "-c", STS)

    assert (done.returncode, done.stdout) == (0, "000000000000\n"), done.stderr


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
)
def test_the_exit_code_is_the_commands(project, script, code):
    assert run(project, "--fresh", "--", "sh", "-c", script).returncode == code


def test_a_command_that_is_not_there_is_what_a_shell_makes_of_it(project):
    done = run(project, "--fresh", "--", "no-such-command")

    assert done.returncode == 127
    assert "no-such-command cannot be run: No such file or directory." in done.stderr


def test_a_file_that_is_no_command_is_too(project):
    project.write("notes.txt", "")

    assert run(project, "--fresh", "--", "./notes.txt").returncode == 126


def test_what_it_prints_and_reads_is_the_commands_alone(project):
    done = subprocess.run(
        project.command("emulator", "run", "--fresh", "cat"),
        input="as it is\n",
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.stdout, done.stderr) == ("as it is\n", "")


def test_options_of_the_command_are_the_commands(project):
    assert run(project, "--fresh", "sh", "-c", "echo $0 $1", "--data", "--quiet").stdout == "--data --quiet\n"


def test_what_the_command_makes_is_kept_unless_it_is_to_be_fresh(project):
    ask = "import os, urllib.request as web; ask = lambda method, path: web.urlopen(web.Request("
    ask += "os.environ['AWS_ENDPOINT_URL'] + path, method=method)).read();"
    create = f"{ask} ask('PUT', '/mine')"
    count = f"{ask} print(ask('GET', '/').count(b'<Bucket>'))"
    run(project, "--fresh", "--", sys.executable, "-c", create)
    fresh = run(project, "--", sys.executable, "-c", count).stdout
    run(project, "--", sys.executable, "-c", create)

    assert (fresh, run(project, "--", sys.executable, "-c", count).stdout) == ("0\n", "1\n")
    assert project.store.is_dir()


def test_one_that_runs_already_can_be_used(project, serving):
    _, first = serving()
    url = address(first)
    done = run(project, "--endpoint", url, "--", sys.executable, "-c", STS)

    assert done.stdout == "000000000000\n"
    assert run(project, "--endpoint", url, "--fresh", "true").returncode == 1


def test_an_interrupt_from_the_terminal_is_the_commands_to_answer(project):
    """As a terminal does: to the whole group of processes, of which the emulator is none."""
    script = (
        "import boto3, sys, time\n"
        "try:\n"
        "    print('ready', flush=True)\n"
        "    while True: time.sleep(0.1)\n"
        "except KeyboardInterrupt:\n"
        "    print(boto3.client('sts', 'us-east-1').get_caller_identity()['Account'], flush=True)\n"
        "    sys.exit(5)\n"
    )
    process = subprocess.Popen(
        project.command("emulator", "run", "--fresh", "--", sys.executable, "-c", script),
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    rest, errors = process.communicate(timeout=30)

    assert (process.returncode, rest, errors) == (5, "000000000000\n", "")


def test_a_termination_is_handed_on(project):
    process = subprocess.Popen(
        project.command(
            "emulator", "run", "--fresh", "--", "sh", "-c", "trap 'exit 9' TERM; echo ready; sleep 60 & wait"
        ),
        env=project.environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    code = process.wait(timeout=30)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the sleep
    process.stdout.close()

    assert code == 9


def test_no_server_outlives_a_run_that_was_killed(project):
    script = "import os; print(os.environ['AWS_ENDPOINT_URL'], flush=True); import time; time.sleep(60)"
    process = subprocess.Popen(
        project.command("emulator", "run", "--", sys.executable, "-c", script),
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    url = process.stdout.readline().strip()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)

    def is_gone():
        try:
            exchange(url, call())
        except OSError:
            return True
        return False

    until(is_gone)


# env


def test_what_env_prints_sets_up_a_shell(project, serving):
    _, first = serving()
    prints = shlex.join(project.command("emulator", "env", "--endpoint", address(first)))
    script = f'eval "$({prints})"\nexec "$0" -c "{STS}"'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable],
        env={**project.environment, "AWS_PROFILE": "work", "HTTPS_PROXY": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout == "000000000000\n", done.stderr


@pytest.mark.parametrize(
    ("shell", "set_", "unset"),
    [
        ("sh", "export AWS_ACCESS_KEY_ID=local", "unset AWS_PROFILE"),
        ("fish", "set -gx AWS_ACCESS_KEY_ID 'local'", "set -e AWS_PROFILE"),
        ("powershell", "$env:AWS_ACCESS_KEY_ID = 'local'", "Remove-Item Env:AWS_PROFILE"),
    ],
)
def test_env_speaks_the_shell_that_is_named(project, shell, set_, unset):
    lines = project.run("emulator", "env", "--shell", shell, AWS_PROFILE="work").stdout.splitlines()

    assert set_ in lines
    assert unset in lines
