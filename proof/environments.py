"""A virtual environment for each client, made once for one state of its files.

A client is a folder: requirements.txt says what a user of it would install, constraints.txt pins all that comes with
it. `freeze` writes the second anew. Where `reconciler` is required, it is this very tree. A package.json names packages
of npm besides, all that come along included, each in one version; requirements.txt then brings npm itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
PLACE = HOME / ".proof"
PROJECT = "reconciler"


class NotInstalled(Exception):
    """pip failed; the text is what it printed."""


def names() -> list[str]:
    """Every client; those that bring most along come first, for they take longest."""
    folders = [found.parent for found in (HOME / "proof").glob("*/requirements.txt")]
    return [folder.name for folder in sorted(folders, key=lambda folder: (-_weight(folder), folder.name))]


def _weight(folder: Path) -> int:
    pinned = folder / "constraints.txt"
    return len(pinned.read_text().splitlines()) if pinned.exists() else 0


def python_of(client: str) -> Path:
    """The interpreter of a client's environment, which is made if there is none for the files as they are."""
    folder = PLACE / client / _state_of(client)
    ready = folder / ".ready"
    if not ready.exists():
        for old in (PLACE / client).glob("*/"):
            shutil.rmtree(old)
        _install(folder, client, constrained=True)
        _site_packages(folder).joinpath("leaving.pth").write_text(
            "import os; os.getenv('PROOF_SCRATCH') and __import__('leaving')\n"
        )
        ready.touch()
    return folder / "bin" / "python"


def freeze(client: str) -> None:
    """Write a client's constraints anew, as pip resolves its requirements today."""
    folder = PLACE / client / "anew"
    shutil.rmtree(folder, ignore_errors=True)
    _install(folder, client, constrained=False)
    pinned = _pip(folder, "freeze", "--exclude", "pip", "--exclude", "setuptools", "--exclude", PROJECT)
    (HOME / "proof" / client / "constraints.txt").write_text(pinned)
    shutil.rmtree(folder)


def _state_of(client: str) -> str:
    files = [HOME / "proof" / client / name for name in ("requirements.txt", "constraints.txt", "package.json")]
    state = hashlib.sha256(sys.version.encode())
    for file in files:
        state.update(file.read_bytes() if file.exists() else b"")
    if "--editable" in _wanted(client):
        state.update((HOME / "pyproject.toml").read_bytes())
    return state.hexdigest()[:12]


def _wanted(client: str) -> list[str]:
    """The client's requirements as pip's words."""
    lines = (HOME / "proof" / client / "requirements.txt").read_text().splitlines()
    words = list[str]()
    for line in lines:
        if line.startswith(PROJECT):
            words += ["--editable", f"{HOME}{line.removeprefix(PROJECT)}"]
        elif line and not line.startswith("#"):
            words.append(line)
    return words


def _install(folder: Path, client: str, *, constrained: bool) -> None:
    # pip of this interpreter installs into it: a pip of its own would take seconds per client. Byte code is made when
    # a module is first imported: most of what comes along never is.
    venv.create(folder, clear=True, symlinks=True)
    pinned = {"PIP_CONSTRAINT": str(HOME / "proof" / client / "constraints.txt")} if constrained else {}
    _pip(folder, "install", "--quiet", "--no-compile", *_wanted(client), **pinned)
    packages = HOME / "proof" / client / "package.json"
    if constrained and packages.exists():
        shutil.copy(packages, folder)
        # No scripts of packages are run: nobody here has read them.
        quiet = ("--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        _said([str(folder / "bin" / "npm"), "install", *quiet], cwd=folder)


def _site_packages(folder: Path) -> Path:
    return next((folder / "lib").glob("python3*/site-packages"))


def _pip(folder: Path, *words: str, **settings: str) -> str:
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), *words]
    machine = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    return _said(command, env={**machine, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", **settings})


def _said(command: list[str], *, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """What a command prints; `NotInstalled` with its complaint where it fails."""
    done = subprocess.run(
        command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotInstalled(done.stderr)
    return done.stdout
