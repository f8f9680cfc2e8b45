"""What the sky was like."""

from datetime import datetime
from typing import Annotated, Literal

from annotated_types import Ge, Le

from reconciler.spec import Offline, Online, feature, feature_group
from registry.tags import TAGS


@feature_group(
    record_id="origin",
    event_time="observed_at",
    online=Online(),
    offline=Offline(table_format="Iceberg"),
    tags=TAGS,
)
class Weather:
    """Hourly weather at the three New York airports."""

    origin: Literal["EWR", "JFK", "LGA"] = feature(about="The airport, as an IATA code.")
    observed_at: datetime = feature(about="The hour that the observation is for.")
    temp_f: float | None = feature(default=None, about="Air temperature.", parameters={"unit": "degF"})
    dew_point_f: float | None = feature(default=None, about="Dew point.", parameters={"unit": "degF"})
    humidity_percent: Annotated[float, Ge(0), Le(100)] | None = feature(
        default=None, about="Relative humidity.", parameters={"unit": "percent"}
    )
    wind_direction_deg: Annotated[int, Ge(0), Le(360)] | None = feature(
        default=None, about="Where the wind comes from. 0 is calm.", parameters={"unit": "deg"}
    )
    wind_speed_mph: Annotated[float, Ge(0)] | None = feature(
        default=None,
        about="Mean wind speed. One hour of February 2013 says 1048, which is how it was recorded.",
        parameters={"unit": "mph"},
    )
    wind_gust_mph: Annotated[float, Ge(0)] | None = feature(
        default=None, about="Strongest gust, where there was one.", parameters={"unit": "mph"}
    )
    precipitation_in: Annotated[float, Ge(0)] = feature(about="Rain and melted snow.", parameters={"unit": "in"})
    pressure_mbar: float | None = feature(default=None, about="Pressure at sea level.", parameters={"unit": "mbar"})
    visibility_miles: Annotated[float, Ge(0), Le(10)] = feature(
        about="How far one sees. Reported up to 10.", parameters={"unit": "mi"}
    )
