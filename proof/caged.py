"""One client against one emulator: started on a free port and an empty directory, stopped at the end.

run.py starts this in a network namespace of its own where the machine allows it. Nothing but loopback is in there, so
that not even a library in C++ can reach another host.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
_RECONCILER = Path(sys.executable).with_name("reconciler")
_NOT_FOR_CLIENTS = ("AWS_", "PIP_", "PYSPARK_", "PYTHON", "RECONCILER_", "SAGEMAKER_", "SPARK_")
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41


def main() -> int:
    """0 if all of the client's tests passed and nothing tried to leave the machine."""
    client, python, scratch, where = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    if where == "caged":
        _raise_loopback()
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "home").mkdir(parents=True)
    with _emulator(scratch) as url:
        code = _run(client, python, scratch, url)
    return code or _left(scratch)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        fcntl.ioctl(door, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP_AND_RUNNING))


@contextmanager
def _emulator(scratch: Path) -> Iterator[str]:
    command = _words(_RECONCILER, "emulator", "serve", "--port", 0, "--data", scratch / "data")
    with (scratch / "server.txt").open("w") as log, (scratch / "server-url.txt").open("w") as said:
        server = subprocess.Popen(command, stdout=said, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            yield _url(server, scratch / "server-url.txt")
        finally:
            server.terminate()
            server.wait(30)


def _url(server: subprocess.Popen[bytes], said: Path) -> str:
    for _ in range(600):
        if found := re.search(r"AWS_ENDPOINT_URL=(http://127\.0\.0\.1:\d+)\n", said.read_text()):
            return found[1]
        if server.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"The emulator did not start; see {said.with_name('server.txt')}.")


def _run(client: str, python: Path, scratch: Path, url: str) -> int:
    tests = HOME / "proof" / client
    plain = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_FOR_CLIENTS)}
    environment = {
        **plain,
        "PATH": f"{python.parent}{os.pathsep}{plain.get('PATH', '')}",
        "PYTHONPATH": str(HOME / "proof" / "material"),
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch),
        "PROOF_SCRATCH": str(scratch),
        "PROOF_DATA": str(scratch / "data"),
    }
    tried = _words(python, "-m", "pytest", "-c", HOME / "proof" / "pytest.ini", "--rootdir", tests, tests)
    sandbox = _words(_RECONCILER, "emulator", "run", "--endpoint", url, "--")
    return subprocess.run(
        [*sandbox, *tried, *sys.argv[5:]], env=environment, cwd=scratch / "home", check=False
    ).returncode


def _words(*words: object) -> list[str]:
    return [str(word) for word in words]


def _left(scratch: Path) -> int:
    """Whether something tried to reach another machine, even if it hid that it failed."""
    notes = scratch / "left.txt"
    if not notes.exists():
        return 0
    print(f"Something tried to leave this machine:\n{notes.read_text()}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
