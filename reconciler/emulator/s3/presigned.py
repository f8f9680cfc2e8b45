"""URLs that carry their signature: it is not verified, but an URL that has expired opens nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import replies

if TYPE_CHECKING:
    from reconciler.emulator.s3.address import Asked

_LONGEST_S = 7 * 24 * 3600
_LONGEST_DIGITS = 10


def check_expiry(asked: Asked) -> None:
    """AwsError AccessDenied after the time that the URL was signed for, by the emulator's clock."""
    query = asked.query
    if "X-Amz-Signature" in query:
        ends = _signed_at(query.get("X-Amz-Date", "")) + _lifetime(query.get("X-Amz-Expires", ""))
    elif "Signature" in query and query.get("Expires", "").isdecimal():
        ends = float(query["Expires"][:12])
    else:
        return
    now = asked.site.now()
    if now > ends:
        extra = {"Expires": replies.moment(min(ends, now)), "ServerTime": replies.moment(now)}
        raise AwsError("AccessDenied", "Request has expired", 403, **extra)


def _signed_at(given: str) -> float:
    try:
        return datetime.strptime(given, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from None


def _lifetime(given: str) -> int:
    if not given.isdecimal():
        raise _bad("X-Amz-Expires should be a number")
    if len(given) > _LONGEST_DIGITS or int(given) > _LONGEST_S:
        raise _bad(f"X-Amz-Expires must be less than a week (in seconds) that is {_LONGEST_S}")
    return int(given)


def _bad(message: str) -> AwsError:
    return AwsError("AuthorizationQueryParametersError", message)
