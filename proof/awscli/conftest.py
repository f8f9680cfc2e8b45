import json
import subprocess
import sys
from pathlib import Path

import pytest
from groups import BUCKET

AWS = Path(sys.executable).with_name("aws")


class Refused(Exception):
    """The command ended with an exit code; the text is what it printed."""


def _run(*words):
    command = [str(AWS), *(json.dumps(word) if isinstance(word, dict | list) else str(word) for word in words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


@pytest.fixture(scope="session")
def aws():
    """One command line; answers what it printed, read as JSON where it is."""

    def of(*words):
        said = _run(*words)
        try:
            return json.loads(said)
        except ValueError:
            return said

    _run("s3", "mb", f"s3://{BUCKET}")
    return of


@pytest.fixture
def refused(aws):
    def of(*words):
        with pytest.raises(Refused) as caught:
            aws(*words)
        return str(caught.value)

    return of


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "local"
    made.mkdir()
    return made
