"""The stores that the suite lays out: read by pyarrow and pyiceberg, they hold what they were given."""

import random

import pyarrow.parquet as pq
import pytest
from dataset_cases import SHAPES, a_case, visible
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

from reconciler.emulator.glue import catalogue


class FilesHere(PyArrowFileIO):
    """pyiceberg's own files, with s3:// under a folder."""

    def new_input(self, location):
        return super().new_input(f"{self.properties['root']}/{location.removeprefix('s3://')}")


def _rows_of(stores, shape):
    """Identifier and event time of every row of a group, by no code of ours."""
    s3 = stores.root / ".reconciler" / "emulator" / "s3"
    target = stores.target(shape.name)
    if shape.table_format == "Iceberg":
        with stores.emulator.store.reading() as db:
            found = catalogue.find_table(db, target.scope, *target.table)
        properties = {"py-io-impl": "test_dataset_stores.FilesHere", "root": str(s3)}
        table = StaticTable.from_metadata(found["Parameters"]["metadata_location"], properties).scan().to_arrow()
        return [(row[shape.record_id], row[shape.event_time]) for row in table.to_pylist()]
    files = (s3 / target.uri.removeprefix("s3://")).glob("year=*/month=*/day=*/hour=*/*.parquet")
    rows = []
    for file in files:
        for row in pq.read_table(file, partitioning=None).to_pylist():
            lower = {name.lower(): value for name, value in row.items()}
            rows.append((lower[shape.record_id.lower()], lower[shape.event_time.lower()]))
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_what_is_laid_out_is_there(stores, seed):
    case = a_case(random.Random(seed))
    stores.lay(case.files, SHAPES)

    for shape in SHAPES:
        if shape.name in case.files:
            expected = [(row.id, row.event) for row in visible(case.files[shape.name])]
            assert sorted(map(repr, _rows_of(stores, shape))) == sorted(map(repr, expected))
