"""One very wide group: 2,500 features, the most that AWS takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from measure import RECONCILER, Row, run, seconds
from projects import generated


def rows(folder: Path, times: int) -> Iterator[Row]:
    """A plan of one group with 2,500 features against one with 25."""
    narrow, wide = (generated(folder / f"features-{n}", 1, n) for n in (25, 2500))
    runs = [(run([RECONCILER, "plan"], wide), run([RECONCILER, "plan"], narrow)) for _ in range(times)]
    few, many = seconds([n for _, n in runs]), seconds([w for w, _ in runs])
    yield Row(
        "plan of a group with 2,500 features",
        f"{many * 1000:.0f} ms",
        f"with 25 features: {few * 1000:.0f} ms",
        f"{many / few:.2f}x",
        "under 3x",
        many / few < 3,
    )
