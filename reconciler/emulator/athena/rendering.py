"""Values as Athena prints them, and the types it gives them: Trino's names, Java's numbers.

Seen on live Athena: the texts of each type and the fixed precisions (measurements of aoyagikouhei/athena-local).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.athena.failures import failed

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_VARCHAR = 2147483647


class Output(NamedTuple):
    """A column of a result: how ColumnInfo describes it."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0
    case_sensitive: bool = False

    def info(self) -> dict[str, Any]:
        """The member of ColumnInfo."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.case_sensitive,
        }


def output(name: str, kind: Any, engine_type: str) -> Output:
    """Describe a column by its Arrow type, and by DuckDB's where Arrow has none of its own."""
    import pyarrow.types as is_  # noqa: PLC0415 - heavy

    if engine_type in _BY_ENGINE:
        return Output(name, *_BY_ENGINE[engine_type])
    if is_.is_decimal(kind):
        return Output(name, "decimal", kind.precision, kind.scale)
    if is_.is_timestamp(kind):
        return Output(name, "timestamp with time zone" if kind.tz else "timestamp", 3)
    for fits, described in (
        (is_.is_struct, ("row",)),
        (is_.is_map, ("map",)),
        (is_.is_list, ("array",)),
        (is_.is_time, ("time", 3)),
        (is_.is_interval, ("interval day to second",)),
        (is_.is_null, ("unknown",)),
    ):
        if fits(kind):
            return Output(name, *described)
    return Output(name, "varchar", _LONGEST_VARCHAR, 0, case_sensitive=True)


_BY_ENGINE: dict[str, tuple[Any, ...]] = {
    "BOOLEAN": ("boolean",),
    "TINYINT": ("tinyint", 3),
    "SMALLINT": ("smallint", 5),
    "INTEGER": ("integer", 10),
    "BIGINT": ("bigint", 19),
    "HUGEINT": ("bigint", 19),
    "UBIGINT": ("bigint", 19),
    "UINTEGER": ("bigint", 19),
    "FLOAT": ("float", 17),
    "DOUBLE": ("double", 17),
    "DATE": ("date",),
    "BLOB": ("varbinary", 1073741824),
    "JSON": ("json",),
    "UUID": ("uuid",),
    "VARCHAR": ("varchar", _LONGEST_VARCHAR, 0, True),
}


def texts(column: Any, engine_type: str) -> Any:
    """An Arrow array of strings for one of values; nulls stay nulls."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.types as is_  # noqa: PLC0415

    kind = column.type
    if is_.is_string(kind):
        return column
    if engine_type in {"HUGEINT", "UBIGINT"}:
        return _narrowed(column)
    if is_.is_integer(kind) or is_.is_boolean(kind) or is_.is_date(kind) or is_.is_null(kind):
        return pc.cast(column, pa.string())
    if is_.is_timestamp(kind):
        return _timestamps(column)
    return pa.array(map(writer(kind), column.to_pylist()), pa.string())


def _narrowed(column: Any) -> Any:
    """Sums of whole numbers are wide in DuckDB and bigint in Trino, which refuses what does not fit."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        return pc.cast(pc.cast(column, pa.int64()), pa.string())
    except pa.ArrowInvalid:
        raise failed("NUMERIC_VALUE_OUT_OF_RANGE", "bigint addition overflow") from None


def _timestamps(column: Any) -> Any:
    """With milliseconds; finer digits only where there are any."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    zoned = column.type.tz is not None
    local = pc.cast(column, pa.timestamp(column.type.unit))
    coarse = pc.cast(local, pa.timestamp("ms"), safe=False)
    found = pc.cast(coarse, pa.string())
    finer = pc.not_equal(local, pc.cast(coarse, local.type))
    if pc.any(finer).as_py():
        found = pc.if_else(finer, pc.cast(local, pa.string()), found)
    return pc.binary_join_element_wise(found, "UTC", " ") if zoned else found


def writer(kind: Any) -> Callable[[Any], str | None]:
    """The function that prints one value of an Arrow type, outermost null as None."""
    inner = _writer(kind)
    return lambda value: None if value is None else inner(value)


def _writer(kind: Any) -> Callable[[Any], str]:
    import pyarrow.types as is_  # noqa: PLC0415

    if is_.is_float32(kind):
        return _real
    if is_.is_floating(kind):
        return double
    if is_.is_map(kind):
        return _map_writer(kind)
    if is_.is_list(kind):
        item = _writer(kind.value_type)
        return lambda value: f"[{', '.join('null' if one is None else item(one) for one in value)}]"
    if is_.is_struct(kind):
        return _row_writer(kind)
    for fits, write in (
        (is_.is_boolean, _boolean),
        (is_.is_binary, _binary),
        (is_.is_timestamp, _timestamp),
        (is_.is_time, _time),
        (is_.is_interval, _interval),
    ):
        if fits(kind):
            return write
    return str


def _map_writer(kind: Any) -> Callable[[Any], str]:
    key, item = _writer(kind.key_type), _writer(kind.item_type)

    def write(value: Any) -> str:
        pairs = [(key(k), "null" if v is None else item(v)) for k, v in sorted(value, key=lambda pair: pair[0])]
        return f"{{{', '.join(f'{k}={v}' for k, v in pairs)}}}"

    return write


def _row_writer(kind: Any) -> Callable[[Any], str]:
    fields = [(field.name, _writer(field.type)) for field in kind]

    def write(value: Any) -> str:
        shown = [(name, "null" if value[name] is None else item(value[name])) for name, item in fields]
        if [name for name, _ in fields] == [f"_{number}" for number, _ in enumerate(fields)]:
            return f"{{{', '.join(text for _, text in shown)}}}"  # ROW(1, 'x') has no names
        return f"{{{', '.join(f'{name}={text}' for name, text in shown)}}}"

    return write


def double(value: float) -> str:
    """As Java prints it: 1.5, 0.001, 1.0E10, 1.0E-7."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN is not itself
        return {"nan": "NaN", "inf": "Infinity"}.get(str(value), "-Infinity")
    size = abs(value)
    if size == 0 or 1e-3 <= size < 1e7:
        return repr(value)
    return _scientific(repr(value))


def _real(value: float) -> str:
    """A single-precision number: the shortest digits that mean it."""
    import struct  # noqa: PLC0415

    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if abs(short) > 3.4e38 or struct.pack("f", short) == struct.pack("f", value):
            return double(short)
    return double(value)


def _scientific(text: str) -> str:
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    whole, *rest = map(str, digits)
    return f"{'-' if sign else ''}{whole}.{''.join(rest) or '0'}E{int(exponent) + len(digits) - 1}"


def _boolean(value: bool) -> str:  # noqa: FBT001
    return "true" if value else "false"


def _binary(value: bytes) -> str:
    return value.hex(" ")


def _timestamp(value: Any) -> str:
    digits = 6 if value.microsecond % 1000 else 3
    text = value.replace(tzinfo=None).isoformat(" ", "microseconds")[: 20 + digits]
    return f"{text} UTC" if value.tzinfo else text


def _time(value: Any) -> str:
    return str(value.isoformat("microseconds"))[:12]


def _interval(value: Any) -> str:
    if value.months and not value.days and not value.nanoseconds:
        return f"{value.months // 12}-{value.months % 12}"
    total = value.days * 86_400_000 + value.nanoseconds // 1_000_000
    sign, total = ("-", -total) if total < 0 else ("", total)
    days, rest = divmod(total, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{sign}{days} {hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
