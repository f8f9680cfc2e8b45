"""The SageMaker SDK, version 3: Iceberg tables through pyiceberg, and Lake Formation."""

import boto3
import pytest
from groups import BUCKET, ROLE
from sagemaker.mlops.feature_store import (
    FeatureGroupManager,
    IcebergProperties,
    LakeFormationConfig,
    create_athena_query,
    ingest_dataframe,
)

KEEP = "history.expire.min-snapshots-to-keep"


def properties_of(name):
    return FeatureGroupManager.get(name, include_iceberg_properties=True).iceberg_properties.properties


def test_an_iceberg_group_is_made_with_properties_and_queried(make, frame, session):
    group = make("iced", frame, table_format="Iceberg", iceberg_properties=IcebergProperties(properties={KEEP: "3"}))
    ingest_dataframe(group.feature_group_name, frame, use_batch_write_record=True)
    query = create_athena_query(group.feature_group_name, session)

    query.run(f'SELECT count(*) AS n, sum("count") AS s FROM "{query.table_name}"', f"s3://{BUCKET}/results")
    query.wait()

    assert query.as_dataframe().to_dict("records") == [{"n": 60, "s": sum(range(60))}]
    assert properties_of("iced")[KEEP] == "3"


def test_properties_are_changed_between_two_ingests(make, frame, session):
    group = make("iced-later", frame, table_format="Iceberg")
    ingest_dataframe(group.feature_group_name, frame.head(1))

    group.update(iceberg_properties=IcebergProperties(properties={KEEP: "5", "write.delete.mode": "merge-on-read"}))
    ingest_dataframe(group.feature_group_name, frame.tail(1))

    query = create_athena_query(group.feature_group_name, session)
    query.run(f'SELECT id FROM "{query.table_name}" ORDER BY id', f"s3://{BUCKET}/results")
    query.wait()
    assert list(query.as_dataframe()["id"]) == ["r000", "r059"]
    assert properties_of("iced-later")[KEEP] == "5"


@pytest.mark.parametrize("table_format", [None, "Iceberg"], ids=["glue", "iceberg"])
def test_lake_formation_is_switched_on(make, frame, table_format):
    group = make(f"governed-{table_format}".lower(), frame, table_format=table_format)

    result = group.enable_lake_formation(hybrid_access_mode_enabled=False, acknowledge_risk=True)

    table = group.offline_store_config.data_catalog_config
    lake = boto3.client("lakeformation")
    resource = {"Table": {"DatabaseName": table.database, "Name": table.table_name}}
    granted = lake.list_permissions(Principal={"DataLakePrincipalIdentifier": ROLE}, Resource=resource)
    everybody = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
    assert result == {
        "s3_location_registered": True,
        "lf_permissions_granted": True,
        "hybrid_access_mode_enabled": False,
    }
    assert {word for one in granted["PrincipalResourcePermissions"] for word in one["Permissions"]} == {
        *("SELECT", "INSERT", "DELETE", "DESCRIBE", "ALTER")
    }
    assert lake.list_permissions(Principal=everybody, Resource=resource)["PrincipalResourcePermissions"] == []


def test_lake_formation_is_switched_on_at_creation_and_again(make, frame):
    config = LakeFormationConfig(enabled=True, hybrid_access_mode_enabled=True, acknowledge_risk=True)
    group = make("governed-at-once", frame, lake_formation_config=config)

    again = group.enable_lake_formation(hybrid_access_mode_enabled=True, acknowledge_risk=True)

    assert again["s3_location_registered"] is True
    assert again["hybrid_access_mode_enabled"] is True
