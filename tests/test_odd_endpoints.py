"""Configurations and endpoints that nobody meant: each is a sentence about what is wrong, and never a traceback."""

import socket
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from project import http_environment

HERE = "[tool.reconciler.environments.here]\n"
PAGE = (
    b"<!DOCTYPE html>\n<html lang='en'>\n<head><title>Sign in</title></head>\n<body>" + b"Please. " * 500 + b"</body>"
)


@pytest.fixture
def weather(project):
    return project.with_weather()


# pyproject.toml


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[tool]\nreconciler = 3\n", "Write [tool.reconciler]."),
        ("[[tool.reconciler]]\n", "Write [tool.reconciler]."),
        (f'{HERE}endpoint = "http://[::1"\n', "This is no address."),
        (f'{HERE}endpoint = "http://127.0.0.1:99999"\n', "This is no address."),
        (f'{HERE}endpoint = "http://127.0.0.1:port"\n', "This is no address."),
        (f'{HERE}endpoint = "http://:80"\n', "This is no address."),
        ('[tool.reconciler.environments."pro d!é"]\nendpoint = "embedded"\n', "no name for an environment"),
        ('[tool.reconciler.environments.""]\nendpoint = "embedded"\n', "no name for an environment"),
        (f'[tool.reconciler.environments.{"x" * 64}]\nendpoint = "embedded"\n', "no name for an environment"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "list"])
def test_a_configuration_that_nobody_meant_is_a_fault(weather, toml, says, command):
    weather.configure(toml)

    done = weather.run(command)

    assert (done.returncode, done.stdout) == (1, "")
    assert "pyproject.toml" in done.stderr
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_file_whose_tools_are_no_table_is_somebody_elses(weather):
    weather.configure("tool = 3\n")

    assert weather.json("plan")["environment"] == "local"


# What answers is something else


@contextmanager
def answering(status, page=PAGE, kind="text/html; charset=utf-8"):
    """A server that gives everybody the same answer; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("words", [["plan"], ["list"], ["show", "weather"], ["apply", "--yes"]], ids=" ".join)
@pytest.mark.parametrize(
    ("page", "kind"), [(PAGE, "text/html; charset=utf-8"), (b"", "text/plain"), (b"{}", "text/html")]
)
def test_a_page_where_sagemaker_should_be_is_named_as_such(weather, words, page, kind):
    with answering(200, page, kind) as url:
        weather.configure(http_environment(url))
        done = weather.run(*words)

    assert (done.returncode, done.stdout) == (1, "")
    assert "NotSageMaker" in done.stderr
    assert "Check the endpoint in pyproject.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("page", [PAGE, b"<html><body>Please.</body></html>", b""])
@pytest.mark.parametrize("status", [200, 403])
def test_a_page_where_the_account_should_be_told_is_named_as_such(weather, status, page):
    with answering(status, page) as url:
        weather.configure(http_environment(url) + 'account = "000000000000"\n')
        done = weather.run("plan")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Error: GetCallerIdentity" in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["plan", "list"])
def test_an_error_page_is_cut_to_a_line(weather, command):
    with answering(501) as url:
        weather.configure(http_environment(url))
        done = weather.run(command)

    assert done.returncode == 1
    assert "<html" in done.stderr
    assert done.stderr.count("Please.") < 20
    assert len(done.stderr.splitlines()) <= 3
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_said_with_the_option_for_another(project):
    pytest.importorskip("uvicorn")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = project.run("emulator", "serve", "--port", port)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"cannot listen on 127.0.0.1, port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
