"""What editors and type checkers see of the words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TYPING = Path(__file__).parents[1] / "typing"


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, dict[int, str]]:
    """Errors of mypy, by file and line."""
    cache = tmp_path_factory.mktemp("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", f"--cache-dir={cache}"]
    files = [TYPING / "passes.py", TYPING / "fails.py"]
    report = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, check=False, cwd=TYPING.parents[1]
    )
    assert report.stderr == ""
    lines: dict[str, dict[int, str]] = {"passes.py": {}, "fails.py": {}}
    for match in re.finditer(r"^\S*?(\w+\.py):(\d+): error: .*\[([\w-]+)\]$", report.stdout, re.MULTILINE):
        lines[match[1]][int(match[2])] = match[3]
    return lines


def test_what_is_right_passes(found):
    assert found["passes.py"] == {}


def test_what_is_wrong_fails_in_its_line_and_nowhere_else(found):
    wanted = {
        number: match[1]
        for number, line in enumerate((TYPING / "fails.py").read_text().splitlines(), 1)
        if (match := re.search(r"# error: ([\w-]+)$", line))
    }

    assert found["fails.py"] == wanted
