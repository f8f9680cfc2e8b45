"""Amazon Athena: Trino's SQL, run by DuckDB over the files of the offline store and whatever else lies in S3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena import answers, requests, saved, starting, workgroups
from reconciler.emulator.athena import catalogs as data_catalogs
from reconciler.emulator.calls import Operation, Service, Task
from reconciler.emulator.wire.messages import Answer, reply_headers
from reconciler.emulator.wire.protocols import Json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.calls import AnyOperation
    from reconciler.emulator.errors import AwsError
    from reconciler.emulator.wire.messages import Request


class AthenaJson(Json):
    """JSON 1.1; an error carries its sentence as `Message`, and what is wrong with a request as a code beside it."""

    def error(self, request: Request, error: AwsError) -> Answer:  # noqa: ARG002 - as the protocol asks
        extra: dict[str, Any] = dict(error.extra)
        if error.code == "InvalidRequestException" and "AthenaErrorCode" not in extra:
            extra |= {"AthenaErrorCode": "INVALID_INPUT", "ErrorCode": "INVALID_INPUT"}
        body = json.dumps({"__type": error.code, **extra, "Message": error.message})
        headers = {**reply_headers(self.content_type), "x-amzn-ErrorType": error.code}
        return Answer(error.status, headers, body.encode())


_OPERATIONS: Mapping[str, AnyOperation] = {
    "StartQueryExecution": Task(requests.START, starting.start),
    "GetQueryExecution": Task(requests.QUERY, answers.get),
    "BatchGetQueryExecution": Task(requests.BATCH_QUERIES, answers.get_batch),
    "ListQueryExecutions": Operation(requests.LIST_QUERIES, answers.list_queries),
    "GetQueryResults": Task(requests.RESULTS, answers.results),
    "GetQueryRuntimeStatistics": Task(requests.QUERY, answers.statistics),
    "StopQueryExecution": Task(requests.QUERY, answers.stop),
    "CreateWorkGroup": Operation(requests.CREATE_WORKGROUP, workgroups.create, writes=True),
    "GetWorkGroup": Operation(requests.WORKGROUP, workgroups.get),
    "ListWorkGroups": Operation(requests.PAGED, workgroups.get_all),
    "UpdateWorkGroup": Operation(requests.UPDATE_WORKGROUP, workgroups.update, writes=True),
    "DeleteWorkGroup": Operation(requests.DELETE_WORKGROUP, workgroups.delete, writes=True),
    "ListTagsForResource": Operation(requests.LIST_TAGS, workgroups.tags),
    "TagResource": Operation(requests.TAG, workgroups.tag, writes=True),
    "UntagResource": Operation(requests.UNTAG, workgroups.untag, writes=True),
    "ListEngineVersions": Operation(requests.PAGED, data_catalogs.engine_versions),
    "ListDataCatalogs": Operation(requests.PAGED, data_catalogs.list_catalogs),
    "GetDataCatalog": Operation(requests.CATALOG, data_catalogs.get_catalog),
    "ListDatabases": Operation(requests.LIST_DATABASES, data_catalogs.list_databases),
    "GetDatabase": Operation(requests.DATABASE, data_catalogs.get_database),
    "ListTableMetadata": Task(requests.LIST_TABLES, data_catalogs.list_tables),
    "GetTableMetadata": Task(requests.TABLE, data_catalogs.get_table),
    "CreateNamedQuery": Operation(requests.CREATE_NAMED, saved.create, writes=True),
    "GetNamedQuery": Operation(requests.NAMED, saved.get),
    "BatchGetNamedQuery": Operation(requests.BATCH_NAMED, saved.get_batch),
    "ListNamedQueries": Operation(requests.LIST_QUERIES, saved.list_all),
    "UpdateNamedQuery": Operation(requests.UPDATE_NAMED, saved.update, writes=True),
    "DeleteNamedQuery": Operation(requests.NAMED, saved.delete, writes=True),
}

SERVICE = Service(AthenaJson(), _OPERATIONS, "InvalidRequestException")
