"""`reconciler init`, through the installed command, in folders as users have them."""

import re
import tomllib
from importlib.metadata import version

import pytest
import yaml

from reconciler.config import read_config

EVERYTHING = [
    ".github/workflows/reconciler-apply.yml",
    ".github/workflows/reconciler-plan.yml",
    ".gitignore",
    "pyproject.toml",
    "registry/__init__.py",
    "registry/customers.py",
]


def settings(folder):
    return tomllib.loads(folder.read("pyproject.toml"))["tool"]["reconciler"]


def test_a_fresh_repository_can_validate_plan_and_apply_at_once(repository):
    repository.init()

    assert repository.files == EVERYTHING
    assert repository.run("validate")[:2] == (0, "registry/ is valid: 1 feature group with 4 features.\n")
    code, plan, _ = repository.run("plan")
    assert code == 0
    assert "+ customer-orders" in plan
    assert repository.run("apply", "--yes")[0] == 0
    assert "Nothing to do" in repository.run("plan")[1]


def test_it_says_what_it_wrote_and_the_three_commands_that_follow(repository):
    said = repository.init()

    assert [line.split()[-1] for line in said.splitlines() if line.startswith("wrote")] == [
        "pyproject.toml",
        "registry/__init__.py",
        "registry/customers.py",
        ".gitignore",
        ".github/workflows/reconciler-plan.yml",
        ".github/workflows/reconciler-apply.yml",
    ]
    assert re.findall(r"^  (reconciler \w+)", said, re.MULTILINE) == [
        "reconciler validate",
        "reconciler plan",
        "reconciler apply",
    ]


def test_run_again_it_keeps_everything(repository):
    repository.init()
    before = {file: repository.read(file) for file in repository.files}

    said = repository.init()

    assert {file: repository.read(file) for file in repository.files} == before
    assert "wrote" not in said
    assert said.count("kept") == len(EVERYTHING)


def test_a_file_that_is_gone_comes_back_when_it_is_run_again(repository):
    repository.init()
    (repository.path / ".github/workflows/reconciler-plan.yml").unlink()

    said = repository.init()

    assert repository.files == EVERYTHING
    assert said.count("wrote") == 1


def test_files_of_the_user_are_kept_as_they_are(repository):
    repository.write(".github/workflows/reconciler-plan.yml", "mine")
    repository.write("registry/__init__.py", "# mine\n")
    repository.write("registry/orders.py", "# mine too\n")

    said = repository.init()

    assert repository.read(".github/workflows/reconciler-plan.yml") == "mine"
    assert repository.read("registry/__init__.py") == "# mine\n"
    assert "registry/customers.py" not in repository.files
    assert "kept      .github/workflows/reconciler-plan.yml  (it exists)" in said


@pytest.mark.parametrize("end", ["\n", "", "\r\n", "\n\n\n"])
def test_pyproject_is_added_to_at_its_end_and_nothing_before_it_changes(repository, end):
    line_end = "\r\n" if end == "\r\n" else "\n"
    before = f'[project]{line_end}name = "flights"  # ours{end}'
    repository.write("pyproject.toml", before)

    said = repository.init()

    after = repository.read("pyproject.toml")
    assert after.startswith(before)
    assert settings(repository)["name"] == "acme/flights"
    assert tomllib.loads(after)["project"] == {"name": "flights"}
    assert after.count("\r\n") == (after.count("\n") if line_end == "\r\n" else 0)
    assert "added to  pyproject.toml" in said


def test_a_configuration_that_is_there_is_kept_and_its_folder_is_used(repository):
    repository.write("pyproject.toml", '[tool.reconciler]\nname = "acme/other"\nregistry = "features"\n')

    said = repository.init("--name", "acme/third")

    assert settings(repository) == {"name": "acme/other", "registry": "features"}
    assert "features/customers.py" in repository.files
    assert '"features/**"' in repository.read(".github/workflows/reconciler-apply.yml")
    assert "kept      pyproject.toml  (it has [tool.reconciler], named acme/other)" in said


@pytest.mark.parametrize("text", ["[project\n", "tool = { ruff = { line-length = 120 } }\n", "\ufeff[project]\n"])
def test_a_pyproject_that_cannot_be_added_to_is_refused_before_anything_is_written(repository, text):
    repository.write("pyproject.toml", text)

    code, _, said = repository.run("init")

    assert code == 1
    assert "pyproject.toml" in said
    assert "Mend it" in said or "Add these lines" in said
    assert repository.files == ["pyproject.toml"]
    assert repository.read("pyproject.toml") == text


@pytest.mark.parametrize("there", [".reconciler/\n", "/.reconciler\n", "x\n.reconciler/\n"])
def test_gitignore_is_left_alone_where_it_has_the_line(repository, there):
    repository.write(".gitignore", there)

    repository.init()

    assert repository.read(".gitignore") == there


def test_gitignore_gets_one_line_more(repository):
    repository.write(".gitignore", "*.pyc")

    repository.init()

    assert repository.read(".gitignore") == "*.pyc\n.reconciler/\n"


def test_without_a_remote_and_a_terminal_a_name_must_be_given(folder):
    code, _, said = folder.run("init")

    assert code == 1
    assert "--name owner/repository" in said
    assert folder.files == []


def test_on_a_terminal_the_name_is_asked_for(folder):
    said = folder.init(typed="acme/flights\n")

    assert settings(folder)["name"] == "acme/flights"
    assert "wrote" in said


def test_a_name_that_is_given_wins_over_the_remote(repository):
    repository.init("--name", "acme/features")

    assert settings(repository)["name"] == "acme/features"


@pytest.mark.parametrize("name", ["two words", "-x", "a" * 121, 'x"\ny = 1'])
def test_a_name_that_no_tag_can_carry_is_refused(folder, name):
    code, _, said = folder.run("init", f"--name={name}")

    assert code == 1
    assert "owner/repository" in said
    assert folder.files == []


def test_a_folder_inside_a_repository_is_no_place_for_workflows(repository):
    (repository.path / "inner").mkdir()

    code, _, said = repository.run("init", within="inner")

    assert code == 1
    assert str(repository.path) in said
    assert "--no-workflows" in said


def test_without_workflows_a_folder_inside_a_repository_will_do(repository):
    (repository.path / "inner").mkdir()

    repository.init("--no-workflows", within="inner")

    assert repository.files == [f"inner/{file}" for file in EVERYTHING if not file.startswith(".github")]


def test_the_commented_environment_is_one_once_it_is_filled_in(repository):
    repository.init()
    text = repository.read("pyproject.toml")
    commented = text[text.index("# [tool.reconciler.environments.prod]") :]
    repository.write("pyproject.toml", text.replace(commented, re.sub("^# ", "", commented, flags=re.MULTILINE)))

    config = read_config(repository.path)

    assert config.environment("prod").account == "123456789012"
    assert config.has_real_environment


def test_the_workflows_install_this_version_and_apply_the_registry_on_main(repository):
    repository.init()

    apply = yaml.load(repository.read(".github/workflows/reconciler-apply.yml"), yaml.BaseLoader)
    plan = repository.read(".github/workflows/reconciler-plan.yml")
    assert apply["on"]["push"] == {"branches": ["main"], "paths": ["registry/**", "pyproject.toml"]}
    assert plan.count(f'"reconciler=={version("reconciler")}"') == 2
    assert not re.search("@[A-Z]", plan + repository.read(".github/workflows/reconciler-apply.yml"))


def test_the_branch_that_is_applied_is_the_remotes_default(repository):
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/next")

    repository.init()

    apply = yaml.load(repository.read(".github/workflows/reconciler-apply.yml"), yaml.BaseLoader)
    assert apply["on"]["push"]["branches"] == ["release/next"]


def test_a_repository_whose_first_branch_is_master_applies_master(folder):
    folder.git("init", "--quiet", "--initial-branch=master")

    folder.init("--name", "acme/flights")

    assert '["master"]' in folder.read(".github/workflows/reconciler-apply.yml")
