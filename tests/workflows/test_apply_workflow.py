"""A merge, from the push to the live store: the real workflow files on a real store."""

from workflow_project import SPEC, both

READS = {"Search", "DescribeFeatureGroup", "DescribeFeatureMetadata", "ListTags", "ListFeatureGroups"}


def merge(project, text):
    project.pull_request({SPEC: text})
    project.merge()


@both
def test_a_merge_makes_the_registry_live(project, aws):
    run = project.apply()

    assert run.results == {"specs": "success", "apply": "success"}
    assert "- done: `customer-orders` `create`" in run.jobs["apply"].summary
    assert aws.ask("GET", "calls")["counts"]["CreateFeatureGroup"] == 1


def test_a_merged_feature_is_added_in_place(live, aws):
    merge(live, live.read() + "    orders_90d: int | None = None\n")

    run = live.apply()

    counts = aws.ask("GET", "calls")["counts"]
    assert not run.failed
    assert "`add_features`" in run.jobs["apply"].summary
    assert (counts["CreateFeatureGroup"], counts["UpdateFeatureGroup"]) == (1, 1)
    assert "DeleteFeatureGroup" not in counts


def test_running_it_again_is_harmless(project, aws):
    project.apply()
    aws.ask("DELETE", "calls")

    run = project.apply()

    assert not run.failed
    assert set(aws.ask("GET", "calls")["counts"]) <= READS


def test_a_refusal_stops_all_of_it_and_fails(live, aws):
    retyped = live.read().replace("orders_30d: int", "orders_30d: float")
    merge(live, retyped + "    orders_90d: int | None = None\n")

    run = live.apply()

    assert run.results == {"specs": "success", "apply": "failure"}
    assert "## Blocked: 1 refusal (FS102)" in run.jobs["apply"].summary
    assert "UpdateFeatureGroup" not in aws.ask("GET", "calls")["counts"]


def test_a_call_that_fails_fails_the_job_and_the_next_run_does_the_rest(project, aws):
    aws.ask("POST", "faults", {"kind": "access_denied", "operation": "CreateFeatureGroup", "times": 1})

    broken = project.apply()
    again = project.apply()

    assert broken.results["apply"] == "failure"
    assert "**failed**" in broken.jobs["apply"].summary
    assert not again.failed


def test_without_a_role_nothing_is_applied_and_that_is_said(project, aws):
    project.vars.clear()

    run = project.apply()

    assert run.results == {"specs": "success", "apply": "skipped"}
    assert "RECONCILER_APPLY_ROLE is not set" in run.jobs["specs"].summary
    assert aws.ask("GET", "calls")["counts"] == {}


def test_a_registry_at_fault_is_not_applied(project, aws):
    merge(project, project.read().replace('record_id="customer_id"', 'record_id="customer"'))

    run = project.apply()

    assert run.results == {"specs": "failure", "apply": "skipped"}


def test_only_the_job_that_applies_has_a_role(project):
    run = project.apply()

    assert not [key for step in run.jobs["specs"].steps for key in step.environ if "AWS" in key]
    assert run.jobs["apply"].role == project.vars["RECONCILER_APPLY_ROLE"]


@both
def test_what_is_installed_is_pinned(project, workflows):
    run = project.apply()

    for job in run.jobs.values():
        [installed] = job.installed
        if workflows == "ours":
            assert installed == "install --quiet . under constraints.txt"
        else:
            assert '"' not in installed
            assert installed.split()[-4].startswith("reconciler==")


def test_an_old_run_that_is_started_again_applies_what_is_on_main_now(live, aws):
    old = live.apply()
    merge(live, live.read() + "    orders_90d: int | None = None\n")
    live.apply()
    aws.ask("DELETE", "calls")

    again = live.again(old)

    assert not again.failed
    assert set(aws.ask("GET", "calls")["counts"]) <= READS
