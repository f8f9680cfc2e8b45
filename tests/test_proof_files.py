"""The files of `make proof`: what each client installs is pinned, and no address is written down."""

import re
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
    assert {plain(name) for name in lines_of(PROOF / client / "requirements.txt")} <= {plain(pin) for pin in pins}


@every_client
def test_a_client_is_tried(client):
    assert list((PROOF / client).glob("test_*.py"))


@pytest.mark.parametrize("file", [found for found in PROOF.rglob("*") if found.is_file() and found.suffix != ".pyc"])
def test_no_address_but_loopback_is_written_down(file):
    assert re.findall(r"https?://(?!127\\?\.0\\?\.0\\?\.1)|index-url|find-links|--hash", file.read_text()) == []
