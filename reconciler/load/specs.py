"""The desired state as a file: what a job without credentials hands to one that has them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from reconciler.errors import Fault, Invalid, Usage
from reconciler.state import Registry
from reconciler.state.checks import beside, check
from reconciler.state.codec import registry_as_json, registry_from_json

SIZE_LIMIT = 64 * 2**20
"""A hundred groups of 2,500 features are about 20 MB."""


def write_specs(registry: Registry, path: Path) -> None:
    """Write the registry as JSON, whole or not at all."""
    text = json.dumps(registry_as_json(registry), indent=1, sort_keys=True, ensure_ascii=False)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(f"{text}\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Usage(f"{path} cannot be written: {error.strerror}.") from error


def read_specs(path: Path) -> Registry:
    """Read what `write_specs` wrote, and check it as if it had just been loaded."""
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        fix = "Write it with `reconciler validate --specs-out FILE`."
        raise Usage(f"{path} cannot be read: {error.strerror}. {fix}") from error
    if len(text) > SIZE_LIMIT:
        raise Usage(f"{path} is larger than {SIZE_LIMIT // 2**20} MB: this is no specs file of this tool.")
    return checked(registry_from_json(_json(text, str(path)), str(path)), ())


def checked(registry: Registry, faults: Iterable[Fault]) -> Registry:
    """The registry, if nothing is wrong with it: neither what was found already nor what it means."""
    found = list(faults)
    found += beside(found, check(registry))
    if found:
        raise Invalid(found)
    return registry


def _json(text: bytes, name: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        fix = "Write it with `reconciler validate --specs-out FILE`."
        raise Invalid([Fault(name, 0, "", "", "", f"This is not JSON: {error}.", fix)]) from error
