"""Calls, from threads and loops, to servers of every kind of manners."""

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from wire_servers import OK, Last, descriptors, serving

from reconciler.aws import pools
from reconciler.aws.runtime import Cut, Runtime
from reconciler.config import Environment
from reconciler.errors import AwsFailed


def reply(body=b"{}", status=200, *more):
    lines = [b"HTTP/1.1 %d X" % status, b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_a_call_is_signed_sent_and_answered(runtime_at, call):
    with serving(lambda head, body: reply(body)) as server:
        said = call(runtime_at(server.url), "POST", "/BatchGetRecord?a=b", b'{"x": 1}')

    assert (said.status, said.body) == (200, b'{"x": 1}')
    (head,) = server.heads
    assert head.startswith("POST /BatchGetRecord?a=b HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head
    assert "Credential=local/" in head
    assert "/eu-west-1/sagemaker/aws4_request" in head
    assert "reconciler" in head.partition("User-Agent: ")[2].partition("\r\n")[0]


def test_a_path_before_all_others_is_kept(runtime_at, call):
    with serving() as server:
        call(runtime_at(f"{server.url}/base/"), "GET", "/FeatureGroup/x?a=b")

    assert server.heads[0].startswith("GET /base/FeatureGroup/x?a=b HTTP/1.1")


def test_one_connection_serves_many_calls(runtime_at, kept):
    with serving() as server:
        runtime = runtime_at(server.url)
        for _ in range(10):
            kept(runtime, "GET", "/a")

    assert (server.connections, len(server.heads)) == (1, 10)


def test_a_connection_that_the_server_will_close_is_not_used_again(runtime_at, kept):
    with serving(lambda head, body: reply(b"{}", 200, b"Connection: close")) as server:
        runtime = runtime_at(server.url)
        for _ in range(3):
            kept(runtime, "GET", "/a")

    assert server.connections == 3


def test_a_connection_that_was_closed_while_it_was_idle_is_replaced(runtime_at, kept):
    with serving() as server:
        runtime = runtime_at(server.url)
        kept(runtime, "GET", "/a")
        server.hang_up()
        _until(lambda: _is_closed(runtime))
        said = kept(runtime, "GET", "/b")

    assert said.status == 200
    assert server.connections == 2


def _is_closed(runtime):
    pools = [pool for pool in runtime._pools._of_loops.values() if pool.open]
    lines = runtime._pools._lines
    return not any(c.is_usable for pool in pools for c in pool.open) and not any(line.is_usable for line in lines)


def _until(is_so):
    for _ in range(1000):
        if is_so():
            return
        time.sleep(0.005)
    raise AssertionError("it never came to be")


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", b"SSH-2.0-OpenSSH\r\n\r\n"],
)
def test_a_reply_that_does_not_come_whole_is_cut(runtime_at, call, said):
    with serving(lambda head, body: Last(said)) as server, pytest.raises(Cut) as caught:
        call(runtime_at(server.url), "GET", "/a")

    assert caught.value.may_have_worked


def test_a_server_that_is_not_there_is_cut_before_any_effect(runtime_at, call):
    with serving() as server:
        pass

    with pytest.raises(Cut) as caught:
        call(runtime_at(server.url), "GET", "/a")

    assert not caught.value.may_have_worked


def test_a_server_that_says_nothing_is_left_after_a_while(runtime_at, call):
    held = threading.Event()
    with serving(lambda head, body: held.wait(20) and None) as server:
        runtime = runtime_at(server.url)
        object.__setattr__(runtime.route, "read_s", 0.1)
        with pytest.raises(Cut, match=r"no answer in 0\.1 seconds") as caught:
            call(runtime, "GET", "/a")
        held.set()

    assert caught.value.may_have_worked


def test_a_late_answer_never_answers_another_call(runtime_at, kept):
    slow = threading.Event()

    def answer(head, body):
        if "/slow" in head:
            slow.wait(20)
            return reply(b'{"slow"')
        return reply(b'{"quick"')

    with serving(answer) as server:
        runtime = runtime_at(server.url)
        object.__setattr__(runtime.route, "read_s", 0.1)
        with pytest.raises(Cut):
            kept(runtime, "GET", "/slow")
        slow.set()
        object.__setattr__(runtime.route, "read_s", 20)
        said = [kept(runtime, "GET", "/quick").body for _ in range(3)]

    assert said == [b'{"quick"'] * 3


def test_a_call_that_is_given_up_takes_its_connection_along(runtime_at):
    held = threading.Event()

    def answer(head, body):
        if "/slow" in head:
            held.wait(20)
            return reply(b'{"slow"')
        return reply(b'{"quick"')

    async def both(runtime):
        slow = asyncio.create_task(runtime.call("GET", "/slow"))
        await asyncio.to_thread(_until, lambda: server.heads)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        held.set()
        return await runtime.call("GET", "/quick")

    with serving(answer) as server:
        said = asyncio.run(both(runtime_at(server.url)))

    assert said.body == b'{"quick"'


def test_a_page_to_sign_in_at_is_no_answer(runtime_at, call):
    page = reply(b"<html>Please sign in</html>", 200, b"Content-Type: text/html")
    with serving(lambda head, body: page) as server, pytest.raises(AwsFailed) as caught:
        call(runtime_at(server.url), "GET", "/a")

    assert caught.value.code == "NotSageMaker"
    assert "text/html" in str(caught.value)


def test_no_more_connections_are_opened_than_there_is_room_for(runtime_at, surroundings):
    surroundings.setattr(pools, "MOST_CONNECTIONS", 3)

    async def all_of_them(runtime):
        return await asyncio.gather(*(runtime.call("GET", f"/{n}") for n in range(30)))

    with serving(lambda head, body: reply(head.split(" ")[1].encode().replace(b"/", b"{"))) as server:
        said = asyncio.run(all_of_them(runtime_at(server.url)))

    assert [one.body for one in said] == [b"{%d" % n for n in range(30)]
    assert server.connections == 3


def test_a_name_with_several_addresses_is_tried_until_one_answers(runtime_at, surroundings, call):
    with serving() as server:
        runtime = runtime_at(f"http://several.example.com:{server.port}")
        there = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        gone = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))
        surroundings.setattr(socket, "getaddrinfo", lambda *_, **__: [gone, there])

        assert call(runtime, "GET", "/a").status == 200


def test_an_interrupt_waits_until_things_are_in_order(runtime_at):
    in_order = []

    async def work():
        asyncio.get_running_loop().call_later(0.05, signal.pthread_kill, threading.main_thread().ident, signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            in_order.append(True)

    with pytest.raises(KeyboardInterrupt):
        runtime_at("http://127.0.0.1:1").run(work())

    assert in_order == [True]


def test_a_runtime_that_nobody_holds_ends_its_thread(tmp_path):
    runtime = Runtime(Environment("e", "http://127.0.0.1:1", region="us-east-1"), tmp_path)
    runtime.run(asyncio.sleep(0))
    thread = runtime._background._thread
    del runtime
    gc.collect()
    thread.join(10)

    assert not thread.is_alive()


def test_a_process_that_never_closes_anything_ends_in_silence(tmp_path):
    script = (
        "import sys, asyncio; from pathlib import Path; from reconciler.aws.runtime import Runtime; "
        "from reconciler.config import Environment; "
        "r = Runtime(Environment('e', sys.argv[1], region='us-east-1'), Path(sys.argv[2])); "
        "r.call_now('GET', '/a'); r.run(r.call('GET', '/a')); asyncio.run(r.call('GET', '/a')); print('done')"
    )
    with serving() as server:
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", script, server.url, str(tmp_path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_large_bodies_go_both_ways(runtime_at, call):
    body = b"{" + os.urandom(3_000_000)
    with serving(lambda head, body: reply(body)) as server:
        assert call(runtime_at(server.url), "PUT", "/a", memoryview(body)).body == body


def test_many_threads_share_a_runtime(runtime_at, kept):
    with serving(lambda head, body: reply(head.split(" ")[1].encode().replace(b"/", b"{"))) as server:
        runtime = runtime_at(server.url)
        with ThreadPoolExecutor(16) as pool:
            said = list(pool.map(lambda n: kept(runtime, "GET", f"/{n}").body, range(400)))

    assert said == [b"{%d" % n for n in range(400)]
    assert server.connections <= 16


def test_many_calls_at_once_each_get_their_own_answer(runtime_at):
    async def all_of_them(runtime):
        return await asyncio.gather(*(runtime.call("GET", f"/{n}") for n in range(50)))

    with serving(lambda head, body: reply(head.split(" ")[1].encode().replace(b"/", b"{"))) as server:
        said = asyncio.run(all_of_them(runtime_at(server.url)))

    assert [one.body for one in said] == [b"{%d" % n for n in range(50)]


def test_a_program_with_a_loop_may_wait_for_the_one_in_the_background(runtime_at):
    async def program(runtime):
        return runtime.run(runtime.call("GET", "/a"))

    with serving() as server:
        assert asyncio.run(program(runtime_at(server.url))).status == 200


def test_work_that_would_wait_for_itself_is_refused(runtime_at):
    runtime = runtime_at("http://127.0.0.1:1")

    async def work():
        return runtime.run(asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="would wait for"):
        runtime.run(work())


def test_what_fails_in_the_background_fails_here(runtime_at):
    async def work():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        runtime_at("http://127.0.0.1:1").run(work())


def test_nothing_stays_open(runtime_at, call):
    with serving() as server:
        before = descriptors()
        runtime = runtime_at(server.url)
        for _ in range(3):
            call(runtime, "GET", "/a")
        runtime.close()
        server.hang_up()
        _until(lambda: len(descriptors()) <= len(before))


def test_a_closed_runtime_can_be_used_again(runtime_at, call):
    with serving() as server:
        runtime = runtime_at(server.url)
        call(runtime, "GET", "/a")
        runtime.close()

        assert call(runtime, "GET", "/a").status == 200


def test_loops_that_have_ended_leave_nothing_behind(runtime_at):
    with serving() as server:
        runtime = runtime_at(server.url)
        before = descriptors()
        for _ in range(5):
            asyncio.run(runtime.call("GET", "/a"))
        server.hang_up()
        _until(lambda: len(descriptors()) <= len(before))

    assert server.connections == 5
    assert len(runtime._pools._of_loops) <= 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_leaves_its_parents_connections_alone(runtime_at, kept):
    with serving(lambda head, body: reply(head.split(" ")[1].encode().replace(b"/", b"{"))) as server:
        runtime = runtime_at(server.url)
        kept(runtime, "GET", "/parent")
        child = os.fork()
        if child == 0:
            try:
                said = [kept(runtime, "GET", "/child").body for _ in range(3)]
                os._exit(0 if said == [b"{child"] * 3 else 1)
            finally:
                os._exit(2)
        said = [kept(runtime, "GET", "/parent").body for _ in range(20)]
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert said == [b"{parent"] * 20
    assert server.connections == 2


def test_expired_keys_are_looked_for_again(surroundings, runtime_at, tmp_path, call):
    surroundings.delenv("AWS_ACCESS_KEY_ID")
    surroundings.delenv("AWS_SECRET_ACCESS_KEY")
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = K1\naws_secret_access_key = s\n")

    def answer(head, body):
        if "Credential=K1/" in head:
            return reply(b"{}", 403, b"x-amzn-ErrorType: ExpiredTokenException")
        return OK

    with serving(answer) as server:
        surroundings.setenv("AWS_ENDPOINT_URL", server.url)
        runtime = runtime_at(None)
        first = call(runtime, "GET", "/a")
        credentials.write_text("[default]\naws_access_key_id = K2\naws_secret_access_key = s\n")
        second = call(runtime, "GET", "/a")

    assert (first.is_expired, second.status) == (True, 200)
