"""Certificates and proxies on the way."""

import pytest
from wire_servers import certificates, proxying, serving

from reconciler.aws.runtime import Cut
from reconciler.errors import AwsFailed


@pytest.fixture(scope="session")
def vouched(tmp_path_factory):
    """An authority's file, and a server's context."""
    return certificates(tmp_path_factory.mktemp("certificates"))


def test_an_authority_of_ones_own_is_trusted(surroundings, runtime_at, vouched, call):
    bundle, context = vouched
    surroundings.setenv("AWS_CA_BUNDLE", str(bundle))
    with serving(tls=context) as server:
        assert call(runtime_at(server.url), "GET", "/a").status == 200


def test_an_authority_of_the_profile_is_trusted(surroundings, runtime_at, vouched, tmp_path, call):
    bundle, context = vouched
    (tmp_path / "config").write_text(f"[default]\nca_bundle = {bundle}\n")
    with serving(tls=context) as server:
        assert call(runtime_at(server.url), "GET", "/a").status == 200


def test_an_unknown_authority_is_refused_for_good(runtime_at, vouched, call):
    _, context = vouched
    with serving(tls=context) as server, pytest.raises(AwsFailed) as caught:
        call(runtime_at(server.url), "GET", "/a")

    assert caught.value.code == "SSLError"
    assert "AWS_CA_BUNDLE" in caught.value.hint


def test_a_certificate_of_another_host_is_refused(surroundings, runtime_at, tmp_path, call):
    bundle, context = certificates(tmp_path, host="other.example.com")
    surroundings.setenv("AWS_CA_BUNDLE", str(bundle))
    with serving(tls=context) as server, pytest.raises(AwsFailed, match="IP address mismatch"):
        call(runtime_at(server.url), "GET", "/a")


def test_a_server_without_tls_is_no_secret_keeper(runtime_at, call):
    with serving() as server:
        runtime = runtime_at(server.url.replace("http:", "https:"))
        object.__setattr__(runtime.route, "connect_s", 0.2)
        with pytest.raises(Cut, match=r"no connection in 0\.2 seconds") as caught:
            call(runtime, "GET", "/a")

    assert not caught.value.may_have_worked


def test_a_proxy_connects_to_an_endpoint_with_tls(surroundings, runtime_at, vouched, call):
    bundle, context = vouched
    surroundings.setenv("AWS_CA_BUNDLE", str(bundle))
    with serving(tls=context) as server, proxying(server.port) as proxy:
        surroundings.setenv("HTTPS_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy.port}")
        runtime = runtime_at(server.url)
        said = [call(runtime, "GET", "/a").status for _ in range(3)]
        runtime.close()

    assert said == [200] * 3
    assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1")
    assert server.heads[0].startswith("GET /a HTTP/1.1")
    assert "Proxy-Authorization" not in server.heads[0]


def test_a_proxy_passes_plain_requests_on(surroundings, runtime_at, call):
    with serving() as server, proxying(server.port) as proxy:
        surroundings.setenv("HTTP_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy.port}")
        runtime = runtime_at(server.url)
        said = call(runtime, "GET", "/a?b=c")
        runtime.close()

    assert said.status == 200
    assert proxy.heads[0].startswith(f"GET http://127.0.0.1:{server.port}/a?b=c HTTP/1.1")


def test_a_proxy_that_wants_a_password_says_so(surroundings, runtime_at, vouched, call):
    _, context = vouched
    with serving(tls=context) as server, proxying(server.port) as proxy:
        surroundings.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(AwsFailed) as caught:
            call(runtime_at(server.url), "GET", "/a")

    assert caught.value.code == "ProxyConnectionError"
    assert "407" in str(caught.value)


def test_a_proxy_that_is_not_there_is_cut_before_any_effect(surroundings, runtime_at, call):
    with serving() as gone:
        pass
    surroundings.setenv("HTTPS_PROXY", f"http://127.0.0.1:{gone.port}")

    with pytest.raises(Cut) as caught:
        call(runtime_at("https://127.0.0.1:1"), "GET", "/a")

    assert not caught.value.may_have_worked


def test_a_proxy_may_speak_tls_itself(surroundings, runtime_at, vouched, call):
    bundle, context = vouched
    surroundings.setenv("AWS_CA_BUNDLE", str(bundle))
    with serving(tls=context) as server, proxying(server.port, tls=context) as proxy:
        surroundings.setenv("HTTPS_PROXY", f"https://user:p%40ss@127.0.0.1:{proxy.port}")
        runtime = runtime_at(server.url)
        said = call(runtime, "GET", "/a")
        runtime.close()

    assert said.status == 200
