"""Athena: one call for every operation."""

from shapes_words import TAGS, One, a_table, plain

WORKGROUP = "arn:aws:athena:us-east-1:000000000000:workgroup/own"


def prepare_athena(clients, found):
    athena = clients["athena"]
    clients["s3"].create_bucket(Bucket="features")
    clients["glue"].create_database(DatabaseInput={"Name": "mine", "Description": "Labels."})
    clients["glue"].create_table(DatabaseName="mine", TableInput=a_table())
    athena.create_work_group(Name="own", Description="Own.", Configuration=_CONFIGURATION, Tags=TAGS)
    found["query"] = athena.start_query_execution(**_QUERY)["QueryExecutionId"]
    found["named"] = athena.create_named_query(**_NAMED)["NamedQueryId"]


_RESULTS = {"OutputLocation": "s3://features/results/"}
_CONFIGURATION = {"ResultConfiguration": _RESULTS, "EnforceWorkGroupConfiguration": False}
_QUERY = {"QueryString": "SELECT 1 AS one, 'a' AS letter", "ResultConfiguration": _RESULTS, "WorkGroup": "own"}
_NAMED = {"Name": "ones", "Database": "mine", "QueryString": "SELECT 1"}
_MINE = {"CatalogName": "AwsDataCatalog", "DatabaseName": "mine"}


def _query():
    return One(lambda w: {"QueryExecutionId": w["query"]})


def _named(**more):
    return One(lambda w: {"NamedQueryId": w["named"], **more})


ATHENA = {
    "BatchGetNamedQuery": One(lambda w: {"NamedQueryIds": [w["named"], w["query"]]}),
    "BatchGetQueryExecution": One(lambda w: {"QueryExecutionIds": [w["query"], w["named"]]}),
    "CreateNamedQuery": plain(**_NAMED),
    "CreateWorkGroup": plain(Name="fresh"),
    "DeleteNamedQuery": _named(),
    "DeleteWorkGroup": plain(WorkGroup="own", RecursiveDeleteOption=True),
    "GetDataCatalog": plain(Name="AwsDataCatalog"),
    "GetDatabase": plain(**_MINE),
    "GetNamedQuery": _named(),
    "GetQueryExecution": _query(),
    "GetQueryResults": _query(),
    "GetQueryRuntimeStatistics": _query(),
    "GetTableMetadata": plain(**_MINE, TableName="labels"),
    "GetWorkGroup": plain(WorkGroup="own"),
    "ListDataCatalogs": plain(),
    "ListDatabases": plain(CatalogName="AwsDataCatalog"),
    "ListEngineVersions": plain(),
    "ListNamedQueries": plain(),
    "ListQueryExecutions": plain(WorkGroup="own"),
    "ListTableMetadata": plain(**_MINE),
    "ListTagsForResource": plain(ResourceARN=WORKGROUP),
    "ListWorkGroups": plain(),
    "StartQueryExecution": plain(**_QUERY),
    "StopQueryExecution": _query(),
    "TagResource": plain(ResourceARN=WORKGROUP, Tags=TAGS),
    "UntagResource": plain(ResourceARN=WORKGROUP, TagKeys=["team"]),
    "UpdateNamedQuery": _named(Name="twos", QueryString="SELECT 2"),
    "UpdateWorkGroup": plain(WorkGroup="own", Description="Other."),
}
