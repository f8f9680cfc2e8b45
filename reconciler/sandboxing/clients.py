"""Every client of botocore goes to the emulator, whatever address the code that makes it insists on.

Both SageMaker SDKs name the address of STS themselves, which beats AWS_ENDPOINT_URL.
"""

from __future__ import annotations

import sys
from functools import wraps
from importlib.machinery import PathFinder
from typing import Any
from urllib.parse import urlsplit

_CREATORS = {"botocore.client": "ClientCreator", "aiobotocore.client": "AioClientCreator"}
_FOURTH = 3
"""Where an address stands that is given by position: after service, region and whether it is secure."""


def redirect(url: str) -> None:
    """From now on; botocore itself is imported only when the program does."""
    for name in _CREATORS:
        if name in sys.modules:
            _patch(sys.modules[name], url)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(url))


class _Finder:
    """Finds the modules above as usual, and has them changed once they are executed."""

    def __init__(self, url: str) -> None:
        self._url = url

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        spec: Any = PathFinder.find_spec(name, path, target) if name in _CREATORS else None
        if spec is None or spec.loader is None:
            return None
        spec.loader = _Loader(spec.loader, self._url)
        return spec


class _Loader:
    """The loader that was found, and one thing more."""

    def __init__(self, found: Any, url: str) -> None:
        self._found = found
        self._url = url

    def create_module(self, spec: Any) -> Any:
        return self._found.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._found
        self._found.exec_module(module)
        _patch(module, self._url)


def _patch(module: Any, url: str) -> None:
    creator = getattr(module, _CREATORS[module.__name__], None)
    create = getattr(creator, "create_client", None)
    if creator is None or create is None or hasattr(create, "__wrapped__"):
        return

    @wraps(create)
    def create_client(self: Any, *args: Any, **options: Any) -> Any:
        if len(args) > _FOURTH:
            args = (*args[:_FOURTH], _local(args[_FOURTH], url), *args[_FOURTH + 1 :])
        else:
            options["endpoint_url"] = _local(options.get("endpoint_url"), url)
        return create(self, *args, **options)

    creator.create_client = create_client


def _local(endpoint: Any, url: str) -> Any:
    """An address on this machine may be meant: another emulator's, say."""
    host = urlsplit(endpoint).hostname if isinstance(endpoint, str) else None
    return endpoint if host in {"localhost", "127.0.0.1", "::1"} else url
