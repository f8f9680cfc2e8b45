"""The main job from end to end, on the embedded emulator: run by `make demo`.

It works on a copy of this repository's registry in a temporary folder, prints each command before its output, and
fails if a command ends otherwise than it should.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))

from demo.flights import flights, rows  # noqa: E402 - run as a script, this file has only its own folder on the path
from registry.airports import Airport  # noqa: E402
from registry.fleet import Carrier, Plane  # noqa: E402
from registry.traffic import Departure, RouteDay  # noqa: E402
from registry.weather import Weather  # noqa: E402

RECORDS: dict[str, Callable[[], Iterator[object]]] = {
    "Weather": partial(rows, Weather),
    "Plane": partial(rows, Plane),
    "Carrier": partial(rows, Carrier),
    "Airport": partial(rows, Airport),
    "RouteDay": partial(rows, RouteDay),
    "Departure": partial(rows, Departure),
}
RECONCILER = Path(sys.executable).with_name("reconciler")
CONFIG = '[tool.reconciler]\nname = "example/flights"\n\n[tool.reconciler.environments.local]\nendpoint = "embedded"\n'


def main() -> int:
    """Walk through the life of a registry; 0 if every step went as it should."""
    with _project() as project:
        _records_fit_their_specs()
        _step("The registry is checked: names, types, limits. No AWS, no credentials.")
        _run(project, "validate")
        _step("What would happen to the live store? Nothing is there yet.")
        _run(project, "plan")
        _step("Make it so.")
        _run(project, "apply --yes", tail=12)
        _step("The live store is the state: now there is nothing to do.")
        _run(project, "plan")
        _records(project)
        _training_set(project)
        _step("A feature is added to weather: in place, the data stays.")
        with _edited(project / "registry/weather.py", _add_a_feature):
            _run(project, "plan")
            _run(project, "apply --yes")
            _step("A feature changes its type, and weather its online store: AWS cannot. Refused, with a way out.")
            with _edited(project / "registry/weather.py", _retype_and_switch_off):
                _run(project, "plan weather", 3)
                _run(project, "apply weather --yes", 3, tail=2)
        _step("The new feature is gone from the spec, say by a revert. Refused, with the line to paste.")
        _run(project, "plan weather", 3)
        with _edited(project / "registry/weather.py", _add_a_feature):
            _step("The departure board's spec is removed. A spec that is merely gone deletes nothing.")
            with _edited(project / "registry/traffic.py", _without("Departure")):
                _run(project, "plan", 3)
                _step("Retired by name, with a reason, it goes.")
                (project / "registry/retired.py").write_text(_RETIRE)
                _run(project, "plan")
                _run(project, "apply --yes")
                _run(project, "list")
    print("\nThe demo is over. Your own turn: `reconciler init` in a repository of yours.")
    return 0


_RETIRE = (
    'from reconciler.spec import retire\n\nretire("departure-board", reason="The board at the airport shows it.")\n'
)


def _add_a_feature(text: str) -> str:
    return _before_measures(text, "    snow_depth_in: float | None = None\n")


def _before_measures(text: str, line: str) -> str:
    """Add a field to the class Weather, before its first measure."""
    place = text.index("    temp_f:")
    return text[:place] + line + text[place:]


def _retype_and_switch_off(text: str) -> str:
    changed = text.replace("snow_depth_in: float | None", "snow_depth_in: str | None")
    changed = changed.replace("online=Online(),", "online=None,")
    assert changed.count("online=None") == 1, "registry/weather.py has changed: the demo no longer finds its stores"
    return changed


def _without(name: str) -> Callable[[str], str]:
    """Take a decorated class out of a file."""

    def edit(text: str) -> str:
        found = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == name)
        first = min(d.lineno for d in found.decorator_list)
        lines = text.splitlines(keepends=True)
        return "".join(lines[: first - 1] + lines[found.end_lineno :])

    return edit


@contextmanager
def _project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
        project = Path(folder)
        shutil.copytree(HOME / "registry", project / "registry", ignore=shutil.ignore_patterns("__pycache__"))
        (project / "pyproject.toml").write_text(CONFIG)
        yield project


@contextmanager
def _edited(file: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """A file with an edit, shown as a diff, and as it was again afterwards."""
    before = file.read_text()
    after = edit(before)
    _show_diff(file, before, after)
    file.write_text(after)
    try:
        yield
    finally:
        file.write_text(before)


def _show_diff(file: Path, before: str, after: str) -> None:
    lines = list(unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm=""))[3:]
    changed = [line for line in lines if line[0] in "+-"]
    print(f"\n# {file.parent.name}/{file.name}")
    for line in changed[:6]:
        print(line)
    if len(changed) > 6:
        print(f"  ... {len(changed) - 6} more lines")


def _records(project: Path) -> None:
    """Real rows in, offline, and out again."""
    weather, planes = project / "data/weather.csv", project / "data/planes.jsonl"
    _write(weather, rows(Weather))
    _write(planes, rows(Plane))
    _step("A year of weather: every value is checked against its spec, then written. Wait until all of it is offline.")
    _run(project, "records ingest weather data/weather.csv --wait-offline")
    _step("The register of planes, as JSON Lines.")
    _run(project, "records ingest plane data/planes.jsonl --wait-offline")
    _step("The same file again changes nothing: what was acknowledged is known.")
    _run(project, "records ingest weather data/weather.csv")
    _step("Read records back.")
    _run(project, "records get weather JFK")
    _run(project, "records get plane N10156 N102UW N999ZZ", 1)
    _step("A file with mistakes: all of them at once, each with its place, and nothing is sent.")
    _with_mistakes(weather, project / "data/mistakes.csv")
    _run(project, "records ingest weather data/mistakes.csv", 1)


def _training_set(project: Path) -> None:
    """Every flight of the year as a label, with what was known when it was due to leave."""
    _write(project / "data/airports.jsonl", rows(Airport))
    _run(project, "records ingest airport data/airports.jsonl --wait-offline")
    _step("A training set: what is it made of? It is declared beside the groups, and checked with them.")
    _run(project, "dataset show departure-delay")
    _step("Build it: for every flight of the year the weather at that moment, the plane, the airport it goes to.")
    _labels(project / "data/flights.csv")
    _run(project, "dataset build departure-delay --labels data/flights.csv --out training.parquet --picture ages.svg")
    _step("The same vector online, as a model is served it: does it agree with the offline store?")
    _run(project, "dataset check departure-delay --sample 500")


def _labels(file: Path) -> None:
    """The flights as CSV: what is to be predicted, when, and by which keys."""
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(("flight", "scheduled_at", "origin", "dest", "tail_number", "delay_min"))
        for one in flights():
            moment = one.scheduled_at.isoformat().replace("+00:00", "Z")
            table.writerow((f"{one.carrier}{one.number}", moment, one.origin, one.dest, one.tail_number, one.delay_min))


def _write(file: Path, records: Iterator[Any]) -> None:
    """Records as CSV or JSON Lines."""
    file.parent.mkdir(exist_ok=True)
    found = [{name: _plain(getattr(one, name)) for name in one.__dataclass_fields__} for one in records]
    with file.open("w", encoding="utf-8", newline="") as out:
        if file.suffix == ".csv":
            table = csv.DictWriter(out, found[0])
            table.writeheader()
            table.writerows(found)
        else:
            out.writelines(json.dumps(one) + "\n" for one in found)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _with_mistakes(source: Path, file: Path) -> None:
    head, first, second, third = source.read_text().splitlines()[:4]
    bad = [first.replace("EWR", "EWK"), second.replace("+00:00", ""), ",".join([*third.split(",")[:-1], "far"])]
    file.write_text("\n".join([head, *bad]) + "\n")


def _step(text: str) -> None:
    print(f"\n{'=' * 80}\n{text}")


def _run(project: Path, words: str, expected: int = 0, *, tail: int | None = None) -> None:
    """Run a command of the tool as a user would, and insist on its exit code."""
    print(f"\n$ reconciler {words}", flush=True)
    environment = {**os.environ, "RECONCILER_ENV": "local"}
    done = subprocess.run(
        [RECONCILER, *words.split()],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    print("\n".join(["...", *lines[-tail:]] if tail else lines))
    if expected:
        print(f"(exit code {done.returncode})")
    if done.returncode != expected:
        sys.exit(f"The demo stops here: exit code {done.returncode}, expected {expected}.")


def _records_fit_their_specs() -> None:
    """Every row of the data set is a valid record of its feature group: the specs type the data, too."""
    _step("Real data: every row of New York's flights of 2013 is a valid record of its dataclass.")
    for name, records in RECORDS.items():
        print(f"  {name:<12}{sum(1 for _ in records()):>9,} records")


if __name__ == "__main__":
    sys.exit(main())
