"""Event times as text that sorts as time does, exact to the nanosecond, from the year 0000 to 9999.

An instant is written `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn`, always UTC. `datetime` has neither the year 0 nor nanoseconds.
"""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, Context, Decimal, InvalidOperation

from reconciler.emulator import assumptions

_SECOND = 10**9
_DAY = 86_400 * _SECOND
_DIGITS = "|".join(f"[.][0-9]{{{count}}}" for count in assumptions.EVENT_TIME_DECIMALS if count)
_ISO = re.compile(
    f"([0-9]{{4}})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:{_DIGITS})?Z"
).fullmatch
_SHORT_MONTHS = {"02": 29, "04": 30, "06": 30, "09": 30, "11": 30}
_NO_DECIMALS = ".000000000"
# Days from 0000-03-01 to 1970-01-01, from 0000-01-01 to 0000-03-01, and in 400 years.
_EPOCH, _FIRST, _ERA = 719_468, 60, 146_097
_BEFORE_EPOCH = (_EPOCH + _FIRST) * _DAY
_EXACT = Context(prec=400_000, rounding=ROUND_FLOOR)


def from_iso(text: str) -> str | None:
    """Of ISO-8601 as the API takes it, with a literal T and Z; None of anything else."""
    found = _ISO(text)
    if found is None:
        return None
    year, month, day = found.groups()
    if day > "28" and int(day) > _SHORT_MONTHS.get(month, 31):
        return None
    if month == "02" and day == "29" and not _is_leap(int(year)):
        return None
    return text[:-1] + _NO_DECIMALS[len(text) - 20 :]


def from_seconds(text: str) -> str | None:
    """Of seconds since 1970 as a decimal number, of checked grammar; None beyond the years there are."""
    whole, _, decimals = text.partition(".")
    if len(whole) < 13 and whole.isdecimal() and (decimals.isdecimal() or not decimals):
        return written(int(whole) * _SECOND + int(decimals[:9].ljust(9, "0")) + _BEFORE_EPOCH)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if number and number.adjusted() > 12:
        return None
    if not number or number.adjusted() < -20:
        return written(_BEFORE_EPOCH - (number < 0))
    return written(int(number.scaleb(9, _EXACT).quantize(Decimal(1), context=_EXACT)) + _BEFORE_EPOCH)


def from_epoch(seconds: float) -> str:
    """Of the emulator's clock, which has milliseconds."""
    return written(round(seconds * 1000) * 1_000_000 + _BEFORE_EPOCH) or "9999-12-31T23:59:59.999999999"


def as_iso(instant: str) -> str:
    """As short as it can be written with 0, 3, 6 or 9 decimals."""
    end = 29
    while end > 20 and instant[end - 3 : end] == "000":
        end -= 3
    return f"{instant[: end if end > 20 else 19]}Z"


def as_seconds(instant: str) -> str:
    """Seconds since 1970 as a decimal number."""
    count = nanoseconds(instant) - _BEFORE_EPOCH
    whole, decimals = divmod(abs(count), _SECOND)
    text = f"{whole}.{decimals:09}".rstrip("0").rstrip(".")
    return f"-{text}" if count < 0 else text


def plus(instant: str, seconds: int) -> str | None:
    """So much later; None after the year 9999."""
    return written(nanoseconds(instant) + seconds * _SECOND)


def nanoseconds(instant: str) -> int:
    """Since the beginning of the year 0."""
    days = _days(int(instant[:4]), int(instant[5:7]), int(instant[8:10]))
    seconds = int(instant[11:13]) * 3600 + int(instant[14:16]) * 60 + int(instant[17:19])
    return days * _DAY + seconds * _SECOND + int(instant[20:])


def written(count: int) -> str | None:
    """The instant so many nanoseconds after the beginning of the year 0; None outside the years 0 to 9999."""
    days, rest = divmod(count, _DAY)
    if not 0 <= days < 25 * _ERA:
        return None
    year, month, day = _date(days)
    seconds, decimals = divmod(rest, _SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{decimals:09}"


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days(year: int, month: int, day: int) -> int:
    """Since the first day of the year 0; a year is counted from March, so that the leap day is its last."""
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    era, year = divmod(year, 400)
    return era * _ERA + year * 365 + year // 4 - year // 100 + (month * 153 + 2) // 5 + day - 1 + _FIRST


def _date(days: int) -> tuple[int, int, int]:
    era, day = divmod(days - _FIRST, _ERA)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= year * 365 + year // 4 - year // 100
    month = (day * 5 + 2) // 153
    day -= (month * 153 + 2) // 5 - 1
    year += era * 400
    return (year, month + 3, day) if month < 10 else (year + 1, month - 9, day)
