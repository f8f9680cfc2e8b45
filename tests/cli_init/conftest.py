import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

RECONCILER = Path(sys.executable).with_name("reconciler")
QUIET = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


@contextmanager
def _standard_input(typed):
    if typed is None:
        yield subprocess.DEVNULL
        return
    keyboard, terminal = os.openpty()
    try:
        os.write(keyboard, typed.encode())
        yield terminal
    finally:
        os.close(keyboard)
        os.close(terminal)


class Folder:
    """A folder of a user, and the installed command run in it."""

    def __init__(self, path):
        self.path = path

    def git(self, *words):
        subprocess.run(["git", "-C", self.path, *words], env=self._environ(), check=True, capture_output=True)

    def run(self, *words, within=".", typed=None):
        """Exit code, output and log; with `typed`, as on a terminal on which someone types that."""
        with _standard_input(typed) as stdin:
            done = subprocess.run(
                [RECONCILER, *words],
                cwd=self.path / within,
                env=self._environ(),
                stdin=stdin,
                capture_output=True,
                text=True,
                check=False,
            )
        return done.returncode, done.stdout, done.stderr

    def init(self, *words, within=".", typed=None):
        code, out, err = self.run("init", *words, within=within, typed=typed)
        assert code == 0, err
        return out

    def read(self, path):
        return (self.path / path).read_bytes().decode()

    def write(self, path, text):
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    @property
    def files(self):
        found = (file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file())
        return sorted(file for file in found if not file.startswith((".git/", ".reconciler/")))

    def _environ(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.path)} | QUIET


@pytest.fixture
def folder(tmp_path):
    """Not in any repository."""
    return Folder(tmp_path)


@pytest.fixture
def repository(folder):
    """A fresh clone of a repository on GitHub."""
    folder.git("init", "--quiet", "--initial-branch=main")
    folder.git("remote", "add", "origin", "git@github.com:acme/flights.git")
    return folder
