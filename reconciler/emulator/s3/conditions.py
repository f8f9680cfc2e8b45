"""If-Match and its kin: on reads, on the source of a copy, and on writes (RFC 9110; Amazon S3 user guide,
"Conditional requests")."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.s3.files import Condition, Found


def is_unmodified(headers: Mapping[str, str], found: Found) -> bool:
    """Whether a read is answered with 304; AwsError PreconditionFailed for a condition that does not hold."""
    wanted, unwanted = headers.get("if-match"), headers.get("if-none-match")
    if wanted is not None:
        if not _names(wanted, found):
            raise refusals.precondition_failed("If-Match")
    elif _is_after(headers, "if-unmodified-since", found):
        raise refusals.precondition_failed("If-Unmodified-Since")
    if unwanted is not None:
        return _names(unwanted, found)
    return "if-modified-since" in headers and _is_after(headers, "if-modified-since", found) is False


def check_source(headers: Mapping[str, str], found: Found) -> None:
    """On the source of a copy every condition that does not hold is a PreconditionFailed."""
    start = "x-amz-copy-source-"
    named = {name.removeprefix(start): value for name, value in headers.items() if name.startswith(f"{start}if-")}
    try:
        if is_unmodified(named, found):
            raise refusals.precondition_failed("If-None-Match" if "if-none-match" in named else "If-Modified-Since")
    except AwsError as error:
        raise refusals.precondition_failed(f"{start}{error.extra['Condition']}") from None


def for_write(headers: Mapping[str, str], key: str) -> Condition | None:
    """On what is there when a put or a multipart upload becomes the object."""
    wanted, unwanted = headers.get("if-match"), headers.get("if-none-match")
    if wanted is None and unwanted is None:
        return None
    if unwanted is not None and (unwanted.strip() != "*" or wanted is not None):
        message = "A header you provided implies functionality that is not implemented"
        raise AwsError("NotImplemented", message, 501, Header="If-None-Match")

    def check(found: Found | None) -> None:
        if unwanted is not None and found is not None:
            raise refusals.precondition_failed("If-None-Match")
        if wanted is not None and found is None:
            raise refusals.no_such_key(key)
        if wanted is not None and found is not None and not _names(wanted, found):
            raise refusals.precondition_failed("If-Match")

    return check


def for_delete(wanted: str | None, key: str) -> Condition | None:
    """Nothing does not match, so it cannot be deleted either (Amazon S3 user guide, "Conditional deletes")."""
    return for_write({"if-match": wanted}, key) if wanted is not None else None


def _names(etags: str, found: Found) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in etags.split(",")]
    return "*" in tags or found.etag in tags


def _is_after(headers: Mapping[str, str], name: str, found: Found) -> bool | None:
    """Whether the object is from after the header's time; None without one that can be read."""
    try:
        moment = parsedate_to_datetime(headers[name])
    except (KeyError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(found.modified), UTC) > moment
