"""What models are trained on, and served with."""

from datetime import timedelta
from typing import Final

from reconciler.spec import Dataset, using
from registry.airports import Airport
from registry.fleet import Plane
from registry.weather import Weather

departure_delay: Final = Dataset(
    name="departure-delay",
    description="What is known of a flight when it is due to leave.",
    time="scheduled_at",
    features=[
        Weather.temp_f,
        Weather.wind_speed_mph,
        Weather.precipitation_in,
        Weather.visibility_miles,
        Plane.built,
        Plane.engines,
        Plane.seats,
        using(Airport, key="dest", prefix="dest_").altitude_ft,
    ],
    max_age={Weather: timedelta(hours=2)},
)
