"""Whoever asks is one user of the emulator's account, unless a session's keys sign the request."""

from __future__ import annotations

USER = "emulator"


def members(account: str) -> dict[str, str]:
    """What GetCallerIdentity says, in the order AWS says it."""
    return {"Arn": user_arn(account), "UserId": "AIDAEMULATOR000000000", "Account": account}


def user_arn(account: str) -> str:
    return f"{iam_arn(account)}:user/{USER}"


def iam_arn(account: str) -> str:
    """The beginning of everything in IAM, which has no region."""
    return f"arn:aws:iam::{account}"
