"""Every client of botocore goes to the emulator, whatever address the code that makes it insists on; so does pyarrow.

Both SageMaker SDKs name the address of STS themselves, which beats AWS_ENDPOINT_URL. pyarrow 26 reads that variable for
a file system it makes from a URI, and not for one that is constructed.
"""

from __future__ import annotations

import sys
from functools import wraps
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_FOURTH = 3
"""Where an address stands that is given by position: after service, region and whether it is secure."""


def redirect(url: str) -> None:
    """From now on; the libraries are imported only when the program does."""
    for name, patch in _PATCHES.items():
        if name in sys.modules:
            patch(sys.modules[name], url)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(url))


class _Finder:
    """Finds the modules above as usual, and has them changed once they are executed."""

    def __init__(self, url: str) -> None:
        self._url = url

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        spec: Any = PathFinder.find_spec(name, path, target) if name in _PATCHES else None
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
        _PATCHES[module.__name__](module, self._url)


def _botocore(module: Any, url: str) -> None:
    creator = getattr(module, "ClientCreator", None) or getattr(module, "AioClientCreator", None)
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


def _pyarrow(module: Any, url: str) -> None:
    """A subclass in the place of the class; what is an instance of either stays one."""
    plain: Any = getattr(module, "S3FileSystem", None)
    if plain is None or hasattr(plain, "_reconciler_plain"):
        return

    def begin(self: Any, **options: Any) -> None:
        options["endpoint_override"] = _local(options.get("endpoint_override"), url)
        plain.__init__(self, **options)

    def is_one(_: Any, instance: Any) -> bool:
        return isinstance(instance, plain)

    kind: Any = type("Kind", (type(plain),), {"__instancecheck__": is_one})
    module.S3FileSystem = kind("S3FileSystem", (plain,), {"__init__": begin, "_reconciler_plain": plain})


def _local(endpoint: Any, url: str) -> Any:
    """An address on this machine may be meant: another emulator's, say."""
    text = endpoint if isinstance(endpoint, str) else ""
    host = urlsplit(text if "://" in text else f"//{text}").hostname
    return endpoint if host in {"localhost", "127.0.0.1", "::1"} else url


_PATCHES: dict[str, Callable[[Any, str], None]] = {
    "botocore.client": _botocore,
    "aiobotocore.client": _botocore,
    "pyarrow.fs": _pyarrow,
}
