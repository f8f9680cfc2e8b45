"""The SQLite file under one directory: safe with several processes and threads, one transaction per request."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "control.sqlite3"
_VERSION = 1
_BUSY_S = 30.0

# `doc` is what Search serves of a group, ready as JSON; Describe adds `throughput` and the online store's size.
# The other columns repeat what is filtered, sorted or due; they come first, for reading past a long `doc` costs.
_SCHEMA = """
CREATE TABLE control (one INTEGER PRIMARY KEY CHECK (one = 1), clock_offset REAL NOT NULL);
INSERT INTO control VALUES (1, 0.0);
CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
    status TEXT NOT NULL, offline_status TEXT, created REAL NOT NULL, modified REAL NOT NULL,
    due REAL, pending TEXT, throughput TEXT NOT NULL, online_bytes INTEGER, on_demand_since REAL, doc TEXT NOT NULL,
    UNIQUE (scope, folded)
);
CREATE INDEX groups_by_name ON groups (scope, name);
CREATE INDEX groups_by_status ON groups (scope, status, id);
CREATE INDEX groups_by_created ON groups (scope, created, id);
CREATE INDEX groups_by_modified ON groups (scope, modified, id);
CREATE INDEX groups_due ON groups (due) WHERE due IS NOT NULL;
CREATE TABLE epochs (scope TEXT, folded TEXT, epoch INTEGER, PRIMARY KEY (scope, folded)) WITHOUT ROWID;
CREATE TABLE tags (
    group_id INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (group_id, key)
) WITHOUT ROWID;
CREATE INDEX tags_by_key ON tags (key, value);
CREATE TABLE features (
    id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE,
    name TEXT NOT NULL, type TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
    description TEXT, parameters TEXT NOT NULL DEFAULT '[]', UNIQUE (group_id, name)
);
CREATE INDEX features_by_modified ON features (modified, id);
CREATE TABLE databases (scope TEXT, name TEXT, doc TEXT NOT NULL, PRIMARY KEY (scope, name)) WITHOUT ROWID;
CREATE TABLE tables (
    scope TEXT, database TEXT, name TEXT, doc TEXT NOT NULL, PRIMARY KEY (scope, database, name)
) WITHOUT ROWID;
CREATE TABLE faults (id INTEGER PRIMARY KEY AUTOINCREMENT, fault TEXT NOT NULL, seen INTEGER NOT NULL, left INTEGER);
CREATE TABLE stale (
    scope TEXT, folded TEXT, body TEXT, reads INTEGER, until REAL, PRIMARY KEY (scope, folded)
) WITHOUT ROWID;
"""
_TABLES = ("tags", "features", "groups", "epochs", "databases", "tables", "faults", "stale")


class Store:
    """One connection, shared by the threads of a process under a lock, and opened anew after a fork."""

    def __init__(self, directory: Path | str) -> None:
        self.path = os.path.join(directory, FILE)  # noqa: PTH118 - pathlib would cost start-up time
        os.makedirs(directory, exist_ok=True)  # noqa: PTH103
        self._lock = threading.RLock()
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> None:
        self._pid = os.getpid()
        self._db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        # NORMAL: a killed process loses nothing it acknowledged; only a power cut could cost the last moments.
        self._db.execute("PRAGMA synchronous=NORMAL")
        # Checkpoints wait for the disk; with room for more pages between them, bursts of writes wait less.
        self._db.execute("PRAGMA wal_autocheckpoint=4000")
        self._db.execute("PRAGMA foreign_keys=ON")
        if self._version() != _VERSION:
            self._found()

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _found(self) -> None:
        """Create the tables; of several processes that arrive together one does, the others wait and see them."""
        _until_unlocked(self._db, "PRAGMA journal_mode=WAL")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self._version() == 0:
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={_VERSION}")
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        if self._version() != _VERSION:
            raise RuntimeError(f"{self.path} was written by another version of the emulator; reset it")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view; nothing is written."""
        with self._transaction("BEGIN") as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of it is kept, or, on any exception, none of it."""
        with self._transaction("BEGIN IMMEDIATE") as db:
            yield db

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._pid != os.getpid():
                self._open()
            db = self._db
            db.execute(begin)
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything, also for the other processes on this directory."""
        with self.writing() as db:
            for table in _TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            db.execute("UPDATE control SET clock_offset = 0.0")

    def close(self) -> None:
        with self._lock:
            self._db.close()


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
