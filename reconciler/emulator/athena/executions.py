"""The queries that were started, as rows: what AWS shows of them, and what their results are."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena import engine
from reconciler.emulator.athena.failures import refused
from reconciler.emulator.calls import as_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from reconciler.emulator.calls import Site
    from reconciler.emulator.store import Store

ACTIVE = ("QUEUED", "RUNNING")
_LOST = "The emulator ended while the query ran."


class Hold:
    """A file that is locked for as long as a query runs: when its process dies, the system lets go of it."""

    def __init__(self, store: Store, query: str) -> None:
        import fcntl  # noqa: PLC0415 - only here

        self._path = _lock_path(store, query)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._path)  # noqa: PTH108
        os.close(self._file)


def _lock_path(store: Store, query: str) -> str:
    return os.path.join(engine.folder(store, "running"), query)  # noqa: PTH118


def _is_held(store: Store, query: str) -> bool:
    """Whether whoever ran the query is still there."""
    import fcntl  # noqa: PLC0415

    try:
        file = os.open(_lock_path(store, query), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(file)


def insert(db: sqlite3.Connection, site: Site, doc: dict[str, Any], token: str, submitted: float) -> None:
    execution = doc["execution"]
    db.execute(
        "INSERT INTO queries VALUES (?, ?, ?, ?, ?, ?)",
        (execution["QueryExecutionId"], site.scope, execution["WorkGroup"], submitted, token, as_json(doc)),
    )


def by_token(db: sqlite3.Connection, site: Site, token: str) -> dict[str, Any] | None:
    row = db.execute(
        "SELECT doc FROM queries WHERE scope = ? AND token = ? ORDER BY submitted DESC LIMIT 1", (site.scope, token)
    ).fetchone()
    return json.loads(row[0]) if row else None


def find(site: Site, query: str) -> dict[str, Any]:
    """A query as it is now: one whose process died has failed, one that is not due yet still runs."""
    with site.store.reading() as db:
        doc = _read(db, site, query)
    if doc is None:
        raise refused(f"QueryExecution {query} was not found", "QUERY_EXECUTION_NOT_FOUND")
    if state(doc) in ACTIVE and not _is_held(site.store, query):
        doc = _lose(site, query)
    return shown(doc, site.now())


def _read(db: sqlite3.Connection, site: Site, query: str) -> dict[str, Any] | None:
    row = db.execute("SELECT doc FROM queries WHERE id = ? AND scope = ?", (query, site.scope)).fetchone()
    return json.loads(row[0]) if row else None


def _lose(site: Site, query: str) -> dict[str, Any]:
    """Fail a query that nobody runs any more; unless it ended just before."""
    with site.store.writing() as db:
        doc = _read(db, site, query)
        if doc is None:
            raise refused(f"QueryExecution {query} was not found", "QUERY_EXECUTION_NOT_FOUND")
        if state(doc) in ACTIVE:
            error = {"ErrorCategory": 1, "ErrorType": 100, "Retryable": True, "ErrorMessage": _LOST}
            end(doc, "FAILED", site.call(db).now, _LOST, error)
            _write(db, query, doc)
            _sweep(site.store, query)
        return doc


def _sweep(store: Store, query: str) -> None:
    """Remove what a dead process left of a query that was to write files."""
    import shutil  # noqa: PLC0415 - seldom

    shutil.rmtree(os.path.join(engine.folder(store, "writing"), query), ignore_errors=True)  # noqa: PTH118
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_lock_path(store, query))  # noqa: PTH108


def shown(doc: dict[str, Any], now: float) -> dict[str, Any]:
    """As it is seen at a moment."""
    if doc.get("due", 0.0) <= now or state(doc) not in {"SUCCEEDED", "FAILED"}:
        return doc
    status = {**doc["execution"]["Status"], "State": "RUNNING"}
    for name in ("CompletionDateTime", "StateChangeReason", "AthenaError"):
        status.pop(name, None)
    return {**doc, "execution": {**doc["execution"], "Status": status, "Statistics": {}}}


def state(doc: dict[str, Any]) -> str:
    return str(doc["execution"]["Status"]["State"])


def end(
    doc: dict[str, Any], final: str, moment: float, reason: str | None = None, error: dict[str, Any] | None = None
) -> None:
    """Put a query into its last state."""
    status = doc["execution"]["Status"]
    status |= {"State": final, "CompletionDateTime": moment}
    if reason is not None:
        status["StateChangeReason"] = reason
    if error is not None:
        status["AthenaError"] = error
    took = max(round((moment - status["SubmissionDateTime"]) * 1000), 0)
    doc["execution"]["Statistics"] = {
        "EngineExecutionTimeInMillis": took,
        "DataScannedInBytes": 0,
        "TotalExecutionTimeInMillis": took,
        "QueryQueueTimeInMillis": 0,
        "ServicePreProcessingTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": False},
        **doc["execution"].get("Statistics", {}),
    }


def change(site: Site, query: str, edit: Any) -> bool:
    """Edit a query that is still active, in one transaction; whether it was."""
    with site.store.writing() as db:
        doc = _read(db, site, query)
        if doc is None or state(doc) not in ACTIVE:
            return False
        edit(doc, site.call(db).now)
        _write(db, query, doc)
        return True


def cancel(site: Site, query: str) -> bool:
    """End a query that is active, or is seen to be; whether it was."""
    with site.store.writing() as db:
        doc = _read(db, site, query)
        now = site.call(db).now
        if doc is None or state(shown(doc, now)) not in ACTIVE:
            return False
        doc = shown(doc, now)
        doc.pop("due", None)
        doc.pop("result", None)
        end(doc, "CANCELLED", now, "Query cancelled by user")
        _write(db, query, doc)
        return True


def _write(db: sqlite3.Connection, query: str, doc: dict[str, Any]) -> None:
    db.execute("UPDATE queries SET doc = ? WHERE id = ?", (as_json(doc), query))


def page(
    db: sqlite3.Connection, scope: str, workgroup: str, after: tuple[float, str] | None, count: int
) -> Iterator[tuple[str, float]]:
    """Identifiers, latest first."""
    moment, query = after or (float("inf"), "")
    yield from db.execute(
        "SELECT id, submitted FROM queries WHERE scope = ? AND workgroup = ? "
        "AND (submitted < ? OR (submitted = ? AND id > ?)) ORDER BY submitted DESC, id LIMIT ?",
        (scope, workgroup, moment, moment, query, count),
    )
