"""Online values beside what the offline store says they should be."""

import json
import math
from datetime import timedelta

import pyarrow as pa
import pytest
from brute_engine import Brute
from serving_world import AT, CREW, DEST, PLANE, WEATHER, World, ago, iso

from reconciler.datasets.inventory.files import InEnvironment
from reconciler.datasets.question import Moments, Output
from reconciler.datasets.skew.check import Patience, check
from reconciler.datasets.skew.comparing import Feature
from reconciler.datasets.skew.report import Finding, GroupSkew, SkewReport
from reconciler.errors import Usage


@pytest.fixture
def own(tmp_path):
    """An emulator of the test's own, for it is about everything in a store."""
    made = World(tmp_path)
    yield made
    made.runtime.close()


@pytest.fixture(params=["brute", "athena", "duckdb"])
def engine(request, own, tmp_path):
    """Who reads the offline stores."""
    if request.param == "duckdb":
        from reconciler.datasets.engines.duckdb import DuckDb

        return DuckDb(InEnvironment(own.environment, own.root), tmp_path)
    if request.param == "athena":
        from reconciler.datasets.engines.athena import AthenaEngine

        return AthenaEngine(own.environment, own.root, sleep=lambda _: None)
    return Brute(own)


def look(world, *features, at=AT, engine=None, **more):
    world.emulator.flush()
    question = world.question(*features)
    return check(world.runtime, engine or Brute(world), question, world.targets, dataset="flights", at=at, **more)


def weather(world, origin, stores=None, at=None, **texts):
    world.put("weather", stores, origin=origin, observed_at=at or ago(hours=1), **texts)


def test_stores_that_agree_have_no_skew(own, engine):
    weather(own, "A", temp_f="1.5", sky="clear", gusts="7", is_dark="1")
    weather(own, "B", temp_f="1e3")
    weather(own, "B", at=ago(hours=2), temp_f="-0.0")
    own.put("plane", plane=7, seen_at=AT.timestamp() - 0.5, seats=55)
    own.put("crew", crew="c", since=ago(hours=1), size=4)

    report = look(own, *WEATHER, *DEST, *PLANE, *CREW, engine=engine)

    assert [(group.group, group.name, group.counts) for group in report.groups] == [
        ("weather", "dev-weather", {Finding.SAME: 2}),
        ("plane", "dev-plane", {Finding.SAME: 1}),
        ("crew", "dev-crew", {Finding.SAME: 1}),
    ]
    assert not report.is_skewed
    assert report.exit_code == 0
    compared = {one.feature: (one.compared, one.differ) for one in report.groups[0].features}
    assert compared == dict.fromkeys(("temp_f", "gusts", "sky", "is_dark", "read-at"), (2, 0))


def test_each_way_in_which_stores_part_has_a_name(own, engine):
    recent = ago(minutes=5)
    weather(own, "same", temp_f="1")
    weather(own, "deleted")
    own.delete("weather", "deleted", ago(minutes=30))
    weather(own, "waiting", "OnlineStore", at=recent)
    weather(own, "waiting with a past")
    weather(own, "waiting with a past", "OnlineStore", at=recent)
    weather(own, "back again")
    own.delete("weather", "back again", ago(minutes=30))
    weather(own, "back again", "OnlineStore", at=recent)
    weather(own, "going")
    own.delete("weather", "going", ago(minutes=30), TargetStores=["OnlineStore"])
    weather(own, "differs", "OnlineStore", temp_f="1")
    weather(own, "differs", "OfflineStore", temp_f="2")
    weather(own, "online newer", at=ago(hours=2))
    weather(own, "online newer", "OnlineStore")
    weather(own, "online older", "OfflineStore")
    weather(own, "online older", "OnlineStore", at=ago(hours=2))
    weather(own, "only online", "OnlineStore")
    weather(own, "only offline", "OfflineStore")
    weather(own, "still online")
    own.delete("weather", "still online", ago(minutes=30), TargetStores=["OfflineStore"])

    report = look(own, WEATHER[0], sample=None, engine=engine)

    (group,) = report.groups
    assert group.counts == {
        Finding.SAME: 1,
        Finding.DELETED: 1,
        Finding.WAITING: 3,
        Finding.DELETE_WAITING: 1,
        Finding.DIFFERS: 1,
        Finding.ONLINE_NEWER: 1,
        Finding.ONLINE_OLDER: 1,
        Finding.ONLY_ONLINE: 1,
        Finding.ONLY_OFFLINE: 1,
        Finding.STILL_ONLINE: 1,
    }
    assert (group.records, group.skewed, report.exit_code) == (12, 6, 1)
    found = {one.record_id: (one.finding.value.replace("_", " "), one.online_event) for one in group.examples}
    assert found == {
        name: (name, None if name == "only offline" else ago(hours=2 if name == "online older" else 1))
        for name in ("differs", "online newer", "online older", "only online", "only offline", "still online")
    }


def test_what_expired_online_is_as_it_should_be(own):
    own.store.update("dev-weather", OnlineStoreConfig={"TtlDuration": {"Unit": "Hours", "Value": 2}})
    weather(own, "expired", "OfflineStore", at=ago(hours=2))
    weather(own, "expires later", "OfflineStore", at=ago(hours=1))
    target = own.targets["weather"]
    own.targets["weather"] = target.__class__(target.contract, target.name, own.live("dev-weather"))

    (group,) = look(own, WEATHER[0]).groups

    assert group.counts == {Finding.EXPIRED: 1, Finding.ONLY_OFFLINE: 1}


def test_values_are_counted_by_feature_with_examples(own):
    for number in range(8):
        weather(own, f"r{number}", "OnlineStore", temp_f=f"{number}", sky="a")
        weather(own, f"r{number}", "OfflineStore", temp_f="0", sky="a", gusts="1")
    weather(own, "r8", "OnlineStore", temp_f="5")
    weather(own, "r8", "OfflineStore")

    (group,) = look(own, WEATHER[0], WEATHER[1], WEATHER[2]).groups

    temp, gusts, sky = group.features
    assert (temp.compared, temp.differ, temp.null_online, temp.null_offline) == (9, 8, 0, 1)
    assert (gusts.compared, gusts.differ, gusts.null_online, gusts.null_offline) == (9, 8, 8, 0)
    assert (sky.compared, sky.differ, sky.examples) == (9, 0, ())
    assert [(one.record_id, one.online, one.offline) for one in temp.examples][:2] == [
        ("r1", 1.0, 0.0),
        ("r2", 2.0, 0.0),
    ]
    assert len(temp.examples) == len(group.examples) == 5
    assert group.examples[0].note == "gusts"


def test_the_same_moment_may_be_written_in_two_ways(own):
    weather(own, "A", "OnlineStore", at="2026-01-31T11:00:00Z", temp_f="1")
    weather(own, "A", "OfflineStore", at="2026-01-31T11:00:00.000Z", temp_f="1.0")

    assert look(own, WEATHER[0]).groups[0].counts == {Finding.SAME: 1}


def test_with_patience_late_rows_are_waited_for(own):
    for origin in ("late", "lost", "fine"):
        weather(own, origin, "OnlineStore", temp_f="1", sky="a")
    weather(own, "fine", "OfflineStore", temp_f="1", sky="a")
    weather(own, "late", "OfflineStore", temp_f="2", sky="a")
    slept = []

    def sleep(seconds):
        if not slept:
            weather(own, "late", "OfflineStore", temp_f="1", sky="a")
            own.emulator.flush()
        slept.append(seconds)

    patience = Patience(timedelta(seconds=20), sleep, lambda: sum(slept))
    (group,) = look(own, WEATHER[0], patience=patience).groups

    assert group.counts == {Finding.SAME: 2, Finding.ONLY_ONLINE: 1}
    assert (group.records, group.features[0].compared, group.features[0].differ) == (3, 2, 0)
    assert [example.record_id for example in group.examples] == ["lost"]
    assert slept == [5, 10, 5]


def test_event_times_yet_to_come_are_counted(own):
    weather(own, "A", at=iso(AT + timedelta(days=1)))

    (group,) = look(own, WEATHER[0]).groups

    assert (group.counts, group.ahead) == ({Finding.SAME: 1}, 1)


def test_a_sample_is_drawn_from_each_store_and_the_same_one_by_the_same_seed(own):
    for number in range(30):
        own.put("plane", "OnlineStore", plane=number, seen_at=5.0, seats=1)
        own.put("plane", "OfflineStore", plane=100 + number, seen_at=5.0, seats=1)

    def counts(**more):
        return look(own, *PLANE, **more).groups[0]

    one = counts(sample=4, seed=1)
    assert one.counts == {Finding.ONLY_ONLINE: 4, Finding.ONLY_OFFLINE: 4}
    assert one == counts(sample=4, seed=1)
    assert len({tuple(example.record_id for example in counts(sample=4, seed=n).examples) for n in range(4)}) > 1
    assert (
        counts(sample=1000).counts == counts(sample=None).counts == {Finding.ONLY_ONLINE: 30, Finding.ONLY_OFFLINE: 30}
    )


def test_labels_name_what_is_looked_at(own):
    weather(own, "A", temp_f="1")
    weather(own, "B", "OnlineStore", temp_f="1")
    weather(own, "C", "OfflineStore", temp_f="1")
    weather(own, "D", "OfflineStore", temp_f="1")
    own.delete("weather", "A", ago(minutes=1))
    keys = {"key_0": pa.array(["A", "A", None]), "key_1": pa.array(["B", "nobody", "C"])}
    moments = Moments(pa.table({"row": [0, 1, 2], **keys}))

    report = look(own, WEATHER[0], *DEST, moments=moments)

    assert report.sample is None
    assert report.groups[0].counts == {
        Finding.ABSENT: 1,
        Finding.DELETED: 1,
        Finding.ONLY_ONLINE: 1,
        Finding.ONLY_OFFLINE: 1,
    }


def test_identifiers_that_only_the_offline_store_takes_are_told(own):
    for origin in ("", "x" * 3000):
        brute = Brute(own)
        brute._rows = lambda join, origin=origin: [_stored(origin)]
        report = check(own.runtime, brute, own.question(WEATHER[0]), own.targets, at=AT)
        assert report.groups[0].counts == {Finding.ONLY_OFFLINE: 1}


def _stored(origin):
    from dataset_oracle import Stored

    return Stored(origin, ago(hours=1), values={"temp_f": 1.0})


def test_empty_stores_have_nothing_at_odds(own, engine):
    report = look(own, *WEATHER, *PLANE, *CREW, engine=engine)

    assert [group.records for group in report.groups] == [0, 0, 0]
    assert not report.is_skewed


def test_a_sample_of_nothing_is_refused(own):
    with pytest.raises(Usage, match="give 1 or more"):
        look(own, *WEATHER, sample=0)


def test_a_report_is_one_json_document_and_a_text(own):
    weather(own, "A", "OnlineStore", temp_f="2", sky="it's <b>")
    weather(own, "A", "OfflineStore", temp_f="1")
    own.put("plane", plane=7, seen_at=5.0, seats=55)

    report = look(own, WEATHER[0], WEATHER[2], *PLANE)

    document = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert document["format_version"] == "1"
    assert document["is_skewed"] is True
    assert document["groups"][0]["counts"]["differs"] == 1
    assert document["groups"][0]["features"][0]["examples"] == [{"record_id": "A", "online": 2.0, "offline": 1.0}]
    assert report.as_text().splitlines() == [
        "flights in test at 2026-01-31T12:00:00+00:00, up to 1,000 records of each store",
        "",
        "weather: 1 record, 1 at odds",
        "! 1 of the same event time, with other values",
        "! temp_f: 1 of 1 value at odds ('A' online 2.0, offline 1.0)",
        """! sky: 1 of 1 value at odds ('A' online "it's <b>", offline None)""",
        "  'A' differs: temp_f, sky",
        "",
        "plane: 1 record, none at odds",
        "  1 the same in both stores",
    ]


def test_what_is_no_number_is_equal_to_itself_and_a_text_in_json():
    skew = Feature(Output("f", "f", "Fractional"))
    for here, there in ((math.nan, math.nan), (0.0, -0.0), (math.nan, 1.0)):
        skew.add("A", here, there)

    feature = skew.with_(Feature(skew.column))

    assert (feature.compared, feature.differ) == (3, 1)
    group = GroupSkew("g", "g", 3, {Finding.DIFFERS: 1}, (feature,))
    document = SkewReport("d", "test", "brute", AT, (group,)).as_json()
    assert document["groups"][0]["features"][0]["examples"][0]["online"] == "nan"
