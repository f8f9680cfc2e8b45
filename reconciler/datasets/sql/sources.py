"""The rows of one group as a statement reads them: identifier and instant where they can be read, and a candidate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from reconciler.datasets.question import Join, Output
from reconciler.datasets.sql.dialects import BEFORE_ALL, Dialect, Part
from reconciler.records.limits import FIRST_SECOND, LAST_SECOND
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME

_SHORTEST, _LONGEST = "0000-00-00T00:00:00Z", "0000-00-00T00:00:00.000000000"
_ZERO = {"Integral": "0", "Fractional": "0e0", "String": "''"}
_MISSING, _VALUE, _NAN = 0, 1, 2
_FARTHEST_S = "1e12"
"""Seconds from 1970: farther than the year 9999, and still whole microseconds in 64 bits."""


class Span(NamedTuple):
    """Event times outside of which rows need not be read: texts of fixed width, or doubles; None is no bound."""

    earliest: str | float | None = None
    latest: str | float | None = None


EVERYTHING = Span()


@dataclass(frozen=True)
class Source:
    """The table or view that holds the offline rows of a join's group.

    `relation` is its name in the dialect, in quotes. Columns are the features by their names on AWS, in any case, and
    the service's own. `types` says, for names in lower case, which type of the dialect a column has, where that is
    another than the feature's. Where `is_canonical`, event times are as answers have them, null where they were not
    readable.
    """

    relation: str
    types: Mapping[str, str] = field(default_factory=dict)
    is_canonical: bool = False


@dataclass(frozen=True)
class Rows:
    """Of one join: SELECTs of its rows, and of what became of the chosen one. Pure text."""

    dialect: Dialect
    join: Join
    source: Source

    # Expressions over the table

    @property
    def record_id(self) -> str:
        return self._column(self.join.record_id, self.join.key.type)

    def _column(self, name: str, kind: str) -> str:
        quoted = self.dialect.name(name.lower())
        return self.dialect.cast(quoted, kind) if name.lower() in self.source.types else quoted

    @property
    def event(self) -> str:
        """The event time, as answers have it; null where it cannot be read."""
        column = self._column(self.join.event_time, self.join.event_time_type)
        if self.source.is_canonical:
            return column
        if self.join.counts_seconds:
            first, end = (self.dialect.number(float(second)) for second in (FIRST_SECOND, LAST_SECOND + 1))
            # What is no number is greater than all others, or neither: it is null either way.
            return f"CASE WHEN {column} >= {first} AND {column} < {end} THEN {column} END"
        fraction = f"rpad(replace(substr({column}, 21), 'Z', ''), 9, '0')"
        return f"CASE WHEN {_is_instant(column)} THEN concat(substr({column}, 1, 19), '.', {fraction}, 'Z') END"

    def condition(self, as_of: datetime | None, *, ignore_deletes: bool, span: Span = EVERYTHING) -> str:
        """A WHERE for rows that count at all; nothing where all do."""
        found = [*self._within(span)]
        if as_of is not None:
            found.append(f"{self.dialect.micros(self.dialect.name(WRITE_TIME))} <= {self.dialect.at(as_of)}")
        if ignore_deletes:
            found.append(f"NOT {self._deleted}")
        return f"WHERE {' AND '.join(found)}" if found else ""

    def _within(self, span: Span) -> Iterator[str]:
        """Bounds of the column as it is stored, by which engines leave out whole files; rows without any stay, to be
        counted. Texts are compared by their days: those are written in one way only.
        """
        column = self._column(self.join.event_time, self.join.event_time_type)
        for sign, bound in ((">=", span.earliest), ("<=", span.latest)):
            if isinstance(bound, float) and self.join.counts_seconds:
                yield f"({column} {sign} {self.dialect.number(bound)} OR {column} IS NULL)"
            elif isinstance(bound, str) and not self.join.counts_seconds:
                day = bound[:10] if sign == ">=" else f"{bound[:10]}U"  # U comes after the T
                yield f"({column} {sign} {self.dialect.text(day)} OR {column} IS NULL)"

    @property
    def _deleted(self) -> str:
        return f"coalesce({self.dialect.name(IS_DELETED)}, false)"

    def service_time(self, name: str) -> str:
        """One of the service's own times in microseconds, before all where there is none."""
        return f"coalesce({self.dialect.micros(self.dialect.name(name))}, {BEFORE_ALL})"

    # The candidate: whoever is the greatest is chosen

    def parts(self) -> list[Part]:
        """What rows are chosen by, and what is kept of the chosen one. None of it is null: records of Trino that have
        nulls cannot be compared. `event`, `invoked` and `written` are columns; `event` is not null.
        """
        event_type = "Fractional" if self.join.counts_seconds else "String"
        found = [
            Part("event", "event", event_type),
            Part("invoked", "invoked", "Integral"),
            Part("written", "written", "Integral"),
            Part("deleted", "deleted", "Small"),
        ]
        for number, output in enumerate(self.join.columns):
            found += self._feature(number, output)
        return found

    def _feature(self, number: int, output: Output) -> Iterator[Part]:
        """Whether there is a value, and the value: missing before any, NaN after all, whatever an engine thinks."""
        column = f"v{number}"
        if self.dialect.orders_nulls:
            yield Part(column, column, output.type)
            return
        there = f"WHEN {column} IS NULL THEN {_MISSING}"
        if output.type == "Fractional":
            is_nan = self.dialect.is_nan(column)
            there += f" WHEN {is_nan} THEN {_NAN}"
            value = f"CASE WHEN {column} IS NULL OR {is_nan} THEN {_ZERO[output.type]} ELSE {column} END"
        else:
            value = f"coalesce({column}, {_ZERO[output.type]})"
        yield Part(f"h{number}", f"CASE {there} ELSE {_VALUE} END", "Small")
        yield Part(f"v{number}", value, output.type)

    def value(self, record: str, number: int) -> str:
        """The value of a feature out of a chosen record."""
        if self.dialect.orders_nulls:
            return f"{record}.v{number}"
        output = self.join.columns[number]
        nan = f" WHEN {_NAN} THEN {self.dialect.nan()}" if output.type == "Fractional" else ""
        return f"CASE {record}.h{number} WHEN {_VALUE} THEN {record}.v{number}{nan} END"

    def read(self, condition: str) -> str:
        """A SELECT of the table's rows: id, event, invoked, written, deleted, v0, v1 ..."""
        columns = [
            f"{self.record_id} AS id",
            f"{self.event} AS event",
            f"{self.service_time(INVOKED)} AS invoked",
            f"{self.service_time(WRITE_TIME)} AS written",
            f"CASE WHEN {self._deleted} THEN 1 ELSE 0 END AS deleted",
        ]
        columns += [f"{self._column(o.feature, o.type)} AS v{n}" for n, o in enumerate(self.join.columns)]
        return f"SELECT {', '.join(columns)}\nFROM {self.source.relation}\n{condition}".rstrip()

    def event_micros(self) -> str:
        """The column `event` in whole microseconds since 1970, rounded down.

        Doubles less than three hours from 1970 may count one too many, where they are less than a nanosecond short.
        """
        if not self.join.counts_seconds:
            return self.dialect.micros_of_text("event")
        event = f"greatest(least(event, {_FARTHEST_S}), -{_FARTHEST_S})"
        whole = f"floor({event})"
        integral = self.dialect.types["Integral"]
        return f"(CAST({whole} AS {integral}) * 1000000 + CAST(floor(({event} - {whole}) * 1e6) AS {integral}))"


def _is_instant(text: str) -> str:
    """ISO-8601 in UTC with a literal T and Z, no second of 60, years 0001 to 9999; null for null.

    Digits become zeros and are compared with what there may be: no dialect of regular expressions comes in between.
    """
    shape = f"translate({text}, '123456789', '000000000')"
    with_decimals = f"concat(substr('{_LONGEST}', 1, length({text}) - 1), 'Z')"
    shaped = f"{shape} = '{_SHORTEST}' OR (length({text}) BETWEEN 22 AND 30 AND {shape} = {with_decimals})"
    month, day = f"substr({text}, 6, 2)", f"substr({text}, 9, 2)"
    year = f"CAST(substr({text}, 1, 4) AS integer)"
    february = f"WHEN {year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0) THEN '29' ELSE '28'"
    thirty = " ".join(f"WHEN '{month}' THEN '30'" for month in ("04", "06", "09", "11"))
    conditions = [
        f"substr({text}, 1, 4) <> '0000'",
        f"{month} BETWEEN '01' AND '12'",
        f"{day} BETWEEN '01' AND CASE {month} WHEN '02' THEN CASE {february} END {thirty} ELSE '31' END",
        f"substr({text}, 12, 2) <= '23'",
        f"substr({text}, 15, 2) <= '59'",
        f"substr({text}, 18, 2) <= '59'",
    ]
    return f"CASE WHEN {shaped} THEN {' AND '.join(conditions)} ELSE false END"
