"""One import, and a process meets the emulator and stays on this machine; so do the processes it starts."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from server_help import until

from reconciler.emulator.server import running
from reconciler.sandboxing import clients, guard, variables


@pytest.fixture(scope="module")
def emulator_url(tmp_path_factory):
    with running(tmp_path_factory.mktemp("sandbox")) as server:
        yield server.url


def python(script, *, url=None, cwd=None, flags=(), **environment):
    """A process of its own, as a user's would be."""
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    named = {variables.EMULATOR: url} if url else {}
    return subprocess.run(
        [sys.executable, *flags, "-c", textwrap.dedent(script)],
        cwd=cwd,
        env=known | named | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_client_lands_on_the_emulator_whatever_address_was_insisted_on(emulator_url):
    done = python(
        """
        import reconciler.sandbox
        import boto3
        for address in ("https://sts.eu-west-1.amazonaws.com", None, "https://vpce-1.sts.amazonaws.com"):
            sts = boto3.client("sts", "eu-west-1", endpoint_url=address)
            print(sts.meta.endpoint_url, sts.get_caller_identity()["Account"])
        """,
        url=emulator_url,
    )

    assert done.stdout.splitlines() == [f"{emulator_url} 000000000000"] * 3, done.stderr


def test_so_does_one_whose_library_was_imported_before(emulator_url):
    done = python(
        """
        import boto3
        import reconciler.sandbox
        print(boto3.client("sts", "eu-west-1", endpoint_url="https://sts.amazonaws.com").meta.endpoint_url)
        """,
        url=emulator_url,
    )

    assert done.stdout.strip() == emulator_url, done.stderr


def test_an_address_on_this_machine_may_be_meant(emulator_url):
    done = python(
        """
        import reconciler.sandbox
        import boto3
        print(boto3.client("sts", "eu-west-1", endpoint_url="http://localhost:1").meta.endpoint_url)
        """,
        url=emulator_url,
    )

    assert done.stdout.strip() == "http://localhost:1", done.stderr


def test_files_of_s3_are_the_emulators_for_pyarrow_too(emulator_url):
    """It has a network code of its own, and looks at the environment only for some of its ways to S3."""
    done = python(
        """
        import reconciler.sandbox
        import pickle
        import boto3
        from pyarrow import fs
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket="arrow")
        s3.put_object(Bucket="arrow", Key="x", Body=b"read")
        plain, insisting = fs.S3FileSystem(), fs.S3FileSystem(endpoint_override="s3.amazonaws.com", region="us-east-1")
        by_uri, path = fs.FileSystem.from_uri("s3://arrow/x")
        for each in (plain, insisting, by_uri, pickle.loads(pickle.dumps(plain))):
            print(each.open_input_stream(path).read(), isinstance(each, fs.S3FileSystem))
        print(isinstance(fs.LocalFileSystem(), fs.S3FileSystem))
        """,
        url=emulator_url,
    )

    assert done.stdout.splitlines() == ["b'read' True"] * 4 + ["False"], done.stderr


TRIES = {
    "an address": "socket.create_connection(('203.0.113.1', 80), 5)",
    "an address of ipv6": "socket.create_connection(('2001:db8::1', 80), 5)",
    "an address of ipv4 in one of ipv6": "socket.create_connection(('::ffff:203.0.113.1', 80), 5)",
    "a name": "socket.create_connection(('sts.amazonaws.com', 443), 5)",
    "a name that looks like here": "socket.create_connection(('127.0.0.1.example.com', 443), 5)",
    "looking up a name": "socket.getaddrinfo(b'example.com', 443)",
    "looking up a name the old way": "socket.gethostbyname('example.com')",
    "looking up an address": "socket.gethostbyaddr('203.0.113.1')",
    "without waiting": "socket.socket().connect_ex(('203.0.113.1', 80))",
    "the socket below": "__import__('_socket').socket().connect(('203.0.113.1', 80))",
    "a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.1', 53))",
    "a message": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('203.0.113.1', 53))",
    "everybody": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('255.255.255.255', 53))",
    "the web": "__import__('urllib.request').request.urlopen('https://example.com')",
    "an event loop": "asyncio.run(asyncio.open_connection('203.0.113.1', 80))",
    "a library": "urllib3.PoolManager(retries=3).request('GET', 'https://203.0.113.1/')",
    "the machine's metadata": "urllib3.PoolManager().request('GET', 'http://169.254.169.254/latest/meta-data/')",
}


@pytest.mark.parametrize("trial", TRIES.values(), ids=TRIES)
def test_what_would_leave_this_machine_is_refused_at_once(emulator_url, trial):
    done = python(
        f"""
        import reconciler.sandbox
        import asyncio, socket, time, urllib3
        began = time.monotonic()
        try:
            {trial}
        except RuntimeError as error:
            print(type(error).__name__, time.monotonic() - began < 3, error)
        """,
        url=emulator_url,
    )

    assert done.stdout.startswith("LeavesThisMachine True "), done.stderr
    assert "would leave this machine" in done.stdout
    assert emulator_url in done.stdout


def test_what_stays_on_this_machine_is_let_through(emulator_url):
    done = python(
        """
        import reconciler.sandbox
        import asyncio, multiprocessing, socket, tempfile
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
            socket.create_connection(("localhost", server.getsockname()[1])).close()
        socket.getaddrinfo(socket.gethostname(), 80)
        socket.getaddrinfo(None, 80)
        socket.getaddrinfo("203.0.113.1", 80)
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{folder}/s"); server.listen()
            socket.socket(socket.AF_UNIX).connect(f"{folder}/s")
        asyncio.run(asyncio.sleep(0))
        with multiprocessing.Manager() as manager:
            print(manager.list([1]))
        """,
        url=emulator_url,
    )

    assert done.stdout.strip() == "[1]", done.stderr


def test_a_refusal_is_a_sentence_that_says_what_and_why(emulator_url):
    done = python("import reconciler.sandbox, socket; socket.getaddrinfo('example.com', 80)", url=emulator_url)

    assert done.stderr.splitlines()[-1] == (
        "reconciler.sandboxing.guard.LeavesThisMachine: Looking up example.com would leave this machine, and the "
        f"sandbox of the emulator does not let it. What is meant for AWS belongs to {emulator_url}; what has to reach "
        "the network cannot run in the sandbox."
    )


START = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', CHILD]).returncode)"
ASK_STS = (
    "import boto3; sts = boto3.client('sts', 'eu-west-1', endpoint_url='https://sts.amazonaws.com'); "
    "print(sts.get_caller_identity()['Account'])"
)


@pytest.mark.parametrize(
    ("child", "words"),
    [
        ("import socket; socket.create_connection(('203.0.113.1', 80))", "would leave this machine"),
        (ASK_STS, "000000000000"),
    ],
)
def test_a_python_that_is_started_from_there_is_in_the_sandbox_too(emulator_url, child, words):
    done = python(f"import reconciler.sandbox\nCHILD = {child!r}\n{START}", url=emulator_url)

    assert words in done.stdout + done.stderr


def test_one_that_does_not_know_of_reconciler_is_too(emulator_url, tmp_path):
    """A virtual environment of its own, without any package."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True, timeout=60)
    environment = variables.applied(emulator_url, {"PATH": os.environ["PATH"]})
    done = subprocess.run(
        [tmp_path / "venv/bin/python", "-c", "import socket; socket.create_connection(('203.0.113.1', 80))"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "would leave this machine" in done.stderr
    assert "reconciler" not in subprocess.run(
        [tmp_path / "venv/bin/python", "-c", "import importlib.util; print(importlib.util.find_spec('reconciler'))"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.replace("None", "")


def test_a_sitecustomize_that_was_there_before_still_runs(emulator_url, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('ours too', __name__)\n")
    environment = variables.applied(emulator_url, {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)})
    done = subprocess.run(
        [sys.executable, "-c", "import socket; socket.getaddrinfo('example.com', 80)"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout == "ours too sitecustomize\n"
    assert "would leave this machine" in done.stderr


def test_a_sandbox_that_fails_ends_the_process(tmp_path):
    done = python(
        "print('still here')",
        PYTHONPATH=str(Path(variables.__file__).parent / "children"),
        RECONCILER_EMULATOR="http://[x",
    )

    assert (done.returncode, done.stdout) == (70, "")
    assert "The sandbox of the emulator failed, and its process ends" in done.stderr


def test_without_an_emulator_one_is_started_for_as_long_as_it_is_needed(tmp_path):
    done = python(
        """
        import reconciler.sandbox
        import boto3, os
        boto3.client("s3", "us-east-1").create_bucket(Bucket="mine")
        assert os.environ["AWS_ENDPOINT_URL"] == reconciler.sandbox.url
        print(reconciler.sandbox.url)
        """,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".reconciler" / "emulator" / "s3" / "mine").is_dir()
    until(lambda: _is_gone(done.stdout.strip()))


def _is_gone(url):
    from server_help import call, exchange

    try:
        exchange(url, call())
    except OSError:
        return True
    return False


def test_its_data_can_lie_elsewhere(tmp_path):
    data = tmp_path / "elsewhere"
    done = python("import reconciler.sandbox", cwd=tmp_path, RECONCILER_EMULATOR_DATA=str(data))

    assert done.returncode == 0, done.stderr
    assert data.is_dir()
    assert not (tmp_path / ".reconciler").exists()


def test_an_endpoint_on_this_machine_is_the_emulator(emulator_url, tmp_path):
    done = python(
        "import reconciler.sandbox; print(reconciler.sandbox.url)", cwd=tmp_path, AWS_ENDPOINT_URL=emulator_url
    )

    assert done.stdout.strip() == emulator_url
    assert not (tmp_path / ".reconciler").exists()


def test_importing_it_brings_nothing_heavy(emulator_url):
    done = python(
        "import sys, reconciler.sandbox; print(sorted({name.partition('.')[0] for name in sys.modules} "
        "& {'boto3', 'botocore', 'click', 'pydantic', 'uvicorn', 'asyncio', 'http', 'email'}))",
        url=emulator_url,
    )

    assert done.stdout.strip() == "[]", done.stderr


# The environment


def test_what_would_beat_the_emulator_is_taken_out():
    given = {
        "AWS_ENDPOINT_URL_STS": "https://sts.amazonaws.com",
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "x",
        "https_proxy": "http://proxy:1",
        "HOME": "/root",
    }

    made = variables.applied("http://127.0.0.1:1", given)

    assert set(made) & set(given) == {"HOME"}
    assert made["AWS_ENDPOINT_URL"] == made["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:1"


def test_the_users_region_stays():
    assert variables.applied("http://x", {"AWS_REGION": "eu-west-1"})["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_it_can_be_put_on_twice():
    once = variables.applied("http://127.0.0.1:1", {"PYTHONPATH": "/mine"})

    assert variables.applied("http://127.0.0.1:1", once) == once
    assert once["PYTHONPATH"].endswith(":/mine")


def test_pyiceberg_reads_its_catalogs_from_there(monkeypatch):
    from pyiceberg.catalog import Config

    for name, value in variables.applied("http://127.0.0.1:1", {}).items():
        if name.startswith("PYICEBERG"):
            monkeypatch.setenv(name, value)

    for catalog in ("glue", "default"):
        found = Config().get_catalog_config(catalog)
        assert (found["type"], found["glue.endpoint"]) == ("glue", "http://127.0.0.1:1")
        assert (found["s3.endpoint"], found["s3.access-key-id"], found["s3.region"]) == (
            "http://127.0.0.1:1",
            "local",
            "us-east-1",
        )


def test_the_sdks_are_told_to_keep_their_use_to_themselves():
    import yaml

    named = Path(variables.applied("http://x", {})["SAGEMAKER_ADMIN_CONFIG_OVERRIDE"])

    assert yaml.safe_load(named.read_text())["SageMaker"]["PythonSDK"]["Modules"]["TelemetryOptOut"] is True
    assert variables.applied("http://x", {"SAGEMAKER_ADMIN_CONFIG_OVERRIDE": "mine"})[
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE"
    ] == ("mine")


def test_its_parts_are_files_of_their_own():
    """They are loaded by their path where `reconciler` is not installed."""
    for part in (clients, guard):
        source = Path(part.__file__).read_text()

        assert "from reconciler" not in source
        assert "import reconciler" not in source
