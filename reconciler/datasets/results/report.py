"""What became of the labels of a dataset, in numbers: for people a text and a picture, for programs JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from reconciler.errors import Usage
from reconciler.records.report import document_of
from reconciler.render.escape import terminal

FORMAT_VERSION: Final = "1"

QUANTILES: Final[Mapping[str, float]] = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
"""The parts of the labels whose features are no older than the age of that name."""

_SPANS = (("y", 365.25 * 86_400), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1), ("ms", 1e-3), ("µs", 1e-6))


class Bin(NamedTuple):
    """Features whose age in seconds is at least `start` and below `end`: of labels that matched, and of stale ones."""

    start: float
    end: float
    matched: int
    stale: int


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the features were at the moments of their labels, in seconds, over the labels that matched.

    `quantiles` are by the names of `QUANTILES`, and ages that do occur; where not `is_exact`, which is beyond a million
    labels, they are right to one part in a hundred. `bins` are of a logarithmic scale, and count stale ones besides;
    `count` does not. Where nothing matched, `least`, `most` and `quantiles` are None and empty.
    """

    count: int
    least: float | None
    most: float | None
    quantiles: Mapping[str, float]
    bins: tuple[Bin, ...] = ()
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class JoinReport:
    """One feature group under one key of the labels; the five counts of labels add up to those of the report.

    Of a snapshot or a history `key` is empty, `matched` counts its rows and `deleted` its tombstones.

    `max_age` is in seconds. Of the group's own rows `rows_read` were read and `unreadable` of them were left out, for
    their identifier or event time cannot be read; `newest_write` is when the newest was written offline. `nulls` says
    for each feature how many labels have none, for whatever reason.
    """

    group: str
    name: str
    key: str
    matched: int
    missing: int = 0
    deleted: int = 0
    stale: int = 0
    no_key: int = 0
    max_age: float | None = None
    rows_read: int | None = None
    unreadable: int = 0
    newest_write: datetime | None = None
    ages: Ages | None = None
    nulls: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """`weather by origin`."""
        return f"{self.group} by {self.key}" if self.key else self.group

    @property
    def counts(self) -> dict[str, int]:
        """The labels by what became of them, the best first; of a snapshot or a history its rows."""
        if not self.key:
            return {"rows": self.matched, "deleted": self.deleted}
        return {
            "matched": self.matched,
            "missing": self.missing,
            "stale": self.stale,
            "deleted": self.deleted,
            "no key": self.no_key,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """One dataset. `rows == labels - dropped`; of a snapshot or a history, which has no labels, they are its rows.

    `engine` is its name; `scanned_bytes`, `cost_usd` and `query_ids` are known of Athena.
    """

    dataset: str
    engine: str
    labels: int
    rows: int
    dropped: int = 0
    joins: tuple[JoinReport, ...] = ()
    scanned_bytes: int | None = None
    cost_usd: float | None = None
    query_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The report as JSON has it."""
        joins = [_join_as_json(join) for join in self.joins]
        return {"format_version": FORMAT_VERSION, **document_of(self), "joins": joins}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Report:
        """What `as_json` wrote; raises `Usage` for anything else."""
        try:
            given = dict(document)
            version = given.pop("format_version")
            if version != FORMAT_VERSION:
                raise Usage(
                    f"The report is of format {version!r}, and this version of reconciler reads {FORMAT_VERSION!r}."
                )
            given["joins"] = tuple(map(_join_from_json, given["joins"]))
            for name in ("query_ids", "notes"):
                given[name] = tuple(given[name])
            return cls(**given)
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            raise Usage(f"This is no report of a dataset ({type(wrong).__name__}: {wrong}).") from None

    def as_text(self) -> str:
        """The report as lines for a terminal."""
        return "\n".join(_lines(self))

    def picture(self) -> str:
        """The report as an SVG document."""
        from reconciler.datasets.results.picture import picture_of  # noqa: PLC0415 - it needs this module

        return picture_of(self)

    def save_picture(self, path: str | Path) -> None:
        """Write the picture; raises `Usage` where the name does not end in .svg."""
        from reconciler.datasets.results.writing import write_whole  # noqa: PLC0415 - heavy

        file = Path(path)
        check_picture(file)
        write_whole(file, self.picture().encode())


def check_picture(file: Path) -> None:
    """Raises `Usage` for a name that a picture cannot have."""
    if file.suffix.lower() != ".svg":
        raise Usage(f"The picture is drawn as SVG, and {file.name!r} would not open: name it .svg.")


def span(seconds: float) -> str:
    """A length of time in the largest unit that it has one of: `42 min`, `1.5 h`, `12 d`."""
    if seconds == 0:
        return "0 s"
    for unit, length in _SPANS:
        if seconds >= length * 0.9995:
            count = seconds / length
            return (
                f"{count:,.0f} {unit}" if count >= 9.95 or abs(count - round(count)) < 0.05 else f"{count:.1f} {unit}"
            )
    return f"{seconds * 1e9:.0f} ns"


def share(part: int, whole: int) -> str:
    """A part in per cent. What is not nothing and not all never looks like it."""
    if not whole:
        return "-"
    found = 100 * part / whole
    if 0 < found < 0.05:
        return "<0.1 %"
    if found >= 99.95 and part != whole:
        return ">99.9 %"
    return f"{found:.1f} %" if part not in (0, whole) else f"{found:.0f} %"


def _lines(report: Report) -> Iterator[str]:
    yield headline(report)
    if report.joins:
        yield ""
        yield from _aligned(_count_rows(report))
    aged = [join for join in report.joins if join.ages and join.ages.count]
    if aged:
        yield ""
        yield "Age of the features at the moments of their labels"
        yield from _aligned(_age_rows(aged))
    facts = [*_facts(report), *report.notes]
    if facts:
        yield ""
        yield from map(terminal, facts)


def headline(report: Report) -> str:
    """The report in one line."""
    name = f"{report.dataset}: " if report.dataset else ""
    dropped = f" of {report.labels:,} labels ({report.dropped:,} dropped)" if report.dropped else ""
    rows = "row" if report.rows == 1 else "rows"
    engine = f", answered by {report.engine}" if report.engine else ""
    return terminal(f"{name}{report.rows:,} {rows}{dropped}{engine}")


def _count_rows(report: Report) -> list[list[str]]:
    first, *others = report.joins[0].counts
    rows = [["", first, "", *others]]
    for join in report.joins:
        matched, *rest = join.counts.values()
        rows.append([join.title, f"{matched:,}", share(matched, report.labels), *(f"{count:,}" for count in rest)])
    return rows


def _age_rows(joins: Sequence[JoinReport]) -> list[list[str]]:
    rows = [["", "least", "5 %", "median", "95 %", "most", "allowed"]]
    for join in joins:
        ages = join.ages
        if ages is None or ages.least is None or ages.most is None:
            continue
        found = (ages.least, ages.quantiles["p05"], ages.quantiles["p50"], ages.quantiles["p95"], ages.most)
        allowed = "any" if join.max_age is None else span(join.max_age)
        rows.append([join.title, *map(span, found), allowed])
    return rows


def _facts(report: Report) -> Iterator[str]:
    for join in {join.name: join for join in report.joins}.values():
        if join.rows_read is not None:
            written = f", the newest written {join.newest_write:%Y-%m-%d %H:%M:%S %Z}" if join.newest_write else ""
            yield f"{join.name}: {join.rows_read:,} rows read{written}"
        if join.unreadable:
            yield f"{join.name}: {join.unreadable:,} rows left out, their identifier or event time cannot be read"
    if report.scanned_bytes is not None:
        cost = f", about ${report.cost_usd:.4f}" if report.cost_usd is not None else ""
        yield f"{report.scanned_bytes:,} bytes scanned{cost}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Names to the left, numbers to the right."""
    rows = [list(map(terminal, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join((name.ljust(widths[0]), *numbers)).rstrip()


def _join_as_json(join: JoinReport) -> dict[str, Any]:
    ages = None
    if join.ages is not None:
        ages = document_of(join.ages) | {"quantiles": dict(join.ages.quantiles)}
    return document_of(join) | {"ages": ages, "nulls": dict(join.nulls)}


def _join_from_json(document: Mapping[str, Any]) -> JoinReport:
    given = dict(document)
    given["newest_write"] = datetime.fromisoformat(given["newest_write"]) if given["newest_write"] else None
    if given["ages"] is not None:
        bins = tuple(Bin(**one) for one in given["ages"]["bins"])
        given["ages"] = Ages(**{**given["ages"], "bins": bins})
    return JoinReport(**given)
