"""The page, as HTML: what it shows, and that whatever was put into the store stays text."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from emulator_help import a_feature, a_group
from hypothesis import given
from hypothesis import strategies as st
from server_help import SIGNED, exchange, get, head

from reconciler.emulator.page.html import element
from reconciler.emulator.server import running

EVIL = "<script>alert('1')</script>\"&\u202e"
SHOWN = "<script>alert('1')</script>\"&\N{REPLACEMENT CHARACTER}"


class Seen(HTMLParser):
    """Text and tags of a page, as a browser reads them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.texts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)


@pytest.fixture(scope="module")
def filled(server, client):
    """A group with records that are not nice, in both stores; another that only is there."""
    sagemaker, runtime = client(), client("sagemaker-featurestore-runtime")
    sagemaker.create_feature_group(
        **a_group("weather", a_feature("note"), offline={}, Description=f"Hourly {EVIL[:20]}")
    )
    sagemaker.create_feature_group(**a_group("wide", *(a_feature(f"f{n}", "Integral") for n in range(30))))
    for number, name in enumerate(["JFK", "LGA", "JFK2", EVIL]):
        record = [
            {"FeatureName": "id", "ValueAsString": name},
            {"FeatureName": "at", "ValueAsString": f"2026-01-0{number + 1}T00:00:00Z"},
            {"FeatureName": "note", "ValueAsString": f"{EVIL} {number}"},
        ]
        runtime.put_record(FeatureGroupName="weather", Record=record)
    runtime.put_record(FeatureGroupName="wide", Record=[*record[:2], {"FeatureName": "f29", "ValueAsString": "7"}])
    server.ask("POST", "flush")
    client("s3").put_object(Bucket="features", Key=f"odd/{EVIL[:8]}.txt", Body=b"x")
    return server


def page(server, path="/"):
    reply = get(server.url, path)
    assert reply.status == 200, reply.body
    return Seen(reply.text)


GROUP = "/_emulator/groups/000000000000/eu-west-1/weather"


def test_the_root_shows_groups_with_their_records_and_files(filled):
    seen = page(filled)

    assert GROUP in seen.links
    assert re.search(r"weather eu-west-1 Created 3 4 4 ", seen.text)
    assert "s3://features" in seen.text


def test_the_root_lists_buckets_for_clients_of_s3(filled):
    signed = exchange(filled.url, head("GET", "/", Host="x", Accept="text/html", Authorization=SIGNED.format("s3")))
    tool = exchange(filled.url, head("GET", "/", Host="x", Accept="*/*"))

    assert b"<ListAllMyBucketsResult" in signed.body
    assert b"<ListAllMyBucketsResult" in tool.body


def test_an_empty_emulator_says_how_to_point_a_client_at_it(tmp_path):
    with running(tmp_path) as empty:
        assert "export AWS_ENDPOINT_URL=" in page(empty).text


def test_a_group_shows_its_latest_records_first(filled):
    seen = page(filled, GROUP)
    rows = [text for text in seen.texts if text in {"JFK", "LGA", "JFK2", SHOWN}]

    assert rows == [SHOWN, "JFK2", "LGA", "JFK"]
    assert f"{SHOWN} 3" in seen.texts


def test_records_are_found_by_how_their_identifier_begins(filled):
    seen = page(filled, f"{GROUP}?id=JFK")
    nobody = page(filled, f"{GROUP}?id=%27%20OR%201=1%20--")

    assert {"JFK", "JFK2"} <= set(seen.texts)
    assert "LGA" not in seen.texts
    assert "There is none." in nobody.texts


def test_a_record_is_shown_whole(filled):
    seen = page(filled, f"/_emulator/records/000000000000/eu-west-1/weather?id={quote(EVIL)}")

    assert SHOWN in seen.texts
    assert "2026-01-04T00:00:00Z" in seen.texts


def test_of_a_wide_group_some_columns_are_shown_and_the_rest_is_a_click_away(filled):
    wide = page(filled, "/_emulator/groups/000000000000/eu-west-1/wide")
    record = page(filled, f"/_emulator/records/000000000000/eu-west-1/wide?id={quote(EVIL)}")

    assert "and 24 more" in wide.texts
    assert {"f29", "7"} <= set(record.texts)


def test_offline_files_can_be_fetched_by_their_link(filled):
    links = [link for link in page(filled, GROUP).links if link.endswith(".parquet")]

    assert len(links) == 4
    assert get(filled.url, links[0]).body[:4] == b"PAR1"


def test_a_bucket_shows_its_objects(filled):
    seen = page(filled, "/_emulator/buckets/features?prefix=odd/")

    assert f"{EVIL[:8]}.txt" in seen.text
    assert get(filled.url, next(link for link in seen.links if "odd" in link)).body == b"x"


def test_queries_are_listed_and_shown_whole_with_their_result(filled, client):
    athena = client("athena")
    sql = f"SELECT count(*) AS n, '{EVIL[:8]}' AS x FROM \"{_table(client)}\""
    where = {"Database": "sagemaker_featurestore"}
    started = athena.start_query_execution(
        QueryString=sql, QueryExecutionContext=where, ResultConfiguration={"OutputLocation": "s3://features/out"}
    )
    link = f"/_emulator/queries/{started['QueryExecutionId']}"
    first, whole = page(filled), page(filled, link)
    result = next(found for found in whole.links if found.endswith(".csv"))

    assert link in first.links
    assert {"SUCCEEDED", "Query"} <= set(first.texts)
    assert sql in whole.texts
    assert get(filled.url, result).text == f'"n","x"\n"4","{EVIL[:8]}"\n'


def _table(client):
    group = client().describe_feature_group(FeatureGroupName="weather")
    return group["OfflineStoreConfig"]["DataCatalogConfig"]["TableName"]


@pytest.mark.parametrize("path", ["/", GROUP, f"{GROUP}?id={quote(EVIL)}", "/_emulator/buckets/features"])
def test_nothing_of_the_store_becomes_markup(filled, path):
    reply = get(filled.url, path)
    seen = Seen(reply.text)

    assert [attributes for tag, attributes in seen.tags if tag == "script"] == [
        {"src": "/_emulator/files/page.js", "defer": None}
    ]
    assert not any(name.startswith("on") for _, attributes in seen.tags for name in attributes)
    assert "\u202e" not in reply.text


def test_a_page_may_load_and_call_nothing_but_the_emulator(filled):
    policy = get(filled.url).headers["content-security-policy"].split("; ")

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("name", "kind"), [("page.css", "text/css"), ("page.js", "text/javascript"), ("icon.svg", "image/svg+xml")]
)
def test_its_files_come_from_the_package(server, name, kind):
    reply = get(server.url, f"/_emulator/files/{name}")

    assert reply.status == 200
    assert reply.headers["content-type"].startswith(kind)
    assert reply.body


@pytest.mark.parametrize(
    "path",
    [
        "/_emulator/files/../page.css",
        "/_emulator/files/..%2f__init__.py",
        "/_emulator/groups/x",
        "/_emulator/groups/",
        "/_emulator/records/000000000000/eu-west-1/weather?id=nobody",
        "/_emulator/buckets/nothing-here",
        "/_emulator/buckets/..",
        "/_emulator/queries/1",
        "/_emulator/nothing",
    ],
)
def test_what_is_not_there_is_a_404(filled, path):
    reply = get(filled.url, path)

    assert reply.status == 404
    assert "error" in json.loads(reply.body)


def test_looking_is_not_logged_and_changes_nothing(filled):
    before = filled.ask("GET", "requests")["requests"]
    page(filled)
    page(filled, GROUP)

    assert filled.ask("GET", "requests")["requests"] == before


@given(st.text(), st.text())
def test_whatever_is_put_into_an_element_is_its_text_and_nothing_else(text, value):
    seen = Seen(element("p", text, title=value, class_="x"))

    assert [tag for tag, _ in seen.tags] == ["p"]
    assert set(seen.tags[0][1]) <= {"title", "class"}
    assert "<" not in element("p", text, title=value)[1:].replace("</p>", "")
