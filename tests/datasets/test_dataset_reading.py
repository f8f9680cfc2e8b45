"""Every row of an offline store is read as it lies there, from the store and from a copy in a folder."""

import random

import pyarrow as pa
import pytest
from dataset_cases import SHAPES, a_case, visible
from dataset_oracle import Stored, same

from reconciler.datasets.inventory.files import InEnvironment, InFolder


def _read(where, join, features):
    inventory = where.inventory(join)
    names = [join.record_id, join.event_time, "api_invocation_time", "write_time", "is_deleted", *features]
    batches = [batch for file in inventory.files for batch in inventory.batches(file, names)]
    table = pa.Table.from_batches(batches, inventory.schema(names))
    for name in ("api_invocation_time", "write_time"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()))
    return [
        Stored(*row[:5], dict(zip(features, row[5:], strict=True)))
        for row in zip(*table.to_pydict().values(), strict=True)
    ]


def _in_order(rows, features):
    return sorted((tuple(row[:5]) + tuple(row.values.get(name) for name in features) for row in rows), key=repr)


@pytest.mark.parametrize("place", ["environment", "folder"])
@pytest.mark.parametrize("seed", range(20))
def test_rows_are_read_as_they_lie_there(stores, tmp_path, seed, place):
    case = a_case(random.Random(seed))
    stores.lay(case.files, SHAPES)
    where = InEnvironment(stores.environment, stores.root)
    if place == "folder":
        for name in case.files:
            stores.copy(tmp_path, name)
        where = InFolder(tmp_path)

    for join in case.question.joins:
        own = (join.record_id, join.event_time)
        asked = (column.feature for column in join.columns if column.feature not in own)
        features = list(dict.fromkeys(asked))
        found = _in_order(_read(where, join, features), features)
        expected = _in_order(visible(case.files[join.name]), features)
        assert len(found) == len(expected)
        assert [one for one, other in zip(expected, found, strict=True) if not same(one, other)] == []
