"""How long a command takes from the shell: against a process that only creates boto3's client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from measure import PYTHON, RECONCILER, Pair, Row, megabytes, pair, seconds
from projects import HOME, shipped

BARE = [PYTHON, str(HOME / "benchmarks" / "bare_client.py")]


def rows(folder: Path, times: int) -> Iterator[Row]:
    """`plan` of the shipped registry with nothing to change and with one change, and `--help`."""
    project = shipped(folder / "shipped")
    nothing = pair([RECONCILER, "plan"], BARE, project, times)
    yield _row("plan, nothing to change", nothing, 1.3, 100)
    weather = project / "registry" / "weather.py"
    weather.write_text(weather.read_text().replace("    temp_f:", "    snow_in: float | None = None\n    temp_f:", 1))
    change = pair([RECONCILER, "plan"], BARE, project, times)
    yield _row("plan, one change to show", change, 2.0, 120)
    yield _row("--help", pair([RECONCILER, "--help"], BARE, project, times), 0.3, None)


def _row(what: str, found: Pair, most: float, most_mb: float | None) -> Row:
    memory = megabytes(found.ours)
    goal = f"{most:g}x" + (f", {most_mb:g} MB" if most_mb else "")
    return Row(
        f"`reconciler {what.replace(',', '`,', 1) if ',' in what else what + '`'}",
        f"{seconds(found.ours) * 1000:.0f} ms, {memory:.0f} MB",
        f"bare boto3 client: {seconds(found.rival) * 1000:.0f} ms, {megabytes(found.rival):.0f} MB",
        f"{found.ratio:.2f}x",
        f"at most {goal}",
        found.ratio <= most and (most_mb is None or memory <= most_mb),
    )
