"""Records of the spec's class, dicts, and whatever else an iterable yields."""

import subprocess
import sys
from collections import OrderedDict
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from weather_rows import column_of, faults_of, opened, places_of, rows_of

from reconciler.errors import Usage
from reconciler.records.sources import open_source
from reconciler.spec import Online, Vector, feature, feature_group

NOON = datetime(2013, 1, 1, 12, tzinfo=UTC)


@feature_group(record_id="tail", event_time="seen_at", online=Online(storage_type="InMemory"), offline=None)
class Plane:
    """An aeroplane."""

    tail: str
    seen_at: datetime
    seats: int | None = feature(default=None, name="seat-count")
    routes: set[str] | None = None
    shape: Vector[2] | None = None


@feature_group(name="other", record_id="tail", event_time="seen_at", offline=None)
class Other:
    """Another group."""

    tail: str
    seen_at: datetime


PLANE = Plane.__feature_group__.contract(Plane)


def _planes(count):
    return (Plane(tail=f"N{n}", seen_at=NOON, seats=n, routes={"b", "a"}, shape=[1.0, n]) for n in range(count))


def test_records_come_under_the_names_of_their_features(tmp_path):
    source = open_source(_planes(5), PLANE, chunk_rows=2, scratch=tmp_path)

    assert rows_of(source)[4] == {
        "tail": "N4",
        "seen_at": NOON,
        "seat-count": 4,
        "routes": ["a", "b"],
        "shape": [1.0, 4.0],
    }
    assert (source.rows, places_of(source)[4]) == (5, "row 4")


def test_a_generator_is_read_once_and_given_twice(tmp_path):
    rows = ({"origin": f"A{n}", "humid": n} for n in range(5))

    source = opened(rows, tmp_path, chunk_rows=2)

    assert [row["humid"] for row in rows_of(source)] == [0, 1, 2, 3, 4]
    source.close()
    assert not list(tmp_path.iterdir())


def test_what_a_generator_raises_is_passed_on_and_nothing_is_left(tmp_path):
    def rows():
        yield from ({"origin": "JFK"} for _ in range(5))
        raise KeyError("origin")

    with pytest.raises(KeyError):
        opened(rows(), tmp_path, chunk_rows=2)

    assert not list(tmp_path.iterdir())


def test_a_record_of_another_class_is_a_fault_of_its_row(tmp_path):
    rows = [*_planes(1), Other(tail="N1", seen_at=NOON), None, ("N2", NOON), {"tail": "N3", "seen_at": NOON}]

    source = open_source(rows, PLANE, scratch=tmp_path)

    chunk = next(iter(source.chunks()))
    assert [(fault.place, fault.reason) for fault in chunk.faults] == [
        ("row 1", "It is of type Other, which is no record of plane."),
        ("row 2", "It is of type NoneType, which is no record of plane."),
        ("row 3", "It is of type tuple, which is no record of plane."),
    ]
    assert chunk.faults[0].fix == "Give instances of Plane, or dicts."
    assert column_of(source, "tail")[1] == ["N0", None, None, None, "N3"]


def test_a_class_that_was_defined_anew_is_still_the_same_group(tmp_path):
    def again():
        @feature_group(name="other", record_id="tail", event_time="seen_at", offline=None)
        class Other:
            """Another group."""

            tail: str
            seen_at: datetime

        return Other

    contract = again().__feature_group__.contract(again())

    source = open_source([Other(tail="N1", seen_at=NOON)], contract, scratch=tmp_path)

    assert not faults_of(source)


def test_unknown_keys_of_dicts_are_faults_of_their_rows_in_one_order(tmp_path):
    source = opened([{"origin": "JFK", "b": 1, "a": 2, 7: 3}, OrderedDict(origin="LGA")], tmp_path)

    assert [feature for _, feature, _, _ in faults_of(source)] == ["7", "a", "b"]


def test_any_mapping_is_a_row(tmp_path):
    assert rows_of(opened([MappingProxyType({"origin": "JFK"})], tmp_path))[0]["origin"] == "JFK"


def test_times_with_and_without_a_zone_are_told_apart_row_by_row(tmp_path):
    tokyo = datetime(2013, 1, 1, 21, tzinfo=ZoneInfo("Asia/Tokyo"))
    times = [tokyo, NOON.replace(tzinfo=None), "2013-01-01T12:00:00Z"]

    source = opened([{"observed_at": time} for time in times], tmp_path)

    assert column_of(source, "observed_at")[1] == ["2013-01-01T21:00:00+09:00", None, "2013-01-01T12:00:00Z"]
    assert [(place, reason) for place, _, _, reason in faults_of(source)] == [
        ("row 1", "It has no time zone, so the instant is not known.")
    ]


def test_times_of_several_zones_are_instants(tmp_path):
    times = [datetime(2013, 1, 1, 21, tzinfo=ZoneInfo("Asia/Tokyo")), NOON, None]

    kind, values = column_of(opened([{"observed_at": time} for time in times], tmp_path), "observed_at")

    assert str(kind) == "timestamp[us, tz=UTC]"
    assert values == [NOON, NOON, None]


def test_sets_have_one_order_in_every_process(tmp_path):
    code = (
        "import sys; from pathlib import Path; from weather_rows import WEATHER, opened;"
        "c = WEATHER.columns[-1]._replace(kind='str');"
        "from dataclasses import replace; w = replace(WEATHER, columns=(*WEATHER.columns[:-1], c));"
        "s = opened([{'gusts': set('abcdefghij')}], Path(sys.argv[1]), contract=w);"
        "print(next(s.chunks()).batch['gusts'].to_pylist())"
    )
    paths = {"PYTHONPATH": ":".join(path for path in sys.path if path)}

    said = {
        subprocess.run(
            [sys.executable, "-c", code, tmp_path],
            env={**paths, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in (1, 2)
    }

    assert said == {f"[{list('abcdefghij')}]\n".encode()}


def test_faults_in_a_collection_name_the_item(tmp_path):
    source = opened([{"gusts": [1.5]}, {"gusts": []}, {"gusts": [1.5, "x", None]}, {"gusts": [[1]]}], tmp_path)

    assert column_of(source, "gusts")[1] == [[1.5], [], [1.5, None, None], [None]]
    assert [(place, value, reason) for place, _, value, reason in faults_of(source)] == [
        ("row 2", "x", "Item 1: It is of type str, and the feature takes numbers."),
        ("row 3", "[1]", "Item 0: It is of type list, and the feature takes numbers."),
    ]


@pytest.mark.parametrize(
    ("data", "way_out"),
    [
        ({"origin": ["JFK"]}, "For a single row give a list of it, for columns pyarrow.table(...)."),
        (Other(tail="N1", seen_at=NOON), "For a single record give a list of it."),
    ],
)
def test_a_single_row_is_no_table(tmp_path, data, way_out):
    with pytest.raises(Usage) as caught:
        opened(data, tmp_path)

    assert way_out in str(caught.value)


def test_an_asynchronous_iterator_is_refused_in_words(tmp_path):
    async def rows():
        yield {}

    with pytest.raises(Usage):
        opened(rows(), tmp_path)


def test_faults_of_spooled_rows_are_kept_with_them(tmp_path):
    rows = [{"origin": f"A{n}", "humid": "x" if n % 3 == 0 else n} for n in range(10)]

    source = opened(iter(rows), tmp_path, chunk_rows=2)

    assert [place for place, *_ in faults_of(source)] == ["row 0", "row 3", "row 6", "row 9"]
    assert column_of(source, "humid")[1] == [None if n % 3 == 0 else n for n in range(10)]
