"""AWS's errors and the network's, as ours: which call, on which group, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from botocore import exceptions as boto

from reconciler.errors import AwsFailed

MISSING = "ResourceNotFound"

_DENIED = ("AccessDeniedException", "AccessDenied", "AccessForbidden", "UnauthorizedOperation")
_EXPIRED = ("ExpiredTokenException", "ExpiredToken", "RequestExpired")
_UNKNOWN_KEY = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
)

_ACTIONS = {
    "GetCallerIdentity": "sts:GetCallerIdentity",
    "BatchWriteRecord": "sagemaker:BatchWriteRecord and sagemaker:PutRecord",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "HeadObject": "s3:GetObject",
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObjects": "s3:DeleteObject and s3:DeleteObjectVersion",
    "GetTable": "glue:GetTable",
    "GetTables": "glue:GetTables",
    "CreateTable": "glue:CreateTable",
    "DeleteTable": "glue:DeleteTable",
    "StartQueryExecution": "athena:StartQueryExecution",
    "GetQueryExecution": "athena:GetQueryExecution",
    "GetQueryResults": "athena:GetQueryResults",
    "StopQueryExecution": "athena:StopQueryExecution",
    "CommitTable": "glue:UpdateTable and glue:GetDatabase",
    "BatchCreatePartition": "glue:BatchCreatePartition",
    "GetPartitions": "glue:GetPartitions",
}
_ALSO = {
    "CreateFeatureGroup": (
        "A create also needs sagemaker:AddTags, iam:PassRole on the role of the offline store, glue:CreateDatabase, "
        "glue:CreateTable and glue:GetTable for its table, and kms:CreateGrant and kms:DescribeKey for keys; an "
        "organization's policy may also demand a key or a tag."
    ),
}


class NotSageMaker(Exception):
    """Something answered, and not as SageMaker does."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"what answered there is not SageMaker (its answer is {kind or 'of no type'})")


@contextmanager
def named(call: str, group: str = "") -> Iterator[None]:
    """Say which call on which group failed, and what to do about it; boto3's own text does neither."""
    try:
        yield
    except boto.ClientError as answer:
        error = answer.response.get("Error", {})
        code, message = error.get("Code", "Unknown"), _shortened(error.get("Message", ""))
        raise AwsFailed(call, group, code, message, _hint(call, code, message)) from answer
    except NotSageMaker as answer:
        hint = "Check the endpoint in pyproject.toml, and whether a proxy stands in between."
        raise AwsFailed(call, group, "NotSageMaker", str(answer), hint) from answer
    except boto.BotoCoreError as failed:
        raise AwsFailed(call, group, type(failed).__name__, _first_line(failed), _local_hint(failed)) from failed


def refused(call: str, group: str, code: str, message: str) -> AwsFailed:
    """An error that AWS answered with, outside of botocore, with what to do about it."""
    return AwsFailed(call, group, code, _shortened(message), _hint(call, code, message))


def _shortened(message: str) -> str:
    """AWS's own text whole; a page of HTML from something else, cut."""
    return message if "<html" not in message[:500].lower() else f"{' '.join(message.split())[:120]} ..."


def _first_line(failed: Exception) -> str:
    return str(failed).partition("\n")[0]


def _hint(call: str, code: str, message: str) -> str:
    if code in _DENIED:
        action = _ACTIONS.get(call, f"sagemaker:{call}")
        hint = f"The credentials in use lack {action}: add it to their policy."
        return f"{hint} {_ALSO[call]}" if call in _ALSO else hint
    if code in _EXPIRED:
        return (
            "The credentials have expired: sign in again (for instance `aws sso login`) and run the command once more."
        )
    if code in _UNKNOWN_KEY:
        return (
            "AWS does not know these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID, and the clock of this machine."
        )
    if code in ("ThrottlingException", "Throttling"):
        return "AWS kept throttling after several tries: run the command again in a while; it continues where it was."
    if "executing in parallel" in message:
        return "Other feature groups are being made in this account: run the command again in a while."
    return ""


def _local_hint(failed: Exception) -> str:
    match failed:
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            return "Sign in (`aws sso login`), set AWS_PROFILE, or use --env local: the emulator needs no credentials."
        case boto.ProfileNotFound():
            return "Correct AWS_PROFILE, or add the profile to ~/.aws/config."
        case boto.TokenRetrievalError() | boto.SSOError() | boto.UnauthorizedSSOTokenError():
            return "The single sign-on session has ended: run `aws sso login`."
        case boto.NoRegionError():
            return "Add region to the environment in pyproject.toml, or set AWS_DEFAULT_REGION."
        case boto.EndpointConnectionError() | boto.ConnectTimeoutError() | boto.ProxyConnectionError():
            return (
                "Nothing answers there: check the endpoint in pyproject.toml, the region and the network. "
                "For an emulator, start it with `reconciler emulator serve`."
            )
        case boto.HTTPClientError():
            return "The connection broke, several times over: run the command again; it continues where it was."
        case _:
            return ""


def code_of(answer: boto.ClientError) -> str:
    """AWS's code of an error."""
    return str(answer.response.get("Error", {}).get("Code", ""))


def is_missing(answer: boto.ClientError) -> bool:
    """The group is not there. SageMaker answers 400 with this code, not 404."""
    return code_of(answer) == MISSING


def is_denied(failed: AwsFailed) -> bool:
    """The credentials may not make this call."""
    return failed.code in _DENIED


Reply: TypeAlias = dict[str, Any]
