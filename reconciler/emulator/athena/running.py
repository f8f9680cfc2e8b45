"""A query from QUEUED to its end."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from reconciler.emulator.athena import dispatch, engine, errors, executions, resultfiles
from reconciler.emulator.athena.failures import QueryFailed, Stopped
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.athena.tables import Context, Names
from reconciler.emulator.errors import AwsError
from reconciler.emulator.offline import flushing

if TYPE_CHECKING:
    from reconciler.emulator.athena.engine import Engine
    from reconciler.emulator.athena.executions import Hold
    from reconciler.emulator.athena.statements import Kind
    from reconciler.emulator.calls import Site

_log = logging.getLogger("reconciler.emulator")
_CANCELLED = "Query cancelled by user"
_engines: dict[str, Engine] = {}


class Run(NamedTuple):
    """What a worker thread does; it raises nothing."""

    site: Site
    id: str
    doc: dict[str, Any]
    kind: Kind
    statement: Any
    hold: Hold

    def perform(self) -> None:
        """Run it to its end."""
        try:
            self._run()
        except Exception:  # noqa: BLE001 - nobody is there to catch it
            _log.exception("query %s", self.id)
        finally:
            _engines.pop(self.id, None)
            self.hold.release()

    def _run(self) -> None:
        with engine.opened(self.site.store) as opened:
            _engines[self.id] = opened
            job = self._job(opened)
            if not executions.change(self.site, self.id, _started):
                return
            try:
                flushing.flush(self.site)
                outcome = dispatch.run(job)
                _finish_files(job, outcome)
            except Exception as error:  # noqa: BLE001 - every end of a query is told to its owner
                self._fail(job, error)
            else:
                executions.change(self.site, self.id, lambda doc, now: _succeeded(doc, now, job, outcome))

    def _job(self, opened: Engine) -> Job:
        context = Context(*self.doc["context"])
        execution = self.doc["execution"]
        names = Names(self.site, opened, context)
        parameters = execution.get("ExecutionParameters", [])
        return Job(
            *(self.site, self.id, execution["Query"], self.kind, self.statement, context, self.doc["prefix"]),
            *(parameters, opened, names, self.doc["enforced"]),
        )

    def _fail(self, job: Job, error: Exception) -> None:
        failure = _failure(job, error)
        if failure is not None:
            failure.reason = _without_places(job, failure.reason)
        if failure is None:
            executions.change(self.site, self.id, lambda doc, now: executions.end(doc, "CANCELLED", now, _CANCELLED))
            return
        if self.kind.hive:
            try:
                resultfiles.put(job, failure.reason.encode())
            except (AwsError, OSError):
                _log.warning("query %s: its result could not be written", self.id)

        def edit(doc: dict[str, Any], now: float) -> None:
            executions.end(doc, "FAILED", now, failure.reason, failure.as_error())
            doc["execution"]["Statistics"]["DataScannedInBytes"] = job.names.scanned
            doc["due"] = _due(job, doc)

        executions.change(self.site, self.id, edit)


def stop(query: str) -> None:
    """Interrupt a query that runs in this process."""
    running = _engines.get(query)
    if running is not None:
        running.stop()


def _failure(job: Job, error: Exception) -> QueryFailed | None:
    """What the query failed of; None if it was stopped."""
    if isinstance(error, QueryFailed):
        return error
    if isinstance(error, Stopped) or job.engine.stopped:
        return None
    if isinstance(error, duckdb.Error):
        try:
            return errors.translated(error, job.sql)
        except Stopped:
            return None
    if isinstance(error, AwsError):
        return QueryFailed(f"{error.code}: {error.message}", 401, category=1)
    if isinstance(error, OSError):
        return QueryFailed(f"GENERIC_INTERNAL_ERROR: {error.strerror or type(error).__name__}", 401, category=1)
    if isinstance(error, RecursionError):
        return QueryFailed("STACK_OVERFLOW: The statement is nested too deeply", 200, category=1)
    _log.error("query %s failed", job.id, exc_info=error)
    return QueryFailed(f"GENERIC_INTERNAL_ERROR: {type(error).__name__}", 200, category=1)


def _without_places(job: Job, reason: str) -> str:
    """The engine names files by where they lie on this machine; their owner knows them by bucket and key."""
    root = os.path.abspath(job.site.store.directory)  # noqa: PTH100 - as the store
    return reason.replace(f"{root}/s3/", "s3://").replace(root, "")


def _started(doc: dict[str, Any], _: float) -> None:
    doc["execution"]["Status"]["State"] = "RUNNING"


def _due(job: Job, doc: dict[str, Any]) -> float:
    """From when on the end of the query is seen."""
    submitted: float = doc["execution"]["Status"]["SubmissionDateTime"]
    return submitted + job.site.settings.query_s if job.site.settings.query_s else 0.0


def _finish_files(job: Job, outcome: Outcome) -> None:
    """Text results and metadata; the CSV of a SELECT is there already."""
    job.engine.check()
    if outcome.lines is not None:
        resultfiles.write_text(job, outcome.lines)
    if outcome.outputs or outcome.update_type:
        found = resultfiles.metadata(job.id, outcome.outputs, outcome.update_type, outcome.updates)
        resultfiles.put(job, found, ".metadata")


def _succeeded(doc: dict[str, Any], now: float, job: Job, outcome: Outcome) -> None:
    execution = doc["execution"]
    execution["Statistics"] = {"DataScannedInBytes": job.names.scanned}
    if outcome.manifest is not None:
        execution["Statistics"]["DataManifestLocation"] = outcome.manifest
    if outcome.sub is not None:
        execution["SubstatementType"] = outcome.sub
    executions.end(doc, "SUCCEEDED", now)
    doc["due"] = _due(job, doc)
    doc["result"] = {
        "columns": [output.info() for output in outcome.outputs],
        "body": "text" if outcome.lines is not None else "csv" if job.kind.sub == "SELECT" else None,
        "place": job.place,
        "updates": outcome.updates,
        "rows": outcome.rows,
        "bytes": outcome.bytes,
    }
