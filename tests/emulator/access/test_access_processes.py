"""What was acknowledged is there for every process on the directory, also after one was killed."""

import json
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config

from reconciler.emulator.running import running

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
ONCE = Config(retries={"total_max_attempts": 1})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def of():
    """Clients of a server."""
    return lambda server, name: boto3.client(name, endpoint_url=server.url, config=ONCE, **KEYS)


def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path, of):
    with running(tmp_path / "data") as server:
        of(server, "iam").create_role(RoleName="feature-store", AssumeRolePolicyDocument=TRUST)
        key = of(server, "kms").create_key()["KeyMetadata"]["KeyId"]
        blob = of(server, "kms").encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
        of(server, "glue").create_database(DatabaseInput={"Name": "features"})
        of(server, "glue").create_table(DatabaseName="features", TableInput={"Name": "weather"})
        of(server, "lakeformation").register_resource(ResourceArn="arn:aws:s3:::b", UseServiceLinkedRole=True)
        server.kill()
    with running(tmp_path / "data") as server:
        assert of(server, "iam").get_role(RoleName="feature-store")["Role"]["RoleName"] == "feature-store"
        assert of(server, "kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
        assert of(server, "glue").get_table(DatabaseName="features", Name="weather")["Table"]["VersionId"] == "0"
        assert len(of(server, "lakeformation").list_resources()["ResourceInfoList"]) == 1


def test_two_servers_on_one_directory_agree(tmp_path, of):
    with running(tmp_path / "data") as first, running(tmp_path / "data") as second:
        glue = [of(server, "glue") for server in (first, second)]
        iam = [of(server, "iam") for server in (first, second)]
        glue[0].create_database(DatabaseInput={"Name": "features"})
        glue[1].create_table(DatabaseName="features", TableInput={"Name": "weather"})

        def ends(number):
            """One creates a role of the same name, and updates the same version of a table."""
            ended = []
            try:
                iam[number % 2].create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
                ended.append("role")
            except iam[0].exceptions.ClientError as refused:
                ended.append(refused.response["Error"]["Code"])
            try:
                table = {"Name": "weather", "Description": str(number)}
                glue[number % 2].update_table(DatabaseName="features", TableInput=table, VersionId="0")
                ended.append("table")
            except glue[0].exceptions.ClientError as refused:
                ended.append(refused.response["Error"]["Code"])
            return ended

        with ThreadPoolExecutor(8) as pool:
            found = [word for ended in pool.map(ends, range(8)) for word in ended]

        assert (found.count("role"), found.count("EntityAlreadyExists")) == (1, 7)
        assert (found.count("table"), found.count("ConcurrentModificationException")) == (1, 7)
        tables = [one.get_table(DatabaseName="features", Name="weather")["Table"] for one in glue]
        assert tables[0] == tables[1]


def test_a_reset_forgets_roles_keys_and_tables(emulator, iam, kms, glue):
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    kms.create_key()
    glue.create_database(DatabaseInput={"Name": "features"})
    emulator.reset()

    assert iam.list_roles()["Roles"] == []
    assert kms.list_keys()["Keys"] == []
    assert glue.get_databases()["DatabaseList"] == []
