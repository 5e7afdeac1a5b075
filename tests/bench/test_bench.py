"""The benchmark counts what happened, and nothing else."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from tests.bench.load import Load, drive, request
from tests.bench.meter import Meter
from tests.bench.report import Result, Section
from tests.support.processes import free_port
from tests.support.server import Server


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    argv = [sys.executable, "-m", "uvicorn", "tests.bench.bare:app", "--port", str(port), "--log-level", "warning"]
    log: Path = tmp_path_factory.mktemp("bare") / "log"
    with Server({}, log, port=port, argv=argv, ready_path="/ready") as server:
        yield server


def test_every_request_is_sent_once_and_answered(bare: Server) -> None:
    requests = iter([request("GET", "/ready")] * 25 + [request("GET", "/nowhere")] * 5)
    load = asyncio.run(drive(bare.port, requests, lambda answer: answer.status == 200, clients=4, seconds=20))
    assert load.statuses == Counter({200: 25, 404: 5})
    assert (len(load.latencies), load.unexpected, load.broken) == (30, 5, 0)
    assert load.first_problem.startswith("404")


def test_a_body_that_is_not_the_expected_one_is_an_error(bare: Server) -> None:
    requests = repeat(request("GET", "/ready"), 3)
    load = asyncio.run(drive(bare.port, requests, lambda answer: b"not ready" in answer.body, clients=1, seconds=20))
    assert load.errors == 3


def test_a_server_that_is_not_there_is_an_error_for_each_request() -> None:
    requests = repeat(request("GET", "/"), 3)
    load = asyncio.run(drive(free_port(), requests, lambda _: True, clients=2, seconds=20))
    assert (load.broken, load.latencies) == (3, [])


def test_the_load_ends_with_its_time(bare: Server) -> None:
    load = asyncio.run(drive(bare.port, repeat(request("GET", "/ready")), lambda _: True, clients=2, seconds=0.2))
    assert load.statuses[200] == len(load.latencies) > 0
    assert 0.2 <= load.seconds < 5


def test_cpu_of_a_child_that_has_ended_still_counts() -> None:
    meter = Meter({"us": os.getpid()})
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    # The kernel counts in hundredths of a second.
    assert meter.read()["us"] >= 0.28


def test_percentiles_are_milliseconds_of_the_ordered_answers() -> None:
    load = Load(seconds=2.0, latencies=[number / 1000 for number in range(100, 0, -1)])
    assert (load.percentile(0.5), load.percentile(0.99), load.rate) == (51.0, 100.0, 50.0)


def test_the_table_shows_cpu_per_request_beside_the_bare_route_and_the_best_peer() -> None:
    bare = Result.of("bare route", Load(1.0, [0.001] * 1000), {"application": 0.1})
    row = Result.of("check-in", Load(2.0, [0.004] * 570), {"application": 0.57, "database": 0.285, "outbox": 0.114})
    table = Section("PostgreSQL", bare, [row]).markdown()
    assert "| check-in | 285 | 4.0 | 4.0 | 4.0 | 1.00 | 0.50 | 0.20 | 0 | 28% |" in table
    assert "pretix (check-in of another ticket) 28.5/s, 56 ms: 10.0x, CPU 1/37" in table


def test_of_a_batch_its_scans_are_counted_and_its_request_is_waited_for() -> None:
    batch = Result.of("batch", Load(2.0, [0.5] * 4), {"application": 0.4}, each=500)
    assert (batch.requests, batch.per_second, batch.p50_ms, batch.application_ms) == (2000, 1000.0, 500.0, 0.2)


def test_a_row_with_errors_is_not_compared_with_anybody() -> None:
    bare = Result.of("bare route", Load(1.0, [0.001] * 1000), {"application": 0.1})
    row = Result.of("check-in", Load(1.0, [0.004] * 500, unexpected=500, first_problem="404"), {"application": 0.1})
    table = Section("PostgreSQL", bare, [row]).markdown()
    assert "| 500 | 50% | not comparable: errors |" in table
    assert "- check-in: 404" in table
