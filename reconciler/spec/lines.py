"""The line of every word of a declaration, found in the text of its file."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple


class Lines(NamedTuple):
    """The line of the class or call, of each word it was given, and of each feature by its field's name."""

    line: int
    words: Mapping[str, int]
    features: Mapping[str, int]


def lines_of_class(path: str, line: int, name: str) -> Lines:
    """Of a class decorated at this line; of the only class of this name where nothing stands there."""
    found = _index(path)
    node = found.classes.get((name, line)) or found.by_name.get(name)
    if node is None:
        return Lines(line, {}, {})
    words: dict[str, int] = {}
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and decorator.lineno == line:
            words = _keywords(decorator)
    features = {}
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            features[statement.target.id] = statement.lineno
        elif isinstance(statement, ast.Expr) and statement is node.body[0]:
            words.setdefault("description", statement.lineno)
    return Lines(node.lineno, words, features)


def lines_of_call(path: str, line: int) -> Lines:
    """Of a `GroupSpec(...)` that begins at this line."""
    node = _index(path).calls.get(line)
    if node is None:
        return Lines(line, {}, {})
    features: dict[str, int] = {}
    for keyword in node.keywords:
        if keyword.arg == "features" and isinstance(keyword.value, (ast.List, ast.Tuple)):
            features = dict(_named(keyword.value.elts))
    return Lines(line, _keywords(node), features)


def lines_of_dataset(path: str, line: int) -> Lines:
    """Of a `Dataset(...)` that begins at this line; its features are `features[0]` and so on, as they stand there."""
    node = _index(path).datasets.get(line)
    if node is None:
        return Lines(line, {}, {})
    features: dict[str, int] = {}
    for keyword in node.keywords:
        if keyword.arg == "features" and isinstance(keyword.value, (ast.List, ast.Tuple)):
            written = keyword.value.elts
            if not any(isinstance(element, ast.Starred) for element in written):
                features = {f"features[{number}]": element.lineno for number, element in enumerate(written)}
    return Lines(line, _keywords(node), features)


def dataset_around(path: str, line: int) -> str:
    """The name of the `Dataset(...)` that this line is inside of; empty where there is none, or it has none."""
    for call in _index(path).datasets.values():
        if call.lineno <= line <= (call.end_lineno or call.lineno):
            names = (word.value for word in call.keywords if word.arg == "name")
            return next((str(name.value) for name in names if isinstance(name, ast.Constant)), "")
    return ""


def _keywords(call: ast.Call) -> dict[str, int]:
    return {word.arg: word.lineno for word in call.keywords if word.arg}


def _named(calls: Iterable[ast.expr]) -> Iterable[tuple[str, int]]:
    for call in calls:
        if isinstance(call, ast.Call):
            first = [word.value for word in call.keywords if word.arg == "name"] + call.args[:1]
            if first and isinstance(first[0], ast.Constant) and isinstance(first[0].value, str):
                yield first[0].value, call.lineno


class _Index(NamedTuple):
    classes: dict[tuple[str, int], ast.ClassDef]
    by_name: dict[str, ast.ClassDef]
    calls: dict[int, ast.Call]
    datasets: dict[int, ast.Call]


@lru_cache(maxsize=64)
def _index(path: str) -> _Index:
    index = _Index({}, {}, {}, {})
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return index
    twice = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            twice.update({node.name} & index.by_name.keys())
            index.by_name[node.name] = node
            index.classes.update(((node.name, d.lineno), node) for d in node.decorator_list)
        elif isinstance(node, ast.Call) and any(word.arg == "record_id" for word in node.keywords):
            index.calls.setdefault(node.lineno, node)
        elif isinstance(node, ast.Call) and _is_dataset(node):
            index.datasets.setdefault(node.lineno, node)
    for name in twice:
        del index.by_name[name]
    return index


def _is_dataset(call: ast.Call) -> bool:
    """By the name that registry files import, or by the words where they give it another."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name == "Dataset" or {"features", "time"} <= {word.arg for word in call.keywords}
