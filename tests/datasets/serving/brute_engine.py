"""An engine that looks at every row for every label: the tests' own definition, over the emulator's files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from dataset_oracle import Label, Stored, answer, instant, listed, unreadable

from reconciler.aws.objects import split
from reconciler.datasets.question import Answer, Facts, Listed, answer_schema, listed_schema
from reconciler.records.offline.place import open_place


class Brute:
    """Of a World of the tests."""

    name = "brute"

    def __init__(self, world):
        self._world = world

    def answer(self, question, moments, tell=None):
        named = {}
        for join in question.joins:
            named.setdefault(join.name, []).append(join)
        stores = {name: self._rows(*joins) for name, joins in named.items()}
        names = [name for name in moments.table.column_names if name.startswith("key_")]
        labels = [
            Label(
                tuple(row[name] for name in names),
                row["seconds"] + row["nanos"] * instant("1970-01-01T00:00:00.000000001Z"),
            )
            for row in moments.table.to_pylist()
        ]
        schema = answer_schema(question)
        facts = Facts(unreadable=[unreadable(stores[join.name]) for join in question.joins])
        return Answer(schema, _batches(answer(question, stores, labels), schema), facts)

    def list(self, listing, tell=None):
        schema = listed_schema(listing)
        return Listed(schema, _batches(listed(listing, self._rows(listing.join)), schema), Facts())

    def _rows(self, join, *others):
        place = open_place(self._world.environment, self._world.root, join.name)
        if place.is_iceberg:
            rows = place.table().scan().to_arrow().to_pylist()
        else:
            bucket, key = split(place.live.data_uri)
            folder = self._world.root / ".reconciler" / "emulator" / "s3" / bucket / Path(key)
            rows = [
                row for path in folder.rglob("*.parquet") for row in pq.read_table(path, partitioning=None).to_pylist()
            ]
        names = [column.feature for one in (join, *others) for column in one.columns]
        return [
            Stored(
                row[join.record_id],
                row[join.event_time],
                *(round(row[name].timestamp() * 1_000_000) for name in ("api_invocation_time", "write_time")),
                row["is_deleted"],
                {name: row.get(name) for name in names},
            )
            for row in rows
        ]


def _batches(rows, schema, size=3):
    for start in range(0, len(rows), size):
        columns = zip(*rows[start : start + size], strict=True)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
        yield pa.record_batch(arrays, schema=schema)
