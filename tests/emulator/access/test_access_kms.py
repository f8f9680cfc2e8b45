"""Keys: looked up, named, scheduled to go, and a cipher that comes back only with the same key and context."""

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.access import ciphers

PLACE = "arn:aws:kms:eu-west-1:000000000000"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def key(kms):
    def made(**more):
        return kms.create_key(**more)["KeyMetadata"]

    return made


def test_a_key_is_found_by_id_arn_alias_and_the_alias_s_arn(kms, key):
    made = key(Description="Online store", Tags=[{"TagKey": "team", "TagValue": "ops"}])
    kms.create_alias(AliasName="alias/features", TargetKeyId=made["KeyId"])
    names = (made["KeyId"], made["Arn"], "alias/features", f"{PLACE}:alias/features")

    assert made["Arn"] == f"{PLACE}:key/{made['KeyId']}"
    assert all(kms.describe_key(KeyId=name)["KeyMetadata"] == made for name in names)
    assert (made["KeyState"], made["Enabled"], made["KeyManager"]) == ("Enabled", True, "CUSTOMER")


def test_keys_of_aws_come_into_being_when_they_are_asked_for(kms):
    first = kms.describe_key(KeyId="alias/aws/sagemaker")["KeyMetadata"]
    second = kms.describe_key(KeyId=f"{PLACE}:alias/aws/sagemaker")["KeyMetadata"]

    assert first == second
    assert first["KeyManager"] == "AWS"
    assert [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]] == ["alias/aws/sagemaker"]


def test_keys_belong_to_a_region(kms, key, emulator, session, door):
    made = key()
    elsewhere = door.attach(session.client("kms", region_name="us-east-1"))

    with pytest.raises(ClientError) as caught:
        elsewhere.describe_key(KeyId=made["KeyId"])

    assert caught.value.response["Error"]["Code"] == "NotFoundException"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (NOBODY, f"Key '{PLACE}:key/{NOBODY}' does not exist"),
        (f"{PLACE}:key/{NOBODY}", f"Key '{PLACE}:key/{NOBODY}' does not exist"),
        ("alias/nothing", f"Alias {PLACE}:alias/nothing is not found."),
        ("nonsense", "Invalid keyId nonsense"),
    ],
)
def test_a_key_that_is_not_there(kms, refused, asked, message):
    assert refused(kms.describe_key, KeyId=asked) == ("NotFoundException", message)


def test_aliases_are_made_moved_listed_and_dropped(kms, key, refused):
    first, second = key()["KeyId"], key()["KeyId"]
    for name in ("b", "a", "c"):
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=first)
    kms.update_alias(AliasName="alias/c", TargetKeyId=second)
    pages = kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 2})
    found = [(alias["AliasName"], alias["TargetKeyId"]) for page in pages for alias in page["Aliases"]]

    assert found == [("alias/a", first), ("alias/b", first), ("alias/c", second)]
    assert [alias["AliasName"] for alias in kms.list_aliases(KeyId=second)["Aliases"]] == ["alias/c"]
    assert refused(kms.create_alias, AliasName="alias/a", TargetKeyId=first)[0] == "AlreadyExistsException"
    assert refused(kms.create_alias, AliasName="alias/aws/mine", TargetKeyId=first)[0] == "NotAuthorizedException"
    assert refused(kms.create_alias, AliasName="mine", TargetKeyId=first)[0] == "ValidationException"

    kms.delete_alias(AliasName="alias/a")

    assert refused(kms.delete_alias, AliasName="alias/a")[0] == "NotFoundException"


def test_tags_policy_rotation_and_description(kms, key, refused):
    made = key(Tags=[{"TagKey": "b", "TagValue": "1"}])
    name = made["KeyId"]
    kms.tag_resource(KeyId=name, Tags=[{"TagKey": "a", "TagValue": "2"}, {"TagKey": "b", "TagValue": "3"}])
    kms.untag_resource(KeyId=name, TagKeys=["a"])
    policy = '{"Version": "2012-10-17", "Statement": []}'
    kms.put_key_policy(KeyId=name, PolicyName="default", Policy=policy)
    kms.enable_key_rotation(KeyId=name)
    kms.update_key_description(KeyId=name, Description="new")

    assert kms.list_resource_tags(KeyId=name)["Tags"] == [{"TagKey": "b", "TagValue": "3"}]
    assert kms.get_key_policy(KeyId=name)["Policy"] == policy
    assert kms.list_key_policies(KeyId=name)["PolicyNames"] == ["default"]
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is True
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["Description"] == "new"
    assert refused(kms.put_key_policy, KeyId=name, Policy="nonsense")[0] == "MalformedPolicyDocumentException"
    assert refused(kms.get_key_policy, KeyId=name, PolicyName="other")[0] == "NotFoundException"

    kms.disable_key_rotation(KeyId=name)

    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is False


def test_a_disabled_key_does_nothing(kms, key, refused):
    made = key()
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=made["KeyId"])

    assert refused(kms.encrypt, KeyId=made["KeyId"], Plaintext=b"x") == (
        "DisabledException",
        f"{made['Arn']} is disabled.",
    )
    assert refused(kms.decrypt, CiphertextBlob=blob)[0] == "DisabledException"

    kms.enable_key(KeyId=made["KeyId"])

    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_that_is_to_be_deleted_goes_when_its_day_has_come(kms, key, refused, emulator):
    made = key()
    reply = kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)

    assert (reply["KeyState"], reply["KeyId"]) == ("PendingDeletion", made["Arn"])
    assert refused(kms.encrypt, KeyId=made["KeyId"], Plaintext=b"x")[0] == "KMSInvalidStateException"
    assert refused(kms.enable_key, KeyId=made["KeyId"])[0] == "KMSInvalidStateException"

    kms.cancel_key_deletion(KeyId=made["KeyId"])
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"
    assert refused(kms.cancel_key_deletion, KeyId=made["KeyId"])[0] == "KMSInvalidStateException"

    kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
    emulator.advance_clock(7 * 86_400 + 1)

    assert refused(kms.describe_key, KeyId=made["KeyId"])[0] == "NotFoundException"
    assert kms.list_keys()["Keys"] == []


def test_what_is_encrypted_comes_back_and_names_its_key(kms, key):
    made = key()
    context = {"group": "weather", "store": "online"}
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"secret", EncryptionContext=context)["CiphertextBlob"]
    found = kms.decrypt(CiphertextBlob=blob, EncryptionContext=dict(reversed(context.items())))

    assert (found["Plaintext"], found["KeyId"]) == (b"secret", made["Arn"])
    assert b"secret" not in blob


def test_another_key_context_or_blob_opens_nothing(kms, key, refused):
    made, other = key(), key()
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"secret", EncryptionContext={"a": "1"})["CiphertextBlob"]
    changed = blob[:-1] + bytes([blob[-1] ^ 1])

    def code(**asked):
        return refused(kms.decrypt, **{"CiphertextBlob": blob, "EncryptionContext": {"a": "1"}, **asked})[0]

    assert code(EncryptionContext={"a": "2"}) == "InvalidCiphertextException"
    assert code(EncryptionContext={}) == "InvalidCiphertextException"
    assert code(CiphertextBlob=changed) == "InvalidCiphertextException"
    assert code(CiphertextBlob=b"\x00" * 200) == "InvalidCiphertextException"
    assert code(KeyId=other["KeyId"]) == "IncorrectKeyException"
    assert code(CiphertextBlob=blob.replace(made["KeyId"].encode(), NOBODY.encode())) == "AccessDeniedException"


def test_data_keys(kms, key, refused):
    made = key()["KeyId"]
    whole = kms.generate_data_key(KeyId=made, KeySpec="AES_256", EncryptionContext={"a": "1"})
    hidden = kms.generate_data_key_without_plaintext(KeyId=made, NumberOfBytes=16)

    assert len(whole["Plaintext"]) == 32
    opened = kms.decrypt(CiphertextBlob=whole["CiphertextBlob"], EncryptionContext={"a": "1"})
    assert opened["Plaintext"] == whole["Plaintext"]
    assert "Plaintext" not in hidden
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 16
    assert refused(kms.generate_data_key, KeyId=made)[0] == "ValidationException"
    assert refused(kms.generate_data_key, KeyId=made, KeySpec="AES_256", NumberOfBytes=5)[0] == "ValidationException"


def test_reencrypt_moves_to_another_key(kms, key):
    first, second = key(), key()
    blob = kms.encrypt(KeyId=first["KeyId"], Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=second["KeyId"],
        DestinationEncryptionContext={"b": "2"},
    )
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"})

    assert (moved["SourceKeyId"], moved["KeyId"]) == (first["Arn"], second["Arn"])
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", second["Arn"])


def test_grants_are_kept_listed_retired_and_revoked(kms, key, refused):
    made = key()["KeyId"]
    role, other = "arn:aws:iam::000000000000:role/feature-store", "arn:aws:iam::000000000000:role/other"
    asked = {"KeyId": made, "GranteePrincipal": role, "Operations": ["Decrypt", "GenerateDataKey"], "Name": "fs"}
    first = kms.create_grant(**asked, RetiringPrincipal=role)
    again = kms.create_grant(**asked, RetiringPrincipal=role)
    second = kms.create_grant(KeyId=made, GranteePrincipal=other, Operations=["Encrypt"])

    assert first["GrantId"] == again["GrantId"] != second["GrantId"]
    found = kms.list_grants(KeyId=made, GranteePrincipal=role)["Grants"]
    assert [(grant["Name"], grant["Operations"]) for grant in found] == [("fs", ["Decrypt", "GenerateDataKey"])]
    assert len(kms.list_retirable_grants(RetiringPrincipal=role)["Grants"]) == 1

    kms.retire_grant(GrantToken=first["GrantToken"])
    kms.revoke_grant(KeyId=made, GrantId=second["GrantId"])

    assert kms.list_grants(KeyId=made)["Grants"] == []
    assert refused(kms.revoke_grant, KeyId=made, GrantId=second["GrantId"])[0] == "NotFoundException"
    assert refused(kms.retire_grant, GrantToken="nothing")[0] == "InvalidGrantTokenException"


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("create_key", {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "NotImplemented"),
        ("create_key", {"MultiRegion": True}, "NotImplemented"),
        ("create_key", {"Policy": "nonsense"}, "MalformedPolicyDocumentException"),
        ("list_keys", {"Marker": "nonsense"}, "InvalidMarkerException"),
        ("generate_mac", {"KeyId": NOBODY, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}, "NotImplemented"),
        ("create_grant", {"KeyId": NOBODY, "GranteePrincipal": "a", "Operations": ["Fly"]}, "ValidationException"),
        ("encrypt", {"KeyId": NOBODY, "Plaintext": b"x"}, "NotFoundException"),
    ],
)
def test_kms_refuses_with_kms_s_codes(kms, refused, operation, asked, code):
    assert refused(getattr(kms, operation), **asked)[0] == code


def test_a_dry_run_changes_nothing(kms, key, refused):
    made = key()["KeyId"]
    asked = {"KeyId": made, "GranteePrincipal": "role", "Operations": ["Encrypt"], "DryRun": True}

    assert refused(kms.create_grant, **asked)[0] == "DryRunOperationException"
    assert kms.list_grants(KeyId=made)["Grants"] == []


def test_keys_outlive_the_process(kms, key, emulator, door, tmp_path):
    from reconciler.emulator.embedded import open_emulator

    blob = kms.encrypt(KeyId=key()["KeyId"], Plaintext=b"kept")["CiphertextBlob"]
    emulator.close()
    door.emulator = again = open_emulator(tmp_path / "data")
    found = kms.decrypt(CiphertextBlob=blob)["Plaintext"]
    again.close()

    assert found == b"kept"


contexts = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)


@given(
    plaintext=st.binary(min_size=1, max_size=300),
    context=contexts,
    other=contexts,
    place=st.integers(min_value=0),
    bit=st.integers(0, 7),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_bit_and_the_context_count(plaintext, context, other, place, bit):
    material = b"k" * 32
    blob = ciphers.encrypt(NOBODY, material, plaintext, context)
    changed = bytearray(blob)
    changed[place % len(blob)] ^= 1 << bit

    assert ciphers.key_of(blob) == NOBODY
    assert ciphers.decrypt(material, blob, context) == plaintext
    assert ciphers.decrypt(b"l" * 32, blob, context) is None
    assert ciphers.decrypt(material, bytes(changed), context) is None
    assert context == other or ciphers.decrypt(material, blob, other) is None
