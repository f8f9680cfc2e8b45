"""Which services are answered, in which protocol, and where their operations are; each is imported when it is met."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from reconciler.emulator.calls import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODULES: Mapping[str, str] = {
    "sagemaker": "reconciler.emulator.control.service",
    "featurestore-runtime": "reconciler.emulator.runtime.service",
    "glue": "reconciler.emulator.glue.service",
    "athena": "reconciler.emulator.athena.service",
    "s3": "reconciler.emulator.s3.service",
    "sts": "reconciler.emulator.access.sts",
    "iam": "reconciler.emulator.access.iam",
    "kms": "reconciler.emulator.access.kms",
    "lakeformation": "reconciler.emulator.access.lakeformation",
}
NAMES = tuple(_MODULES)


def service(name: str) -> Service | None:
    """The service of this name, or None where there is none."""
    module = _MODULES.get(name)
    return _of(module) if module else None


@cache
def _of(module: str) -> Service:
    found: Service = import_module(module).SERVICE
    return found
