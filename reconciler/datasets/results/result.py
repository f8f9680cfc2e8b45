"""A dataset as it is handed out: asked for when it is first looked at, once, and given in the shape that is wanted."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from reconciler.datasets.question import Answer, Listed, Listing, Question
from reconciler.errors import Usage

if TYPE_CHECKING:
    import pyarrow as pa

    from reconciler.datasets.results.assembling import Assembly, LabelRows, Notes, Unmatched
    from reconciler.datasets.results.kept import Kept
    from reconciler.datasets.results.manifest import Manifest
    from reconciler.datasets.results.report import Report


@dataclass(frozen=True, slots=True)
class About:
    """Where a result comes from, for its report and its manifest.

    `dataset` is its name where it has one; `time` the column of the labels with their moments; `labels_from` the files
    that the labels were read from; `time_zone` that of moments without one.
    """

    dataset: str = ""
    environment: str = ""
    engine: str = ""
    time: str = ""
    labels_from: tuple[str, ...] = ()
    time_zone: str = ""


def labelled(
    question: Question,
    labels: LabelRows,
    ask: Callable[[], Answer],
    about: About,
    *,
    scratch: Path,
    drop_unmatched: Unmatched | None = None,
    notes: Notes | None = None,
    release: Callable[[], object] = lambda: None,
) -> Result:
    """The features of labels, once `ask` has asked an engine.

    `drop_unmatched` leaves out labels that any group, or that all groups, have nothing for. `notes` says what a reader
    of the report should know of the facts. What is large lies in the folder `scratch`; `release` is called when the
    result is closed or forgotten, and can remove it.
    """
    from reconciler.datasets.results.assembling import Labelled, labelled_schema  # noqa: PLC0415 - heavy

    if drop_unmatched not in (None, "any", "all"):
        raise Usage(f"drop_unmatched is 'any' or 'all', and not {drop_unmatched!r}.")

    def assemble() -> Assembly:
        named = {"dataset": about.dataset, "engine": about.engine}
        return Labelled(question, labels, ask(), drop_unmatched=drop_unmatched, notes=notes, **named)

    schema = labelled_schema(question, labels.table.schema)
    return Result(schema, assemble, about, scratch, release, question=question, drop_unmatched=drop_unmatched)


def listed(
    listing: Listing,
    ask: Callable[[], Listed],
    about: About,
    *,
    scratch: Path,
    notes: Notes | None = None,
    release: Callable[[], object] = lambda: None,
) -> Result:
    """A snapshot or a history, once `ask` has asked an engine."""
    from reconciler.datasets.results.assembling import Listings, listing_schema  # noqa: PLC0415 - heavy

    def assemble() -> Assembly:
        return Listings(listing, ask(), dataset=about.dataset, engine=about.engine, notes=notes)

    return Result(listing_schema(listing), assemble, about, scratch, release, listing=listing)


class Result:
    """The rows of a dataset. Nothing is read before it is first looked at, and then once.

    Close it, or use it in a `with` block, to remove what lies on disk; a result that is forgotten closes itself.
    """

    def __init__(
        self,
        schema: pa.Schema,
        assemble: Callable[[], Assembly],
        about: About,
        scratch: Path,
        release: Callable[[], object] = lambda: None,
        *,
        question: Question | None = None,
        listing: Listing | None = None,
        drop_unmatched: Unmatched | None = None,
    ) -> None:
        self.schema, self.about = schema, about
        self.question, self.listing, self.drop_unmatched = question, listing, drop_unmatched
        self._assemble, self._scratch = assemble, scratch
        self._turn = Lock()
        self._kept: Kept | None = None
        self._report: Report | None = None
        self._labels_digest = ""
        self._finish = weakref.finalize(self, release)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the rows, on disk and in memory. Tables that were handed out stay, and so does the report."""
        if self._kept is not None:
            self._kept.close()
        self._finish()

    @property
    def is_answered(self) -> bool:
        """The engine was asked, and its answer is here."""
        return self._kept is not None

    @property
    def columns(self) -> list[str]:
        """The names of the columns: labels, then features."""
        return list(self.schema.names)

    @property
    def features(self) -> list[str]:
        """The names of the features."""
        if self.question is not None:
            return [column.name for column in self.question.columns]
        return [column.name for column in self.listing.join.columns] if self.listing is not None else []

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._answered().rows

    def __len__(self) -> int:
        return self.rows

    @property
    def report(self) -> Report:
        """What became of the labels."""
        self._answered()
        if self._report is None:
            raise AssertionError
        return self._report

    @property
    def labels_digest(self) -> str:
        """The checksum of the labels, `sha256:...`; nothing of a snapshot or a history."""
        self._answered()
        return self._labels_digest

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in blocks of 65,536, for what does not fit into memory."""
        return self._held(self._answered())

    def _held(self, kept: Kept) -> Iterator[pa.RecordBatch]:
        """The rows; as long as somebody reads them, this result is not forgotten."""
        yield from kept.blocks()

    def to_arrow(self) -> pa.Table:
        """A pyarrow Table."""
        return self._answered().table()

    def to_pandas(self, *, arrow: bool = False) -> Any:
        """A pandas DataFrame. Integral features are `Int64`: nulls stay nulls, numbers whole, texts stay texts.

        Fractional features are `float64`, where null is NaN. With `arrow` all columns are of Arrow's types.
        """
        from reconciler.datasets.results.shapes import as_pandas  # noqa: PLC0415 - heavy

        return as_pandas(self.to_arrow(), len(self.schema) - len(self.features) if self.question else 0, arrow=arrow)

    def to_polars(self) -> Any:
        """A polars DataFrame."""
        from reconciler.datasets.results.shapes import as_polars  # noqa: PLC0415 - heavy

        return as_polars(self.to_arrow())

    def to_torch(
        self, columns: Sequence[str] | None = None, *, fill: float | Mapping[str, float] | None = None
    ) -> dict[str, Any]:
        """Tensors by the names of the columns: all that are numbers, or those in `columns`.

        A null of a Fractional column is NaN unless `fill` says something else, for all columns or by their names; whole
        numbers with nulls need it. Raises `Invalid` with every column that cannot be a tensor.
        """
        from reconciler.datasets.results.shapes import as_torch  # noqa: PLC0415 - heavy

        found: dict[str, Any] = as_torch(self.to_arrow(), columns, fill)
        return found

    def to_parquet(self, path: str | Path, *, partition_by: Sequence[str] = (), replace: bool = False) -> Manifest:
        """Write Parquet: one file, or with `partition_by` a folder in Hive's layout; the manifest lies beside.

        It is there whole or not at all. Raises `Usage` where something is there already, unless `replace`.
        """
        from reconciler.datasets.results.writing import write_dataset  # noqa: PLC0415 - heavy

        return write_dataset(self, Path(path), "parquet", partition_by=partition_by, replace=replace)

    def to_csv(self, path: str | Path, *, partition_by: Sequence[str] = (), replace: bool = False) -> Manifest:
        """As `to_parquet`, as CSV: nothing for null, `""` for an empty text, instants in UTC."""
        from reconciler.datasets.results.writing import write_dataset  # noqa: PLC0415 - heavy

        return write_dataset(self, Path(path), "csv", partition_by=partition_by, replace=replace)

    def save_picture(self, path: str | Path) -> None:
        """Write the report as a picture, an SVG."""
        self.report.save_picture(path)

    def __repr__(self) -> str:
        named = f" {self.about.dataset}" if self.about.dataset else ""
        rows = f"{self.rows:,} rows" if self.is_answered else "not asked for yet"
        return f"<dataset{named}: {len(self.schema)} columns, {rows}>"

    def _repr_html_(self) -> str:
        from reconciler.datasets.results.notebook import html_of  # noqa: PLC0415 - heavy

        return html_of(self)

    def _answered(self) -> Kept:
        """The rows; the engine is asked the first time, and again only where it failed."""
        with self._turn:
            if self._kept is None:
                if not self._finish.alive:
                    raise Usage("The dataset was closed before it was asked for: make it again.")
                self._take()
            if self._kept is None:
                raise AssertionError
            return self._kept

    def _take(self) -> None:
        from reconciler.datasets.results.kept import Kept  # noqa: PLC0415 - heavy

        assembly = self._assemble()
        kept = Kept(assembly.schema, self._scratch)
        try:
            with closing(assembly.blocks()) as blocks:
                for block in blocks:
                    kept.add(block)
            kept.end()
        except BaseException:
            kept.close()
            raise
        self._report, self._labels_digest = assembly.report(), assembly.labels_digest
        self._kept = kept
