"""STS GetCallerIdentity: whoever asks is one user of the emulator's account."""

from __future__ import annotations


def members(account: str) -> dict[str, str]:
    """What the reply says, in the order AWS says it."""
    return {"Arn": user_arn(account), "UserId": "AIDAEMULATOR000000000", "Account": account}


def user_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:user/emulator"
