"""pyiceberg reads an Iceberg group as any other table of Glue: its own catalogue, its own way into S3."""

import boto3
import pytest
from groups import BUCKET, a_feature, a_group, a_record
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import EqualTo, GreaterThan
from pyiceberg.transforms import TruncateTransform

WAYS = {"arrow": "pyiceberg.io.pyarrow.PyArrowFileIO", "fsspec": "pyiceberg.io.fsspec.FsspecFileIO"}


@pytest.fixture(scope="session")
def sagemaker():
    return boto3.client("sagemaker")


@pytest.fixture(scope="session")
def runtime():
    return boto3.client("sagemaker-featurestore-runtime")


@pytest.fixture(scope="session", params=WAYS)
def catalog(request, endpoint):
    return load_catalog(
        "emulated",
        **{
            "type": "glue",
            "py-io-impl": WAYS[request.param],
            "glue.region": "us-east-1",
            "s3.endpoint": endpoint,
            "s3.access-key-id": "local",
            "s3.secret-access-key": "local",
            "s3.region": "us-east-1",
        },
    )


@pytest.fixture(scope="session")
def endpoint():
    import os

    return os.environ["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="session")
def make(sagemaker, runtime):
    """A group with four records on two days; answers database and table."""

    def made(name):
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        sagemaker.create_feature_group(
            **a_group(name, a_feature("temp", "Fractional"), a_feature("count", "Integral"), table_format="Iceberg")
        )
        for number, at in enumerate(("01T10:00:00Z", "01T11:00:00Z", "02T10:00:00Z", "02T11:00:00Z")):
            record = a_record(id=f"r{number}", at=f"2024-01-{at}", temp=number + 0.5, count=number)
            runtime.put_record(FeatureGroupName=name, Record=record)
        found = sagemaker.describe_feature_group(FeatureGroupName=name)["OfflineStoreConfig"]["DataCatalogConfig"]
        return found["Database"], found["TableName"]

    return made


@pytest.fixture(scope="session")
def run():
    """A statement of Athena, to its end."""
    athena = boto3.client("athena")

    def of(sql):
        started = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": "sagemaker_featurestore"},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results"},
        )
        status = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]["Status"]
        assert status["State"] == "SUCCEEDED", status

    return of


@pytest.fixture(scope="session")
def weather(make):
    return make("weather")


@pytest.fixture
def table(catalog, weather):
    return catalog.load_table(weather)


def test_the_table_is_in_the_catalogue(catalog, weather):
    assert weather in catalog.list_tables("sagemaker_featurestore")


def test_a_catalogue_that_is_told_nothing_finds_it_too(weather):
    # As the SageMaker SDK loads it; where it lies is the sandbox's to say.
    found = load_catalog("glue", type="glue").load_table(weather)

    assert len(found.scan().to_arrow()) == 4


def test_its_schema_is_the_groups_and_the_stores_own_columns(table):
    types = {field.name: str(field.field_type) for field in table.schema().fields}

    assert types.pop("write_time").startswith("timestamp")
    assert types.pop("api_invocation_time").startswith("timestamp")
    assert types == {"id": "string", "at": "string", "temp": "double", "count": "long", "is_deleted": "boolean"}


def test_it_is_partitioned_by_the_day_of_the_event_time(table):
    [field] = table.spec().fields

    assert field.name == "at_trunc"
    assert field.transform == TruncateTransform(10)


def test_a_scan_brings_the_records(table):
    found = table.scan(selected_fields=("id", "temp", "count", "is_deleted")).to_arrow().sort_by("id")

    assert found.to_pydict() == {
        "id": ["r0", "r1", "r2", "r3"],
        "temp": [0.5, 1.5, 2.5, 3.5],
        "count": [0, 1, 2, 3],
        "is_deleted": [False] * 4,
    }


def test_a_scan_filters_by_row_and_by_partition(table):
    day = table.scan(row_filter=GreaterThan("at", "2024-01-02"))

    assert sorted(table.scan(row_filter=EqualTo("id", "r1")).to_arrow()["at"].to_pylist()) == ["2024-01-01T11:00:00Z"]
    assert sorted(day.to_arrow()["id"].to_pylist()) == ["r2", "r3"]
    assert all("at_trunc=2024-01-02" in task.file.file_path for task in day.plan_files())


def test_its_history_can_be_inspected(table):
    snapshots = table.inspect.snapshots()
    files = table.inspect.files()

    assert set(snapshots["operation"].to_pylist()) == {"append"}
    assert sum(files["record_count"].to_pylist()) == 4
    assert all(path.startswith(f"{table.location()}/data/") for path in files["file_path"].to_pylist())
    assert table.metadata_location.startswith(f"{table.location()}/metadata/")


def test_a_delete_through_athena_is_honoured(catalog, make, run, request):
    name = f"purged-{request.node.callspec.id}"
    database, table = make(name)
    before = catalog.load_table((database, table))
    count_before = len(before.scan().to_arrow())

    run(f"DELETE FROM {table} WHERE id IN ('r1', 'r2')")
    after = before.refresh()

    assert count_before == 4
    assert sorted(after.scan().to_arrow()["id"].to_pylist()) == ["r0", "r3"]
    assert any(task.delete_files for task in after.scan().plan_files())
    assert len(after.scan(snapshot_id=after.history()[0].snapshot_id).to_arrow()) >= 1


def test_compaction_through_athena_takes_the_deletes_away(catalog, make, run, request):
    database, table = make(f"compacted-{request.node.callspec.id}")
    run(f"DELETE FROM {table} WHERE id = 'r0'")

    run(f"OPTIMIZE {table} REWRITE DATA USING BIN_PACK")

    scan = catalog.load_table((database, table)).scan()
    assert sorted(scan.to_arrow()["id"].to_pylist()) == ["r1", "r2", "r3"]
    assert not any(task.delete_files for task in scan.plan_files())


def test_a_feature_that_was_added_is_a_column(catalog, make, sagemaker, runtime, request):
    name = f"evolved-{request.node.callspec.id}"
    database, table = make(name)
    count_before = len(catalog.load_table((database, table)).scan().to_arrow())

    sagemaker.update_feature_group(FeatureGroupName=name, FeatureAdditions=[a_feature("wind", "Integral")])
    runtime.put_record(FeatureGroupName=name, Record=a_record(id="new", at="2024-01-03T00:00:00Z", wind=7))

    found = catalog.load_table((database, table)).scan(selected_fields=("id", "wind")).to_arrow().sort_by("id")
    assert count_before == 4
    assert found.to_pydict() == {"id": ["new", "r0", "r1", "r2", "r3"], "wind": [7, None, None, None, None]}


def test_its_properties_can_be_set_and_rows_keep_coming(catalog, make, runtime, request):
    name = f"tuned-{request.node.callspec.id}"
    database, table = make(name)
    found = catalog.load_table((database, table))

    with found.transaction() as change:
        change.set_properties({"history.expire.min-snapshots-to-keep": "3"})
    runtime.put_record(FeatureGroupName=name, Record=a_record(id="later", at="2024-01-03T00:00:00Z"))

    again = catalog.load_table((database, table))
    assert again.properties["history.expire.min-snapshots-to-keep"] == "3"
    assert "later" in again.scan().to_arrow()["id"].to_pylist()
