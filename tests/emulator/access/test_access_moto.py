"""IAM, KMS, STS and Lake Formation end the same way as in moto, where moto is right.

Known to differ, and left out: moto holds the policies AWS manages, takes what is no ciphertext for one of an unknown
key, takes any principal, permission and resource for Lake Formation's, and lets anything be revoked.
"""

import json

import pytest
from moto_judge import Call, disagreements

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
ROLE = {"RoleName": "feature-store"}
TAGS = [{"Key": "team", "Value": "ops"}]


def own(replies):
    """The ARN of the policy that was made."""
    return next(reply["Policy"]["Arn"] for reply in replies if "Policy" in reply)


def test_a_role_s_life(iam, monkeypatch):
    calls = [
        Call("get_role", **ROLE),
        Call("create_role", **ROLE, AssumeRolePolicyDocument=TRUST, Path="/team/", Description="d", Tags=TAGS),
        Call("create_role", **ROLE, AssumeRolePolicyDocument=TRUST),
        Call("get_role", **ROLE),
        Call("list_roles", PathPrefix="/team/", but=("Tags",)),  # moto lists tags, AWS does not
        Call("update_role", **ROLE, Description="new", MaxSessionDuration=7200),
        Call("update_assume_role_policy", **ROLE, PolicyDocument=TRUST),
        Call("get_role", **ROLE),
        Call("tag_role", **ROLE, Tags=[{"Key": "a", "Value": "b"}]),
        Call("untag_role", **ROLE, TagKeys=["team"]),
        Call("list_role_tags", **ROLE),
        Call("list_instance_profiles_for_role", **ROLE),
        Call("delete_role", **ROLE),
        Call("delete_role", **ROLE),
    ]
    assert disagreements(iam, "iam", calls, monkeypatch) == []


def test_policies_of_a_role(iam, monkeypatch):
    inline = {**ROLE, "PolicyName": "inline"}
    calls = [
        Call("create_role", **ROLE, AssumeRolePolicyDocument=TRUST),
        Call("put_role_policy", **inline, PolicyDocument=POLICY),
        Call("put_role_policy", **inline, PolicyDocument="nonsense"),
        Call("get_role_policy", **inline),
        Call("get_role_policy", **ROLE, PolicyName="other"),
        Call("list_role_policies", **ROLE),
        Call("delete_role", **ROLE),
        Call("delete_role_policy", **inline),
        Call("create_policy", PolicyName="p", PolicyDocument=POLICY, Path="/team/", Description="d", Tags=TAGS),
        Call("create_policy", PolicyName="p", PolicyDocument=POLICY, Path="/team/"),
        Call("attach_role_policy", **ROLE, PolicyArn=own),
        Call("attach_role_policy", **ROLE, PolicyArn="arn:aws:iam::000000000000:policy/none"),
        Call("list_attached_role_policies", **ROLE),
        Call("get_policy", PolicyArn=own),
        Call("list_policies", Scope="Local", but=("Tags",)),
        Call("delete_role", **ROLE),
        Call("detach_role_policy", **ROLE, PolicyArn=own),
        Call("detach_role_policy", **ROLE, PolicyArn=own),
        Call("delete_role", **ROLE),
    ]
    assert disagreements(iam, "iam", calls, monkeypatch) == []


def test_versions_of_a_policy(iam, monkeypatch):
    calls = [
        Call("create_policy", PolicyName="p", PolicyDocument=POLICY),
        Call("create_policy_version", PolicyArn=own, PolicyDocument=POLICY, but=("Document",)),
        Call("create_policy_version", PolicyArn=own, PolicyDocument=POLICY, SetAsDefault=True, but=("Document",)),
        Call("get_policy_version", PolicyArn=own, VersionId="v1"),
        Call("get_policy_version", PolicyArn=own, VersionId="v9"),
        Call("list_policy_versions", PolicyArn=own, but=("Document",)),  # moto lists documents, AWS does not
        Call("delete_policy_version", PolicyArn=own, VersionId="v3"),
        Call("set_default_policy_version", PolicyArn=own, VersionId="v1"),
        Call("delete_policy_version", PolicyArn=own, VersionId="v3"),
        Call("delete_policy_version", PolicyArn=own, VersionId="v2"),
        Call("delete_policy", PolicyArn=own),
        Call("get_policy", PolicyArn=own),
    ]
    assert disagreements(iam, "iam", calls, monkeypatch) == []


def test_sessions(sts, monkeypatch):
    role = "arn:aws:iam::000000000000:role/team/feature-store"
    calls = [
        Call("assume_role", RoleArn=role.replace("/team", ""), RoleSessionName="notebook"),
        Call("get_session_token"),
    ]
    assert disagreements(sts, "sts", calls, monkeypatch) == []


def key(replies):
    """The id of the key that was made."""
    return next(reply["KeyMetadata"]["KeyId"] for reply in replies if "KeyMetadata" in reply)


def blob(replies):
    """The newest ciphertext."""
    return [reply["CiphertextBlob"] for reply in replies if "CiphertextBlob" in reply][-1]


def test_a_key_s_life(kms, monkeypatch):
    calls = [
        Call("create_key", Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}], but=("Arn",)),
        Call("describe_key", KeyId=key, but=("Arn",)),
        Call("describe_key", KeyId="00000000-0000-4000-8000-000000000000"),
        Call("describe_key", KeyId="alias/none"),
        Call("create_alias", AliasName="alias/features", TargetKeyId=key),
        Call("create_alias", AliasName="alias/features", TargetKeyId=key),
        Call("create_alias", AliasName="features", TargetKeyId=key),
        Call("list_aliases", KeyId=key),
        Call("tag_resource", KeyId=key, Tags=[{"TagKey": "c", "TagValue": "d"}]),
        Call("untag_resource", KeyId=key, TagKeys=["a"]),
        Call("list_resource_tags", KeyId=key),
        Call("put_key_policy", KeyId=key, PolicyName="default", Policy=POLICY),
        Call("get_key_policy", KeyId=key, PolicyName="default"),
        Call("enable_key_rotation", KeyId=key),
        Call("get_key_rotation_status", KeyId=key),
        Call("disable_key", KeyId=key),
        Call("describe_key", KeyId=key, but=("Arn",)),
        Call("enable_key", KeyId=key),
        Call("update_key_description", KeyId=key, Description="new"),
        Call("describe_key", KeyId="alias/features", but=("Arn",)),
        Call("delete_alias", AliasName="alias/features"),
        Call("delete_alias", AliasName="alias/features"),
        Call("schedule_key_deletion", KeyId=key, but=("KeyState", "PendingWindowInDays")),
        Call("cancel_key_deletion", KeyId=key),
        Call("describe_key", KeyId=key, but=("Arn", "KeyState", "Enabled")),
    ]
    assert disagreements(kms, "kms", calls, monkeypatch) == []


def test_the_cipher(kms, monkeypatch):
    context = {"group": "weather"}
    calls = [
        Call("create_key", but=("Arn",)),
        Call("encrypt", KeyId=key, Plaintext=b"x", EncryptionContext=context),
        Call("decrypt", CiphertextBlob=blob, EncryptionContext=context),
        Call("decrypt", CiphertextBlob=blob, EncryptionContext={"group": "other"}),
        Call("decrypt", CiphertextBlob=blob),
        Call("encrypt", KeyId=key, Plaintext=b"x" * 4097),
        Call("encrypt", KeyId="alias/none", Plaintext=b"x"),
        Call("generate_data_key", KeyId=key, KeySpec="AES_256", but=("Plaintext",)),
        Call("generate_data_key_without_plaintext", KeyId=key, NumberOfBytes=16),
        Call("generate_data_key", KeyId=key),
        Call("generate_data_key", KeyId=key, KeySpec="AES_256", NumberOfBytes=16),
    ]
    assert disagreements(kms, "kms", calls, monkeypatch) == []


def test_grants(kms, monkeypatch):
    def token(replies):
        return next(reply["GrantToken"] for reply in replies if "GrantToken" in reply)

    def grant(replies):
        return next(reply["GrantId"] for reply in replies if "GrantId" in reply)

    principal = "arn:aws:iam::000000000000:role/feature-store"
    asked = {"GranteePrincipal": principal, "Operations": ["Decrypt"]}
    calls = [
        Call("create_key", but=("Arn",)),
        Call("create_grant", KeyId=key, **asked, Name="n", RetiringPrincipal=principal),
        Call("list_grants", KeyId=key, but=("IssuingAccount",)),
        Call("list_retirable_grants", RetiringPrincipal=principal, but=("IssuingAccount",)),
        Call("retire_grant", GrantToken=token),
        Call("list_grants", KeyId=key),
        Call("create_grant", KeyId=key, **asked),
        Call("revoke_grant", KeyId=key, GrantId=lambda replies: [r["GrantId"] for r in replies if "GrantId" in r][-1]),
        Call("list_grants", KeyId=key),
    ]
    assert disagreements(kms, "kms", calls, monkeypatch) == []


@pytest.fixture
def catalogued(glue):
    glue.create_database(DatabaseInput={"Name": "features"})
    glue.create_table(DatabaseName="features", TableInput={"Name": "weather"})


def test_lake_formation(lake, catalogued, monkeypatch):
    role = "arn:aws:iam::000000000000:role/feature-store"
    table = {"Table": {"CatalogId": "000000000000", "DatabaseName": "features", "Name": "weather"}}
    mine = {"CatalogId": "000000000000", "Principal": {"DataLakePrincipalIdentifier": role}, "Resource": table}
    place = {"ResourceArn": "arn:aws:s3:::features"}
    calls = [
        Call("register_resource", **place, RoleArn=role),
        Call("register_resource", **place, RoleArn=role),
        Call("describe_resource", **place),
        Call("list_resources"),
        Call("grant_permissions", **mine, Permissions=["SELECT", "INSERT"]),
        Call("list_permissions", **mine),
        Call("revoke_permissions", **mine, Permissions=["SELECT"]),
        Call("list_permissions", **mine),
        Call("revoke_permissions", **mine, Permissions=["INSERT"]),
        Call("list_permissions", **mine),
        Call("deregister_resource", **place),
        Call("deregister_resource", **place),
        Call("describe_resource", **place),
        Call("get_data_lake_settings", CatalogId="000000000000"),
    ]
    assert disagreements(lake, "lakeformation", calls, monkeypatch) == []
