"""Rows that are offline twice."""

from collections import Counter

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offline_place import Rain, Seen, Snow, World, a_row

from reconciler.records.offline.duplicates import remove_duplicates

ROWS = [
    a_row(origin, at, mm="1.5") for origin in ("JFK", "LGA") for at in ("2024-02-01T03:05:06Z", "2024-02-02T04:00:00Z")
]


def deduplicated(world, target, **more):
    return remove_duplicates(world.environment, world.root, target, **more)


def values(rows):
    """Rows by what they say, without when they were written."""
    own = ("write_time", "api_invocation_time")
    return Counter(tuple(sorted((k, str(v)) for k, v in row.items() if k not in own)) for row in rows)


def test_repeated_rows_are_counted_and_removed(world, group):
    world.put(group, *ROWS)
    world.emulator.flush()
    once = values(world.rows(group))
    world.sleep(60)
    world.put(group, *ROWS[:3], ROWS[0])

    report = deduplicated(world, group)

    assert (report.rows, report.found, report.removed) == (8, 4, 4)
    assert values(world.rows(group)) == once
    again = deduplicated(world, group)
    assert (again.rows, again.found, again.rewritten) == (4, 0, 0)


def test_of_two_the_one_that_was_received_first_stays(world, group):
    world.put(group, ROWS[0])
    world.emulator.flush()
    (first,) = world.rows(group)
    world.sleep(3600)
    world.put(group, ROWS[0])

    deduplicated(world, group)

    assert world.rows(group) == [first]


def test_rows_that_differ_in_a_value_both_stay(world, group):
    world.put(group, ROWS[0], ROWS[0] | {"mm": "2"}, {name: ROWS[0][name] for name in ("origin", "observed_at")})
    world.runtime.delete_record(
        FeatureGroupName=group.name, RecordIdentifierValueAsString="JFK", EventTime="2024-02-01T03:05:06Z"
    )

    report = deduplicated(world, group)

    assert (report.rows, report.found) == (4, 0)


def test_an_instant_that_is_written_in_two_ways_is_one(world, group):
    world.put(group, a_row(at="2024-02-01T03:05:06Z"), a_row(at="2024-02-01T03:05:06.000Z"))

    assert deduplicated(world, group).found == 1


def test_a_dry_run_only_counts(world, group):
    world.put(group, ROWS[0], ROWS[0])
    world.emulator.flush()
    before = world.rows(group)

    report = deduplicated(world, group, dry_run=True)

    assert (report.found, report.removed, report.dry_run) == (1, 0, True)
    assert world.rows(group) == before


def test_only_the_partitions_of_an_ingest_are_looked_at(world, group):
    world.put(group, *ROWS)
    report = world.ingested(group, ROWS[0])

    found = deduplicated(world, group, report=report)

    assert (found.rows, found.found, found.removed) == (3, 1, 1)


def test_rows_that_a_delete_hides_do_not_count(world):
    from test_erasing import athena

    snow = world.make(Snow)
    world.put(snow, *ROWS, *ROWS)
    world.emulator.flush()
    athena(world, snow, "DELETE FROM {} WHERE origin = 'JFK'")

    report = deduplicated(world, snow)

    assert (report.rows, report.found) == (4, 2)
    assert world.ids(snow) == ["LGA", "LGA"]


def test_files_from_before_a_feature_was_added_are_compared_too(world, group):
    world.put(group, ROWS[0])
    world.emulator.flush()
    world.store.update(group.name, FeatureAdditions=[{"FeatureName": "extra", "FeatureType": "Integral"}])
    world.put(group, ROWS[0], ROWS[0] | {"extra": 7})

    report = deduplicated(world, group)

    assert (report.rows, report.found, report.removed) == (3, 1, 1)


def test_numbers_may_repeat(world):
    seen = world.make(Seen)
    world.put(
        seen, *({"plane": 7, "seen_at": at, "speed": "1.5"} for at in ("1706929506.25", "1706929506.250", "1.5e9"))
    )

    assert deduplicated(world, seen).found == 1


def test_a_file_that_was_changed_meanwhile_is_left_alone(world):
    rain = world.make(Rain)
    world.put(rain, ROWS[0], ROWS[0], ROWS[1])
    world.emulator.flush()
    (path,) = [path for path in world.files(rain) if pq.read_metadata(path).num_rows == 2]
    answer, changed = world.emulator.answer, []

    def changing(method, url, headers, body):
        if method == "PUT" and not changed:
            pq.write_table(pq.read_table(path, partitioning=None), path, compression="gzip")
            changed.append(path.read_bytes())
        return answer(method, url, headers, body)

    world.emulator.answer = changing
    report = deduplicated(world, rain)
    world.emulator.answer = answer

    assert (report.found, report.removed) == (1, 0)
    assert path.read_bytes() == changed[0]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("shared"))
    return world, world.make(Rain), world.make(Snow)


@settings(max_examples=8)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(["2024-02-01T03:05:06Z", "2024-02-01T04:05:06Z", "2024-02-02T03:05:06Z"]),
            st.sampled_from([None, "1", "2"]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_what_is_left_is_each_row_once(shared, rows, is_iceberg):
    world, rain, snow = shared
    target = snow if is_iceberg else rain
    for origin, at, note, cut in rows:
        world.put(target, a_row(origin, at, **({"note": note} if note else {})))
        if cut:
            world.emulator.flush()
    world.emulator.flush()
    every = values(world.rows(target))

    report = deduplicated(world, target)

    assert values(world.rows(target)) == Counter(dict.fromkeys(every, 1))
    assert report.removed == sum(every.values()) - len(every)
