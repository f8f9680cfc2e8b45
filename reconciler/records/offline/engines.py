"""Which backfill an input is for: that of this machine, or that of a Spark cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.records.offline.backfilled import BackfillReport


def is_spark(data: Any) -> bool:
    """Whether it is a DataFrame of Spark, of either kind. Spark is not imported to find out."""
    return any(kind.__module__.startswith("pyspark.sql.") for kind in type(data).__mro__)


def backfill_for(data: Any) -> Callable[..., BackfillReport]:
    """The backfill that takes this input."""
    if is_spark(data):
        from reconciler.records.offline import spark  # noqa: PLC0415 - imports pyspark

        return spark.backfill
    from reconciler.records.offline import backfill  # noqa: PLC0415 - heavy

    return backfill.backfill
