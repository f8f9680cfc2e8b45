"""The child process: imports every file of a registry folder and writes down what they declare.

It speaks JSON, one line at a time, over a descriptor of its own: standard output belongs to the registry files, which
may print what they like. Before each file it says which one comes next, so that its parent can name the file that
ended or blocked it; after each file it says what was wrong with it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from types import ModuleType
from typing import Any

import reconciler.spec  # noqa: F401  (every word is there before the first registry file)
from reconciler.errors import Fault
from reconciler.load.explain import explain, files_that_failed
from reconciler.load.fresh import read_from_source
from reconciler.spec import collect
from reconciler.state import Dataset, Desired, Registry, Retirement
from reconciler.state.codec import registry_as_json


def main(root_name: str, folder_name: str, descriptor: int, rows_of: str = "") -> None:
    """Read the folder and leave; there is no way back into what registry files may have left behind.

    `rows_of` names a group whose contract is wanted too, or a dataset whose groups' are; `*` means every group's.
    """
    root = Path(root_name)
    owner = os.getpid()
    _Reading(root, root / folder_name, descriptor, rows_of).run()
    # Threads and exit handlers of registry files do not matter, nor does a copy of us that one of them made.
    for stream in (sys.stdout, sys.stderr):
        if os.getpid() == owner:
            _flush(stream)
    os._exit(0)


class _Reading:
    def __init__(self, root: Path, folder: Path, descriptor: int, rows_of: str) -> None:
        self._root, self._folder, self._descriptor, self._rows_of = root, folder, descriptor, rows_of
        self._process = os.getpid()
        self._collector = collect.Collector(root, folder)

    def run(self) -> None:
        collect.install(self._collector)
        sys.path.insert(0, str(self._root))
        read_from_source(self._root, self._folder)
        _make_package(self._root, self._folder)
        # A registry file may do anything to these; the next one gets the same words again.
        modules, path = dict(sys.modules), list(sys.path)
        for file in python_files(self._folder):
            shown = file.relative_to(self._root).as_posix()
            self._say(reading=shown)
            sys.modules.update(modules)
            sys.path[:] = path
            self._say(faults=[astuple(fault) for fault in self._read(file, shown)])
        collect.install(None)
        faults = [*self._collector.faults, *_twice(self._collector.declared)]
        self._say(faults=[astuple(fault) for fault in faults], strangers=sorted(self._collector.strangers))
        if self._rows_of and not faults:
            self._say(contracts=list(self._contracts()))
        self._say(registry=registry_as_json(_registry(self._collector.declared)))

    def _contracts(self) -> Iterator[dict[str, Any]]:
        datasets = (d for d in self._collector.declared if isinstance(d, Dataset) and d.name == self._rows_of)
        wanted = {self._rows_of, *(name for dataset in datasets for name in dataset.groups)}
        for name, contract in self._collector.contracts.items():
            if self._rows_of == "*" or name in wanted:
                yield contract().as_json()

    def _read(self, file: Path, shown: str) -> Iterator[Fault]:
        module = _module_name(file.relative_to(self._root))
        if module is None:
            fix = "Rename it: letters, digits and underscores, without further dots."
            yield Fault(shown, 0, "", "", "", "Python cannot import a file of this name.", fix)
            return
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001  (a registry file may raise anything, SystemExit too)
            self._collector.forget(files_that_failed(error, self._root, self._folder))
            yield explain(error, self._root, self._folder, shown)

    def _say(self, **message: object) -> None:
        if os.getpid() != self._process:
            os._exit(0)  # a copy that a registry file forked off and let run on
        line = memoryview(json.dumps(message, sort_keys=True).encode() + b"\n")
        while line:
            line = line[os.write(self._descriptor, line) :]


def python_files(folder: Path) -> Iterator[Path]:
    """Every Python file below a folder, sorted; hidden ones and caches are not the registry's."""
    seen = set()
    for path, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(path)
        folders[:] = sorted(name for name in folders if name[0] != "." and name != "__pycache__")
        if real in seen:  # a link back to where we came from
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(path, name) for name in sorted(files) if name.endswith(".py") and name[0] != ".")


def _module_name(file: Path) -> str | None:
    parts = file.with_suffix("").parts
    if any("." in part for part in parts):
        return None
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _make_package(root: Path, folder: Path) -> None:
    """The registry's folder is a package of its own, even where an installed one has the same name."""
    parts: list[str] = []
    for part in folder.relative_to(root).parts:
        parts.append(part)
        name = ".".join(parts)
        here = root.joinpath(*parts)
        if not (here / "__init__.py").is_file() or name in sys.modules:
            package = ModuleType(name)
            package.__path__ = [str(here)]
            sys.modules[name] = package


def _registry(declared: list[collect.Declared]) -> Registry:
    return Registry(
        {d.group.name: d for d in declared if isinstance(d, Desired)},
        {d.name: d for d in declared if isinstance(d, Retirement)},
        {d.name: d for d in declared if isinstance(d, Dataset)},
    )


def _twice(declared: list[collect.Declared]) -> Iterator[Fault]:
    places = defaultdict(list)
    for one in declared:
        places[type(one), one.group.name if isinstance(one, Desired) else one.name].append(one.source)
    for (kind, name), sources in places.items():
        for number, source in enumerate(sources):
            if len(sources) > 1:
                other = sources[0 if number else 1]
                what = "dataset" if kind is Dataset else "group"
                done, field = ("retired", "retire") if kind is Retirement else ("declared", "name")
                reason = f"The {what} is {done} at {other.file}:{other.line} too."
                fix = "Keep one of the two lines." if kind is Retirement else "Rename one of them, or remove it."
                line = source.line_of("name") if "name" in source.fields else source.line
                yield Fault(source.file, line, name, field, repr(name), reason, fix)


def _flush(stream: object) -> None:
    with suppress(Exception):  # it may be closed, or replaced by anything
        stream.flush()  # type: ignore[attr-defined]
