"""Registry files are compiled anew each time they are read.

Python tells byte code from its source by size and whole seconds: a file that changed within a second to another of
the same length, as a checkout may do, would be read as it was. A plan must not be made of that.
"""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType


class _Fresh(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def read_from_source(root: Path, folder: Path) -> None:
    """Import what lies in the project's root or in the registry's folder from its source, in this process."""

    def finder(place: str) -> FileFinder:
        here = Path(place)
        if here not in (root, folder) and folder not in here.parents:
            raise ImportError(f"{place} is not the registry's", path=place)
        return FileFinder(place, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_Fresh, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, finder)
    sys.path_importer_cache.clear()
