"""Erasing records from both stores."""

import json
import os
from contextlib import suppress
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from offline_place import Bare, Rain, Seen, Snow, a_row

from reconciler.aws.session import create_client
from reconciler.errors import Usage
from reconciler.records.offline.erasing import erase
from reconciler.records.offline.holding import Wanted
from reconciler.records.offline.place import NoOffline
from reconciler.records.offline.reading import Unreadable

PEOPLE = ("ann", "bob", "cleo")
TIMES = ("2024-02-01T03:05:06Z", "2024-02-01T03:35:06.250Z", "2024-02-01T04:05:06Z", "2024-02-02T03:05:06Z")


def erased(world, target, *ids, **more):
    return erase(world.environment, world.root, target, ids, **{**world.patience, **more})


@pytest.fixture
def filled(world, group):
    """Each person at each time, in several files and snapshots."""
    for at in TIMES:
        world.put(group, *(a_row(person, at, note=f"of {person}") for person in PEOPLE))
        world.emulator.flush()
    return group


def test_a_person_is_gone_from_both_stores(world, filled):
    before = [row for row in world.rows(filled) if row["origin"] != "ann"]

    report = erased(world, filled, "ann")

    assert (report.ids, report.online, report.left, report.proof) == (1, 1, 0, "athena")
    assert report.rows == len(TIMES) + 1  # and the marker of the deletion
    assert report.is_complete, report
    assert "Record" not in world.runtime.get_record(FeatureGroupName=filled.name, RecordIdentifierValueAsString="ann")
    key = lambda row: (row["origin"], row["observed_at"])  # noqa: E731 - one word for a sort
    assert sorted(world.rows(filled), key=key) == sorted(before, key=key)


def test_no_file_holds_the_person_any_more(world, filled):
    assert world.bytes_hold(filled, "ann")

    erased(world, filled, "ann")

    assert world.bytes_hold(filled, "ann") == []
    assert world.bytes_hold(filled, "of ann") == []
    assert world.bytes_hold(filled, "of bob")


def test_erasing_again_finds_nothing(world, filled):
    erased(world, filled, "ann", "bob")
    files = {path: path.read_bytes() for path in world.files(filled)}

    report = erased(world, filled, "ann", "bob")

    # The second deletion leaves markers of its own, of records that were not there: they are found and removed.
    assert (report.online, report.left) == (0, 0)
    assert report.is_complete
    assert {path: path.read_bytes() for path in world.files(filled)} == files


def test_a_file_without_another_row_is_removed_whole(world, group):
    world.put(group, a_row("ann", TIMES[0]), a_row("bob", TIMES[3]))

    report = erased(world, group, "ann")

    assert report.removed == 2  # of the record and of its marker
    assert world.ids(group) == ["bob"]
    assert world.bytes_hold(group, "ann") == []


def test_rows_that_a_delete_hides_go_too(world):
    snow = world.make(Snow)
    for at in TIMES:
        world.put(snow, *(a_row(person, at, note=f"of {person}") for person in PEOPLE))
    athena(world, snow, "DELETE FROM {} WHERE origin IN ('ann', 'bob')")
    assert world.ids(snow) == ["cleo"] * 4

    report = erased(world, snow, "ann")

    assert report.is_complete, report
    assert world.ids(snow) == ["cleo"] * 4  # and bob is not back
    assert world.bytes_hold(snow, "of ann") == []


def test_no_manifest_names_the_person(world):
    """Least and greatest values are part of a manifest, also of files that are gone."""
    snow = world.make(Snow)
    world.put(snow, *(a_row(person, at) for person in PEOPLE for at in TIMES))
    world.emulator.flush()

    erased(world, snow, "ann", "cleo")

    table = world.place(snow).table()
    entries = [
        entry
        for snapshot in table.snapshots()
        for manifest in snapshot.manifests(table.io)
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False)
    ]
    bounds = [(e.data_file.lower_bounds or {}) | (e.data_file.upper_bounds or {}) for e in entries]
    values = {value for bound in bounds for value in bound.values()}
    assert b"bob" in values
    assert not {b"ann", b"cleo"} & values
    assert [path for path in world.files(snow, "**/*.json") if b"ann" in path.read_bytes()] == []


def test_an_unowned_file_is_named_and_goes_when_it_is_old(world):
    """What a commit that failed has left behind; or one that is about to happen."""
    snow = world.make(Snow)
    world.put(snow, a_row("ann"), a_row("bob"))
    world.emulator.flush()
    (path,) = world.files(snow)
    stray = world.place(snow).data + "stray.parquet"
    world.objects.put(stray, path.read_bytes())

    young = erased(world, snow, "ann", purge_versions=True)
    os.utime(world.files(snow, "data/stray.parquet")[0], (0, 0))
    old = erased(world, snow, "ann", purge_versions=True)

    assert [(one.kind, one.where) for one in young.remaining] == [("unowned file", stray)]
    assert (old.remaining, old.purged) == ((), 1)
    assert world.bytes_hold(snow, "ann") == []


def test_a_snapshot_that_never_held_the_person_stays(world):
    snow = world.make(Snow)
    world.put(snow, a_row("bob"))
    world.emulator.flush()
    first = world.place(snow).table().current_snapshot().snapshot_id
    world.put(snow, a_row("ann"))

    report = erased(world, snow, "ann")

    left = {snapshot.snapshot_id for snapshot in world.place(snow).table().snapshots()}
    assert first in left
    assert left.isdisjoint(report.snapshots)
    assert world.place(snow).table().scan(snapshot_id=first).to_arrow().num_rows == 1


def test_a_snapshot_that_a_tag_keeps_is_named(world):
    snow = world.make(Snow)
    world.put(snow, a_row("ann"), a_row("bob"))
    world.emulator.flush()
    table = world.place(snow).table()
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "audit").commit()

    report = erased(world, snow, "ann")

    assert report.left == 0
    assert [one.kind for one in report.remaining] == ["snapshot"]
    assert "audit" in report.remaining[0].reason + report.remaining[0].fix
    assert not report.is_complete

    world.place(snow).table().manage_snapshots().remove_tag("audit").commit()
    assert erased(world, snow, "ann").is_complete
    assert world.bytes_hold(snow, "ann") == []


def test_rows_that_arrive_late_are_waited_for(world, filled):
    """The marker is offline before the rows that were written before it."""
    world.emulator.faults.add("offline_lag", seconds=400.0, operation="PutRecord", times=1)
    world.put(filled, a_row("ann", "2024-02-02T05:00:00Z"))

    report = erased(world, filled, "ann", settle=timedelta(minutes=15))

    assert sum(world.slept) >= 900
    assert report.rows == len(TIMES) + 2
    world.sleep(3600)
    assert "ann" not in world.ids(filled)


def test_a_record_from_the_future_is_deleted_too(world, filled):
    world.put(filled, a_row("ann", "2199-01-01T00:00:00Z"))

    report = erased(world, filled, "ann")

    assert (report.online, report.left) == (1, 0)
    assert "ann" not in world.ids(filled)


def test_an_identifier_that_nobody_has_is_no_error(world, filled):
    report = erased(world, filled, "zoe")

    assert (report.online, report.left) == (0, 0)
    assert len(world.ids(filled)) == 12


def test_a_dry_run_changes_nothing(world, filled):
    before = world.rows(filled)

    report = erased(world, filled, "ann", dry_run=True)

    assert (report.online, report.left, report.rows, report.dry_run) == (1, 4, 0, True)
    assert world.rows(filled) == before


def test_whole_numbers_are_erased(world):
    seen = world.make(Seen)
    world.put(seen, *({"plane": n, "seen_at": "1706929506.25", "speed": "1.5"} for n in (7, 77, -7, 2**62)))

    report = erased(world, seen, 7, "-7")

    assert report.is_complete, report
    assert sorted(row["plane"] for row in world.rows(seen)) == [77, 2**62]


def test_a_group_without_an_offline_store_is_erased_online(world):
    bare = world.make(Bare)
    world.put(bare, a_row("ann"))

    report = erased(world, bare, "ann")

    assert (report.online, report.is_complete) == (1, True)


def test_somebody_has_to_be_named(world, filled):
    with pytest.raises(Usage, match="at least one"):
        erased(world, filled)


def test_a_text_is_no_list_of_letters(world, filled):
    with pytest.raises(Usage, match=r"as in \['ann'\]"):
        erase(world.environment, world.root, filled, "ann")


def test_nothing_is_deleted_while_the_offline_store_is_blocked(world, filled):
    world.emulator.faults.add("disk_full", operation="Flush")
    world.put(filled, a_row("bob", TIMES[3], note="later"))
    world.place(filled).objects.keeps_versions(world.place(filled).data)

    with pytest.raises(NoOffline, match="is blocked"):
        erased(world, filled, "ann")

    assert "Record" in world.runtime.get_record(FeatureGroupName=filled.name, RecordIdentifierValueAsString="ann")


def test_many_are_erased_at_once(world, group):
    """More than one query of Athena names."""
    everybody = [f"p{n:05}" for n in range(2_500)]
    world.put_many(group, [a_row(person, TIMES[n % 2]) for n, person in enumerate(everybody)])

    report = erased(world, group, *everybody[1:])

    assert (report.ids, report.online, report.left, report.proof) == (2_499, 2_499, 0, "athena")
    assert world.ids(group) == [everybody[0]]


def test_a_scan_is_the_proof_where_athena_is_denied(world, filled):
    world.emulator.faults.add("access_denied", service="athena")

    report = erased(world, filled, "ann")

    assert (report.proof, report.left) == ("scan", 0)
    assert "AccessDenied" in report.instead


def test_athena_is_not_told_who_it_is(world, filled):
    asked = []
    answer = world.emulator.answer

    def watched(method, url, headers, body):
        asked.append(body.decode(errors="replace"))
        return answer(method, url, headers, body)

    world.emulator.answer = watched
    report = erased(world, filled, "ann")
    world.emulator.answer = answer

    queries = {json.loads(text)["QueryString"] for text in asked if "QueryString" in text}
    assert queries == {report.query}
    assert "ann" not in report.query


def test_a_file_that_may_not_be_written_is_named_and_keeps_no_other(world):
    rain = world.make(Rain)
    world.put(rain, *(a_row(person, at) for person in PEOPLE for at in TIMES))
    world.emulator.flush()
    world.emulator.faults.add("access_denied", operation="PutObject", times=1)

    report = erased(world, rain, "ann")

    assert report.left > 0
    assert [one.kind for one in report.remaining] == ["file"]
    assert "AccessDenied" in report.remaining[0].reason
    assert len(world.bytes_hold(rain, "ann")) == 1

    assert erased(world, rain, "ann").is_complete


def test_what_is_no_file_of_rows_is_named(world, filled):
    stray = world.place(filled).data + "notes.parquet"
    world.objects.put(stray, b"not parquet, but who knows")
    world.objects.put(world.place(filled).data + "_SUCCESS", b"")

    report = erased(world, filled, "ann")

    if world.place(filled).is_iceberg:  # no snapshot names it, and it holds no rows
        assert report.is_complete
    else:
        assert [(one.kind, one.where) for one in report.remaining] == [("file", stray)]


def test_a_table_that_grows_meanwhile_loses_nothing(world):
    snow = world.make(Snow)
    world.put(snow, *(a_row(person, at) for person in PEOPLE for at in TIMES))
    world.emulator.flush()
    answer, grown = world.emulator.answer, []

    def growing(method, url, headers, body):
        if not grown and method == "PUT" and "/data/" in url:
            grown.append(1)
            world.put(snow, a_row("dora"))
            world.emulator.flush()
        return answer(method, url, headers, body)

    world.emulator.answer = growing
    report = erased(world, snow, "ann")
    world.emulator.answer = answer

    assert grown
    assert report.is_complete, report
    assert world.ids(snow) == ["bob"] * 4 + ["cleo"] * 4 + ["dora"]
    assert world.bytes_hold(snow, "ann") == []  # the snapshot of dora's row leads to no old file


def test_a_damaged_file_is_named_and_keeps_no_other(world):
    rain = world.make(Rain)
    world.put(rain, *(a_row(person, at) for person in PEOPLE for at in TIMES))
    world.emulator.flush()
    damaged, *_ = damage(world.files(rain))

    report = erased(world, rain, "ann", proof="scan")

    assert [one.kind for one in report.remaining] == ["file"]
    assert report.remaining[0].where.endswith(damaged.name)
    assert not report.is_complete
    assert not any(b"ann" in path.read_bytes() for path in world.files(rain) if path != damaged)


def test_a_damaged_file_of_a_table_is_named(world):
    snow = world.make(Snow)
    world.put(snow, *(a_row(person, at) for person in PEOPLE for at in TIMES))
    world.emulator.flush()
    damaged, *_ = damage(world.files(snow))

    with pytest.raises(Unreadable, match=damaged.name):
        erased(world, snow, "ann", proof="scan")


def damage(paths):
    """The first file loses its first page, and keeps its footer."""
    data = bytearray(paths[0].read_bytes())
    data[4:60] = b"\xff" * 56
    paths[0].write_bytes(data)
    return paths


def test_an_identifier_is_looked_for_where_bounds_are_cut_within_a_character():
    wanted = Wanted("origin", ["M\u00e9"])

    assert wanted.may_be_within("M\u00e9".encode()[:2], b"N")
    assert not wanted.may_be_within(b"N", b"O")


def test_an_erasure_that_was_cut_short_is_done_by_the_next(world, filled):
    """Killed after any of its calls to S3 or Glue that change something: the next one does the rest."""
    answer = world.emulator.answer
    for after in range(1, 12, 3):
        world.put(filled, a_row("ann", TIMES[0], note="of ann"), a_row("ann", TIMES[3]))
        world.emulator.flush()
        world.emulator.answer = dying_after(after, answer)
        with suppress(Died):
            erased(world, filled, "ann")
        world.emulator.answer = answer

        report = erased(world, filled, "ann")

        assert report.is_complete, report
        assert world.bytes_hold(filled, "ann") == []
        assert world.ids(filled) == ["bob"] * 4 + ["cleo"] * 4


class Died(BaseException):
    """The process is gone: nothing in it may catch this."""


def dying_after(changes, answer):
    """Everything ends after so many calls that change something in S3 or Glue."""
    done = []

    def dying(method, url, headers, body):
        if len(done) >= changes:
            raise Died
        if method in ("PUT", "POST", "DELETE") and (".s3." in url or "UpdateTable" in str(headers)):
            done.append(1)
        return answer(method, url, headers, body)

    return dying


def athena(world, target, sql):
    client = create_client("athena", world.environment, world.root)
    table = target.live.table
    started = client.start_query_execution(
        QueryString=sql.format(f'"{table.database}"."{table.table}"'),
        ResultConfiguration={"OutputLocation": "s3://feature-store/results/"},
    )
    reply = client.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]["Status"]
    assert reply["State"] == "SUCCEEDED", reply


def test_large_files_are_replaced_in_parts(world, filled, monkeypatch):
    monkeypatch.setattr("reconciler.records.offline.uploading.PART_BYTES", 0)

    assert erased(world, filled, "ann").is_complete
    assert world.ids(filled) == ["bob"] * 4 + ["cleo"] * 4


def test_a_large_file_that_was_changed_meanwhile_is_read_again(world, monkeypatch):
    monkeypatch.setattr("reconciler.records.offline.uploading.PART_BYTES", 0)
    rain = world.make(Rain)
    world.put(rain, *(a_row(person) for person in PEOPLE))
    world.emulator.flush()
    (path,) = world.files(rain)
    answer, changed = world.emulator.answer, []

    def changing(method, url, headers, body):
        if method == "POST" and "uploadId" in url and not changed:
            rows = pq.read_table(path, partitioning=None)
            pq.write_table(rows.slice(0, 2), path)
            changed.append(rows["origin"][2].as_py())
        return answer(method, url, headers, body)

    world.emulator.answer = changing
    report = erased(world, rain, "ann")
    world.emulator.answer = answer

    assert report.is_complete, report  # no upload was left behind either
    assert world.ids(rain) == sorted({"bob", "cleo"} - set(changed))


def test_a_record_of_the_last_second_there_is_is_named_and_not_stumbled_over(world):
    """Nothing is later than it, so the service deletes it at no event time."""
    seen = world.make(Seen)
    late = {"plane": "1", "seen_at": "253402300799"}
    world.put(seen, late, {"plane": "2", "seen_at": "1710000000"})

    report = erased(world, seen, "1", "2")

    assert report.online == 2
    assert [(one.kind, one.where) for one in report.remaining][:1] == [("online record", "1")]
    assert not report.is_complete
