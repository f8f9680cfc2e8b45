"""`reconciler apply`: plan again, compare with what was approved, do it."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import env_option, format_option, specs_option
from reconciler.cli.output import painter, print_json, say, width
from reconciler.cli.plan import REFUSED, show
from reconciler.cli.planning import Session, open_session
from reconciler.errors import PlanStale, Usage

if TYPE_CHECKING:
    from reconciler.apply import Patience
    from reconciler.plan import Outcome, Plan
    from reconciler.plan.codec import Approved


@click.command()
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@env_option
@specs_option
@click.option(
    "--plan",
    "plans",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="An approved plan (`plan --out`); may be given several times. A run that was cut short is resumed.",
)
@click.option("--digest", metavar="SHA256", help="The digest of the approved plan. Exact: nothing may have moved.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@format_option("text", "markdown", "json")
def apply(
    groups: tuple[str, ...],
    env: str | None,
    specs: Path | None,
    plans: tuple[Path, ...],
    digest: str | None,
    output: str,
    *,
    yes: bool,
) -> int:
    """Make the live store what the registry says.

    Plans again first. With --plan or --digest it goes on only if that is what was approved; otherwise, on a
    terminal, it asks. A plan with a refusal changes nothing at all.

    \b
    Exit codes: 0 done; 1 something failed (run it again: it does the rest); 3 refused; 4 not what was approved.
    """
    if plans and digest:
        raise Usage("Give --plan or --digest, not both.")
    with open_session(env, specs, to_change=True) as session:
        found = _settled_plan(session, groups)
        if output == "text" or found.is_blocked:
            show(found, output)
        if found.is_blocked:
            return REFUSED
        _compare(found, plans, digest)
        if not found.changes:
            if output != "text":
                _report(_nothing(), output)
            return 0
        if not (yes or plans or digest) and not _confirmed(found, output):
            say("Nothing was changed.")
            return 1
        outcome = _carry_out(found, session)
    _report(outcome, output)
    return 0 if outcome.is_complete else 1


def _settled_plan(session: Session, groups: Collection[str]) -> Plan:
    """The plan, once AWS is not at work on any of its groups."""
    from reconciler.apply import wait_until_settled  # noqa: PLC0415

    live = session.read()
    chosen = session.named(groups, live)
    moving = sorted(name for name, group in live.items() if group.is_moving and (chosen is None or name in chosen))
    if moving:
        say(f"Waiting until AWS has finished with {', '.join(moving)} ...")
        wait_until_settled(moving, session.store, _patience(session))
        live = session.read_again()
    return session.plan(live, groups)


def _patience(session: Session) -> Patience:
    from reconciler.apply import Patience  # noqa: PLC0415

    seconds = session.environment.wait_minutes * 60
    return Patience.local(seconds) if session.environment.is_local else Patience(seconds)


def _compare(found: Plan, plans: tuple[Path, ...], digest: str | None) -> None:
    from reconciler.plan.approval import moved_from_digest, moved_from_plans  # noqa: PLC0415

    moved = moved_from_digest(found, digest) if digest else []
    if plans:
        moved = moved_from_plans(found, [_approved(path) for path in plans])
    if moved:
        raise PlanStale(moved)


def _approved(path: Path) -> Approved:
    from reconciler.plan.codec import approved_from_json  # noqa: PLC0415

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Usage(f"The plan {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Usage(f"{path} is not JSON: write a plan with `reconciler plan --out FILE`.") from None
    return approved_from_json(document, str(path))


def _confirmed(found: Plan, output: str) -> bool:
    if not sys.stdin.isatty():
        raise Usage("There is no terminal to ask on: give --yes, or what was approved with --plan or --digest.")
    if output != "text":
        from reconciler.render.text import as_text  # noqa: PLC0415

        # Nobody is asked about a plan that was not shown; stdout is for the outcome then.
        click.echo(as_text(found, painter(sys.stderr), width()), nl=False, err=True)
    say()
    return click.confirm(f"Apply this to {found.environment}?", default=False, err=True)


def _carry_out(found: Plan, session: Session) -> Outcome:
    from reconciler.apply import apply as carry_out  # noqa: PLC0415
    from reconciler.cli.progress import shown  # noqa: PLC0415

    with shown(found) as tell:
        return carry_out(found, session.store, session.owner, _patience(session), tell)


def _nothing() -> Outcome:
    from reconciler.plan import Outcome  # noqa: PLC0415

    return Outcome((), (), ())


def _report(outcome: Outcome, output: str) -> None:
    from reconciler.render import outcome as render  # noqa: PLC0415

    match output:
        case "json":
            print_json(render.as_json(outcome))
        case "markdown":
            click.echo(render.as_markdown(outcome), nl=False)
        case _:
            click.echo(render.as_text(outcome, painter(sys.stdout)), nl=False)
