"""A report says how many labels found what, and how old it was: as numbers, text and a picture."""

import json
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_answers import GOOD, NO_PLANE, NOON, QUESTION, SEATS, a_result, labels

from reconciler.datasets.question import Status
from reconciler.datasets.results import tally
from reconciler.datasets.results.report import QUANTILES, JoinReport, Report, share, span
from reconciler.datasets.results.tally import AgeTally
from reconciler.errors import Usage

SVG = "{http://www.w3.org/2000/svg}"


def ages_of(seconds, limit=math.inf):
    seconds = np.array(seconds, np.float64)
    counted = AgeTally()
    for part in np.array_split(seconds, 3):
        counted.add(part, part > limit)
    return counted.ages()


def a_report(**changes):
    weather = JoinReport(
        "weather", "dev-weather", "origin", 90, 5, 1, 3, 1, 7200.0, 26_130, 2, NOON,
        ages_of([*range(90), 9000, 9500, 99_999], 7200), {"temp_f": 12},
    )  # fmt: skip
    plane = JoinReport("plane", "dev-plane", "tailnum", 0, 100, ages=ages_of([]))
    return Report("departure-delay", "duckdb", 100, 100, joins=(weather, plane), **changes)


@given(st.lists(st.floats(0, 3.2e11), min_size=1, max_size=200))
def test_quantiles_are_ages_that_so_large_a_part_of_the_labels_does_not_exceed(seconds):
    ages = ages_of(seconds)

    ordered = sorted(seconds)
    assert (ages.count, ages.least, ages.most) == (len(seconds), ordered[0], ordered[-1])
    for name, part in QUANTILES.items():
        found = ages.quantiles[name]
        assert found in ordered
        assert sum(one <= found for one in seconds) >= part * len(seconds)
        assert sum(one < found for one in seconds) < part * len(seconds) + 1e-6


@given(st.lists(st.floats(0, 3.2e11), min_size=1, max_size=100), st.floats(0, 1e9))
def test_every_age_is_in_one_bin(seconds, limit):
    ages = ages_of(seconds, limit)

    assert sum(one.matched for one in ages.bins) == sum(one <= limit for one in seconds) == ages.count
    assert sum(one.stale for one in ages.bins) == sum(one > limit for one in seconds)
    assert all(one.start < one.end for one in ages.bins)
    assert [one.end for one in ages.bins[:-1]] == [one.start for one in ages.bins[1:]]
    # The edges that are told are rounded to four digits.
    assert ages.bins[0].start <= min(seconds) * 1.001
    assert max(seconds) <= ages.bins[-1].end * 1.001


def test_quantiles_of_very_many_ages_are_right_to_one_part_in_a_hundred(monkeypatch):
    seconds = np.random.default_rng(1).lognormal(8, 2, 20_000)
    exact = ages_of(seconds)
    monkeypatch.setattr(tally, "EXACT", 10_000)

    rough = ages_of(seconds)

    assert exact.is_exact
    assert not rough.is_exact
    assert (rough.least, rough.most, rough.bins) == (exact.least, exact.most, exact.bins)
    assert rough.quantiles == pytest.approx(exact.quantiles, rel=0.01)


def test_ages_are_differences_of_instants_to_the_nanosecond(tmp_path):
    found = [
        [(Status.MATCHED, 0.5, None, None, None), (Status.MATCHED, 0.25, 3)],
        [(Status.MATCHED, 0.0, 1.0, 1, ""), NO_PLANE],
    ]

    weather, plane = a_result(labels({"origin": ["A", "B"], "tailnum": ["C", "D"]}), found, tmp_path).report.joins

    assert (weather.ages.least, weather.ages.most) == (0.0, 0.5)
    assert (plane.ages.least, plane.ages.count) == (0.25, 1)


def test_ages_of_stale_features_are_in_the_bins_and_not_in_the_quantiles(tmp_path):
    found = [[GOOD, SEATS], [(Status.STALE, 90_000.0), SEATS]]

    ages = a_result(labels({"origin": ["A", "B"], "tailnum": ["C", "D"]}), found, tmp_path).report.joins[0].ages

    assert (ages.count, ages.most, ages.quantiles["p99"]) == (1, 600.0, 600.0)
    assert (ages.bins[-1].stale, ages.bins[-1].end) == (1, pytest.approx(100_000))


def test_a_report_is_read_from_its_json():
    report = a_report(dropped=0, scanned_bytes=12, cost_usd=0.5, query_ids=("q",), notes=("Slow.",))

    document = json.loads(json.dumps(report.as_json()))

    assert document["format_version"] == "1"
    assert Report.from_json(document) == report


@pytest.mark.parametrize("wrong", [{}, {"format_version": "1"}, {"format_version": "1", "joins": 3}, [], "x"])
def test_other_json_is_no_report(wrong):
    with pytest.raises(Usage, match="no report of a dataset"):
        Report.from_json(wrong)


def test_a_report_of_another_format_is_refused():
    with pytest.raises(Usage, match="of format '2', and this version of reconciler reads '1'"):
        Report.from_json(a_report().as_json() | {"format_version": "2"})


def test_the_text_of_a_report_has_every_number():
    assert (
        a_report(notes=("One partition is not registered.",), scanned_bytes=2_000_000, cost_usd=0.0001).as_text()
        == """\
departure-delay: 100 rows, answered by duckdb

                   matched          missing  stale  deleted  no key
weather by origin       90  90.0 %        5      3        1       1
plane by tailnum         0     0 %      100      0        0       0

Age of the features at the moments of their labels
                   least  5 %  median     95 %     most  allowed
weather by origin    0 s  4 s    44 s  1.4 min  1.5 min      2 h

dev-weather: 26,130 rows read, the newest written 2024-01-01 12:00:00 UTC
dev-weather: 2 rows left out, their identifier or event time cannot be read
2,000,000 bytes scanned, about $0.0001
One partition is not registered."""
    )


def test_the_text_of_a_report_is_harmless_on_a_terminal():
    report = Report("\x1b[31mred", "duckdb", 1, 1, joins=(JoinReport("w\x1b[2J", "w", "k\n::error::", 1),))

    assert "\x1b" not in report.as_text()


def test_labels_that_were_left_out_are_told():
    assert Report("d", "athena", 10, 7, 3).as_text() == "d: 7 rows of 10 labels (3 dropped), answered by athena"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (1e-9, "1 ns"), (0.000_25, "250 µs"), (0.5, "500 ms"), (0.9999, "1 s"), (1, "1 s"), (1.5, "1.5 s"),
        (59.9, "60 s"), (60, "1 min"), (90, "1.5 min"), (2520, "42 min"), (3599.9, "1 h"), (5400, "1.5 h"),
        (7200, "2 h"), (86_400, "1 d"), (12 * 86_400, "12 d"), (365.25 * 86_400, "1 y"), (6e10, "1,901 y"),
    ],
)  # fmt: skip
def test_lengths_of_time_are_told_in_a_unit_that_suits_them(seconds, text):
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "-"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (1, 100_000, "<0.1 %"),
        (99_999, 100_000, ">99.9 %"),
        (1, 3, "33.3 %"),
    ],
)
def test_what_is_not_all_never_looks_like_all(part, whole, text):
    assert share(part, whole) == text


def test_the_picture_is_xml_that_says_in_words_what_it_shows():
    picture = ET.fromstring(a_report().picture())

    ids = picture.get("aria-labelledby").split()
    title, text = (next(one.text for one in picture if one.get("id") == found) for found in ids)
    assert picture.get("role") == "img"
    assert title == "departure-delay: 100 rows, answered by duckdb"
    assert text.startswith("weather by origin: 90 matched, 5 missing, 3 stale, 1 deleted, 1 no key. Half of the")
    assert text.endswith("plane by tailnum: 100 missing.")


def test_the_picture_is_as_high_as_it_needs_to_be_and_nothing_is_outside():
    picture = ET.fromstring(a_report().picture())

    _, _, width, height = map(float, picture.get("viewBox").split())
    for one in picture.iter(f"{SVG}rect"):
        assert 0 <= float(one.get("x")) <= float(one.get("x")) + float(one.get("width")) <= width
        assert 0 <= float(one.get("y")) <= float(one.get("y")) + float(one.get("height")) <= height
    assert all(0 < float(one.get("y")) < height for one in picture.iter(f"{SVG}text"))


def test_names_are_no_markup_in_the_picture():
    report = Report("<b>&\x00", "d", 1, 1, joins=(JoinReport("</svg><script>", "w", 'k"', 1),))

    picture = ET.fromstring(report.picture())

    assert "<b>&" in {one.text for one in picture.iter(f"{SVG}text")}
    assert not list(picture.iter(f"{SVG}script"))


def test_a_name_that_is_too_long_is_cut_and_whole_for_who_points_at_it():
    report = Report("n" * 300, "d", 1, 1)

    shown = next(iter(ET.fromstring(report.picture()).iter(f"{SVG}text")))

    assert shown.find(f"{SVG}title").text == "n" * 300
    assert shown.find(f"{SVG}title").tail.endswith("n…")


@given(st.lists(st.floats(0, 3.2e11), max_size=20), st.floats(0, 3.2e11) | st.none())
def test_any_ages_can_be_drawn(seconds, limit):
    ages = ages_of(seconds, math.inf if limit is None else limit)
    join = JoinReport("w", "w", "k", ages.count, stale=len(seconds) - ages.count, max_age=limit, ages=ages)

    picture = ET.fromstring(Report("", "d", len(seconds), len(seconds), joins=(join,)).picture())

    for one in picture.iter():
        assert all(math.isfinite(float(one.get(name))) for name in ("x", "y", "x1", "width", "height") if one.get(name))


def test_a_picture_is_saved_as_what_it_is(tmp_path):
    a_report().save_picture(tmp_path / "new" / "report.svg")

    assert (tmp_path / "new" / "report.svg").read_text() == a_report().picture()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.svg"]
    with pytest.raises(Usage, match=r"name it \.svg"):
        a_report().save_picture(tmp_path / "report.png")


def test_a_question_has_reports_by_its_joins(tmp_path):
    report = a_result(labels({"origin": ["A"], "tailnum": ["C"]}), [[GOOD, SEATS]], tmp_path).report

    assert [join.title for join in report.joins] == [f"{join.group} by {join.key.column}" for join in QUESTION.joins]
