"""Web pages in a browser on this machine: they may look at nothing and change nothing of an emulator."""

import pytest
from emulator_help import a_group
from server_help import SIGNED, call, exchange, get, head

from reconciler.emulator.http.browsers import is_own_name, refusal


def asked(server, method, path, body=b"", **headers):
    return exchange(server.url, head(method, path, Content_Length=len(body), **headers) + body, method)


FOREIGN = [
    {"Host": "127.0.0.1", "Origin": "http://somewhere.example"},
    {"Host": "127.0.0.1", "Origin": "null"},
    {"Host": "rebound.example:80", "Origin": "http://rebound.example:80"},
    {"Host": "127.0.0.1", "Sec_Fetch_Site": "cross-site"},
]
NAMES = ["another site", "a sandboxed page", "a rebound name", "a form of another site"]


@pytest.mark.parametrize("headers", FOREIGN, ids=NAMES)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_emulator/reset", b"{}"),
        ("/", b"Action=CreateRole&Version=2010-05-08&RoleName=x"),
        ("/BatchWriteRecord", b'{"Entries": []}'),
        ("/bucket?delete", b"<Delete/>"),
    ],
    ids=["reset", "a form", "records", "objects"],
)
def test_they_change_nothing(server, headers, path, body):
    reply = asked(server, "POST", path, body, Content_Type="text/plain", **headers)

    assert (reply.status, reply.json["__type"]) == (403, "AccessDenied")


@pytest.mark.parametrize("path", ["/", "/_emulator/status", "/bucket/key", "/FeatureGroup/weather"])
@pytest.mark.parametrize("signature", [{}, {"Authorization": SIGNED.format("s3")}], ids=["unsigned", "signed"])
def test_they_read_nothing_by_a_name_of_their_own_that_points_here(server, path, signature):
    assert asked(server, "GET", path, Host="rebound.example:4566", **signature).status == 403


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:4566", "localhost", "LOCALHOST.:80", "bucket.localhost:4566", "[::1]:4566", "192.168.1.7:4566"),
        *("emulator:4566", "bucket.s3.us-east-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"),
        *("host.docker.internal:4566", ""),
    ],
)
def test_names_that_nobody_else_can_own_are_ours(server, host):
    assert is_own_name(host.encode(), "127.0.0.1")
    assert asked(server, "GET", "/_emulator/clock", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "null", "a.co:80"]
)
def test_names_that_anybody_can_own_are_not(host):
    assert not is_own_name(host.encode(), "127.0.0.1")


def test_who_lets_other_machines_in_is_called_by_any_name():
    assert is_own_name(b"emulator.acme.example:4566", "0.0.0.0")


@pytest.mark.parametrize(("origin", "why"), [("http://a.example:80", None), ("http://b.example", "another site")])
def test_even_then_a_page_of_another_site_changes_nothing(origin, why):
    found = refusal("POST", {b"host": b"a.example:80", b"origin": origin.encode()}, "0.0.0.0")

    assert (found is None) == (why is None)


def test_a_page_of_our_own_may(server):
    assert asked(server, "POST", "/_emulator/flush", b"{}", Host="127.0.0.1", Origin=server.url).status == 200


def test_so_may_one_of_this_machine(server):
    assert (
        asked(server, "POST", "/_emulator/flush", b"{}", Host="127.0.0.1", Origin="http://localhost:3000").status == 200
    )


@pytest.mark.parametrize(
    "origin",
    [
        *("http://203.0.113.7", "https://[2001:db8::1]", "http://bucket.s3.amazonaws.com", "http://printer.local"),
        *("http://printer", "http://127.0.0.1.evil.example", "http://localhost.evil.example:80", ""),
    ],
)
def test_a_name_that_is_enough_to_be_called_by_is_not_enough_for_a_page(server, origin):
    assert asked(server, "POST", "/_emulator/flush", b"{}", Host="127.0.0.1", Origin=origin).status == 403


def test_clients_that_are_no_browsers_are_not_bothered(server, client):
    client().create_feature_group(**a_group("unbothered"))

    assert exchange(server.url, call()).status == 200


def test_an_object_that_is_a_page_runs_without_rights(server, client):
    s3 = client("s3")
    s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="pages", Key="x.html", Body=b"<script>1</script>", ContentType="text/html")

    shown, fetched = get(server.url, "/pages/x.html"), s3.get_object(Bucket="pages", Key="x.html")

    assert shown.headers["content-security-policy"] == "sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.body == fetched["Body"].read()
    assert "content-security-policy" not in fetched["ResponseMetadata"]["HTTPHeaders"]
