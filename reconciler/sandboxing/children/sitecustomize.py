"""Every Python that is started in the sandbox imports this first, and is in the sandbox too.

It works in any environment, for it finds its parts by their place. A `sitecustomize` that it hides runs after it.
"""  # noqa: INP001 - a folder on PYTHONPATH, no package

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - a start-up that every child waits for


def _part(name: str) -> Any:
    path = os.path.join(os.path.dirname(_HERE), f"{name}.py")  # noqa: PTH118, PTH120
    loader = SourceFileLoader(f"_reconciler_{name}", path)
    spec: Any = spec_from_loader(loader.name, loader)
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def _enter(url: str) -> None:
    try:
        _part("clients").redirect(url)
        _part("guard").install(url)
    except Exception as error:  # noqa: BLE001 - whatever it is, this process must not go on
        sys.stderr.write(f"The sandbox of the emulator failed, and its process ends: {error!r}\n")
        sys.stderr.flush()
        os._exit(70)


def _chain() -> None:
    """Run the `sitecustomize` that this one hides."""
    others = [folder for folder in sys.path if os.path.abspath(folder) != _HERE]  # noqa: PTH100
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_url = os.environ.get("RECONCILER_EMULATOR")
if _url:
    _enter(_url)
_chain()
