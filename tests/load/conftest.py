"""Projects with a registry folder, written where a test wants them."""

from __future__ import annotations

from pathlib import Path

import pytest

GROUP = """
from datetime import datetime
from reconciler.spec import feature_group

@feature_group(record_id="id", event_time="at")
class {name}:
    id: str
    at: datetime
"""


class Project:
    """A folder with a registry in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "registry").mkdir()

    def write(self, file: str, text: str | bytes) -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def group(self, file: str, name: str = "Good") -> Path:
        return self.write(file, GROUP.format(name=name))


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)
