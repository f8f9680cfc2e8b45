"""A disk that is full, a store that is blocked: rows wait, the group says why, and nothing is lost."""

import errno
import os

import pytest
from offline_help import a_row

from reconciler.emulator.calls import Site
from reconciler.emulator.offline.flushing import flush


@pytest.fixture
def status(sagemaker):
    def of(name="weather"):
        return sagemaker.describe_feature_group(FeatureGroupName=name)["OfflineStoreStatus"]

    return of


def _no_room(*_):
    """What the system says."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
def test_rows_wait_for_room_on_the_disk(make, offline, status, monkeypatch, table_format):
    make(offline={"TableFormat": table_format})
    offline.put(a_row("a"))
    room = os.replace
    monkeypatch.setattr(os, "replace", _no_room)

    flushed, said = offline.flush(), status()
    offline.put(a_row("b"))
    again = offline.flush()
    waiting = offline.waiting()
    monkeypatch.setattr(os, "replace", room)
    after = offline.flush()

    assert [flushed, again, waiting, after] == [0, 0, 2, 2]
    assert said["Status"] == "Blocked"
    assert "No space left on device" in said["BlockedReason"]
    assert status() == {"Status": "Active"}
    assert sorted(row["id"] for row in offline.rows()) == ["a", "b"]


def test_a_full_disk_on_request_is_one(emulator, make, offline, status):
    make(offline={})
    offline.put(a_row())
    with emulator.faults.add("disk_full", operation="Flush"):
        flushed, said = emulator.flush(), status()["Status"]

    after = emulator.flush()

    assert (flushed, said, after, status()["Status"]) == (0, "Blocked", 1, "Active")


def test_what_stands_in_the_way_of_a_bucket_blocks_its_groups_only(make, offline, status):
    make("weather", offline={"S3StorageConfig": {"S3Uri": "s3://taken"}})
    make("plane", offline={})
    (offline.root / "taken").rmdir()
    (offline.root / "taken").write_text("no folder")
    offline.put(a_row(), name="weather")
    offline.put(a_row(), name="plane")

    flushed, said = offline.flush(), status("weather")["Status"]
    (offline.root / "taken").unlink()
    after = offline.flush()

    assert (flushed, said, after) == (1, "Blocked", 1)
    assert status("plane") == {"Status": "Active"}


def test_rows_of_a_store_that_was_blocked_wait_until_it_is_unblocked(emulator, make, offline, status):
    make(offline={})
    offline.put(a_row())
    emulator.block_offline_store("weather", "Access denied.", region="eu-west-1")

    flushed, forced = offline.flush(), offline.flush(everything=True)
    said = status()
    emulator.block_offline_store("weather", "", region="eu-west-1")

    assert (flushed, forced, offline.flush()) == (0, 0, 1)
    assert said == {"Status": "Blocked", "BlockedReason": "Access denied."}


def test_a_store_blocked_by_name_stays_so_after_a_full_disk(emulator, make, offline, status, monkeypatch):
    make(offline={})
    offline.put(a_row())
    with monkeypatch.context() as full:
        full.setattr(os, "replace", _no_room)
        offline.flush()
    emulator.block_offline_store("weather", "Access denied.", region="eu-west-1")

    flushed = offline.flush()

    assert flushed == 0
    assert status()["BlockedReason"] == "Access denied."


def test_a_reason_is_as_short_as_the_api_has_it(make, offline, status, monkeypatch):
    def refuse(*_):
        raise OSError("x" * 5000)

    make(offline={})
    offline.put(a_row())
    monkeypatch.setattr(os, "replace", refuse)

    offline.flush()

    assert len(status()["BlockedReason"]) == 1024


def test_a_region_s_group_is_blocked_whoever_flushes(make, offline, status, monkeypatch):
    make(offline={})
    offline.put(a_row())
    elsewhere = Site(offline.emulator.store, "us-east-1", offline.emulator.settings)
    monkeypatch.setattr(os, "replace", _no_room)

    flush(elsewhere)

    assert status()["Status"] == "Blocked"
