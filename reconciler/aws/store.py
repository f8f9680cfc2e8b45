"""The one door to SageMaker Feature Store's control plane: a method a call, errors in our words.

Requests and replies stay in AWS's words here; `state.words` is where they are understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws.errors import NotSageMaker, Reply, is_missing, named
from reconciler.aws.session import create_client
from reconciler.aws.swift import Swift
from reconciler.config import Environment
from reconciler.errors import AwsFailed

_PAGE = 100

_HAS_METADATA = {
    "Operator": "Or",
    "Filters": [
        {"Name": "Description", "Operator": "Exists"},
        {"Name": "AllParameters", "Operator": "Exists"},
    ],
}
"""Features that have a description or parameters. Both names are in AWS's table of searchable metadata.

UNVERIFIED on live AWS: that `Exists` works on them. Where AWS refuses it, every feature is read instead.
"""


class FeatureStore:
    """The feature groups of one account and region."""

    def __init__(self, environment: Environment, root: Path) -> None:
        self._client = create_client("sagemaker", environment, root)
        # The embedded emulator answers inside the client; there is no connection to borrow.
        self._swift = None if environment.is_embedded else Swift.of(self._client)

    # Reading

    def describe(self, group: str) -> Reply | None:
        """DescribeFeatureGroup, whole; None where there is no such group."""
        swift = self._swift and self._swift.call("DescribeFeatureGroup", {"FeatureGroupName": group})
        if swift and "FeatureGroupName" in swift and not swift.get("NextToken"):
            return swift
        reply: Reply = {}
        features: list[Any] = []
        page: dict[str, str] = {}
        with named("DescribeFeatureGroup", group):
            while True:
                try:
                    reply = _of_sagemaker(
                        self._client.describe_feature_group(FeatureGroupName=group, **page), "FeatureGroupName"
                    )
                except ClientError as answer:
                    if is_missing(answer):
                        return None
                    raise
                features += reply.get("FeatureDefinitions", ())
                if not reply.get("NextToken"):
                    return reply | {"FeatureDefinitions": features}
                page = {"NextToken": reply["NextToken"]}

    def search_groups(self) -> Iterator[Reply]:
        """Every group with its tags, from the search index: everything but its throughput."""
        for result in self._search("FeatureGroup"):
            yield result["FeatureGroup"]

    def search_metadata(self, group: str | None = None) -> Iterator[Reply]:
        """Every feature that has a description or parameters, or every one of a group, from the search index."""
        request: Reply = {"SearchExpression": _HAS_METADATA}
        if group is not None:
            of_group = {"Name": "FeatureGroupName", "Operator": "Equals", "Value": group}
            request = {"SearchExpression": {"Filters": [of_group]}}
        try:
            found = list(self._search("FeatureMetadata", **request))
        except AwsFailed as failed:
            if failed.code != "ValidationException" or group is not None:
                raise
            found = list(self._search("FeatureMetadata"))
        for result in found:
            yield result["FeatureMetadata"]

    def _search(self, resource: str, **request: Any) -> Iterator[Reply]:
        with named("Search"):
            while True:
                asked = {"Resource": resource, "MaxResults": _PAGE, **request}
                reply = self._swift and self._swift.call("Search", asked)
                reply = reply or _of_sagemaker(self._client.search(**asked))
                yield from reply.get("Results", ())
                if not reply.get("NextToken"):
                    return
                request["NextToken"] = reply["NextToken"]

    def list_groups(self) -> Iterator[Reply]:
        """Every group's name, ARN and status."""
        page: dict[str, str] = {}
        with named("ListFeatureGroups"):
            while True:
                reply = _of_sagemaker(
                    self._client.list_feature_groups(MaxResults=_PAGE, **page), "FeatureGroupSummaries"
                )
                yield from reply["FeatureGroupSummaries"]
                if not reply.get("NextToken"):
                    return
                page = {"NextToken": reply["NextToken"]}

    def tags(self, arn: str) -> list[Mapping[str, str]]:
        """ListTags of a group, whole."""
        found: list[Mapping[str, str]] = []
        page: dict[str, str] = {}
        with named("ListTags", arn.rpartition("/")[2]):
            while True:
                reply = self._client.list_tags(ResourceArn=arn, MaxResults=_PAGE, **page)
                found += reply.get("Tags", ())
                if not reply.get("NextToken"):
                    return found
                page = {"NextToken": reply["NextToken"]}

    def metadata(self, group: str, feature: str) -> Reply:
        """DescribeFeatureMetadata of one feature."""
        with named("DescribeFeatureMetadata", group):
            return dict(self._client.describe_feature_metadata(FeatureGroupName=group, FeatureName=feature))

    # Changing: only `apply` does

    def create(self, request: Mapping[str, Any]) -> None:
        """CreateFeatureGroup; AWS goes on working after it has answered."""
        with named("CreateFeatureGroup", request["FeatureGroupName"]):
            self._client.create_feature_group(**request)

    def delete(self, group: str) -> None:
        """DeleteFeatureGroup; a group that is gone already is as good."""
        with named("DeleteFeatureGroup", group):
            try:
                self._client.delete_feature_group(FeatureGroupName=group)
            except ClientError as answer:
                if not is_missing(answer):
                    raise

    def update(self, group: str, **one_kind: Any) -> None:
        """UpdateFeatureGroup with one kind of change, which is all that AWS takes in one call."""
        with named("UpdateFeatureGroup", group):
            self._client.update_feature_group(FeatureGroupName=group, **one_kind)

    def update_metadata(
        self, group: str, feature: str, about: str | None, added: Mapping[str, str], removed: Sequence[str]
    ) -> None:
        """UpdateFeatureMetadata of one feature; `about` None leaves the description as it is."""
        request: dict[str, Any] = {}
        if about is not None:
            request["Description"] = about
        if added:
            request["ParameterAdditions"] = [{"Key": key, "Value": value} for key, value in added.items()]
        if removed:
            request["ParameterRemovals"] = list(removed)
        with named("UpdateFeatureMetadata", group):
            self._client.update_feature_metadata(FeatureGroupName=group, FeatureName=feature, **request)

    def add_tags(self, arn: str, tags: Sequence[Mapping[str, str]]) -> None:
        """AddTags: new ones are added, those that are there are overwritten."""
        with named("AddTags", arn.rpartition("/")[2]):
            self._client.add_tags(ResourceArn=arn, Tags=tags)

    def delete_tags(self, arn: str, keys: Iterable[str]) -> None:
        """DeleteTags by key."""
        with named("DeleteTags", arn.rpartition("/")[2]):
            self._client.delete_tags(ResourceArn=arn, TagKeys=list(keys))


def _of_sagemaker(reply: Reply, member: str = "") -> Reply:
    """The reply, if it is one: a proxy's page for signing in is a success to HTTP, and empty to botocore's parser."""
    kind = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("content-type", "")
    if "json" not in kind or (member and member not in reply):
        raise NotSageMaker(kind)
    return reply
