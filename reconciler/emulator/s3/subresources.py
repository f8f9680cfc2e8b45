"""What can be set about a bucket and is given back: it is kept as it was sent, and has no effect.

Where a setting would change what S3 does (versions, ACLs, policies), only what changes nothing is taken; the rest is
refused, as AWS refuses it or as not emulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import bodies, buckets, description, refusals, replies, xml

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.wire.messages import Answer

_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class Setting(NamedTuple):
    """The root of its document, what a new bucket has, and the error of a bucket that has none."""

    root: str
    default: dict[str, Any] | None = None
    absent: tuple[str, str] = ("", "")


SETTINGS = {
    # Since January 2023 every bucket encrypts, since April 2023 every new one blocks public access and has no ACLs.
    "encryption": Setting(
        "ServerSideEncryptionConfiguration",
        {
            "Rule": {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": False,
            }
        },
    ),
    "publicAccessBlock": Setting(
        "PublicAccessBlockConfiguration",
        dict.fromkeys(_BLOCKS, True),
        ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
    ),
    "ownershipControls": Setting("OwnershipControls", {"Rule": {"ObjectOwnership": "BucketOwnerEnforced"}}),
    "versioning": Setting("VersioningConfiguration", {}),
    "lifecycle": Setting(
        "LifecycleConfiguration",
        None,
        ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    ),
    "cors": Setting("CORSConfiguration", None, ("NoSuchCORSConfiguration", "The CORS configuration does not exist")),
    "tagging": Setting("Tagging", None, ("NoSuchTagSet", "The TagSet does not exist")),
    "policy": Setting("", None, ("NoSuchBucketPolicy", "The bucket policy does not exist")),
    "notification": Setting("NotificationConfiguration", {}),
    "logging": Setting("BucketLoggingStatus", {}),
    "accelerate": Setting("AccelerateConfiguration", {}),
    "requestPayment": Setting("RequestPaymentConfiguration", {"Payer": "BucketOwner"}),
    "website": Setting(
        "WebsiteConfiguration",
        None,
        ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    ),
    "replication": Setting(
        "ReplicationConfiguration",
        None,
        ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    ),
    "object-lock": Setting(
        "ObjectLockConfiguration",
        None,
        ("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
    ),
}


def reading(name: str) -> Callable[[Asked], Answer]:
    """The operation that gives a setting back."""
    setting = SETTINGS[name]

    def read(asked: Asked) -> Answer:
        kept = buckets.named(asked.site, asked.bucket).doc.get(name)
        if name == "tagging" and kept:
            return replies.answer(setting.root, {"TagSet": {"Tag": [{"Key": k, "Value": v} for k, v in kept]}})
        if isinstance(kept, str):
            return replies.raw(kept.encode(), "application/json" if name == "policy" else "application/xml")
        if setting.default is None or kept is False:
            code, message = setting.absent
            raise AwsError(code, message, 404, BucketName=asked.bucket)
        return replies.answer(setting.root, setting.default)

    return read


def writing(name: str) -> Callable[[Asked], Answer]:
    """The operation that keeps a setting, once it is known to change nothing here."""
    setting = SETTINGS[name]

    def write(asked: Asked) -> Answer:
        buckets.named(asked.site, asked.bucket)
        body = bodies.document(asked)
        root = xml.parse(body, setting.root)
        if name == "tagging":
            tags = [(xml.said(tag, "Key") or "", xml.said(tag, "Value") or "") for tag in root.iter("Tag")]
            buckets.change(asked.site, asked.bucket, name, description.checked_tags(tags, most=50))
            return replies.done(status=204)
        _check(name, root)
        if name == "publicAccessBlock":
            blocks = {block: (xml.said(root, block) or "").strip().lower() == "true" for block in _BLOCKS}
            body = xml.document(setting.root, blocks)
        buckets.change(asked.site, asked.bucket, name, body.decode("utf-8", "replace"))
        return replies.done()

    return write


def _check(name: str, root: Any) -> None:
    if name == "versioning" and (xml.said(root, "Status") or "").strip() != "Suspended":
        raise refusals.not_emulated("buckets that keep versions")
    if name == "ownershipControls":
        kinds = [(found.text or "").strip() for found in root.iter("ObjectOwnership")]
        if kinds != ["BucketOwnerEnforced"]:
            raise refusals.not_emulated("object ownership with ACLs")
    if name in {"encryption", "lifecycle", "cors"} and not len(root):
        raise refusals.malformed_xml()


def removing(name: str) -> Callable[[Asked], Answer]:
    """The operation that forgets a setting."""
    # A public access block is there from the beginning, so that its removal has to be kept.
    value = False if name == "publicAccessBlock" else None

    def remove(asked: Asked) -> Answer:
        buckets.change(asked.site, asked.bucket, name, value)
        return replies.done(status=204)

    return remove
