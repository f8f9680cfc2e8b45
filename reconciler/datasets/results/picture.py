"""The report as a picture: for each feature group what became of the labels, and how old the features were.

An SVG document without scripts, fonts or links. It brings its own background, light or dark as the reader's system is,
so that it can be read on any page; what colours say is written beside them, and a description says all of it in words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Final, NamedTuple

from reconciler.datasets.results.report import Ages, Bin, JoinReport, Report, headline, share, span

_WIDTH, _EDGE, _TOP, _ROW = 960, 28, 112, 184
_LEGEND_LINE = 19
_BAR_WIDTH = 300
_PLOT_LEFT, _PLOT_WIDTH, _PLOT_HEIGHT = 404, 520, 84
_LETTER: Final = {400: 0.57, 600: 0.66}
"""Width of a letter by its weight, as a part of its height; on average, and rather too wide."""

_TICKS: Final = (
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3_600, "1 h"),
    (6 * 3_600, "6 h"),
    (86_400, "1 d"),
    (7 * 86_400, "1 week"),
    (30 * 86_400, "30 d"),
    (365.25 * 86_400, "1 y"),
    (10 * 365.25 * 86_400, "10 y"),
    (100 * 365.25 * 86_400, "100 y"),
    (1000 * 365.25 * 86_400, "1000 y"),
)

_STYLE = """
.{id} text {{ font-family: ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2933 }}
.{id} .page {{ fill: #ffffff; stroke: #d5dae1 }}
.{id} .quiet {{ fill: #5b6673 }}
.{id} .rule {{ stroke: #d5dae1 }}
.{id} .mark {{ stroke: #1f2933 }}
.{id} .matched {{ fill: #2b7bba }}
.{id} .missing {{ fill: #aab4c0 }}
.{id} .stale {{ fill: #e3a008 }}
.{id} .deleted {{ fill: #c2483d }}
.{id} .no-key {{ fill: #8663b0 }}
@media (prefers-color-scheme: dark) {{
.{id} text {{ fill: #e6eaf0 }}
.{id} .page {{ fill: #12171d; stroke: #36404b }}
.{id} .quiet {{ fill: #a3afbd }}
.{id} .rule {{ stroke: #36404b }}
.{id} .mark {{ stroke: #e6eaf0 }}
.{id} .matched {{ fill: #4a9edb }}
.{id} .missing {{ fill: #66727f }}
.{id} .stale {{ fill: #e8b23a }}
.{id} .deleted {{ fill: #df6f64 }}
.{id} .no-key {{ fill: #a98ad0 }}
}}
""".strip()

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Scale(NamedTuple):
    """A logarithmic axis of ages in seconds, from `first` to `last`. Ages below a second have a part of even width."""

    first: float
    last: float
    below: float = 0

    def x(self, age: float) -> float:
        """Where an age is."""
        if age < 1 and self.below:
            return _PLOT_LEFT + self.below * max(age, 0)
        part = math.log(max(age, self.first) / self.first) / math.log(self.last / self.first)
        return _PLOT_LEFT + self.below + (_PLOT_WIDTH - self.below) * min(part, 1)


def picture_of(report: Report) -> str:
    """An SVG document of a report."""
    height = _TOP + _ROW * len(report.joins) + 6
    name = f"r{sha256(repr(report).encode()).hexdigest()[:10]}"
    body = "\n".join(_body(report, height))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="{name}-title {name}-text" class="{name}">\n'
        f'<title id="{name}-title">{_text(headline(report))}</title>\n'
        f'<desc id="{name}-text">{_text(_in_words(report))}</desc>\n'
        f"<style>\n{_STYLE.format(id=name)}\n</style>\n{body}\n</svg>\n"
    )


def _body(report: Report, height: int) -> Iterator[str]:
    whole = _WIDTH - 2 * _EDGE
    yield f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="10"/>'
    yield _line(report.dataset or "Dataset", _EDGE, 42, size=20, weight=600, width=whole)
    rows = f"{report.rows:,} {'row' if report.rows == 1 else 'rows'}"
    left = f", {report.dropped:,} of {report.labels:,} labels left out" if report.dropped else ""
    engine = f", answered by {report.engine}" if report.engine else ""
    yield _line(f"{rows}{left}{engine}", _EDGE, 64, kind="quiet", width=whole)
    if any(join.key for join in report.joins):
        yield _line("What became of the labels", _EDGE, _TOP - 12, size=12, kind="quiet")
    if any(join.ages is not None for join in report.joins):
        text = "How old the features were at the moments of their labels (logarithmic)"
        yield _line(text, _PLOT_LEFT, _TOP - 12, size=12, kind="quiet")
    for number, join in enumerate(report.joins):
        yield from _join(join, report.labels, _TOP + _ROW * number)


def _join(join: JoinReport, labels: int, top: int) -> Iterator[str]:
    yield f'<line class="rule" x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{top}" y2="{top}"/>'
    yield _line(join.title, _EDGE, top + 28, size=15, weight=600, width=_WIDTH - 2 * _EDGE)
    yield from _bar(join, labels, top + 44)
    yield from _legend(join, labels, top + 82)
    if join.ages is not None and join.ages.bins:
        yield from _plot(join, join.ages, top + 66)
    elif join.ages is not None and labels:
        yield _line("No label found a feature here.", _PLOT_LEFT, top + 82, kind="quiet")


def _bar(join: JoinReport, labels: int, top: int) -> Iterator[str]:
    """What became of the labels, side by side."""
    left = float(_EDGE)
    for status, count in join.counts.items():
        if count and labels:
            width = _BAR_WIDTH * count / labels
            # What is there is seen, however little it is.
            shown = max(width - 1, 1.5)
            title = f"<title>{_text(f'{status}: {count:,} ({share(count, labels)})')}</title>"
            yield (
                f'<rect class="{_kind(status)}" x="{left:.2f}" y="{top}" width="{shown:.2f}" height="16">{title}</rect>'
            )
            left += width


def _legend(join: JoinReport, labels: int, top: int) -> Iterator[str]:
    shown = [(status, count) for status, count in join.counts.items() if count or status in ("matched", "rows")]
    for number, (status, count) in enumerate(shown):
        y = top + _LEGEND_LINE * number
        yield f'<rect class="{_kind(status)}" x="{_EDGE}" y="{y - 10}" width="11" height="11" rx="2"/>'
        yield _line(status, _EDGE + 20, y)
        yield _line(f"{count:,}", _EDGE + 225, y, anchor="end")
        yield _line(share(count, labels), _EDGE + _BAR_WIDTH, y, kind="quiet", anchor="end")


def _plot(join: JoinReport, ages: Ages, top: int) -> Iterator[str]:
    """How many features were how old."""
    scale = _scale(ages, join.max_age)
    bottom = top + _PLOT_HEIGHT
    most = max(one.matched + one.stale for one in ages.bins)
    right = _PLOT_LEFT + _PLOT_WIDTH
    yield f'<line class="rule" x1="{_PLOT_LEFT}" x2="{right}" y1="{top}" y2="{top}" stroke-dasharray="1 4"/>'
    yield _line(f"{most:,}", _PLOT_LEFT - 8, top + 4, size=12, kind="quiet", anchor="end")
    for one in ages.bins:
        yield from _column(one, scale, bottom, most)
    yield f'<line class="rule" x1="{_PLOT_LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
    yield from _ticks(scale, bottom)
    yield from _marks(join, ages, scale, top)


def _column(one: Bin, scale: Scale, bottom: int, most: int) -> Iterator[str]:
    left, right = scale.x(one.start), scale.x(one.end)
    floor = float(bottom)
    for kind, count in (("matched", one.matched), ("stale", one.stale)):
        if count:
            height = max(_PLOT_HEIGHT * count / most, 1.5)
            title = f"<title>{_text(f'{span(one.start)} to {span(one.end)}: {count:,} {kind}')}</title>"
            yield (
                f'<rect class="{kind}" x="{left + 0.5:.2f}" y="{floor - height:.2f}" '
                f'width="{max(right - left - 1, 1):.2f}" height="{height:.2f}">{title}</rect>'
            )
            floor -= height


def _ticks(scale: Scale, bottom: int) -> Iterator[str]:
    ticks = [(scale.x(age), text) for age, text in _TICKS if scale.first <= age <= scale.last]
    if scale.below:
        ticks.insert(0, (_PLOT_LEFT, "0"))
    free = -math.inf
    for x, text in ticks:
        half = len(text) * 12 * _LETTER[400] / 2
        if x - half < free:
            continue
        free = x + half + 16
        yield f'<line class="rule" x1="{x:.2f}" x2="{x:.2f}" y1="{bottom}" y2="{bottom + 5}"/>'
        yield _line(text, x, bottom + 19, size=12, kind="quiet", anchor="middle")


def _marks(join: JoinReport, ages: Ages, scale: Scale, top: int) -> Iterator[str]:
    """The median, and the age that is still taken; no text stands where the other's line is."""
    marks = []
    if ages.count:
        marks.append(_Mark(scale.x(ages.quantiles["p50"]), f"median {span(ages.quantiles['p50'])}", ""))
    if join.max_age is not None:
        marks.append(_Mark(scale.x(join.max_age), f"at most {span(join.max_age)}", ' stroke-dasharray="4 3"'))
    marks.sort()
    is_right = bool(marks) and marks[-1].x > _PLOT_LEFT + _PLOT_WIDTH * 0.8
    for number, mark in enumerate(marks if is_right else reversed(marks)):
        y = top - 9 - 15 * number
        goes_left = is_right and (mark is marks[-1] or mark.end > marks[-1].x)
        place = f'x1="{mark.x:.2f}" x2="{mark.x:.2f}" y1="{y - 9}" y2="{top + _PLOT_HEIGHT}"'
        yield f'<line class="mark" {place}{mark.dashes}/>'
        x, anchor = (mark.x - 6, "end") if goes_left else (mark.x + 6, "start")
        yield _line(mark.text, x, y, size=12, anchor=anchor)


class _Mark(NamedTuple):
    x: float
    text: str
    dashes: str

    @property
    def end(self) -> float:
        """Where its text ends, to the right of its line."""
        return self.x + 12 + len(self.text) * 12 * _LETTER[400]


def _scale(ages: Ages, max_age: float | None) -> Scale:
    """An axis over all bins and the maximum age, of no less than two powers of ten."""
    first, last = ages.bins[0].start, ages.bins[-1].end
    if max_age:
        first, last = min(first, max_age / 1.1), max(last, max_age * 1.1)
    last = max(last, 10.0)
    if first < 1:
        return Scale(1.0, last, 40)
    return Scale(max(min(first, last / 100), 1.0), last)


def _in_words(report: Report) -> str:
    sentences = []
    for join in report.joins:
        counts = ", ".join(f"{count:,} {status}" for status, count in join.counts.items() if count)
        aged = ""
        if join.ages is not None and join.ages.count:
            age = join.ages.quantiles
            aged = (
                f" Half of the features were no older than {span(age['p50'])}, 95 % no older than {span(age['p95'])}."
            )
        sentences.append(f"{join.title}: {counts or 'no labels'}.{aged}")
    return " ".join(sentences)


def _line(
    text: str,
    x: float,
    y: float,
    *,
    size: int = 13,
    weight: int = 400,
    kind: str = "",
    anchor: str = "start",
    width: float = 0,
) -> str:
    """A line of text, cut where it would be wider than it may."""
    shown = text
    most = int(width / (size * _LETTER[weight])) if width else 0
    title = ""
    if most and len(text) > most:
        shown, title = f"{text[: most - 1]}…", f"<title>{_text(text)}</title>"
    attributes = f'x="{x:.2f}" y="{y:.2f}" font-size="{size}"'
    attributes += f' font-weight="{weight}"' if weight != 400 else ""
    attributes += f' class="{kind}"' if kind else ""
    attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f"<text {attributes}>{title}{_text(shown)}</text>"


def _kind(status: str) -> str:
    return "matched" if status == "rows" else status.replace(" ", "-")


def _text(text: str) -> str:
    """Text as XML has it."""
    return escape(_NOT_XML.sub("", text))
