"""Runs a workflow file: its jobs in the order of their needs, their `run` steps with bash, as GitHub's runner would.

What is not run for real is another's action (see `workflow_actions`) and `pip`, which puts `reconciler` on the PATH
instead of fetching it. A word that this runner does not know is an error: nothing in a workflow is skipped in silence.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import workflow_expressions as expressions
import yaml
from workflow_actions import STAND_INS, ActionFailed, git
from workflow_github import token_for

_WORKFLOW = {"name", "on", "permissions", "concurrency", "env", "defaults", "jobs"}
_JOB = {"name", "needs", "if", "runs-on", "timeout-minutes", "permissions", "outputs", "environment", "steps"}
_STEP = {"name", "id", "if", "uses", "with", "env", "run", "shell"}
_PINNED = re.compile(r"(?P<action>[\w.-]+/[\w.-]+)@[0-9a-f]{40}")
_TOOLS = ("bash", "curl", "git", "jq")
"""What every runner of GitHub has, and our steps use."""
_PIP = """#!/usr/bin/env bash
echo "$@ under ${{PIP_CONSTRAINT:-no constraints}}" >> {log}
ln -sf {reconciler} {bin}/reconciler
"""


def read_yaml(text):
    """A workflow as GitHub takes it: `on` is a word, and every value a text."""
    return yaml.load(text, Loader=yaml.BaseLoader)


@dataclass
class Step:
    name: str
    outcome: str
    log: str = ""
    environ: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)


@dataclass
class Run:
    """One run of a workflow: what it starts from, and what became of it."""

    folder: Path
    remote: Path
    github: dict
    vars: dict
    jobs: dict = field(default_factory=dict)

    @property
    def artifacts(self):
        return self.folder / "artifacts"

    def file(self, path):
        """A file of the commit that the workflow itself is taken from."""
        return git(self.remote, "show", f"{self.github['sha']}:{path}")

    def carry_out(self, path):
        workflow = read_yaml(self.file(path))
        _known(workflow, _WORKFLOW)
        left = dict(workflow["jobs"])
        while left:
            name = next(name for name, job in left.items() if not set(_needs(job)) & set(left))
            job = Job(self, name, workflow, left.pop(name))
            job.carry_out()
            self.jobs[name] = job
        return self

    @property
    def results(self):
        return {name: job.result for name, job in self.jobs.items()}

    @property
    def failed(self):
        return "failure" in self.results.values()


class Job:
    """One job: a workspace and an environment of its own, and the steps that ran in it."""

    def __init__(self, run, name, workflow, source):
        _known(source, _JOB)
        self.run, self.name, self.source = run, name, source
        self.permissions = source.get("permissions", workflow.get("permissions"))
        self.folder = run.folder / name
        self.workspace, self.temp, self.bin = (self.folder / part for part in ("workspace", "temp", "bin"))
        self.result, self.role, self.steps, self.outputs = "skipped", None, [], {}
        self.github = run.github | {"token": token_for(self.permissions), "workspace": str(self.workspace)}
        self.environ = {}
        self.workflow_env = workflow.get("env", {})
        self.shell = workflow.get("defaults", {}).get("run", {}).get("shell")

    @property
    def log(self):
        return "\n".join(step.log for step in self.steps)

    @property
    def summary(self):
        return _text(self.folder / "summary")

    @property
    def installed(self):
        return _text(self.folder / "pip").splitlines()

    def step(self, name):
        return next(step for step in self.steps if step.name == name)

    def carry_out(self):
        needed = {name: self.run.jobs[name] for name in _needs(self.source)}
        failed = any(job.result != "success" for job in needed.values())
        needs = {name: {"result": job.result, "outputs": job.outputs} for name, job in needed.items()}
        base = {"github": self.github, "vars": self.run.vars, "needs": needs}
        if not expressions.condition(self.source.get("if", ""), base, failed=failed):
            return
        for folder in (self.workspace, self.temp, self.bin):
            folder.mkdir(parents=True)
        self._place_pip()
        self.environ = {key: expressions.text(value, base) for key, value in self.workflow_env.items()}
        self._all_steps(self.source["steps"], base | {"runner": {"temp": str(self.temp)}}, "")
        self.result = "failure" if any(step.outcome == "failure" for step in self.steps) else "success"
        contexts = base | {"steps": {step.name: {"outputs": step.outputs} for step in self.steps}}
        outputs = self.source.get("outputs", {})
        self.outputs = {key: expressions.text(value, contexts) for key, value in outputs.items()}

    def _place_pip(self):
        script = self.bin / "pip"
        installed = Path(sys.executable).with_name("reconciler")
        script.write_text(_PIP.format(log=self.folder / "pip", reconciler=installed, bin=self.bin))
        script.chmod(0o755)

    def _all_steps(self, steps, contexts, where):
        outputs = {}
        for number, source in enumerate(steps):
            _known(source, _STEP)
            failed = any(step.outcome == "failure" for step in self.steps)
            name = source.get("id") or source.get("name") or f"{where}{source.get('uses', number)}"
            inside = contexts | {"steps": outputs, "env": self.environ}
            if not expressions.condition(source.get("if", ""), inside, failed=failed):
                self.steps.append(Step(name, "skipped"))
                continue
            step = self._one_step(source, name, inside)
            outputs[name] = {"outputs": step.outputs, "outcome": step.outcome}

    def _one_step(self, source, name, contexts):
        given = {key: expressions.text(value, contexts) for key, value in source.get("with", {}).items()}
        if "run" in source:
            step = self._bash(source, name, contexts)
        elif (pinned := _PINNED.fullmatch(source["uses"])) is not None:
            step = self._stand_in(pinned["action"], name, given)
        else:
            return self._composite(source["uses"], name, given, contexts)
        self.steps.append(step)
        return step

    def _stand_in(self, action, name, given):
        try:
            STAND_INS[action](self, given)
        except ActionFailed as failed:
            return Step(name, "failure", str(failed))
        return Step(name, "success")

    def _composite(self, uses, name, given, contexts):
        """`$/` is the commit of the workflow, `./` whatever lies in the workspace."""
        path = f"{uses[2:]}/action.yml"
        action = read_yaml(self.run.file(path) if uses.startswith("$/") else (self.workspace / path).read_text())
        assert set(given) <= set(action["inputs"])
        inputs = {key: given.get(key, about.get("default")) for key, about in action["inputs"].items()}
        inside = {key: value for key, value in contexts.items() if key not in ("needs", "vars")}
        shell, self.shell = self.shell, None
        self._all_steps(action["runs"]["steps"], inside | {"inputs": inputs}, f"{name} ")
        self.shell = shell
        return self.steps[-1]

    def _bash(self, source, name, contexts):
        assert source.get("shell", self.shell) == "bash", "a step without bash has no pipefail"
        assert "${{" not in source["run"], "text from elsewhere goes through the environment"
        commands = {kind: self.folder / kind for kind in ("env", "output", "path")}
        for file in commands.values():
            file.write_text("")
        own = {key: expressions.text(value, contexts) for key, value in source.get("env", {}).items()}
        environ = self._runner_environ(commands) | self.environ | own
        script = self.folder / "script.sh"
        script.write_text(source["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not _text(commands["env"]), "our workflows do not change the environment of later steps"
        assert not _text(commands["path"]), "nor their PATH"
        outputs = dict(line.split("=", 1) for line in _text(commands["output"]).splitlines())
        return Step(name, "failure" if done.returncode else "success", done.stdout, environ, outputs)

    def _runner_environ(self, commands):
        """Nothing of whoever runs the tests: only what a runner has."""
        names = ("repository", "ref", "ref_name", "sha", "event_name", "run_id", "server_url", "api_url")
        return {
            "PATH": os.pathsep.join([str(self.bin), *_folders_of_tools(), "/usr/bin", "/bin"]),
            "HOME": str(self.folder),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            **{f"GITHUB_{kind.upper()}": str(file) for kind, file in commands.items()},
            **{f"GITHUB_{name.upper()}": str(self.github[name]) for name in names},
        }


@cache
def _folders_of_tools():
    found = {tool: shutil.which(tool) for tool in _TOOLS}
    assert all(found.values()), f"these tests need {', '.join(tool for tool in _TOOLS if not found[tool])}"
    return tuple(dict.fromkeys(str(Path(place).parent) for place in found.values()))


def _needs(job):
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


def _known(source, words):
    assert set(source) <= words, f"this runner does not know {set(source) - words}"


def _text(file):
    return file.read_text() if file.exists() else ""
