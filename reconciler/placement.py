"""A registry in an environment: what specs leave open is filled in, and what then is missing is a fault.

A value in a spec wins over the environment's setting for that group, and that over the environment's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.config import FILE, Environment, Overrides
from reconciler.errors import Fault, Invalid
from reconciler.state import Desired, Group, Registry
from reconciler.state.limits import NAME_LENGTH
from reconciler.state.words import is_foreign_tag


def place(registry: Registry, environment: Environment, owner: str) -> Registry:
    """The registry as this environment wants it; raises `Invalid` with everything that is still open.

    Datasets stay as they are: they name groups as specs do, without the environment's prefix.
    """
    faults = [*_unknown_groups(registry, environment), *_ignored_tags(registry, environment)]
    groups = {}
    for name, desired in registry.groups.items():
        placed = _placed(desired, environment, owner)
        groups[placed.group.name] = placed
        faults += _missing(name, placed, environment)
    if faults:
        raise Invalid(faults)
    retired = {
        environment.name_prefix + name: replace(line, name=environment.name_prefix + name)
        for name, line in registry.retired.items()
    }
    return Registry(groups, retired, registry.datasets)


def _placed(desired: Desired, environment: Environment, owner: str) -> Desired:
    group = desired.group
    here, all_groups = environment.groups.get(group.name, Overrides()), environment.defaults
    online, offline = group.online, group.offline
    if online:
        key = online.kms_key or here.online_kms_key or all_groups.online_kms_key
        online = replace(online, kms_key=key)
    if offline:
        offline = replace(
            offline,
            s3_uri=offline.s3_uri or here.s3_uri or all_groups.s3_uri,
            kms_key=offline.kms_key or here.offline_kms_key or all_groups.offline_kms_key,
        )
    placed = replace(
        group,
        name=environment.name_prefix + group.name,
        online=online,
        offline=offline,
        role_arn=group.role_arn or here.role_arn or all_groups.role_arn,
        owner=owner,
        protected=_protected(group, here, all_groups, environment),
    )
    return replace(desired, group=placed)


def _protected(group: Group, here: Overrides, all_groups: Overrides, environment: Environment) -> bool:
    for said in (group.protected, here.protected, all_groups.protected):
        if said is not None:
            return said
    return not environment.is_embedded


def _missing(name: str, placed: Desired, environment: Environment) -> Iterator[Fault]:
    source, group = placed.source, placed.group
    if len(group.name) > NAME_LENGTH:
        yield Fault(
            source.file,
            source.line_of("name"),
            name,
            "name",
            repr(group.name),
            f"With the prefix of {environment.name} it is longer than {NAME_LENGTH} characters.",
            "Shorten the name, or the environment's name_prefix.",
        )
    if group.offline is None:
        return
    needed = {"s3_uri": group.offline.s3_uri, "role_arn": group.role_arn}
    for field in (field for field, value in needed.items() if value is None):
        yield Fault(
            source.file,
            source.line_of("offline"),
            name,
            field,
            "",
            f"The offline store needs it, and neither the spec nor {environment.name} says it.",
            f"Add {field} to [tool.reconciler.environments.{environment.name}] in {FILE}.",
        )


def _ignored_tags(registry: Registry, environment: Environment) -> Iterator[Fault]:
    """A tag that a spec wants and the environment does not look at would be set anew by every apply."""
    for name, desired in registry.groups.items():
        for key in (key for key in desired.group.tags if is_foreign_tag(key, environment.ignore_tags)):
            yield Fault(
                desired.source.file,
                desired.source.line_of("tags"),
                name,
                "tags",
                repr(key),
                f"The environment {environment.name} ignores this tag.",
                f"Take it out of the spec, or out of ignore_tags in {FILE}.",
            )


def _unknown_groups(registry: Registry, environment: Environment) -> Iterator[Fault]:
    for name in environment.groups.keys() - registry.groups.keys() - registry.retired.keys():
        yield Fault(
            FILE,
            0,
            f"tool.reconciler.environments.{environment.name}.groups",
            name,
            "",
            "The registry has no such group.",
            "Correct the name, or remove the table.",
        )
