"""SIGKILL at any moment loses nothing that was acknowledged; SIGTERM loses nothing at all."""

import asyncio
import contextlib
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import psutil
import pytest
from sqlmodel import col, func, select

from service import outbox
from service.db import Database, run_sql
from service.domain.verification import verify
from service.models.attendance import Checkin
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.models.registrations import Registration
from service.settings import Settings
from tests.support.crowd import Crowd, Stage, environment, make_stage
from tests.support.processes import free_port
from tests.support.server import Server
from tests.support.smtp import SmtpSink

DRAIN_SECONDS = 60
# Whoever looks without one takes the processor from the service that is waited for.
PAUSE = 0.02
FIRST_HALF = b'{"name": "Kepala Bidang", "mode": "offline", '
SECOND_HALF = b'"email": "kabid@luwukab.go.id", "consent": true}'

SETTLES_FIRST = (
    "-c",
    """
from sqlalchemy import update
from service import cli, outbox
from service.models.outbox import Delivery, DeliveryStatus

kept = outbox.claim

async def claim(session, limit):
    rows = await kept(session, limit)
    mine = Delivery.id.in_([row.id for row in rows])
    await session.exec(update(Delivery).where(mine).values(status=DeliveryStatus.DONE))
    return rows

outbox.claim = claim
cli.main()
""",
)


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    yield made
    await made.stop()


def _env(settings: Settings, sink: SmtpSink) -> dict[str, str]:
    mail = {"BIMTEK_SMTP_HOST": "127.0.0.1", "BIMTEK_SMTP_PORT": str(sink.port), "BIMTEK_SMTP_SECURITY": "none"}
    return environment(settings, **mail)


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.soak)])
async def test_what_was_acknowledged_survives_every_kill(
    settings: Settings, sink: SmtpSink, tmp_path: Path, rounds: int
) -> None:
    crowd = await _through_kills(settings, sink, tmp_path / "log", rounds)
    await _nothing_was_lost(settings, crowd)
    _mailed_once_a_kill_at_most(sink, crowd, rounds)


@pytest.mark.soak
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_service_that_settles_before_it_sends_loses_mail(
    settings: Settings, sink: SmtpSink, tmp_path: Path
) -> None:
    """The control: the same kills find the fault when there is one."""
    crowd = await _through_kills(settings, sink, tmp_path / "log", 20, SETTLES_FIRST)
    assert {recipients[0] for recipients in sink.recipients} < crowd.registered.keys()


async def _through_kills(
    settings: Settings, sink: SmtpSink, log: Path, rounds: int, program: Sequence[str] = ("-m", "service.cli")
) -> Crowd:
    """A crowd at a service that is killed so many times, at any moment, and then ends in order."""
    stage, env, port = await make_stage(settings), _env(settings, sink), free_port()
    argv = [sys.executable, *program, "serve", "--port", str(port)]
    chance = random.Random(rounds)
    server = Server(env, log, port=port, argv=argv)
    try:
        await asyncio.to_thread(server.ready)
        crowd = Crowd(server.base_url, stage)
        async with asyncio.TaskGroup() as group:
            with crowd.working(group):
                for _round in range(rounds):
                    await crowd.more(chance.randint(3, 12))
                    crowd.up.clear()
                    server.kill()
                    await _let_leases_run_out(settings)
                    server = Server(env, log, port=port, argv=argv)
                    await asyncio.to_thread(server.ready)
                    crowd.up.set()
                await crowd.more(3)
        await _drained(settings)
        assert await asyncio.to_thread(server.terminate) == 0
    finally:
        server.kill()
    return crowd


async def _let_leases_run_out(settings: Settings) -> None:
    """On PostgreSQL a dead worker's deliveries wait for their lease; here its minutes pass at once."""
    database = Database(settings)
    async with database.write() as session:
        await outbox.release(session)
    await database.close()


async def _drained(settings: Settings) -> None:
    """Waits until nothing is left to seal or to deliver. Raises TimeoutError."""
    database = Database(settings)
    open_statuses = (DeliveryStatus.PENDING, DeliveryStatus.RUNNING)
    async with asyncio.timeout(DRAIN_SECONDS):
        while True:
            async with database.read() as session:
                unsealed = select(func.count()).where(col(EventRow.sequence).is_(None))
                waiting = select(func.count()).where(col(Delivery.status).in_(open_statuses))
                if (await session.exec(unsealed)).one() + (await session.exec(waiting)).one() == 0:
                    break
            await asyncio.sleep(0.05)
    await database.close()


async def _nothing_was_lost(settings: Settings, crowd: Crowd) -> None:
    database = Database(settings)
    async with database.read() as session:
        registered = dict((await session.exec(select(Registration.email, Registration.number))).all())
        scans = dict((await session.exec(select(Checkin.nonce, Checkin.id))).all())
        kinds = Counter((await session.exec(select(EventRow.type))).all())
        everyone = (await session.exec(select(func.count()).select_from(Registration))).one()
        statuses = set((await session.exec(select(Delivery.status))).all())
        findings = (await verify(session)).findings
    await database.close()
    assert registered == crowd.registered
    assert everyone == len(crowd.registered)
    assert {str(nonce): str(checkin) for nonce, checkin in scans.items()} == crowd.scanned
    assert kinds["registration.confirmed"] == len(crowd.registered)
    assert kinds["checkin.recorded"] == len(crowd.scanned)
    assert statuses == {DeliveryStatus.DONE}
    assert findings == []


def _mailed_once_a_kill_at_most(sink: SmtpSink, crowd: Crowd, kills: int) -> None:
    ids: dict[str, set[str]] = {}
    for message, recipients in zip(sink.messages, sink.recipients, strict=True):
        ids.setdefault(recipients[0], set()).add(str(message["Message-ID"]))
    assert ids.keys() == crowd.registered.keys()
    assert {len(of_one) for of_one in ids.values()} == {1}
    assert max(Counter(recipients[0] for recipients in sink.recipients).values()) <= 1 + kills


async def test_sigterm_answers_what_is_in_flight_takes_nothing_new_and_exits_with_zero(
    settings: Settings, tmp_path: Path
) -> None:
    stage = await make_stage(settings)
    workers = 2 if settings.on_postgresql else 1
    with (
        Server(environment(settings), tmp_path / "log", workers=workers) as server,
        _half_sent(server, stage) as line,
        line.makefile("rb") as answers,
    ):
        assert b"100 Continue" in answers.readline()
        ending = asyncio.create_task(asyncio.to_thread(server.terminate))
        await asyncio.to_thread(_until_refused, server)
        line.sendall(SECOND_HALF)
        assert b"HTTP/1.1 201 " in await asyncio.to_thread(answers.read)
        assert await ending == 0
    database = Database(settings)
    async with database.read() as session:
        assert (await session.exec(select(Registration.email))).all() == ["kabid@luwukab.go.id"]
    await database.close()


def _half_sent(server: Server, stage: Stage) -> socket.socket:
    """A registration of which the server has the head and half the body, and says so."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=40)
    head = [
        f"POST /api/v1/workshops/{stage.workshop_id}/registrations HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        *(f"{name}: {value}" for name, value in stage.headers.items()),
        "Content-Type: application/json",
        "Expect: 100-continue",
        f"Content-Length: {len(FIRST_HALF) + len(SECOND_HALF)}",
    ]
    line.sendall("\r\n".join([*head, "", ""]).encode() + FIRST_HALF)
    return line


def _until_refused(server: Server) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
        except OSError:
            return
        time.sleep(PAUSE)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_a_dead_process_is_replaced_and_the_others_go_on(settings: Settings, tmp_path: Path) -> None:
    with Server(environment(settings), tmp_path / "log", workers=2) as server:
        children = psutil.Process(server.pid).children()
        assert len(children) == 2
        children[0].kill()
        await asyncio.to_thread(_until_two_others, server.pid, children[0].pid)
        async with httpx.AsyncClient(base_url=server.base_url) as client:
            assert {(await client.get("/readyz")).status_code for _time in range(5)} == {200}
        assert server.terminate() == 0


def _until_two_others(parent: int, dead: int) -> None:
    alive: list[int] = []
    while len(alive) != 2 or dead in alive:
        time.sleep(PAUSE)
        # The dead one can vanish between being listed and being asked.
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(parent).children()
            alive = [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]


async def test_acknowledged_means_on_disk(settings: Settings) -> None:
    database = Database(settings)
    for opened in (database.read, database.write):
        async with opened() as session:
            if settings.on_postgresql:
                assert (await run_sql(session, "SHOW synchronous_commit")).scalar() == "on"
            else:
                names = ("synchronous", "journal_mode", "foreign_keys")
                said = [(await run_sql(session, f"PRAGMA {name}")).scalar() for name in names]
                assert said == [2, "wal", 1]
    await database.close()
