"""Feature groups as values: what is wanted, what is live, and what both have in common.

`Group` is the shape both sides share. It holds only what can be compared by meaning: lifetimes in seconds, tags
without those that belong to AWS, features by name. What only one side knows stands beside it, in `Desired`
(where it was written, what it accepts) and `Live` (identity and health).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

REGISTRY_TAG = "reconciler:registry"
"""The tag on a live group that names the registry it belongs to."""

PROTECTED_TAG = "reconciler:protected"
"""The tag on a live group that keeps it from being deleted, even when it is retired."""


class Feature(NamedTuple):
    """One feature. A tuple, since an account has a hundred thousand of them.

    `type` is AWS's word (Integral, Fractional, String); `collection` is List, Set, Vector or None, and
    `dimension` is a vector's length. `about` and `parameters` are the feature's metadata.
    """

    name: str
    type: str
    collection: str | None = None
    dimension: int | None = None
    about: str = ""
    parameters: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Online:
    """The online store. `ttl_s` is how long a record lives, in seconds, counted from its event time."""

    storage_type: str = "Standard"
    ttl_s: int | None = None
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """The Glue table of an offline store. The catalog is always AwsDataCatalog, the one that AWS accepts."""

    database: str
    table: str


@dataclass(frozen=True, slots=True)
class Offline:
    """The offline store. `catalog` is None where AWS makes up the names; `create_table` says who makes it."""

    s3_uri: str | None = None
    table_format: str = "Glue"
    kms_key: str | None = None
    create_table: bool = True
    catalog: Catalog | None = None


@dataclass(frozen=True, slots=True)
class Throughput:
    """How capacity is paid for. Units are per second, and None unless the mode is Provisioned."""

    mode: str = "OnDemand"
    read_units: int | None = None
    write_units: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A feature group, wanted or live.

    `owner` is the value of the ownership tag and `protected` that of the protection tag; neither is among
    `tags`. `role_arn` and `description` are None where nothing was said.
    """

    name: str
    record_id: str
    event_time: str
    features: tuple[Feature, ...]
    online: Online | None = None
    offline: Offline | None = None
    role_arn: str | None = None
    throughput: Throughput = Throughput()
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    protected: bool | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a spec stands: a file relative to the project, and the line of each field that was found."""

    file: str = ""
    line: int = 0
    fields: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, name: str) -> int:
        """The line of a field or feature, or of the group where it has none of its own."""
        return self.fields.get(name, self.line)


@dataclass(frozen=True, slots=True)
class Desired:
    """A feature group as its spec wants it.

    `keep_live` names immutable fields whose live value is accepted as it is; `deprecated` maps features that
    nobody wants, but that stay where they are live, to the reason.
    """

    group: Group
    source: Source = Source()
    keep_live: frozenset[str] = frozenset()
    deprecated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retirement:
    """A line of a registry that asks for a group to be deleted, and says why."""

    name: str
    reason: str
    source: Source = Source()


class Asked(NamedTuple):
    """One column of a dataset: a feature of a group, looked up by a column of the labels, under a name of its own."""

    output: str
    group: str
    feature: str
    key: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A declared training set.

    `time` is the column of the labels with their moments. `max_ages` are by group and key: how old a row may be.
    `strict` takes only rows before a label's moment, `known_at` only those that the service had received by then.
    """

    name: str
    features: tuple[Asked, ...]
    time: str
    max_ages: Mapping[tuple[str, str], timedelta] = field(default_factory=dict)
    strict: bool = False
    known_at: bool = False
    description: str = ""
    source: Source = Source()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it uses, in the order in which it names them."""
        return tuple(dict.fromkeys(asked.group for asked in self.features))


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything a registry folder asks for: groups and datasets by their names."""

    groups: Mapping[str, Desired]
    retired: Mapping[str, Retirement]
    datasets: Mapping[str, Dataset] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """What moves by itself on a live group and is never compared."""

    status: str = "Created"
    failure: str = ""
    update_status: str = ""
    update_failure: str = ""
    offline_status: str = ""
    blocked_reason: str = ""
    online_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A feature group as AWS has it."""

    group: Group
    arn: str = ""
    health: Health = Health()
    created_at: float = 0.0
    modified_at: float = 0.0
    data_uri: str = ""
    table: Catalog | None = None

    @property
    def is_failed(self) -> bool:
        """Creation or deletion failed: only a delete is possible now."""
        return self.health.status in ("CreateFailed", "DeleteFailed")

    @property
    def is_moving(self) -> bool:
        """AWS is at work on it: wait before deciding anything."""
        return self.health.status in ("Creating", "Deleting") or self.health.update_status == "InProgress"
