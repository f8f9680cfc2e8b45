"""Training sets declared in a registry: what is read of them, what is wrong with them, and where."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from project import Project

from reconciler.errors import Invalid
from reconciler.load import load, read_specs, start, write_specs
from reconciler.state import Asked
from reconciler.state.codec import dataset_as_json, dataset_from_json, registry_as_json, registry_from_json

GROUPS = """
from datetime import datetime

from reconciler.spec import Offline, Online, feature, feature_group


@feature_group(record_id="origin", event_time="observed_at")
class Weather:
    origin: str
    observed_at: datetime
    temp_f: float | None = None
    wind: float | None = feature(default=None, name="wind-mph")
    old: float | None = feature(default=None, deprecated="Nobody reads it.")


@feature_group(record_id="tailnum", event_time="seen_at")
class Plane:
    tailnum: str
    seen_at: datetime
    seats: int | None = None
"""

DATASETS = """
from datetime import timedelta

from reconciler.spec import Dataset, using
from registry.groups import Plane, Weather

departure_delay = Dataset(
    name="departure-delay",
    features=[
        Weather.temp_f,
        using(Weather, key="dest", prefix="dest_").temp_f,
        Plane.seats,
    ],
    keys={Plane: "tail"},
    time="scheduled_at",
    max_age={Weather: timedelta(hours=2), using(Weather, key="dest"): timedelta(hours=3)},
    known_at=True,
    strict=True,
    description="Delay at departure.",
)
"""


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "groups.py").write_text(GROUPS)
    return made


def write(project, text=DATASETS, file="datasets.py"):
    (project.root / "registry" / file).write_text(text)
    return project.root


def faults(project, text, file="datasets.py"):
    """What is wrong, as `line subject: reason`."""
    with pytest.raises(Invalid) as raised:
        load(write(project, text, file))
    return [f"{f.line} {f.subject}: {f.reason} {f.fix}" for f in raised.value.faults]


def of(inside, **more):
    """A registry file with one dataset of these features."""
    words = {"name": '"one"', "time": '"at"', "features": f"[{inside}]"} | more
    said = "".join(f"    {word}={value},\n" for word, value in words.items() if value)
    head = "from datetime import timedelta\nfrom reconciler.spec import Dataset, using\n"
    return f"{head}from registry.groups import Plane, Weather\n\none = Dataset(\n{said})\n"


# Reading


def test_a_dataset_is_read_with_its_lines(project):
    (dataset,) = load(write(project)).datasets.values()

    assert dataset.features == (
        Asked("temp_f", "weather", "temp_f", "origin"),
        Asked("dest_temp_f", "weather", "temp_f", "dest"),
        Asked("seats", "plane", "seats", "tail"),
    )
    assert (dataset.name, dataset.time, dataset.groups) == ("departure-delay", "scheduled_at", ("weather", "plane"))
    assert dataset.max_ages == {("weather", "origin"): timedelta(hours=2), ("weather", "dest"): timedelta(hours=3)}
    assert (dataset.known_at, dataset.strict, dataset.description) == (True, True, "Delay at departure.")
    assert (dataset.source.file, dataset.source.line) == ("registry/datasets.py", 7)
    assert [dataset.source.line_of(name) for name in ("temp_f", "dest_temp_f", "seats", "time")] == [10, 11, 12, 15]


def test_a_group_stands_for_its_features_but_its_keys_and_what_is_deprecated(project):
    (dataset,) = load(write(project, of('Weather, using(Weather, key="dest", prefix="dest_")'))).datasets.values()

    assert [asked.output for asked in dataset.features] == ["temp_f", "wind-mph", "dest_temp_f", "dest_wind-mph"]


def test_an_age_without_a_group_is_for_all_of_them(project):
    text = of("Weather.temp_f, Plane.seats", max_age="timedelta(days=1)")

    (dataset,) = load(write(project, text)).datasets.values()

    assert set(dataset.max_ages.values()) == {timedelta(days=1)}
    assert len(dataset.max_ages) == 2


def test_a_registry_with_datasets_comes_back_from_its_file(project, tmp_path):
    registry = load(write(project))

    write_specs(registry, tmp_path / "specs.json")

    assert read_specs(tmp_path / "specs.json") == registry


def test_a_registry_without_datasets_says_nothing_of_them(project):
    assert "datasets" not in registry_as_json(load(project.root))


def test_the_name_of_a_dataset_brings_the_contracts_of_its_groups(project):
    write(project)
    more = 'from reconciler.spec import Feature, GroupSpec\nGroupSpec(name="x", record_id="a", event_time="b", '
    write(project, more + 'features=[Feature("a", str), Feature("b", str)])\n', "x.py")

    with start(project.root, rows_of="departure-delay") as loading:
        assert sorted(loading.contracts()) == ["plane", "weather"]


def test_validate_counts_datasets(project):
    write(project)

    done = project.run("validate")

    assert done.stdout == "registry/ is valid: 2 feature groups with 8 features, and 1 dataset.\n"


# Faults, at their lines


def test_every_fault_of_a_dataset_is_shown_at_once(project):
    text = DATASETS.replace("Plane.seats", "3").replace(".temp_f,\n        3", '.tmp_f,\n        "x",\n        3')
    text = text.replace('keys={Plane: "tail"}', 'keys={Plane: ""}').replace("hours=2", "hours=-2")
    text = text.replace("known_at=True", 'known_at="yes"').replace("strict=", "strickt=").replace('"scheduled_at"', "4")

    found = [line.split(": ")[0] for line in faults(project, text)]

    assert found == [
        "11 departure-delay.features[1] = weather.tmp_f",
        "12 departure-delay.features[2] = 'x'",
        "13 departure-delay.features[3] = 3",
        "15 departure-delay.keys = Plane",
        "16 departure-delay.time = 4",
        "17 departure-delay.max_age = Weather",
        "18 departure-delay.known_at = 'yes'",
        "19 departure-delay.strickt = True",
    ]


@pytest.mark.parametrize(
    ("features", "more", "said"),
    [
        ("", {}, "one.features = none: A dataset needs features."),
        ("", {"features": None}, "one.features = not given: The dataset has no features."),
        ("", {"features": "Weather"}, "A list of references is wanted here."),
        ("", {"features": "Weather.temp_f"}, "A list of references is wanted here."),
        ("", {"features": "using(Weather).temp_f"}, "A list of references is wanted here."),
        ("", {"features": "{Weather.temp_f}"}, "A set has no order"),
        ("int", {}, "It is no reference to a feature."),
        ("using(int).x", {}, "int is no feature group."),
        ("using(Weather).temp", {}, "weather.temp: The group has no such feature. Did you mean 'temp_f'?"),
        ("using(Weather).x", {}, "It has origin, observed_at, temp_f, wind, old."),
        ("Weather.temp", {}, "weather.temp: The group has no such feature, and the dataset one asks for it. Did you"),
        ("using(Weather, key=3).temp_f", {}, "A text is wanted here"),
        ('using(Weather, key=" ").temp_f', {}, "The label column has no name."),
        ('using(Weather, prefix="a b").temp_f', {}, "Features cannot be named so."),
        ("Weather.temp_f", {"name": '"a b"'}, "A dataset cannot have this name."),
        ("Weather.temp_f", {"name": None}, "name = not given: It has to be said."),
        ("Weather.temp_f", {"time": None}, "one.time = not given: It has to be said."),
        ("Weather.temp_f", {"time": '" "'}, "one.time = ' ': The labels' time has to be said."),
        ("Weather.temp_f, Weather.temp_f", {}, "The dataset names it twice."),
        (
            'Weather.temp_f, using(Weather, key="dest").temp_f',
            {},
            'Give it a prefix: using(..., key="dest", prefix="dest_").temp_f is then dest_temp_f.',
        ),
        (
            'Weather.temp_f, using(Plane, prefix="TEMP_").seats, using(Weather, key="d", prefix="temp_seats").temp_f',
            {"keys": '{Weather: "temp_seats"}'},
            "The labels have a column 'temp_seats' already",
        ),
        ("Plane.tailnum", {}, "The labels have a column 'tailnum' already, and it goes through to the result."),
        ("Weather.temp_f", {"time": '"TEMP_F"'}, "The labels have a column 'TEMP_F' already"),
        ("Weather.temp_f", {"max_age": "3"}, "A timedelta, or one for each group, is wanted here."),
        ("Weather.temp_f", {"max_age": "timedelta(-1)"}, "An age is not less than nothing."),
        ("Weather.temp_f", {"max_age": "{Plane: timedelta(1)}"}, "The dataset uses no feature of plane."),
        (
            "Weather.temp_f",
            {"max_age": '{using(Weather, key="d"): timedelta(1)}'},
            "The dataset uses no feature of weather by d.",
        ),
        (
            "Weather.temp_f",
            {"max_age": '{"wether": timedelta(1)}'},
            "The dataset uses no feature of wether. It uses we",
        ),
        ("Weather.temp_f", {"keys": '{Plane: "tail"}'}, "The dataset uses no feature of plane."),
        ("Weather.temp_f", {"keys": '{using(Weather): "tail"}'}, "using(...) has a key of its own."),
        ("Weather.temp_f", {"keys": '"tail"'}, "A dict is wanted here."),
        ("Weather.temp_f", {"descripton": '"x"'}, "There is no such word. Did you mean description=?"),
    ],
)
def test_what_is_wrong_with_a_dataset_is_said_with_what_works(project, features, more, said):
    assert any(said in fault for fault in faults(project, of(features, **more)))


def test_a_group_without_an_offline_store_gives_no_dataset(project):
    write(project, GROUPS.replace('"tailnum", event_time="seen_at"', '"tailnum", event_time="seen_at", offline=None'))
    (project.root / "registry" / "datasets.py").rename(project.root / "registry" / "groups.py")

    (fault,) = faults(project, DATASETS)

    assert fault.startswith("12 departure-delay.seats = plane.seats: The group plane has no offline store")


def test_a_collection_is_in_memory_only(project):
    listed = GROUPS.replace("seats: int | None = None", "seats: list[int] | None = None")
    write(project, listed, "groups.py")

    found = faults(project, DATASETS)

    assert any("departure-delay.seats = plane.seats: It is a List" in fault for fault in found)


def test_two_datasets_of_one_name_are_both_named(project):
    found = faults(project, DATASETS + DATASETS)

    assert [fault.partition(" ")[0] for fault in found] == ["8", "28"]
    assert "The dataset is declared at registry/datasets.py:27 too." in found[0]


def test_names_of_datasets_that_differ_only_in_case_are_one_too_many(project):
    (fault,) = faults(project, DATASETS + DATASETS.replace("departure-delay", "Departure-Delay"))

    assert "It differs from 'departure-delay' (registry/datasets.py:7) only in case." in fault


def test_a_feature_that_is_taken_away_names_the_dataset_that_asks_for_it(project):
    write(project, GROUPS.replace("    seats: int | None = None\n", ""), "groups.py")

    (fault,) = faults(project, DATASETS)

    assert fault.startswith(
        "12 plane.seats: The group has no such feature, and the dataset departure-delay asks for it."
    )


def test_a_group_that_is_declared_elsewhere_is_not_in_the_registry(project):
    (project.root / "registry" / "groups.py").rename(project.root / "shared.py")

    found = faults(project, DATASETS.replace("registry.groups", "shared"))

    assert [fault.partition(":")[0] for fault in found] == [
        "10 departure-delay.temp_f = weather.temp_f",
        "12 departure-delay.seats = plane.seats",
    ]


def test_a_retired_group_is_left_to_the_plan_and_gives_no_rows(project):
    (project.root / "registry" / "groups.py").rename(project.root / "shared.py")
    retire = 'retire("plane", reason="Sold.")\nretire("weather", reason="Sunny.")\n'
    write(project, f"from reconciler.spec import retire\n{retire}" + DATASETS.replace("registry.groups", "shared"))

    with pytest.warns(match="is declared outside of registry/"):
        assert list(load(project.root).datasets) == ["departure-delay"]
    with (
        pytest.raises(Invalid, match="The group plane is retired"),
        start(project.root, rows_of="departure-delay") as loading,
    ):
        loading.contracts()


def test_a_prefix_at_fault_is_one_fault(project):
    assert len(faults(project, of('Weather.temp_f, using(Weather, prefix="a b").temp_f'))) == 1


# Files


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("name",), 3, "datasets[0].name"),
        (("time",), None, "datasets[0].time"),
        (("features", 0, "key"), None, "datasets[0].features[0].key"),
        (("features", 0, "more"), 1, "datasets[0].features[0].more"),
        (("max_ages", 0, "age_us"), 1.5, "datasets[0].max_ages[0].age_us"),
        (("max_ages", 0, "age_us"), 10**30, "no age is as long"),
        (("max_ages", 0, "key"), "origin", "stand there twice"),
        (("strict",), "yes", "datasets[0].strict"),
        (("more",), 1, "datasets[0].more"),
    ],
)
def test_a_file_is_read_strictly(project, path, value, said):
    document = json.loads(json.dumps(registry_as_json(load(write(project)))))
    part = document["datasets"][0]
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value

    with pytest.raises(Invalid) as raised:
        registry_from_json(document)

    assert said in str(raised.value)


def test_a_dataset_that_a_file_says_twice_is_refused(project):
    document = registry_as_json(load(write(project)))

    with pytest.raises(Invalid, match="stands there twice"):
        registry_from_json({**document, "datasets": document["datasets"] * 2})


def test_what_a_file_says_is_checked_as_if_it_had_been_loaded(project, tmp_path):
    registry = load(write(project))
    (dataset,) = registry.datasets.values()
    odd = replace(
        dataset,
        features=(
            *dataset.features,
            Asked("x", "weathr", "temp_f", "origin"),
            Asked("y", "weather", "temp", ""),
            Asked("a/b", "weather", "old", "o"),
        ),
        max_ages={("weather", "nowhere"): timedelta(-1)},
    )
    write_specs(replace(registry, datasets={dataset.name: odd}), tmp_path / "specs.json")

    with pytest.raises(Invalid) as raised:
        read_specs(tmp_path / "specs.json")

    assert sorted(fault.reason for fault in raised.value.faults) == [
        "A column of the result cannot be named so.",
        "An age is not less than nothing.",
        "The dataset uses no feature of weather by nowhere.",
        "The group has no such feature.",
        "The label column that finds its rows has no name.",
        "The registry has no group weathr.",
    ]


def test_an_age_keeps_its_microseconds(project):
    (dataset,) = load(write(project)).datasets.values()
    long = replace(dataset, max_ages={("weather", "dest"): timedelta.max, ("plane", "tail"): timedelta(microseconds=1)})

    assert dataset_from_json(json.loads(json.dumps(dataset_as_json(long)))) == long


# Plans


def test_a_plan_of_this_machine_refuses_what_a_dataset_would_miss(project):
    write(project, DATASETS.replace("Weather.temp_f", "Weather.old"))

    refused = project.run("plan")

    assert refused.returncode == 3
    assert "! weather.old  FS105 refused" in refused.stdout
    assert "registry/datasets.py:10" in refused.stdout


def test_datasets_are_no_part_of_what_is_applied(project):
    project.run("apply", "--yes")
    write(project)

    planned = project.run("plan", "--detailed-exitcode")

    assert planned.returncode == 0
    assert "nothing" in planned.stdout.lower()
