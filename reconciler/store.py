"""A feature store from Python: the records of the declared feature groups in one environment.

    from reconciler import connect

    store = connect("local")
    report = store.ingest(Weather, frame)
    store.wait_offline(report)
    store.get(Weather, "JFK")

A group is named by its class, or by its `GroupSpec` or `Contract`; records of those come as dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar, cast, overload

from reconciler.aws import FeatureStore, check_account
from reconciler.config import Config, Environment, read_config
from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.faults import Allowable
from reconciler.records.report import IngestReport
from reconciler.records.target import Target
from reconciler.state.words import live_from_reply

if TYPE_CHECKING:
    from reconciler.aws.runtime import Runtime
    from reconciler.records.decoding import Stored
    from reconciler.records.deleting import DeletionReport
    from reconciler.records.deleting import Store as StoreName
    from reconciler.records.offline.backfilled import BackfillReport
    from reconciler.records.offline.duplicates import DuplicatesReport
    from reconciler.records.offline.erasure import ErasureReport, Proof
    from reconciler.records.offline.waiting import Waiting
    from reconciler.records.progress import Tell
    from reconciler.spec import GroupSpec

R = TypeVar("R")
_Wanted: TypeAlias = Sequence[tuple[Any, Sequence[Any]]]

LIMIT = timedelta(minutes=30)
"""How long is waited for rows to be offline. AWS says that they are within 15 minutes (developer guide)."""


def connect(environment: str | None = None, *, folder: Path | str | None = None) -> Store:
    """The feature store of an environment of pyproject.toml; the default one where none is named.

    The configuration is looked for in `folder` (default: the working directory) and above it. Nothing is asked of AWS
    before the first call. Raises `Usage` for an environment that is not there, `Invalid` for a file at fault.
    """
    config = read_config(Path(folder) if folder is not None else None)
    return Store(config, config.environment(environment))


class Store:
    """The records of one environment. Safe to use from several threads, event loops and forked processes."""

    def __init__(self, config: Config, environment: Environment) -> None:
        self._root, self.environment = config.root, environment
        self._contracts: dict[int, tuple[Any, Target]] = {}
        self._is_checked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and threads. The store can be used again."""
        if "_runtime" in self.__dict__:
            self._runtime.close()

    # Writing

    def ingest(
        self,
        group: type | GroupSpec | Contract,
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
        group: type | GroupSpec | Contract,
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

        self._check_account()
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

        self._check_account()
        target = Target(cast(Contract, None), self.environment.name_prefix + report.group)
        return wait_offline(self.environment, self._root, target, report, limit=limit, tell=tell)

    # Reading

    @overload
    def get(self, group: type[R], record_id: Any, *, expires_at: Literal[False] = False) -> R | None: ...
    @overload
    def get(
        self, group: type | GroupSpec | Contract, record_id: Any, *, expires_at: Literal[True]
    ) -> Stored | None: ...
    @overload
    def get(self, group: GroupSpec | Contract, record_id: Any) -> dict[str, Any] | None: ...
    def get(self, group: Any, record_id: Any, *, expires_at: bool = False) -> Any:
        """The latest record of an identifier; None where it was never written, is deleted, or has expired.

        AWS answers the same to all three. With `expires_at` a `Stored` comes back: the record, and when it expires. A
        feature that was added after the row was written is None.
        """
        from reconciler.records.reading import get  # noqa: PLC0415

        found = get(self._runtime, self._target(group), record_id, expires_at=expires_at)
        return found if expires_at or found is None else found.record

    async def aget(self, group: Any, record_id: Any, *, expires_at: bool = False) -> Any:
        """`get` on the running event loop, without a thread."""
        from reconciler.records.reading import aget  # noqa: PLC0415

        found = await aget(self._runtime, self._target(group), record_id, expires_at=expires_at)
        return found if expires_at or found is None else found.record

    @overload
    def get_many(
        self, group: type[R], record_ids: Iterable[Any], *, expires_at: Literal[False] = False
    ) -> dict[Any, R | None]: ...
    @overload
    def get_many(
        self, group: type | GroupSpec | Contract, record_ids: Iterable[Any], *, expires_at: bool = False
    ) -> dict[Any, Any]: ...
    @overload
    def get_many(
        self, group: Mapping[Any, Iterable[Any]], *, expires_at: bool = False
    ) -> dict[Any, dict[Any, Any]]: ...
    def get_many(self, group: Any, record_ids: Iterable[Any] = (), *, expires_at: bool = False) -> Any:
        """The records of identifiers, in their order: `{identifier: record or None}`.

        Several groups are read in one go by `{Weather: ["JFK"], Plane: ["N10156"]}`, which gives
        `{Weather: {...}, Plane: {...}}`.
        """
        from reconciler.records.batches import get_many  # noqa: PLC0415

        wanted = _wanted(group, record_ids)
        found = get_many(self._runtime, self._pairs(wanted), expires_at=expires_at)
        return _arranged(group, wanted, found, expires_at=expires_at)

    async def aget_many(self, group: Any, record_ids: Iterable[Any] = (), *, expires_at: bool = False) -> Any:
        """`get_many` on the running event loop."""
        from reconciler.records.batches import aget_many  # noqa: PLC0415

        wanted = _wanted(group, record_ids)
        found = await aget_many(self._runtime, self._pairs(wanted), expires_at=expires_at)
        return _arranged(group, wanted, found, expires_at=expires_at)

    def get_frame(
        self,
        group: type | GroupSpec | Contract,
        record_ids: Iterable[Any],
        *,
        features: Iterable[Any] | None = None,
        expires_at: bool = False,
    ) -> Any:
        """The records as a pandas DataFrame: a row for each identifier, in their order, empty where there is none.

        `features` are those to read, as `Weather.temp_f` or by name; the record identifier is always among them.
        """
        from reconciler.records.frames import get_frame  # noqa: PLC0415 - heavy

        target = self._target(group)
        names = None if features is None else [_feature_name(target.contract, one) for one in features]
        return get_frame(self._runtime, target, record_ids, features=names, expires_at=expires_at)

    def list(self, group: type | GroupSpec | Contract, *, include_deleted: bool = False) -> Iterator[Any]:
        """The record identifiers in the online store, page by page, in no order.

        `include_deleted` also lists those that were deleted softly.
        """
        from reconciler.records.listing import list_ids  # noqa: PLC0415

        return list_ids(self._runtime, self._target(group), include_deleted=include_deleted)

    # Deleting

    def delete(
        self,
        group: type | GroupSpec | Contract,
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
        group: type | GroupSpec | Contract,
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
        return delete_many(self._runtime, target, record_ids, at=at, hard=hard, stores=stores, tell=tell)

    def erase(
        self,
        group: type | GroupSpec | Contract,
        record_ids: Iterable[Any],
        *,
        purge_versions: bool = False,
        proof: Proof | None = None,
        settle: timedelta | None = None,
        dry_run: bool = False,
        tell: Callable[[str], None] | None = None,
    ) -> ErasureReport:
        """Erase records from both stores, their history included, and prove that no row is left.

        Old versions of S3 objects that still hold rows are named, and removed with `purge_versions`. `settle` is how
        long rows written shortly before may still be on their way offline. `dry_run` says what holds rows now.
        """
        from reconciler.records.offline.erasing import erase  # noqa: PLC0415 - heavy
        from reconciler.records.values import id_text  # noqa: PLC0415

        target = self._live_target(group)
        ids = [id_text(target.contract, record_id) for record_id in record_ids]
        return erase(
            self.environment,
            self._root,
            target,
            ids,
            purge_versions=purge_versions,
            proof=proof,
            settle=settle,
            dry_run=dry_run,
            tell=tell,
        )

    def remove_duplicates(
        self,
        group: type | GroupSpec | Contract,
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

    # How a group is found

    @cached_property
    def _runtime(self) -> Runtime:
        from reconciler.aws.runtime import Runtime  # noqa: PLC0415

        return Runtime(self.environment, self._root)

    def _check_account(self) -> None:
        if not self._is_checked:
            check_account(self.environment, self._root)
            self._is_checked = True

    def _target(self, group: Any) -> Target:
        """The group by its name here. A class is read once."""
        known = self._contracts.get(id(group))
        if known is None or known[0] is not group:
            contract = _contract(group)
            known = self._contracts[id(group)] = (
                group,
                Target(contract, self.environment.name_prefix + contract.group),
            )
        return known[1]

    def _pairs(self, wanted: _Wanted) -> Sequence[tuple[Target, Any]]:
        return [(self._target(group), record_id) for group, ids in wanted for record_id in ids]

    def _live_target(self, group: Any) -> Target:
        """The group as it is now; raises `Usage` where there is none."""
        self._check_account()
        target = self._target(group)
        reply = FeatureStore(self.environment, self._root).describe(target.name)
        if reply is None:
            raise Usage(
                f"{self.environment.name} has no feature group {target.name!r}. "
                f"`reconciler apply --env {self.environment.name}` makes it."
            )
        return Target(target.contract, target.name, live_from_reply(reply))


def _contract(group: Any) -> Contract:
    if isinstance(group, Contract):
        return group
    spec = getattr(group, "__feature_group__", None)
    if spec is None:
        raise Usage(f"{group!r} is no feature group: give the class that @feature_group decorates.")
    contract: Contract = spec.contract(group if isinstance(group, type) else None)
    return contract


def _feature_name(contract: Contract, feature: Any) -> str:
    if isinstance(feature, str):
        return feature
    group, name = getattr(feature, "group", None), getattr(feature, "name", None)
    if group != contract.group or not isinstance(name, str):
        raise Usage(f"{feature!r} is no feature of {contract.group}: give Weather.temp_f, or its name.")
    return name


def _wanted(group: Any, record_ids: Iterable[Any]) -> _Wanted:
    given = group.items() if isinstance(group, Mapping) else [(group, record_ids)]
    return [(one, list(dict.fromkeys(ids))) for one, ids in given]


def _arranged(group: Any, wanted: _Wanted, found: Sequence[Stored | None], *, expires_at: bool) -> Any:
    """What was found, by group and identifier as they were asked for."""
    rest = iter(found if expires_at else (one and one.record for one in found))
    read = [(one, {record_id: next(rest) for record_id in ids}) for one, ids in wanted]
    return dict(read) if isinstance(group, Mapping) else read[0][1]
