"""`reconciler list` and `reconciler show`: the live store as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import env_option, format_option
from reconciler.cli.output import print_json
from reconciler.cli.tables import aligned
from reconciler.config import Environment, read_config
from reconciler.errors import Usage
from reconciler.render.escape import terminal

if TYPE_CHECKING:
    from reconciler.aws import FeatureStore
    from reconciler.state import Live


def _store(env: str | None) -> tuple[FeatureStore, Environment]:
    config = read_config()
    environment = config.environment(env)
    from reconciler.aws import FeatureStore, check_account  # noqa: PLC0415

    check_account(environment, config.root)
    return FeatureStore(environment, config.root), environment


@click.command("list")
@env_option
@format_option("text", "json")
def list_groups(env: str | None, output: str) -> None:
    """List the live feature groups: owner, health, stores, features."""
    from reconciler.live import Reader  # noqa: PLC0415

    store, environment = _store(env)
    with closing(Reader(store, environment.ignore_tags)) as reader:
        live = reader.read_all()
    if output == "json":
        print_json([_as_json(live[name]) for name in sorted(live)])
        return
    if not live:
        click.echo(f"{environment.name} has no feature groups.")
        return
    rows = [_row(live[name]) for name in sorted(live)]
    click.echo(aligned(("GROUP", "STATUS", "OWNER", "STORES", "FEATURES"), rows))


def _row(live: Live) -> tuple[str, ...]:
    from reconciler.render.phrases import stores  # noqa: PLC0415

    group = live.group
    return (group.name, live.health.status, group.owner or "-", stores(group), str(len(group.features)))


@click.command()
@click.argument("group")
@env_option
@format_option("text", "json")
def show(group: str, env: str | None, output: str) -> None:
    """Show one live feature group whole.

    Its state, owner, health and sizes, and every feature with its type and metadata.
    """
    from reconciler.live import read_whole  # noqa: PLC0415

    store, environment = _store(env)
    live = read_whole(store, group)
    if live is None and environment.name_prefix:
        live = read_whole(store, environment.name_prefix + group)
    if live is None:
        raise Usage(f"{environment.name} has no feature group {group!r}. `reconciler list` shows those it has.")
    if output == "json":
        print_json(_as_json(live))
        return
    for label, value in _facts(live):
        click.echo(f"{label + ':':<20}{terminal(value)}")
    click.echo("features:")
    click.echo(aligned(("  NAME", "TYPE", "ABOUT"), [_feature_row(f) for f in live.group.features]))


def _feature_row(feature: Any) -> tuple[str, str, str]:
    from reconciler.render.phrases import kind  # noqa: PLC0415

    parameters = ", ".join(f"{k}={v}" for k, v in sorted(feature.parameters.items()))
    about = f"{feature.about} ({parameters})" if feature.about and parameters else feature.about or parameters
    return f"  {feature.name}", kind(feature), about


def _facts(live: Live) -> Iterator[tuple[str, str]]:
    from reconciler.render import phrases  # noqa: PLC0415

    group, health = live.group, live.health
    yield "group", group.name
    yield "status", health.status + (f": {health.failure}" if health.failure else "")
    if health.update_status:
        yield "last update", health.update_status + (f": {health.update_failure}" if health.update_failure else "")
    yield "owner", group.owner or "nobody (no reconciler:registry tag)"
    yield "protected", "yes" if group.protected else "no"
    yield "description", group.description or "-"
    yield "record identifier", group.record_id
    yield "event time", group.event_time
    yield "stores", phrases.stores(group)
    yield "throughput", phrases.throughput(group.throughput)
    if health.online_bytes is not None:
        yield "online size", f"{health.online_bytes:,} bytes"
    if group.offline:
        state = health.offline_status + (f": {health.blocked_reason}" if health.blocked_reason else "")
        yield "offline store", state or "-"
        yield "offline data", live.data_uri or "-"
        yield "table", f"{live.table.database}.{live.table.table}" if live.table else "-"
    yield "role", group.role_arn or "-"
    yield "tags", ", ".join(f"{k}={v}" for k, v in sorted(group.tags.items())) or "-"
    yield "created", datetime.fromtimestamp(live.created_at, UTC).isoformat(timespec="seconds")
    yield "arn", live.arn


def _as_json(live: Live) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415

    from reconciler.state.codec import group_as_json  # noqa: PLC0415

    return {
        "group": group_as_json(live.group),
        "arn": live.arn,
        "health": asdict(live.health),
        "created_at": live.created_at,
        "data_uri": live.data_uri,
        "table": asdict(live.table) if live.table else None,
    }
