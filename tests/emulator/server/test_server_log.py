"""A line for each request, that fits a terminal, and the list of the latest for whoever looks in."""

import io
import os
import pty
import subprocess
import sys

import pytest
from emulator_help import a_group
from server_help import call, exchange

from reconciler.emulator.http.request_log import RequestLog, as_size
from reconciler.emulator.server import running


class Terminal(io.StringIO):
    """Looks like one of 80 columns."""

    def isatty(self):
        return True

    def fileno(self):
        raise OSError


def noted(stream, **more):
    log = RequestLog(stream)
    given = {
        "service": "s3",
        "operation": "GetObject",
        "subject": "features/x",
        "status": 200,
        "code": "",
        "seconds": 0.0012,
        "size": 2_500,
    }
    log.note(**{**given, **more})
    return log, stream.getvalue()


def test_a_line_says_when_what_how_it_went_how_long_it_took_and_how_much_it_was():
    _, line = noted(io.StringIO())

    assert line[8:] == " 200      1.2 ms   2.5 kB  s3 GetObject features/x\n"


def test_an_error_and_the_faults_that_made_it_stand_at_the_end():
    _, line = noted(io.StringIO(), status=503, code="SlowDown", faults=("latency", "throttled"))

    assert line.endswith("s3 GetObject features/x  SlowDown  (latency, throttled on request)\n")


def test_what_a_client_sent_does_not_move_the_cursor():
    _, line = noted(io.StringIO(), subject="a\x1b[2J\nb\u202ec")

    assert line.endswith("s3 GetObject a?[2J?b?c\n")


@pytest.mark.parametrize("code", ["", "NoSuchKey"])
def test_on_a_terminal_a_line_is_a_line(code):
    _, line = noted(Terminal(), subject="features/prod/" + "x" * 300 + ".parquet", code=code)

    assert len(line) == 81
    assert "…" in line
    assert ".parquet" in line


def test_colours_are_for_terminals_that_want_them(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, plain = noted(io.StringIO(), status=500, code="InternalFailure")
    _, coloured = noted(Terminal(), status=500, code="InternalFailure")
    monkeypatch.setenv("NO_COLOR", "1")
    _, unwanted = noted(Terminal(), status=500, code="InternalFailure")

    assert "\x1b[31m" in coloured
    assert "\x1b" not in plain + unwanted


def test_a_log_that_nobody_reads_any_more_ends_nothing():
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    log, _ = noted(Closed())
    log.note("s3", "GetObject", "x", 200, "", 0.0, 0)

    assert len(log.entries) == 2


def test_the_latest_are_remembered_and_no_more():
    log = RequestLog(None)
    for number in range(600):
        log.note("s3", "GetObject", str(number), 200, "", 0.0, 0)

    assert len(log.after(0)) == 500
    assert [entry["subject"] for entry in log.after(598)] == ["598", "599"]


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (999_949, "999.9 kB"), (999_951, "1.0 MB")]
)
def test_sizes_are_for_people(size, text):
    assert as_size(size) == text


def test_every_request_is_among_the_latest_with_what_was_wrong_with_it(server, client):
    sagemaker = client()
    sagemaker.create_feature_group(**a_group("logged"))
    fault = server.ask("POST", "faults", {"kind": "throttled", "group": "logged"})["id"]
    with pytest.raises(sagemaker.exceptions.ClientError):
        sagemaker.describe_feature_group(FeatureGroupName="logged")
    server.ask("DELETE", "faults", {"id": fault})
    exchange(server.url, call("SageMaker.CreateModel"))

    latest = server.ask("GET", "requests")["requests"]
    found = [
        (entry["operation"], entry["subject"], entry["status"], entry["code"], entry["faults"]) for entry in latest
    ]

    assert found[-5:] == [
        ("CreateFeatureGroup", "logged", 200, "", []),
        ("POST", "/_emulator/faults", 200, "", []),
        ("DescribeFeatureGroup", "logged", 400, "ThrottlingException", ["throttled"]),
        ("DELETE", "/_emulator/faults", 200, "", []),
        ("CreateModel", "-", 501, "NotImplemented", []),
    ]
    assert [
        entry["operation"] for entry in server.ask("GET", f"requests?after={latest[-2]['number']}")["requests"]
    ] == ["CreateModel"]


def test_quiet_is_quiet(tmp_path, capfd):
    with running(tmp_path) as server:
        exchange(server.url, call())

    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_the_lines(tmp_path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "reconciler.emulator.server", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        exchange(process.stdout.readline().strip(), call("SageMaker.CreateModel"))
        shown = os.read(ours, 4096).decode()
        while "\n" not in shown or "NotImplemented" not in shown:
            shown += os.read(ours, 4096).decode()
        process.terminate()
    os.close(ours)

    assert "sagemaker CreateModel" in shown
