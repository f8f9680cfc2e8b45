"""A team's repository: a real Git remote, pull requests and merges, and the workflow runs that they start."""

import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from workflow_actions import git
from workflow_runner import Run

ROOT = Path(__file__).parents[2]
NAME, FORK = "acme/flights", "stranger/flights"
ROLES = {
    "RECONCILER_PLAN_ROLE": "arn:aws:iam::123456789012:role/plan",
    "RECONCILER_APPLY_ROLE": "arn:aws:iam::123456789012:role/apply",
}
NUMBER = 7
SPEC = "registry/customers.py"
RECONCILER = Path(sys.executable).with_name("reconciler")

both = pytest.mark.parametrize("workflows", ["ours", "scaffold"], indirect=True)
"""A test that the workflows of this repository pass, and those that `reconciler init` writes."""


def empty(server):
    """An account in which nothing has happened."""
    server.ask("POST", "reset")
    server.ask("DELETE", "faults")
    server.ask("DELETE", "calls")


def begin(folder, endpoint):
    """What a team has after `reconciler init`, with an environment to plan for."""
    folder.mkdir()
    _reconciler(folder, "init", "--name", NAME)
    with (folder / "pyproject.toml").open("a") as file:
        file.write(f'\n[tool.reconciler.environments.prod]\nendpoint = "{endpoint}"\n')


def _reconciler(folder, *words):
    subprocess.run([RECONCILER, *words], cwd=folder, check=True, capture_output=True)


class Project:
    """`workflows` is "ours", as this repository ships them, or "scaffold", as `reconciler init` writes them."""

    def __init__(self, folder, begun, workflows, comments):
        self.folder, self.comments = folder, comments
        self.remote, self.work = folder / "remote.git", folder / "work"
        self.vars = dict(ROLES)
        self.runs = count(1)
        prefix = "reconciler-" if workflows == "scaffold" else ""
        self.files = {name: f".github/workflows/{prefix}{name}.yml" for name in ("plan", "apply")}
        shutil.copytree(begun, self.work)
        if workflows == "ours":
            shutil.rmtree(self.work / ".github")
            shutil.copytree(ROOT / ".github", self.work / ".github")
        git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        git(self.work, "init", "--quiet", "--initial-branch=main")
        self._push("main")

    def make_live(self):
        """What an earlier merge did."""
        _reconciler(self.work, "apply", "--env", "prod", "--yes")

    def read(self, path=SPEC):
        return (self.work / path).read_text()

    def pull_request(self, files, branch="feature"):
        """Commit to a branch and push it, as one does before and during a review."""
        if branch in git(self.work, "branch", "--format=%(refname:short)").split():
            git(self.work, "checkout", "--quiet", branch)
        else:
            git(self.work, "checkout", "--quiet", "-b", branch, "main")
        for path, text in files.items():
            (self.work / path).write_text(text)
        self._push(branch)

    def merge(self, branch="feature"):
        git(self.work, "checkout", "--quiet", "main")
        git(self.work, "merge", "--quiet", "--no-ff", "--no-edit", branch)
        self._push("main")

    def plan(self, branch="feature", *, of=NAME):
        """The run that a push to the pull request of this branch starts; `of` is the repository it comes from."""
        git(self.work, "checkout", "--quiet", "--detach", "main")
        git(self.work, "merge", "--quiet", "--no-ff", "--no-edit", branch)
        merged = f"refs/pull/{NUMBER}/merge"
        git(self.work, "push", "--quiet", "--force", str(self.remote), f"HEAD:{merged}")
        head = {"sha": git(self.work, "rev-parse", branch), "repo": {"full_name": of}}
        event = {"pull_request": {"number": NUMBER, "head": head}}
        return self._run("plan", "pull_request", merged, event)

    def apply(self):
        """The run that a push to main starts."""
        return self._run("apply", "push", "refs/heads/main", {})

    def again(self, run):
        """Re-run all jobs: the same event and the same commit, later."""
        folder = run.folder.with_name(f"{run.folder.name}-again")
        return Run(folder, self.remote, run.github, self.vars).carry_out(self.files["apply"])

    def _push(self, branch):
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", "A change")
        git(self.work, "push", "--quiet", str(self.remote), f"HEAD:refs/heads/{branch}")

    def _run(self, workflow, event_name, ref, event):
        number = next(self.runs)
        github = {
            "event_name": event_name,
            "ref": ref,
            "ref_name": ref.removeprefix("refs/").partition("/")[2],
            "sha": git(self.remote, "rev-parse", ref),
            "repository": NAME,
            "run_id": number,
            "server_url": "https://github.example",
            "api_url": self.comments.url,
            "event": event | {"repository": {"default_branch": "main"}},
        }
        run = Run(self.folder / f"run-{number}", self.remote, github, self.vars)
        return run.carry_out(self.files[workflow])
