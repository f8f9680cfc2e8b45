"""Endpoints that answer in odd ways: a sender asks one that says what the test wants."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from ingest_rows import a_batch, a_column, a_contract

from reconciler.aws.reply import Reply
from reconciler.aws.runtime import Cut
from reconciler.errors import AwsFailed
from reconciler.records.encoding import Form, encode
from reconciler.records.pace import Pace
from reconciler.records.sending import Refused, Sender

CONTRACT = a_contract(a_column("wind", "int", optional=True))
TAKEN = {"Errors": [], "UnprocessedEntries": []}


def a_reply(status=200, document=None, **headers):
    lines = [f"HTTP/1.1 {status} ?", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return Reply(status, "\r\n".join(lines).encode(), b"" if document is None else json.dumps(document).encode())


def an_error(status, code, message="no"):
    return a_reply(status, {"Message": message}, x_amzn_ErrorType=code)


class Endpoint:
    """Takes everything, unless `answer` has something to say: it is given the operation and the identifiers."""

    def __init__(self, answer=lambda operation, ids: None):
        self.answer, self.asked, self.taken = answer, [], []

    async def call(self, method, target, body=b""):
        document = json.loads(body)
        records = [entry["Record"] for entry in document.get("Entries", [document])]
        ids = [next(item["ValueAsString"] for item in record if item["FeatureName"] == "id") for record in records]
        operation = "BatchWriteRecord" if method == "POST" else "PutRecord"
        self.asked.append((operation, target, ids))
        await asyncio.sleep(0)
        said = self.answer(operation, ids, document)
        if isinstance(said, Exception):
            raise said
        if said is None:
            self.taken += ids
            return a_reply(document=TAKEN) if method == "POST" else a_reply()
        return said


class Hours:
    """A clock that sleepers move."""

    def __init__(self):
        self.now = 0.0

    async def sleep(self, seconds):
        self.now += seconds
        await asyncio.sleep(0)

    def clock(self):
        return self.now


def send(endpoint, count=60, group="weather", **more):
    """Send so many rows; answers what came of it, and the sender."""
    rows = [{"id": str(number), "at": "2024-01-01T00:00:00Z"} for number in range(count)]
    form = Form(CONTRACT, group)
    hours = Hours()
    pace = Pace(slowest=500.0, clock=hours.clock, sleep=hours.sleep)
    sender = Sender(endpoint, form, most=4, pace=pace, clock=hours.clock, sleep=hours.sleep, **more)
    return asyncio.run(sender.send(encode(a_batch(CONTRACT, rows), form))), sender


def every(count):
    return [str(number) for number in range(count)]


def operations(endpoint):
    return {operation for operation, _, _ in endpoint.asked}


def test_rows_go_in_batches():
    endpoint = Endpoint(lambda *_: None)

    sent, sender = send(endpoint)

    assert (sent.refused, sent.repeated, sender.taken) == ((), 0, 60)
    assert [(operation, target, len(ids)) for operation, target, ids in endpoint.asked] == [
        ("BatchWriteRecord", "/BatchWriteRecord", 25),
        ("BatchWriteRecord", "/BatchWriteRecord", 25),
        ("BatchWriteRecord", "/BatchWriteRecord", 10),
    ]


@pytest.mark.parametrize(
    "absent",
    [an_error(404, "UnknownOperationException"), a_reply(404), an_error(403, "AccessDeniedException"), a_reply(405)],
    ids=["unknown", "404", "denied", "405"],
)
def test_without_batches_rows_go_one_by_one(absent):
    endpoint = Endpoint(lambda operation, *_: absent if operation == "BatchWriteRecord" else None)

    sent, sender = send(endpoint, group="arn:aws:sagemaker:us-east-1:000000000000:feature-group/weather")

    assert sorted(endpoint.taken, key=int) == every(60)
    assert (sent.refused, sender.taken) == ((), 60)
    assert (
        endpoint.asked[-1][1]
        == "/FeatureGroup/arn%3Aaws%3Asagemaker%3Aus-east-1%3A000000000000%3Afeature-group%2Fweather"
    )


def test_a_batch_that_is_refused_whole_is_sent_one_by_one_and_the_row_at_fault_named():
    def answer(operation, ids, _):
        return an_error(400, "ValidationError", "The value is bad.") if "7" in ids else None

    endpoint = Endpoint(answer)
    sent, _ = send(endpoint)

    assert sent.refused == (Refused(7, "ValidationError", "The value is bad."),)
    assert sorted(endpoint.taken, key=int) == [one for one in every(60) if one != "7"]


def test_errors_of_entries_are_mapped_to_their_rows():
    def answer(operation, ids, document):
        bad = [entry for entry, one in zip(document["Entries"], ids, strict=True) if one in ("3", "40")]
        errors = [{"Entry": entry, "ErrorCode": "ValidationError", "ErrorMessage": "no"} for entry in bad]
        return a_reply(document={"Errors": errors, "UnprocessedEntries": []})

    sent, sender = send(Endpoint(answer))

    assert sent.refused == (Refused(3, "ValidationError", "no"), Refused(40, "ValidationError", "no"))
    assert sender.taken == 60


def test_an_error_that_names_no_row_makes_every_row_be_asked_about():
    def answer(operation, ids, _):
        if operation == "BatchWriteRecord":
            return a_reply(document={"Errors": [{"ErrorCode": "ValidationError"}], "UnprocessedEntries": []})
        return an_error(400, "ValidationError") if ids == ["4"] else None

    sent, _ = send(Endpoint(answer), 5)

    assert [one.row for one in sent.refused] == [4]
    assert sent.repeated == 4


def test_entries_that_aws_fails_at_are_tried_several_times_and_then_named():
    def answer(operation, ids, document):
        errors = [{"Entry": document["Entries"][0], "ErrorCode": "InternalFailure", "ErrorMessage": "oops"}]
        return a_reply(document={"Errors": errors if ids[0] == "0" else [], "UnprocessedEntries": []})

    endpoint = Endpoint(answer)
    sent, _ = send(endpoint, 5)

    assert sent.refused == (Refused(0, "InternalFailure", "oops"),)
    assert len(endpoint.asked) == 8


def test_entries_that_are_not_processed_are_sent_again_and_no_others():
    turns = iter(range(100))

    def answer(operation, ids, document):
        left = document["Entries"][::2] if next(turns) < 3 else []
        return a_reply(document={"Errors": [], "UnprocessedEntries": left})

    endpoint = Endpoint(answer)
    sent, sender = send(endpoint, 20)

    assert [len(ids) for _, _, ids in endpoint.asked] == [20, 10, 5, 3]
    assert (sent.refused, sender.taken) == ((), 20)


def test_a_service_that_never_processes_anything_is_given_up():
    def answer(operation, ids, document):
        return a_reply(document={"Errors": [], "UnprocessedEntries": document["Entries"]})

    with pytest.raises(AwsFailed, match="entries were not processed"):
        send(Endpoint(answer), patience_s=30.0)


@pytest.mark.parametrize(
    "trouble",
    [
        Cut("the connection broke", may_have_worked=True),
        Cut("no connection", may_have_worked=False),
        an_error(500, "InternalFailure"),
        an_error(503, "ServiceUnavailable"),
        an_error(400, "ThrottlingException"),
        a_reply(429),
        a_reply(502),
        an_error(403, "ExpiredTokenException"),
        an_error(400, "ValidationError", "Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name x"),
        an_error(404, "ResourceNotFound"),
    ],
    ids=str,
)
@pytest.mark.parametrize("batches", [True, False])
def test_what_passes_is_waited_for(trouble, batches):
    turns = iter(range(1_000))

    def answer(operation, *_):
        if operation == "BatchWriteRecord" and not batches:
            return a_reply(404)
        return trouble if next(turns) < 6 else None

    endpoint = Endpoint(answer)
    sent, sender = send(endpoint)

    assert sorted(endpoint.taken, key=int) == every(60)
    assert (sent.refused, sender.taken) == ((), 60)


@pytest.mark.parametrize(
    ("trouble", "waits_s"),
    [
        (Cut("the connection broke", may_have_worked=True), 100),
        (an_error(400, "ThrottlingException"), 100),
        (an_error(403, "ExpiredTokenException"), 60),
        (an_error(404, "ResourceNotFound"), 60),
        (an_error(403, "UnrecognizedClientException"), 0),
        (an_error(403, "AccessDeniedException"), 0),
        (an_error(418, "Teapot"), 0),
    ],
    ids=str,
)
def test_what_does_not_pass_ends_it_after_as_long_as_it_may_take(trouble, waits_s):
    hours = []

    class Slow(Hours):
        async def sleep(self, seconds):
            await super().sleep(max(seconds, 1.0))
            hours.append(self.now)

    clock = Slow()
    form = Form(CONTRACT, "weather")
    encoded = encode(a_batch(CONTRACT, [{"id": "a", "at": "2024-01-01T00:00:00Z"}]), form)
    sender = Sender(Endpoint(lambda *_: trouble), form, patience_s=100.0, clock=clock.clock, sleep=clock.sleep)

    with pytest.raises(AwsFailed, match="sends only the rest"):
        asyncio.run(sender.send(encoded))

    assert waits_s <= clock.now <= waits_s + 25


@pytest.mark.parametrize(
    ("trouble", "repeated"),
    [
        (Cut("the connection broke", may_have_worked=True), 25),
        (Cut("no connection", may_have_worked=False), 0),
        (an_error(500, "InternalFailure"), 25),
        (an_error(400, "ThrottlingException"), 0),
    ],
    ids=str,
)
def test_rows_that_may_have_been_written_twice_are_counted(trouble, repeated):
    turns = iter(range(100))
    endpoint = Endpoint(lambda *_: trouble if next(turns) == 0 else None)

    sent, _ = send(endpoint)

    assert sent.repeated == repeated


def test_the_first_reply_says_when_the_service_began():
    date = "Mon, 01 Jan 2024 10:00:00 GMT"
    endpoint = Endpoint(lambda *_: a_reply(document=TAKEN, date=date))

    _, sender = send(endpoint, 10)

    assert sender.started == datetime(2024, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 302])
@pytest.mark.parametrize("batches", [True, False])
def test_the_page_of_a_proxy_is_no_success(status, batches):
    def answer(operation, *_):
        is_absent = operation == "BatchWriteRecord" and not batches
        return a_reply(404) if is_absent else Reply(status, b"HTTP/1.1", b"<html>Sign in</html>")

    with pytest.raises(AwsFailed, match="Sign in"):
        send(Endpoint(answer))
