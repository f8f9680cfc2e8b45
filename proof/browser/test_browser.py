"""The emulator's page in a real browser: chromium without a window, against the server of the proof.

    proof/run.py browser

Screenshots are left in .proof/browser/run, for people to look at.
"""

import html
import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest
from groups import BUCKET, a_feature, a_group, a_record

URL = os.environ["AWS_ENDPOINT_URL"]
SCRATCH = Path(os.environ.get("PROOF_SCRATCH", "."))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
EVIL = "<script>document.title='pwned'</script><img src=x onerror=\"x()\">"
EMPTY_IT = "document.title = 'pwned'; fetch('/_emulator/reset', {method: 'POST'})"
GROUP = "/_emulator/groups/000000000000/us-east-1/page"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")


@pytest.fixture(scope="session", autouse=True)
def filled():
    """Records that mean no good, a request that failed, a fault, and a page among the objects."""
    sagemaker, runtime, s3 = (
        boto3.client(name, region_name="us-east-1") for name in ("sagemaker", "sagemaker-featurestore-runtime", "s3")
    )
    sagemaker.create_feature_group(**a_group("page", a_feature("note")))
    for number, name in enumerate(["JFK", "LGA", EVIL]):
        record = a_record(id=name, at=f"2026-01-0{number + 1}T00:00:00Z", note=f"{EVIL} {number}")
        runtime.put_record(FeatureGroupName="page", Record=record)
    ask("POST", "flush")
    s3.put_object(
        Bucket=BUCKET,
        Key="page.html",
        ContentType="text/html",
        Body=f"<title>object</title><script>{EMPTY_IT}</script>".encode(),
    )
    ask("POST", "faults", b'{"kind": "throttled", "operation": "DescribeFeatureGroup", "times": 1, "group": "page"}')
    with pytest.raises(sagemaker.exceptions.ClientError):
        boto3.client(
            "sagemaker", region_name="us-east-1", config=boto3.session.Config(retries={"total_max_attempts": 1})
        ).describe_feature_group(FeatureGroupName="page")


def ask(method, name, body=b"{}"):
    request = urllib.request.Request(f"{URL}/_emulator/{name}", body, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read()


def browse(path, *flags):
    """What chromium prints, and what the page said on its console."""
    command = [
        *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--hide-scrollbars"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *(f"--user-data-dir={SCRATCH / 'chromium'}", "--virtual-time-budget=4000", *flags, f"{URL}{path}"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def shown(path):
    """The document as it is once its script has run; nothing was said on the console."""
    document, console = browse(path, "--dump-dom")

    assert console == []
    return document


def texts(document):
    """What a reader sees, without markup."""
    return html.unescape(re.sub(r"<[^>]+>", " ", document))


def test_the_first_page_shows_groups_and_requests_as_they_came_in():
    seen = texts(shown("/"))

    assert re.search(r"page\s+us-east-1\s+Created\s+3\s+3\s+3\s", seen)
    assert "sagemaker DescribeFeatureGroup page" in seen
    assert "ThrottlingException (throttled on request)" in seen
    assert "featurestore-runtime PutRecord page" in seen


def test_what_is_in_records_stays_text():
    for path in (GROUP, f"{GROUP}?id={quote(EVIL)}", f"/_emulator/records{GROUP[17:]}?id={quote(EVIL)}"):
        document = shown(path)

        assert "<title>page" in document or "<title>&lt;script" in document
        assert EVIL in texts(document)
        assert "<img" not in document


def test_a_record_is_found_and_files_are_listed():
    seen = texts(shown(f"{GROUP}?id=JF"))

    assert "JFK" in seen
    assert "LGA" not in seen
    assert seen.count(".parquet") == 3


def test_an_object_that_is_a_page_gets_no_rights():
    document, console = browse(f"/{BUCKET}/page.html", "--dump-dom")

    assert "<title>object</title>" in document
    assert "Blocked script execution" in " ".join(console)
    assert "page" in texts(shown("/"))


@pytest.mark.parametrize(("width", "height"), [(1200, 900), (400, 800)])
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(("name", "path"), [("first", "/"), ("group", GROUP)])
def test_it_can_be_looked_at(name, path, colours, width, height):
    file = SCRATCH / f"{name}-{colours}-{width}.png"
    scheme = f"--blink-settings=preferredColorScheme={0 if colours == 'dark' else 1}"
    browse(path, f"--screenshot={file}", f"--window-size={width},{height}", scheme)

    assert file.stat().st_size > 10_000
