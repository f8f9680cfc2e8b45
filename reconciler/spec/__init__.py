"""The words a registry file may use.

    from reconciler.spec import Offline, Online, feature, feature_group

    @feature_group(record_id="origin", event_time="observed_at", offline=Offline(table_format="Iceberg"))
    class Weather:
        '''Hourly weather at the three New York airports.'''

        origin: str
        observed_at: datetime
        temp_f: float | None = feature(default=None, about="Air temperature.", parameters={"unit": "degF"})

An instance is a validated record; `Weather.temp_f` is a reference to the feature; `Weather.__feature_group__` is
the `GroupSpec`. Types a feature may have: `int`, `float`, `str`, `bool`, `datetime`, `UnixTime`, `Literal` or
`StrEnum` of strings, `list[T]`, `set[T]` and `Vector[n]`; `X | None` for what may be missing, and
`Annotated[int, Ge(0)]` (from annotated-types) to constrain a value.

    departure_delay = Dataset(
        name="departure-delay", features=[Weather.temp_f, using(Weather, key="dest", prefix="dest_").temp_f], time="at"
    )

declares a training set: features as they were known at the moments of labels.
"""

from reconciler.spec.dataset import Dataset
from reconciler.spec.define import feature_group, retire
from reconciler.spec.group import Feature, GroupSpec
from reconciler.spec.refs import FeatureRef, ref
from reconciler.spec.using import using
from reconciler.spec.values import UnixTime, Vector
from reconciler.spec.words import Offline, OnDemand, Online, Provisioned, feature

__all__ = [
    "Dataset",
    "Feature",
    "FeatureRef",
    "GroupSpec",
    "Offline",
    "OnDemand",
    "Online",
    "Provisioned",
    "UnixTime",
    "Vector",
    "feature",
    "feature_group",
    "ref",
    "retire",
    "using",
]
