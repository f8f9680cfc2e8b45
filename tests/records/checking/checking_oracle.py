"""What `check` has to find, worked out value by value in plain Python, with pydantic's record as the last word."""

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Len, Lt, MultipleOf, Predicate
from checking_rows import NOW
from pydantic import AfterValidator, StringConstraints, ValidationError

from reconciler.spec import Online, UnixTime, Vector, feature_group

TTL = timedelta(days=400)
LIFE, LAST = TTL.days * 86_400 * 10**9, 253_402_300_799_999_999_999
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d(?::?\d\d)?)", re.ASCII
)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@feature_group(record_id="who", event_time="at", online=Online(storage_type="InMemory", ttl=TTL), offline=None)
class Everything:
    """One field of each type, with constraints of each kind."""

    who: str
    at: datetime
    whole: Annotated[int, Ge(-5), Lt(2**60)] | None = None
    number: Annotated[float, Gt(-1e300), MultipleOf(0.5)] | None = None
    flag: bool | None = None
    seconds: UnixTime | None = None
    later: Annotated[datetime, Ge(datetime(2020, 1, 1, tzinfo=UTC))] | None = None
    code: Literal["a", "b"] = "a"
    word: Annotated[str, StringConstraints(pattern=r"^\w+$", max_length=4)] | None = None
    even: Annotated[int, Predicate(lambda value: value % 2 == 0)] | None = None
    lower: Annotated[str, AfterValidator(str.lower)] | None = None
    words: Annotated[list[Annotated[str, Len(1, 3)]], Len(0, 2)] | None = None
    names: set[str] | None = None
    vector: Vector[2] | None = None


class Wrong(Exception):
    """A value that cannot be converted without loss."""


def outcome(row, types, *, texts):
    """The canonical values of a row, its features at fault, and its event time in nanoseconds since 1970.

    `row` has the value of each column that there is, `types` says what held it: int, float, bool, text, decimal,
    date, naive, zoned (nanoseconds since 1970), list.
    """
    spec = Everything.__feature_group__
    contract = spec.contract(Everything)
    values, exact, faults = {}, {}, set()
    for column in contract.columns:
        if column.name not in row or (row[column.name] is None and not column.optional and not column.required):
            continue
        try:
            values[column.name] = converted(row[column.name], types[column.name], column, exact, texts=texts)
        except Wrong:
            faults.add(column.name)
    held = record_of(values, faults)
    for name in ("who", "at"):
        if values.get(name) is None and name in row:
            faults.add(name)
    if "at" not in faults and not nanoseconds(NOW) < exact["at"] + LIFE <= LAST:
        faults.add("at")
    if isinstance(values.get("who"), str) and not 0 < len(values["who"].encode()) <= 2048:
        faults.add("who")
    canonical = {
        column.name: None if column.name in faults else plain(held.get(column.field), exact.get(column.name), column)
        for column in contract.columns
    }
    return canonical, faults, exact.get("at") if "at" not in faults else None


def record_of(values, faults):
    """What a record holds of values that could be converted. Those that pydantic refuses become faults."""
    try:
        return vars(Everything(**{"who": "x", "at": NOW, **{n: v for n, v in values.items() if n not in faults}}))
    except ValidationError as error:
        found = {each["loc"][0] for each in error.errors()}
        assert not found <= faults
        faults |= found
        return record_of(values, faults)


def converted(value, held, column, exact, *, texts):
    if value is None:
        return None
    if column.collection:
        if held != "list":
            raise Wrong
        items = [element(item, column) for item in value]
        return set(items) if column.collection == "Set" else items
    if column.kind == "datetime" or (column.kind == "unix" and held in ("zoned", "naive")):
        exact[column.name] = moment = instant(value, held)
        if column.kind == "unix":
            seconds = moment / 10**9
            if Fraction(repr(seconds)) != Fraction(moment, 10**9):
                raise Wrong
            return seconds
        return EPOCH + timedelta(microseconds=moment // 1000)
    return {"int": whole, "bool": flag, "float": number, "unix": unix, "str": text}[column.kind](value, held, texts)


def element(item, column):
    if item is None:
        raise Wrong
    if column.kind == "str":
        return text(item, "text", False)
    return number(item, "float", False)


def whole(value, held, texts):
    if held == "text" and texts:
        if not re.fullmatch(r"-?[0-9]+(\.0+)?", value):
            raise Wrong
        value = int(value.partition(".")[0])
    elif held not in ("int", "bool", "float", "decimal"):
        raise Wrong
    if held == "float" and not (math.isfinite(value) and value == int(value) and abs(value) <= 2**53):
        raise Wrong
    if value != int(value) or not -(2**63) <= value < 2**63:
        raise Wrong
    return int(value)


def flag(value, held, texts):
    if held == "text" and texts:
        value = {"true": 1, "false": 0, "1": 1, "0": 0}.get(value if value.isdigit() else value.lower())
    elif held not in ("int", "bool", "float"):
        raise Wrong
    if value not in (0, 1):
        raise Wrong
    return bool(value)


def number(value, held, texts):
    if held == "text" and texts:
        if not NUMBER.fullmatch(value):
            raise Wrong
        value = float(value)
    elif held == "decimal":
        if Decimal(repr(float(value))) != value:
            raise Wrong
        value = float(value)
    elif held not in ("int", "float"):
        raise Wrong
    if held == "int" and abs(value) > 2**53:
        raise Wrong
    if not math.isfinite(value):
        raise Wrong
    return float(value)


def unix(value, held, texts):
    value = number(value, held, texts)
    if not -62_135_596_800 <= value < 253_402_300_800:
        raise Wrong
    return value


def text(value, held, texts):
    if held != "text" or re.search("[\n\r\x85\u2028\u2029]", value) or len(value) > 358_400:
        raise Wrong
    return value


def instant(value, held):
    """Nanoseconds since 1970."""
    if held == "zoned":
        moment = value
    elif held == "text" and (found := INSTANT.fullmatch(value)):
        *parts, decimals, zone = found.groups()
        try:
            local = datetime(*map(int, parts), tzinfo=UTC)
        except ValueError:
            raise Wrong from None
        hours, minutes = (int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0) if zone not in "Zz" else (0, 0)
        if hours > 23 or minutes > 59:
            raise Wrong
        offset = (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
        moment = (nanoseconds(local) // 10**9 - offset) * 10**9 + int((decimals or "0").ljust(9, "0"))
    else:
        raise Wrong
    if not -62_135_596_800 <= moment // 10**9 <= 253_402_300_799:
        raise Wrong
    return moment


def nanoseconds(moment):
    since = moment - EPOCH
    return ((since.days * 86_400 + since.seconds) * 10**6 + since.microseconds) * 1000


def plain(value, exact, column):
    """What a record holds, as the canonical batch has it."""
    if value is None:
        return None
    if column.collection:
        return value
    if column.kind == "datetime":
        seconds, nanos = divmod(exact, 10**9)
        written = (EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
        decimals = f"{nanos:09}" if nanos % 10**6 else f"{nanos // 10**6:03}" if nanos else ""
        return f"{written}.{decimals}Z" if decimals else f"{written}Z"
    return int(value) if isinstance(value, bool) else value
