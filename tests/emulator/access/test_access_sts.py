"""Who asks: the emulator's one user, or whoever a session's keys were given to."""

import base64
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

ROLE = "arn:aws:iam::000000000000:role/service-role/feature-store"


def assumed(sts, role=ROLE, session="notebook", **more):
    return sts.assume_role(RoleArn=role, RoleSessionName=session, **more)


def test_a_session_s_keys_are_the_role_it_assumed(sts, sts_of):
    reply = assumed(sts)
    found = sts_of(reply["Credentials"]).get_caller_identity()

    assert found["Arn"] == "arn:aws:sts::000000000000:assumed-role/feature-store/notebook"
    assert found["Arn"] == reply["AssumedRoleUser"]["Arn"]
    assert found["UserId"] == reply["AssumedRoleUser"]["AssumedRoleId"]
    assert found["Account"] == "000000000000"


def test_credentials_look_as_aws_makes_them(sts):
    credentials = assumed(sts, DurationSeconds=900)["Credentials"]

    assert credentials["AccessKeyId"].startswith("ASIA")
    assert len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    assert len(base64.b64decode(credentials["SessionToken"])) == 267
    assert 890 < (credentials["Expiration"] - datetime.now(UTC)).total_seconds() <= 900


def test_the_user_stays_the_user(sts):
    assumed(sts)

    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/emulator"


def test_a_role_that_is_assumed_exists_from_then_on(sts, iam):
    reply = assumed(sts)
    found = iam.get_role(RoleName="feature-store")["Role"]

    assert found["Arn"] == ROLE
    assert reply["AssumedRoleUser"]["AssumedRoleId"] == f"{found['RoleId']}:notebook"
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"


def test_a_role_that_was_there_stays_as_it_is(sts, iam):
    made = iam.create_role(RoleName="feature-store", AssumeRolePolicyDocument='{"Statement": []}')["Role"]
    reply = assumed(sts)

    assert reply["AssumedRoleUser"]["AssumedRoleId"].startswith(made["RoleId"])
    assert len(iam.list_roles()["Roles"]) == 1


def test_a_role_of_another_account_can_be_assumed(sts, sts_of, iam):
    reply = assumed(sts, "arn:aws:iam::123456789012:role/shared")
    found = sts_of(reply["Credentials"]).get_caller_identity()

    assert (found["Account"], found["Arn"]) == (
        "123456789012",
        "arn:aws:sts::123456789012:assumed-role/shared/notebook",
    )
    assert iam.list_roles()["Roles"] == []


def test_sessions_expire_by_the_emulator_s_clock_and_outlive_its_process(sts, sts_of, emulator, door, tmp_path):
    from reconciler.emulator.embedded import open_emulator

    client = sts_of(assumed(sts)["Credentials"])
    emulator.close()
    door.emulator = again = open_emulator(tmp_path / "data")
    before = client.get_caller_identity()["Arn"]
    again.advance_clock(3601)
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.get_caller_identity()
    again.close()

    assert before.endswith("assumed-role/feature-store/notebook")
    assert caught.value.response["Error"]["Code"] == "ExpiredToken"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_session_token_is_the_user_s(sts, sts_of):
    credentials = sts.get_session_token(DurationSeconds=900)["Credentials"]

    assert sts_of(credentials).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/emulator"
    assert sts.get_access_key_info(AccessKeyId=credentials["AccessKeyId"])["Account"] == "000000000000"


def test_a_web_identity_need_not_sign(emulator):
    form = (
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=ci&WebIdentityToken=abcd"
        "&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fdeploy"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    reply = emulator.answer("POST", "https://sts.eu-west-1.amazonaws.com/", headers, form.encode())

    assert reply.status == 200
    arn = ET.fromstring(reply.body).findtext(".//{*}AssumedRoleUser/{*}Arn")
    assert arn == "arn:aws:sts::000000000000:assumed-role/deploy/ci"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"RoleArn": "arn:aws:iam::000000000000:user/somebody", "RoleSessionName": "ok"}, "ValidationError"),
        ({"RoleArn": "arn:aws:iam::1:role/somebody-else", "RoleSessionName": "ok"}, "ValidationError"),
        ({"RoleArn": ROLE, "RoleSessionName": "a b"}, "ValidationError"),
        ({"RoleArn": "arn:aws:iam::000000000000:role/a\nb", "RoleSessionName": "ok"}, "ValidationError"),
        ({"RoleArn": f"arn:aws:iam::000000000000:role/{'a/' * 900} b", "RoleSessionName": "ok"}, "ValidationError"),
    ],
)
def test_what_cannot_be_assumed(sts, refused, asked, code):
    assert refused(sts.assume_role, **asked)[0] == code


class TestTheSdkLooksItsRoleUp:
    """As `sagemaker.get_execution_role` and version 3's role resolver go about it."""

    def test_a_session_s_role_is_found_by_name(self, sts, sts_of, iam):
        arn = sts_of(assumed(sts)["Credentials"]).get_caller_identity()["Arn"]
        name = arn.split("/")[1]

        assert iam.get_role(RoleName=name)["Role"]["Arn"] == ROLE

    def test_the_default_role_is_made_when_it_is_missing(self, iam):
        name = "AmazonSageMaker-DefaultRole"
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
        iam.attach_role_policy(PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", RoleName=name)

        assert iam.get_role(RoleName=name)["Role"]["Arn"].endswith(f":role/{name}")
