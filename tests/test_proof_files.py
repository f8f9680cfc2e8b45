"""The files of `make proof`: what each client installs is pinned, and no address is written down."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

PROOF = Path(__file__).parents[1] / "proof"
CLIENTS = sorted(found.parent.name for found in PROOF.glob("*/requirements.txt"))
every_client = pytest.mark.parametrize("client", CLIENTS)


def lines_of(file):
    return [line for line in file.read_text().splitlines() if line and not line.startswith("#")]


def plain(name):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name)[0]).lower()


def test_the_clients_are_those_that_are_promised():
    assert {"awscli", "awswrangler", "boto3", "pyiceberg", "sagemaker2", "sagemaker3"} <= set(CLIENTS)


@every_client
def test_all_that_a_client_brings_along_is_pinned(client):
    pins = lines_of(PROOF / client / "constraints.txt")

    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+", pin) for pin in pins)
    wanted = {plain(name) for name in lines_of(PROOF / client / "requirements.txt")}
    assert wanted - {"reconciler"} <= {plain(pin) for pin in pins}


def test_packages_of_npm_are_pinned_too():
    found = [json.loads(file.read_text())["dependencies"] for file in PROOF.glob("*/package.json")]

    assert found
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for packages in found for version in packages.values())
    assert not list(PROOF.glob("*/package-lock.json"))


@every_client
def test_a_client_is_tried(client):
    assert list((PROOF / client).glob("test_*.py"))


@pytest.mark.parametrize("file", [found for found in PROOF.rglob("*") if found.is_file() and found.suffix != ".pyc"])
def test_no_address_but_loopback_is_written_down(file):
    assert re.findall(r"https?://(?!127\\?\.0\\?\.0\\?\.1)|index-url|find-links|--hash", file.read_text()) == []


@pytest.fixture
def run(monkeypatch):
    monkeypatch.syspath_prepend(PROOF)
    spec = importlib.util.spec_from_file_location("proof_run", PROOF / "run.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "proof_run", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("said", "code", "counted"),
    [
        ("... [100%]\n3 passed in 1.20s", 0, (3, 0, 0)),
        ("3 passed, 2 skipped, 4 warnings in 61.20s (0:01:01)", 0, (3, 0, 2)),
        ("2 failed, 3 passed, 1 error in 1.20s", 1, (3, 3, 0)),
        ("3 passed in 1.20s\nSomething tried to leave this machine:\naws: socket.connect 10.0.0.1", 1, (3, 1, 0)),
        ("The emulator did not start; see server.txt.", 1, (0, 1, 0)),
        ("no tests ran in 0.01s", 5, (0, 1, 0)),
    ],
)
def test_a_client_fails_that_does_not_end_well(run, said, code, counted):
    assert run._outcome(said, code) == counted


def test_a_reason_to_skip_is_said_once(run):
    said = (
        "SKIPPED [2] ../a.py:9: there is no Java\nSKIPPED [1] ../a.py:12: there is no Java\n2 passed, 3 skipped in 1.0s"
    )

    assert run._skipped(said) == {"there is no Java": 3}
