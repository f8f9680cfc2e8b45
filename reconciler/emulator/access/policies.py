"""IAM's policies, a role's own and managed ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.emulator import things
from reconciler.emulator.access import forms, identity, roles, sessions
from reconciler.emulator.errors import AwsError
from reconciler.emulator.wire.xml import elements

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_KIND = "policy"
_MOST_VERSIONS = 5
_AWS_OWN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,128}", re.ASCII)


def put_inline(call: Call, request: dict[str, Any]) -> str:
    role = roles.find(call, request["RoleName"])
    role["inline"][request["PolicyName"]] = roles.policy(request["PolicyDocument"])
    roles.save(call, role)
    return ""


def get_inline(call: Call, request: dict[str, Any]) -> str:
    role, name = roles.find(call, request["RoleName"]), request["PolicyName"]
    if name not in role["inline"]:
        raise _no_inline(name)
    document = quote(role["inline"][name], safe="")
    return elements({"RoleName": role["RoleName"], "PolicyName": name, "PolicyDocument": document})


def list_inline(call: Call, request: dict[str, Any]) -> str:
    page = roles.paged("PolicyNames", sorted(roles.find(call, request["RoleName"])["inline"]), request, str)
    return elements({**page, "PolicyNames": forms.listed(page["PolicyNames"])})


def delete_inline(call: Call, request: dict[str, Any]) -> str:
    role = roles.find(call, request["RoleName"])
    if role["inline"].pop(request["PolicyName"], None) is None:
        raise _no_inline(request["PolicyName"])
    roles.save(call, role)
    return ""


def attach(call: Call, request: dict[str, Any]) -> str:
    """One of the account's policies, or any of AWS's own: which of those there are is not known here."""
    role, arn = roles.find(call, request["RoleName"]), request["PolicyArn"]
    if not _AWS_OWN.fullmatch(arn) and things.find(call.db, call.settings.account, _KIND, arn) is None:
        raise roles.no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    if arn not in role["attached"]:
        role["attached"].append(arn)
        roles.save(call, role)
    return ""


def detach(call: Call, request: dict[str, Any]) -> str:
    role, arn = roles.find(call, request["RoleName"]), request["PolicyArn"]
    if arn not in role["attached"]:
        raise _not_found(arn)
    role["attached"].remove(arn)
    roles.save(call, role)
    return ""


def list_attached(call: Call, request: dict[str, Any]) -> str:
    prefix = request.get("PathPrefix", "/")
    arns = [arn for arn in roles.find(call, request["RoleName"])["attached"] if _path(arn).startswith(prefix)]
    page = roles.paged("AttachedPolicies", sorted(arns, key=_name), request, str)
    attached = [{"PolicyName": _name(arn), "PolicyArn": arn} for arn in page["AttachedPolicies"]]
    return elements({**page, "AttachedPolicies": forms.listed(attached)})


def create(call: Call, request: dict[str, Any]) -> str:
    name, path = request["PolicyName"], request.get("Path", "/")
    arn = f"{identity.iam_arn(call.settings.account)}:policy{path}{name}"
    document = roles.policy(request["PolicyDocument"])
    if things.find(call.db, call.settings.account, _KIND, arn):
        message = f"A policy called {name} already exists. Duplicate names are not allowed."
        raise AwsError("EntityAlreadyExists", message, 409)
    made = sessions.iso(call.now)
    policy = {
        "PolicyName": name,
        "PolicyId": f"ANPA{sessions.unique(17)}",
        "Arn": arn,
        "Path": path,
        "Description": request.get("Description"),
        "CreateDate": made,
        "UpdateDate": made,
        "Tags": roles.merged([], request.get("Tags", [])),
        "default": 1,
        "next": 2,
        "versions": {"1": {"Document": document, "CreateDate": made}},
    }
    _save(call, policy)
    brief = {name: value for name, value in _shown(call, policy).items() if name != "Description"}
    return elements({"Policy": brief})


def get(call: Call, request: dict[str, Any]) -> str:
    return elements({"Policy": _shown(call, _find(call, request["PolicyArn"]))})


def get_all(call: Call, request: dict[str, Any]) -> str:
    """The account's own; those of AWS are not listed."""
    prefix = request.get("PathPrefix", "/")
    policies = [policy for _, policy in things.listed(call.db, call.settings.account, _KIND)]
    shown = [_shown(call, policy) for policy in policies if policy["Path"].startswith(prefix)]
    if request.get("Scope") == "AWS" or request.get("PolicyUsageFilter") == "PermissionsBoundary":
        shown = []
    if request.get("OnlyAttached") == "true":
        shown = [policy for policy in shown if policy["AttachmentCount"]]
    page = roles.paged("Policies", shown, request, lambda policy: str(policy["Arn"]))
    brief = [{name: value for name, value in policy.items() if name not in _BRIEF} for policy in page["Policies"]]
    return elements({**page, "Policies": forms.listed(brief)})


def delete(call: Call, request: dict[str, Any]) -> str:
    policy = _find(call, request["PolicyArn"])
    if _attachments(call, policy["Arn"]):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy["versions"]) > 1:
        message = (
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
        raise AwsError("DeleteConflict", message, 409)
    things.remove(call.db, call.settings.account, _KIND, policy["Arn"])
    return ""


def create_version(call: Call, request: dict[str, Any]) -> str:
    policy, document = _find(call, request["PolicyArn"]), roles.policy(request["PolicyDocument"])
    if len(policy["versions"]) >= _MOST_VERSIONS:
        message = (
            f"A managed policy can have up to {_MOST_VERSIONS} versions. Before you create a new version, you must "
            "delete an existing version."
        )
        raise AwsError("LimitExceeded", message, 409)
    number, policy["next"] = policy["next"], policy["next"] + 1
    policy["versions"][str(number)] = {"Document": document, "CreateDate": sessions.iso(call.now)}
    if request.get("SetAsDefault") == "true":
        policy["default"], policy["UpdateDate"] = number, sessions.iso(call.now)
    _save(call, policy)
    brief = {name: value for name, value in _version(policy, str(number)).items() if name != "Document"}
    return elements({"PolicyVersion": brief})


def get_version(call: Call, request: dict[str, Any]) -> str:
    policy = _find(call, request["PolicyArn"])
    return elements({"PolicyVersion": _version(policy, _number(policy, request["VersionId"]))})


def get_versions(call: Call, request: dict[str, Any]) -> str:
    """Newest first."""
    policy = _find(call, request["PolicyArn"])
    versions = [_version(policy, number) for number in sorted(policy["versions"], key=int, reverse=True)]
    page = roles.paged("Versions", versions, request, lambda version: str(version["VersionId"]))
    brief = [{name: value for name, value in version.items() if name != "Document"} for version in page["Versions"]]
    return elements({**page, "Versions": forms.listed(brief)})


def set_default_version(call: Call, request: dict[str, Any]) -> str:
    policy = _find(call, request["PolicyArn"])
    policy["default"], policy["UpdateDate"] = int(_number(policy, request["VersionId"])), sessions.iso(call.now)
    _save(call, policy)
    return ""


def delete_version(call: Call, request: dict[str, Any]) -> str:
    policy = _find(call, request["PolicyArn"])
    number = _number(policy, request["VersionId"])
    if int(number) == policy["default"]:
        raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.", 409)
    del policy["versions"][number]
    _save(call, policy)
    return ""


_BRIEF = ("Description", "Tags")


def _find(call: Call, arn: str) -> dict[str, Any]:
    if _AWS_OWN.fullmatch(arn):
        raise AwsError("NotImplemented", "The emulator does not hold the policies that AWS manages.", 501)
    found = things.find(call.db, call.settings.account, _KIND, arn)
    if found is None:
        raise _not_found(arn)
    return found


def _save(call: Call, policy: dict[str, Any]) -> None:
    things.write(call.db, call.settings.account, _KIND, policy["Arn"], policy)


def _attachments(call: Call, arn: str) -> int:
    return sum(arn in role["attached"] for role in roles.everyone(call))


def _shown(call: Call, policy: dict[str, Any]) -> dict[str, Any]:
    given = ("PolicyName", "PolicyId", "Arn", "Path", "Description", "CreateDate", "UpdateDate")
    return {
        **{name: policy[name] for name in given},
        "DefaultVersionId": f"v{policy['default']}",
        "AttachmentCount": _attachments(call, policy["Arn"]),
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "Tags": forms.listed(policy["Tags"]) if policy["Tags"] else None,
    }


def _version(policy: dict[str, Any], number: str) -> dict[str, Any]:
    version = policy["versions"][number]
    return {
        "Document": quote(version["Document"], safe=""),
        "VersionId": f"v{number}",
        "IsDefaultVersion": int(number) == policy["default"],
        "CreateDate": version["CreateDate"],
    }


def _number(policy: dict[str, Any], version: str) -> str:
    number = version.removeprefix("v")
    if number not in policy["versions"]:
        message = f"Policy {policy['Arn']} version {version} does not exist or is not attachable."
        raise roles.no_such_entity(message)
    return number


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _path(arn: str) -> str:
    return arn.partition(":policy")[2].rpartition("/")[0] + "/"


def _not_found(arn: str) -> AwsError:
    return roles.no_such_entity(f"Policy {arn} was not found.")


def _no_inline(name: str) -> AwsError:
    return roles.no_such_entity(f"The role policy with name {name} cannot be found.")
