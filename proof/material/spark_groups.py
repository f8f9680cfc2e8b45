"""Feature groups for the proofs of Spark. Executors import this too."""

from datetime import datetime
from typing import Annotated

from annotated_types import Ge
from pydantic import AfterValidator

from reconciler.spec import Offline, Online, UnixTime, feature_group


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline(table_format="Glue"))
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = None
    gusts: Annotated[int, Ge(0)] | None = None
    is_wet: bool | None = None


@feature_group(record_id="origin", event_time="observed_at", online=None, offline=Offline(table_format="Iceberg"))
class Ice:
    """The same in Iceberg's format."""

    origin: str
    observed_at: datetime
    temp_f: float | None = None
    gusts: Annotated[int, Ge(0)] | None = None
    is_wet: bool | None = None


@feature_group(record_id="plane", event_time="seen_at", online=None, offline=Offline(table_format="Glue"))
class Seen:
    """An event time in seconds, and an identifier that is a number."""

    plane: int
    seen_at: UnixTime
    speed: float | None = None


def even(value: int) -> int:
    """A constraint that only Python can check."""
    if value % 2:
        raise ValueError("has to be even")
    return value


@feature_group(record_id="origin", event_time="observed_at", online=None, offline=Offline(table_format="Glue"))
class Even:
    """A group with a constraint in code."""

    origin: str
    observed_at: datetime
    gusts: Annotated[int, AfterValidator(even)]
