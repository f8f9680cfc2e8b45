"""Nothing that a user can write is missing from the documentation, and nothing in it has gone from the program."""

import ast
import inspect
import re
import shlex
import tomllib

import click
import pytest
from docs_commands import PAGE, commands, help_shown, misused
from docs_pages import HOME, blocks, pages, prose_of, rows, sections, text_of

from reconciler import spec
from reconciler.config import AthenaSettings, Brakes, Config, Environment, Overrides, read_config
from reconciler.emulator import admin, assumptions, faults
from reconciler.emulator.operations import NAMES, service
from reconciler.errors import Invalid
from reconciler.plan.codec import plan_as_json
from reconciler.plan.plan import Plan
from reconciler.state import limits

_COMMANDS = commands()


def _first_cells(page):
    return {name for row in rows(prose_of(page)) for name in re.findall(r"`([^`]+)`", row[0])}


# The command line


@pytest.mark.parametrize("name", _COMMANDS)
def test_a_command_is_shown_with_its_help(name):
    section = sections(PAGE, 2)[f"`{name}`"]

    assert section.partition("```text\n")[2].partition("\n```")[0] == help_shown(name)


def test_no_command_is_shown_that_is_not_there():
    shown = [title.strip("`") for title in sections(PAGE, 2)]

    assert sorted(shown) == sorted(_COMMANDS)


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_option_of_a_command_is_on_the_page_of_commands(name):
    section = sections(PAGE, 2)[f"`{name}`"]
    options = [option.opts[-1] for option in _COMMANDS[name].params if isinstance(option, click.Option)]

    assert [option for option in options if option not in section] == []


def _command_lines():
    for block in blocks("sh", "console"):
        for line in block.text.splitlines():
            found = re.search(r"(?:^|\$ |^\w+=\S+ )(reconciler .+)", line)
            if found and "_COMPLETE" not in line:
                yield f"{block}: {found[1]}", re.split(r"[|>&]", found[1])[0]
    for page in pages():
        for words in re.findall(r"`(reconciler [^`]+)`", prose_of(page)):
            yield f"{page}: {words}", words


_ABSENT = re.compile(r"^- .*$", re.MULTILINE)


def _not_here_yet():
    listed = sections("README.md", 2)["Not here yet"]
    return [name for item in _ABSENT.findall(listed) for name in re.findall(r"`reconciler (\w+)`", item)]


@pytest.mark.parametrize("line", [pytest.param(words, id=where) for where, words in _command_lines()])
def test_a_command_line_in_the_documentation_is_one_the_program_takes(line):
    words = shlex.split(line)[1:]
    if words[0] in _not_here_yet():
        return

    assert misused([word.replace("FILE", "file.json") for word in words]) in (
        "",
        "Missing argument 'GROUP'.",
        "Missing argument 'COMMAND...'.",
        "Missing argument 'REPORT'.",
        "Missing argument 'NAME'.",
    )


def test_what_the_readme_says_is_not_here_is_not_here():
    absent = _not_here_yet()

    assert absent
    assert [name for name in absent if f"reconciler {name}" in _COMMANDS] == []


# Specs


def test_every_word_of_specs_is_on_the_page_of_specs():
    text = prose_of("docs/specs.md")

    assert [word for word in spec.__all__ if f"`{word}`" not in text and f"`{word}(" not in text] == []


@pytest.mark.parametrize(
    "word", [spec.feature_group, spec.feature, spec.Online, spec.Offline, spec.Dataset, spec.using]
)
def test_every_keyword_of_a_word_has_a_row(word):
    given = inspect.signature(word).parameters.values()
    keywords = {keyword.name for keyword in given if keyword.kind is keyword.KEYWORD_ONLY}

    assert keywords - _first_cells("docs/specs.md") == set()


@pytest.mark.parametrize(
    ("what", "numbers"),
    [
        ("name of a group or feature", [limits.NAME_LENGTH]),
        ("features of a group", [limits.FEATURES]),
        ("description of a group", [limits.DESCRIPTION_LENGTH]),
        ("`about` of a feature", [limits.ABOUT_LENGTH]),
        ("parameters of a feature", [limits.PARAMETERS, limits.PARAMETER_LENGTH]),
        ("tags", [limits.TAGS - 2, limits.TAGS]),
        ("tag key, tag value", [limits.TAG_KEY_LENGTH, limits.TAG_VALUE_LENGTH]),
        ("dimension of a vector", [limits.VECTOR_DIMENSION]),
        ("provisioned units", [limits.CAPACITY_UNITS]),
        ("time to live", [limits.TTL_VALUE]),
        ("Glue database, table", [limits.GLUE_DATABASE_LENGTH, limits.GLUE_TABLE_LENGTH]),
    ],
)
def test_a_limit_is_the_number_that_is_checked(what, numbers):
    (most,) = [row[1] for row in rows(sections("docs/specs.md", 2)["Limits"]) if row[0] == what]

    assert [number for number in numbers if str(number) not in most] == []


def test_names_that_are_reserved_or_kept_are_on_the_page_of_specs():
    text = prose_of("docs/specs.md")
    names = [*limits.RESERVED_FEATURES, *limits.KEEPABLE, *limits.FOREIGN_TAG_PREFIXES, limits.OWN_TAG_PREFIX]

    assert [name for name in names if f"`{name}`" not in text] == []


# Configuration


def _keys_known(tmp_path, header):
    (tmp_path / "pyproject.toml").write_text(f"[{header}]\nqqqq = 1\n")
    with pytest.raises(Invalid) as caught:
        read_config(tmp_path)
    (fix,) = [fault.fix for fault in caught.value.faults if fault.field == "qqqq"]
    return set(re.findall(r"\w+", fix.partition(": ")[2]))


@pytest.mark.parametrize(
    "header", ["", ".environments.x", ".environments.x.athena", ".environments.x.brakes", ".environments.x.groups.y"]
)
def test_every_key_of_the_configuration_has_a_row(header, tmp_path):
    keys = _keys_known(tmp_path, f"tool.reconciler{header}")

    assert keys
    assert keys - _first_cells("docs/configuration.md") == set()


def test_no_key_of_the_configuration_has_a_row_without_being_there(tmp_path):
    headers = ("", ".environments.x", ".environments.x.athena", ".environments.x.brakes")
    keys = set().union(*(_keys_known(tmp_path, f"tool.reconciler{header}") for header in headers))

    assert _first_cells("docs/configuration.md") == keys


def test_the_defaults_in_the_configuration_are_those_of_the_program(tmp_path):
    shown = {row[0].strip("`"): row[2] for row in rows(prose_of("docs/configuration.md"))}
    brakes, environment = Brakes(), Environment("x")

    assert (shown["deletes"], shown["updates"]) == (str(brakes.deletes), str(brakes.updates))
    assert (shown["floor"], shown["wait_minutes"]) == (str(brakes.floor), f"{environment.wait_minutes:g}")
    assert (shown["workgroup"], shown["usd_per_tb"]) == ('`"primary"`', f"{AthenaSettings().usd_per_tb:g}")
    assert shown["registry"] == f'`"{read_config(tmp_path).registry}"`'


def test_the_example_of_a_configuration_uses_every_table(tmp_path):
    (example,) = [block for block in blocks("toml", of="docs/configuration.md") if block.file]
    (tmp_path / "pyproject.toml").write_text(example.body)

    config: Config = read_config(tmp_path)

    assert config.environments["prod"].groups["weather"] != Overrides()
    assert config.environments["prod"].brakes != Brakes()
    assert config.environments["prod"].athena != AthenaSettings()


# Plans


def test_every_action_and_every_key_of_a_plan_has_a_row():
    actions = set(re.findall(r'case "(\w+)"', (HOME / "reconciler/plan/codec.py").read_text()))
    keys = set(plan_as_json(Plan("e", "r", "p", (), (), (), ())))

    assert actions
    assert (actions | keys) - _first_cells("docs/planning.md") == set()


def test_every_call_to_aws_is_among_the_permissions():
    calls = set(re.findall(r'named\("(\w+)"', (HOME / "reconciler/aws/store.py").read_text()))
    granted = {
        action for block in blocks("json", of="docs/planning.md") for action in re.findall(r'"(\w+:\w+)"', block.text)
    }

    assert calls
    assert {f"sagemaker:{call}" for call in calls} - granted == set()


# The emulator


def test_every_assumption_of_the_emulator_has_a_row_and_there_are_no_others():
    tree = ast.parse(inspect.getsource(assumptions))
    names = {target.id for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) for target in _names(node)}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef) if "Not assumed" not in _doc(node)}

    shown = {
        name
        for row in rows(sections("docs/emulator-reference.md", 2)["Assumptions"])
        for name in re.findall(r"`(\w+)`", row[0])
    }
    assert shown == {name for name in names if not name.startswith("_")}


def _names(assignment):
    target = assignment.target if isinstance(assignment, ast.AnnAssign) else assignment.targets[0]
    return [name for name in ast.walk(target) if isinstance(name, ast.Name)]


def _doc(function):
    return ast.get_docstring(function) or ""


def test_every_operation_of_the_emulator_is_listed_and_no_other():
    found = rows(sections("docs/emulator-reference.md", 2)["Operations"])[1:]
    shown = {name for row in found for name in re.findall(r"\b[A-Z]\w+", re.sub(r"\([^)]*\)", "", row[1]))}

    assert shown == {operation for name in NAMES for operation in service(name).operations}


def test_every_fault_and_every_path_of_the_emulator_has_a_row():
    kinds, paths = _first_cells("docs/emulator-faults.md"), _first_cells("docs/emulator.md")

    assert set(faults.KINDS) - kinds == set()
    assert {f"{verb} {admin.PREFIX}{name}" for verb, name in admin._PATHS} - paths == set()


# The decisions


def test_every_dependency_is_explained():
    project = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
    needed = [re.split(r"[><=\[]", one)[0] for one in project["dependencies"]]
    text = text_of("docs/decisions/0008-dependencies.md")

    assert [name for name in (*needed, *project["optional-dependencies"]) if f"**{name}**" not in text] == []
