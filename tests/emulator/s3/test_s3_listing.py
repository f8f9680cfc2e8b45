"""ListObjects, ListObjectsV2, ListObjectVersions: order, prefixes, delimiters, pages."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from s3_help import BUCKET, EU, NASTY, expected, keys, listed

OPERATIONS = ("list_objects", "list_objects_v2", "list_object_versions")
TREE = ("a", "b/1", "b/2", "b/c/3", "b.txt", "b0", "c/", "c/d", "e//f")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("delimiter", ["", "/", "b", "//", "."])
def test_every_page_of_every_listing(s3, put, operation, delimiter):
    put(*TREE)

    for prefix in ("", "b", "b/", "b/c", "c/", "e/", "none"):
        for size in (1, 2, 1000):
            found = listed(s3, operation, Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": size})

            assert found == expected(TREE, prefix, delimiter)


NAMES = st.text(st.sampled_from("ab/.-0é\U0001f600\uffff"), min_size=1, max_size=7)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_set_of_keys_is_listed_in_the_order_of_its_bytes(s3, emulator, data):
    emulator.reset()
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=EU)
    model = data.draw(st.sets(NAMES, max_size=12))
    for key in model:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    some = st.one_of(st.just(""), NAMES, st.sampled_from(sorted(model) or [""]))
    for _ in range(5):
        prefix, delimiter = data.draw(some)[:3], data.draw(st.sampled_from(["", "/", "a", "//", "é"]))
        after, size = data.draw(some), data.draw(st.integers(1, 4))
        asked = {"Prefix": prefix, "Delimiter": delimiter, "PaginationConfig": {"PageSize": size}}

        objects, prefixes = listed(s3, StartAfter=after, **asked)

        assert (objects, prefixes) == expected(model, prefix, delimiter, after)
        assert listed(s3, "list_objects", Marker=after, **asked) == (objects, prefixes)


def test_a_page_says_how_it_goes_on(s3, put, bucket):
    put(*TREE)

    first = s3.list_objects_v2(Bucket=bucket, MaxKeys=2, StartAfter="a", FetchOwner=True)
    second = s3.list_objects_v2(Bucket=bucket, MaxKeys=2, ContinuationToken=first["NextContinuationToken"])

    assert (first["KeyCount"], first["MaxKeys"], first["IsTruncated"], first["StartAfter"]) == (2, 2, True, "a")
    assert [found["Key"] for found in first["Contents"]] == ["b.txt", "b/1"]
    assert [found["Key"] for found in second["Contents"]] == ["b/2", "b/c/3"]
    assert second["ContinuationToken"] == first["NextContinuationToken"]
    assert "Owner" in first["Contents"][0]
    assert "Owner" not in second["Contents"][0]


def test_the_first_version_of_the_operation_names_the_next_marker_with_a_delimiter_only(s3, put, bucket):
    put(*TREE)

    plain = s3.list_objects(Bucket=bucket, MaxKeys=2)
    folded = s3.list_objects(Bucket=bucket, MaxKeys=3, Delimiter="/")

    assert (plain["IsTruncated"], "NextMarker" in plain) == (True, False)
    assert folded["NextMarker"] == "b/"
    assert s3.list_objects(Bucket=bucket, Marker="b/", Delimiter="/")["CommonPrefixes"] == [
        {"Prefix": "c/"},
        {"Prefix": "e/"},
    ]
    assert s3.list_objects(Bucket=bucket)["Contents"][0]["Owner"]["ID"]


def test_versions_are_null_and_the_latest(s3, put, bucket):
    put("a", "b//c")

    found = s3.list_object_versions(Bucket=bucket)["Versions"]
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=1)

    assert [(v["Key"], v["VersionId"], v["IsLatest"]) for v in found] == [("a", "null", True), ("b//c", "null", True)]
    assert (page["NextKeyMarker"], page["NextVersionIdMarker"]) == ("a", "null")


def test_at_most_a_thousand_and_none_if_none_is_asked_for(s3, bucket, folder):
    for n in range(1001):
        (folder / f"{n:04}").touch()

    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)
    none = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)

    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"]) == (1000, 1000, True)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)
    assert listed(s3)[0] == [f"{n:04}" for n in range(1001)]


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("list-type=2&max-keys=-1", "maxKeys"),
        ("list-type=2&max-keys=many", "max-keys"),
        ("list-type=2&max-keys=99999999999999999999", "max-keys"),
        ("list-type=2&continuation-token=garbage", "continuation-token"),
        ("list-type=2&continuation-token=", "continuation-token"),
        ("list-type=2&continuation-token=Mf8%3D", "continuation-token"),
        ("list-type=2&encoding-type=base64", "encoding-type"),
        ("versions&version-id-marker=x", "version-id-marker"),
    ],
)
def test_a_bad_argument_is_named(ask, bucket, query, argument):
    answer = ask("GET", f"/features?{query}")

    assert answer.status == 400
    assert f"<ArgumentName>{argument}</ArgumentName>" in answer.body.decode()


def test_a_bucket_that_is_not_there_has_no_listing(s3, emulator, refused):
    for operation in OPERATIONS:
        assert refused(getattr(s3, operation), Bucket=BUCKET)[0] == "NoSuchBucket"


def test_keys_are_encoded_if_that_is_asked_for(put, ask):
    put("a b+c/é", "&<>\"'%")

    plain = ET.fromstring(ask("GET", "/features?list-type=2").body)
    encoded = ET.fromstring(ask("GET", "/features?list-type=2&encoding-type=url&prefix=a%20b%2Bc%2F").body)

    space = "{http://s3.amazonaws.com/doc/2006-03-01/}"
    assert [found.text for found in plain.iter(f"{space}Key")] == ["&<>\"'%", "a b+c/é"]
    assert [found.text for found in encoded.iter(f"{space}Key")] == ["a+b%2Bc/%C3%A9"]
    assert encoded.findtext(f"{space}Prefix") == "a+b%2Bc/"
    assert encoded.findtext(f"{space}EncodingType") == "url"


def test_control_characters_are_sent_as_s3_sends_them(put, ask):
    put("a\x01\r\n\tb")

    assert b"<Key>a&#x1;&#xd;&#xa;&#x9;b</Key>" in ask("GET", "/features?list-type=2").body


def test_an_empty_folder_is_no_common_prefix(s3, put, bucket, folder):
    put("a/b")
    (folder / "empty" / "inside").mkdir(parents=True)
    (folder / "links").mkdir()
    (folder / "links" / "out").symlink_to("/etc/hostname")

    assert listed(s3, Delimiter="/") == ([], ["a/"])


def test_a_page_reads_the_folders_it_needs_and_no_others(s3, put, bucket, monkeypatch):
    put(*(f"year={y}/month={m:02}/data" for y in range(2000, 2020) for m in range(1, 13)))
    from reconciler.emulator.s3 import walking

    read, names = [], walking._names
    monkeypatch.setattr(walking, "_names", lambda path: read.append(path) or names(path))

    def folders(**more):
        read.clear()
        s3.list_objects_v2(Bucket=bucket, **more)
        return len(read)

    assert folders(Prefix="year=2007/month=03/") == 3
    assert folders(Prefix="year=2007/month=03/d") == 3
    assert folders(Prefix="year=2007/", Delimiter="/") == 2 + 12
    assert folders(Prefix="none/") == 1
    assert folders(MaxKeys=1, StartAfter="year=2018/month=12/data") == 6


def test_folders_and_odd_keys_fold_together(s3, put):
    put("a//b", "a/c", "a/", "b/./c", "d")

    assert listed(s3, Delimiter="/") == (["d"], ["a/", "b/"])
    assert listed(s3, Prefix="a/", Delimiter="/") == (["a/", "a/c"], ["a//"])
    assert listed(s3, Prefix="a/")[0] == ["a/", "a//b", "a/c"]


def test_the_last_of_all_prefixes_ends_a_listing(s3, put):
    put("a", "\U0010ffff/x", "\U0010ffff\U0010ffffx")

    assert listed(s3, Delimiter="\U0010ffff") == (["a"], ["\U0010ffff"])
    assert listed(s3, Delimiter="/", PaginationConfig={"PageSize": 1}) == (
        ["a", "\U0010ffff\U0010ffffx"],
        ["\U0010ffff/"],
    )


def test_all_nasty_keys_with_every_delimiter(s3, put):
    put(*NASTY)

    for delimiter in ("", "/", "a", "\0", "é"):
        for prefix in ("", "a", "/", "../", "d/" * 400, "x" * 255):
            assert listed(s3, Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": 7}) == expected(
                NASTY, prefix, delimiter
            )
    assert keys(s3) == sorted(NASTY, key=str.encode)
