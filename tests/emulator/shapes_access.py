"""STS, IAM, Lake Formation and KMS: one call for every operation."""

import json

from emulator_help import ROLE
from shapes_words import TAGS, One, a_table, plain

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
_TRUSTED = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [_TRUSTED]})

# STS and IAM


def prepare_iam(clients, found):
    iam = clients["iam"]
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST, Tags=TAGS)
    found["policy"] = iam.create_policy(PolicyName="own", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=found["policy"], PolicyDocument=POLICY)
    iam.put_role_policy(RoleName="reader", PolicyName="inline", PolicyDocument=POLICY)
    iam.attach_role_policy(RoleName="reader", PolicyArn=found["policy"])
    iam.create_policy(PolicyName="idle", PolicyDocument=POLICY)
    iam.create_role(RoleName="idle", AssumeRolePolicyDocument=TRUST)


_READER = {"RoleName": "reader"}
_INLINE = {**_READER, "PolicyName": "inline"}


def _policy(**more):
    return One(lambda w: {"PolicyArn": w["policy"], **more})


STS = {
    "AssumeRole": plain(RoleArn=ROLE, RoleSessionName="me"),
    "AssumeRoleWithWebIdentity": plain(RoleArn=ROLE, RoleSessionName="me", WebIdentityToken="token"),
    "GetAccessKeyInfo": plain(AccessKeyId="AKIAIOSFODNN7EXAMPLE"),
    "GetCallerIdentity": plain(),
    "GetSessionToken": plain(),
}
IAM = {
    "AttachRolePolicy": _policy(**_READER),
    "CreatePolicy": plain(PolicyName="fresh", PolicyDocument=POLICY),
    "CreatePolicyVersion": _policy(PolicyDocument=POLICY),
    "CreateRole": plain(RoleName="fresh", AssumeRolePolicyDocument=TRUST, Tags=TAGS),
    "DeletePolicy": plain(PolicyArn="arn:aws:iam::000000000000:policy/idle"),
    "DeletePolicyVersion": _policy(VersionId="v2"),
    "DeleteRole": plain(RoleName="idle"),
    "DeleteRolePolicy": plain(**_INLINE),
    "DetachRolePolicy": _policy(**_READER),
    "GetPolicy": _policy(),
    "GetPolicyVersion": _policy(VersionId="v1"),
    "GetRole": plain(**_READER),
    "GetRolePolicy": plain(**_INLINE),
    "GetUser": plain(),
    "ListAttachedRolePolicies": plain(**_READER),
    "ListInstanceProfilesForRole": plain(**_READER),
    "ListPolicies": plain(Scope="Local"),
    "ListPolicyVersions": _policy(),
    "ListRolePolicies": plain(**_READER),
    "ListRoleTags": plain(**_READER),
    "ListRoles": plain(MaxItems=1),
    "PutRolePolicy": plain(**_INLINE, PolicyDocument=POLICY),
    "SetDefaultPolicyVersion": _policy(VersionId="v2"),
    "TagRole": plain(**_READER, Tags=TAGS),
    "UntagRole": plain(**_READER, TagKeys=["team"]),
    "UpdateAssumeRolePolicy": plain(**_READER, PolicyDocument=TRUST),
    "UpdateRole": plain(**_READER, Description="Reads."),
}

# Lake Formation


def prepare_lakeformation(clients, found):
    lake = clients["lakeformation"]
    clients["glue"].create_database(DatabaseInput={"Name": "mine"})
    clients["glue"].create_table(DatabaseName="mine", TableInput=a_table())
    lake.register_resource(ResourceArn=_PLACE, UseServiceLinkedRole=True)
    lake.grant_permissions(**_GRANT)


_PLACE = "arn:aws:s3:::features/store"
_GRANT = {
    "Principal": {"DataLakePrincipalIdentifier": ROLE},
    "Resource": {"Table": {"DatabaseName": "mine", "Name": "labels"}},
    "Permissions": ["SELECT"],
}
LAKE_FORMATION = {
    "BatchGrantPermissions": plain(Entries=[{"Id": "1", **_GRANT}]),
    "BatchRevokePermissions": plain(Entries=[{"Id": "1", **_GRANT}]),
    "DeregisterResource": plain(ResourceArn=_PLACE),
    "DescribeResource": plain(ResourceArn=_PLACE),
    "GetDataLakeSettings": plain(),
    "GetTemporaryGlueTableCredentials": plain(
        TableArn="arn:aws:glue:us-east-1:000000000000:table/mine/labels",
        Permissions=["SELECT"],
        SupportedPermissionTypes=["COLUMN_PERMISSION"],
    ),
    "GrantPermissions": plain(**_GRANT),
    "ListPermissions": plain(),
    "ListResources": plain(),
    "PutDataLakeSettings": plain(DataLakeSettings={"DataLakeAdmins": [{"DataLakePrincipalIdentifier": ROLE}]}),
    "RegisterResource": plain(ResourceArn="arn:aws:s3:::other", RoleArn=ROLE),
    "RevokePermissions": plain(**_GRANT),
    "UpdateResource": plain(ResourceArn=_PLACE, RoleArn=ROLE),
}

# KMS


def prepare_kms(clients, found):
    kms = clients["kms"]
    found["key"] = kms.create_key(Description="Own.", Tags=_KEY_TAGS)["KeyMetadata"]["KeyId"]
    found["going"] = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=found["going"], PendingWindowInDays=7)
    kms.create_alias(AliasName="alias/own", TargetKeyId=found["key"])
    made = kms.create_grant(KeyId=found["key"], GranteePrincipal=ROLE, Operations=["Decrypt"], RetiringPrincipal=ROLE)
    found["grant"] = made["GrantId"]
    found["text"] = kms.encrypt(KeyId=found["key"], Plaintext=b"secret")["CiphertextBlob"]


_KEY_TAGS = [{"TagKey": "team", "TagValue": "sky"}]


def _key(**more):
    return One(lambda w: {"KeyId": w["key"], **more})


KMS = {
    "CancelKeyDeletion": One(lambda w: {"KeyId": w["going"]}),
    "CreateAlias": One(lambda w: {"AliasName": "alias/fresh", "TargetKeyId": w["key"]}),
    "CreateGrant": _key(GranteePrincipal=ROLE, Operations=["Encrypt"]),
    "CreateKey": plain(),
    "Decrypt": One(lambda w: {"CiphertextBlob": w["text"]}),
    "DeleteAlias": plain(AliasName="alias/own"),
    "DescribeKey": plain(KeyId="alias/own"),
    "DisableKey": _key(),
    "DisableKeyRotation": _key(),
    "EnableKey": _key(),
    "EnableKeyRotation": _key(),
    "Encrypt": _key(Plaintext=b"secret"),
    "GenerateDataKey": _key(KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": _key(KeySpec="AES_256"),
    "GetKeyPolicy": _key(),
    "GetKeyRotationStatus": _key(),
    "ListAliases": plain(),
    "ListGrants": _key(),
    "ListKeyPolicies": _key(),
    "ListKeys": plain(Limit=1),
    "ListResourceTags": _key(),
    "ListRetirableGrants": plain(RetiringPrincipal=ROLE),
    "PutKeyPolicy": _key(Policy=POLICY),
    "ReEncrypt": One(lambda w: {"CiphertextBlob": w["text"], "DestinationKeyId": w["key"]}),
    "RetireGrant": One(lambda w: {"KeyId": w["key"], "GrantId": w["grant"]}),
    "RevokeGrant": One(lambda w: {"KeyId": w["key"], "GrantId": w["grant"]}),
    "ScheduleKeyDeletion": _key(PendingWindowInDays=7),
    "TagResource": _key(Tags=_KEY_TAGS),
    "UntagResource": _key(TagKeys=["team"]),
    "UpdateAlias": One(lambda w: {"AliasName": "alias/own", "TargetKeyId": w["key"]}),
    "UpdateKeyDescription": _key(Description="Other."),
}
