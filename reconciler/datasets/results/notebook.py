"""A result as a notebook shows it: small, and as text that is no markup."""

from __future__ import annotations

import json
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from reconciler.datasets.results.report import headline, share

if TYPE_CHECKING:
    import pyarrow as pa

    from reconciler.datasets.results.result import Result

ROWS: Final = 5
COLUMNS: Final = 20
LETTERS: Final = 60
"""What is shown of a result, and of a cell."""


def html_of(result: Result) -> str:
    """A few rows, and the counts of the report. A result that nobody has asked for yet is not asked for by a look."""
    if not result.is_answered:
        return (
            f"<p>{escape(repr(result))}</p><p><small>Columns: {escape(_listed(result.columns))}. "
            "<code>to_pandas()</code> and the like ask for it.</small></p>"
        )
    return f"<p>{escape(headline(result.report))}</p>{_rows(result)}{_counts(result)}"


def _rows(result: Result) -> str:
    names = result.columns[:COLUMNS]
    more = "<th>…</th>" if len(result.columns) > COLUMNS else ""
    head = "".join(f"<th>{escape(_cut(name))}</th>" for name in names)
    lines = []
    for batch in islice(result.batches(), 1):
        shown = batch.select(names).slice(0, ROWS)
        for row in zip(*map(_values, shown.columns), strict=True):
            cells = "".join(f"<td>{_cell(value)}</td>" for value in row)
            lines.append(f"<tr>{cells}{'<td>…</td>' if more else ''}</tr>")
    return f"<table><thead><tr>{head}{more}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _values(column: pa.Array) -> list[Any]:
    """As Python has them; as texts where it has none, as of the years before 1."""
    try:
        found: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        found = column.cast("string").to_pylist()
    return found


def _counts(result: Result) -> str:
    report = result.report
    lines = []
    for join in report.joins:
        found = ", ".join(
            f"{count:,} {status} ({share(count, report.labels)})" for status, count in join.counts.items() if count
        )
        lines.append(f"<li>{escape(join.title)}: {found or 'no labels'}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _cell(value: Any) -> str:
    if value is None:
        return "<i>null</i>"
    if isinstance(value, (bool, float)):
        return escape(json.dumps(value))
    return escape(_cut(str(value)))


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:COLUMNS]) + (", …" if len(names) > COLUMNS else "")
