"""What holds for every workflow, read off the files: ours, and those that `reconciler init` writes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from workflow_project import ROOT
from workflow_runner import read_yaml

TEMPLATES = ROOT / "reconciler" / "templates"
WORDS = {"VERSION": "1.2.3", "BRANCH": "main", "BRANCH_PATTERN": '"main"', "REGISTRY_PATTERN": '"registry/**"'}
ZIZMOR = Path(sys.executable).with_name("zizmor")


def filled(name):
    text = (TEMPLATES / f"reconciler-{name}.yml").read_text()
    return re.sub(r"@([A-Z_]+)@", lambda found: WORDS[found[1]], text)


def shipped(name):
    return (ROOT / ".github" / "workflows" / f"{name}.yml").read_text()


TEXTS = {f"{name}.yml": shipped(name) for name in ("ci", "plan", "apply")}
TEXTS |= {f"reconciler-{name}.yml": filled(name) for name in ("plan", "apply")}
WORKFLOWS = {name: read_yaml(text) for name, text in TEXTS.items()}
ACTION = ROOT / ".github" / "actions" / "reconciler" / "action.yml"

every_workflow = pytest.mark.parametrize("name", WORKFLOWS)
every_job = pytest.mark.parametrize(
    ("name", "job"), [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]
)


def steps_that_use(job, action):
    return [step for step in job["steps"] if step.get("uses", "").startswith(action)]


def words_of(text):
    """A file's lines without what it says about itself."""
    return [
        line.split(" #")[0].rstrip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")
    ]


@every_workflow
def test_a_workflow_grants_nothing_of_itself_and_runs_bash_with_pipefail(name):
    assert WORKFLOWS[name]["permissions"] == {}
    assert WORKFLOWS[name]["defaults"] == {"run": {"shell": "bash"}}


@every_workflow
def test_a_workflow_starts_only_on_what_gives_no_stranger_a_secret(name):
    assert set(WORKFLOWS[name]["on"]) <= {"push", "pull_request"}


@every_job
def test_a_job_says_how_long_it_may_take_and_what_each_grant_is_for(name, job):
    source = WORKFLOWS[name]["jobs"][job]

    assert 0 < int(source["timeout-minutes"]) <= 60
    assert source["permissions"]
    for grant, access in source["permissions"].items():
        assert re.search(rf"^ +{grant}: {access} # \w", TEXTS[name], re.MULTILINE)


@every_job
def test_no_job_both_checks_out_a_pull_request_and_may_ask_for_a_role(name, job):
    source = WORKFLOWS[name]["jobs"][job]
    if source["permissions"].get("id-token") != "write":
        return

    [checkout] = steps_that_use(source, "actions/checkout@")
    trusted = {"plan": "${{ github.event.repository.default_branch }}", "apply": "${{ github.ref }}"}
    assert checkout["with"]["ref"] == trusted[job]
    assert job == "plan" or set(WORKFLOWS[name]["on"]) == {"push"}
    assert not [step for step in source["steps"] if step.get("uses", "").startswith("$/") and job == "plan"]


@every_job
def test_only_one_job_of_a_workflow_may_do_each_dangerous_thing(name, job):
    dangerous = {"id-token", "pull-requests"} & set(WORKFLOWS[name]["jobs"][job]["permissions"])

    assert dangerous == {"plan": {"id-token"}, "apply": {"id-token"}, "comment": {"pull-requests"}}.get(job, set())


@every_job
def test_a_job_that_only_comments_has_no_code_of_the_repository(name, job):
    if job == "comment":
        uses = [step["uses"].split("@")[0] for step in WORKFLOWS[name]["jobs"][job]["steps"] if "uses" in step]
        assert uses == ["actions/download-artifact"]


@every_workflow
def test_jobs_need_each_other_in_one_line(name):
    needs = {job: source.get("needs") for job, source in WORKFLOWS[name]["jobs"].items()}

    expected = {"specs": None, "plan": "specs", "apply": "specs", "comment": ["specs", "plan"]}
    assert {job: expected.get(job) for job in needs} == needs


@pytest.mark.parametrize("name", ["apply.yml", "reconciler-apply.yml"])
def test_applies_wait_for_each_other_behind_an_environment(name):
    workflow = WORKFLOWS[name]

    assert "vars.RECONCILER_ENV" in workflow["concurrency"]["group"]
    assert workflow["concurrency"]["cancel-in-progress"] == "false"
    assert workflow["jobs"]["apply"]["environment"] == "${{ vars.RECONCILER_ENV || 'prod' }}"


@pytest.mark.parametrize("text", [*TEXTS.values(), ACTION.read_text()], ids=[*TEXTS, "action.yml"])
def test_every_action_is_pinned_to_a_commit_and_says_which_version_it_is(text):
    for line in re.findall(r"uses: (\S+.*)", text):
        assert re.fullmatch(r"[$.]/\.github/actions/reconciler.*|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)


@pytest.mark.parametrize("text", [*TEXTS.values(), ACTION.read_text()], ids=[*TEXTS, "action.yml"])
def test_one_action_has_one_pin_everywhere(text):
    everywhere = "\n".join([*TEXTS.values(), ACTION.read_text()])

    for action, commit in re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40})", text):
        assert set(re.findall(rf"{action}@([0-9a-f]+)", everywhere)) == {commit}


@every_job
def test_a_script_has_no_text_from_elsewhere_in_it(name, job):
    for step in WORKFLOWS[name]["jobs"][job]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_the_scaffolded_workflows_are_ours_but_for_what_installs(name):
    ours, theirs = words_of(shipped(name)), words_of(filled(name))
    installs = {"setup-python@", "python-version:", "name: Install", "pip install", "name: Validate", "with:"}
    named = {f"name: {name}", f"group: {name}-", "is not set"}
    only_theirs = [line for line in theirs if line not in ours]
    only_ours = [line for line in ours if line not in theirs]

    allowed = {*installs, f"name: reconciler {name}", f"group: reconciler-{name}-", "is not set", "branches:", "paths:"}
    assert [line for line in only_theirs if not any(word in line for word in (*allowed, "reconciler validate"))] == []
    allowed = {*named, "/.github/actions/reconciler", "command: validate", "branches:", "paths:"}
    assert [line for line in only_ours if not any(word in line for word in allowed)] == []


def zizmor(folder):
    return subprocess.run(
        [ZIZMOR, "--pedantic", "--offline", "--strict-collection", "--no-progress", "--color=never", folder],
        capture_output=True,
        text=True,
        check=False,
    )


def test_zizmor_has_nothing_to_say_about_our_workflows():
    audited = zizmor(ROOT / ".github")

    assert audited.returncode == 0, audited.stdout + audited.stderr


def test_zizmor_has_nothing_to_say_about_the_scaffolded_workflows(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name in ("plan", "apply"):
        (folder / f"reconciler-{name}.yml").write_text(filled(name))

    audited = zizmor(tmp_path)

    assert audited.returncode == 0, audited.stdout + audited.stderr


def test_every_variable_of_the_workflows_is_in_the_guide():
    guide = (ROOT / "docs" / "github.md").read_text()

    for variable in set(re.findall(r"vars\.(\w+)", "".join(TEXTS.values()))):
        assert f"`{variable}`" in guide


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_a_scaffolded_workflow_names_every_variable_it_reads(name):
    text = filled(name)

    for variable in set(re.findall(r"vars\.(\w+)", text)):
        assert re.search(rf"^#   {variable} ", text, re.MULTILINE)
