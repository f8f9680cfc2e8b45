"""Clients that nobody here wrote, against `reconciler emulator serve`: run by `make proof`.

Each has a virtual environment of its own under .proof/, a server of its own, and no way out of this machine. One line
per client; of a client that fails also its own words and the end of the server's log.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from environments import HOME, PLACE, NotInstalled, freeze, names, python_of

_AT_ONCE = 2
_LAST_LINES = 60
_LONGEST_S = 1800


class Outcome(NamedTuple):
    """How many of a client's tests passed, failed and were skipped."""

    passed: int
    failed: int
    skipped: int = 0

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed{skipped}" + (f", {self.failed} FAILED" if self.failed else "")


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
    whole = Outcome(*(sum(counts) for counts in zip(*outcomes, strict=True)))
    print(f"{whole.passed} passed, {whole.failed} failed, {whole.skipped} skipped")
    return 1 if whole.failed else 0


def _cage() -> list[str]:
    """The command that starts another in a network namespace of its own, or nothing where that is not allowed."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            return []
    return []


def _prove(client: str, cage: list[str], select: str | None) -> Outcome:
    """Try one client, and say how it went."""
    began = time.monotonic()
    try:
        python = python_of(client)
    except NotInstalled as error:
        print(f"{client:<12} could not be installed:\n{error}", flush=True)
        return Outcome(0, 1)
    installed = time.monotonic()
    log, scratch = PLACE / client / "client.txt", PLACE / client / "run"
    where = "caged" if cage else "free"
    selected = ["-k", select] if select else []
    code = _ended([*cage, sys.executable, HOME / "proof" / "caged.py", client, python, scratch, where, *selected], log)
    said = log.read_text(errors="replace")
    outcome = _outcome(said, code)
    took = f"{installed - began:.0f} s to install, {time.monotonic() - installed:.0f} s to run"
    print(f"{client:<12} {outcome} ({took})", flush=True)
    for reason, number in _skipped(said).items():
        print(f"  {number} skipped: {reason}", flush=True)
    if code:
        print(_indented(said), flush=True)
        print(_indented(_end_of(scratch / "server.txt"), "server | "), flush=True)
    return outcome


def _ended(command: list[object], log: Path) -> int:
    """The exit code; what takes too long is ended with all that it started."""
    with log.open("w") as out:
        client = subprocess.Popen(
            [str(word) for word in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            process_group=0,
        )
        try:
            return client.wait(_LONGEST_S)
        except subprocess.TimeoutExpired:
            out.write(f"It took more than {_LONGEST_S} s.\n")
            return 124
        finally:
            if client.poll() is None:
                os.killpg(client.pid, signal.SIGKILL)
                client.wait()


def _outcome(said: str, code: int) -> Outcome:
    """What pytest counted in its last line; what went wrong without a count is one failure."""
    last = re.findall(r"^(?:\d+ \w+,? ?)+ in [\d.]+s", said, re.MULTILINE)
    found = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", last[-1] if last else "")}
    failed = found.get("failed", 0) + found.get("error", 0)
    return Outcome(found.get("passed", 0), max(failed, 1) if code else failed, found.get("skipped", 0))


def _skipped(said: str) -> Counter[str]:
    """How many tests were skipped, by the reason."""
    found: Counter[str] = Counter()
    for number, reason in re.findall(r"^SKIPPED \[(\d+)\] \S+: (.+)", said, re.MULTILINE):
        found[reason] += int(number)
    return found


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:]) if log.exists() else "(no log)"


def _indented(text: str, mark: str = "  ") -> str:
    return "\n".join(f"{mark}{line}" for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
