"""The paths of Lake Formation's operations (botocore 1.44.5, lakeformation): rest-json, each a POST to its name."""

from __future__ import annotations

_OPERATIONS = frozenset(
    {
        *("AddLFTagsToResource", "AssumeDecoratedRoleWithSAML", "BatchGrantPermissions", "BatchRevokePermissions"),
        *("CancelTransaction", "CommitTransaction", "CreateDataCellsFilter", "CreateLFTag", "CreateLFTagExpression"),
        *("CreateLakeFormationIdentityCenterConfiguration", "CreateLakeFormationOptIn", "DeleteDataCellsFilter"),
        *("DeleteLFTag", "DeleteLFTagExpression", "DeleteLakeFormationIdentityCenterConfiguration"),
        *("DeleteLakeFormationOptIn", "DeleteObjectsOnCancel", "DeregisterResource"),
        *("DescribeLakeFormationIdentityCenterConfiguration", "DescribeResource", "DescribeTransaction"),
        *("ExtendTransaction", "GetDataCellsFilter", "GetDataLakePrincipal", "GetDataLakeSettings"),
        *("GetEffectivePermissionsForPath", "GetLFTag", "GetLFTagExpression", "GetQueryState", "GetQueryStatistics"),
        *("GetResourceLFTags", "GetTableObjects", "GetTemporaryGluePartitionCredentials"),
        *("GetTemporaryGlueTableCredentials", "GetWorkUnitResults", "GetWorkUnits", "GrantPermissions"),
        *("ListDataCellsFilter", "ListLFTagExpressions", "ListLFTags", "ListLakeFormationOptIns", "ListPermissions"),
        *("ListResources", "ListTableStorageOptimizers", "ListTransactions", "PutDataLakeSettings"),
        *("RegisterResource", "RemoveLFTagsFromResource", "RevokePermissions", "SearchDatabasesByLFTags"),
        *("SearchTablesByLFTags", "StartQueryPlanning", "StartTransaction", "UpdateDataCellsFilter", "UpdateLFTag"),
        *("UpdateLFTagExpression", "UpdateLakeFormationIdentityCenterConfiguration", "UpdateResource"),
        *("UpdateTableObjects", "UpdateTableStorageOptimizer", "CreateRLSPolicy", "GetRLSPolicy", "ListRLSPolicies"),
        *("UpdateRLSPolicy", "DeleteRLSPolicy", "AttachRLSPolicy", "DetachRLSPolicy", "ListRLSPolicyAttachments"),
        *("GetGlueFunctionSessionContext", "GetTemporaryGlueFunctionCredentials"),
        *("GetTemporaryDataLocationCredentials",),
    }
)


def lakeformation_route(method: str, path: str) -> str | None:
    """The operation of a path, answered or not."""
    name = path[1:]
    return name if method == "POST" and name in _OPERATIONS else None
