"""The worked example from the command line: files in, files out, and the same again."""

import json

import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from dataset_cases import File, Shape, iso
from dataset_example import AS_KNOWN, BY_EVENT_TIME, LABELS, ROWS
from dataset_stores import Stores

REGISTRY = '''
from datetime import datetime

from reconciler.spec import Dataset, Offline, Online, feature_group


@feature_group(record_id="id", event_time="at", online=Online(), offline=Offline(table_format="{table_format}"))
class LiveG:
    """The worked example."""

    id: str
    at: datetime
    f: int | None = None


by_event_time = Dataset(name="by-event-time", features=[LiveG.f], time="when")
as_known = Dataset(name="as-known", features=[LiveG.f], time="when", known_at=True)
'''


@pytest.fixture(params=["Glue", "Iceberg"])
def written(request, project):
    """A project whose offline store has the rows of the example, and labels as CSV."""
    project.write("registry/example.py", REGISTRY.format(table_format=request.param))
    lines = [f"{label.keys[0]},{iso(int(label.at * 10**9))},{n}" for n, label in enumerate(LABELS)]
    project.write("labels.csv", "\n".join(["id,when,paid", *lines]) + "\n")
    stores = Stores(project.root)
    shape = shape_of(project)
    stores.make(shape)
    stores.fill(shape, [File(tuple(ROWS[::2])), File(tuple(ROWS[1::2]))])
    return project


def shape_of(project):
    """The group as the project's registry declares it."""
    table_format = "Glue" if '"Glue"' in (project.root / "registry/example.py").read_text() else "Iceberg"
    return Shape("live-g", table_format, "String", "String", (("f", "Integral"),), "id", "at")


def test_a_built_dataset_is_what_the_worked_example_says(written):
    for name, expected in (("by-event-time", BY_EVENT_TIME), ("as-known", AS_KNOWN)):
        done = written.run("dataset", "build", name, "--labels", "labels.csv", "--out", f"{name}.parquet")
        assert done.returncode == 0, done.stderr
        table = pq.read_table(written.root / f"{name}.parquet")
        assert table["f"].to_pylist() == expected
        assert table["id"].to_pylist() == [label.keys[0] for label in LABELS]


def test_a_build_of_csv_can_be_repeated_to_the_byte_after_more_rows_came(written):
    first = written.run("dataset", "build", "by-event-time", "--labels", "labels.csv", "--out", "one.csv")
    assert first.returncode == 0, first.stderr
    stores = Stores(written.root)
    later = [row._replace(written=2**52, values={"f": 99}) for row in ROWS if not row.deleted]
    stores.fill(shape_of(written), [File(tuple(later))])

    manifest = written.root / "one.csv.manifest.json"
    again = written.run(
        "dataset", "build", "by-event-time", "--labels", "labels.csv", "--out", "two", "--repeat", manifest
    )

    assert again.returncode == 0, again.stderr + again.stdout
    assert pc.read_csv(written.root / "one.csv")["f"].to_pylist() == BY_EVENT_TIME
    report = json.loads(manifest.read_text())["report"]["joins"][0]
    assert (report["matched"], report["missing"], report["deleted"]) == (5, 2, 2)
