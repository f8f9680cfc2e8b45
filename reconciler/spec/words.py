"""The small words: stores, throughput, and what is said about one feature.

They keep whatever they are given; `read` judges it, where the group is known that a fault has to name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Literal, Never, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from datetime import timedelta

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

NOT_GIVEN: Final[Any] = type("NotGiven", (), {"__repr__": lambda _: "not given"})()


def forgiving(function: Callable[P, R]) -> Callable[P, R]:
    """Let a call through that lacks required words, so that it is reported with everything else that is wrong."""
    required = [
        word.name
        for word in inspect.signature(function).parameters.values()
        if word.kind is word.KEYWORD_ONLY and word.default is word.empty
    ]

    @wraps(function)
    def call(*args: P.args, **words: P.kwargs) -> R:
        for word in required:
            words.setdefault(word, NOT_GIVEN)
        return function(*args, **words)

    return call


class Words:
    """What was said, word by word, with the words that nobody knows in `unknown`."""

    __slots__ = ("given", "unknown")

    given: Mapping[str, Any]
    unknown: Mapping[str, Any]

    def __init__(self, given: Mapping[str, Any], unknown: Mapping[str, Any]) -> None:
        self.given, self.unknown = given, unknown

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (self.given, self.unknown) == (other.given, other.unknown)

    __hash__ = None  # type: ignore[assignment]  # a word may hold anything

    def __repr__(self) -> str:
        said = ", ".join(f"{word}={value!r}" for word, value in {**self.given, **self.unknown}.items())
        return f"{type(self).__name__}({said})"


class Online(Words):
    """The online store. `ttl` is how long a record lives, counted from its event time; whole seconds."""

    __slots__ = ()

    def __init__(
        self,
        *,
        ttl: timedelta | None = None,
        storage_type: Literal["Standard", "Standard_V2", "InMemory"] = "Standard",
        kms_key: str | None = None,
        **unknown: Never,
    ) -> None:
        super().__init__({"ttl": ttl, "storage_type": storage_type, "kms_key": kms_key}, unknown)


class Offline(Words):
    """The offline store: Parquet files on S3 and their Glue table.

    AWS makes up `database` and `table` where they are not given; give both or neither. With `create_table=False`
    nobody makes the table: yours is used where it is named.
    """

    __slots__ = ()

    def __init__(
        self,
        *,
        table_format: Literal["Glue", "Iceberg", "Default"] = "Glue",
        s3_uri: str | None = None,
        kms_key: str | None = None,
        database: str | None = None,
        table: str | None = None,
        create_table: bool = True,
        **unknown: Never,
    ) -> None:
        given = {"table_format": table_format, "s3_uri": s3_uri, "kms_key": kms_key}
        super().__init__({**given, "database": database, "table": table, "create_table": create_table}, unknown)


class OnDemand(Words):
    """Pay for each read and write. The default."""

    __slots__ = ()

    def __init__(self, **unknown: Never) -> None:
        super().__init__({}, unknown)


class Provisioned(Words):
    """Pay for so many read and write units a second, used or not."""

    __slots__ = ()

    @forgiving
    def __init__(self, *, read: int, write: int, **unknown: Never) -> None:
        super().__init__({"read": read, "write": write}, unknown)


class FeatureWords(Words):
    """What `feature(...)` said."""

    __slots__ = ()


@overload
def feature(
    *,
    default: T,
    name: str | None = None,
    about: str = "",
    parameters: Mapping[str, str] = {},
    deprecated: str | None = None,
    **unknown: Never,
) -> T: ...
@overload
def feature(
    *,
    name: str | None = None,
    about: str = "",
    parameters: Mapping[str, str] = {},
    deprecated: str | None = None,
    **unknown: Never,
) -> Any: ...
def feature(
    *,
    default: Any = NOT_GIVEN,
    name: str | None = None,
    about: str = "",
    parameters: Mapping[str, str] = {},
    deprecated: str | None = None,
    **unknown: Never,
) -> Any:
    """Say more about a field than its type.

    `default` is the value of a record that gives none; `name` is the feature's name on AWS, for those Python cannot
    spell; `about` and `parameters` are AWS's description and parameters of the feature. `deprecated` keeps a live
    feature that nobody wants any more, and says why: AWS cannot remove one.
    """
    given = {"default": default, "name": name, "about": about, "parameters": parameters}
    return FeatureWords({**given, "deprecated": deprecated}, unknown)
