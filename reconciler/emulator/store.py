"""The SQLite file under one directory: safe with several processes and threads, one transaction per request."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import UnusableDirectory
from reconciler.emulator.schema import STATEMENTS, TABLES, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "control.sqlite3"
_BUSY_S = 30.0
_NO_TURN = nullcontext()
_WAY_OUT = "`reconciler emulator reset` empties its directory and makes it usable again."


class DiskFull(sqlite3.OperationalError):
    """There was no room for what a transaction stores; nothing of it is stored."""


class Store:
    """A connection for each thread; writers of a process take turns, and connections are opened anew after a fork."""

    def __init__(self, directory: Path | str) -> None:
        self.directory = str(directory)
        self.path = os.path.join(directory, FILE)  # noqa: PTH118 - pathlib would cost start-up time
        _make(directory)
        self.memory: dict[tuple[str, int], Any] = {}
        """Read from the file and still true, or told to be outdated by what is read with every request."""
        self._turn = threading.RLock()
        self._pid = os.getpid()
        self._own = threading.local()
        self._keeping = threading.Lock()
        self._all: list[tuple[threading.Thread, sqlite3.Connection]] = []
        try:
            self._found(self._connection())
        except BaseException as error:
            self.close()
            if reason := _unusable(error):
                raise UnusableDirectory(f"{self.path} {reason}") from error
            raise

    def _connection(self) -> sqlite3.Connection:
        """This thread's."""
        if self._pid != os.getpid():
            self._pid, self._own, self._all = os.getpid(), threading.local(), []
            self._keeping = threading.Lock()
        db: sqlite3.Connection | None = getattr(self._own, "db", None)
        if db is None:
            db = self._own.db = self._open()
            self._keep(db)
        return db

    def _keep(self, db: sqlite3.Connection) -> None:
        """To close it with the store, or when its thread has ended, which tells nobody."""
        with self._keeping:
            kept = [(threading.current_thread(), db)]
            for thread, other in self._all:
                if thread.is_alive():
                    kept.append((thread, other))
                else:
                    other.close()
            self._all = kept

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        # NORMAL: a killed process loses nothing it acknowledged; only a power cut could cost the last moments.
        db.execute("PRAGMA synchronous=NORMAL")
        # Checkpoints wait for the disk, and write a page once however often it changed: records come at random places,
        # so room for more pages (128 MiB) between them makes writes a quarter cheaper.
        db.execute("PRAGMA wal_autocheckpoint=32000")
        db.execute("PRAGMA foreign_keys=ON")
        return db

    def _found(self, db: sqlite3.Connection) -> None:
        """Create the tables; of several processes that arrive together one does, the others wait and see them."""
        if _version(db) == VERSION:
            return
        _until_unlocked(db, "PRAGMA journal_mode=WAL")
        db.execute("BEGIN IMMEDIATE")
        try:
            if _version(db) == 0:
                for statement in STATEMENTS:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={VERSION}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        if _version(db) != VERSION:
            raise UnusableDirectory(f"{self.path} was written by another version of the emulator; {_WAY_OUT}")

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """One consistent view; nothing is written."""
        return _transaction(self._connection(), "BEGIN", _NO_TURN)

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """All of it is kept, or, on any exception, none of it."""
        return _transaction(self._connection(), "BEGIN IMMEDIATE", self._turn)

    def find(self, statement: str) -> list[Any]:
        """What one statement finds: it needs no transaction around it."""
        return self._connection().execute(statement).fetchall()

    def clear(self) -> None:
        """Forget everything, also for the other processes on this directory."""
        with self.writing() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            db.execute("UPDATE control SET clock_offset = 0.0, clock_frozen = NULL")

    def close(self) -> None:
        with self._turn:
            for _, db in self._all:
                db.close()


@contextmanager
def _transaction(
    db: sqlite3.Connection, begin: str, turn: AbstractContextManager[object]
) -> Iterator[sqlite3.Connection]:
    with turn:
        db.execute(begin)
        try:
            yield db
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:  # SQLite ends some itself
                db.execute("ROLLBACK")
            if _is_full(error):
                raise DiskFull(str(error)) from error
            raise


def _is_full(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_FULL


def _make(directory: Path | str) -> None:
    try:
        os.makedirs(directory, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        raise UnusableDirectory(f"{directory} cannot be made: {error.strerror or error}.") from error


def _unusable(error: BaseException) -> str:
    """What is wrong with a file that SQLite cannot open; empty where it is something else."""
    if isinstance(error, sqlite3.OperationalError):
        code = error.sqlite_errorcode & 0xFF
        known = code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
        return f"cannot be opened: {error}." if known else ""
    return f"is no database of the emulator; {_WAY_OUT}" if isinstance(error, sqlite3.DatabaseError) else ""


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _until_unlocked(db: sqlite3.Connection, statement: str) -> None:
    """Changing the journal mode does not wait for its lock by itself."""
    give_up = time.monotonic() + _BUSY_S
    while True:
        try:
            db.execute(statement)
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def directory_of(db: sqlite3.Connection) -> str:
    """The data directory, for those who hold only a transaction."""
    path: str = db.execute("PRAGMA database_list").fetchone()[2]
    return os.path.dirname(path)  # noqa: PTH120
