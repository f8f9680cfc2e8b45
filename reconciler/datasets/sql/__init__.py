"""Point-in-time questions as SQL: one statement for each, pure text, in Trino's dialect or Spark's."""

from reconciler.datasets.sql.answers import FACTS, answer_sql
from reconciler.datasets.sql.dialects import SPARK, SPARK_ITSELF, TRINO, Dialect
from reconciler.datasets.sql.listings import listing_sql
from reconciler.datasets.sql.sources import Source, Span

__all__ = ["FACTS", "SPARK", "SPARK_ITSELF", "TRINO", "Dialect", "Source", "Span", "answer_sql", "listing_sql"]
