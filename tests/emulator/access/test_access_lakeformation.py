"""Lake Formation: what the SageMaker SDK's enable_lake_formation does, and what is listed after it."""

import pytest

ROLE = "arn:aws:iam::000000000000:role/feature-store"
PLACE = "arn:aws:s3:::features/prod/000000000000/sagemaker"
EVERYONE = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
TABLE = {"Table": {"DatabaseName": "features", "Name": "weather"}}
ALL_OF_IT = ["SELECT", "INSERT", "DELETE", "DESCRIBE", "ALTER"]


@pytest.fixture
def table(glue):
    glue.create_database(DatabaseInput={"Name": "features"})
    storage = {"Location": "s3://features/prod/000000000000/sagemaker/eu-west-1/offline-store/weather-1/data"}
    glue.create_table(DatabaseName="features", TableInput={"Name": "weather", "StorageDescriptor": storage})


@pytest.fixture
def permissions(lake):
    """Who may do what, by principal."""

    def of(**asked):
        found = lake.list_permissions(**asked)["PrincipalResourcePermissions"]
        return {row["Principal"]["DataLakePrincipalIdentifier"]: row["Permissions"] for row in found}

    return of


def grant(lake, permissions=None, principal=ROLE, resource=None, **more):
    return lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": principal},
        Resource=resource or TABLE,
        Permissions=permissions or ALL_OF_IT,
        **more,
    )


def test_the_sdk_s_way_from_hybrid_to_lake_formation_alone(lake, glue, table, permissions):
    lake.register_resource(ResourceArn=PLACE, WithFederation=True, UseServiceLinkedRole=True)
    with pytest.raises(lake.exceptions.AlreadyExistsException):
        lake.register_resource(ResourceArn=PLACE, WithFederation=True, UseServiceLinkedRole=True)
    grant(lake, PermissionsWithGrantOption=[])

    open_to_all = lake.list_permissions(Principal=EVERYONE, Resource=TABLE)["PrincipalResourcePermissions"]
    assert [row["Permissions"] for row in open_to_all] == [["ALL"]]

    lake.revoke_permissions(Principal=EVERYONE, Resource=TABLE, Permissions=["ALL"])

    assert lake.list_permissions(Principal=EVERYONE, Resource=TABLE)["PrincipalResourcePermissions"] == []
    assert permissions(Resource=TABLE) == {ROLE: ["SELECT", "ALTER", "DELETE", "INSERT", "DESCRIBE"]}
    assert glue.get_table(DatabaseName="features", Name="weather")["Table"]["IsRegisteredWithLakeFormation"] is True


def test_it_can_be_run_again(lake, table, permissions):
    for _ in range(2):
        grant(lake)

    assert permissions(Resource=TABLE)[ROLE] == ["SELECT", "ALTER", "DELETE", "INSERT", "DESCRIBE"]


def test_a_feature_group_s_table_is_open_as_any_other(lake, sagemaker, make, permissions):
    named = make(offline={})["OfflineStoreConfig"]["DataCatalogConfig"]
    resource = {"Table": {"DatabaseName": named["Database"], "Name": named["TableName"]}}

    assert permissions(Resource=resource) == {"IAM_ALLOWED_PRINCIPALS": ["ALL"]}


def test_registered_places(lake, refused):
    lake.register_resource(ResourceArn=PLACE, RoleArn=ROLE)
    lake.register_resource(ResourceArn="arn:aws:s3:::other", UseServiceLinkedRole=True)
    lake.update_resource(ResourceArn=PLACE, RoleArn=ROLE, WithFederation=True)

    listed = lake.list_resources()["ResourceInfoList"]
    assert [info["ResourceArn"] for info in listed] == [PLACE, "arn:aws:s3:::other"]
    assert listed[1]["RoleArn"].endswith("AWSServiceRoleForLakeFormationDataAccess")
    found = lake.describe_resource(ResourceArn=PLACE)["ResourceInfo"]
    assert (found["RoleArn"], found["WithFederation"]) == (ROLE, True)

    lake.deregister_resource(ResourceArn=PLACE)

    assert refused(lake.describe_resource, ResourceArn=PLACE)[0] == "EntityNotFoundException"
    assert refused(lake.deregister_resource, ResourceArn=PLACE)[0] == "EntityNotFoundException"


def test_only_tables_under_a_registered_place_are_registered(lake, glue, table):
    lake.register_resource(ResourceArn="arn:aws:s3:::features/pro", UseServiceLinkedRole=True)

    assert glue.get_table(DatabaseName="features", Name="weather")["Table"]["IsRegisteredWithLakeFormation"] is False


def test_permissions_are_taken_one_by_one(lake, table, permissions, refused):
    grant(lake, PermissionsWithGrantOption=["SELECT"])
    asked = {"Principal": {"DataLakePrincipalIdentifier": ROLE}, "Resource": TABLE}
    lake.revoke_permissions(**asked, Permissions=["SELECT", "INSERT"])
    found = lake.list_permissions(**asked)["PrincipalResourcePermissions"][0]

    assert found["Permissions"] == ["ALTER", "DELETE", "DESCRIBE"]
    assert found["PermissionsWithGrantOption"] == []
    assert refused(lake.revoke_permissions, **asked, Permissions=["SELECT"]) == (
        "InvalidInputException",
        "No permissions revoked. Grantee has no permissions and no grantable permissions on resource.",
    )

    lake.revoke_permissions(**asked, Permissions=["ALL"])

    assert ROLE not in permissions(Resource=TABLE)


def test_permissions_on_other_things(lake, table, permissions):
    grant(lake, ["CREATE_TABLE"], resource={"Database": {"Name": "features"}})
    grant(lake, ["CREATE_DATABASE"], resource={"Catalog": {}})
    grant(lake, ["DATA_LOCATION_ACCESS"], resource={"DataLocation": {"ResourceArn": PLACE}})
    grant(lake, ["SELECT"], resource={"Table": {"DatabaseName": "features", "TableWildcard": {}}})
    columns = {"DatabaseName": "features", "Name": "weather", "ColumnNames": ["id"]}
    grant(lake, ["SELECT"], resource={"TableWithColumns": columns})
    mine = lake.list_permissions(Principal={"DataLakePrincipalIdentifier": ROLE})["PrincipalResourcePermissions"]

    assert sorted(next(iter(row["Resource"])) for row in mine) == [
        "Catalog",
        "DataLocation",
        "Database",
        "Table",
        "TableWithColumns",
    ]
    assert permissions(ResourceType="DATABASE") == {ROLE: ["CREATE_TABLE"], "IAM_ALLOWED_PRINCIPALS": ["ALL"]}
    assert len(lake.list_permissions(MaxResults=2)["PrincipalResourcePermissions"]) == 2


def test_batches_name_what_failed(lake, table, permissions):
    principal = {"DataLakePrincipalIdentifier": ROLE}
    entries = [
        {"Id": "1", "Principal": principal, "Resource": TABLE, "Permissions": ["SELECT"]},
        {"Id": "2", "Principal": principal, "Resource": {"Database": {"Name": "none"}}, "Permissions": ["ALTER"]},
    ]
    granted = lake.batch_grant_permissions(Entries=entries)["Failures"]
    revoked = lake.batch_revoke_permissions(Entries=entries[:1])["Failures"]

    assert [failure["RequestEntry"]["Id"] for failure in granted] == ["2"]
    assert granted[0]["Error"]["ErrorCode"] == "EntityNotFoundException"
    assert revoked == []
    assert ROLE not in permissions(Resource=TABLE)


def test_a_table_s_permissions_go_with_it(lake, glue, table, permissions):
    grant(lake)
    lake.revoke_permissions(Principal=EVERYONE, Resource=TABLE, Permissions=["ALL"])
    glue.delete_table(DatabaseName="features", Name="weather")
    glue.create_table(DatabaseName="features", TableInput={"Name": "weather"})

    assert permissions(Resource=TABLE) == {"IAM_ALLOWED_PRINCIPALS": ["ALL"]}


def test_settings_say_whom_new_things_are_open_to(lake, glue, permissions):
    before = lake.get_data_lake_settings()["DataLakeSettings"]
    assert before["CreateTableDefaultPermissions"] == [{"Principal": EVERYONE, "Permissions": ["ALL"]}]

    admin = {"DataLakePrincipalIdentifier": ROLE}
    closed = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [admin], **closed})
    glue.create_database(DatabaseInput={"Name": "closed"})
    glue.create_table(DatabaseName="closed", TableInput={"Name": "t"})

    assert glue.get_database(Name="closed")["Database"]["CreateTableDefaultPermissions"] == []
    assert permissions(Resource={"Database": {"Name": "closed"}}) == {}
    assert permissions(Resource={"Table": {"DatabaseName": "closed", "Name": "t"}}) == {}
    assert lake.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"] == [admin]


def test_credentials_for_a_table(lake, table, sts_of, refused):
    arn = "arn:aws:glue:eu-west-1:000000000000:table/features/weather"
    asked = {"Permissions": ["SELECT", "INSERT", "DESCRIBE"], "SupportedPermissionTypes": ["COLUMN_PERMISSION"]}
    credentials = lake.get_temporary_glue_table_credentials(TableArn=arn, **asked)

    assert credentials["AccessKeyId"].startswith("ASIA")
    assert "assumed-role/lakeformation" in sts_of(credentials).get_caller_identity()["Arn"]
    assert (
        refused(lake.get_temporary_glue_table_credentials, TableArn=f"{arn}2", **asked)[0] == "EntityNotFoundException"
    )


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        (
            "register_resource",
            {"ResourceArn": "arn:aws:glue:::x", "UseServiceLinkedRole": True},
            "InvalidInputException",
        ),
        ("register_resource", {"ResourceArn": PLACE}, "InvalidInputException"),
        (
            "register_resource",
            {"ResourceArn": PLACE, "RoleArn": ROLE, "UseServiceLinkedRole": True},
            "InvalidInputException",
        ),
        ("register_resource", {"ResourceArn": PLACE, "RoleArn": "role"}, "InvalidInputException"),
        ("list_permissions", {"Resource": {"Table": {"DatabaseName": "features"}}}, "InvalidInputException"),
        ("list_permissions", {"Resource": {"Database": {"Name": "none"}}}, "EntityNotFoundException"),
        ("list_permissions", {"ResourceType": "LF_TAG"}, "NotImplemented"),
        ("list_permissions", {"NextToken": "nonsense"}, "InvalidInputException"),
        ("list_permissions", {"CatalogId": "123456789012"}, "EntityNotFoundException"),
        ("get_data_lake_settings", {"CatalogId": "123456789012"}, "EntityNotFoundException"),
        ("create_lf_tag", {"TagKey": "a", "TagValues": ["b"]}, "NotImplemented"),
    ],
)
def test_lake_formation_refuses_with_its_codes(lake, table, refused, operation, asked, code):
    assert refused(getattr(lake, operation), **asked)[0] == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"principal": "nobody"}, "InvalidInputException"),
        ({"permissions": ["CREATE_DATABASE"]}, "InvalidInputException"),
        ({"resource": {"Table": {"DatabaseName": "features", "Name": "none"}}}, "EntityNotFoundException"),
        (
            {"resource": {"Table": {"DatabaseName": "features", "Name": "weather", "TableWildcard": {}}}},
            "InvalidInputException",
        ),
        ({"resource": {**TABLE, "Database": {"Name": "features"}}}, "InvalidInputException"),
        ({"resource": {"LFTag": {"TagKey": "a", "TagValues": ["b"]}}}, "InvalidInputException"),
        ({"Condition": {"Expression": "x"}}, "NotImplemented"),
    ],
)
def test_grants_that_are_refused(lake, table, refused, more, code):
    assert refused(lambda **_: grant(lake, **more))[0] == code
