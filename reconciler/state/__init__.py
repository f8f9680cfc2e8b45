"""The one shape both sides share, and the only place that knows how AWS words map to ours."""

from reconciler.state.model import (
    Asked,
    Catalog,
    Dataset,
    Desired,
    Feature,
    Group,
    Health,
    Live,
    Offline,
    Online,
    Registry,
    Retirement,
    Source,
    Throughput,
)

__all__ = [
    "Asked",
    "Catalog",
    "Dataset",
    "Desired",
    "Feature",
    "Group",
    "Health",
    "Live",
    "Offline",
    "Online",
    "Registry",
    "Retirement",
    "Source",
    "Throughput",
]
