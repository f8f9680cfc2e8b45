"""The emulator under load: requests a second, memory, start; beside the bare HTTP server and moto's server."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import load
import psutil
from measure import PYTHON, Row
from projects import HOME

from reconciler.emulator.server import Running, running

LOAD = str(HOME / "benchmarks" / "load.py")
FLOOR = [PYTHON, str(HOME / "benchmarks" / "http_floor.py")]
MOTO = str(Path(PYTHON).with_name("moto_server"))
ROLE = "arn:aws:iam::000000000000:role/feature-store"


def rows(folder: Path, times: int) -> Iterator[Row]:
    """Small and large stores, the floor, moto, memory, start."""
    requests = 4000 * max(1, times // 3)
    floors = _floors(requests)
    with running(folder / "load") as server, running(folder / "few") as few:
        _create(server.url)
        _create(few.url)
        put = _rate(server.url, "put", requests)
        yield _row("PutRecord, 10 features, offline store on", put, floors["put"], 4_000)
        get = _rate(server.url, "get", requests)
        yield _row("GetRecord", get, floors["get"], 5_000)
        batches = load.RECORDS // load.BATCH
        batch = _rate(server.url, "batch", batches) * load.BATCH
        yield _row(f"BatchWriteRecord of {load.BATCH}: records", batch, floors["batch"] * load.BATCH, 25_000)
        yield from _full(server, few, requests)
    yield from _beside_moto(folder, requests // 10)
    yield _start(folder / "start", times)


def _full(many: Running, few: Running, requests: int) -> Iterator[Row]:
    """A million records, beside a store with some thousand, read in turn."""
    many.ask("POST", "flush")
    memory = psutil.Process(many.pid).memory_info().rss / 1e6
    yield Row(
        f"memory with {load.RECORDS:,} records online and offline",
        f"{memory:.0f} MB",
        "",
        "",
        "at most 500 MB",
        memory <= 500,
    )
    _rate(few.url, "put", requests)
    rates = [(_rate(many.url, "get", requests), _rate(few.url, "get", requests)) for _ in range(5)]
    ratio = statistics.median(a / b for a, b in rates)
    yield Row(
        f"GetRecord among {load.RECORDS:,} records",
        f"{statistics.median(a for a, _ in rates):,.0f} a second",
        f"among {requests:,} records: {statistics.median(b for _, b in rates):,.0f}",
        f"{ratio:.2f}x",
        "at least 0.85x",
        ratio >= 0.85,
    )


def _beside_moto(folder: Path, requests: int) -> Iterator[Row]:
    with running(folder / "control") as server, _moto() as moto:
        for url in (server.url, moto):
            _create(url)
        for kind, what in (("describe", "DescribeFeatureGroup"), ("search", "Search")):
            ours, rival = _rate(server.url, kind, requests), _rate(moto, kind, requests)
            yield Row(
                what,
                f"{ours:,.0f} a second",
                f"moto's server: {rival:,.0f}",
                f"{ours / rival:.1f} times",
                "at least moto's",
                ours >= rival,
            )


def _start(folder: Path, times: int) -> Row:
    """From the start of the process to the first answer."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        with running(folder) as server:
            server.ask("GET", "calls")
            took.append(time.perf_counter() - began)
    seconds = sorted(took)[times // 2]
    return Row("start to first answer", f"{seconds:.2f} s", "", "", "under 1 s", seconds < 1)


def _row(what: str, rate: float, floor: float, least: int) -> Row:
    return Row(
        what,
        f"{rate:,.0f} a second",
        f"the HTTP server alone, same requests: {floor:,.0f}",
        f"{rate / floor:.2f}x",
        f"at least {least:,} a second",
        rate >= least,
    )


def _rate(url: str, kind: str, count: int) -> float:
    """Requests a second, sent by a process of its own."""
    command = [PYTHON, LOAD, url, kind, str(count)]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if kind == "batch" and '"Errors":[]' not in done["last"]:
        raise RuntimeError(done["last"])
    return float(done["count"] / done["seconds"])


def _floors(count: int) -> dict[str, float]:
    with subprocess.Popen(FLOOR, stdout=subprocess.PIPE, text=True) as floor:
        try:
            url = floor.stdout.readline().strip() if floor.stdout else ""
            return {kind: _rate(url, "put" if kind == "batch" else kind, count) for kind in ("put", "get")} | {
                "batch": _floor_of_batches(url, count)
            }
        finally:
            floor.terminate()


def _floor_of_batches(url: str, count: int) -> float:
    sent, took, _ = load.send(url, map(load.batch, range(count // 4)))
    return sent / took


@contextmanager
def _moto() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [MOTO, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(port: int) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("moto's server did not start; it needs flask and flask-cors")


def _create(url: str) -> None:
    features = [
        {"FeatureName": "id", "FeatureType": "String"},
        {"FeatureName": "at", "FeatureType": "String"},
        *({"FeatureName": f"f{n}", "FeatureType": "Fractional"} for n in range(8)),
    ]
    asked = {
        "FeatureGroupName": load.GROUP,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": features,
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://bench/store"}},
        "RoleArn": ROLE,
    }
    scope = "Credential=local/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0"
    headers = {
        "X-Amz-Target": "SageMaker.CreateFeatureGroup",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}",
    }
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(asked).encode(), headers)) as reply:
        reply.read()
