"""Queries as a client sends them, and their results as Python has them."""

import pytest
from botocore.exceptions import ClientError

OUTPUT = "s3://results/athena/"


class Queries:
    """Starts queries, waits for their end, and reads their results: over the API, and from the result's file."""

    def __init__(self, athena, s3, database="shop"):
        self.athena = athena
        self.s3 = s3
        self.database = database

    def start(self, sql, **more):
        context = {"Database": more.pop("database", self.database), "Catalog": "AwsDataCatalog"}
        more.setdefault("ResultConfiguration", {"OutputLocation": OUTPUT})
        return self.athena.start_query_execution(QueryString=sql, QueryExecutionContext=context, **more)[
            "QueryExecutionId"
        ]

    def get(self, query):
        return self.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]

    def run(self, sql, **more):
        """The execution of a query that succeeded."""
        found = self.get(self.start(sql, **more))

        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        return found

    def fail(self, sql, **more):
        """Why a query failed."""
        found = self.get(self.start(sql, **more))

        assert found["Status"]["State"] == "FAILED", found["Status"]
        return found["Status"]["StateChangeReason"]

    def refuse(self, sql, **more):
        """The code and the sentence a query is refused with at once."""
        with pytest.raises(ClientError) as caught:
            self.start(sql, **more)
        reply = caught.value.response

        assert reply["Error"]["Code"] == "InvalidRequestException"
        return reply["AthenaErrorCode"], reply["Error"]["Message"]

    def pages(self, query, **more):
        paginator = self.athena.get_paginator("get_query_results")
        return list(paginator.paginate(QueryExecutionId=query, **more))

    def table(self, sql, **more):
        """Names and rows of a SELECT; nulls are None."""
        header, *rows = self.lines(sql, **more)
        return header, rows

    def rows(self, sql, **more):
        return self.table(sql, **more)[1]

    def value(self, sql, **more):
        """The one value of a result."""
        ((found,),) = self.rows(sql, **more)
        return found

    def lines(self, sql, **more):
        """All rows as they come, the first of a SELECT being the names."""
        query = self.run(sql, **more)["QueryExecutionId"]
        pages = self.pages(query)
        return [
            tuple(datum.get("VarCharValue") for datum in row["Data"])
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]

    def columns(self, sql, **more):
        query = self.run(sql, **more)["QueryExecutionId"]
        found = self.athena.get_query_results(QueryExecutionId=query, MaxResults=1)
        return found["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]

    def file(self, execution, suffix=""):
        bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key + suffix)["Body"].read()

    def keys(self, bucket, prefix=""):
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]
