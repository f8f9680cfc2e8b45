"""What a registry file raised, as a fault that says where and what would help."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from reconciler.errors import Fault
from reconciler.spec.lines import dataset_around
from reconciler.spec.using import Side, side_of


def explain(error: BaseException, root: Path, folder: Path, file: str) -> Fault:
    """The fault behind an exception: at the innermost line of the registry that was at work."""
    where = (file, 0)
    for path, line in _lines(error):
        if path.startswith(f"{folder}/"):
            where = (path.removeprefix(f"{root}/"), line)
    if isinstance(error, SyntaxError):
        return _syntax(error, root, where)
    if isinstance(error, AttributeError) and (side := side_of(error.obj)):
        return _no_feature(side, str(error.name), root, where)
    text = f"{type(error).__name__}: {_text(error, root)}".rstrip(": ")
    reason, fix = f"Python stopped here with {text}.".replace("..", "."), "Registry files only declare."
    if isinstance(error, ModuleNotFoundError) and error.name:
        reason, fix = f"There is no module {error.name!r}.", _missing_module(error.name, root, folder)
    elif isinstance(error, ImportError):
        fix = _missing_name(error)
    elif isinstance(error, SystemExit):
        reason = f"The file ends Python: SystemExit({error.code!r})."
    elif isinstance(error, RecursionError):
        fix = "Something here calls itself for ever. Registry files only declare."
    elif isinstance(error, OSError) and error.filename and str(error.filename).endswith(where[0]):
        reason, fix = f"The file cannot be read: {error.strerror}.", "Check its permissions."
    return Fault(*where, "", "", "", reason, fix)


def files_that_failed(error: BaseException, root: Path, folder: Path) -> set[str]:
    """Every file of the registry whose import this exception ended."""
    return {path.removeprefix(f"{root}/") for path, _ in _lines(error) if path.startswith(f"{folder}/")}


def _lines(error: BaseException) -> Iterator[tuple[str, int]]:
    traceback = error.__traceback__
    while traceback:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _text(error: BaseException, root: Path) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  (an exception's own text may raise)
        text = ""
    # Where a file lies on this machine is no news to anyone.
    text = re.sub(r" \((?:/|unknown location)[^)]*\)$", "", text.replace(f"{root}/", ""))
    return text if len(text) <= 400 else f"{text[:400]}..."


def _syntax(error: SyntaxError, root: Path, where: tuple[str, int]) -> Fault:
    if error.filename:
        where = (error.filename.removeprefix(f"{root}/"), error.lineno or 0)
    source = (error.text or "").strip()
    return Fault(*where, "", "", source[:80], f"This is not Python: {error.msg}.", "Correct the line.")


def _no_feature(side: Side, name: str, root: Path, where: tuple[str, int]) -> Fault:
    """A feature that a class does not have: it never had it, or a change takes it away."""
    dataset = dataset_around(str(root / where[0]), where[1])
    reason = "The group has no such feature" + (f", and the dataset {dataset} asks for it." if dataset else ".")
    return Fault(*where, side.name, name, "", reason, side.near(name))


def _missing_module(name: str, root: Path, folder: Path) -> str:
    top = name.split(".", maxsplit=1)[0]
    if top == "reconciler":
        return "Registry files import reconciler.spec, and nothing else of this tool."
    if top == folder.relative_to(root).parts[0] or (root / top).exists() or (root / f"{top}.py").exists():
        return "There is no such file in the project."
    return (
        f"Install it where reconciler runs (python -m pip install {top}), or do without: registry files only declare."
    )


def _missing_name(error: ImportError) -> str:
    wanted = re.match(r"cannot import name '(\w+)'", str(error))
    module = sys.modules.get(error.name or "")
    if not wanted or not isinstance(module, ModuleType):
        return "Check the import."
    words = getattr(module, "__all__", None) or [word for word in dir(module) if word[0] != "_"]
    close = get_close_matches(wanted[1], words, 1)
    return f"Did you mean {close[0]}?" if close else f"{error.name} has {', '.join(words)}."[:200]
