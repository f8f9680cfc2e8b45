"""One run of a backfill on this machine: its turn, its files, and what it leaves behind when it is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.aws import partitions
from reconciler.records.offline.backfilled import BackfillReport
from reconciler.records.offline.committing import commit, finish_promised, is_committed, throw_away
from reconciler.records.offline.files import Form
from reconciler.records.offline.layout import layout_of, schema_of
from reconciler.records.offline.place import Place
from reconciler.records.offline.recording import Run
from reconciler.records.offline.sinks import S3Sink
from reconciler.records.offline.sorting import Sorted, Sorter
from reconciler.records.offline.writing import write
from reconciler.records.progress import Pulse, Tell

if TYPE_CHECKING:
    import pyarrow as pa

_BEGUN = ".begun"
"""A file of this name for each run that has begun to stage files: it says that there are some until it is gone."""


@contextmanager
def turn(home: Path) -> Iterator[None]:
    """One backfill of a group at a time on this machine: wait for it. A process that is killed gives it up."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "turn.lock").open("ab") as file:
        with suppress(ImportError):
            import fcntl  # noqa: PLC0415 - not on Windows, where two at once only write the same files twice

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def begun_file(home: Path, run: str) -> Path:
    """The file that says, as long as it is there, that a run may have staged files."""
    return home / f"{run}{_BEGUN}"


def throw_away_left(place: Place, home: Path) -> None:
    """Throw away what runs on this machine staged before they were killed, once those that were promised are done."""
    for begun in home.glob(f"*{_BEGUN}"):
        throw_away(place, layout_of(place.live, place.data, begun.name.removesuffix(_BEGUN)))
        begun.unlink()


def form_schema(place: Place) -> pa.Schema:
    """The columns that the group's files have, or that its Iceberg table wants; `Usage` if they do not go together."""
    layout = layout_of(place.live, place.data, "")
    if not place.is_iceberg:
        if place.live.table is not None:
            partitions.check(place.environment, place.root, (place.live.table.database, place.live.table.table))
        return schema_of(layout)
    from reconciler.records.offline.iceberg import form_of  # noqa: PLC0415 - imports pyiceberg

    return form_of(place.table(), layout)


def written_once(
    place: Place, home: Path, report: BackfillReport, write: Callable[[BackfillReport], BackfillReport]
) -> BackfillReport:
    """Put in order what earlier runs left, then write the rows, unless this very run did so before."""
    finished = tuple(run.run for run in finish_promised(place))
    throw_away_left(place, home)
    report = replace(report, finished=finished)
    if is_committed(place, report.run) or not report.left:
        return replace(report, before=report.left)
    return write(report)


def with_files(report: BackfillReport, run: Run, snapshot: int | None) -> BackfillReport:
    """The report of a run that was committed."""
    return replace(
        report,
        written=run.rows,
        files=len(run.files),
        size=run.size,
        partitions=len({file.key for file in run.files}),
        snapshot=snapshot,
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """Writing a run's files and committing them. `scratch` is for files on their way."""

    place: Place
    home: Path
    scratch: Path
    schema: pa.Schema
    written: datetime

    def write(self, sorter: Sorter, report: BackfillReport, drop: Any, tell: Tell | None) -> BackfillReport:
        """The report with what was written."""
        layout = layout_of(self.place.live, self.place.data, report.run)
        # Staged by the same run on another machine, that was killed; or by this one, should it have lost its folder.
        throw_away(self.place, layout)
        begun = begun_file(self.home, report.run)
        begun.touch()
        stream = _told(sorter.sorted(drop), Pulse("writing", report.left, tell))
        form = Form(layout, self.schema, self.written)
        totals = sorter.partitions(layout.span_s)
        files = write(stream, form, S3Sink(self.place.objects, self.place.kms_key), self.scratch, totals=totals)
        run = Run(report.run, self.place.name, sum(file.rows for file in files), self.written, tuple(files))
        snapshot = commit(self.place, run)
        begun.unlink()
        return with_files(report, run, snapshot)


def _told(stream: Iterable[Sorted], pulse: Pulse) -> Iterator[Sorted]:
    done = 0
    for some in stream:
        yield some
        done += some.batch.num_rows
        pulse(done)
    pulse.end(done)
