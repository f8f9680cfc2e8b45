"""Rows of a group with a deprecated feature: where the live group still has it, and where it was made without."""

from datetime import UTC, datetime

import pytest
from project import Project, http_environment

from reconciler import connect
from reconciler.emulator.server import running
from reconciler.records.faults import RowsRefused
from reconciler.spec import Offline, Online, feature, feature_group

AT = datetime(2026, 1, 2, tzinfo=UTC)


@feature_group(name="old", record_id="id", event_time="at", online=Online(), offline=Offline(table_format="Iceberg"))
class Old:
    id: str
    at: datetime
    n: int = feature(default=0, deprecated="Use m.")
    note: str | None = feature(default=None, deprecated="Nobody reads it.")
    m: int | None = None


SPEC = """
from datetime import datetime

from reconciler.spec import Offline, Online, feature, feature_group


@feature_group(name="old", record_id="id", event_time="at", online=Online(), offline=Offline(table_format="Iceberg"))
class Old:
    id: str
    at: datetime
    n: int = feature(default=0, deprecated="Use m.")
    note: str | None = feature(default=None, deprecated="Nobody reads it.")
    m: int | None = None
"""


@pytest.fixture
def project(tmp_path):
    with running(tmp_path / "data") as server:
        project = Project(tmp_path / "project").configure(http_environment(server.url))
        project.write("registry/old.py", SPEC)
        yield project


@pytest.fixture
def made_without(project):
    assert project.run("apply", "--yes").returncode == 0
    with connect(folder=project.root) as store:
        yield store


@pytest.fixture
def still_there(project):
    project.write(
        "registry/old.py", SPEC.replace(', deprecated="Use m."', "").replace(', deprecated="Nobody', ', about="')
    )
    assert project.run("apply", "--yes").returncode == 0
    project.write("registry/old.py", SPEC)
    with connect(folder=project.root) as store:
        yield store


def test_records_go_into_a_group_that_was_made_without_the_feature(made_without):
    report = made_without.ingest(Old, [Old(id="a", at=AT, m=5)])

    assert report.written == 1
    assert made_without.wait_offline(report).found == 1
    assert (made_without.get(Old, "a").m, made_without.get(Old, "a").n) == (5, None)


def test_so_do_histories(made_without):
    assert made_without.backfill(Old, [Old(id="a", at=AT, m=5)]).written == 1


def test_a_value_that_would_be_lost_is_a_fault(made_without):
    rows = [
        {"id": "a", "at": AT},
        {"id": "b", "at": AT, "n": 0, "note": None},
        {"id": "c", "at": AT, "n": 3, "note": "x"},
    ]

    with pytest.raises(RowsRefused) as refused:
        made_without.ingest(Old, rows)

    assert [(fault.row, fault.feature, fault.value) for fault in refused.value.faults] == [
        (2, "n", "3"),
        (2, "note", "x"),
    ]
    assert "deprecated" in refused.value.faults[0].reason


def test_the_command_line_does_the_same(project, made_without):
    project.write("good.csv", "id,at,m\na,2026-01-02T00:00:00Z,5\n")
    project.write("bad.csv", "id,at,n\na,2026-01-02T00:00:00Z,5\n")

    assert project.json("records", "ingest", "old", "good.csv")["written"] == 1
    assert "deprecated" in project.run("records", "ingest", "old", "bad.csv").stderr


def test_where_the_feature_is_still_live_its_values_are_written(still_there):
    assert still_there.ingest(Old, [Old(id="a", at=AT, n=7, note="x")]).written == 1
    assert still_there.get(Old, "a") == Old(id="a", at=AT, n=7, note="x")
