"""Transcripts in the documentation, run again: each page is one session in a folder that begins empty.

A `python`, `toml` or `csv` block whose first line is a comment with a path writes that file, a `diff` block edits it,
and a `console` block runs its commands with the installed program, or a file with Python. What a run cannot repeat is
masked on both sides.
"""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

from docs_pages import Block, blocks, patched

COMMAND = Path(sysconfig.get_path("scripts")) / "reconciler"
_PROGRAMS = {"python": sys.executable, "reconciler": COMMAND}
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
_MASKS = (
    (r"sha256:[0-9a-f]{64}", "sha256:..."),
    (r"\(\d+\.\d s\)", "(0.0 s)"),
    (r"\([\d,]+ a second\)", "(1,000 a second)"),
    (r"after [\d,]+ s\b", "after 0 s"),
    (r"faults-\d{8}T\d{6}-\d+", "faults-20260101T000000-1"),
    (r"_\d{10}\b", "_1700000000"),
    (r"-\d{10}\b", "-1700000000"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "2026-01-01T00:00:00+00:00"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "2026-01-01 00:00:00 UTC"),
)


def masked(text):
    """A transcript without digests, times and durations, empty lines and blanks at the ends of lines."""
    for pattern, mask in _MASKS:
        text = re.sub(pattern, mask, text)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


class Session:
    """A user at work in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.code = 0
        self.digest = ""
        nowhere = str(folder / "nowhere")
        self._environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "HOME": str(folder),
            "AWS_CONFIG_FILE": nowhere,
            "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
            "COLUMNS": "80",
            "PYTHONWARNINGS": "error",
        }

    def do(self, block: Block):
        """Write, edit or run what a block says; gives what the console shows."""
        if block.language == "console":
            return "\n\n".join(self._shown(line[2:]) for line in block.text.splitlines() if line.startswith("$ "))
        file = self.folder / block.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(patched(file.read_text(), block.body) if block.language == "diff" else block.body)
        return None

    def _shown(self, line):
        output = str(self.code) if line == "echo $?" else self._run(line)
        return "\n".join(part for part in (f"$ {line}", output.rstrip()) if part)

    def _run(self, line):
        words = shlex.split(re.sub(r"sha256:[0-9a-f]{64}", lambda _: self.digest, line))
        program = "python" if "python" in words else "reconciler"
        if program == "python":
            # This repository has a package of that name, too, and it is on the path of every program here.
            (self.folder / "registry" / "__init__.py").touch()
        given = dict(word.split("=", 1) for word in words[: words.index(program)])
        done = subprocess.run(
            [_PROGRAMS[program], *words[words.index(program) + 1 :]],
            cwd=self.folder,
            env=self._environment | given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.code = done.returncode
        self.digest = (re.findall(r"sha256:[0-9a-f]{64}", done.stdout) or [self.digest])[-1]
        return done.stdout


def steps(page):
    """The blocks of a page that a session goes through."""
    found = blocks("python", "toml", "csv", "diff", "console", of=page)
    return [block for block in found if block.language == "console" or block.file]
