"""Rows into a store: ingested, backfilled, and waited for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import Usage
from reconciler.records.faults import Allowable
from reconciler.records.report import IngestReport
from reconciler.store.opened import Named, Opened

if TYPE_CHECKING:
    from reconciler.records.deleting import Store as StoreName
    from reconciler.records.offline.backfilled import BackfillReport
    from reconciler.records.offline.waiting import Waiting
    from reconciler.records.progress import Tell

LIMIT = timedelta(minutes=30)
"""How long is waited for rows to be offline. AWS says that they are within 15 minutes (developer guide)."""


class Writing(Opened):
    """The methods that write."""

    def ingest(
        self,
        group: Named,
        data: Any,
        *,
        good_rows: bool = False,
        allow: Collection[Allowable] = (),
        stores: Collection[StoreName] | None = None,
        ttl: timedelta | None = None,
        processes: int = 1,
        connections: int | None = None,
        again: bool = False,
        dry_run: bool = False,
        faults_file: Path | None = None,
        dead_letter: Path | None = None,
        tell: Tell | None = None,
    ) -> IngestReport:
        """Check every row against the spec, then write them all; no byte leaves before the last row is checked.

        `data` is a pandas or polars frame, an Arrow table or anything with an Arrow stream, an iterable of records or
        dictionaries, or paths: CSV, JSON Lines, Parquet, folders and patterns of them. It may be larger than memory.

        Rows at fault raise `RowsRefused` with all faults, unless `good_rows` leaves them out; `allow` names faults that
        are none. `stores` are OnlineStore, OfflineStore or both; `ttl` is the records' own time to live. A run that was
        cut short is resumed by calling it again with the same rows, and rows that are there are not sent again unless
        `again`. `dry_run` only checks. `tell` hears how far it is.

        Rows that AWS does not take are counted in the report and written to `dead_letter`, to be ingested again.
        """
        from reconciler.records.ingest import ingest  # noqa: PLC0415 - heavy
        from reconciler.records.offline.engines import is_spark  # noqa: PLC0415

        if is_spark(data):
            raise Usage("A DataFrame of Spark goes straight to the offline store: store.backfill takes it.")
        return ingest(
            self._runtime,
            self._live_target(group),
            data,
            good_rows=good_rows,
            allow=allow,
            stores=stores,
            ttl=ttl,
            processes=processes,
            connections=connections,
            again=again,
            dry_run=dry_run,
            faults_file=faults_file,
            dead_letter=dead_letter,
            tell=tell,
        )

    def backfill(
        self,
        group: Named,
        data: Any,
        *,
        good_rows: bool = False,
        allow: Collection[Allowable] = (),
        dry_run: bool = False,
        faults_file: Path | None = None,
        tell: Tell | None = None,
    ) -> BackfillReport:
        """Check every row against the spec, then write them straight into the offline store's files.

        For histories: nothing is paid for writes, and the online store is left alone. Either all files of a run become
        visible or none; the same rows again change nothing. `data` is whatever `ingest` takes, or a DataFrame of Spark,
        which its executors check and write.
        """
        from reconciler.records.offline.engines import backfill_for  # noqa: PLC0415 - as the others

        self.check_account()
        return backfill_for(data)(
            self.environment,
            self._root,
            self._target(group),
            data,
            good_rows=good_rows,
            allow=allow,
            dry_run=dry_run,
            faults_file=faults_file,
            tell=tell,
        )

    def wait_offline(
        self,
        report: IngestReport,
        *,
        limit: timedelta = LIMIT,
        tell: Callable[[Waiting], None] | None = None,
    ) -> Waiting:
        """Return when every row of an ingest is readable in the offline store.

        Raises `RowsMissing`, which names what is missing, after `limit`; `NoOffline` where waiting would not help.
        """
        from reconciler.records.offline.waiting import wait_offline  # noqa: PLC0415 - heavy

        self.check_account()
        name = self.environment.name_prefix + report.group
        return wait_offline(self.environment, self._root, name, report, limit=limit, tell=tell)
