"""pyproject.toml, key by key: what each one does, and every fault at once with its line."""

import pytest

from reconciler.config import AthenaSettings, Brakes, Overrides, read_config
from reconciler.errors import Invalid, Usage

PROD = """
[tool.reconciler]
name = "acme/flights"

[tool.reconciler.environments.prod]
account = "123456789012"
region = "eu-central-1"
"""


def config(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_config(tmp_path)


def faults(tmp_path, text):
    with pytest.raises(Invalid) as caught:
        config(tmp_path, text)
    return caught.value.faults


# What is there without any configuration


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'x'\n", "[tool.ruff]\n"])
def test_without_configuration_there_is_the_emulator_in_this_process(tmp_path, text):
    found = config(tmp_path, text) if text is not None else read_config(tmp_path)

    assert list(found.environments) == [found.default_environment] == ["local"]
    local = found.environment(None)
    assert local.is_embedded
    assert (local.region, found.registry, found.name) == ("us-east-1", "registry", None)
    assert local.defaults.role_arn
    assert local.defaults.s3_uri
    assert found.owner(local) == "unnamed@local"


def test_the_nearest_folder_above_with_a_configuration_counts(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\n")
    found = config(tmp_path, PROD)

    assert read_config(below) == found
    assert found.root == tmp_path


def test_broken_toml_that_is_not_about_us_is_somebody_elses(tmp_path):
    assert list(config(tmp_path, "[project\n").environments) == ["local"]


def test_broken_toml_that_is_about_us_is_a_fault(tmp_path):
    [fault] = faults(tmp_path, "[tool.reconciler]\nname = \n")

    assert "This is not TOML" in fault.reason


# Each key


def test_every_key_is_read(tmp_path):
    found = config(
        tmp_path,
        PROD
        + """
        name_prefix = "p-"
        role_arn = "arn:aws:iam::123456789012:role/fs"
        s3_uri = "s3://acme/prod"
        online_kms_key = "arn:aws:kms:eu-central-1:123456789012:key/1"
        offline_kms_key = "arn:aws:kms:eu-central-1:123456789012:key/2"
        protected = false
        ignore_tags = ["auto:*", "cost"]
        wait_minutes = 90
        [tool.reconciler.environments.prod.brakes]
        deletes = 0.1
        updates = 1
        floor = 3
        [tool.reconciler.environments.prod.athena]
        workgroup = "science"
        output = "s3://acme/tmp"
        kms_key = "arn:aws:kms:eu-central-1:123456789012:key/3"
        database = "scratch"
        usd_per_tb = 6.5
        [tool.reconciler.environments.prod.groups.weather]
        s3_uri = "s3://acme/weather"
        protected = true
        """,
    )
    prod = found.environment("prod")

    assert (found.name, found.default_environment, found.owner(prod)) == ("acme/flights", "prod", "acme/flights@prod")
    assert (prod.account, prod.region, prod.name_prefix) == ("123456789012", "eu-central-1", "p-")
    assert prod.defaults == Overrides(
        "arn:aws:iam::123456789012:role/fs",
        "s3://acme/prod",
        "arn:aws:kms:eu-central-1:123456789012:key/1",
        "arn:aws:kms:eu-central-1:123456789012:key/2",
        protected=False,
    )
    assert prod.groups == {"weather": Overrides(s3_uri="s3://acme/weather", protected=True)}
    assert prod.brakes == Brakes(0.1, 1.0, 3)
    assert prod.athena == AthenaSettings(
        "science", "s3://acme/tmp", "arn:aws:kms:eu-central-1:123456789012:key/3", "scratch", 6.5
    )
    assert (prod.ignore_tags, prod.wait_minutes) == (("auto:*", "cost"), 90)
    assert not prod.is_local


def test_the_registry_folder_and_the_default_can_be_named(tmp_path):
    found = config(
        tmp_path,
        '[tool.reconciler]\nregistry = "features"\ndefault_environment = "b"\n'
        '[tool.reconciler.environments.a]\nendpoint = "embedded"\n'
        '[tool.reconciler.environments.b]\nendpoint = "http://127.0.0.1:4566"\n',
    )

    assert (found.registry, found.environment(None).name) == ("features", "b")


def test_an_http_environment_is_local_and_not_embedded(tmp_path):
    found = config(tmp_path, '[tool.reconciler.environments.ci]\nendpoint = "http://127.0.0.1:4566"\n')
    ci = found.environment("ci")

    assert (ci.is_local, ci.is_embedded, ci.region) == (True, False, "us-east-1")
    assert not found.has_real_environment


# Faults


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ('[tool.reconciler]\nnam = "x"', 2, "nam", "Did you mean 'name'?"),
        ('[tool.reconciler]\nzzz = "x"', 2, "zzz", "Use one of:"),
        ("[tool.reconciler]\nname = 1", 2, "name", "owner/repository"),
        ('[tool.reconciler]\nname = "a b"', 2, "name", "owner/repository"),
        ("[tool.reconciler]\nregistry = 1", 2, "registry", "Write a text in quotes."),
        ('[tool.reconciler]\nregistry = ""', 2, "registry", "Write a text in quotes."),
        ('[tool.reconciler]\ndefault_environment = "x"', 2, "default_environment", "There is no such environment."),
        ("[tool.reconciler]\nenvironments = 1", 2, "environments", "This is a table."),
        ("[tool.reconciler.environments]\nprod = 1", 0, "", "An environment is a table."),
        (f'{PROD}acount = "1"', 8, "acount", "Did you mean 'account'?"),
        (f"{PROD}brakes = 1", 8, "brakes", "This is a table."),
        (f"{PROD}groups = 1", 8, "groups", "This is a table."),
        (f"{PROD}[tool.reconciler.environments.prod.groups]\nweather = 1", 0, "", "A group's settings are a table."),
        (f"{PROD}[tool.reconciler.environments.prod.groups.weather]\nregion = 'x'", 9, "region", "The key is unknown."),
        (f"{PROD}[tool.reconciler.environments.prod.brakes]\ndeletes = 2", 9, "deletes", "a number from 0 to 1"),
        (f"{PROD}[tool.reconciler.environments.prod.brakes]\nfloor = true", 9, "floor", "a number from 0 to 10000"),
        (f"{PROD}[tool.reconciler.environments.prod.brakes]\nall = true", 9, "all", "The key is unknown."),
        (f"{PROD}athena = 1", 8, "athena", "This is a table."),
        (
            f'{PROD}[tool.reconciler.environments.prod.athena]\nworkgroup = "a b"',
            9,
            "workgroup",
            "the name of a workgroup",
        ),
        (
            f'{PROD}[tool.reconciler.environments.prod.athena]\noutput = "https://x.s3.amazonaws.com/"',
            9,
            "output",
            "s3://bucket/prefix",
        ),
        (f'{PROD}[tool.reconciler.environments.prod.athena]\nkms_key = "alias/x"', 9, "kms_key", "arn:aws:kms"),
        (
            f'{PROD}[tool.reconciler.environments.prod.athena]\ndatabase = "My-DB"',
            9,
            "database",
            "a database of the Data Catalog",
        ),
        (
            f"{PROD}[tool.reconciler.environments.prod.athena]\nusd_per_tb = -1",
            9,
            "usd_per_tb",
            "a number from 0 to 1000",
        ),
        (f"{PROD}[tool.reconciler.environments.prod.athena]\nprice = 5", 9, "price", "The key is unknown."),
        (f'{PROD}wait_minutes = "long"', 8, "wait_minutes", "a number from 0 to 1440"),
        (f'{PROD}ignore_tags = "auto"', 8, "ignore_tags", "a list of texts"),
        (f"{PROD}ignore_tags = [1]", 8, "ignore_tags", "a list of texts"),
        (f'{PROD}protected = "yes"', 8, "protected", "true or false"),
        (f'{PROD}endpoint = "ftp://x"', 8, "endpoint", "embedded"),
        (f'{PROD}role_arn = "feature-store"', 8, "role_arn", "arn:aws:iam"),
        (f'{PROD}s3_uri = "acme/prod"', 8, "s3_uri", "s3://bucket/prefix"),
        (f'{PROD}online_kms_key = "alias/x"', 8, "online_kms_key", "arn:aws:kms"),
        (f'{PROD}offline_kms_key = "alias/x"', 8, "offline_kms_key", "arn:aws:kms"),
        (f'{PROD}name_prefix = "-dev"', 8, "name_prefix", "dev-"),
        (PROD.replace('"123456789012"', "123456789012"), 6, "account", "in quotes"),
        (PROD.replace("eu-central-1", "Frankfurt"), 7, "region", "Write a region"),
        (PROD.replace('account = "123456789012"', ""), 5, "account", "An environment on AWS needs it."),
        (PROD.replace('region = "eu-central-1"', ""), 5, "region", "An environment on AWS needs it."),
        (PROD.replace('name = "acme/flights"', ""), 2, "name", "needs a name"),
    ],
)
def test_each_fault_names_its_line_and_what_works(tmp_path, text, line, field, says):
    [fault] = faults(tmp_path, text)

    assert (fault.file, fault.line, fault.field) == ("pyproject.toml", line, field)
    assert says in f"{fault.reason} {fault.fix}"


def test_every_fault_is_found_at_once(tmp_path):
    text = PROD.replace("eu-central-1", "here").replace("123456789012", "12") + "wait_minutes = -1\nzzz = 1\n"

    assert {fault.field for fault in faults(tmp_path, text)} == {"region", "account", "wait_minutes", "zzz"}


def test_two_environments_of_one_account_and_region_need_prefixes_of_their_own(tmp_path):
    twice = PROD + PROD.partition("\n\n")[2].replace("prod", "dev")

    [fault] = faults(tmp_path, twice)
    assert "shares account, region and prefix with 'prod'" in fault.reason
    assert list(config(tmp_path, f'{twice}\nname_prefix = "dev-"\n').environments) == ["local", "prod", "dev"]


# Choosing an environment


def test_what_is_not_there_is_asked_back(tmp_path):
    found = config(tmp_path, PROD)

    with pytest.raises(Usage, match="Did you mean 'prod'"):
        found.environment("prdo")
    with pytest.raises(Usage, match="There are: local, prod"):
        found.environment("zzz")


def test_to_change_something_the_environment_is_named_once_a_real_one_is_there(tmp_path):
    found = config(tmp_path, PROD)

    with pytest.raises(Usage, match="say which one with --env"):
        found.environment(None, to_change=True)
    with pytest.raises(Usage, match="say which one with --env"):
        found.environment("", to_change=True)
    assert found.environment("prod", to_change=True).name == "prod"


def test_the_only_environment_is_the_one_that_is_looked_at(tmp_path):
    assert config(tmp_path, PROD).environment(None).name == "prod"
    assert config(tmp_path, PROD).environment("").name == "prod"


def test_among_several_environments_none_is_guessed(tmp_path):
    found = config(tmp_path, PROD + '[tool.reconciler.environments.dev]\nendpoint = "http://127.0.0.1:1"\n')

    with pytest.raises(Usage, match=r"none is the default: say which one with --env \(dev, local, prod\)"):
        found.environment(None)
    assert found.environment("local").is_embedded


def test_local_is_the_default_where_it_is_configured(tmp_path):
    found = config(tmp_path, PROD + '[tool.reconciler.environments.local]\nendpoint = "embedded"\n')

    assert found.environment(None).name == "local"
