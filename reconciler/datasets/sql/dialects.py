"""What Trino and Spark write differently. Everything else of a statement is the same text in both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from reconciler.datasets.epoch import micros_of

BEFORE_ALL = -(10**18)
"""Stands for a time of the service that is not there: microseconds before any that is."""


class Part(NamedTuple):
    """A field of a record: its name, a plain one; an expression; and a type of `Dialect.types`."""

    name: str
    value: str
    type: str


class Dialect(ABC):
    """Words of one dialect. Expressions are texts that can stand as arguments of functions and of operators."""

    types: ClassVar[dict[str, str]]
    """The dialect's names for Integral, Fractional and String, and `Small`: a whole number of few digits."""
    orders_nulls: ClassVar[bool] = False
    """Records may have nulls, which come before anything, and NaN comes after all numbers."""

    @abstractmethod
    def name(self, identifier: str) -> str:
        """An identifier in quotes."""

    @abstractmethod
    def text(self, value: str) -> str:
        """A text as a literal."""

    @abstractmethod
    def record(self, parts: Sequence[Part]) -> str:
        """One value of several, none of them null. Records compare by their parts, one after the other."""

    @abstractmethod
    def no_record(self, parts: Sequence[Part]) -> str:
        """Null, of the type of such a record."""

    @abstractmethod
    def micros(self, moment: str) -> str:
        """Whole microseconds since 1970 of a timestamp."""

    @abstractmethod
    def micros_of_text(self, moment: str) -> str:
        """Whole microseconds since 1970 of a text of fixed width, rounded down."""

    @abstractmethod
    def nan(self) -> str:
        """The double that is no number."""

    @abstractmethod
    def is_nan(self, number: str) -> str: ...

    def number(self, value: float) -> str:
        """A double as a literal, with as many digits as make it that very double."""
        return f"CAST({self.text(repr(value))} AS {self.types['Fractional']})"

    def cast(self, expression: str, kind: str) -> str:
        return f"CAST({expression} AS {self.types[kind]})"

    def at(self, moment: datetime) -> str:
        """Microseconds since 1970 of a moment, as a literal."""
        return str(micros_of(moment))


class _Trino(Dialect):
    types: ClassVar[dict[str, str]] = {
        "Integral": "bigint",
        "Fractional": "double",
        "String": "varchar",
        "Small": "integer",
    }

    def name(self, identifier: str) -> str:
        return '"' + identifier.replace('"', '""') + '"'

    def text(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def record(self, parts: Sequence[Part]) -> str:
        return f"CAST(ROW({', '.join(part.value for part in parts)}) AS {self._record_type(parts)})"

    def no_record(self, parts: Sequence[Part]) -> str:
        return f"CAST(NULL AS {self._record_type(parts)})"

    def _record_type(self, parts: Sequence[Part]) -> str:
        return f"ROW({', '.join(f'{part.name} {self.types[part.type]}' for part in parts)})"

    def micros(self, moment: str) -> str:
        # A Glue table's timestamp has no zone, an Iceberg table's is in UTC. No function gives microseconds.
        exact = f"CAST({moment} AS timestamp(6))"
        digits = f"substr(rpad(CAST({exact} AS varchar), 26, '0'), 21, 6)"
        whole = self._seconds(f"date_trunc('second', {exact})")
        return f"({whole} * 1000000 + CAST({digits} AS bigint))"

    def micros_of_text(self, moment: str) -> str:
        whole = f"CAST(replace(substr({moment}, 1, 19), 'T', ' ') AS timestamp(0))"
        return f"({self._seconds(whole)} * 1000000 + CAST(substr({moment}, 21, 6) AS bigint))"

    def _seconds(self, moment: str) -> str:
        return f"date_diff('second', TIMESTAMP '1970-01-01 00:00:00', {moment})"

    def nan(self) -> str:
        return "nan()"

    def is_nan(self, number: str) -> str:
        return f"is_nan({number})"


class _Spark(Dialect):
    types: ClassVar[dict[str, str]] = {
        "Integral": "BIGINT",
        "Fractional": "DOUBLE",
        "String": "STRING",
        "Small": "INT",
    }

    def name(self, identifier: str) -> str:
        return "`" + identifier.replace("`", "``") + "`"

    def text(self, value: str) -> str:
        # Unless told otherwise Spark reads backslashes in literals as escapes.
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def record(self, parts: Sequence[Part]) -> str:
        fields = ", ".join(f"'{part.name}', {part.value}" for part in parts)
        return f"named_struct({fields})"

    def no_record(self, parts: Sequence[Part]) -> str:
        fields = ", ".join(f"{part.name}: {self.types[part.type]}" for part in parts)
        return f"CAST(NULL AS STRUCT<{fields}>)"

    def micros(self, moment: str) -> str:
        return f"unix_micros({moment})"

    def micros_of_text(self, moment: str) -> str:
        # The Z makes the session's time zone no matter.
        return f"unix_micros(CAST(concat(substr({moment}, 1, 26), 'Z') AS TIMESTAMP))"

    def nan(self) -> str:
        return "double('NaN')"

    def is_nan(self, number: str) -> str:
        return f"isnan({number})"


class _SparkItself(_Spark):
    orders_nulls: ClassVar[bool] = True


TRINO: Dialect = _Trino()
"""Athena's, engine version 3."""
SPARK: Dialect = _Spark()
"""Spark 3.5 and 4, ANSI mode or not."""
SPARK_ITSELF: Dialect = _SparkItself()
"""The same where nothing but Spark runs it, which compares records as they have to be compared: they are smaller then.
"""


def indented(text: str) -> str:
    """The lines of a statement, two blanks further in."""
    return "\n".join(f"  {line}" for line in text.split("\n"))
