"""The database goes away and returns: callers are told to wait, and the same processes go on."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from service.db import Database
from service.migrate import migrate
from service.settings import Settings
from tests.conftest import SECRET
from tests.support.crowd import Stage, environment, make_stage, worker_goes_on
from tests.support.postgres import Cluster, PostgresMissing, StopMode, find_binaries
from tests.support.server import Server

RECOVERY_SECONDS = 5.0
# Far more than it has connections: each is used again and again.
ANSWERS = 100

try:
    find_binaries()
except PostgresMissing:
    pytestmark = pytest.mark.skip(reason="PostgreSQL is not installed")


@dataclass(frozen=True)
class Answer:
    """When it was asked for, and what it was."""

    asked: float
    status: int
    retry_after: str | None


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.mark.parametrize("mode", [pytest.param(StopMode.FAST, marks=pytest.mark.soak), StopMode.IMMEDIATE])
async def test_only_503_while_it_is_away_and_full_service_within_five_seconds(
    cluster: Cluster, tmp_path: Path, mode: StopMode
) -> None:
    url = SecretStr(cluster.create_database("away"))
    settings = Settings(data_dir=tmp_path, database_url=url, secret_key=SecretStr(SECRET))
    database = Database(settings)
    await migrate(database)
    await database.close()
    stage = await make_stage(settings)
    answers: list[Answer] = []
    with Server(environment(settings), tmp_path / "log") as server:
        pid = server.pid
        async with asyncio.TaskGroup() as group:
            callers = [group.create_task(_call(server, stage, place, answers)) for place in range(6)]
            await _until(answers, lambda answer: answer.status == 201, 10)
            await asyncio.to_thread(cluster.stop, mode)
            await _until(answers, lambda answer: answer.status == 503, 10)
            await asyncio.to_thread(cluster.start)
            back = time.monotonic()
            await _served(answers, back)
            for caller in callers:
                caller.cancel()
        await worker_goes_on(settings)
        assert (server.pid, server.exit_code) == (pid, None)
        assert server.terminate() == 0
    assert {answer.status for answer in answers} <= {200, 201, 503}
    assert {answer.retry_after for answer in answers if answer.status == 503} == {"2"}
    last_refused = max(answer.asked for answer in answers if answer.status == 503)
    assert last_refused < back + RECOVERY_SECONDS


async def _call(server: Server, stage: Stage, place: int, answers: list[Answer]) -> None:
    """Reads and registers by turns, without end."""
    path, number = f"/api/v1/workshops/{stage.workshop_id}", 0
    async with httpx.AsyncClient(base_url=server.base_url, headers=stage.headers, timeout=30) as client:
        while True:
            number += 1
            form = {"name": "Staf", "email": f"staf{place}-{number}@luwukab.go.id", "mode": "offline", "consent": True}
            for method, where, body in (("GET", path, None), ("POST", f"{path}/registrations", form)):
                asked = time.monotonic()
                answer = await client.request(method, where, json=body)
                answers.append(Answer(asked, answer.status_code, answer.headers.get("retry-after")))
                await asyncio.sleep(0.02)


async def _served(answers: list[Answer], since: float) -> None:
    """Waits until so many answers in a row are none that sends away. Raises TimeoutError."""
    async with asyncio.timeout(60):
        while any(answer.status == 503 or answer.asked < since for answer in answers[-ANSWERS:]):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.02)


async def _until(answers: list[Answer], wanted: Callable[[Answer], bool], count: int) -> None:
    """Waits for `count` new answers of a kind. Raises TimeoutError."""
    start = len(answers)
    async with asyncio.timeout(60):
        while sum(map(wanted, answers[start:])) < count:  # noqa: ASYNC110 - the callers only note what they are told
            await asyncio.sleep(0.02)
