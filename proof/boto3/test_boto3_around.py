"""The services a feature store stands on: S3, STS, IAM, KMS, Lake Formation, and what is not emulated."""

import io
import json
import os

import pytest
from botocore.exceptions import ClientError
from groups import ROLE, TRUST


def test_objects_are_put_got_copied_listed_and_deleted(s3):
    s3.create_bucket(Bucket="around")
    s3.put_object(Bucket="around", Key="a/b c/é.txt", Body=b"hello", ContentType="text/plain", Metadata={"who": "me"})

    s3.copy_object(Bucket="around", Key="a/copy.txt", CopySource={"Bucket": "around", "Key": "a/b c/é.txt"})
    head = s3.head_object(Bucket="around", Key="a/copy.txt")
    part = s3.get_object(Bucket="around", Key="a/b c/é.txt", Range="bytes=1-3")["Body"].read()
    listed = s3.list_objects_v2(Bucket="around", Prefix="a/", Delimiter="/")
    gone = s3.delete_objects(Bucket="around", Delete={"Objects": [{"Key": "a/copy.txt"}, {"Key": "a/b c/é.txt"}]})

    assert (head["ContentLength"], head["ContentType"]) == (5, "text/plain")
    assert part == b"ell"
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["a/b c/"]
    assert [one["Key"] for one in listed["Contents"]] == ["a/copy.txt"]
    assert len(gone["Deleted"]) == 2
    assert s3.list_objects_v2(Bucket="around")["KeyCount"] == 0


def test_a_large_object_goes_up_in_parts(s3):
    body = os.urandom(17 * 1024 * 1024)
    s3.create_bucket(Bucket="large")

    s3.upload_fileobj(io.BytesIO(body), "large", "big.bin")
    came = io.BytesIO()
    s3.download_fileobj("large", "big.bin", came)

    assert s3.head_object(Bucket="large", Key="big.bin")["ETag"].endswith('-3"')
    assert came.getvalue() == body


def test_a_signed_address_works_without_credentials(s3):
    from urllib.request import urlopen

    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="one", Body=b"open")

    with urlopen(s3.generate_presigned_url("get_object", {"Bucket": "signed", "Key": "one"}), timeout=10) as reply:
        assert reply.read() == b"open"


def test_the_names_of_s3_errors_are_those_of_aws(s3):
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="no-such-bucket")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="features", Key="nothing")
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="features", Key="nothing")


def test_a_file_in_the_directory_is_an_object(s3, data):
    s3.create_bucket(Bucket="by-hand")
    (data / "s3" / "by-hand" / "folder").mkdir(parents=True, exist_ok=True)
    (data / "s3" / "by-hand" / "folder" / "file.csv").write_text("a,b\n")

    listed = s3.list_objects_v2(Bucket="by-hand")

    assert [(one["Key"], one["Size"]) for one in listed["Contents"]] == [("folder/file.csv", 4)]
    assert s3.get_object(Bucket="by-hand", Key="folder/file.csv")["Body"].read() == b"a,b\n"


def test_the_caller_and_the_role_are_known(client):
    client("iam").create_role(RoleName="feature-store", AssumeRolePolicyDocument=json.dumps(TRUST))

    assert client("sts").get_caller_identity()["Account"] == "000000000000"
    assert client("iam").get_role(RoleName="feature-store")["Role"]["Arn"] == ROLE


def test_tables_of_ones_own_live_beside_those_of_groups(glue):
    glue.create_database(DatabaseInput={"Name": "mine"})
    glue.create_table(
        DatabaseName="mine",
        TableInput={
            "Name": "labels",
            "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "string"}], "Location": "s3://features/labels/"},
        },
    )
    pages = glue.get_paginator("get_tables").paginate(DatabaseName="mine")

    assert [table["Name"] for page in pages for table in page["TableList"]] == ["labels"]
    glue.delete_table(DatabaseName="mine", Name="labels")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_table(DatabaseName="mine", Name="labels")


def test_lake_formation_keeps_what_it_grants(client, sagemaker):
    from groups import a_group

    sagemaker.create_feature_group(**a_group("governed"))
    found = sagemaker.describe_feature_group(FeatureGroupName="governed")["OfflineStoreConfig"]["DataCatalogConfig"]
    lake = client("lakeformation")
    table = {"Table": {"DatabaseName": found["Database"], "Name": found["TableName"]}}
    principal = {"DataLakePrincipalIdentifier": ROLE}

    lake.register_resource(ResourceArn="arn:aws:s3:::features/store", UseServiceLinkedRole=True)
    lake.grant_permissions(Principal=principal, Resource=table, Permissions=["SELECT", "DESCRIBE"])
    granted = lake.list_permissions(Principal=principal, Resource=table)["PrincipalResourcePermissions"]
    lake.revoke_permissions(Principal=principal, Resource=table, Permissions=["SELECT", "DESCRIBE"])

    assert {word for one in granted for word in one["Permissions"]} == {"SELECT", "DESCRIBE"}
    assert lake.list_permissions(Principal=principal, Resource=table)["PrincipalResourcePermissions"] == []


def test_what_is_not_emulated_says_so(sagemaker, client):
    for call, name in ((sagemaker.list_models, "ListModels"), (client("sqs").list_queues, "ListQueues")):
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "NotImplemented"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert name in refused.value.response["Error"]["Message"]
