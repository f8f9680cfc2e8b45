"""Temporary credentials: they sign like any others here, and whoever uses them is who they were given to."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import things

if TYPE_CHECKING:
    import sqlite3

_KIND = "session"
_SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MIXED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Credentials(NamedTuple):
    """As STS hands them out; `expires` is epoch seconds."""

    access_key: str
    secret: str
    token: str
    expires: float

    @property
    def members(self) -> dict[str, str]:
        return {
            "AccessKeyId": self.access_key,
            "SecretAccessKey": self.secret,
            "SessionToken": self.token,
            "Expiration": iso(self.expires),
        }


def issue(db: sqlite3.Connection, account: str, identity: dict[str, str], expires: float) -> Credentials:
    """New ones, for an identity: its Arn and UserId."""
    made = Credentials(f"ASIA{unique(16)}", _drawn(_MIXED, 40), f"IQoJ{_drawn(_MIXED, 352)}", expires)
    things.write(db, account, _KIND, made.access_key, {**identity, "expires": expires})
    return made


def identity(db: sqlite3.Connection, account: str, access_key: str) -> dict[str, Any] | None:
    """Whom temporary credentials were given to; keys of no session are the emulator's one user."""
    return things.find(db, account, _KIND, access_key) if access_key.startswith("ASIA") else None


def unique(length: int) -> str:
    """The end of an id, as IAM makes them."""
    return _drawn(_SYMBOLS, length)


def iso(moment: float) -> str:
    """As times are written in XML."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _drawn(symbols: str, length: int) -> str:
    return "".join(symbols[byte % len(symbols)] for byte in os.urandom(length))
