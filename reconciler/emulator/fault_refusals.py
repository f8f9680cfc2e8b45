"""The error reply that a fault stands for, in the words of the service it hits (models of botocore 1.44.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_Reply = tuple[str, str, int]
_FAILED = "The request processing has failed."
_SLOW = "Please reduce your request rate."
_OURS = "We encountered an internal error. Please try again."
_EXPIRED = "The security token included in the request is expired"

# Where a service is not named, "" speaks for it.
_REPLIES: Mapping[str, Mapping[str, _Reply]] = {
    "throttled": {
        "": ("ThrottlingException", "Rate exceeded", assumptions.THROTTLING_STATUS),
        "sts": ("Throttling", "Rate exceeded", 400),
        "iam": ("Throttling", "Rate exceeded", 400),
        "lakeformation": ("ThrottledException", "Rate exceeded", 429),
        "s3": ("SlowDown", _SLOW, 503),
    },
    "internal_failure": {
        "": ("InternalFailure", _FAILED, 500),
        "athena": ("InternalServerException", _FAILED, 500),
        "glue": ("InternalServiceException", _FAILED, 500),
        "iam": ("ServiceFailure", _FAILED, 500),
        "kms": ("KMSInternalException", _FAILED, 500),
        "lakeformation": ("InternalServiceException", _FAILED, 500),
        "s3": ("InternalError", _OURS, 500),
    },
    "service_unavailable": {
        "": ("ServiceUnavailable", "The service is unavailable.", 503),
        "s3": ("ServiceUnavailable", "Service is unable to handle request.", 503),
    },
    "expired_token": {
        "": ("ExpiredTokenException", _EXPIRED, 400),
        "featurestore-runtime": ("ExpiredTokenException", _EXPIRED, assumptions.EXPIRED_TOKEN_STATUS),
        "iam": ("ExpiredToken", _EXPIRED, 403),
        "lakeformation": ("ExpiredTokenException", _EXPIRED, assumptions.EXPIRED_TOKEN_STATUS),
        "s3": ("ExpiredToken", "The provided token has expired.", 400),
        "sts": ("ExpiredToken", _EXPIRED, 403),
    },
}
# Of a denial only code and status differ; the sentence is IAM's, but for S3.
_DENIALS = {
    "iam": ("AccessDenied", 403),
    "lakeformation": ("AccessDeniedException", 403),
    "sts": ("AccessDenied", 403),
}


class Asked(NamedTuple):
    """The call that is refused, and by whom it is made."""

    service: str
    operation: str
    resource: str
    user: str


def refusal(kind: str, asked: Asked) -> AwsError | None:
    """The error reply a fault stands for, when it stands for one."""
    if kind == "access_denied":
        return _denied(asked)
    # A full disk is nothing a caller is told: it looks like any failure on the other side.
    replies = _REPLIES.get("internal_failure" if kind == "disk_full" else kind)
    if replies is None:
        return None
    code, message, status = replies.get(asked.service, replies[""])
    return AwsError(code, message, status)


def _denied(asked: Asked) -> AwsError:
    if asked.service == "s3":
        return AwsError("AccessDenied", "Access Denied", 403)
    if asked.service == "featurestore-runtime":
        return assumptions.access_forbidden(asked.user, f"sagemaker:{asked.operation}", asked.resource)
    usual = assumptions.access_denied(asked.user, f"{asked.service}:{asked.operation}", asked.resource)
    code, status = _DENIALS.get(asked.service, (usual.code, usual.status))
    return AwsError(code, usual.message, status)
