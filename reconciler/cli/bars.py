"""Bars and lines for long work on rows: live on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.cli.output import is_colourful, say

if TYPE_CHECKING:
    from reconciler.datasets.progress import Progress as DatasetProgress
    from reconciler.records.offline.waiting import Waiting
    from reconciler.records.progress import Progress

_LOG_EVERY_S = 10.0


@contextmanager
def bar(name: str) -> Iterator[Callable[[Progress], None]]:
    """A listener for rows that are checked, sent or written, on stderr."""
    if is_colourful(sys.stderr):
        with _live(name) as tell:
            yield tell
    else:
        yield _lines(lambda progress: _sentence(name, progress))


def _sentence(name: str, progress: Progress) -> str:
    whole = f" of {progress.total:,}" if progress.total is not None else ""
    left = f", {_span(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    note = f" ({progress.note})" if progress.note else ""
    return f"{progress.stage} {name}: {progress.done:,}{whole} rows, {progress.rate:,.0f} a second{left}{note}"


@contextmanager
def dataset_bar(name: str) -> Iterator[Callable[[DatasetProgress], None]]:
    """A listener for the stages of a dataset, on stderr."""

    if not is_colourful(sys.stderr):
        yield _lines(lambda progress: f"{name}: {progress}")
        return
    from reconciler.datasets.progress import Line  # noqa: PLC0415 - only datasets have it

    with closing(Line(name)) as line:
        yield line


@contextmanager
def waiting_line() -> Iterator[Callable[[Waiting], None]]:
    """A listener for rows that are waited for."""

    def sentence(waiting: Waiting) -> str:
        return f"waiting: {waiting.found:,} of {waiting.rows:,} rows offline after {_span(waiting.seconds)}"

    if not is_colourful(sys.stderr):
        yield _lines(sentence)
        return
    from rich.console import Console  # noqa: PLC0415 - heavy, and only for a terminal

    with Console(stderr=True).status("waiting") as status:
        yield lambda waiting: status.update(sentence(waiting))


def _lines(sentence: Callable[[Any], str]) -> Callable[[Any], None]:
    """A line every few seconds; short work says nothing."""
    last = time.monotonic()

    def tell(state: Any) -> None:
        nonlocal last
        if time.monotonic() - last >= _LOG_EVERY_S:
            last = time.monotonic()
            say(sentence(state))

    return tell


@contextmanager
def _live(name: str) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console  # noqa: PLC0415 - heavy, and only for a terminal
    from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(24),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=None, rate="")

        def tell(progress: Progress) -> None:
            left = f"  {_span(progress.seconds_left)} left" if progress.seconds_left is not None else ""
            note = f"  {progress.note}" if progress.note else ""
            bars.update(
                task,
                description=f"{progress.stage} {name}",
                total=progress.total,
                completed=progress.done,
                rate=f"{progress.rate:,.0f} rows/s{left}{note}",
            )

        yield tell


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
