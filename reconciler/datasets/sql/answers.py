"""A question as one statement.

For each join the labels and the rows of the group are one list, sorted once by identifier and instant; the greatest
candidate so far is what a label sees. Nothing is joined, so no row can be multiplied, and the work grows as a sort
does. A row counts from when it is visible: from its event time on, or, with `known_at`, from when the service had
received it, if that is later; which of the visible ones is chosen does not depend on it.

What comes out of the joins is one long list again, grouped by label. Each table is named once: Trino works out a
common table expression as often as it is named.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.datasets.question import Join, Question, Status, event_name, status_name, value_name
from reconciler.datasets.sql.dialects import BEFORE_ALL, Dialect, indented
from reconciler.datasets.sql.sources import EVERYTHING, Rows, Source, Span

FACTS = ("rows_read", "rows_unreadable", "newest_write")
"""Columns of the rows that count: of join n the row with `row` = -1 - n, whose other columns are null.

How many rows of the group were read, how many had no readable identifier or event time, and when the newest was written
offline, in microseconds since 1970. A table without rows has none.
"""


def answer_sql(
    question: Question, sources: Sequence[Source], labels: str, dialect: Dialect, spans: Sequence[Span] = ()
) -> str:
    """The statement that answers a question.

    `sources` are by join, and so are `spans`, if given: rows outside of them need not be read. `labels` is the
    relation, in quotes, with the columns of `moments.threshold_schema`. Columns of the result: `row`, then `status_n`
    and `event_n` of every join and `value_n` of every output as of an `Answer` (in no order, statuses as integers),
    and `FACTS`, which are null for labels.
    """
    joins = [
        _Joined(question, number, Rows(dialect, join, sources[number]), labels, spans)
        for number, join in enumerate(question.joins)
    ]
    columns = _columns(question, dialect)
    first = _without_key(question, labels, dialect, columns)
    long = "\nUNION ALL\n".join([first, *(joined.select(columns) for joined in joins)])
    found = [f"{dialect.name('row')}"]
    for name, _ in columns:
        found.append(_grouped(name, dialect))
    listed = ",\n  ".join(found)
    return f"SELECT\n  {listed}\nFROM (\n{indented(long)}\n) grouped\nGROUP BY {dialect.name('row')}"


def _columns(question: Question, dialect: Dialect) -> list[tuple[str, str]]:
    """Names and types of all columns but `row`, in order."""
    found = []
    for number, join in enumerate(question.joins):
        found += [(status_name(number), "Small"), (event_name(number), _event_type(join))]
    found += [(value_name(n), column.type) for n, column in enumerate(question.columns)]
    found += [(name, "Integral") for name in FACTS]
    return [(name, dialect.types[kind]) for name, kind in found]


def _event_type(join: Join) -> str:
    return "Fractional" if join.counts_seconds else "String"


def _grouped(name: str, dialect: Dialect) -> str:
    quoted = dialect.name(name)
    if name in FACTS[:2]:
        return f"CAST(sum({quoted}) AS {dialect.types['Integral']}) AS {quoted}"
    if name.startswith("status_"):
        no_key = f"CASE WHEN {dialect.name('row')} >= 0 THEN {Status.NO_KEY.value} END"
        return f"coalesce(max({quoted}), {no_key}) AS {quoted}"
    return f"max({quoted}) AS {quoted}"


def _without_key(question: Question, labels: str, dialect: Dialect, columns: Sequence[tuple[str, str]]) -> str:
    """The labels that no join looks into: they have no identifier, or no moment. Gives columns their types."""
    at = dialect.name(_at(question.joins[0]))
    keys = " AND ".join(f"{dialect.name(f'key_{n}')} IS NULL" for n, _ in enumerate(question.keys))
    nulls = ", ".join(f"CAST(NULL AS {kind}) AS {dialect.name(name)}" for name, kind in columns)
    comment = "-- labels without an identifier or a moment"
    return f"{comment}\nSELECT {dialect.name('row')}, {nulls}\nFROM {labels}\nWHERE {at} IS NULL OR ({keys})"


def _at(join: Join) -> str:
    return "at_real" if join.counts_seconds else "at_text"


class _Joined:
    """The part of a statement that is one join's."""

    def __init__(self, question: Question, number: int, rows: Rows, labels: str, spans: Sequence[Span]) -> None:
        self.span = spans[number] if spans else EVERYTHING
        self.question, self.number, self.rows, self.labels = question, number, rows, labels
        self.dialect, self.join = rows.dialect, rows.join
        self.row = self.dialect.name("row")

    def select(self, columns: Sequence[tuple[str, str]]) -> str:
        """A row for each label and for each row of the group, with the columns of the long list."""
        is_chosen = f"CASE WHEN found <> {Status.MISSING.value} THEN chosen.event END"
        own = {
            status_name(self.number): "found",
            event_name(self.number): is_chosen,
            **dict(zip(FACTS, ("counted", "spoilt", "written"), strict=True)),
        }
        places = {column.name: number for number, column in enumerate(self.join.columns)}
        for number, column in enumerate(self.question.columns):
            if column.name in places:
                value = self.rows.value("chosen", places[column.name])
                own[value_name(number)] = f"CASE WHEN found = {Status.MATCHED.value} THEN {value} END"
        listed = ", ".join(own.get(name, "NULL") for name, _ in columns)
        comment = f"-- join {self.number}: the features of each label; rows of the group are counted, below row 0"
        return f"{comment}\nSELECT {self.row}, {listed}\nFROM (\n{indented(self._found())}\n) found_{self.number}"

    def _found(self) -> str:
        """What became of each label."""
        cases = [
            f"WHEN {self.row} < 0 THEN NULL",
            f"WHEN chosen IS NULL THEN {Status.MISSING.value}",
            f"WHEN chosen.deleted = 1 THEN {Status.DELETED.value}",
        ]
        if self.join.max_age is not None:
            cases.append(f"WHEN chosen.event < oldest THEN {Status.STALE.value}")
        found = f"CASE {' '.join(cases)} ELSE {Status.MATCHED.value} END AS found"
        seen = f"SELECT {self.row}, chosen, counted, spoilt, written, {found}"
        return f"{seen}\nFROM (\n{indented(self._seen())}\n) seen_{self.number}"

    def _seen(self) -> str:
        """The greatest candidate so far, in the order in which rows become visible."""
        order = ", ".join([*self._axes(), "kind"])
        window = f"PARTITION BY id ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        columns = f"{self.row}, oldest, counted, spoilt, written, max(candidate) OVER ({window}) AS chosen"
        both = f"{self._of_labels()}\nUNION ALL\n{self._of_rows()}"
        comment = "-- of all rows that are visible by then, in order of when they become so, the greatest"
        return f"{comment}\nSELECT {columns}\nFROM (\n{indented(both)}\n) both_{self.number}"

    def _axes(self) -> list[str]:
        return ["micros", "moment"] if self.question.known_at else ["moment"]

    def _of_labels(self) -> str:
        name = self.dialect.name
        at = name(_at(self.join))
        key = name(self.question.key_name(self.join))
        # Of rows and labels of the same instant the rows come first, unless they have to be earlier.
        kind = 0 if self.question.strict else 1
        columns = [f"{key} AS id", f"{at} AS moment", f"{kind} AS kind", self.row, f"{self._oldest()} AS oldest"]
        if self.question.known_at:
            columns.append(f"{name('at_micros')} AS micros")
        columns.append(f"{self.dialect.no_record(self.rows.parts())} AS candidate")
        columns += [f"{self.dialect.cast('NULL', 'Integral')} AS {fact}" for fact in ("counted", "spoilt", "written")]
        return f"SELECT {', '.join(columns)}\nFROM {self.labels}\nWHERE {key} IS NOT NULL AND {at} IS NOT NULL"

    def _oldest(self) -> str:
        kind = _event_type(self.join)
        if self.join.max_age is None:
            return self.dialect.cast("NULL", kind)
        return self.dialect.name(f"oldest_{'real' if self.join.counts_seconds else 'text'}_{self.number}")

    def _of_rows(self) -> str:
        kind = 1 if self.question.strict else 0
        is_good = "id IS NOT NULL AND event IS NOT NULL"
        # Nobody knows when the service received a row that does not say it: then no label had known it.
        is_candidate = f"{is_good} AND invoked > {BEFORE_ALL}" if self.question.known_at else is_good
        visible, micros = self._visible()
        columns = [
            f"CASE WHEN {is_good} THEN id END AS id",
            f"{visible} AS moment",
            f"{kind} AS kind",
            f"CAST({-1 - self.number} AS {self.dialect.types['Integral']}) AS {self.row}",
            f"{self.dialect.cast('NULL', _event_type(self.join))} AS oldest",
        ]
        if self.question.known_at:
            columns.append(f"{micros} AS micros")
        columns += [
            f"CASE WHEN {is_candidate} THEN {self.dialect.record(self.rows.parts())} END AS candidate",
            f"{self.dialect.cast('1', 'Integral')} AS counted",
            f"CAST(CASE WHEN {is_good} THEN 0 ELSE 1 END AS {self.dialect.types['Integral']}) AS spoilt",
            "written",
        ]
        condition = self.rows.condition(
            self.question.as_of, ignore_deletes=self.question.ignore_deletes, span=self.span
        )
        inner = indented(self.rows.read(condition))
        return f"SELECT {', '.join(columns)}\nFROM (\n{inner}\n) rows_{self.number}"

    def _visible(self) -> tuple[str, str]:
        """From when on a row is seen: an instant, and with `known_at` the whole microseconds that go before it.

        A row that came late is seen by every label from that microsecond on: nothing is before its instant.
        """
        if not self.question.known_at:
            return "event", ""
        event = self.rows.event_micros()
        nothing = "-1e308" if self.join.counts_seconds else "''"
        return f"CASE WHEN invoked > {event} THEN {nothing} ELSE event END", f"greatest(invoked, {event})"
