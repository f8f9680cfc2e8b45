"""From a dataset and its labels to a result: what is wrong is told at once, an engine is asked on the first look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from reconciler.config import Environment
from reconciler.contract import Contract
from reconciler.datasets.definition import question_of
from reconciler.datasets.engines import NAMES, check_engine, engine_of
from reconciler.datasets.epoch import at_second
from reconciler.datasets.inventory.buffering import waiting_notes
from reconciler.datasets.inventory.files import InEnvironment, InFolder
from reconciler.datasets.inventory.readiness import open_places
from reconciler.datasets.labels.reading import read_labels
from reconciler.datasets.progress import Line, Tell, is_watched
from reconciler.datasets.question import Answer, Engine, Listed, Listing, Question
from reconciler.datasets.results.assembling import Unmatched
from reconciler.datasets.results.result import About, Result, labelled, listed
from reconciler.errors import ReconcilerError, Usage
from reconciler.records.offline.place import Place
from reconciler.records.scratch import scratch_folder
from reconciler.state import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

    from reconciler.datasets.engines.spark import Labelled

A = TypeVar("A", Answer, Listed)

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far ahead of this machine's clock `as_of` may be: it may have been set on another one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A dataset that is asked for in an environment, and how; `live_name` puts the environment's prefix on a group.

    `moment` stands for the labels' time column where all labels have one moment. `folder` holds copies of the offline
    stores, to be read instead of them. `scratch` is where files are kept for a while.
    """

    environment: Environment
    root: Path
    dataset: Dataset
    contracts: Mapping[str, Contract]
    live_name: Callable[[str], str]
    engine: str
    folder: Path | None = None
    moment: datetime | None = None
    time_zone: str | tzinfo | None = None
    as_of: datetime | None = None
    ignore_deletes: bool = False
    drop_unmatched: Unmatched | None = None
    tell: Tell | None = None

    @property
    def question(self) -> Question:
        """What is asked of the engine."""
        return question_of(
            self.dataset, self.contracts, self.live_name, as_of=self.as_of, ignore_deletes=self.ignore_deletes
        )

    @property
    def time(self) -> str | datetime:
        """The column of the labels' moments, or the moment of all; raises `Usage` where neither is said."""
        time = self.moment or self.dataset.time
        if not time:
            raise Usage('Say which column of the labels has their moments: time="scheduled_at".')
        return time

    def watched(self, ask: Callable[[Tell | None], A]) -> A:
        """What is asked, with a line about it where nobody listens and somebody looks on."""
        line = Line(self.dataset.name)
        answer = ask(line if self.tell is None and is_watched() else self.tell)

        def batches() -> Iterator[pa.RecordBatch]:
            with closing(line):
                try:
                    yield from answer.batches
                except OSError as failed:
                    where = f" in {failed.filename}" if failed.filename else ""
                    raise ReconcilerError(
                        f"What is needed for a while cannot be kept{where}: {failed.strerror or failed}."
                    ) from failed

        return replace(answer, batches=batches()) if isinstance(answer, Answer) else answer._replace(batches=batches())

    def about(self, labels: Any = None) -> About:
        """What a report and a manifest say of it."""
        time = self.moment.isoformat() if self.moment else self.dataset.time
        zone = "" if self.time_zone is None else str(self.time_zone)
        return About(self.dataset.name, self.environment.name, self.engine, time, paths_of(labels), zone)


def build(asking: Asking, labels: Any, *, session: Any = None) -> Result:
    """The features of labels that are not Spark's. `session` is the session that the engine `spark` uses.

    Raises `LabelsRefused`, `Invalid` and `Usage` with all that is wrong; no data is read before the result is used.
    """
    question = asking.question
    places = _places(asking, question)
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder(home_of(asking.root)))
        read = read_labels(labels, question, asking.time, time_zone=asking.time_zone, scratch=scratch, tell=asking.tell)
        engine = _engine(asking, scratch, session)
        latest = at_second(read.moments.latest)
        return labelled(
            question,
            read,
            lambda: asking.watched(lambda tell: engine.answer(question, read.moments, tell)),
            asking.about(labels),
            scratch=scratch,
            drop_unmatched=asking.drop_unmatched,
            notes=waiting_notes(question.joins, places, latest, datetime.now(UTC)),
            release=stack.pop_all().close,
        )


def build_on_spark(asking: Asking, labels: Any) -> Labelled:
    """The features of labels that are a DataFrame of Spark, as a DataFrame."""
    from reconciler.datasets.engines.spark import Spark  # noqa: PLC0415 - heavy

    if asking.engine not in ("spark", NAMES[0]):
        raise Usage(f"The labels are a DataFrame of Spark, which {asking.engine} does not read: engine='spark'.")
    question = asking.question
    _places(asking, question)
    where = InFolder(asking.folder) if asking.folder else InEnvironment(asking.environment, asking.root)
    engine = Spark(labels.sparkSession, where)
    return engine.labelled(
        question, labels, asking.time, time_zone=asking.time_zone, drop_unmatched=asking.drop_unmatched
    )


def explained(asking: Asking, labels: Any) -> str:
    """What `build` would do: the statement for Athena, else a sentence. The labels are checked; nothing is run."""
    question = asking.question
    _places(asking, question)
    with scratch_folder(home_of(asking.root)) as scratch:
        read = read_labels(labels, question, asking.time, time_zone=asking.time_zone, scratch=scratch)
        if asking.engine == "athena":
            from reconciler.datasets.engines.athena import AthenaEngine  # noqa: PLC0415 - heavy

            return AthenaEngine(asking.environment, asking.root).statement(question)
        groups = ", ".join(dict.fromkeys(join.group for join in question.joins))
        return (
            f"{read.rows:,} labels fit. {len(question.columns)} features of {groups} would be read by {asking.engine}."
        )


def list_rows(asking: Asking, start: datetime | None = None, end: datetime | None = None) -> Result:
    """A snapshot at `end`, or a history from `start` to `end`, of the one group that a dataset is about."""
    question = asking.question
    if len(question.joins) != 1:
        groups = ", ".join(join.group for join in question.joins)
        raise Usage(f"A snapshot or a history is of one feature group, and these features are of {groups}: ask one.")
    for moment in (start, end):
        check_moment(moment)
    if asking.dataset.strict or asking.dataset.max_ages:
        raise Usage(
            f"{asking.dataset.name or 'The dataset'} counts ages and moments from labels, and a snapshot or a history "
            "has none. Name the features instead, or ask for the dataset of keys at a moment: store.dataset(keys, ..., "
            "time=datetime.now(UTC))."
        )
    if start is not None and end is not None and end <= start:
        raise Usage(f"The history ends at {end.isoformat()}, which is not after its start, {start.isoformat()}.")
    (join,) = question.joins
    places = _places(asking, question)
    listing = Listing(join, start, end, asking.as_of, question.known_at, asking.ignore_deletes)
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder(home_of(asking.root)))
        engine = _engine(asking, scratch)
        return listed(
            listing,
            lambda: asking.watched(lambda tell: engine.list(listing, tell)),
            asking.about(),
            scratch=scratch,
            notes=waiting_notes(question.joins, places, end, datetime.now(UTC)),
            release=stack.pop_all().close,
        )


def home_of(root: Path) -> Path:
    """Where datasets keep what they need for a while."""
    return root / ".reconciler" / "datasets"


def check_moment(moment: object) -> None:
    """Raises `Usage` for what is no moment, could be anywhere, or is outside the years 1 to 9999 of UTC."""
    if moment is None:
        return
    if not isinstance(moment, datetime):
        raise Usage(f"{moment!r} is no moment: give a datetime with a zone, as datetime.now(UTC) is.")
    if moment.tzinfo is None:
        raise Usage(f"{moment.isoformat()} could be anywhere: give it a zone, as in datetime.now(UTC).")
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise Usage(f"{moment.isoformat()} is outside the years 0001 to 9999.") from None


def paths_of(labels: Any) -> tuple[str, ...]:
    """The files that labels are read from, as they were named; nothing of what is in memory."""
    given = labels if isinstance(labels, (list, tuple)) else [labels]
    return tuple(map(str, given)) if given and all(isinstance(one, (str, Path)) for one in given) else ()


def _places(asking: Asking, question: Question) -> Mapping[str, Place]:
    check_engine(asking.engine, asking.folder)
    check_moment(asking.as_of)
    if asking.as_of is not None and asking.as_of > datetime.now(UTC) + CLOCKS_DIFFER:
        raise Usage(f"{asking.as_of.isoformat()} is yet to come: what is written by then is not there.")
    return {} if asking.folder is not None else open_places(asking.environment, asking.root, question)


def _engine(asking: Asking, scratch: Path, session: Any = None) -> Engine:
    return engine_of(asking.engine, asking.environment, asking.root, scratch, folder=asking.folder, session=session)
