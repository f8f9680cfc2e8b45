"""What is too much at once does not become less in portions: groups named on the command line, and the brakes."""

import pytest
from builders import a_group, a_registry, a_retirement, actions, codes, planned, with_online
from project import SPEC

from reconciler.rules.brakes import Limits

LIVE = [a_group(f"g{n}") for n in range(20)]
RETIRED = a_registry(LIVE[0], *[a_retirement(group.name) for group in LIVE[1:]])
LIMITS = Limits(0.25, 0.5, 10, "test")


@pytest.mark.parametrize("only", [None, {"g1"}, {"g0", "g7"}])
def test_deletes_are_counted_over_the_whole_registry_whatever_is_named(only):
    plan = planned(RETIRED, LIVE, only=only, limits=LIMITS)

    assert codes(plan) == ["FS301"]
    assert "19 of 20" in plan.refusals[0].reason


def test_every_group_is_counted_for_the_last_one_that_is_named():
    all_retired = a_registry(*[a_retirement(group.name) for group in LIVE[:3]])

    assert codes(planned(all_retired, LIVE[:3], only={"g1"}, limits=LIMITS)) == ["FS304"]


def test_a_group_that_is_not_deleted_is_not_held_up_by_those_that_are():
    wanted = a_registry(with_online(LIVE[0], ttl_s=60), *[a_retirement(group.name) for group in LIVE[1:]])

    plan = planned(wanted, LIVE, only={"g0"}, limits=LIMITS)

    assert (actions(plan), codes(plan)) == ([("g0", "update_ttl")], [])


def test_updates_may_be_made_in_portions():
    wanted = [with_online(group, ttl_s=60) for group in LIVE]

    assert codes(planned(wanted, LIVE, limits=LIMITS)) == ["FS302"]
    assert codes(planned(wanted, LIVE, only={"g1", "g2"}, limits=LIMITS)) == []


def test_the_command_line_does_not_get_past_the_brake_group_by_group(project):
    specs = [SPEC.replace("class Weather", f"class G{n}") for n in range(20)]
    project.write("registry/many.py", "\n".join(specs))
    assert project.run("apply", "--yes").returncode == 0
    retired = [f'retire("g{n}", reason="Nobody reads it.")' for n in range(1, 20)]
    project.write("registry/many.py", "\n".join([specs[0], "from reconciler.spec import retire", *retired]))

    planned, applied = project.run("plan", "g1"), project.run("apply", "g1", "--yes")

    assert (planned.returncode, applied.returncode) == (3, 3)
    assert "FS301" in planned.stdout
    assert len(project.json("list")) == 20
    assert project.run("apply", "g0", "--yes").returncode == 0
