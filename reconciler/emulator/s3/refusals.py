"""The errors of S3, as its API reference words them."""

from __future__ import annotations

from reconciler.emulator.errors import AwsError


def no_such_bucket(bucket: str) -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=bucket)


def no_such_key(key: str) -> AwsError:
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=key)


def no_such_upload(upload: str) -> AwsError:
    message = (
        "The specified upload does not exist. The upload ID may be invalid, "
        "or the upload may have been aborted or completed."
    )
    return AwsError("NoSuchUpload", message, 404, UploadId=upload)


def invalid_bucket_name(bucket: str) -> AwsError:
    return AwsError("InvalidBucketName", "The specified bucket is not valid.", 400, BucketName=bucket)


def key_too_long(size: int) -> AwsError:
    return AwsError("KeyTooLongError", "Your key is too long", 400, Size=str(size), MaxSizeAllowed="1024")


def invalid_argument(message: str, name: str = "", value: str = "") -> AwsError:
    extra = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return AwsError("InvalidArgument", message, 400, **extra)


def precondition_failed(condition: str) -> AwsError:
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, 412, Condition=condition)


def malformed_xml() -> AwsError:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return AwsError("MalformedXML", message)


def not_emulated(what: str) -> AwsError:
    return AwsError("NotImplemented", f"The emulator of s3 does not know {what}.", 501)


def internal_error() -> AwsError:
    return AwsError("InternalError", "We encountered an internal error. Please try again.", 500)
