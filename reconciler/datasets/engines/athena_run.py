"""What one run leaves on AWS for a while, and that nothing of it stays.

A run has a table `reconciler_tmp_TIME_CHANCE` over its labels, and a folder of that name with the labels and the
answer. Both are removed at the end, whatever the end is. Of a run that was killed the next one removes them: it finds
a journal here that nobody holds, and on AWS what is older than any run can be. Only names of exactly that form are
touched, and only tables that carry our mark.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from reconciler.aws.athena import UNKNOWN_QUERY, Athena
from reconciler.aws.objects import Objects
from reconciler.aws.tables import Tables
from reconciler.config import Environment
from reconciler.errors import AwsFailed

try:
    import fcntl
except ImportError:  # on Windows there is no such lock: there what is left behind goes by its age alone
    fcntl = None  # type: ignore[assignment]

PREFIX = "reconciler_tmp_"
MARK = "reconciler.run"
"""The parameter of a temporary table that says which run made it."""
OLDEST = timedelta(days=1)
"""No run is older: a query of Athena ends after hours (service quotas, DML query timeout)."""

_SAID = ("environment", "database", "output")
_NAME = re.compile(PREFIX + r"(\d{8}t\d{6})z_[0-9a-f]{16}")
_TIME = "%Y%m%dt%H%M%S"


@dataclass
class Reach:
    """What a run works with. `output` is the folder on S3 for everything temporary, and ends in a slash."""

    environment: Environment
    objects: Objects
    tables: Tables
    athena: Athena
    database: str
    output: str
    journals: Path


@dataclass
class Run:
    """One run: its name, which is that of its table too, and its folder."""

    reach: Reach
    name: str
    journal: _Journal
    has_table: bool = False
    queries: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        return f"{self.reach.output}{self.name}/"

    def table(self, location: str, columns: list[tuple[str, str]]) -> None:
        """Make the run's table over a folder of its own."""
        self.has_table = True
        self.reach.tables.create(self.reach.database, self.name, location, columns, {MARK: self.name})

    def started(self, query: str) -> None:
        """Remember a query: it has results of its own, and has to be stopped if this process is killed."""
        self.queries.append(query)
        self.journal.note(query=query)

    def remove(self) -> list[str]:
        """Remove everything. Answers what could not be, in sentences; the next run tries again, by the journal."""
        notes: list[str] = []
        reach = self.reach
        if self.has_table:
            _noting(notes, f"the table {self.name}", lambda: reach.tables.delete(reach.database, self.name))
        _noting(notes, f"the folder {self.folder}", lambda: _remove_folder(reach.objects, self.folder))
        for query in self.queries:
            _noting(notes, f"the results of query {query}", lambda query=query: _remove_results(reach, query))
        self.journal.is_done = not notes
        return notes


@contextmanager
def begun(reach: Reach, notes: list[str]) -> Iterator[Run]:
    """A run, of which nothing is left after the block; `notes` are told of what could not be removed."""
    name = f"{PREFIX}{datetime.now(UTC):{_TIME}}z_{secrets.token_hex(8)}"
    with _Journal.begun(reach, name) as journal:
        run = Run(reach, name, journal)
        try:
            yield run
        finally:
            notes += run.remove()


def sweep(reach: Reach, now: datetime | None = None) -> list[str]:
    """Remove what earlier runs have left. Answers what could not be, in sentences: it is no fault of this run."""
    notes: list[str] = []
    before = (now or datetime.now(UTC)) - OLDEST
    for path in sorted(reach.journals.glob(f"{PREFIX}*.json")):
        _noting(notes, f"what {path.stem} left", lambda path=path: _sweep_journal(reach, path, before))
    _noting(notes, f"old tables in {reach.database}", lambda: _sweep_tables(reach, before))
    _noting(notes, f"old folders in {reach.output}", lambda: _sweep_folders(reach, before))
    return notes


def _sweep_journal(reach: Reach, path: Path, before: datetime) -> None:
    """Of a run whose process is gone: the journal's lock can be had."""
    with suppress(FileNotFoundError), path.open("r+b") as file:
        if not (_is_older(path.stem, before) if fcntl is None else _locked(file, path.parent)):
            return
        document = _read(file)
        if document is not None and document["environment"] != reach.environment.name:
            return
        if document is not None and _NAME.fullmatch(path.stem):
            for query in document.get("queries", ()):
                with suppress(AwsFailed):
                    reach.athena.stop(query)
                _remove_results(reach, query)
            _remove_table(reach, document["database"], path.stem)
            _remove_folder(reach.objects, f"{document['output']}{path.stem}/")
        path.unlink(missing_ok=True)


def _sweep_tables(reach: Reach, before: datetime) -> None:
    for table in list(reach.tables.list(reach.database, PREFIX)):
        if _is_older(table["Name"], before):
            _remove_table(reach, reach.database, table["Name"])


def _remove_table(reach: Reach, database: str, name: str) -> None:
    found = reach.tables.find(database, name)
    if found is not None and found.get("Parameters", {}).get(MARK) == name:
        reach.tables.delete(database, name)


def _sweep_folders(reach: Reach, before: datetime) -> None:
    try:
        folders = list(reach.objects.folders(reach.output))
    except FileNotFoundError:
        return
    for folder in folders:
        if _is_older(folder.rstrip("/").rpartition("/")[2], before):
            _remove_folder(reach.objects, folder)


def _remove_results(reach: Reach, query: str) -> None:
    """A manifest, and a description of columns, where the workgroup or the environment has results."""
    try:
        reach.objects.delete(reach.athena.results(query))
    except FileNotFoundError:
        return
    except AwsFailed as failed:
        if failed.code != UNKNOWN_QUERY:
            raise


def _remove_folder(objects: Objects, folder: str) -> None:
    with suppress(FileNotFoundError):
        objects.delete(item.uri for item in list(objects.list(folder)))


def _is_older(name: str, before: datetime) -> bool:
    found = _NAME.fullmatch(name)
    try:
        return found is not None and datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) < before
    except ValueError:
        return False  # no such day: no run of ours


def _noting(notes: list[str], what: str, act: Any) -> None:
    try:
        act()
    except AwsFailed as failed:
        notes.append(f"{what} could not be removed: {failed.code}: {failed.message}")
    except OSError as failed:
        notes.append(f"{what} could not be removed: {failed}")


class _Journal:
    """A file of this machine that says what a run has on AWS; whoever is at work holds its lock."""

    def __init__(self, path: Path, file: BinaryIO, document: dict[str, Any]) -> None:
        self._path, self._file, self._document = path, file, document
        self.is_done = False

    @classmethod
    @contextmanager
    def begun(cls, reach: Reach, name: str) -> Iterator[_Journal]:
        reach.journals.mkdir(parents=True, exist_ok=True)
        path = reach.journals / f"{name}.json"
        with _turn(reach.journals):
            file = path.open("w+b")
            _lock(file)
        with file:
            document = {"environment": reach.environment.name, "database": reach.database, "output": reach.output}
            journal = cls(path, file, {**document, "queries": []})
            journal._write()
            try:
                yield journal
            finally:
                if journal.is_done:
                    path.unlink(missing_ok=True)

    def note(self, *, query: str) -> None:
        self._document["queries"].append(query)
        self._write()

    def _write(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(self._document).encode())
        self._file.flush()


def _read(file: BinaryIO) -> dict[str, Any] | None:
    """What a journal says; None where its process was killed before it had said anything."""
    try:
        found: Any = json.loads(file.read())
    except ValueError:
        return None
    is_ours = isinstance(found, dict) and all(isinstance(found.get(word), str) for word in _SAID)
    return found if is_ours else None


@contextmanager
def _turn(journals: Path) -> Iterator[None]:
    """Only one process at a time is here, so that none sees a journal before its lock is held."""
    with (journals / ".lock").open("ab") as turn:
        _lock(turn, wait=True)
        yield


def _locked(file: BinaryIO, journals: Path) -> bool:
    """Whether the lock of a journal could be had: its process is gone."""
    with _turn(journals):
        try:
            _lock(file)
        except BlockingIOError:
            return False
    return True


def _lock(file: BinaryIO, *, wait: bool = False) -> None:
    """Raises `BlockingIOError` where another process has it."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
