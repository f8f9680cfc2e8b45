"""`reconciler plan`: what apply would do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from reconciler.cli.options import annotations_option, env_option, format_option, specs_option
from reconciler.cli.output import annotate, painter, print_json, width, write_file
from reconciler.cli.planning import open_session
from reconciler.plan import Plan

CHANGES, REFUSED = 2, 3


@click.command()
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@env_option
@specs_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the plan as JSON, to be approved and given to `apply --plan`.",
)
@format_option("text", "markdown", "json")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes and nothing is refused.")
@annotations_option
def plan(
    groups: tuple[str, ...],
    env: str | None,
    specs: Path | None,
    out: Path | None,
    output: str,
    *,
    detailed_exitcode: bool,
    annotations: bool,
) -> int:
    """Show what apply would do to the live store. Changes nothing.

    With GROUPs only those are looked at. Exits with 3 where anything is refused.

    \b
    Examples:
      reconciler plan
      reconciler plan weather --env prod
      reconciler plan --format json | jq .changes
    """
    with open_session(env, specs) as session:
        found = session.plan(session.read(), groups)
    show(found, output)
    if out or annotations:
        from reconciler.plan.codec import plan_as_json  # noqa: PLC0415
        from reconciler.render.annotations import of_plan  # noqa: PLC0415

        if out:
            write_file(out, json.dumps(plan_as_json(found), indent=2, ensure_ascii=False) + "\n")
        if annotations:
            annotate(of_plan(found))
    if found.is_blocked:
        return REFUSED
    return CHANGES if detailed_exitcode and found.changes else 0


def show(found: Plan, output: str) -> None:
    """Print a plan in one of its formats."""
    match output:
        case "json":
            from reconciler.plan.codec import plan_as_json  # noqa: PLC0415

            print_json(plan_as_json(found))
        case "markdown":
            from reconciler.render.markdown import as_markdown  # noqa: PLC0415

            click.echo(as_markdown(found), nl=False)
        case _:
            from reconciler.render.text import as_text  # noqa: PLC0415

            click.echo(as_text(found, painter(sys.stdout), width()), nl=False)
