"""Records away: deleted, erased with their history, or rid of doubles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.records.report import IngestReport
from reconciler.store.opened import Named, Opened, many
from reconciler.store.writing import LIMIT

if TYPE_CHECKING:
    from reconciler.records.deleting import DeletionReport
    from reconciler.records.deleting import Store as StoreName
    from reconciler.records.offline.duplicates import DuplicatesReport
    from reconciler.records.offline.erasure import ErasureReport, Proof


class Deleting(Opened):
    """The methods that take rows away."""

    def delete(
        self,
        group: Named,
        record_id: Any,
        *,
        at: datetime | float | str,
        hard: bool = False,
        stores: Sequence[StoreName] | None = None,
    ) -> None:
        """Delete one record as of an event time, which has to be later than the record's.

        A soft delete leaves a marker online that older rows cannot overwrite; a hard one leaves nothing. Both write a
        marker offline, where the history stays. Raises `StillThere` where the record stays.
        """
        from reconciler.records.deleting import delete  # noqa: PLC0415

        delete(self._runtime, self._target(group), record_id, at=at, hard=hard, stores=stores)

    def delete_many(
        self,
        group: Named,
        record_ids: Iterable[Any],
        *,
        at: datetime | float | str,
        hard: bool = False,
        stores: Sequence[StoreName] | None = None,
        tell: Callable[[int], None] | None = None,
    ) -> DeletionReport:
        """Delete records as of one event time; the report names each that stays, with the reason."""
        from reconciler.records.deleting import delete_many  # noqa: PLC0415

        target = self._target(group)
        return delete_many(self._runtime, target, many(record_ids), at=at, hard=hard, stores=stores, tell=tell)

    def erase(
        self,
        group: Named,
        record_ids: Iterable[Any],
        *,
        purge_versions: bool = False,
        proof: Proof | None = None,
        settle: timedelta | None = None,
        limit: timedelta = LIMIT,
        dry_run: bool = False,
        tell: Callable[[str], None] | None = None,
    ) -> ErasureReport:
        """Erase records from both stores, their history included, and prove that no row is left.

        Old versions of S3 objects that still hold rows are named, and removed with `purge_versions`. `settle` is how
        long is waited for rows that were written shortly before and may be on their way offline: 15 minutes on AWS,
        unless given. `limit` is how long the markers of the deletion may take. `dry_run` says what holds rows now.
        """
        from reconciler.records.offline.erasing import erase  # noqa: PLC0415 - heavy

        return erase(
            self.environment,
            self._root,
            self._live_target(group),
            list(many(record_ids)),
            runtime=self._runtime,
            limit=limit,
            purge_versions=purge_versions,
            proof=proof,
            settle=settle,
            dry_run=dry_run,
            tell=tell,
        )

    def remove_duplicates(
        self,
        group: Named,
        *,
        report: IngestReport | None = None,
        dry_run: bool = False,
        tell: Callable[[str], None] | None = None,
    ) -> DuplicatesReport:
        """Remove rows that are offline twice, equal in everything but when they were written.

        With the `report` of an ingest only the partitions of its rows are looked at.
        """
        from reconciler.records.offline.duplicates import remove_duplicates  # noqa: PLC0415 - heavy

        target = self._live_target(group)
        return remove_duplicates(self.environment, self._root, target, report=report, dry_run=dry_run, tell=tell)
