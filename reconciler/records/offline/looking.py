"""Which rows are readable offline? Only the partitions concerned are listed, and of their new files only keys are read.

A row counts when the service received it no earlier than the ingest began: an older row with the same key is another.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.records.offline.instants import day_text, days, hour_folder, hours
from reconciler.records.offline.keys import RECORD_ID, Missing, key_table
from reconciler.records.offline.place import INVOKED, WRITE_TIME, Place
from reconciler.records.offline.reading import Unreadable, microseconds, read_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import FileScanTask, Table

THREADS = 16

CLOCKS_DIFFER = timedelta(seconds=5)
"""How far the clocks of AWS's services may be apart.

UNVERIFIED: no source says so. It has to cover that times are cut to whole seconds.
"""
FILES_EARLIER = timedelta(minutes=2)
"""A file that is older than the ingest by this much cannot hold a row of it. Generous, for it costs only a read."""


class Looker(Protocol):
    """Looks for keys, again and again."""

    missing: Missing

    def look(self) -> None:
        """Look once for what is still missing."""


def looker(place: Place, keys: pa.Table, since: datetime) -> Looker:
    """Who looks for these keys, of rows that were received since a moment of the server's clock."""
    return IcebergLooker(place, keys, since) if place.is_iceberg else GlueLooker(place, keys, since)


class GlueLooker:
    """Looks into the folders of hours."""

    def __init__(self, place: Place, keys: pa.Table, since: datetime) -> None:
        self._place, self._since = place, since
        self._seen = set[tuple[str, str]]()
        self.missing = Missing(keys, hours)

    def look(self) -> None:
        """Every hour at once; a file is read once."""
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(self._look_at, self.missing.partitions):
                pass

    def _look_at(self, hour: int) -> None:
        for item in self._place.objects.list(self._place.data + hour_folder(hour)):
            is_new = item.modified >= self._since - FILES_EARLIER and (item.uri, item.etag) not in self._seen
            if not is_new or not item.uri.endswith(".parquet"):
                continue
            try:
                self.missing.found(hour, self._keys(item.uri))
            except FileNotFoundError:
                continue  # rewritten since it was listed: the next look finds what took its place
            except Unreadable:
                pass  # nothing of the service's, so no row that is looked for
            self._seen.add((item.uri, item.etag))

    def _keys(self, uri: str) -> pa.Table:
        names = [self._place.record_id, self._place.event_time, INVOKED, WRITE_TIME]
        return received(read_columns(self._place.objects, uri, names), self._place, self._since)


class IcebergLooker:
    """Scans what is new in the table."""

    def __init__(self, place: Place, keys: pa.Table, since: datetime) -> None:
        self._place, self._since = place, since
        self._seen = set[str]()
        self._snapshot: int | None = None
        self.missing = Missing(keys, days)

    def look(self) -> None:
        """Only if the table has a new snapshot."""
        table = self._place.table()
        snapshot = table.current_snapshot()
        if snapshot is None or snapshot.snapshot_id == self._snapshot:
            return
        wanted = {day_text(day): day for day in self.missing.partitions}
        condition = self._condition(table, wanted)
        tasks = [task for task in table.scan(row_filter=condition).plan_files() if self._concerns(task, wanted)]
        try:
            for task in tasks:
                self._look_at(table, task, condition)
                self._seen.add(task.file.file_path)
        except FileNotFoundError:
            return  # rewritten and expired since the table was read
        self._snapshot = snapshot.snapshot_id

    def _condition(self, table: Table, wanted: Iterable[str]) -> BooleanExpression:
        """Rows that may be among those looked for, as far as the statistics of files can say."""
        from pyiceberg import expressions  # noqa: PLC0415 - heavy
        from pyiceberg.types import TimestamptzType  # noqa: PLC0415

        words: Any = expressions  # its types do not say what its constructors take

        since = (self._since - FILES_EARLIER).astimezone(UTC)
        has_zone = isinstance(table.schema().find_type(WRITE_TIME, case_sensitive=False), TimestamptzType)
        moment = (since if has_zone else since.replace(tzinfo=None)).isoformat(timespec="microseconds")
        column = table.schema().find_field(self._place.event_time, case_sensitive=False).name
        # A day is the beginning of a text, and no text of that day comes after the day with a high letter.
        first, last = min(wanted), max(wanted) + "~"
        condition: BooleanExpression = words.And(
            words.GreaterThanOrEqual(WRITE_TIME, moment),
            words.GreaterThanOrEqual(column, first),
            words.LessThan(column, last),
        )
        return condition

    def _concerns(self, task: FileScanTask, wanted: Container[str]) -> bool:
        """Whether it is new, and of a day that is looked for, where files are partitioned by the day."""
        partition = task.file.partition
        day = partition[0] if len(partition) == 1 else None
        is_of_one_day = isinstance(day, str) and len(day) == 10
        return task.file.file_path not in self._seen and (not is_of_one_day or day in wanted)

    def _look_at(self, table: Table, task: FileScanTask, condition: BooleanExpression) -> None:
        import pyarrow as pa  # noqa: PLC0415
        from pyiceberg.io.pyarrow import ArrowScan  # noqa: PLC0415

        names = [self._place.record_id, self._place.event_time, INVOKED, WRITE_TIME]
        schema = table.schema().select(*names, case_sensitive=False)
        columns = [schema.find_field(name, case_sensitive=False).name for name in names]
        scan = ArrowScan(table.metadata, table.io, schema, condition, case_sensitive=False)
        for batch in scan.to_record_batches([task]):
            rows = pa.Table.from_batches([batch]).select(columns).rename_columns(names)
            keys = received(rows, self._place, self._since)
            for day in set(days(keys["seconds"].combine_chunks()).to_pylist()):
                self.missing.found(day, keys)


def received(rows: pa.Table, place: Place, since: datetime) -> pa.Table:
    """The keys of the rows that the service received since a moment."""
    import pyarrow.compute as pc  # noqa: PLC0415

    moment: Any = round((since - CLOCKS_DIFFER).timestamp() * 1_000_000)
    times = pc.coalesce(microseconds(rows[INVOKED]), microseconds(rows[WRITE_TIME]))
    rows = rows.filter(pc.greater_equal(times, moment))
    keys = key_table(rows[place.record_id], rows[place.event_time])
    return keys.filter(pc.and_(pc.is_valid(keys["seconds"]), pc.is_valid(keys[RECORD_ID])))
