"""The runner of these tests says no where GitHub would, and where it does not know what GitHub would do."""

import pytest
from workflow_actions import ActionFailed, configure_aws_credentials, download_artifact
from workflow_expressions import condition, evaluate, text
from workflow_runner import Job, Run

CONTEXTS = {"vars": {"ROLE": "arn", "EMPTY": ""}, "github": {"event": {"number": 7}, "repository": "Acme/Flights"}}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("vars.ROLE", "arn"),
        ("vars.MISSING || 'prod'", "prod"),
        ("vars.ROLE || 'prod'", "arn"),
        ("vars.EMPTY || 'prod'", "prod"),
        ("vars.MISSING == ''", True),
        ("vars.ROLE != '' && github.repository == 'acme/flights'", True),
        ("!(vars.ROLE == '') && vars.EMPTY != ''", False),
        ("github.event.number == 7", True),
        ("'it''s'", "it's"),
    ],
)
def test_an_expression_means_what_github_says_it_means(source, value):
    assert evaluate(source, CONTEXTS) == value


@pytest.mark.parametrize(
    "source", ["secrets.TOKEN", "fromJSON('1')", "vars.ROLE < 3", "vars.ROLE vars.ROLE", "1 == 'x'"]
)
def test_an_expression_this_runner_does_not_know_is_an_error(source):
    with pytest.raises(ValueError, match=r"this runner|there is no|goes on"):
        evaluate(source, CONTEXTS)


def test_expressions_stand_inside_texts():
    assert text("a-${{ vars.ROLE }}-${{ github.event.number }}-${{ vars.MISSING }}", CONTEXTS) == "a-arn-7-"


@pytest.mark.parametrize(
    ("source", "failed", "holds"),
    [
        ("", False, True),
        ("", True, False),
        ("vars.ROLE != ''", True, False),
        ("!cancelled() && vars.ROLE != ''", True, True),
        ("failure()", False, False),
    ],
)
def test_a_condition_asks_for_success_unless_it_speaks_of_status(source, failed, holds):
    assert condition(source, CONTEXTS, failed=failed) is holds


@pytest.fixture
def job(tmp_path):
    run = Run(tmp_path, tmp_path, {}, {})
    return Job(run, "a", {}, {"steps": [], "permissions": {"contents": "read"}})


def test_a_job_that_may_not_ask_for_a_token_gets_no_role(job):
    with pytest.raises(ActionFailed, match="id-token"):
        configure_aws_credentials(job, {"role-to-assume": "arn:aws:iam::123456789012:role/plan", "aws-region": "x"})

    assert job.environ == {}


def test_an_artifact_that_nobody_left_is_not_found(job, tmp_path):
    with pytest.raises(ActionFailed, match="no artifact"):
        download_artifact(job, {"name": "plan", "path": str(tmp_path)})


def test_a_word_this_runner_does_not_know_is_an_error(tmp_path):
    with pytest.raises(AssertionError, match="continue-on-error"):
        Job(Run(tmp_path, tmp_path, {}, {}), "a", {}, {"steps": [], "continue-on-error": "true"})
