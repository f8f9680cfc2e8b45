"""Roles and policies, as clients make, look up, tag and drop them."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": ["sagemaker.amazonaws.com"]}, "Action": "sts:AssumeRole"}
    ],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonSageMakerFeatureStoreAccess"
OWN = "arn:aws:iam::000000000000:policy/features"


@pytest.fixture
def role(iam):
    def made(name="feature-store", **more):
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)["Role"]

    return made


def a_policy(iam, name="features", **more):
    return iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(POLICY), **more)["Policy"]


def test_a_role_comes_back_as_it_was_made(iam, role):
    tags = [{"Key": "team", "Value": "ops + more"}, {"Key": "Zürich", "Value": ""}]
    made = role(
        Path="/service-role/", Description="Reads & writes", Tags=tags, MaxSessionDuration=7200, PermissionsBoundary=OWN
    )
    found = iam.get_role(RoleName="feature-store")["Role"]

    assert made["Arn"] == "arn:aws:iam::000000000000:role/service-role/feature-store"
    assert found.pop("RoleLastUsed") == {}
    assert found == made
    assert found["AssumeRolePolicyDocument"] == TRUST
    assert found["Tags"] == tags
    assert (found["MaxSessionDuration"], found["Description"]) == (7200, "Reads & writes")
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == OWN
    assert found["RoleId"].startswith("AROA")


def test_a_role_nobody_made_is_missing_though_its_name_is_well_formed(iam):
    with pytest.raises(iam.exceptions.NoSuchEntityException) as caught:
        iam.get_role(RoleName="feature-store")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert caught.value.response["Error"]["Message"] == "The role with name feature-store cannot be found."


def test_names_differ_by_more_than_case(iam, role, refused):
    role("Feature-Store")
    again = {"RoleName": "feature-store", "AssumeRolePolicyDocument": json.dumps(TRUST)}

    assert refused(iam.create_role, **again)[0] == "EntityAlreadyExists"
    assert refused(iam.get_role, RoleName="feature-store")[0] == "NoSuchEntity"


def test_a_role_is_global(iam, role, door, emulator):
    role()
    reply = emulator.answer(
        "POST",
        "https://iam.amazonaws.com/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=GetRole&Version=2010-05-08&RoleName=feature-store",
    )

    assert reply.status == 200
    assert b"%7B%22Version%22%3A" in reply.body


def test_roles_are_listed_by_name_page_by_page(iam, role):
    for name in ("c", "a", "b", "d"):
        role(name, Tags=[{"Key": "k", "Value": "v"}])
    role("other", Path="/team/")
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2})
    found = [found for page in pages for found in page["Roles"]]

    assert [found["RoleName"] for found in found] == ["a", "b", "c", "d", "other"]
    assert all("Tags" not in found for found in found)
    assert [found["RoleName"] for found in iam.list_roles(PathPrefix="/team/")["Roles"]] == ["other"]


def test_what_is_not_updated_stays(iam, role):
    role(Description="old", MaxSessionDuration=7200)
    iam.update_role(RoleName="feature-store", Description="new")
    iam.update_assume_role_policy(RoleName="feature-store", PolicyDocument=json.dumps(POLICY))
    found = iam.get_role(RoleName="feature-store")["Role"]

    assert (found["Description"], found["MaxSessionDuration"]) == ("new", 7200)
    assert found["AssumeRolePolicyDocument"] == POLICY


def test_a_role_s_own_policies(iam, role, refused):
    role()
    iam.put_role_policy(RoleName="feature-store", PolicyName="s3", PolicyDocument=json.dumps(POLICY))
    found = iam.get_role_policy(RoleName="feature-store", PolicyName="s3")

    assert found["PolicyDocument"] == POLICY
    assert iam.list_role_policies(RoleName="feature-store")["PolicyNames"] == ["s3"]
    assert refused(iam.delete_role, RoleName="feature-store") == (
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
    )

    iam.delete_role_policy(RoleName="feature-store", PolicyName="s3")
    iam.delete_role(RoleName="feature-store")

    assert refused(iam.get_role, RoleName="feature-store")[0] == "NoSuchEntity"


def test_attached_policies_are_the_account_s_own_or_any_of_aws(iam, role, refused):
    role()
    a_policy(iam)
    for arn in (MANAGED, OWN, OWN):
        iam.attach_role_policy(RoleName="feature-store", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="feature-store")["AttachedPolicies"]

    assert [(policy["PolicyName"], policy["PolicyArn"]) for policy in attached] == [
        ("AmazonSageMakerFeatureStoreAccess", MANAGED),
        ("features", OWN),
    ]
    assert iam.get_policy(PolicyArn=OWN)["Policy"]["AttachmentCount"] == 1
    assert refused(iam.delete_policy, PolicyArn=OWN)[0] == "DeleteConflict"
    assert refused(iam.delete_role, RoleName="feature-store")[0] == "DeleteConflict"
    assert refused(iam.attach_role_policy, RoleName="feature-store", PolicyArn=f"{OWN}2") == (
        "NoSuchEntity",
        f"Policy {OWN}2 does not exist or is not attachable.",
    )

    iam.detach_role_policy(RoleName="feature-store", PolicyArn=OWN)

    assert refused(iam.detach_role_policy, RoleName="feature-store", PolicyArn=OWN)[0] == "NoSuchEntity"
    assert iam.list_attached_role_policies(RoleName="feature-store", PathPrefix="/service-role/")["AttachedPolicies"]


def test_policies_aws_manages_are_not_held_and_that_is_said(iam, refused):
    assert refused(iam.get_policy, PolicyArn=MANAGED)[0] == "NotImplemented"


def test_a_policy_has_five_versions_at_most_and_one_that_counts(iam, refused):
    a_policy(iam, Description="What the store may do")
    for number in range(2, 6):
        document = {**POLICY, "Id": str(number)}
        made = iam.create_policy_version(PolicyArn=OWN, PolicyDocument=json.dumps(document), SetAsDefault=number == 3)[
            "PolicyVersion"
        ]
        assert (made["VersionId"], made["IsDefaultVersion"]) == (f"v{number}", number == 3)

    version = iam.get_policy_version(PolicyArn=OWN, VersionId="v3")["PolicyVersion"]
    listed = iam.list_policy_versions(PolicyArn=OWN)["Versions"]

    assert version["Document"] == {**POLICY, "Id": "3"}
    assert [found["VersionId"] for found in listed] == ["v5", "v4", "v3", "v2", "v1"]
    assert iam.get_policy(PolicyArn=OWN)["Policy"]["DefaultVersionId"] == "v3"
    assert refused(iam.create_policy_version, PolicyArn=OWN, PolicyDocument=json.dumps(POLICY))[0] == "LimitExceeded"
    assert refused(iam.delete_policy_version, PolicyArn=OWN, VersionId="v3")[0] == "DeleteConflict"
    assert refused(iam.delete_policy, PolicyArn=OWN)[0] == "DeleteConflict"

    iam.set_default_policy_version(PolicyArn=OWN, VersionId="v1")
    for version in ("v2", "v3", "v4", "v5"):
        iam.delete_policy_version(PolicyArn=OWN, VersionId=version)
    iam.delete_policy(PolicyArn=OWN)

    assert refused(iam.get_policy, PolicyArn=OWN) == ("NoSuchEntity", f"Policy {OWN} was not found.")


def test_policies_are_listed(iam, role):
    a_policy(iam, "b")
    a_policy(iam, "a", Path="/team/")
    role()
    iam.attach_role_policy(RoleName="feature-store", PolicyArn="arn:aws:iam::000000000000:policy/b")

    def names(**asked):
        return [policy["PolicyName"] for policy in iam.list_policies(**asked)["Policies"]]

    assert sorted(names()) == ["a", "b"]
    assert names(PathPrefix="/team/") == ["a"]
    assert names(OnlyAttached=True) == ["b"]
    assert names(Scope="AWS") == []


def test_tags_of_a_role(iam, role, refused):
    role(Tags=[{"Key": "Team", "Value": "ops"}])
    iam.tag_role(RoleName="feature-store", Tags=[{"Key": "team", "Value": "data"}, {"Key": "x", "Value": "y"}])

    assert iam.list_role_tags(RoleName="feature-store")["Tags"] == [
        {"Key": "team", "Value": "data"},
        {"Key": "x", "Value": "y"},
    ]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert refused(iam.tag_role, RoleName="feature-store", Tags=twice)[0] == "InvalidInput"
    many = [{"Key": str(number), "Value": ""} for number in range(49)]
    assert refused(iam.tag_role, RoleName="feature-store", Tags=many)[0] == "LimitExceeded"

    iam.untag_role(RoleName="feature-store", TagKeys=["TEAM"])

    assert [tag["Key"] for tag in iam.list_role_tags(RoleName="feature-store")["Tags"]] == ["x"]


def test_there_is_one_user_and_no_instance_profile(iam, role, refused):
    role()

    assert iam.get_user()["User"]["Arn"] == "arn:aws:iam::000000000000:user/emulator"
    assert refused(iam.get_user, UserName="nobody") == ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert iam.list_instance_profiles_for_role(RoleName="feature-store")["InstanceProfiles"] == []


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("create_role", {"RoleName": "a b", "AssumeRolePolicyDocument": "{}"}, "ValidationError"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{"}, "MalformedPolicyDocument"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "[]"}, "MalformedPolicyDocument"),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": "nonsense"}, "MalformedPolicyDocument"),
        ("list_roles", {"Marker": "nobody"}, "ValidationError"),
        ("get_policy_version", {"PolicyArn": OWN, "VersionId": "one"}, "ValidationError"),
        ("delete_role", {"RoleName": "nobody"}, "NoSuchEntity"),
        ("simulate_principal_policy", {"PolicySourceArn": OWN, "ActionNames": ["s3:GetObject"]}, "NotImplemented"),
        ("create_user", {"UserName": "somebody"}, "NotImplemented"),
    ],
)
def test_iam_refuses_with_iam_s_codes(iam, refused, operation, asked, code):
    assert refused(getattr(iam, operation), **asked)[0] == code


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (b"Action=ListRoles&MaxItems=0", "ValidationError"),
        (b"Action=ListRoles&MaxItems=1001", "ValidationError"),
        (b"Action=ListRoles&MaxItems=many", "MalformedInput"),
        (b"Action=GetRole", "ValidationError"),
        (b"Action=GetRole&RoleName.member.1=x", "SerializationException"),
        (b"Action=GetRole&RoleName=x&RoleName.y=z", "MalformedInput"),
        (b"Action=TagRole&RoleName=x&Tags.member.1.Key=a", "ValidationError"),
        (b"Action=TagRole&RoleName=x&Tags=a", "SerializationException"),
        (b"Action=" + b"a." * 500 + b"=x", "NotImplemented"),
        (b"Action=ListRoles&" + b"a." * 500 + b"=x", "MalformedInput"),
        (b"\xff\xfe", "NotImplemented"),
    ],
)
def test_forms_that_are_none(emulator, form, code):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    reply = emulator.answer("POST", "https://iam.amazonaws.com/", headers, form + b"&Version=2010-05-08")

    assert ET.fromstring(reply.body).findtext(".//{*}Code") == code
    assert reply.status in {400, 501}


def test_roles_outlive_the_process(iam, role, emulator, door, tmp_path):
    from reconciler.emulator.embedded import open_emulator

    role()
    emulator.close()
    door.emulator = again = open_emulator(tmp_path / "data")
    found = iam.get_role(RoleName="feature-store")
    again.close()

    assert found["Role"]["RoleName"] == "feature-store"


text = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"], exclude_characters="\xa0"), max_size=40)


@given(description=text, value=text)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives_the_form_and_the_xml(iam, description, value):
    document = {"Version": "2012-10-17", "Statement": [], "Id": value}
    trust = json.dumps(document, ensure_ascii=False)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust, Description=description)
    found = iam.get_role(RoleName="r")["Role"]
    iam.delete_role(RoleName="r")

    assert (found["AssumeRolePolicyDocument"], found["Description"]) == (document, description)
