"""An offline store with a few rows, labels that ask for them, and a look at everything that lies on AWS."""

from dataset_cases import File, Shape
from dataset_example import LABELS, ROWS, a_question
from dataset_suite import moments_of

from reconciler.aws.session import create_client

SHAPE = Shape("live-g", "Glue", "String", "String", (("f", "Integral"),), "id", "at")
QUESTION = a_question()
BUCKET = "feature-store"


def lay(stores):
    """The worked example's rows as an offline store."""
    stores.begin_anew()
    stores.make(SHAPE)
    stores.fill(SHAPE, [File(tuple(ROWS))])


def answer(engine, question=QUESTION, labels=LABELS, **options):
    """The answer, not yet asked for."""
    return engine.answer(question, moments_of(question, labels), **options)


def database(stores):
    """Where the group's table is."""
    return stores.store.describe("live-g")["OfflineStoreConfig"]["DataCatalogConfig"]["Database"]


class Aws:
    """What an account holds, as its owner sees it."""

    def __init__(self, stores):
        self.s3, self.glue, self.athena = (
            create_client(name, stores.environment, stores.root) for name in ("s3", "glue", "athena")
        )
        self.database = database(stores)

    def objects(self):
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {item["Key"] for item in found}

    def tables(self):
        return {table["Name"] for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]}

    def state(self):
        return self.objects(), self.tables()

    def queries(self):
        """The states of all queries, the latest first."""
        ids = self.athena.list_query_executions().get("QueryExecutionIds", [])
        return [
            self.athena.get_query_execution(QueryExecutionId=one)["QueryExecution"]["Status"]["State"] for one in ids
        ]

    def put(self, key, body=b"x"):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def make_table(self, name, **parameters):
        storage = {"Columns": [], "Location": f"s3://{BUCKET}/elsewhere/"}
        table = {"Name": name, "StorageDescriptor": storage, "Parameters": parameters}
        self.glue.create_table(DatabaseName=self.database, TableInput=table)


def journals(stores):
    """What runs have written down on this machine."""
    return sorted((stores.root / ".reconciler" / "athena").glob("*.json"))
