"""A user's project in a folder of its own, and the installed command run in it as a real process."""

import json
import os
import subprocess
import sysconfig
from contextlib import contextmanager
from pathlib import Path

COMMAND = Path(sysconfig.get_path("scripts")) / "reconciler"

SPEC = '''
from datetime import datetime

from reconciler.spec import Offline, Online, feature, feature_group


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = feature(default=None, about="Air temperature.")
'''

PROD = """
[tool.reconciler]
name = "acme/flights"
[tool.reconciler.environments.local]
endpoint = "embedded"
[tool.reconciler.environments.prod]
account = "123456789012"
region = "eu-central-1"
role_arn = "arn:aws:iam::123456789012:role/feature-store"
s3_uri = "s3://acme/prod"
"""
"""Configuration with an environment on AWS beside the laptop's."""

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "COVERAGE_PROCESS_START")


class Project:
    """A folder with a registry and a configuration."""

    def __init__(self, root):
        self.root = root
        self.environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self.environment |= {
            "HOME": str(root),
            "AWS_CONFIG_FILE": str(root / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(root / "no-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONWARNINGS": "error",
        }

    @property
    def store(self):
        """Where the embedded emulator keeps its data."""
        return self.root / ".reconciler" / "emulator"

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def with_weather(self):
        self.write("registry/weather.py", SPEC)
        return self

    def configure(self, toml):
        self.write("pyproject.toml", toml)
        return self

    def command(self, *words):
        return [str(COMMAND), *map(str, words)]

    def run(self, *words, cwd=None, stdin=subprocess.DEVNULL, **environment):
        """Run to the end; environment variables are given by name."""
        return subprocess.run(
            self.command(*words),
            cwd=cwd or self.root,
            env=self.environment | environment,
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *words, **environment):
        """Start, and leave the rest to the caller."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.root,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def started(self, *words, **environment):
        """Start, and whatever becomes of it, leave nothing running."""
        with self.start(*words, **environment) as process:
            try:
                yield process
            finally:
                process.kill()

    def on_a_terminal(self, *words, typed="", stdout=None, **environment):
        """Run on a pseudo terminal; answers the exit code and everything shown there, stdout unless it is a file."""
        import pty

        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            self.command(*words),
            cwd=self.root,
            env=self.environment | {"TERM": "xterm"} | environment,
            stdin=theirs,
            stdout=stdout or theirs,
            stderr=theirs,
            close_fds=True,
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        while True:
            try:
                more = os.read(ours, 65_536)
            except OSError:
                break
            if not more:
                break
            shown += more
        os.close(ours)
        return process.wait(timeout=60), shown.decode()

    def json(self, *words, **environment):
        """The one document that a command prints."""
        return json.loads(self.run(*words, "--format", "json", **environment).stdout)


def http_environment(url, name="there"):
    """The configuration of an environment on a running emulator, in which nothing is protected."""
    return (
        f'[tool.reconciler]\nname = "acme/flights"\ndefault_environment = "{name}"\n'
        f'[tool.reconciler.environments.{name}]\nendpoint = "{url}"\nprotected = false\n'
        "brakes = {deletes = 1.0, updates = 1.0}\n"
    )
