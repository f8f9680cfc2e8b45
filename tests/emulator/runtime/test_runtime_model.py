"""Whatever is written in whatever order, both stores are what a few lines of plain Python say they are."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count

import pytest
from emulator_help import a_feature
from hypothesis import given
from hypothesis import strategies as st
from runtime_help import a_record, drawn, fv, pending, raw, values

from reconciler.emulator.runtime import instants, records, writing

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC).timestamp()
_numbers = count()


@pytest.fixture
def group(make, emulator):
    emulator.set_clock(NOON)
    emulator.freeze_clock()
    made = make("weather", a_feature("x"), a_feature("y"), online={"StorageType": "Standard_V2"}, offline={})
    emulator.block_offline_store("weather", "Rows are to be seen here.", region="eu-west-1")
    return made


# ---- Event times ----

moments = st.integers(-3600, 3600).map(lambda seconds: NOON + seconds)


def as_text(moment, digits, nanoseconds):
    decimals = f"{nanoseconds:09}"[:digits]
    stem = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stem}.{decimals}Z" if digits else f"{stem}Z"


times = st.builds(as_text, moments, st.sampled_from([0, 3, 6, 9]), st.sampled_from([0, 1, 10**6, 999_999_999]))
any_times = st.datetimes(timezones=st.just(UTC)).map(lambda at: f"{at.isoformat(timespec='microseconds')[:26]}Z")
few_times = st.sampled_from(
    [as_text(NOON + seconds, digits, 1_000_000) for seconds in range(3) for digits in (0, 3, 9)]
)


def order(text):
    """Nanoseconds, by the standard library."""
    stem, _, decimals = text[:-1].partition(".")
    seconds = (datetime.fromisoformat(f"{stem}+00:00") - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return seconds * 10**9 + int(decimals.ljust(9, "0") if decimals else 0)


# ---- The model ----


class Model:
    """Both stores, as the API reference describes them."""

    def __init__(self):
        self.online, self.offline, self.now = {}, [], int(NOON) * 10**9

    def meet(self, record_id):
        """The living or soft-deleted record; one whose time is up is gone, and said to be so offline."""
        kept = self.online.get(record_id)
        if kept and kept["expires"] is not None and kept["expires"] <= self.now:
            self.mark(record_id, instants.as_iso(instants.written(kept["expires"] + _YEARS)))
            del self.online[record_id]
            return None
        return kept

    def mark(self, record_id, at):
        self.offline.append({"id": record_id, "at": at, "is_deleted": True})

    def put(self, record_id, at, x, ttl_s):
        kept = self.meet(record_id)
        row = {"id": record_id, "at": at, "x": x}
        if kept is None or order(at) >= kept["order"]:
            expires = None if ttl_s is None else order(at) + ttl_s * 10**9
            self.online[record_id] = {"order": order(at), "row": row, "expires": expires}
        self.offline.append(row)

    def soft(self, record_id, at):
        kept = self.meet(record_id)
        if kept is None or order(at) > kept["order"]:
            self.online[record_id] = {"order": order(at), "row": None, "expires": None}
        self.mark(record_id, at)

    def hard(self, record_id, at):
        kept = self.meet(record_id)
        if kept is None or order(at) > kept["order"]:
            self.online.pop(record_id, None)
            self.mark(record_id, at)

    def update(self, record_id, at, y):
        kept = self.meet(record_id)
        if kept is None or kept["row"] is None or (at is not None and order(at) < kept["order"]):
            return
        row = {**kept["row"], "y": y, **({"at": at} if at else {})}
        lasts = None if kept["expires"] is None else kept["expires"] - kept["order"]
        kept.update(order=order(row["at"]), row=row, expires=None if lasts is None else order(row["at"]) + lasts)
        self.offline.append(row)

    def get(self, record_id):
        kept = self.online.get(record_id)
        is_expired = kept is not None and kept["expires"] is not None and kept["expires"] <= self.now
        return None if kept is None or is_expired else kept["row"]


_YEARS = instants.nanoseconds("1970-01-01T00:00:00.000000000")


def ask(emulator, step, names):
    """One step of a history as a request; what it may be refused with is not an error of the test."""
    kind, which, *more = step
    path, query = "/FeatureGroup/weather", f"RecordIdentifierValueAsString={names[which]}"
    if kind == "put":
        at, x, ttl_s = more
        ttl = {} if ttl_s is None else {"TtlDuration": {"Unit": "Seconds", "Value": ttl_s}}
        reply = raw(emulator, "PUT", path, {"Record": a_record(names[which], at, x=x), **ttl})
    elif kind in {"soft", "hard"}:
        reply = raw(emulator, "DELETE", f"{path}?{query}&EventTime={more[0]}&DeletionMode={kind.title()}Delete")
    else:
        at, y = more
        features = [fv("y", y), *([fv("at", at)] if at else [])]
        body = {"RecordIdentifierValueAsString": names[which], "Features": features}
        reply = raw(emulator, "POST", f"{path}/Record", body)
    assert reply.status in {200, 400, 404, 409}
    return reply.status


def fresh(emulator):
    """Identifiers nobody has had before; the rows of earlier ones are forgotten, for there are many."""
    with emulator.store.writing() as db:
        db.execute("DELETE FROM pending")
    number = next(_numbers)
    return [f"{number}-a", f"{number}-b"]


def play(emulator, history):
    """Play a history to both."""
    names, model = fresh(emulator), Model()
    model.now = round(_now(emulator) * 1000) * 10**6
    for step in history:
        if step[0] == "wait":
            emulator.advance_clock(step[1])
            model.now += step[1] * 10**9
            continue
        kind, which, *more = step
        ask(emulator, step, names)
        getattr(model, kind)(names[which], *more)
    return names, model


def _now(emulator):
    with emulator.store.reading() as db:
        return db.execute("SELECT clock_frozen FROM control").fetchone()[0]


def online(emulator, names):
    found = {}
    for name in names:
        reply = raw(emulator, "GET", f"/FeatureGroup/weather?RecordIdentifierValueAsString={name}")
        found[name] = values(json.loads(reply.body))
    return found


def offline(emulator, names):
    return [row for row in pending(emulator) if row["id"] in names]


which, words = st.integers(0, 1), st.sampled_from("pqr")


def histories(at, ttl, *more):
    return st.lists(
        st.one_of(
            st.tuples(st.just("put"), which, at, words, ttl),
            st.tuples(st.sampled_from(["soft", "hard"]), which, at),
            st.tuples(st.just("update"), which, st.none() | at, words),
            *more,
        ),
        max_size=12,
    )


@drawn
@given(history=histories(times | any_times, st.none()) | histories(few_times, st.none()))
def test_both_stores_are_what_the_model_says(group, emulator, history):
    names, model = play(emulator, history)

    assert online(emulator, names) == {name: model.get(name) for name in names}
    assert offline(emulator, names) == model.offline


@drawn
@given(history=histories(times, st.none() | st.integers(1, 5000), st.tuples(st.just("wait"), st.integers(1, 2000))))
def test_also_when_records_expire_in_between(group, emulator, history):
    names, model = play(emulator, history)
    found = online(emulator, names)
    emulator.flush()
    for name in names:
        model.meet(name)

    assert found == {name: model.get(name) for name in names}
    assert Counter(map(json.dumps, offline(emulator, names))) == Counter(map(json.dumps, model.offline))


@drawn
@given(history=st.lists(st.tuples(which, few_times, words), min_size=1, max_size=25))
def test_a_batch_is_its_entries_one_after_the_other(group, emulator, history):
    names, model = fresh(emulator), Model()
    entries = [{"FeatureGroupName": "weather", "Record": a_record(names[which], at, x=x)} for which, at, x in history]
    reply = raw(emulator, "POST", "/BatchWriteRecord", {"Entries": entries})
    for which, at, x in history:
        model.put(names[which], at, x, None)

    assert json.loads(reply.body) == {"Errors": [], "UnprocessedEntries": []}
    assert online(emulator, names) == {name: model.get(name) for name in names}
    assert offline(emulator, names) == model.offline


def sizes(emulator):
    with emulator.store.reading() as db:
        kept = db.execute("SELECT records, bytes FROM online_sizes").fetchone() or (0, 0)
        counted = db.execute(
            "SELECT count(*) FILTER (WHERE NOT deleted), coalesce(sum(length(CAST(body AS BLOB))), 0) FROM records"
        ).fetchone()
    return kept, counted


@drawn
@given(history=histories(times, st.none() | st.integers(1, 5000), st.tuples(st.just("wait"), st.integers(1, 2000))))
def test_what_is_counted_is_what_is_there(group, emulator, history):
    play(emulator, history)
    kept, counted = sizes(emulator)

    assert kept == counted


# ---- At a glance or in full ----

texts = st.sampled_from(["1", "-7", "1.5", "1e5", "x", "", "2030-01-01T12:00:00Z", "\n", "é", "9" * 19, "NaN", 5, None])
items = st.fixed_dictionaries(
    {"FeatureName": st.sampled_from(["id", "at", "temp", "wind", "sky", "rain", "bad name", 5])},
    optional={"ValueAsString": texts, "ValueAsStringList": st.lists(texts, max_size=2), "More": texts},
)
entries = st.lists(items, max_size=4).map(
    lambda more: [fv("id", "a"), fv("at", "2030-01-01T12:00:00Z"), *more]
) | st.lists(items, max_size=6)
options = st.fixed_dictionaries(
    {},
    optional={
        "TargetStores": st.sampled_from([None, [], ["OnlineStore"], ["OfflineStore"], ["x"], {}, "OnlineStore"]),
        "TtlDuration": st.sampled_from([None, {}, {"Unit": "Days", "Value": 1}, {"Unit": "Days", "Value": 1.5}, []]),
    },
)


@drawn
@given(record=entries, more=options)
def test_a_glance_never_changes_what_is_answered(weather, emulator, record, more):
    """The short way is for speed only: what it lets pass and what it does not are answered as in full."""
    fresh(emulator)
    asked = {"Record": record, **more}
    batch = {"Entries": [{"FeatureGroupName": "weather", **asked}]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "glance", lambda *_: None)
        in_full = [replied(emulator, asked, "PUT", "/FeatureGroup/weather"), replied(emulator, batch)]
    at_a_glance = [replied(emulator, asked, "PUT", "/FeatureGroup/weather"), replied(emulator, batch)]

    assert at_a_glance == in_full


def replied(emulator, body, method="POST", path="/BatchWriteRecord"):
    before = len(pending(emulator))
    reply = raw(emulator, method, path, body)
    return reply.status, reply.headers.get("x-amzn-ErrorType"), reply.body, pending(emulator)[before:]


def test_the_short_way_is_taken(weather, emulator, monkeypatch):
    monkeypatch.setattr(writing, "checked", None)

    reply = raw(emulator, "PUT", "/FeatureGroup/weather", {"Record": a_record(temp="1.5", wind="-7", sky="clear")})

    assert reply.status == 200


# ---- Instants ----

nanoseconds = st.integers(0, 25 * 146_097 * 86_400 * 10**9 - 1)


@given(first=nanoseconds, second=nanoseconds)
def test_instants_sort_as_time_does(first, second):
    one, other = instants.written(first), instants.written(second)

    assert (one < other, one == other) == (first < second, first == second)
    assert len(one) == 29


@given(number=nanoseconds)
def test_an_instant_survives_being_written(number):
    instant = instants.written(number)

    assert instants.nanoseconds(instant) == number
    assert instants.from_iso(instants.as_iso(instant)) == instant
    assert instants.from_seconds(instants.as_seconds(instant)) == instant


@given(moment=st.datetimes(), digits=st.sampled_from([0, 3, 6]))
def test_instants_agree_with_the_calendar_of_the_standard_library(moment, digits):
    text = f"{moment.isoformat(timespec='microseconds')[: 20 + digits].rstrip('.')}Z"
    at = datetime.fromisoformat(text)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    since = (at - epoch) // (datetime.resolution)

    assert instants.nanoseconds(instants.from_iso(text)) == since * 1000 + _YEARS


@given(st.decimals(min_value=-(10**13), max_value=10**13, allow_nan=False, allow_infinity=False))
def test_seconds_are_cut_to_the_nanosecond_and_never_rounded_up(number):
    instant = instants.from_seconds(str(number))
    if instant is None:
        assert not -62_167_219_200 <= number < 253_402_300_800
    else:
        assert 0 <= Fraction(number) * 10**9 - (instants.nanoseconds(instant) - _YEARS) < 1


@pytest.mark.parametrize(
    "text",
    ["1e99999999999999999999", "-1e99999999999999999999", "1e-99999999999999999999", "1e1000000000", "9" * 5000],
)
def test_absurd_exponents_cost_nothing(text):
    assert instants.from_seconds(text) in {None, "1970-01-01T00:00:00.000000000"}


def test_a_year_is_leap_as_in_the_gregorian_calendar():
    found = [
        year for year in (0, 4, 100, 400, 1900, 2000, 2023, 2024) if instants.from_iso(f"{year:04}-02-29T00:00:00Z")
    ]

    assert found == [0, 4, 400, 2000, 2024]
