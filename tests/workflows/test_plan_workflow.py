"""A pull request, from the push to what its reviewer sees: the real workflow files on a real store."""

import json

import pytest
from workflow_github import BOT, Comments, serving
from workflow_project import FORK, NAME, NUMBER, ROLES, SPEC, Project, both, empty

READS = {"Search", "DescribeFeatureGroup", "DescribeFeatureMetadata", "ListTags", "ListFeatureGroups"}
MARKER = "<!-- reconciler plan: prod -->"


@pytest.fixture(scope="session")
def reviewed(begun, server, tmp_path_factory):
    """A run for a pull request that adds a feature, and the calls it made; tests only look at it."""
    empty(server)
    with serving(Comments(NAME, NUMBER)) as comments:
        project = Project(tmp_path_factory.mktemp("reviewed"), begun, "ours", comments)
        project.make_live()
        project.pull_request(another_feature(project))
        server.ask("DELETE", "calls")
        run = project.plan()
        return run, set(server.ask("GET", "calls")["counts"])


def another_feature(project, name="orders_90d"):
    return {SPEC: project.read() + f"    {name}: int | None = None\n"}


def another_type(project):
    return {SPEC: project.read().replace("orders_30d: int", "orders_30d: float")}


@both
def test_a_pull_request_shows_its_plan_in_the_summary_and_in_one_comment(live, comments):
    live.pull_request(another_feature(live))

    run = live.plan()

    assert run.results == {"specs": "success", "plan": "success", "comment": "success"}
    assert "## Ready to apply" in run.jobs["plan"].summary
    assert "orders\\_90d" in run.jobs["plan"].summary
    [comment] = comments.ours
    assert comment.startswith(MARKER)
    assert run.jobs["plan"].summary in comment
    assert live.comments.asked[-1][0] == "POST"


def test_the_plan_is_kept_with_its_digest(reviewed):
    run, _ = reviewed

    plan = json.loads((run.artifacts / "reconciler-plan" / "plan.json").read_text())
    assert plan["environment"] == "prod"
    assert run.jobs["plan"].outputs == {"code": "2", "digest": plan["digest"]}


def test_another_push_changes_the_same_comment(live, comments):
    live.pull_request(another_feature(live))
    live.plan()
    [first] = comments.all
    before = first["body"]
    live.pull_request(another_feature(live, "orders_365d"))

    live.plan()

    [second] = comments.all
    assert second["id"] == first["id"]
    assert "orders\\_365d" in second["body"]
    assert "orders\\_365d" not in before


def test_a_plan_changes_nothing(reviewed):
    _, calls = reviewed

    assert calls
    assert calls <= READS


@both
def test_a_refusal_fails_the_check_after_everything_was_shown(live, comments):
    live.pull_request(another_type(live))

    run = live.plan()

    assert run.results == {"specs": "success", "plan": "failure", "comment": "success"}
    assert run.jobs["plan"].step("Verdict").outcome == "failure"
    assert "## Blocked: 1 refusal (FS102)" in run.jobs["plan"].summary
    assert "::error file=registry/customers.py,line=20,title=FS102 refused::" in run.jobs["plan"].log
    assert (run.artifacts / "reconciler-plan" / "plan.json").exists()
    [comment] = comments.ours
    assert "## Blocked: 1 refusal (FS102)" in comment
    assert "Way out:" in comment


@both
def test_a_fork_gets_its_specs_checked_and_no_more(live, comments):
    live.pull_request(another_feature(live))

    run = live.plan(of=FORK)

    assert run.results == {"specs": "success", "plan": "skipped", "comment": "skipped"}
    assert "from a fork" in run.jobs["specs"].summary
    assert comments.asked == []


def test_without_a_role_only_the_specs_are_read_and_that_is_said(project, comments):
    project.vars.clear()
    project.pull_request(another_feature(project))

    run = project.plan()

    assert run.results == {"specs": "success", "plan": "skipped", "comment": "skipped"}
    assert "RECONCILER_PLAN_ROLE is not set" in run.jobs["specs"].summary
    assert "::notice" in run.jobs["specs"].log
    assert comments.asked == []


@both
def test_a_spec_at_fault_fails_with_its_line_and_the_comment_says_there_is_no_plan(live, comments):
    live.pull_request({SPEC: live.read().replace('record_id="customer_id"', 'record_id="customer"')})

    run = live.plan()

    assert run.results == {"specs": "failure", "plan": "skipped", "comment": "success"}
    assert f"::error file={SPEC},line=" in run.jobs["specs"].log
    [comment] = comments.ours
    assert "## No plan" in comment


def test_no_job_but_plan_has_a_role(reviewed):
    run, _ = reviewed

    seen = {name: {key for s in job.steps for key in s.environ if "AWS" in key} for name, job in run.jobs.items()}
    assert seen["specs"] == set()
    assert seen["comment"] == set()
    assert "AWS_SESSION_TOKEN" in seen["plan"]
    assert run.jobs["plan"].role == ROLES["RECONCILER_PLAN_ROLE"]


def test_what_the_pull_request_says_of_environments_does_not_count(live, comments):
    elsewhere = live.read("pyproject.toml").replace("http://127.0.0.1", "http://127.0.0.2")
    live.pull_request(another_feature(live) | {"pyproject.toml": elsewhere})

    run = live.plan()

    assert not run.failed
    assert "## Ready to apply" in comments.ours[0]


def test_the_job_with_the_role_does_not_run_the_pull_requests_action(live):
    file = ".github/actions/reconciler/action.yml"
    evil = live.read(file).replace("pip install --quiet .", "pip install --quiet . && echo taken over")
    live.pull_request({file: evil})

    run = live.plan()

    assert "taken over" in run.jobs["specs"].log
    assert "taken over" not in run.jobs["plan"].log


def test_nothing_to_change_is_no_reason_to_speak(live, comments):
    live.pull_request({"README.md": "# Flights\n"})

    run = live.plan()

    assert not run.failed
    assert "Nothing to change" in run.jobs["plan"].summary
    assert comments.all == []


def test_a_comment_does_not_stay_when_there_is_nothing_left_to_change(live, comments):
    before = live.read()
    live.pull_request(another_feature(live))
    live.plan()
    live.pull_request({SPEC: before})

    live.plan()

    [comment] = comments.ours
    assert "## Nothing to change" in comment


def test_our_comment_is_found_behind_two_pages_and_another_ones_marker(live, comments):
    for number in range(230):
        comments.say("reviewer", f"Remark {number}")
    comments.say("stranger", f"{MARKER}\nApproved, trust me.")
    live.pull_request(another_feature(live))
    live.plan()

    live.plan()

    assert len(comments.ours) == 1
    assert comments.all[230]["body"].endswith("trust me.")


def test_an_environment_that_is_not_configured_fails_the_check_and_says_so(live, comments):
    live.vars["RECONCILER_ENV"] = "prdo"
    live.pull_request(another_feature(live))

    run = live.plan()

    assert run.results == {"specs": "success", "plan": "failure", "comment": "success"}
    assert "Did you mean 'prod'?" in run.jobs["plan"].log
    assert "## No plan" in comments.ours[0]


def test_a_role_that_cannot_be_assumed_fails_the_check_and_the_comment_says_there_is_no_plan(live, comments):
    live.vars["RECONCILER_PLAN_ROLE"] += "/missing"
    live.pull_request(another_feature(live))

    run = live.plan()

    assert run.results == {"specs": "success", "plan": "failure", "comment": "success"}
    assert "## No plan" in comments.ours[0]


def test_text_of_a_spec_is_text_wherever_it_is_shown(live, comments):
    nasty = "$(touch pwned) `touch pwned` ${{ github.token }} <!-- @everyone ::warning::x"
    text = another_feature(live)[SPEC].replace("Paid orders in the last 30 days.", nasty)
    live.pull_request({SPEC: text})

    run = live.plan()

    assert not run.failed
    assert list(run.folder.rglob("pwned")) == []
    assert "@everyone" not in comments.ours[0]
    assert comments.ours[0].count("<!--") == 1
    assert comments.all[0]["user"]["login"] == BOT
