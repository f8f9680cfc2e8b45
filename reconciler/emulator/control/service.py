"""SageMaker's operations on feature groups, their metadata and tags."""

from __future__ import annotations

from reconciler.emulator.calls import Operation, Service
from reconciler.emulator.control import creation, describing, metadata, requests, search, tags, updates
from reconciler.emulator.wire.protocols import Json

SERVICE = Service(
    Json(),
    {
        "CreateFeatureGroup": Operation(requests.CREATE, creation.create, writes=True),
        "DescribeFeatureGroup": Operation(requests.DESCRIBE, describing.describe),
        "UpdateFeatureGroup": Operation(requests.UPDATE, updates.update, writes=True),
        "DeleteFeatureGroup": Operation(requests.DELETE, describing.delete, writes=True),
        "ListFeatureGroups": Operation(requests.LIST, describing.list_groups),
        "DescribeFeatureMetadata": Operation(requests.DESCRIBE_METADATA, metadata.describe),
        "UpdateFeatureMetadata": Operation(requests.UPDATE_METADATA, metadata.update, writes=True),
        "AddTags": Operation(requests.ADD_TAGS, tags.add, writes=True),
        "ListTags": Operation(requests.LIST_TAGS, tags.list_tags),
        "DeleteTags": Operation(requests.DELETE_TAGS, tags.delete, writes=True),
        "Search": Operation(requests.SEARCH, search.search),
    },
)
