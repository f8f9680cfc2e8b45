"""How a record's values look in Python, and how strictly pydantic takes them.

pydantic is met only here and in `record`, and imported with the first record that is made: reading a registry does
not need it, and it is most of what such a process would wait for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from reconciler.contract import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import GetCoreSchemaHandler
    from pydantic_core.core_schema import CoreSchema

INTEGRAL_MIN, INTEGRAL_MAX = -(2**63), 2**63 - 1
# The years 0000 to 9999 are what AWS takes; milliseconds passed as seconds fall outside.
UNIX_MIN, UNIX_MAX = -62_167_219_200.0, 253_402_300_799.999999


class Leaf(NamedTuple):
    """Marks one value inside an annotation and makes pydantic take it without guessing: "1" is no number."""

    kind: Kind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema as core  # noqa: PLC0415  (see the top of the file)

        match self.kind:
            case "int":
                return core.int_schema(strict=True, ge=INTEGRAL_MIN, le=INTEGRAL_MAX)
            case "float":
                return core.float_schema(strict=True, allow_inf_nan=False)
            case "str":
                return core.str_schema(strict=True)
            case "bool":
                return core.bool_schema(strict=True)
            case "unix":
                return core.float_schema(strict=True, allow_inf_nan=False, ge=UNIX_MIN, le=UNIX_MAX)
            case "datetime":
                aware = core.datetime_schema(strict=True, tz_constraint="aware")
                return core.no_info_after_validator_function(_in_utc, aware)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # The first and last hours of what datetime can hold, in a zone that puts them outside of it.
        raise ValueError("this instant is outside the years 1 to 9999 in UTC") from None


class UnixSeconds(NamedTuple):
    """The mark that `UnixTime` carries."""


UnixTime: TypeAlias = Annotated[float, UnixSeconds()]
"""Seconds since 1970 as a float: an event time of AWS type Fractional."""


class Dimension(NamedTuple):
    """The mark that `Vector[n]` carries."""

    length: object


if TYPE_CHECKING:
    N_co = TypeVar("N_co", covariant=True)

    class Vector(Protocol[N_co]):
        """A list of exactly n floats: `Vector[Literal[384]]`."""

        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[float]: ...
        def __getitem__(self, index: int, /) -> float: ...

else:

    class Vector:
        """A list of exactly n floats. Type checkers take `Vector[Literal[384]]`; at run time `Vector[384]` works too.

        To a type checker it is anything with a length that gives floats, so that a plain list fits.
        """

        def __class_getitem__(cls, length: Any) -> Any:
            if getattr(length, "__origin__", None) is Literal:
                (length,) = length.__args__ if len(length.__args__) == 1 else (length,)
            return Annotated[list[float], Dimension(length)]
