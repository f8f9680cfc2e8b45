"""What a command imports is what its user waits for."""

import json
import subprocess
import sys

import pytest
from project import SPEC

HEAVY = {
    "pandas",
    "numpy",
    "pyarrow",
    "pydantic",
    "rich",
    "deepdiff",
    "duckdb",
    "pyspark",
    "sagemaker",
    "moto",
    "boto3",
}


def imported(project, *words):
    """The top-level modules that a command has imported by its end, in its own process."""
    program = (
        "import atexit, json, sys\n"
        "def tell(): sys.stderr.write('\\n' + json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))\n"
        "atexit.register(tell)\n"
        f"sys.argv = ['reconciler', *{list(words)!r}]\n"
        "from reconciler.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.rpartition("\n")[2]))


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["plan", "--help"], ["apply", "--help"]])
def test_help_needs_no_library_but_click(project, words):
    assert not imported(project, *words) & (HEAVY | {"botocore"})


def test_validating_needs_no_aws(project):
    assert not imported(project.with_weather(), "validate") & (HEAVY | {"botocore"})


def test_a_plan_with_nothing_to_change_needs_nothing_heavy(project):
    project.with_weather().run("apply", "--yes")

    assert not imported(project, "plan") & HEAVY


def test_a_plan_that_creates_needs_nothing_heavy(project):
    assert not imported(project.with_weather(), "plan") & HEAVY


def test_a_plan_with_a_change_needs_no_data_frames(project):
    project.with_weather().run("apply", "--yes")
    project.write("registry/weather.py", SPEC.replace("online=Online()", 'online=Online(), tags={"a": "b"}'))

    found = imported(project, "plan") & HEAVY
    assert "deepdiff" in found
    assert not found & {"pandas", "numpy", "pyarrow"}


def test_an_apply_needs_nothing_heavy(project):
    assert not imported(project.with_weather(), "apply", "--yes") & HEAVY


def test_the_middle_never_brings_the_aws_client():
    program = (
        "import sys\n"
        "import reconciler.plan, reconciler.plan.codec, reconciler.render.text, reconciler.render.markdown\n"
        "assert not {'botocore', 'boto3'} & sys.modules.keys()\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
