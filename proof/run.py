"""Clients that nobody here wrote, against `reconciler emulator serve`: run by `make proof`.

Each has a virtual environment of its own under .proof/, a server of its own, and no way out of this machine. One line
per client; of a client that fails also its own words and the end of the server's log.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from environments import HOME, PLACE, NotInstalled, freeze, names, python_of

_AT_ONCE = 2
_LAST_LINES = 60
_LONGEST_S = 900


def main() -> int:
    """0 if every client is satisfied."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clients", nargs="*", help="which; all where none is named")
    parser.add_argument("--freeze", action="store_true", help="write the constraints anew and run nothing")
    parser.add_argument("--select", metavar="EXPRESSION", help="only these tests: pytest's -k")
    given = parser.parse_args()
    unknown = set(given.clients) - set(names())
    if unknown:
        parser.error(f"no such client: {', '.join(sorted(unknown))}. There are {', '.join(names())}.")
    chosen = given.clients or names()
    if given.freeze:
        for client in chosen:
            freeze(client)
        return 0
    cage = _cage()
    if not cage:
        print("No network namespace can be made here: only the guard inside the clients watches.", flush=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(lambda client: _prove(client, cage, given.select), chosen))
    print(f"{sum(passed for passed, _ in outcomes)} passed, {sum(failed for _, failed in outcomes)} failed")
    return 1 if any(failed for _, failed in outcomes) else 0


def _cage() -> list[str]:
    """The command that starts another in a network namespace of its own, or nothing where that is not allowed."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            return []
    return []


def _prove(client: str, cage: list[str], select: str | None) -> tuple[int, int]:
    """How many of a client's tests passed and failed; what cannot be run at all counts as one failure."""
    began = time.monotonic()
    try:
        python = python_of(client)
    except NotInstalled as error:
        print(f"{client:<12} could not be installed:\n{error}", flush=True)
        return 0, 1
    installed = time.monotonic()
    scratch = PLACE / client / "run"
    words = ["-k", select] if select else []
    command = [
        *cage,
        sys.executable,
        HOME / "proof" / "caged.py",
        client,
        python,
        scratch,
        "caged" if cage else "free",
        *words,
    ]
    log = PLACE / client / "client.txt"
    with log.open("w") as out:
        code = _ended(command, out)
    said = log.read_text()
    passed, failed = _counted(said)
    took = f"{installed - began:.0f} s to install, {time.monotonic() - installed:.0f} s to run"
    verdict = f"{passed} passed" if code == 0 else f"{passed} passed, {failed} FAILED"
    print(f"{client:<12} {verdict} ({took})", flush=True)
    if code:
        print(_indented(said), flush=True)
        print(_indented(_end_of(scratch / "server.txt"), "server | "), flush=True)
    return passed, failed if failed or code == 0 else 1


def _ended(command: list[object], out: object) -> int:
    try:
        return subprocess.run(
            [str(word) for word in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            timeout=_LONGEST_S,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return 124


def _counted(said: str) -> tuple[int, int]:
    last = said.rstrip().rpartition("\n")[2]
    found = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", last)}
    return found.get("passed", 0), found.get("failed", 0) + found.get("error", 0) + found.get("errors", 0)


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:]) if log.exists() else "(no log)"


def _indented(text: str, mark: str = "  ") -> str:
    return "\n".join(f"{mark}{line}" for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
