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

from reconciler.datasets.report import Ages, JoinReport, Report, headline, share, span

_WIDTH, _EDGE, _TOP, _ROW = 960, 28, 84, 186
_BAR_WIDTH = 316
_PLOT_LEFT, _PLOT_WIDTH, _PLOT_HEIGHT = 392, 540, 96
_LETTER: Final = 0.56
"""Width of a letter, as a part of its height, on average."""

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
    """A logarithmic axis of ages in seconds. What is below a second stands at its left end."""

    first: float
    last: float

    def x(self, age: float) -> float:
        """Where an age is."""
        part = (math.log10(max(age, self.first)) - math.log10(self.first)) / math.log10(self.last / self.first)
        return _PLOT_LEFT + _PLOT_WIDTH * min(max(part, 0.0), 1.0)


def picture_of(report: Report) -> str:
    """An SVG document of a report."""
    height = _TOP + _ROW * len(report.joins) + 8
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
    yield f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="10"/>'
    yield _line(report.dataset or "Dataset", _EDGE, 40, size=20, weight=600, width=_WIDTH - 2 * _EDGE)
    rows = f"{report.rows:,} {'row' if report.rows == 1 else 'rows'}"
    left = f", {report.dropped:,} of {report.labels:,} labels left out" if report.dropped else ""
    yield _line(f"{rows}{left}, answered by {report.engine}", _EDGE, 62, kind="quiet", width=_WIDTH - 2 * _EDGE)
    for number, join in enumerate(report.joins):
        yield from _join(join, report.labels, _TOP + _ROW * number)


def _join(join: JoinReport, labels: int, top: int) -> Iterator[str]:
    yield f'<line class="rule" x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{top}" y2="{top}"/>'
    yield _line(join.title, _EDGE, top + 30, size=15, weight=600, width=_BAR_WIDTH)
    yield from _bar(join, labels, top + 44)
    yield from _legend(join, labels, top + 82)
    if join.ages is not None and join.ages.bins:
        yield from _plot(join, join.ages, top + 42)
    elif labels and join.key:
        yield _line("No label found a feature here.", _PLOT_LEFT, top + 92, kind="quiet")


def _bar(join: JoinReport, labels: int, top: int) -> Iterator[str]:
    """What became of the labels, side by side."""
    left = float(_EDGE)
    for status, count in join.counts.items():
        if count and labels:
            width = _BAR_WIDTH * count / labels
            # What is there is seen, however little it is.
            shown = max(width - 1, 1.5)
            title = f"<title>{status}: {count:,} ({share(count, labels)})</title>"
            yield (
                f'<rect class="{_kind(status)}" x="{left:.2f}" y="{top}" width="{shown:.2f}" height="16">{title}</rect>'
            )
            left += width


def _legend(join: JoinReport, labels: int, top: int) -> Iterator[str]:
    for number, (status, count) in enumerate(
        (status, count) for status, count in join.counts.items() if count or status == "matched"
    ):
        y = top + 19 * number
        yield f'<rect class="{_kind(status)}" x="{_EDGE}" y="{y - 10}" width="11" height="11" rx="2"/>'
        yield _line(status, _EDGE + 20, y)
        yield _line(f"{count:,}", _EDGE + 210, y, anchor="end")
        yield _line(share(count, labels), _EDGE + 280, y, kind="quiet", anchor="end")


def _plot(join: JoinReport, ages: Ages, top: int) -> Iterator[str]:
    """The ages of the features on a logarithmic scale."""
    scale = _scale(ages, join.max_age)
    bottom = top + _PLOT_HEIGHT
    most = max(one.matched + one.stale for one in ages.bins)
    for one in ages.bins:
        left, right = scale.x(one.start), scale.x(one.end)
        floor = float(bottom)
        for kind, count in (("matched", one.matched), ("stale", one.stale)):
            if count:
                height = max(_PLOT_HEIGHT * count / most, 1.0)
                title = f"<title>{span(one.start)} to {span(one.end)}: {count:,} {kind}</title>"
                yield (
                    f'<rect class="{kind}" x="{left + 0.5:.2f}" y="{floor - height:.2f}" '
                    f'width="{max(right - left - 1, 1):.2f}" height="{height:.2f}">{title}</rect>'
                )
                floor -= height
    yield f'<line class="rule" x1="{_PLOT_LEFT}" x2="{_PLOT_LEFT + _PLOT_WIDTH}" y1="{bottom}" y2="{bottom}"/>'
    yield from _ticks(scale, bottom)
    yield from _marks(join, ages, scale, top, bottom)


def _ticks(scale: Scale, bottom: int) -> Iterator[str]:
    ticks = [(scale.x(age), text) for age, text in _TICKS if scale.first <= age <= scale.last]
    free = -math.inf
    for x, text in ticks:
        half = len(text) * 12 * _LETTER / 2
        if x - half < free:
            continue
        free = x + half + 14
        yield f'<line class="rule" x1="{x:.2f}" x2="{x:.2f}" y1="{bottom}" y2="{bottom + 5}"/>'
        yield _line(text, x, bottom + 19, size=12, kind="quiet", anchor="middle")
    yield _line(
        "age of the feature at its label", _PLOT_LEFT + _PLOT_WIDTH, bottom + 36, size=12, kind="quiet", anchor="end"
    )


def _marks(join: JoinReport, ages: Ages, scale: Scale, top: int, bottom: int) -> Iterator[str]:
    """The median, and the age that is still taken."""
    marks = []
    if ages.count:
        marks.append((ages.quantiles["p50"], f"median {span(ages.quantiles['p50'])}", ""))
    if join.max_age is not None:
        marks.append((join.max_age, f"at most {span(join.max_age)}", ' stroke-dasharray="4 3"'))
    for number, (age, text, dashes) in enumerate(marks):
        x, y = scale.x(age), top - 20 + 14 * number if len(marks) == 1 else top - 24 + 15 * number
        yield f'<line class="mark" x1="{x:.2f}" x2="{x:.2f}" y1="{y + 4}" y2="{bottom}"{dashes}/>'
        is_right = x > _PLOT_LEFT + _PLOT_WIDTH * 0.8
        yield _line(text, x - 6 if is_right else x + 6, y + 6, size=12, anchor="end" if is_right else "start")


def _scale(ages: Ages, max_age: float | None) -> Scale:
    """An axis over all bins and the maximum age, of no less than two powers of ten."""
    first, last = ages.bins[0].start, ages.bins[-1].end
    if max_age:
        first, last = min(first, max_age * 0.9), max(last, max_age * 1.1)
    first, last = max(first, 10**-0.125), max(last, 10.0)
    if ages.bins[0].start > 0:
        first = max(min(first, last / 100), 10**-0.125)
    return Scale(first, last)


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
    most = int(width / (size * _LETTER)) if width else 0
    title = ""
    if most and len(text) > most:
        shown, title = f"{text[: most - 1]}…", f"<title>{_text(text)}</title>"
    attributes = f'x="{x:.2f}" y="{y:.2f}" font-size="{size}"'
    attributes += f' font-weight="{weight}"' if weight != 400 else ""
    attributes += f' class="{kind}"' if kind else ""
    attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f"<text {attributes}>{title}{_text(shown)}</text>"


def _kind(status: str) -> str:
    return status.replace(" ", "-")


def _text(text: str) -> str:
    """Text as XML has it."""
    return escape(_NOT_XML.sub("", text))
