"""Stand-ins for the actions of others that our workflows use: what they do, as far as it is asked of them here."""

import os
import shutil
import subprocess
from pathlib import Path


class ActionFailed(Exception):
    """The step fails; the text is its log."""


def git(folder, *words):
    """Run git in a folder, away from the settings of whoever runs the tests."""
    ours = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}
    who = {f"GIT_{role}_{part}": "a@b.example" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    path = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = ["git", "-C", str(folder), *words]
    done = subprocess.run(command, env=ours | who | path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def checkout(job, given):
    _known(given, "ref", "persist-credentials")
    assert given["persist-credentials"] == "false", "the token must not stay in .git/config"
    if job.permissions.get("contents") not in ("read", "write"):
        raise ActionFailed("the token may not read the repository")
    ref = given.get("ref") or job.run.github["ref"]
    git(job.workspace, "init", "--quiet")
    git(job.workspace, "fetch", "--quiet", str(job.run.remote), ref)
    git(job.workspace, "checkout", "--quiet", "--force", "FETCH_HEAD")


def setup_python(job, given):
    """The Python of the tests is there already; so is `pip`, which see in the runner."""
    _known(given, "python-version")
    assert given["python-version"].startswith("3.")


def upload_artifact(job, given):
    _known(given, "name", "path", "if-no-files-found", "overwrite", "retention-days")
    found = job.workspace / given["path"]
    if not found.exists():
        raise ActionFailed(f"no file at {given['path']}")
    kept = job.run.artifacts / given["name"]
    if kept.exists() and given.get("overwrite") != "true":
        raise ActionFailed("an artifact of this name already exists")
    shutil.rmtree(kept, ignore_errors=True)
    if found.is_dir():
        shutil.copytree(found, kept)
    else:
        kept.mkdir(parents=True)
        shutil.copy(found, kept)


def download_artifact(job, given):
    _known(given, "name", "path")
    kept = job.run.artifacts / given["name"]
    if not kept.exists():
        raise ActionFailed(f"there is no artifact {given['name']}")
    shutil.copytree(kept, Path(given["path"]), dirs_exist_ok=True)


def configure_aws_credentials(job, given):
    _known(given, "role-to-assume", "role-session-name", "aws-region")
    if job.permissions.get("id-token") != "write":
        raise ActionFailed("Credentials could not be loaded: did you mean to set id-token: write?")
    if not given["role-to-assume"].startswith("arn:aws:iam::") or given["role-to-assume"].endswith("/missing"):
        raise ActionFailed("Not authorized to perform sts:AssumeRoleWithWebIdentity")
    job.role = given["role-to-assume"]
    secrets = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    job.environ |= dict.fromkeys(secrets, f"of {job.role}") | {"AWS_REGION": given["aws-region"]}


def _known(given, *words):
    assert set(given) <= set(words), f"this stand-in does not know {set(given) - set(words)}"


STAND_INS = {
    "actions/checkout": checkout,
    "actions/setup-python": setup_python,
    "actions/upload-artifact": upload_artifact,
    "actions/download-artifact": download_artifact,
    "aws-actions/configure-aws-credentials": configure_aws_credentials,
}
