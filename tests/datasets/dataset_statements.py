"""The statements of Athena and Spark, translated and run by DuckDB over rows as the inventory reads them.

What an engine adds to its statement is not tried by this, but what the statement says is, in both dialects.
"""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot

from reconciler.datasets.inventory.files import InEnvironment
from reconciler.datasets.moments import thresholds
from reconciler.datasets.question import Answer, Facts, Listed, answer_schema, listed_schema
from reconciler.datasets.sql import FACTS, SPARK, TRINO, Source, answer_sql, listing_sql
from reconciler.datasets.sql.dialects import BEFORE_ALL
from reconciler.datasets.sql.listings import COUNTS

_DIALECTS = {"trino": TRINO, "spark": SPARK}
_OWN = ("api_invocation_time", "write_time", "is_deleted")


class Statements:
    """An engine of one dialect's statements."""

    def __init__(self, stores, dialect):
        self.name = f"{dialect} statement"
        self._where = InEnvironment(stores.environment, stores.root)
        self._read, self._dialect = dialect, _DIALECTS[dialect]

    def answer(self, question, moments, tell=None):
        with self._database() as db:
            sources = [self._source(db, join) for join in question.joins]
            db.register("labels", thresholds(question, moments.table))
            found = self._run(db, answer_sql(question, sources, self._dialect.name("labels"), self._dialect))
        facts = Facts()
        for number, _ in enumerate(question.joins):
            counts = found.filter(pc.equal(found["row"], -1 - number)).select(FACTS).to_pylist()
            rows, unreadable, newest = counts[0].values() if counts else (0, 0, None)
            facts.rows.append(rows)
            facts.unreadable.append(unreadable)
            facts.newest_write.append(None if newest is None else _moment(newest))
        schema = answer_schema(question)
        rows = found.filter(pc.greater_equal(found["row"], 0)).sort_by("row").select(schema.names)
        return Answer(schema, iter(rows.cast(schema).to_batches()), facts)

    def list(self, listing, tell=None):
        schema = listed_schema(listing)
        with self._database() as db:
            found = self._run(db, listing_sql(listing, self._source(db, listing.join), self._dialect))
        rows = found.filter(pc.is_valid(found["event"]))
        if listing.start is None:
            rows = rows.filter(pc.equal(rows["is_deleted"], 0))
        rows = rows.sort_by([("record_id", "ascending"), ("event", "ascending")])
        columns = [_as(rows[field.name], field.type) for field in schema]
        facts = Facts([pc.sum(found[COUNTS[0]]).as_py() or 0], [0], [None])
        return Listed(schema, iter(pa.table(columns, schema=schema).to_batches()), facts)

    def _database(self):
        db = duckdb.connect()
        db.execute("SET TimeZone = 'UTC'; SET threads = 1")
        for macro in ("is_nan(x) AS isnan(x)", "is_finite(x) AS isfinite(x)", "nan() AS 'nan'::DOUBLE"):
            db.execute(f"CREATE MACRO {macro}")
        return db

    def _source(self, db, join):
        """The rows of a join's group as a view, with names as Glue has them."""
        inventory = self._where.inventory(join)
        names = list(dict.fromkeys([join.record_id, join.event_time, *_OWN, *(c.feature for c in join.columns)]))
        batches = [batch for file in inventory.files for batch in inventory.batches(file, names)]
        rows = pa.Table.from_batches(batches, inventory.schema(names))
        view = f"rows_{id(join)}"
        db.register(view, rows.rename_columns([name.lower() for name in names]))
        return Source(self._dialect.name(view))

    def _run(self, db, sql):
        (translated,) = sqlglot.transpile(sql, read=self._read, write="duckdb")
        return db.sql(translated).to_arrow_table()


def _as(column, kind):
    return column.cast(pa.int64()).cast(kind) if pa.types.is_timestamp(kind) else column.cast(kind)


def _moment(micros):
    return None if micros <= BEFORE_ALL else pa.scalar(micros, pa.timestamp("us", "UTC")).as_py()
