"""Rows that are offline twice, because the answer to their first try was lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.config import Environment
from reconciler.records.offline import glue_files
from reconciler.records.offline.erasure import Remaining
from reconciler.records.offline.instants import day_text, days, hour_folder, hours
from reconciler.records.offline.place import Place, open_place
from reconciler.records.offline.removal import TableBusy
from reconciler.records.offline.repeats import Part, repeats
from reconciler.records.offline.rewriting import Keep
from reconciler.records.report import IngestReport
from reconciler.records.target import Target

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from pyiceberg.table import FileScanTask, Table

_TRIES = 5


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """Rows that repeat another one in everything but when they were written: found, and removed (or not: `dry_run`).

    `rows` were looked at. `failed` are files that could not be rewritten.
    """

    group: str
    environment: str
    rows: int
    found: int
    removed: int = 0
    rewritten: int = 0
    dry_run: bool = False
    failed: tuple[Remaining, ...] = ()


@dataclass(slots=True)
class _Found:
    """Rows that were looked at, and the positions of those that go, by file."""

    rows: int = 0
    going: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.going.values()))

    def add(self, part: Part) -> None:
        self.rows += part.rows
        self.going |= part.going
        self.etags |= part.etags

    @property
    def keeps(self) -> dict[str, Keep]:
        return {uri: _but(positions) for uri, positions in self.going.items()}


def remove_duplicates(
    environment: Environment,
    root: Path,
    target: Target,
    *,
    report: IngestReport | None = None,
    dry_run: bool = False,
    tell: Callable[[str], None] | None = None,
) -> DuplicatesReport:
    """Count and remove rows that are offline twice: same identifier, event time, values and marker.

    Of each the one that the service received first stays. With a `report`, only the partitions of that ingest are
    looked at. The keys of one partition have to fit into memory.
    """
    place = open_place(environment, root, target.name)
    tell = tell or (lambda _: None)
    work = _in_iceberg if place.is_iceberg else _in_glue
    only = None if report is None else _partitions(place, report)
    return work(place, only, DuplicatesReport(place.name, environment.name, 0, 0, dry_run=dry_run), tell)


def _partitions(place: Place, report: IngestReport) -> set[str]:
    """The folders of hours, or the days, in which an ingest has rows."""
    from reconciler.records.offline.waiting import keys_of  # noqa: PLC0415 - imports pyarrow

    keys, _ = keys_of(report, place)
    seconds = keys["seconds"].combine_chunks()
    if place.is_iceberg:
        return {day_text(day) for day in days(seconds).unique().to_pylist()}
    return {place.data + hour_folder(hour) for hour in hours(seconds).unique().to_pylist()}


def _in_glue(
    place: Place, only: set[str] | None, report: DuplicatesReport, tell: Callable[[str], None]
) -> DuplicatesReport:
    found = _Found()
    for folder, uris in _folders(place, only):
        tell(f"looking at {folder.removeprefix(place.data)}")
        found.add(repeats(place, dict.fromkeys(uris, ())))
    if report.dry_run or not found.going:
        return _report(report, found)
    with tempfile.TemporaryDirectory(prefix="reconciler-duplicates-") as scratch:
        taken = glue_files.take_out(place, found.keeps, Path(scratch), found.etags)
    return _report(report, found, taken.rows, len(taken.rewritten) + len(taken.removed), taken.failed)


def _folders(place: Place, only: set[str] | None) -> Iterator[tuple[str, list[str]]]:
    """Files by folder: rows with the same event time are in the same one."""
    uris = glue_files.every_file(place) if only is None else _below(place, only)
    folder, some = "", list[str]()
    for uri in uris:
        if not uri.endswith(".parquet"):
            continue
        of = uri.rpartition("/")[0] + "/"
        if of != folder and some:
            yield folder, some
            some = []
        folder = of
        some.append(uri)
    if some:
        yield folder, some


def _below(place: Place, folders: Iterable[str]) -> Iterator[str]:
    for folder in sorted(folders):
        yield from (item.uri for item in place.objects.list(folder))


def _in_iceberg(
    place: Place, only: set[str] | None, report: DuplicatesReport, tell: Callable[[str], None]
) -> DuplicatesReport:
    from reconciler.records.offline.iceberg_rewriting import Moved, replace_files  # noqa: PLC0415 - pyiceberg is heavy

    for _ in range(_TRIES):
        table = place.table()
        found = _Found()
        try:
            for name, tasks in _days(table, only).items():
                tell(f"looking at {name}")
                found.add(repeats(place, _hidden(table, tasks)))
            if report.dry_run or not found.going:
                return _report(report, found)
            with tempfile.TemporaryDirectory(prefix="reconciler-duplicates-") as scratch:
                made = replace_files(place, table, found.keeps, Path(scratch), "deduplication")
        except (Moved, FileNotFoundError):
            continue
        return _report(report, found, found.count, len(made))
    raise TableBusy(
        f"The table of {place.name} was changed {_TRIES} times while its files were being rewritten. Run this again "
        "when less is written to it."
    )


def _days(table: Table, only: set[str] | None) -> dict[str, list[FileScanTask]]:
    """Files by partition: rows with the same event time are in the same one."""
    from reconciler.records.offline.iceberg_files import tasks  # noqa: PLC0415

    found: dict[str, list[FileScanTask]] = {}
    for task in tasks(table).values():
        values = task.file.partition
        name = ", ".join(str(values[number]) for number in range(len(values)))
        # A partition that is no day may hold any.
        if only is None or len(name) != len("2024-01-01") or name in only:
            found.setdefault(name, []).append(task)
    return found


def _hidden(table: Table, tasks: Collection[FileScanTask]) -> dict[str, Any]:
    """Positions that deletes hide, by file."""
    from reconciler.records.offline.iceberg_rewriting import deleted_positions  # noqa: PLC0415

    return {task.file.file_path: deleted_positions(table, task) if task.delete_files else () for task in tasks}


def _but(positions: np.ndarray[Any, Any]) -> Keep:
    def keep(rows: pa.Table, first: int) -> pa.ChunkedArray:
        import numpy as np  # noqa: PLC0415 - heavy
        import pyarrow as pa  # noqa: PLC0415

        return pa.chunked_array([pa.array(~np.isin(np.arange(first, first + len(rows)), positions))])

    return keep


def _report(
    report: DuplicatesReport, found: _Found, removed: int = 0, rewritten: int = 0, failed: tuple[Remaining, ...] = ()
) -> DuplicatesReport:
    return DuplicatesReport(
        report.group, report.environment, found.rows, found.count, removed, rewritten, report.dry_run, failed
    )
