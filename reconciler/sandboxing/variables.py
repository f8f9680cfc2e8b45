"""The environment of a process that is to meet the emulator wherever it looks for AWS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EMULATOR = "RECONCILER_EMULATOR"
"""The address that the sandbox goes by."""
_HERE = Path(__file__).parent
_KEY = "local"
_REGION = "us-east-1"

# Addresses and credentials that would beat those of the emulator, and ways out of this machine.
_UNWANTED = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CA_BUNDLE"),
    *("AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CREDENTIAL_EXPIRATION"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    *("AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)
# Catalogs of pyiceberg that SDK 3 and most programs load. Without an endpoint of their own, their files are on AWS.
_CATALOGS = ("glue", "default")


def basic(url: str, region: str = _REGION) -> dict[str, str]:
    """What any client of AWS needs."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_DEFAULT_REGION": region,
    }


def whole(url: str, given: Mapping[str, str]) -> dict[str, str | None]:
    """All that differs from an environment that is given; None is to be taken out."""
    region = given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or _REGION
    unwanted = {name for name in _UNWANTED if name in given}
    unwanted |= {name for name in given if name.startswith("AWS_ENDPOINT_URL_")}
    return {
        **dict.fromkeys(sorted(unwanted)),
        EMULATOR: url,
        **basic(url, region),
        "AWS_REGION": region,
        # Clients that are not Python's look for these.
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_USE_DUALSTACK_ENDPOINT": "false",
        "AWS_USE_FIPS_ENDPOINT": "false",
        **{name: value for catalog in _CATALOGS for name, value in _pyiceberg(catalog, url, region).items()},
        # The SDKs tell AWS of their use, unless a configuration says no; one that is set already stays.
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": given.get("SAGEMAKER_ADMIN_CONFIG_OVERRIDE")
        or str(_HERE / "sagemaker.yaml"),
        "PYTHONPATH": _python_path(given.get("PYTHONPATH", "")),
    }


def applied(url: str, given: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child process."""
    changes = whole(url, given)
    kept = {name: value for name, value in given.items() if name not in changes}
    return kept | {name: value for name, value in changes.items() if value is not None}


def _pyiceberg(catalog: str, url: str, region: str) -> dict[str, str]:
    prefix = f"PYICEBERG_CATALOG__{catalog.upper()}__"
    return {
        f"{prefix}TYPE": "glue",
        f"{prefix}GLUE__ENDPOINT": url,
        f"{prefix}GLUE__REGION": region,
        f"{prefix}S3__ENDPOINT": url,
        f"{prefix}S3__ACCESS_KEY_ID": _KEY,
        f"{prefix}S3__SECRET_ACCESS_KEY": _KEY,
        f"{prefix}S3__REGION": region,
    }


def _python_path(given: str) -> str:
    """Every Python that starts looks here for a `sitecustomize` first."""
    ours = str(_HERE / "children")
    rest = [folder for folder in given.split(os.pathsep) if folder and folder != ours]
    return os.pathsep.join([ours, *rest])
