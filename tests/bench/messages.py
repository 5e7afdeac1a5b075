"""How fast the outbox writes to people: mails handed over to a real SMTP server, beside the bare handing-over."""

import asyncio
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select

from service import clock, outbox
from service.clients import mail
from service.db import Database
from service.events import RegistrationConfirmed
from service.models.messages import Message, MessageStatus
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration
from service.settings import Settings
from tests.bench.fill import World
from tests.bench.load import Load
from tests.bench.meter import Meter, wait_until_idle
from tests.bench.report import Result
from tests.support.processes import Process, free_port
from tests.support.server import ROOT

NAME = "message, registration confirmed"
BARE_MAIL = "bare mail"
AT_ONCE = 20
DRAIN_SECONDS = 240.0
_PLENTY = 1_000_000


async def measure_messages(
    env: dict[str, str], world: World, database_pid: int | None, *, commands: Sequence[Sequence[str]], count: int
) -> list[Result]:
    """The mails of `count` confirmations that all happened at once, and as many bare ones, through the same sink.

    `commands` of our command line are the processes that send them.
    """
    folder = Path(env["BIMTEK_DATA_DIR"])
    port = free_port()
    with ExitStack() as stack:
        sink = Process([sys.executable, "-m", "tests.bench.sink", str(port)], env, folder / "sink.log", cwd=ROOT)
        stack.enter_context(sink)
        await _listening(port)
        smtp = {
            "BIMTEK_SMTP_HOST": "127.0.0.1",
            "BIMTEK_SMTP_PORT": str(port),
            "BIMTEK_SMTP_SECURITY": "none",
            "BIMTEK_MAIL_PER_MINUTE": str(_PLENTY),
        }
        settings = settings_from(env | smtp)
        bare = await _bare(settings, count)
        database = Database(settings)
        running = [
            stack.enter_context(
                Process([sys.executable, "-m", "service.cli", *command], env | smtp, folder / f"{number}.log", cwd=ROOT)
            )
            for number, command in enumerate(commands)
        ]
        for process in running:
            wait_until_idle(process.pid)
        try:
            measured = await _drain(database, world, count, [one.pid for one in running], database_pid)
        finally:
            await database.close()
    return [bare, measured]


def settings_from(env: Mapping[str, str]) -> Settings:
    """The settings that the service reads from this environment."""
    return Settings.model_validate({name.removeprefix("BIMTEK_").lower(): value for name, value in env.items()})


async def _listening(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            await asyncio.sleep(0.05)
        else:
            return


async def _bare(settings: Settings, count: int) -> Result:
    """The same client hands over one ready message again and again, `AT_ONCE` at a time."""
    load, waiting = Load(), iter(range(count))
    letter = mail.Mail(
        id="bare",
        to=["peserta@bench.example"],
        sender_name="Bench",
        subject="Bench",
        text="Bench. " * 200,
        html="<p>Bench.</p>" * 200,
        host="bench.example",
    )

    async def send() -> None:
        for _number in waiting:
            started = time.perf_counter()
            await mail.send(settings, letter)
            load.latencies.append(time.perf_counter() - started)

    meter = Meter({"application": os.getpid()})
    started = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    load.seconds = time.perf_counter() - started
    return Result.of(BARE_MAIL, load, meter.read())


async def _drain(database: Database, world: World, count: int, workers: list[int], database_pid: int | None) -> Result:
    async with database.read() as session:
        query = select(Registration).where(Registration.workshop_id == world.workshop_id)
        people = (await session.exec(query.order_by(col(Registration.number)).limit(count))).all()
    trees = {f"worker {number}": pid for number, pid in enumerate(workers)}
    trees |= {"database": database_pid} if database_pid else {}
    meter = Meter(trees)
    started, at = time.perf_counter(), clock.real_now()
    async with database.write() as session:
        await outbox.record_all(
            session,
            [
                RegistrationConfirmed(
                    organizer_id=one.organizer_id, workshop_id=one.workshop_id, registration_id=one.id
                )
                for one in people
            ],
        )
    settled = await _settled(database, at, len(people))
    load = Load(seconds=time.perf_counter() - started, latencies=settled)
    cpu = meter.read()
    async with database.read() as session:
        mine = (Message.occasion == "confirmation", col(Message.registration_id).in_([one.id for one in people]))
        statuses = Counter(await session.exec(select(Message.status).where(*mine)))
    load.broken = len(people) - statuses[MessageStatus.SENT]
    load.first_problem = str(dict(statuses)) if load.broken else ""
    outbox_seconds = sum(seconds for name, seconds in cpu.items() if name != "database")
    return Result.of(NAME, load, {name: cpu[name] for name in cpu if name == "database"} | {"outbox": outbox_seconds})


async def _settled(database: Database, since: datetime, count: int) -> list[float]:
    """Seconds from the beginning until each confirmation's delivery was settled; waits for all of them."""
    query = select(Delivery.settled_at).where(
        Delivery.subscriber == "messages.registration",
        Delivery.status == DeliveryStatus.DONE,
        col(Delivery.settled_at) >= since,
    )
    deadline = time.perf_counter() + DRAIN_SECONDS
    while time.perf_counter() < deadline:
        async with database.read() as session:
            found = [one for one in await session.exec(query) if one is not None]
        if len(found) >= count:
            break
        await asyncio.sleep(0.2)
    return [(one - since).total_seconds() for one in found]
