"""An apply as it happens: live on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from reconciler.apply import Progress, Stage
from reconciler.cli.output import is_colourful, say
from reconciler.plan import Plan
from reconciler.render.escape import terminal

Tell = Callable[[Progress], None]


@contextmanager
def shown(plan: Plan) -> Iterator[Tell]:
    """A listener for `apply` that shows each change as it begins and ends, on stderr."""
    if is_colourful(sys.stderr):
        with _live(plan) as tell:
            yield tell
    else:
        yield _lines()


def _lines() -> Tell:
    lock, begun = Lock(), dict[int, float]()

    def tell(progress: Progress) -> None:
        with lock:
            begun.setdefault(id(progress.change), time.monotonic())
            seconds = time.monotonic() - begun[id(progress.change)]
            took = "" if progress.stage is Stage.BEGUN else f" ({seconds:.1f} s)"
            say(f"{progress.stage:<6} {progress.change.group}  {progress.change.action}{took}{_why(progress)}")

    return tell


def _why(progress: Progress) -> str:
    return terminal(f": {progress.failure.code}: {progress.failure.message}") if progress.failure else ""


@contextmanager
def _live(plan: Plan) -> Iterator[Tell]:
    """A bar for the whole and a line for each change under way."""
    from rich.console import Console  # noqa: PLC0415 - heavy, and only for a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        whole = bars.add_task("applying", total=len(plan.changes))
        under_way: dict[int, object] = {}

        def tell(progress: Progress) -> None:
            name = f"{progress.change.group}  {progress.change.action}"
            if progress.stage is Stage.BEGUN:
                under_way[id(progress.change)] = bars.add_task(name, total=1)
                return
            task = under_way.pop(id(progress.change), None)
            if task is not None:
                bars.remove_task(task)  # type: ignore[arg-type]
            colour = {Stage.FAILED: "red", Stage.STOPPED: "yellow"}.get(progress.stage, "green")
            # What AWS says is full of brackets, and none of them is markup.
            bars.console.print(
                Text.assemble((f"{progress.stage:<6} ", colour), f"{name}{_why(progress)}"), highlight=False
            )
            bars.advance(whole)

        yield tell
