"""An hour in which mail or WhatsApp is away: registration does not notice, afterwards everything arrives, once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock, outbox
from service.clients import mail, whatsapp
from service.db import Database
from service.domain import messages
from service.events import MessageRequested
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.simulators.smtp import Mode, SmtpSink
from tests.simulators.whatsapp import WhatsApp
from tests.support.statements import counted
from tests.support.whatsapp import connect

PEOPLE = 4
Later = Callable[[int], Awaitable[None]]


@pytest.fixture
def later(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Both clocks move on by so many minutes, and the worker does what is due."""

    async def go(minutes: int) -> None:
        moved = timedelta(minutes=minutes)
        now, domain = clock.real_now() + moved, clock.now() + moved
        monkeypatch.setattr(clock, "real_now", lambda: now)
        clock.freeze(domain)
        await worker.drain()

    return go


@pytest.fixture
async def sink(settings: Settings) -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", made.port, "none"
    yield made
    await made.stop()


@pytest.fixture
async def simulator(settings: Settings) -> AsyncIterator[WhatsApp]:
    made = WhatsApp()
    await made.start()
    connect(settings, made)
    yield made
    await made.stop()


@pytest.fixture
async def gathering(database: Database) -> Workshop:
    async with database.write() as session:
        return await factories.workshop(session, await factories.organizer(session))


async def register(client: AsyncClient, gathering: Workshop, number: int, **values: str) -> None:
    data = {"name": f"Staf {number}", "email": f"staf{number}@luwukab.go.id", "mode": "offline", "consent": True}
    answer = await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=data | values)
    assert (answer.status_code, answer.json()["status"]) == (201, "confirmed")


async def remind(database: Database, gathering: Workshop) -> None:
    """Everybody so far is reminded, by something that is of no use in half an hour."""
    async with database.write() as session:
        people = (await session.exec(select(Registration).where(Registration.workshop_id == gathering.id))).all()
        stale_at = clock.now() + timedelta(minutes=30)
        for made in await messages.about_people(session, Occasion.REMINDER_HOUR, people, "k", stale_at=stale_at):
            requested = MessageRequested(organizer_id=gathering.organizer_id, message_id=made.id)
            await outbox.record(session, requested)


async def stored(database: Database) -> list[Message]:
    async with database.read() as session:
        return list(await session.exec(select(Message).order_by(col(Message.id))))


async def unfinished(database: Database) -> int:
    async with database.read() as session:
        return len((await session.exec(select(Delivery).where(Delivery.status != DeliveryStatus.DONE))).all())


async def an_hour(client: AsyncClient, database: Database, gathering: Workshop, later: Later, **values: str) -> None:
    """People register every quarter of an hour; those of the first are reminded."""
    for quarter in range(PEOPLE):
        phone = {"phone": f"08110000000{quarter}"} if values else {}
        await register(client, gathering, quarter, **values, **phone)
        if quarter == 0:
            await remind(database, gathering)
        await later(15)


def check(found: list[Message]) -> list[str]:
    """One confirmation for each, and a reminder that was dropped and says so; the ids of what was sent."""
    reminders = [one for one in found if one.occasion == Occasion.REMINDER_HOUR]
    assert [(one.status, one.error) for one in reminders] == [(MessageStatus.DROPPED, "stale")]
    confirmations = [one for one in found if one.occasion == Occasion.CONFIRMATION]
    assert [one.status for one in confirmations] == [MessageStatus.SENT] * PEOPLE
    return sorted(str(one.id) for one in confirmations)


@pytest.mark.parametrize("how", ["refuse", "hang", "answer 4xx", "away"])
async def test_an_hour_without_mail(
    client: AsyncClient,
    database: Database,
    gathering: Workshop,
    sink: SmtpSink,
    later: Later,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "COMMAND_SECONDS", 0.1)
    if how == "away":
        await sink.stop()
    elif how == "answer 4xx":
        sink.answer("data", *["421 closing"] * 500)
    else:
        sink.mode = "hang" if how == "hang" else "refuse"
    await an_hour(client, database, gathering, later)
    assert sink.messages == []
    assert all(one.status in (MessageStatus.QUEUED, MessageStatus.DROPPED) for one in await stored(database))
    sink.mode = "accept"
    sink.answer("data")
    if how == "away":
        await sink.start()
    # A busy machine may need longer than the impatience that keeps the outage short.
    monkeypatch.setattr(mail, "COMMAND_SECONDS", 10)
    await later(70)
    ids = check(await stored(database))
    assert sink.copies() == {f"<{one}@127.0.0.1>": 1 for one in ids}
    assert await unfinished(database) == 0


async def test_a_registration_costs_the_same_whoever_is_away(
    client: AsyncClient,
    database: Database,
    gathering: Workshop,
    sink: SmtpSink,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "COMMAND_SECONDS", 0.1)
    costs = []
    modes: list[Mode] = ["accept", "accept", "hang", "refuse"]
    for number, mode in enumerate(modes):
        sink.mode = mode
        with counted(database) as statements:
            await register(client, gathering, number)
        costs.append(len(statements))
        await later(1)
    assert len(set(costs[1:])) == 1


@pytest.mark.parametrize("how", ["error", "hang", "busy", "away"])
async def test_an_hour_without_whatsapp(
    client: AsyncClient,
    database: Database,
    gathering: Workshop,
    simulator: WhatsApp,
    later: Later,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(whatsapp, "SECONDS", 0.1)
    if how == "away":
        await simulator.stop()
    elif how in ("error", "hang", "busy"):
        simulator.mode = "error" if how == "error" else "hang" if how == "hang" else "busy"
    await an_hour(client, database, gathering, later, channel="whatsapp")
    assert simulator.messages == []
    simulator.mode = "accept"
    if how == "away":
        await simulator.start()
    await later(70)
    ids = check(await stored(database))
    assert simulator.copies() == dict.fromkeys(ids, 1)
    assert {one.channel for one in await stored(database)} == {Channel.WHATSAPP}
    assert await unfinished(database) == 0
