"""`reconciler init`: a registry, its configuration and its workflows, in the user's own repository.

Everything is decided before anything is written, and no existing file is written over: `pyproject.toml` and
`.gitignore` are added to at their end.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from urllib.parse import urlsplit

import click

from reconciler.config import FILE, Config, read_config
from reconciler.errors import Usage

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,119}")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_SCP = re.compile(r"(?:[^@/\s]+@)?[^@/:\s]{2,}:(?P<path>[^:\s]+)")
"""user@host:path, as ssh has it. One letter before the colon is a drive."""
_IGNORED = {f"{before}.reconciler{after}" for before in ("", "/", "**/") for after in ("", "/", "/*", "/**")}
WORKFLOWS = ("reconciler-plan.yml", "reconciler-apply.yml")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One file of the scaffold: what is written to it or added to it, or why it is left as it is."""

    path: str
    text: str = ""
    adds: bool = False
    kept: str = ""

    @property
    def fate(self) -> str:
        return "kept" if self.kept else "added to" if self.adds else "wrote"


@click.command()
@click.option(
    "--name",
    metavar="OWNER/REPO",
    help="Name of the registry, for the ownership tag. Default: from the Git remote `origin`.",
)
@click.option("--no-workflows", is_flag=True, help="Leave .github/ alone.")
def init(name: str | None, *, no_workflows: bool) -> None:
    """Set up a registry in this repository.

    Writes registry/ with one example group, [tool.reconciler] in pyproject.toml, a line in .gitignore, and GitHub
    workflows that plan pull requests and apply merges. Files that exist are kept; it can be run again.
    """
    root = Path.cwd()
    _check_place(root, workflows=not no_workflows)
    pieces = list(_pieces(root, name, workflows=not no_workflows))
    for piece in pieces:
        _put(root, piece)
    for piece in pieces:
        click.echo(f"{piece.fate:<9} {piece.path}" + (f"  ({piece.kept})" if piece.kept else ""))
    _say_what_is_next(read_config(root))


def _check_place(root: Path, *, workflows: bool) -> None:
    """GitHub reads workflows from the top of a repository only."""
    top = _git(root, "rev-parse", "--show-toplevel")
    if workflows and top is not None and Path(top).resolve() != root.resolve():
        raise Usage(
            f"This is a folder inside a Git repository, and GitHub reads workflows from its top: run it in {top}, "
            "or give --no-workflows to set up a registry here without them."
        )


def _pieces(root: Path, name: str | None, *, workflows: bool) -> Iterator[_Piece]:
    configuration, registry = _configuration(root, name)
    yield configuration
    yield from _registry(root, registry)
    yield _gitignore(root)
    if workflows:
        for file in WORKFLOWS:
            yield _new(root, f".github/workflows/{file}", file, _workflow_words(root, registry))


def _configuration(root: Path, name: str | None) -> tuple[_Piece, str]:
    """What happens to pyproject.toml, and the registry's folder."""
    file = root / FILE
    text = _read(file)
    table = _toml(text, "").get("tool", {})
    if isinstance(table, dict) and "reconciler" in table:
        there = read_config(root)
        other = f", named {there.name or 'nothing'}" if name and name != there.name else ""
        return _Piece(FILE, kept=f"it has [tool.reconciler]{other}"), there.registry
    ours = _template("pyproject.toml.template", {"NAME": _name(root, name)})
    if not file.exists():
        return _Piece(FILE, ours), "registry"
    added = _after(text, ours)
    _toml(text + added, f"\nAdd these lines to it by hand, where they fit:\n\n{ours}")
    return _Piece(FILE, added, adds=True), "registry"


def _toml(text: str, way_out: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        if way_out:
            raise Usage(f"[tool.reconciler] cannot be added to the end of {FILE}: {broken}.{way_out}") from None
        raise Usage(f"{FILE} is not TOML: {broken}. Mend it, then run this again; nothing was written.") from None


def _registry(root: Path, folder: str) -> Iterator[_Piece]:
    yield _new(root, f"{folder}/__init__.py", "registry.py.template", {})
    example = f"{folder}/customers.py"
    if (root / example).exists():
        yield _Piece(example, kept="it exists")
    elif not any(file.name != "__init__.py" for file in (root / folder).rglob("*.py")):
        yield _new(root, example, "customers.py.template", {})


def _gitignore(root: Path) -> _Piece:
    text = _read(root / ".gitignore")
    if any(line.strip() in _IGNORED for line in text.splitlines()):
        return _Piece(".gitignore", kept="it has .reconciler/")
    line = ".reconciler/\n"
    if not (root / ".gitignore").exists():
        return _Piece(".gitignore", line)
    return _Piece(".gitignore", _after(text, line, gap=""), adds=True)


def _new(root: Path, path: str, template: str, words: Mapping[str, str]) -> _Piece:
    if (root / path).exists():
        return _Piece(path, kept="it exists")
    return _Piece(path, _template(template, words))


def _workflow_words(root: Path, registry: str) -> dict[str, str]:
    """JSON texts are YAML texts too, whatever is in them."""
    branch = _default_branch(root)
    return {
        "VERSION": metadata.version("reconciler"),
        "BRANCH": branch,
        "BRANCH_PATTERN": json.dumps(branch),
        "REGISTRY_PATTERN": json.dumps(f"{registry}/**", ensure_ascii=False),
    }


def _default_branch(root: Path) -> str:
    """The branch whose pushes are applied: the remote's default, else the one that looks like it, else main."""
    remote = (_git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD") or "").removeprefix("origin/")
    branches = (_git(root, "for-each-ref", "--format=%(refname:short)", "refs/heads") or "").split()
    usual = [branch for branch in ("main", "master", "trunk") if branch in branches]
    # A repository without a commit has a branch that is not there yet.
    unborn = "" if branches else _git(root, "symbolic-ref", "--short", "HEAD") or ""
    found = next((branch for branch in (remote, *usual, unborn) if branch), "main")
    return found if _BRANCH.fullmatch(found) else "main"


def _name(root: Path, given: str | None) -> str:
    """What the ownership tag will say; never a guess."""
    url = _git(root, "remote", "get-url", "origin")
    name = given or (name_of_remote(url) if url else None) or _asked()
    if not _NAME.fullmatch(name):
        raise Usage(
            f"{name!r} does not do as a name: write owner/repository, as in your Git remote, with letters, digits, "
            "dots, dashes and underscores, at most 120 in all."
        )
    return name


def _asked() -> str:
    if not sys.stdin.isatty():
        raise Usage(
            "The registry needs a name, and there is no Git remote `origin` to take it from: give "
            "--name owner/repository. It is written to a tag on every live group, so that no other registry takes it "
            "over."
        )
    asked: str = click.prompt("Name of the registry (owner/repository)", err=True)
    return asked.strip()


def name_of_remote(url: str) -> str | None:
    """owner/repository of a Git remote, whatever its form; None where the address does not tell, as a path on disk."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if "://" in url:
        path = parts.path if parts.scheme in {"https", "http", "ssh", "git", "git+ssh"} and parts.hostname else ""
    else:
        found = _SCP.fullmatch(url.strip())
        path = found["path"] if found else ""
    name = path.strip("/").removesuffix(".git").strip("/")
    return name if "/" in name and _NAME.fullmatch(name) else None


def _git(root: Path, *words: str) -> str | None:
    """What Git answers here; None where there is no Git, no repository, or no such thing in it."""
    git = shutil.which("git")
    if git is None:
        return None
    answered = subprocess.run(  # noqa: S603 - words of our own
        [git, "-C", str(root), *words], capture_output=True, text=True, check=False
    )
    return answered.stdout.strip() or None if answered.returncode == 0 else None


def _template(file: str, words: Mapping[str, str]) -> str:
    text = resources.files("reconciler").joinpath("templates", file).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _read(file: Path) -> str:
    """A file's text with the line ends it has; empty where there is none."""
    try:
        return file.read_bytes().decode() if file.exists() else ""
    except UnicodeDecodeError:
        raise Usage(f"{file.name} is not UTF-8: save it as UTF-8, then run this again; nothing was written.") from None


def _after(text: str, addition: str, gap: str = "\n") -> str:
    """What to add to the end of a text: on lines of its own, with the line ends that the text has."""
    added = ("" if not text or text.endswith("\n") else "\n") + (gap if text.strip() else "") + addition
    return added.replace("\n", "\r\n") if "\r\n" in text else added


def _put(root: Path, piece: _Piece) -> None:
    if piece.kept:
        return
    path = root / piece.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if piece.adds else "xb") as file:
            file.write(piece.text.encode())
    except OSError as error:
        raise click.ClickException(f"{piece.path} cannot be written: {error.strerror}.") from None


def _say_what_is_next(config: Config) -> None:
    env = f" --env {config.default_environment}" if config.has_real_environment else ""
    click.echo("\nNext:")
    click.echo("  reconciler validate".ljust(38) + "check the specs; no AWS, no credentials")
    click.echo("  reconciler plan".ljust(38) + f"what would happen to {config.default_environment}")
    click.echo(f"  reconciler apply{env}".ljust(38) + "make it happen")
