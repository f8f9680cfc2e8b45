"""A manifest says what a dataset was made of, and whether it is that when it is built again."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pyarrow as pa
import pytest
from result_answers import ABOUT, GOOD, NO_PLANE, NO_WEATHER, NOON, PLANE, QUESTION, SEATS, WEATHER, a_result, labels

from reconciler.datasets.question import Key, Question
from reconciler.datasets.results.checksum import Checksum
from reconciler.datasets.results.manifest import Manifest, damages, definition_of, digest_of, read_manifest, repeat
from reconciler.errors import Usage

THREE = {"origin": ["JFK", "LGA", "JFK"], "tailnum": ["N1", "007", "N2"]}
FOUND = [[GOOD, SEATS], [NO_WEATHER, SEATS], [GOOD, NO_PLANE]]


@pytest.fixture
def make(tmp_path):
    return lambda table=THREE, found=FOUND, **options: a_result(labels(table), found, tmp_path / "scratch", **options)


def test_a_manifest_says_what_was_built_of_what(tmp_path, make):
    make().to_csv(tmp_path / "train.csv")

    document = json.loads((tmp_path / "train.csv.manifest.json").read_text())

    assert document["format_version"] == "1"
    assert (document["dataset"], document["environment"], document["engine"]) == ("departure-delay", "local", "duckdb")
    assert document["as_of"] == "2024-01-01T12:00:00+00:00"
    assert document["spec_digest"] == digest_of(definition_of(QUESTION, "at"))
    assert document["definition"]["joins"][0]["max_age"] == 7200
    assert document["labels"]["from"] == ["labels.csv"]
    assert set(document["versions"]) >= {"python", "reconciler", "pyarrow", "numpy", "duckdb"}
    content = (tmp_path / "train.csv").read_bytes()
    assert document["files"] == [
        {"path": "train.csv", "rows": 3, "bytes": len(content), "sha256": sha256(content).hexdigest()}
    ]
    assert document["report"] == make().report.as_json()


@pytest.mark.parametrize("partition_by", [(), ("origin",)])
def test_a_manifest_is_read_from_where_the_dataset_is(tmp_path, make, partition_by):
    written = make().to_parquet(tmp_path / "train", partition_by=partition_by)

    assert read_manifest(tmp_path / "train") == read_manifest(written.file) == written
    assert (written.rows, list(damages(written))) == (3, [])


def test_files_that_were_changed_or_lost_are_told(tmp_path, make):
    manifest = make().to_csv(tmp_path / "train", partition_by=["origin"])
    (tmp_path / "train" / "origin=JFK" / "part-00000.csv").write_text("other")
    (tmp_path / "train" / "origin=LGA" / "part-00000.csv").unlink()

    assert [damage.rpartition("train/")[2] for damage in damages(manifest)] == [
        "origin=JFK/part-00000.csv was changed after it was built.",
        "origin=LGA/part-00000.csv is gone.",
    ]


@pytest.mark.parametrize(
    ("form", "partition_by"), [("csv", ()), ("parquet", ()), ("csv", ("origin",)), ("parquet", ("origin",))]
)
def test_the_same_build_is_the_same_to_the_byte(tmp_path, make, form, partition_by):
    first = getattr(make(), f"to_{form}")(tmp_path / "a" / f"train.{form}", partition_by=partition_by)

    again = repeat(read_manifest(first.file), make(), tmp_path / "again")

    assert again.is_same
    assert again.manifest.files == first.files
    assert again.manifest.as_json() == first.as_json()


def test_a_build_of_other_rows_is_told_file_by_file(tmp_path, make):
    first = make().to_parquet(tmp_path / "train", partition_by=["origin"])
    other = make(THREE | {"origin": ["JFK", "EWR", "LGA"]})

    again = repeat(first, other, tmp_path / "again")

    assert not again.is_same
    assert again.differences == (
        "The labels are others than they were.",
        "origin=EWR/part-00000.parquet was not there the first time.",
        "origin=JFK/part-00000.parquet differs, and has 1 rows instead of 2.",
        "origin=LGA/part-00000.parquet differs.",
    )


def test_a_dataset_that_is_defined_otherwise_now_is_not_repeated(tmp_path, make):
    first = make().to_csv(tmp_path / "train.csv")
    older = replace(QUESTION, joins=(replace(WEATHER, max_age=timedelta(hours=3)), PLANE))

    with pytest.raises(Usage, match=r"departure-delay is defined otherwise now than in .*: joins differ"):
        repeat(first, make(question=older), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_build_without_a_moment_is_not_repeated(tmp_path, make):
    first = make(question=replace(QUESTION, as_of=None)).to_csv(tmp_path / "train.csv")

    with pytest.raises(Usage, match="was built without as_of"):
        repeat(first, make(), tmp_path / "again")
    with pytest.raises(Usage, match="was built as of 2024-01-01T12:00:00"):
        repeat(make().to_csv(tmp_path / "b.csv"), make(question=replace(QUESTION, as_of=None)), tmp_path / "again")


def test_a_build_with_other_options_is_not_repeated(tmp_path, make):
    first = make().to_csv(tmp_path / "train.csv")

    with pytest.raises(Usage, match="was built with drop_unmatched=None, and not 'any': ask for that"):
        repeat(first, make(drop_unmatched="any"), tmp_path / "again")
    with pytest.raises(Usage, match="was built with ignore_deletes=False, and not True: ask for that"):
        repeat(first, make(question=replace(QUESTION, ignore_deletes=True)), tmp_path / "again")


def test_other_versions_are_told_where_bytes_differ(tmp_path, make):
    first = make().to_csv(tmp_path / "train.csv")
    older = replace(first, versions=first.versions | {"pyarrow": "1.0"})
    other = replace(older, files=(older.files[0]._replace(sha256="other"),))

    assert repeat(older, make(), tmp_path / "a").is_same
    assert repeat(other, make(), tmp_path / "b").differences[0] == "train.csv differs."
    assert "It was built with pyarrow 1.0, and now with" in repeat(other, make(), tmp_path / "c").differences[1]


def test_the_digest_of_a_definition_is_not_of_an_environment_or_a_moment():
    elsewhere = replace(
        QUESTION,
        as_of=None,
        ignore_deletes=True,
        joins=tuple(replace(join, name=f"prod-{join.name}") for join in QUESTION.joins),
    )

    assert definition_of(elsewhere, "at") == definition_of(QUESTION, "at")


@pytest.mark.parametrize(
    "changed",
    [
        replace(QUESTION, strict=True),
        replace(QUESTION, known_at=True),
        replace(QUESTION, outputs=("gust", "temp_f", "seats", "sky")),
        replace(QUESTION, joins=(replace(WEATHER, key=Key("dest", "String")), PLANE)),
        replace(QUESTION, joins=(replace(WEATHER, max_age=None), PLANE)),
        replace(QUESTION, joins=(replace(WEATHER, event_time_type="Fractional"), PLANE)),
        Question((WEATHER,)),
    ],
)  # fmt: skip
def test_the_digest_of_a_definition_is_of_all_that_makes_other_rows(changed):
    assert digest_of(definition_of(changed, "at")) != digest_of(definition_of(QUESTION, "at"))
    assert digest_of(definition_of(QUESTION, "when")) != digest_of(definition_of(QUESTION, "at"))


def test_what_is_no_manifest_is_told(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.json").write_text('{"format_version": "9"}')

    with pytest.raises(Usage, match="is no manifest of a dataset"):
        read_manifest(tmp_path / "a.json")
    with pytest.raises(Usage, match="is no JSON"):
        read_manifest(tmp_path / "b.json")
    with pytest.raises(Usage, match="is of format '9'"):
        read_manifest(tmp_path / "c.json")
    with pytest.raises(Usage, match="cannot be read"):
        read_manifest(tmp_path / "missing.parquet")


def test_a_manifest_is_the_same_after_reading(tmp_path, make):
    written = make(drop_unmatched="all").to_csv(tmp_path / "train.csv")

    assert Manifest.from_json(json.loads(json.dumps(written.as_json())), written.file) == written
    assert written.drop_unmatched == "all"
    assert written.labels_from == ABOUT.labels_from


def checksum(*batches):
    found = Checksum(batches[0].schema)
    for batch in batches:
        found.add(batch)
    return str(found)


ODD = {
    "text": pa.array(["a", None, "bc", ""]),
    "large": pa.array(["a", None, "bc", ""], pa.large_string()),
    "view": pa.array(["a", None, "bc", ""], pa.string_view()),
    "raw": pa.array([b"a", None, b"bc", b""]),
    "fixed": pa.array([b"ab", None, b"cd", b"ef"], pa.binary(2)),
    "whole": pa.array([1, None, 3, 4]),
    "real": pa.array([1.5, None, float("nan"), -0.0]),
    "truth": pa.array([True, None, False, True]),
    "at": pa.array([NOON, None, NOON, NOON], pa.timestamp("us", "UTC")),
    "price": pa.array([1, None, 3, 4], pa.decimal128(5, 1)),
    "list": pa.array([[1], None, [], [2, None]]),
    "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": ""}, {"a": 3, "b": "y"}]),
    "kind": pa.array(["a", None, "b", "a"]).dictionary_encode(),
    "map": pa.array([[("a", 1)], None, [], [("b", None)]], pa.map_(pa.string(), pa.int64())),
    "none": pa.nulls(4),
}


@pytest.mark.parametrize("name", ODD)
def test_the_checksum_of_labels_is_of_what_they_say(name):
    column = ODD[name]
    padded = pa.concat_arrays([column, column]).slice(4)
    sliced = pa.concat_arrays([column.slice(2), column]).slice(2)

    assert checksum(pa.record_batch([column], ["c"])) == checksum(pa.record_batch([padded], ["c"]))
    assert checksum(pa.record_batch([column], ["c"])) == checksum(pa.record_batch([sliced], ["c"]))
    assert checksum(pa.record_batch([column], ["c"])) != checksum(pa.record_batch([column], ["d"]))
    turned = pa.concat_arrays([column.slice(2), column.slice(0, 2)])
    assert (checksum(pa.record_batch([column], ["c"])) == checksum(pa.record_batch([turned], ["c"]))) == (
        name == "none"
    )


def test_what_stands_under_a_null_is_not_in_the_checksum():
    garbage = pa.array([1, 7, 3], mask=pa.array([False, True, False]).to_numpy(zero_copy_only=False))
    clean = pa.Array.from_buffers(pa.int64(), 3, [garbage.buffers()[0], pa.array([1, 99, 3]).buffers()[1]])

    assert checksum(pa.record_batch([garbage], ["c"])) == checksum(pa.record_batch([clean], ["c"]))


def test_texts_that_run_into_each_other_differ():
    first, second = pa.record_batch([["ab", "c"]], ["c"]), pa.record_batch([["a", "bc"]], ["c"])

    assert checksum(first) != checksum(second)
