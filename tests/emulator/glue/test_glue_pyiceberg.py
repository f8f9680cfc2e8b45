"""pyiceberg's own GlueCatalog over HTTP: it creates, appends, evolves, reads, and commits beside others."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import boto3
import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.types import LongType

from reconciler.emulator.running import running

ROWS = pa.table({"id": pa.array(["JFK", "LGA"]), "temp": pa.array([1.5, 2.5])})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("iceberg")) as found:
        yield found


@pytest.fixture
def catalog(server, request):
    """A catalogue, and a namespace of its own for each test."""
    keys = {"access-key-id": "local", "secret-access-key": "local", "region": "us-east-1", "endpoint": server.url}
    properties = {f"{service}.{name}": value for service in ("glue", "s3") for name, value in keys.items()}
    found = load_catalog("emulator", type="glue", **properties)
    found.create_namespace(name_of(request), {"location": f"s3://lake/{name_of(request)}"})
    return found


def name_of(request):
    return request.node.name.removeprefix("test_")[:40]


@pytest.fixture
def made(catalog, request, server):
    """A table with two rows."""
    s3 = boto3.client("s3", "us-east-1", endpoint_url=server.url, aws_access_key_id="x", aws_secret_access_key="x")
    s3.create_bucket(Bucket="lake")
    table = catalog.create_table((name_of(request), "weather"), ROWS.schema)
    table.append(ROWS)
    return table


def rows(table):
    return sorted(table.scan().to_arrow().to_pylist(), key=str)


def test_namespaces(catalog, request):
    name = name_of(request)
    catalog.update_namespace_properties(name, updates={"owner": "ops"})

    assert (name,) in catalog.list_namespaces()
    assert catalog.load_namespace_properties(name) == {"owner": "ops", "location": f"s3://lake/{name}"}
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace(name)

    catalog.drop_namespace(name)

    with pytest.raises(NoSuchNamespaceError):
        catalog.load_namespace_properties(name)


def test_a_table_is_written_and_read(catalog, made):
    found = catalog.load_table(made.name())

    assert rows(found) == [{"id": "JFK", "temp": 1.5}, {"id": "LGA", "temp": 2.5}]
    assert catalog.list_tables(made.name()[0]) == [made.name()]
    assert found.metadata_location == made.metadata_location
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table(made.name(), ROWS.schema)
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace(made.name()[0])


def test_a_schema_evolves(catalog, made):
    with made.update_schema() as update:
        update.add_column("seats", LongType(), doc="How many")
    made.append(pa.table({"id": ["EWR"], "temp": [3.5], "seats": [7]}))
    found = catalog.load_table(made.name())
    columns = catalog.glue.get_table(DatabaseName=made.name()[0], Name="weather")["Table"]["StorageDescriptor"][
        "Columns"
    ]

    assert rows(found)[0] == {"id": "EWR", "temp": 3.5, "seats": 7}
    assert [(column["Name"], column["Type"], column.get("Comment")) for column in columns] == [
        ("id", "string", None),
        ("temp", "double", None),
        ("seats", "bigint", "How many"),
    ]
    assert columns[2]["Parameters"]["iceberg.field.current"] == "true"


def test_properties_are_parameters_too(catalog, made):
    with made.transaction() as transaction:
        transaction.set_properties({"write.target-file-size-bytes": "1048576"})
    found = catalog.glue.get_table(DatabaseName=made.name()[0], Name="weather")["Table"]

    assert found["Parameters"]["write.target-file-size-bytes"] == "1048576"
    assert found["Parameters"]["previous_metadata_location"] != found["Parameters"]["metadata_location"]
    assert found["VersionId"] == "2"


def test_a_commit_that_is_behind_is_refused_by_glue(catalog, made, monkeypatch):
    other = catalog.load_table(made.name())
    with made.transaction() as transaction:
        transaction.set_properties({"commit.retry.num-retries": "0"})
    behind = catalog.glue.get_table(DatabaseName=made.name()[0], Name="weather")["Table"]
    other.refresh().append(ROWS)
    monkeypatch.setattr(catalog, "_get_glue_table", lambda *_, **__: deepcopy(behind))

    with pytest.raises(CommitFailedException, match="Glue detected concurrent update"):
        made.append(ROWS)

    monkeypatch.undo()
    assert len(rows(catalog.load_table(made.name()))) == 4


def test_of_commits_at_once_all_count_in_the_end(catalog, made):
    waits = {"commit.retry.min-wait-ms": "1", "commit.retry.max-wait-ms": "5", "commit.retry.num-retries": "100"}
    with made.transaction() as transaction:
        transaction.set_properties(waits)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(catalog.load_table(made.name()).append, ROWS) for _ in range(8)]:
            done.result()

    assert len(rows(catalog.load_table(made.name()))) == 18


def test_rows_are_deleted_and_overwritten(catalog, made):
    made.delete("id = 'JFK'")
    made.overwrite(pa.table({"id": ["LGA"], "temp": [9.0]}), overwrite_filter="id = 'LGA'")

    assert rows(catalog.load_table(made.name())) == [{"id": "LGA", "temp": 9.0}]
    assert len(catalog.load_table(made.name()).snapshots()) >= 3


def test_a_table_is_renamed_registered_and_dropped(catalog, made):
    space = made.name()[0]
    catalog.rename_table(made.name(), (space, "renamed"))
    catalog.register_table((space, "registered"), made.metadata_location)

    assert sorted(catalog.list_tables(space)) == [(space, "registered"), (space, "renamed")]
    assert rows(catalog.load_table((space, "renamed"))) == rows(catalog.load_table((space, "registered")))

    catalog.drop_table((space, "renamed"))

    with pytest.raises(NoSuchTableError):
        catalog.load_table((space, "renamed"))


@pytest.fixture
def group(server):
    """An Iceberg feature group; answers how to write to it, and its table's name."""
    keys = {"endpoint_url": server.url, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    sagemaker = boto3.client("sagemaker", "us-east-1", **keys)
    runtime = boto3.client("sagemaker-featurestore-runtime", "us-east-1", **keys)

    def made(name):
        sagemaker.create_feature_group(
            FeatureGroupName=name,
            RecordIdentifierFeatureName="id",
            EventTimeFeatureName="at",
            FeatureDefinitions=[{"FeatureName": feature, "FeatureType": "String"} for feature in ("id", "at")],
            RoleArn="arn:aws:iam::000000000000:role/feature-store",
            OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://lake/features"}, "TableFormat": "Iceberg"},
        )
        found = sagemaker.describe_feature_group(FeatureGroupName=name)["OfflineStoreConfig"]["DataCatalogConfig"]

        def put(record_id):
            values = {"id": record_id, "at": "2024-01-01T10:00:00Z"}
            record = [{"FeatureName": feature, "ValueAsString": value} for feature, value in values.items()]
            runtime.put_record(FeatureGroupName=name, Record=record)

        return put, (found["Database"], found["TableName"])

    return made


def test_the_sdk_sets_iceberg_properties_on_a_feature_group_s_table(catalog, group):
    """As FeatureGroupManager of version 3 does: Glue says where the metadata is, and a commit is an UpdateTable."""
    _, name = group("iceberg-properties")
    with catalog.load_table(name).transaction() as transaction:
        transaction.set_properties({"history.expire.min-snapshots-to-keep": "3"})
    found = catalog.load_table(name)

    assert found.location().startswith("s3://lake/features")
    assert found.properties["history.expire.min-snapshots-to-keep"] == "3"


def test_the_service_s_rows_and_a_user_s_commits_both_stay(catalog, group):
    put, name = group("iceberg-shared")
    put("a")
    table = catalog.load_table(name)
    put("b")
    with table.transaction() as transaction:
        transaction.set_properties({"owner": "ops"})
    put("c")
    found = catalog.load_table(name)

    assert sorted(row["id"] for row in rows(found)) == ["a", "b", "c"]
    assert found.properties["owner"] == "ops"
