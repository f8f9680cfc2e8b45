"""Datasets out of a store: training sets, snapshots and histories offline, and vectors online."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, overload

from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.target import Target
from reconciler.state import Dataset as Declared
from reconciler.store.opened import Opened

if TYPE_CHECKING:
    from reconciler.datasets.building import Asking
    from reconciler.datasets.progress import Tell
    from reconciler.datasets.question import Question
    from reconciler.datasets.results.assembling import Unmatched
    from reconciler.datasets.results.result import Result
    from reconciler.datasets.skew.report import SkewReport
    from reconciler.spec import Dataset

EngineName: TypeAlias = Literal["duckdb", "athena", "spark"]
Features: TypeAlias = "Dataset | WithContracts | Iterable[object]"
"""A declared dataset, or references: `Weather.temp_f`, `using(Weather, key="dest", prefix="dest_").temp_f`, `Plane`."""
Vector: TypeAlias = dict[str, Any]


class Datasets(Opened):
    """The methods that bring features of several groups together."""

    def dataset(
        self,
        labels: Any,
        features: Features,
        *,
        time: str | datetime | None = None,
        keys: Mapping[Any, str] = {},
        max_age: timedelta | Mapping[Any, timedelta] | None = None,
        strict: bool = False,
        known_at: bool = False,
        as_of: datetime | None = None,
        ignore_deletes: bool = False,
        drop_unmatched: Unmatched | None = None,
        time_zone: str | tzinfo | None = None,
        engine: EngineName = "duckdb",
        folder: Path | str | None = None,
        tell: Tell | None = None,
    ) -> Result:
        """The features of each label as they were at its moment: one row for each label, in the labels' order.

        `labels` are a pandas or polars frame, anything of pyarrow, an iterable of dictionaries or records, or paths:
        CSV, JSON Lines, Parquet, folders and patterns of them. Their columns come first in the result, as they are. Of
        a DataFrame of Spark the result is one too: `result.frame`.

        `features` are a declared `Dataset`, or references. `time` is the column with the labels' moments, or a moment
        for all of them; `keys` says which column has a group's identifiers, where it is not named as they are. The
        newest row at or before the moment counts (`strict`: before it). `max_age` is how old it may be, for all groups
        or by group. `known_at` takes only rows that the store had received by the moment, `as_of` only what was
        written offline by then. `ignore_deletes` looks past tombstones. `drop_unmatched` leaves out labels that "any"
        group, or that "all" groups, have nothing for. `time_zone` is that of moments without one.

        `engine` is where it is worked out. `folder` holds copies of the offline stores, by the groups' names, to be
        read instead of S3. Faults of the labels and the groups are told at once, all of them; the data is read when the
        result is first looked at.
        """
        from reconciler.datasets.building import build, build_on_spark  # noqa: PLC0415 - heavy
        from reconciler.records.offline.engines import is_spark  # noqa: PLC0415

        asking = self._asked(
            features,
            time=time,
            keys=keys,
            max_age=max_age,
            strict=strict,
            known_at=known_at,
            as_of=as_of,
            ignore_deletes=ignore_deletes,
            drop_unmatched=drop_unmatched,
            time_zone=time_zone,
            engine=engine,
            folder=folder,
            tell=tell,
        )
        if is_spark(labels):
            return cast("Result", build_on_spark(asking, labels))  # of another type only where pyspark is in use
        result: Result = build(asking, labels)
        return result

    def explain(self, labels: Any, features: Features, *, engine: EngineName = "athena", **how: Any) -> str:
        """What `dataset` would do with the same words: the query for Athena, else a sentence. Nothing is run.

        The labels are read, and the feature groups looked at; what is wrong is raised as by `dataset`.
        """
        from reconciler.datasets.building import explained  # noqa: PLC0415 - heavy

        return explained(self._asked(features, engine=engine, **how), labels)

    def snapshot(
        self,
        features: Any,
        *,
        at: datetime | None = None,
        known_at: bool = False,
        as_of: datetime | None = None,
        ignore_deletes: bool = False,
        engine: EngineName = "duckdb",
        folder: Path | str | None = None,
        tell: Tell | None = None,
    ) -> Result:
        """The latest row of every record of one group, out of the offline store: for inference in batches.

        `features` are the group, or references to its features. `at` is the moment to look at; now and later, unless
        given. Deleted records are left out. The result has the identifier and the event time, then the features.
        """
        how = {"as_of": as_of, "ignore_deletes": ignore_deletes, "engine": engine, "folder": folder, "tell": tell}
        return self._listed(features, None, at, known_at=known_at, **how)

    def history(
        self,
        features: Any,
        start: datetime,
        end: datetime,
        *,
        known_at: bool = False,
        as_of: datetime | None = None,
        ignore_deletes: bool = False,
        engine: EngineName = "duckdb",
        folder: Path | str | None = None,
        tell: Tell | None = None,
    ) -> Result:
        """What happened to the records of one group from `start` to before `end`, out of the offline store.

        One row for each identifier and event time: of several versions the one that counts. Tombstones are among them
        (`is_deleted`), unless `ignore_deletes`. Sorted by identifier and event time.
        """
        how = {"as_of": as_of, "ignore_deletes": ignore_deletes, "engine": engine, "folder": folder, "tell": tell}
        return self._listed(features, start, end, known_at=known_at, **how)

    @overload
    def vector(self, features: Features, keys: Mapping[str, Any], *, at: datetime | None = None) -> Vector: ...
    @overload
    def vector(
        self, features: Features, keys: Sequence[Mapping[str, Any]], *, at: datetime | None = None
    ) -> list[Vector]: ...
    def vector(self, features: Features, keys: Any, *, at: datetime | None = None) -> Any:
        """What a model is served: the features of a dataset from the online stores, in its names, order and types.

        `keys` are the label columns that identify records, as in `{"origin": "JFK", "tail_number": "N10156"}`, or a
        list of such. All groups are read in one go. What would be null in a training set at this moment is None.
        `at` is the moment that ages count to; now, unless given.
        """
        from reconciler.datasets.serving.vectors import vector  # noqa: PLC0415 - only who serves needs it

        question, targets = self._served(features)
        return vector(self._runtime, question, targets, keys, at=at)

    async def avector(self, features: Features, keys: Any, *, at: datetime | None = None) -> Any:
        """`vector` on the running event loop, without a thread."""
        from reconciler.datasets.serving.vectors import avector  # noqa: PLC0415 - as above

        question, targets = self._served(features)
        return await avector(self._runtime, question, targets, keys, at=at)

    def check_dataset(
        self,
        features: Features,
        *,
        labels: Any = None,
        sample: int | None = 1000,
        seed: int = 0,
        wait: timedelta = timedelta(0),
        engine: EngineName = "duckdb",
        tell: Tell | None = None,
    ) -> SkewReport:
        """Compare what the online stores serve with what the offline stores say they should.

        `sample` records of each group are drawn by `seed`; None takes all. With `labels` the records are theirs. What
        is at odds is looked at again until it agrees, for at most `wait`: it may be on its way offline.
        """
        from reconciler.datasets.skew.asking import check_skew  # noqa: PLC0415 - heavy

        declared, contracts = declared_of(features)
        asking = self._asking(declared, contracts, engine=engine, tell=tell)
        return check_skew(
            self._runtime, asking, self._targets(contracts), labels=labels, sample=sample, seed=seed, wait=wait
        )

    def _listed(self, features: Any, start: datetime | None, end: datetime | None, **how: Any) -> Result:
        from reconciler.datasets.building import list_rows  # noqa: PLC0415 - heavy

        return list_rows(self._asked(of_one_group(features), **how), start, end)

    def _asked(
        self,
        features: Features,
        *,
        time: str | datetime | None = None,
        keys: Mapping[Any, str] = {},
        max_age: timedelta | Mapping[Any, timedelta] | None = None,
        strict: bool = False,
        known_at: bool = False,
        folder: Path | str | None = None,
        **how: Any,
    ) -> Asking:
        """Words as `dataset` takes them, read."""
        column = time if isinstance(time, str) else ""
        declared, contracts = declared_of(
            features, time=column, keys=keys, max_age=max_age, strict=strict, known_at=known_at
        )
        return self._asking(
            declared,
            contracts,
            folder=None if folder is None else Path(folder),
            moment=time if isinstance(time, datetime) else None,
            **how,
        )

    def _asking(self, declared: Declared, contracts: Mapping[str, Contract], **how: Any) -> Asking:
        from reconciler.datasets.building import Asking  # noqa: PLC0415 - heavy

        self.check_account()
        prefix = self.environment.name_prefix
        return Asking(self.environment, self._root, declared, contracts, lambda group: prefix + group, **how)

    def _served(self, features: Features) -> tuple[Question, Mapping[str, Target]]:
        """The question and its targets; those of a declared dataset are worked out once."""
        known = self._questions.get(id(features))
        if known is None or known[0] is not features:
            from reconciler.datasets.definition import question_of  # noqa: PLC0415 - as in vector

            declared, contracts = declared_of(features)
            found = question_of(declared, contracts, lambda group: self.environment.name_prefix + group)
            known = (features, found, self._targets(contracts))
            if is_declared(features):
                self._questions[id(features)] = known
        return known[1], known[2]

    def _targets(self, contracts: Mapping[str, Contract]) -> dict[str, Target]:
        prefix = self.environment.name_prefix
        return {name: Target(contract, prefix + name) for name, contract in contracts.items()}


class WithContracts:
    """A dataset that was read elsewhere, and the contracts of its groups: what the command line has."""

    def __init__(self, declared: Declared, contracts: Mapping[str, Contract]) -> None:
        self.dataset, self._contracts = declared, contracts

    def declared(self) -> Declared:
        """The dataset as a value."""
        return self.dataset

    def contracts(self) -> Mapping[str, Contract]:
        """What the rows of its groups have to be."""
        return self._contracts


def declared_of(features: Any, **words: Any) -> tuple[Declared, Mapping[str, Contract]]:
    """A dataset and the contracts of its groups; raises `Usage` and `Invalid` for what is none.

    Of `words` those that a declared dataset says itself are not given again.
    """
    if is_declared(features):
        said = [word for word, value in words.items() if value not in (None, False, {}) and word != "time"]
        if said:
            raise Usage(f"{features.declared().name} says itself what {', '.join(said)} is: change it there.")
        declared: Declared = features.declared()
        return _at(declared, words.get("time")), features.contracts()
    from reconciler.spec.dataset import contracts_of, dataset_of  # noqa: PLC0415 - imports pydantic

    if isinstance(features, (str, bytes)) or not isinstance(features, Iterable):
        features = [features]
    features = list(features)
    return dataset_of(features, **words), contracts_of(features)


def of_one_group(features: Any) -> Any:
    """A group that stands by itself as a list."""
    return features if isinstance(features, (list, tuple)) or is_declared(features) else [features]


def is_declared(features: Any) -> bool:
    """A dataset with a name. Of references any attribute is a feature, so that their class is looked at."""
    return hasattr(type(features), "declared") and hasattr(type(features), "contracts")


def _at(declared: Declared, time: str | None) -> Declared:
    from dataclasses import replace  # noqa: PLC0415 - only here

    return replace(declared, time=time) if time else declared
