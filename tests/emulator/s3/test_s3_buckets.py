"""Buckets: made by a client or by hand, found, described, removed."""

import pytest
from botocore.exceptions import ClientError
from s3_help import BUCKET, EU

CREATE = {"Bucket": BUCKET, "CreateBucketConfiguration": EU}


def status(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], caught.value.response["Error"]["Code"]


def test_a_bucket_is_a_folder(s3, bucket, folder):
    (listed,) = s3.list_buckets()["Buckets"]

    assert folder.is_dir()
    assert listed["Name"] == bucket
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "eu-west-1"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == "eu-west-1"


def test_a_folder_made_by_hand_is_a_bucket(s3, emulator, folder):
    folder.mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"hello")

    assert [found["Name"] for found in s3.list_buckets()["Buckets"]] == [BUCKET]
    assert s3.head_bucket(Bucket=BUCKET)["BucketRegion"] == "eu-west-1"
    assert s3.get_object(Bucket=BUCKET, Key="a.txt")["Body"].read() == b"hello"


def test_a_folder_that_was_removed_by_hand_is_no_bucket(s3, put, bucket, folder):
    put("a//b")
    folder.rmdir()

    assert status(s3.head_bucket, Bucket=bucket) == (404, "404")
    s3.create_bucket(**CREATE)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_one_s_own_bucket_made_again_is_a_conflict_but_in_us_east_1(s3, bucket, session, door):
    assert status(s3.create_bucket, **CREATE) == (409, "BucketAlreadyOwnedByYou")
    classic = door.attach(session.client("s3", region_name="us-east-1"))
    for _ in range(2):
        assert classic.create_bucket(Bucket="classic-one")["Location"] == "/classic-one"
    assert classic.get_bucket_location(Bucket="classic-one").get("LocationConstraint") is None


@pytest.mark.parametrize(
    "name", ["ab", "A-Bucket", "a_b", "-ab", "ab-", "a..b", "192.168.1.1", "a" * 64, "a b c", "ab\n", "s3://ab"]
)
def test_a_bad_name_is_refused(emulator, ask, name):
    from urllib.parse import quote

    answer = ask("PUT", f"/{quote(name, safe='')}")

    assert (answer.status, b"<Code>InvalidBucketName</Code>" in answer.body) == (400, True)


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({}, "IllegalLocationConstraintException"),
        ({"LocationConstraint": "eu-central-1"}, "IllegalLocationConstraintException"),
        ({"LocationConstraint": "us-east-1"}, "InvalidLocationConstraint"),
        ({"Bucket": {"Type": "Directory"}}, "NotImplemented"),
    ],
)
def test_a_bucket_goes_where_its_request_is_signed_for(s3, emulator, refused, configuration, code):
    more = {"CreateBucketConfiguration": configuration} if configuration else {}

    assert refused(s3.create_bucket, Bucket=BUCKET, **more)[0] == code
    assert s3.list_buckets()["Buckets"] == []


def test_what_would_need_acls_or_locks_is_refused(s3, emulator, refused):
    def code(**more):
        return refused(s3.create_bucket, **CREATE, **more)[0]

    assert code(ACL="public-read") == "InvalidBucketAclWithObjectOwnership"
    assert code(GrantRead="id=1") == "InvalidBucketAclWithObjectOwnership"
    assert code(ObjectOwnership="ObjectWriter") == "NotImplemented"
    assert code(ObjectLockEnabledForBucket=True) == "NotImplemented"
    s3.create_bucket(**CREATE, ACL="private")


def test_tags_that_come_with_a_bucket_are_its_tags(s3, emulator):
    tags = [{"Key": "team", "Value": "ops"}]
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={**EU, "Tags": tags})

    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == tags


def test_only_an_empty_bucket_is_deleted(s3, put, bucket, folder, refused):
    put("a/b", "c//d")
    assert refused(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="a/b")
    assert refused(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="c//d")
    (folder / "empty" / "folders").mkdir(parents=True)

    s3.delete_bucket(Bucket=bucket)

    assert not folder.exists()
    assert status(s3.delete_bucket, Bucket=bucket) == (404, "NoSuchBucket")


def test_what_is_no_object_keeps_its_bucket(s3, bucket, folder, refused):
    (folder / "link").symlink_to("/etc")

    assert refused(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"


def test_a_bucket_takes_its_uploads_with_it(s3, bucket, tmp_path):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")

    s3.delete_bucket(Bucket=bucket)

    assert list((tmp_path / "data" / "s3-parts").iterdir()) == []


def test_buckets_are_listed_in_pages(s3, emulator):
    for name in ("one", "two", "three", "other"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=EU)

    def names(**more):
        reply = s3.list_buckets(**more)
        return [found["Name"] for found in reply["Buckets"]], reply.get("ContinuationToken")

    assert names() == (["one", "other", "three", "two"], None)
    assert names(Prefix="o") == (["one", "other"], None)
    assert names(MaxBuckets=3) == (["one", "other", "three"], "three")
    assert names(MaxBuckets=3, ContinuationToken="three") == (["two"], None)
    assert names(BucketRegion="us-west-1") == ([], None)
    assert s3.list_buckets(BucketRegion="eu-west-1")["Buckets"][0]["BucketRegion"] == "eu-west-1"


def test_another_owner_than_expected_is_refused(s3, bucket):
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="0" * 12)

    assert status(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner="1" * 12) == (403, "403")
    assert status(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="1" * 12) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ],
)
def test_what_a_new_bucket_does_not_have(s3, bucket, operation, code):
    assert status(getattr(s3, operation), Bucket=bucket) == (404, code)
    assert status(getattr(s3, operation), Bucket="nothing") == (404, "NoSuchBucket")


def test_what_a_new_bucket_has(s3, bucket):
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    (grant,) = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    blocks = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]

    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert (grant["Permission"], grant["Grantee"]["Type"]) == ("FULL_CONTROL", "CanonicalUser")
    assert len(blocks) == 4
    assert all(blocks.values())
    assert ownership == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    for quiet in ("notification_configuration", "logging", "accelerate_configuration"):
        getattr(s3, f"get_bucket_{quiet}")(Bucket=bucket)


def test_what_is_set_about_a_bucket_is_given_back_until_it_is_removed(s3, bucket, refused):
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    lifecycle = [{"ID": "a&b", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 3}}]
    tags = [{"Key": "team", "Value": "<ops>"}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": lifecycle})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})

    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"] == encryption
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == lifecycle
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    blocks = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert [blocks["BlockPublicAcls"], blocks["RestrictPublicBuckets"]] == [True, False]

    s3.delete_bucket_lifecycle(Bucket=bucket)
    s3.delete_bucket_tagging(Bucket=bucket)
    s3.delete_public_access_block(Bucket=bucket)
    s3.delete_bucket_encryption(Bucket=bucket)

    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket)[0] == "NoSuchLifecycleConfiguration"
    assert refused(s3.get_bucket_tagging, Bucket=bucket)[0] == "NoSuchTagSet"
    assert refused(s3.get_public_access_block, Bucket=bucket)[0] == "NoSuchPublicAccessBlockConfiguration"
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"] != encryption


def test_versions_are_not_kept_and_nobody_is_told_they_were(s3, bucket, refused):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    answer = refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert answer[0] == "NotImplemented"


def test_acls_change_nothing_or_are_refused(s3, put, bucket, refused):
    put("a")

    assert refused(s3.put_object_acl, Bucket=bucket, Key="a", ACL="private")[0] == "AccessControlListNotSupported"
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="private")[0] == "AccessControlListNotSupported"
    assert refused(s3.put_object, Bucket=bucket, Key="a", ACL="public-read")[0] == "AccessControlListNotSupported"
    s3.put_object_acl(Bucket=bucket, Key="a", ACL="bucket-owner-full-control")
    s3.put_object(Bucket=bucket, Key="a", Body=b"", ACL="bucket-owner-full-control")
    assert s3.get_object_acl(Bucket=bucket, Key="a")["Grants"][0]["Permission"] == "FULL_CONTROL"


@pytest.mark.parametrize(
    ("method", "url", "name"),
    [
        ("PUT", "/features?policy", "PutBucketPolicy"),
        ("PUT", "/features?replication", "PutBucketReplication"),
        ("GET", "/features?analytics&id=x", "GetBucketAnalyticsConfiguration"),
        ("DELETE", "/features?website", "DeleteBucketWebsite"),
        ("PUT", "/features/a?retention", "PutObjectRetention"),
        ("GET", "/features/a?attributes", "GetObjectAttributes"),
        ("POST", "/features/a?select&select-type=2", "SelectObjectContent"),
        ("POST", "/features/a?restore", "RestoreObject"),
        ("PUT", "/features/a?renameObject", "RenameObject"),
        ("POST", "/features", "PostObject"),
        ("OPTIONS", "/features/a", "OPTIONS /features/a"),
    ],
)
def test_what_is_not_emulated_says_so_and_does_nothing(ask, s3, bucket, method, url, name):
    answer = ask(method, url, b"{}")

    assert (answer.status, b"<Code>NotImplemented</Code>" in answer.body) == (501, True)
    assert f"operation {name} of s3" in answer.body.decode()
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
