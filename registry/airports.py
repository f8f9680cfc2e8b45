"""Where flights go."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Le

from reconciler.spec import Offline, Online, feature, feature_group
from registry.tags import TAGS


class DaylightSaving(StrEnum):
    """Whose rule the clocks of an airport follow."""

    AMERICAN = "A"
    NONE = "N"
    UNKNOWN = "U"


@feature_group(record_id="faa", event_time="valid_from", online=Online(), offline=Offline(), tags=TAGS)
class Airport:
    """American airports, by FAA code."""

    faa: str = feature(about="Three letters or digits.")
    valid_from: datetime = feature(about="2013-01-01T00:00:00Z.")
    name: str
    latitude: Annotated[float, Ge(-90), Le(90)] = feature(parameters={"unit": "deg"})
    longitude: Annotated[float, Ge(-180), Le(180)] = feature(parameters={"unit": "deg"})
    altitude_ft: int = feature(about="Above sea level; some lie below.", parameters={"unit": "ft"})
    utc_offset_hours: Annotated[int, Ge(-12), Le(14)] = feature(parameters={"unit": "h"})
    daylight_saving: DaylightSaving
    time_zone: str | None = feature(default=None, about="As in the IANA database.")
