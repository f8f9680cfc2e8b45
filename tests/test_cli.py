"""The installed command, run as users and pipelines run it: exit codes, streams, and every way to be wrong."""

import json
import re
import signal
import time
from contextlib import closing

import pytest
from project import PROD, SPEC, Project, http_environment

from reconciler.cli.main import COMMANDS, cli
from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.server import running

CHANGED = SPEC.replace("online=Online()", 'online=Online(), tags={"team": "ops"}')
REFUSED = SPEC.replace("temp_f: float", "temp_f: str")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture
def weather(project):
    return project.with_weather()


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    """A project whose store is as its registry says; for tests that only read."""
    project = Project(tmp_path_factory.mktemp("applied")).with_weather()
    assert project.run("apply", "--yes").returncode == 0
    return project


def assert_one_sentence(done, *texts, code=1):
    """An error is for a person: no traceback, nothing on stdout, and it says this."""
    assert done.returncode == code, done
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for text in texts:
        assert text in done.stderr


# Exit codes


def test_plan_exits_0_with_changes_and_2_only_where_that_is_asked_for(weather):
    assert weather.run("plan").returncode == 0
    assert weather.run("plan", "--detailed-exitcode").returncode == 2


def test_plan_exits_0_with_nothing_to_change_even_in_detail(applied):
    assert applied.run("plan", "--detailed-exitcode").returncode == 0


def test_a_refusal_exits_3_with_and_without_detail_and_from_apply(weather):
    weather.run("apply", "--yes")
    weather.write("registry/weather.py", REFUSED)

    codes = [
        weather.run(*words).returncode for words in (["plan"], ["plan", "--detailed-exitcode"], ["apply", "--yes"])
    ]

    assert codes == [3, 3, 3]


def test_apply_exits_0_when_done_and_again_when_there_is_nothing_left(weather):
    assert weather.run("apply", "--yes").returncode == 0
    assert weather.run("apply", "--yes").returncode == 0


def test_apply_exits_1_when_something_failed_and_says_what_and_what_was_not_begun(weather):
    emulator = open_emulator(weather.store)
    emulator.faults.add("create_fails", reason="No such role.")
    emulator.close()

    done = weather.run("apply", "--yes")

    assert done.returncode == 1
    assert "failed     weather  create" in done.stdout
    assert "No such role." in done.stdout
    assert "not begun  weather  update_metadata" in done.stdout


def test_apply_exits_4_when_the_digest_is_another_one_and_changes_nothing(weather):
    digest = weather.json("plan")["digest"]
    weather.write("registry/weather.py", CHANGED)

    done = weather.run("apply", "--digest", digest)

    assert done.returncode == 4
    assert "What was approved no longer holds; nothing was changed." in done.stderr
    assert weather.json("list") == []


def test_apply_takes_the_digest_it_was_given(weather):
    digest = weather.json("plan")["digest"]

    assert weather.run("apply", "--digest", digest).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ["frobnicate"],
        ["plan", "--no-such-option"],
        ["plan", "--format", "xml"],
        ["apply", "--plan"],
        ["show"],
        ["apply", "--plan", "p.json", "--digest", "sha256:0"],
        ["plan", "whether"],
        ["show", "whether"],
        ["plan", "--env", "porod"],
    ],
)
def test_a_wrong_command_line_exits_1(applied, words):
    assert_one_sentence(applied.run(*words))


def test_apply_without_a_terminal_wants_an_approval(weather):
    done = weather.run("apply")

    assert done.returncode == 1
    assert "give --yes, or what was approved with --plan or --digest" in done.stderr


def test_a_group_that_is_misspelt_is_asked_back(applied):
    assert_one_sentence(applied.run("plan", "weathr"), "Did you mean 'weather'?")


# Streams


@pytest.mark.parametrize("words", [["plan"], ["apply", "--yes"], ["list"], ["show", "weather"]])
def test_json_is_one_document_and_nothing_else(applied, words):
    done = applied.run(*words, "--format", "json")

    assert done.returncode == 0
    json.loads(done.stdout)


def test_json_of_an_apply_that_did_something_is_one_document_with_progress_on_stderr(weather):
    done = weather.run("apply", "--yes", "--format", "json")

    outcome = json.loads(done.stdout)
    assert outcome["complete"] is True
    assert [change["action"] for change in outcome["done"]] == ["create", "update_metadata"]
    assert "begun  weather  create" in done.stderr


def test_json_of_a_blocked_apply_is_the_plan_that_blocks_it(weather):
    weather.run("apply", "--yes")
    weather.write("registry/weather.py", REFUSED)

    done = weather.run("apply", "--yes", "--format", "json")

    assert [refusal["code"] for refusal in json.loads(done.stdout)["refusals"]] == ["FS102"]


def test_results_go_to_stdout_and_progress_to_stderr(weather):
    done = weather.run("apply", "--yes")

    assert "Applied: 2 done." in done.stdout
    assert "begun" not in done.stdout
    assert "done   weather  create" in done.stderr


def test_a_registry_that_prints_does_not_break_the_json(weather):
    weather.write("registry/weather.py", SPEC + "\nprint('hello')\n")

    done = weather.run("plan", "--format", "json")

    json.loads(done.stdout)
    assert "hello" in done.stderr


def test_output_that_nobody_reads_to_the_end_is_no_error(applied):
    process = applied.start("list")
    process.stdout.close()

    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) in (0, 1)


def test_markdown_has_no_progress_in_it(weather):
    done = weather.run("apply", "--yes", "--format", "markdown")

    assert done.stdout.startswith("## Applied\n")


def test_annotations_of_a_refusal_name_its_line(weather):
    weather.run("apply", "--yes")
    weather.write("registry/weather.py", REFUSED)

    done = weather.run("plan", "--annotations")

    assert re.search(r"^::error file=registry/weather.py,line=13,title=FS102 refused::", done.stderr, re.MULTILINE)


# Environments


def test_the_environment_may_come_from_a_variable(project):
    project.with_weather().configure(PROD)

    assert project.json("plan", RECONCILER_ENV="local")["environment"] == "local"
    assert_one_sentence(project.run("plan", RECONCILER_ENV="nowhere"), "no environment 'nowhere'")


def test_apply_wants_to_be_told_where_once_there_is_a_real_environment(project):
    project.with_weather().configure(PROD)

    assert project.run("plan").returncode == 0
    assert_one_sentence(project.run("apply", "--yes"), "say which one with --env", "local, prod")
    assert project.run("apply", "--yes", "--env", "local").returncode == 0


def test_specs_written_in_one_place_are_planned_and_applied_in_another_without_the_registry(project, tmp_path_factory):
    project.with_weather()
    elsewhere = Project(tmp_path_factory.mktemp("elsewhere"))
    specs = elsewhere.root / "specs.json"

    assert project.run("validate", "--specs-out", specs).returncode == 0
    assert not (elsewhere.root / "registry").exists()
    assert elsewhere.json("plan", "--specs", specs)["digest"] == project.json("plan")["digest"]
    assert elsewhere.run("apply", "--yes", "--specs", specs).returncode == 0
    assert elsewhere.run("plan", "--detailed-exitcode", "--specs", specs).returncode == 0


def test_an_empty_name_is_no_name_for_where_to_apply(project):
    project.with_weather().configure(PROD)

    assert_one_sentence(project.run("apply", "--yes", "--env", ""), "say which one with --env", "local, prod")
    assert_one_sentence(project.run("apply", "--yes", RECONCILER_ENV=""), "say which one with --env")


# Approved plans


def test_a_plan_file_that_was_given_another_live_state_by_hand_approves_nothing(weather):
    weather.run("apply", "--yes")
    weather.write("registry/weather.py", CHANGED)
    weather.run("plan", "--out", "plan.json")
    with closing(open_emulator(weather.store)) as emulator:
        emulator.add_system_tags("weather", {"precious": "yes"})
    approved, now = json.loads((weather.root / "plan.json").read_text()), weather.json("plan")
    approved["groups"]["weather"]["live"].append(now["groups"]["weather"]["live"][0])
    weather.write("plan.json", json.dumps(approved))

    done = weather.run("apply", "--plan", "plan.json")

    assert done.returncode == 4
    assert "its file was changed" in done.stderr
    assert "precious" in weather.run("show", "weather").stdout


def test_an_approved_plan_is_applied_and_applied_again(weather):
    weather.run("plan", "--out", "plan.json")

    assert weather.run("apply", "--plan", "plan.json").returncode == 0
    assert weather.run("apply", "--plan", "plan.json").returncode == 0


def test_a_plan_that_was_overtaken_names_the_group(weather):
    weather.run("plan", "--out", "plan.json")
    weather.write("registry/weather.py", CHANGED)

    done = weather.run("apply", "--plan", "plan.json")

    assert done.returncode == 4
    assert "weather: its spec is not the one that was approved" in done.stderr


def test_several_approved_plans_are_applied_together(weather):
    weather.run("plan", "--out", "first.json")
    weather.write("registry/plane.py", SPEC.replace("class Weather", "class Plane"))
    weather.run("plan", "plane", "--out", "second.json")

    assert weather.run("apply", "--plan", "first.json").returncode == 4
    assert weather.run("apply", "--plan", "first.json", "--plan", "second.json").returncode == 0


# Errors, each with a sentence


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_no_registry_folder(project, command):
    assert_one_sentence(project.run(command), "The registry folder registry does not exist", "reconciler init")


def test_a_misspelt_registry_folder(project):
    project.write("registri/weather.py", SPEC)

    assert_one_sentence(project.run("plan"), "Did you mean registri?")


def test_a_configuration_that_is_no_toml(weather):
    weather.configure("[tool.reconciler\nname = 1")

    assert_one_sentence(weather.run("plan"), "pyproject.toml", "This is not TOML")


def test_unknown_keys_in_the_configuration(weather):
    weather.configure('[tool.reconciler]\nregistri = "x"\n')

    assert_one_sentence(weather.run("plan"), "pyproject.toml:2", "Did you mean 'registry'?")


def test_a_spec_that_is_wrong(weather):
    weather.write("registry/weather.py", SPEC.replace("float", "complex"))

    assert_one_sentence(weather.run("validate"), "registry/weather.py:13", "weather")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read"),
        ("junk", "This is not JSON"),
        ("[]", "This is not a specs file of this tool"),
        ('{"format_version": "9", "groups": [], "retired": []}', "format_version"),
    ],
)
def test_specs_files_that_are_none(project, text, reason):
    if text is not None:
        project.write("specs.json", text)

    assert_one_sentence(project.run("plan", "--specs", "specs.json"), "specs.json", reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "cannot be read"), ("junk", "is not JSON"), ("{}", "This is not a plan of this tool"), ("\xff", "JSON")],
)
def test_plan_files_that_are_none(weather, text, reason):
    if text is not None:
        (weather.root / "plan.json").write_bytes(text.encode("latin-1"))

    done = weather.run("apply", "--plan", "plan.json", "--format", "json")

    assert_one_sentence(done, "plan.json", reason)


@pytest.mark.parametrize("words", [["plan", "--out"], ["validate", "--specs-out"]])
def test_a_file_that_cannot_be_written(weather, words):
    done = weather.run(*words, "no/such/folder/file.json")

    assert done.returncode == 1
    assert "no/such/folder/file.json cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_credentials(project):
    project.with_weather().configure(PROD)

    assert_one_sentence(project.run("plan", "--env", "prod"), "NoCredentialsError", "aws sso login")


def test_a_profile_that_is_not_there(project):
    project.with_weather().configure(PROD)

    assert_one_sentence(project.run("plan", "--env", "prod", AWS_PROFILE="nobody"), "nobody", "Correct AWS_PROFILE")


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """Something that answers as AWS does, where an environment on AWS is pointed at it."""
    pytest.importorskip("uvicorn")
    with running(tmp_path_factory.mktemp("aws")) as server:
        yield server


@pytest.fixture
def prod(project, aws):
    """The environment of an account, on a machine whose AWS is the server."""
    aws.ask("POST", "reset")
    project.environment |= KEYS | {"AWS_ENDPOINT_URL": aws.url}
    return project.with_weather().configure(PROD.replace("123456789012", "000000000000"))


def test_an_environment_on_aws_is_reached_as_boto3_reaches_it(prod):
    assert prod.run("apply", "--yes", "--env", "prod").returncode == 0
    assert prod.run("plan", "--env", "prod", "--detailed-exitcode").returncode == 0


def test_credentials_of_another_account(prod):
    prod.configure(PROD)

    assert_one_sentence(
        prod.run("plan", "--env", "prod"),
        "these credentials belong to account 000000000000; prod is account 123456789012",
    )


@pytest.mark.parametrize(
    ("kind", "operation", "texts"),
    [
        ("expired_token", "*", ("have expired", "aws sso login")),
        ("access_denied", "GetCallerIdentity", ("sts:GetCallerIdentity",)),
        ("access_denied", "DescribeFeatureGroup", ("sagemaker:DescribeFeatureGroup", "for weather")),
    ],
)
def test_credentials_that_are_not_enough(prod, aws, kind, operation, texts):
    aws.ask("POST", "faults", {"kind": kind, "operation": operation})

    assert_one_sentence(prod.run("plan", "--env", "prod"), *texts)


def test_without_the_right_to_list_searching_is_enough(prod, aws):
    aws.ask("POST", "faults", {"kind": "access_denied", "operation": "ListFeatureGroups"})

    assert prod.run("plan", "--env", "prod").returncode == 0


def test_without_the_right_to_search_the_slow_way_gives_the_same_plan(prod, aws):
    prod.run("apply", "--yes", "--env", "prod")
    prod.write("registry/weather.py", CHANGED)
    fast = prod.json("plan", "--env", "prod")
    aws.ask("POST", "faults", {"kind": "access_denied", "operation": "Search"})

    assert prod.json("plan", "--env", "prod") == fast


def test_an_endpoint_where_nothing_answers(weather):
    weather.configure(http_environment("http://127.0.0.1:1"))

    assert_one_sentence(weather.run("plan"), "Nothing answers there", "reconciler emulator serve")


# Help


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(applied, command):
    done = applied.run(*command.split(), "--help")

    assert done.returncode == 0
    assert done.stdout.startswith("Usage: reconciler")


def test_the_version_is_told(applied):
    assert re.fullmatch(r"reconciler \d+\.\d+\.\d+\n", applied.run("--version").stdout)


# The live store


def test_list_names_each_group_with_its_owner_and_stores(applied):
    assert re.search(
        r"^weather +Created +unnamed@local +online and offline +3$", applied.run("list").stdout, re.MULTILINE
    )


def test_list_of_an_empty_store_says_so(weather):
    assert weather.run("list").stdout == "local has no feature groups.\n"


def test_show_has_everything_of_a_group(applied):
    shown = applied.run("show", "weather").stdout

    for text in ("status:             Created", "owner:              unnamed@local", "temp_f       Fractional"):
        assert text in shown
    assert "Air temperature." in shown


def test_show_of_a_group_that_is_not_there_is_an_error(applied):
    assert_one_sentence(applied.run("show", "plane"), "no feature group 'plane'", "reconciler list")


# Two at once, and interrupts


def test_two_applies_at_once_both_end_well(project):
    project.write("registry/many.py", "\n".join([SPEC, *(SPEC.replace("Weather", f"Weather{n}") for n in range(8))]))
    emulator = open_emulator(project.store)
    emulator.faults.add("latency", seconds=0.01)
    emulator.close()

    both = [project.start("apply", "--yes") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert project.run("plan", "--detailed-exitcode").returncode == 0


def test_two_applies_at_once_both_end_well_on_a_live_store(project):
    spec = SPEC.replace("online=Online(), offline=Offline()", "online=Online({ttl}), tags={tags}")
    project.write("registry/weather.py", SPEC)
    project.run("apply", "--yes")
    ttl = "ttl=timedelta(days=1)"
    text = spec.replace("from datetime import datetime", "from datetime import datetime, timedelta")
    more = "".join(f"    f{n}: str | None = None\n" for n in range(150))
    project.write("registry/weather.py", text.format(ttl=ttl, tags='{"a": "b"}') + more)
    emulator = open_emulator(project.store)
    emulator.faults.add("latency", seconds=0.01)
    emulator.close()

    both = [project.start("apply", "--yes") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert project.run("plan", "--detailed-exitcode").returncode == 0


def test_an_interrupt_says_what_is_left_and_the_next_apply_does_it(project):
    with running(project.root / "server", create_s=0.4, create_offline_s=0.4) as server:
        project.configure(http_environment(server.url))
        project.write("registry/many.py", "\n".join([SPEC, *(SPEC.replace("Weather", f"W{n}") for n in range(9))]))
        process = project.start("apply", "--yes")
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)

        assert process.returncode == 1
        assert "Traceback" not in stderr
        assert "not begun" in stdout
        assert "Run apply again" in stdout
        assert project.run("apply", "--yes").returncode == 0
        assert project.run("plan", "--detailed-exitcode").returncode == 0


def test_an_interrupt_of_a_plan_is_no_traceback(weather):
    emulator = open_emulator(weather.store)
    emulator.faults.add("latency", seconds=5)
    emulator.close()
    process = weather.start("plan")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Traceback" not in stderr


# Terminals


def test_a_terminal_gets_colour_and_a_question(weather):
    code, shown = weather.on_a_terminal("apply", typed="y\n")

    assert code == 0
    assert "\x1b[32m  + weather  create\x1b[0m" in shown
    assert "Apply this to local? [y/N]" in shown


def test_a_question_that_is_answered_with_no_changes_nothing(weather):
    code, shown = weather.on_a_terminal("apply", typed="n\n")

    assert code == 1
    assert "Nothing was changed." in shown
    assert weather.json("list") == []


def test_no_color_is_obeyed_on_a_terminal(weather):
    _, shown = weather.on_a_terminal("plan", NO_COLOR="1")

    assert "\x1b[" not in shown


def test_there_is_no_colour_in_a_pipe(weather):
    assert "\x1b[" not in weather.run("plan").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name):
    first_paragraph = cli.get_command(None, name).help.partition("\n\n")[0].replace("\n", " ")

    assert first_paragraph.startswith(COMMANDS[name][1])
