"""The configuration in pyproject.toml: which registry this is, and the environments it is reconciled with.

There is always an environment `local`, the emulator in this process with its data under `.reconciler/`, unless the
file says otherwise. It is the default where it is configured, or nothing is. Every fault of the file is found at once,
with its line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reconciler.errors import Fault, Invalid, Usage

FILE = "pyproject.toml"
LOCAL = "local"
LOCAL_ACCOUNT = "000000000000"
LOCAL_DEFAULTS = {
    "region": "us-east-1",
    "role_arn": f"arn:aws:iam::{LOCAL_ACCOUNT}:role/feature-store",
    "s3_uri": "s3://feature-store/offline",
}
"""What an emulator needs to be told and nobody wants to make up."""

_PATTERNS = {
    "name": (re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,119}"), "Write owner/repository, as in your Git remote."),
    "account": (re.compile(r"\d{12}"), 'Write the twelve digits of the account in quotes: "123456789012".'),
    "region": (re.compile(r"[a-z]{2}(-[a-z]+)+-\d+"), 'Write a region, for instance "eu-central-1".'),
    "endpoint": (re.compile(r"embedded|https?://\S+"), 'Write "embedded" or an http:// address, or leave it out.'),
    "role_arn": (re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+"), "Write arn:aws:iam::ACCOUNT:role/NAME."),
    "s3_uri": (re.compile(r"(s3|https)://[^/\s]+(/\S*)?"), "Write s3://bucket/prefix."),
    "kms": (re.compile(r"arn:aws[a-z-]*:kms:\S+:\d{12}:key/\S+"), "Write arn:aws:kms:REGION:ACCOUNT:key/ID."),
    "workgroup": (re.compile(r"[A-Za-z0-9._-]{1,128}"), 'Write the name of a workgroup, as in "primary".'),
    "output": (re.compile(r"s3://[^/\s]+(/\S*)?"), "Write s3://bucket/prefix."),
    "database": (re.compile(r"[a-z0-9_]{1,255}"), "Write a database of the Data Catalog: lower case, digits and _."),
    "name_prefix": (re.compile(r"[a-zA-Z0-9]([_-]*[a-zA-Z0-9])*[_-]?"), 'Write letters and digits, as in "dev-".'),
}


USD_PER_TB = 5.0
"""What Athena takes for scanning a terabyte. UNVERIFIED: from memory, of us-east-1; regions and contracts differ."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What specs leave to an environment, for all its groups or for one."""

    role_arn: str | None = None
    s3_uri: str | None = None
    online_kms_key: str | None = None
    offline_kms_key: str | None = None
    protected: bool | None = None


@dataclass(frozen=True, slots=True)
class Brakes:
    """How much of an environment one plan may delete or update, as a share of its owned groups.

    Up to `floor` owned groups the shares do not count, and still no plan deletes all of them.
    """

    deletes: float = 0.25
    updates: float = 0.5
    floor: int = 10


@dataclass(frozen=True, slots=True)
class AthenaSettings:
    """How an environment uses Athena.

    Query results and temporary files go to `output`, encrypted with `kms_key`, and temporary tables into `database`;
    None of each: beside the offline data, as the bucket does it, and into the groups' own database.
    """

    workgroup: str = "primary"
    output: str | None = None
    kms_key: str | None = None
    database: str | None = None
    usd_per_tb: float = USD_PER_TB


@dataclass(frozen=True, slots=True)
class Environment:
    """One place where the registry lives: an account and region, a running emulator, or the embedded one."""

    name: str
    endpoint: str | None = None
    account: str | None = None
    region: str | None = None
    name_prefix: str = ""
    defaults: Overrides = Overrides()
    groups: Mapping[str, Overrides] = field(default_factory=dict)
    brakes: Brakes = Brakes()
    ignore_tags: tuple[str, ...] = ()
    wait_minutes: float = 45.0
    athena: AthenaSettings = AthenaSettings()

    @property
    def is_embedded(self) -> bool:
        return self.endpoint == "embedded"

    @property
    def is_local(self) -> bool:
        """The embedded emulator, or a running one: no account of AWS is at stake.

        AWS is never reached over plain http; an https endpoint is AWS by another way, such as a VPC endpoint.
        """
        return _is_local(self.endpoint)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, and the folder it was found in."""

    root: Path
    name: str | None
    registry: str
    default_environment: str | None
    environments: Mapping[str, Environment]

    @property
    def has_real_environment(self) -> bool:
        return any(not e.is_local for e in self.environments.values())

    def environment(self, name: str | None, *, to_change: bool = False) -> Environment:
        """The environment of this name, or the default; raises `Usage` where that would be a guess.

        With a real environment configured, a command that changes something must say which one it means: a
        forgotten flag must not go green on the laptop's emulator.
        """
        known = ", ".join(sorted(self.environments))
        if not name and to_change and self.has_real_environment:
            raise Usage(
                "This changes an environment, and more than the laptop is configured: say which one with --env "
                f"or RECONCILER_ENV ({known})."
            )
        wanted = name or self.default_environment
        if wanted is None:
            raise Usage(
                f"Several environments are configured, and none is the default: say which one with --env ({known}), "
                f"or set default_environment in {FILE}."
            )
        if wanted not in self.environments:
            close = get_close_matches(wanted, self.environments, 1)
            hint = f" Did you mean {close[0]!r}?" if close else f" There are: {known}."
            raise Usage(f"There is no environment {wanted!r} in {FILE}.{hint}")
        return self.environments[wanted]

    def owner(self, environment: Environment) -> str:
        """The value of the ownership tag: which registry, in which environment."""
        return f"{self.name or 'unnamed'}@{environment.name}"


def read_config(start: Path | None = None) -> Config:
    """The configuration of the folder `start` (default: this one) or the nearest one above that has any."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        file = folder / FILE
        if file.is_file() and (found := _read(file)) is not None:
            return found
    return Config(here, None, "registry", LOCAL, {LOCAL: _embedded()})


def _read(file: Path) -> Config | None:
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        if "[tool.reconciler" not in text:
            return None
        raise Invalid([Fault(FILE, 0, "", "", "", f"This is not TOML: {broken}.", "Mend the file.")]) from None
    tool = document.get("tool")
    table = tool.get("reconciler") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        fault = Fault(FILE, 0, "tool", "reconciler", repr(table)[:80], "This is a table.", "Write [tool.reconciler].")
        raise Invalid([fault])
    return None if table is None else _Reader(file.parent, text).read(table)


class _Reader:
    """Reads one table, keeping every fault it meets."""

    def __init__(self, root: Path, text: str) -> None:
        self.root, self.lines, self.faults = root, text.splitlines(), list[Fault]()

    def read(self, table: Mapping[str, Any]) -> Config:
        self._known(table, "tool.reconciler", ("name", "registry", "default_environment", "environments"))
        found = {
            name: self._environment(name, values)
            for name, values in self._table(table, "environments", "tool.reconciler").items()
        }
        environments = {LOCAL: _embedded(), **found}
        name = self._text(table, "name", "tool.reconciler")
        default = self._text(table, "default_environment", "tool.reconciler") or _default(found)
        if default is not None and default not in environments:
            there_are = f"There are: {', '.join(environments)}."
            self._fault("tool.reconciler", "default_environment", default, "There is no such environment.", there_are)
        if name is None and any(not e.is_local for e in environments.values()):
            self._fault(
                "tool.reconciler",
                "name",
                "",
                "A registry with a real environment needs a name.",
                'Add name = "owner/repository": it is written to the ownership tag.',
            )
        self.faults += _shared_accounts(environments)
        registry = self._text(table, "registry", "tool.reconciler") or "registry"
        if self.faults:
            raise Invalid(self.faults)
        return Config(self.root, name, registry, default, environments)

    def _environment(self, name: str, values: object) -> Environment:
        where = f"tool.reconciler.environments.{name}"
        if not _NAME.fullmatch(name):
            fix = "Use letters, digits, dots, hyphens and underscores: it is part of the ownership tag."
            self._fault(where, "", repr(name), "This is no name for an environment.", fix)
        if not isinstance(values, dict):
            self._fault(where, "", repr(values), "An environment is a table.", f"Write [{where}].")
            return Environment(name, "embedded")
        own = (
            "endpoint",
            "account",
            "region",
            "name_prefix",
            "groups",
            "brakes",
            "athena",
            "ignore_tags",
            "wait_minutes",
        )
        self._known(values, where, (*own, *_OVERRIDES))
        endpoint = self._text(values, "endpoint", where)
        if endpoint and not _is_address(endpoint):
            self._fault(where, "endpoint", repr(endpoint), "This is no address.", _PATTERNS["endpoint"][1])
        account, region = self._text(values, "account", where), self._text(values, "region", where)
        is_local = _is_local(endpoint)
        if not is_local:
            for key, value in (("account", account), ("region", region)):
                if value is None and key not in values:
                    self._fault(where, key, "", "An environment on AWS needs it.", _PATTERNS[key][1])
        located = _located(self._overrides(values, where), is_local=is_local, region=region)
        return Environment(
            name,
            endpoint,
            account,
            name_prefix=self._text(values, "name_prefix", where) or "",
            groups={
                group: Overrides(**self._overrides(given, f"{where}.groups.{group}", alone=True))
                for group, given in self._table(values, "groups", where).items()
            },
            brakes=self._brakes(values, f"{where}.brakes"),
            athena=self._athena(values, f"{where}.athena"),
            ignore_tags=self._texts(values, "ignore_tags", where),
            wait_minutes=self._number(values, "wait_minutes", where, 45.0, 24 * 60),
            **located,
        )

    def _overrides(self, values: object, where: str, *, alone: bool = False) -> dict[str, Any]:
        if not isinstance(values, dict):
            self._fault(where, "", repr(values), "A group's settings are a table.", f"Write [{where}].")
            return {}
        if alone:
            self._known(values, where, _OVERRIDES)
        found: dict[str, Any] = {key: self._text(values, key, where) for key in _OVERRIDES if key != "protected"}
        protected = values.get("protected")
        if protected is not None and not isinstance(protected, bool):
            self._fault(where, "protected", repr(protected), "It is true or false.", "")
            protected = None
        return found | {"protected": protected}

    def _brakes(self, values: Mapping[str, Any], where: str) -> Brakes:
        table = self._table(values, "brakes", where.rpartition(".")[0])
        self._known(table, where, ("deletes", "updates", "floor"))
        standard = Brakes()
        return Brakes(
            self._number(table, "deletes", where, standard.deletes, 1),
            self._number(table, "updates", where, standard.updates, 1),
            int(self._number(table, "floor", where, standard.floor, 10_000)),
        )

    def _athena(self, values: Mapping[str, Any], where: str) -> AthenaSettings:
        table = self._table(values, "athena", where.rpartition(".")[0])
        self._known(table, where, tuple(f.name for f in fields(AthenaSettings)))
        texts = {key: self._text(table, key, where) for key in ("workgroup", "output", "kms_key", "database")}
        given: dict[str, Any] = {key: text for key, text in texts.items() if text is not None}
        return AthenaSettings(**given, usd_per_tb=self._number(table, "usd_per_tb", where, USD_PER_TB, 1000))

    def _known(self, table: Mapping[str, Any], where: str, keys: tuple[str, ...]) -> None:
        for key in table.keys() - set(keys):
            close = get_close_matches(key, keys, 1)
            fix = f"Did you mean {close[0]!r}?" if close else f"Use one of: {', '.join(keys)}."
            self._fault(where, key, repr(table[key]), "The key is unknown.", fix)

    def _table(self, values: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        table = values.get(key, {})
        if isinstance(table, dict):
            return table
        self._fault(where, key, repr(table), "This is a table.", f"Write [{where}.{key}].")
        return {}

    def _text(self, values: Mapping[str, Any], key: str, where: str) -> str | None:
        value = values.get(key)
        if value is None:
            return None
        pattern, fix = _PATTERNS.get("kms" if "kms" in key else key, (None, "Write a text in quotes."))
        if not isinstance(value, str) or not value or (pattern and not pattern.fullmatch(value)):
            self._fault(where, key, repr(value), "This does not fit.", fix)
            return None
        return value

    def _texts(self, values: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        value = values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._fault(where, key, repr(value), "This is a list of texts.", 'Write ["auto:*", "cost-center"].')
            return ()
        return tuple(value)

    def _number(self, values: Mapping[str, Any], key: str, where: str, default: float, most: float) -> float:
        value = values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            self._fault(where, key, repr(value), f"This is a number from 0 to {most:g}.", "")
            return default
        return float(value)

    def _fault(self, where: str, key: str, value: str, reason: str, fix: str) -> None:
        self.faults.append(Fault(FILE, _line(self.lines, where, key), where, key, value, reason, fix))


_OVERRIDES = tuple(f.name for f in fields(Overrides))


def _default(found: Mapping[str, Environment]) -> str | None:
    """The environment meant where none is named: `local` if it is configured or nothing is, or the only one."""
    if LOCAL in found or not found:
        return LOCAL
    return next(iter(found)) if len(found) == 1 else None


def _is_address(endpoint: str) -> bool:
    try:
        address = urlsplit(endpoint)
        return endpoint == "embedded" or (bool(address.hostname) and address.port != 0)
    except ValueError:
        return False


def _is_local(endpoint: str | None) -> bool:
    return endpoint is not None and not endpoint.startswith("https://")


def _embedded() -> Environment:
    return Environment(LOCAL, "embedded", **_located({}, is_local=True))


def _located(given: Mapping[str, Any], *, is_local: bool, region: str | None = None) -> dict[str, Any]:
    """Region and defaults of an environment; a local one has some of its own."""
    standard = LOCAL_DEFAULTS if is_local else {}
    found = {key: given.get(key) for key in _OVERRIDES}
    for key in ("role_arn", "s3_uri"):
        found[key] = found[key] or standard.get(key)
    return {"region": region or standard.get("region"), "defaults": Overrides(**found)}


def _line(lines: list[str], where: str, key: str) -> int:
    """The line of a key under its table's header, or of the header; TOML's own reader does not keep them."""
    header = next((n for n, line in enumerate(lines, 1) if line.strip().startswith(f"[{where}]")), 0)
    for n, line in enumerate(lines[header:], header + 1):
        if line.strip().startswith("["):
            break
        if key and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return n
    return header


def _shared_accounts(environments: Mapping[str, Environment]) -> Iterator[Fault]:
    """Two environments in one account and region would fight over names, unless a prefix keeps them apart."""
    taken: dict[tuple[str | None, str | None, str], str] = {}
    for environment in environments.values():
        if environment.is_local:
            continue
        place = (environment.account, environment.region, environment.name_prefix)
        other = taken.setdefault(place, environment.name)
        if other != environment.name:
            yield Fault(
                FILE,
                0,
                f"tool.reconciler.environments.{environment.name}",
                "name_prefix",
                repr(environment.name_prefix),
                f"It shares account, region and prefix with {other!r}.",
                'Give one of them a prefix of its own, as in name_prefix = "dev-".',
            )
