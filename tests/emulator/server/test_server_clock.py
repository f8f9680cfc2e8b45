"""Time that can be moved, set and stopped, for every process on a directory."""

import pytest
from emulator_help import a_group

from reconciler.emulator.embedded import open_emulator


@pytest.fixture
def created(emulator, sagemaker):
    def of(name):
        sagemaker.create_feature_group(**a_group(name))
        return sagemaker.describe_feature_group(FeatureGroupName=name)["CreationTime"].timestamp()

    return of


def test_time_stands_until_it_is_moved(emulator, created):
    emulator.set_clock("2026-01-01T00:00:00Z")
    emulator.freeze_clock()
    before = emulator.clock()
    first = created("first")
    emulator.advance_clock(90)

    assert before["frozen"]
    assert first == before["epoch_seconds"]
    assert created("second") == first + 90


def test_time_goes_on_from_where_it_stood(emulator):
    emulator.freeze_clock()
    emulator.advance_clock(3600)
    stood = emulator.clock()["epoch_seconds"]
    emulator.thaw_clock()

    assert not emulator.clock()["frozen"]
    assert 0 <= emulator.clock()["epoch_seconds"] - stood < 60


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00.5", "2026-01-01T00:00:00.500Z"),
        ("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00.000Z"),
        (1767225600, "2026-01-01T00:00:00.000Z"),
        (0.25, "1970-01-01T00:00:00.250Z"),
    ],
)
def test_it_is_set_in_iso_or_in_seconds(emulator, given, shown):
    emulator.freeze_clock()
    emulator.set_clock(given)

    assert emulator.clock()["now"] == shown


def test_it_goes_back_only_to_where_nothing_has_happened_yet(emulator, created):
    emulator.set_clock("2020-01-01T00:00:00Z")
    created("weather")
    emulator.set_clock("2024-01-01T00:00:00Z")

    with pytest.raises(ValueError, match="cannot go back behind what has happened; reset"):
        emulator.set_clock("2019-12-31T23:59:59Z")
    emulator.set_clock("2020-01-02T00:00:00Z")
    emulator.reset()
    emulator.set_clock("2019-12-31T23:59:59Z")

    assert emulator.clock()["now"].startswith("2019-12-31T23:59:59")


@pytest.mark.parametrize("move", [-1, float("nan"), 1e15])
def test_it_does_not_leave_the_years_there_are(emulator, move):
    with pytest.raises(ValueError):
        emulator.advance_clock(move)


@pytest.mark.parametrize("moment", [-1, 1e15, "nonsense", "10000-01-01", None, True, float("nan")])
def test_it_is_not_set_to_what_is_no_time(emulator, moment):
    with pytest.raises(ValueError):
        emulator.set_clock(moment)


def test_others_on_the_directory_see_it(emulator, tmp_path):
    with open_emulator(tmp_path / "data") as other:
        other.freeze_clock()
        other.set_clock("2030-01-01T00:00:00Z")

    assert emulator.clock() == {"now": "2030-01-01T00:00:00.000Z", "epoch_seconds": 1893456000.0, "frozen": True}


def test_a_reset_sets_it_right(emulator):
    emulator.set_clock("2030-01-01T00:00:00Z")
    emulator.freeze_clock()
    emulator.reset()

    assert not emulator.clock()["frozen"]
    assert not emulator.clock()["now"].startswith("2030-01-01T00:00:00")


def test_over_http(server):
    set_to = server.ask("POST", "clock", {"set": "2199-01-01T00:00:00Z", "freeze": True})
    moved = server.ask("POST", "clock", {"advance_seconds": 60})

    assert set_to["now"] == "2199-01-01T00:00:00.000Z"
    assert moved == server.ask("GET", "clock")
    assert moved == {"now": "2199-01-01T00:01:00.000Z", "epoch_seconds": 7226582460.0, "frozen": True}
    server.ask("POST", "reset")
