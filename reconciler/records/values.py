"""One value at a time: identifiers and event times as text, and the text of a feature as its value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from reconciler.contract import Column, Contract
from reconciler.errors import Usage
from reconciler.records.limits import LAST_SECOND, LONGEST_ID

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{9}))?Z", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)


def id_text(contract: Contract, value: Any) -> str:
    """A record identifier as AWS has it; raises `Usage`."""
    key = contract.key
    if isinstance(value, Enum):
        value = value.value
    if key.kind in ("int", "bool") and isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    is_whole = hasattr(value, "__index__") and (key.kind == "bool" or not isinstance(value, bool))
    if key.kind in ("int", "bool") and is_whole:
        return str(int(value))
    if key.kind == "datetime" and isinstance(value, (datetime, str)):
        return moment_text(key, value)
    if key.kind == "str" and isinstance(value, str):
        if not value or _is_broken(value) or len(value.encode()) > LONGEST_ID:
            raise Usage(
                f"{contract.group}: a record identifier is 1 to {LONGEST_ID} bytes long, {value[:40]!r} is not."
            )
        return value
    raise Usage(f"{value!r} identifies no record of {contract.group}: its {key.field} is of the type {key.kind}.")


def moment_text(column: Column, at: datetime | float | str) -> str:
    """An event time as AWS has it, from an instant or its text; raises `Usage`."""
    if column.kind == "unix":
        return _seconds(column, at)
    if isinstance(at, str):
        if _ISO.fullmatch(at) and _is_instant(at):
            return at
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            raise Usage(f"{column.field}: {at!r} is no time: write 2026-01-31T12:00:00Z.") from None
    if not isinstance(at, datetime):
        raise Usage(f"{column.field}: {at!r} is no time: give a datetime with a zone.")
    if at.tzinfo is None:
        raise Usage(f"{column.field}: {at.isoformat()} could be anywhere: give it a zone, as in datetime.now(UTC).")
    return instant_text(at)


def instant_text(at: datetime) -> str:
    """ISO-8601 in UTC, with 0, 3 or 9 decimals: the shortest that loses nothing."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    if not utc.microsecond:
        return utc.isoformat(timespec="seconds") + "Z"
    if utc.microsecond % 1000 == 0:
        return utc.isoformat(timespec="milliseconds") + "Z"
    return utc.isoformat(timespec="microseconds") + "000Z"


def moment_order(column: Column, text: str) -> tuple[float, str]:
    """What orders event times as AWS has them, exactly; raises `ValueError` for what is none."""
    if column.kind == "unix":
        return float(text), ""
    whole, _, decimals = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}Z").timestamp(), decimals.ljust(9, "0")


def _is_broken(text: str) -> bool:
    """It has half a character in it, which no encoding has a way to write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _seconds(column: Column, at: datetime | float | str) -> str:
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise Usage(f"{column.field}: {at.isoformat()} could be anywhere: give it a zone, as in datetime.now(UTC).")
        at = at.timestamp()
    try:
        seconds = float(at)
    except (TypeError, ValueError):
        raise Usage(f"{column.field}: {at!r} is no number of seconds since 1970.") from None
    if not math.isfinite(seconds) or seconds >= LAST_SECOND + 1:
        raise Usage(f"{column.field}: {at!r} seconds are beyond the year 9999: are they milliseconds?")
    return repr(seconds) if isinstance(at, float) else str(at)


def reader_of(column: Column, enum: type[Enum] | None = None) -> Callable[[str], Any]:
    """What turns a feature's text into its value; it raises `ValueError` or `KeyError` where that cannot be."""
    if enum is not None:
        return enum
    if column.choices:
        choices = {choice: choice for choice in column.choices}
        return choices.__getitem__
    return _READERS[column.kind]


def _bool(text: str) -> bool:
    return _BOOLS[text]


def _datetime(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("it has no zone")
    return read.astimezone(UTC)


_BOOLS = {"0": False, "1": True}
_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "int": int,
    "float": float,
    "unix": float,
    "str": str,
    "bool": _bool,
    "datetime": _datetime,
}
