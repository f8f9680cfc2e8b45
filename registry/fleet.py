"""What flies, and who flies it. Registers change rarely: what they say holds from the start of 2013."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from reconciler.spec import Offline, Online, feature, feature_group
from registry.tags import TAGS


class Engine(StrEnum):
    """Kinds of engines in the aircraft register."""

    FOUR_CYCLE = "4 Cycle"
    RECIPROCATING = "Reciprocating"
    TURBO_FAN = "Turbo-fan"
    TURBO_JET = "Turbo-jet"
    TURBO_PROP = "Turbo-prop"
    TURBO_SHAFT = "Turbo-shaft"


@feature_group(
    record_id="tail_number",
    event_time="valid_from",
    online=Online(),
    offline=Offline(),
    tags=TAGS | {"register": "FAA"},
    protected=True,
)
class Plane:
    """Aircraft seen at the New York airports in 2013, by tail number."""

    tail_number: str = feature(about="The registration painted on the aircraft.")
    valid_from: datetime = feature(about="2013-01-01T00:00:00Z: the register as it stood for that year.")
    built: Annotated[int, Ge(1900), Le(2013)] | None = feature(default=None, about="Year of manufacture.")
    kind: Literal["Fixed wing multi engine", "Fixed wing single engine", "Rotorcraft"]
    manufacturer: str
    model: str
    engines: Annotated[int, Ge(1), Le(8)] = feature(about="How many engines it has.")
    engine: Engine = feature(about="What drives it.")
    seats: Annotated[int, Gt(0)] = feature(about="Seats as certified, crew excluded.")
    cruise_speed_mph: Annotated[int, Gt(0)] | None = feature(
        default=None, about="Known for few aircraft.", parameters={"unit": "mph"}
    )


@feature_group(
    record_id="code",
    event_time="valid_from",
    offline=None,
    description="The airlines behind the carrier codes.",
    tags=TAGS,
)
class Carrier:
    """Small and read on every request, so it is online only."""

    code: str = feature(about="Two letters or digits, as IATA gives them.")
    valid_from: datetime = feature(about="2013-01-01T00:00:00Z.")
    name: str
