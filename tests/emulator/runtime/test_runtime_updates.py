"""UpdateRecord: some features of a record that is there."""

import pytest
from emulator_help import a_feature
from runtime_help import T1, T2, a_record, fv, get, pending, put

from reconciler.emulator import assumptions


@pytest.fixture
def group(make):
    more = [a_feature(f"f{number}") for number in range(120)]
    return make("weather", a_feature("wind", "Integral"), *more, online={"StorageType": "Standard_V2"}, offline={})


def update(runtime, features, record_id="a", **more):
    runtime.update_record(
        FeatureGroupName="weather",
        RecordIdentifierValueAsString=record_id,
        Features=[fv(name, value) for name, value in features.items()],
        **more,
    )


@pytest.mark.parametrize(("online", "storage"), [(True, "Standard"), ({"StorageType": "Standard"}, "Standard")])
def test_standard_storage_has_no_updates(make, runtime, refused, online, storage):
    make(online=online)
    put(runtime)

    code, message = refused(lambda: update(runtime, {"at": T2}))

    assert code == "ValidationError"
    assert f"StorageType {storage}" in message


def test_a_group_that_migrated_has_them(make, sagemaker, runtime):
    make("weather", a_feature("sky"))
    put(runtime)
    sagemaker.update_feature_group(FeatureGroupName="weather", OnlineStoreConfig={"StorageType": "Standard_V2"})
    update(runtime, {"sky": "clear"})

    assert get(runtime) == {"id": "a", "at": T1, "sky": "clear"}


def test_a_group_without_an_online_store_has_none(make, runtime, refused):
    make(online=False, offline={})

    assert refused(lambda: update(runtime, {"at": T2}))[0] == "ValidationError"


def test_collections_are_updated_whole(in_memory, runtime):
    put(runtime, tags=["a"], counts=["1", "2"], sky="clear")
    update(runtime, {"tags": ["b", "b"], "counts": []})

    assert get(runtime) == {"id": "a", "at": T1, "tags": ["b"], "counts": [], "sky": "clear"}


def test_an_update_has_1_to_100_features(group, runtime, lenient_runtime, refused):
    put(runtime)
    update(runtime, {f"f{number}": "x" for number in range(100)})
    code, message = refused(lambda: update(runtime, {f"f{number}": "x" for number in range(101)}))
    none = refused(lambda: update(lenient_runtime, {}))

    assert len(get(runtime)) == 102
    assert (code, "at most 100 features" in message) == ("ValidationError", True)
    assert none[0] == "ValidationError"


@pytest.mark.parametrize(
    ("features", "why"),
    [
        ([fv("f1", "x"), fv("f1", "y")], "more than once"),
        ([fv("rain", "x")], "not defined"),
        ([fv("wind", "1.5")], "[wind]"),
        ([fv("at", "tomorrow")], "EventTime"),
        ([fv("id", "b")], "RecordIdentifierValueAsString"),
        ([{"FeatureName": "f1"}], "is missing"),
        ([fv("f1", "x" * 340_000)], "larger than 350 KB"),
    ],
)
def test_what_a_put_refuses_an_update_refuses(group, runtime, refused, emulator, features, why):
    put(runtime, f2="x" * 20_000)

    code, message = refused(
        runtime.update_record, FeatureGroupName="weather", RecordIdentifierValueAsString="a", Features=features
    )

    assert code == "ValidationError"
    assert why in message
    assert len(pending(emulator)) == 1


def test_the_identifier_may_be_repeated(group, runtime):
    put(runtime)
    update(runtime, {"id": "a", "f1": "x"})

    assert get(runtime) == {"id": "a", "at": T1, "f1": "x"}


def test_target_stores_say_where_an_update_goes(group, runtime, emulator, refused):
    put(runtime)
    update(runtime, {"f1": "x"}, TargetStores=["OnlineStore"])
    code, _ = refused(lambda: update(runtime, {"f1": "y"}, TargetStores=["OfflineStore"]))
    update(runtime, {"f2": "z"}, TargetStores=["OnlineStore", "OfflineStore"])

    assert code == "ValidationError"
    assert get(runtime) == {"id": "a", "at": T1, "f1": "x", "f2": "z"}
    assert pending(emulator)[1:] == [{"id": "a", "at": T1, "f1": "x", "f2": "z"}]


def test_offline_an_update_can_be_assumed_to_be_what_was_sent(group, runtime, emulator, monkeypatch):
    monkeypatch.setattr(assumptions, "UPDATE_WRITES_WHOLE_ROW", False)
    put(runtime, f1="x", f2="y")
    update(runtime, {"f2": "z"})

    assert pending(emulator)[1:] == [{"id": "a", "at": T1, "f2": "z"}]


def test_a_put_overwrites_what_was_updated_whole(group, runtime):
    put(runtime)
    update(runtime, {"at": T2, "f1": "x"})
    runtime.put_record(FeatureGroupName="weather", Record=a_record(at=T2, f2="y"))

    assert get(runtime) == {"id": "a", "at": T2, "f2": "y"}
