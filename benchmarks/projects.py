"""Projects to measure on: the shipped registry, and registries of any size, with their live stores."""

from __future__ import annotations

import shutil
from pathlib import Path

from measure import RECONCILER, run

HOME = Path(__file__).resolve().parents[1]

_GENERATED = """from reconciler.spec import Feature, GroupSpec

UNIT = {{"unit": "m"}}
GROUPS = [
    GroupSpec(
        name=f"group-{{n:04}}",
        record_id="id",
        event_time="at",
        features=[
            Feature("id", str),
            Feature("at", str),
            Feature("size", float, about="A measure.", parameters=UNIT),
            *[Feature(f"f{{i}}", float) for i in range({features} - 3)],
        ],
        tags={{"team": f"team-{{n % 7}}"}},
    )
    for n in range({groups})
]
"""


def shipped(folder: Path) -> Path:
    """A project with this repository's registry, applied to its embedded emulator."""
    shutil.copytree(HOME / "registry", folder / "registry", ignore=shutil.ignore_patterns("__pycache__"))
    return applied(folder)


def generated(folder: Path, groups: int, features: int) -> Path:
    """A project with this many groups of this many features, applied to its embedded emulator."""
    (folder / "registry").mkdir(parents=True)
    (folder / "registry" / "generated.py").write_text(_GENERATED.format(groups=groups, features=features))
    return applied(folder)


def applied(folder: Path) -> Path:
    """Apply a project to its embedded emulator."""
    configure(folder, "embedded")
    run([RECONCILER, "apply", "--yes"], folder)
    return folder


def configure(folder: Path, endpoint: str) -> None:
    """Point the environment `local` at an endpoint."""
    (folder / "pyproject.toml").write_text(
        "[tool.reconciler]\n"
        'name = "benchmarks/registry"\n'
        "[tool.reconciler.environments.local]\n"
        f'endpoint = "{endpoint}"\n'
        "protected = false\n"
    )
