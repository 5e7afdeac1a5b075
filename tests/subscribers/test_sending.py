"""How sending holds back, rehearses, and drops what came too late."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from service import clock, outbox
from service.db import Database
from service.domain import messages
from service.events import LinkShared, MessageRequested, RegistrationConfirmed, RegistrationWaitlisted
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.organizers import Organizer, Role
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Workshop
from service.settings import Settings
from service.subscribers import allowances
from service.worker import Worker
from tests import factories
from tests.simulators.smtp import SmtpSink
from tests.simulators.whatsapp import WhatsApp
from tests.subscribers.test_messages import again_now, happen, kept, person, rows, text_of, workshop
from tests.support.whatsapp import PHONE, connect, prefers_whatsapp


@pytest.fixture
async def sink(settings: Settings) -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", made.port, "none"
    yield made
    await made.stop()


async def rehearse(
    database: Database, gathering: Workshop, *, on: bool = True, emails: list[str] | None = None
) -> None:
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).rehearsal = on
        (await session.get_one(Organizer, gathering.organizer_id)).committee_emails = emails or []


async def remind(database: Database, row: Registration, **columns: Any) -> list[Message]:
    async with database.write() as session:
        made = await messages.about_people(session, Occasion.REMINDER_HOUR, [row], "k", **columns)
        for message in made:
            await outbox.record(session, MessageRequested(organizer_id=row.organizer_id, message_id=message.id))
    return made


async def test_in_rehearsal_everything_goes_to_the_committee_and_nothing_to_a_person(
    database: Database, worker: Worker, settings: Settings
) -> None:
    simulator = WhatsApp()
    await simulator.start()
    connect(settings, simulator)
    gathering = await workshop(database)
    await rehearse(database, gathering, emails=["panitia@luwukab.go.id", "aptika@luwukab.go.id"])
    by_mail = await person(database, gathering)
    by_whatsapp = await person(database, gathering, **prefers_whatsapp())
    by_hand = await person(database, gathering, email=None, phone="+628122", contact_key="+628122")
    nobody = await person(database, gathering, email=None, contact_key=None)
    for row in (by_mail, by_whatsapp, by_hand, nobody):
        await happen(database, worker, RegistrationConfirmed, row)
    await simulator.stop()
    assert simulator.attempts == 0
    assert [message["To"] for message in kept(settings)] == ["panitia@luwukab.go.id, aptika@luwukab.go.id"] * 4
    assert [(one.rehearsal, one.status) for one in await rows(database)] == [(True, MessageStatus.SENT)] * 4


async def test_the_committee_is_whoever_owns_and_organizes_unless_addresses_are_set(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        house = await session.get_one(Organizer, gathering.organizer_id)
        owner = await factories.staff(session, house)
        organizer = await factories.staff(session, house, Role.ORGANIZER)
        await factories.staff(session, house, Role.VIEWER)
        await factories.staff(session, house, disabled_at=clock.now())
    await rehearse(database, gathering)
    await happen(database, worker, RegistrationConfirmed, await person(database, gathering))
    assert kept(settings)[0]["To"] == ", ".join(sorted([owner.email, organizer.email]))


async def test_a_rehearsal_that_nobody_can_read_is_shown_as_unreachable(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    await rehearse(database, gathering)
    await happen(database, worker, RegistrationConfirmed, await person(database, gathering))
    assert [(one.status, one.rehearsal) for one in await rows(database)] == [(MessageStatus.UNREACHABLE, True)]
    assert kept(settings) == []


async def test_rehearsal_is_decided_when_a_message_goes_out(database: Database, worker: Worker, sink: SmtpSink) -> None:
    gathering = await workshop(database)
    row = await person(database, gathering)
    sink.answer("data", "451 later")
    await happen(database, worker, RegistrationConfirmed, row)
    await rehearse(database, gathering, emails=["panitia@luwukab.go.id"])
    await again_now(database, worker)
    assert sink.recipients == [["panitia@luwukab.go.id"]]
    [message] = await rows(database)
    assert message.rehearsal


async def test_the_committee_is_told_of_a_link_that_went_round(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    row = await person(database, gathering, name="Camat Walenrang")
    async with database.write() as session:
        house = await session.get_one(Organizer, gathering.organizer_id)
        house.committee_emails = ["panitia@luwukab.go.id"]
        token = factories.participant_token(session, row)
    await happen(database, worker, LinkShared, row, places=7)
    [mail] = kept(settings)
    assert mail["To"] == "panitia@luwukab.go.id"
    assert "Camat Walenrang" in text_of(mail)
    assert token not in text_of(mail)
    [message] = await rows(database)
    assert (message.to_committee, message.rehearsal, message.what) == (True, False, "7")


async def test_a_reminder_that_came_too_late_is_dropped_and_says_so(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await person(database, await workshop(database))
    await remind(database, row, stale_at=clock.now() + timedelta(minutes=30))
    clock.freeze(clock.now() + timedelta(minutes=31))
    await worker.drain()
    [message] = await rows(database)
    assert (message.status, message.error) == (MessageStatus.DROPPED, "stale")
    assert kept(settings) == []


async def test_what_is_stale_leaves_the_send_list(database: Database) -> None:
    row = await person(database, await workshop(database), email=None, phone=PHONE, contact_key=PHONE)
    await remind(database, row, stale_at=clock.now() + timedelta(minutes=30))
    for minutes, expected in ((29, MessageStatus.WAITING), (32, MessageStatus.DROPPED)):
        clock.freeze(clock.now() + timedelta(minutes=minutes))
        async with database.write() as session:
            await messages.drop_stale(session)
        assert [one.status for one in await rows(database)] == [expected]


async def test_no_more_than_a_minutes_worth_is_sent_in_a_minute(
    database: Database, worker: Worker, settings: Settings, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.mail_per_minute = 2
    gathering = await workshop(database)
    for _ in range(5):
        row = await person(database, gathering)
        async with database.write() as session:
            ids = {"workshop_id": gathering.id, "registration_id": row.id}
            await outbox.record(session, RegistrationConfirmed(organizer_id=row.organizer_id, **ids))
    counts = []
    for minute in range(4):
        now = clock.real_now() + timedelta(minutes=minute and 1, seconds=minute and 1)
        monkeypatch.setattr(clock, "real_now", lambda now=now: now)
        await worker.drain()
        counts.append(len(sink.messages))
    assert counts == [2, 4, 5, 5]
    assert set(sink.copies().values()) == {1}
    async with database.read() as session:
        waiting = select(Delivery).where(Delivery.status != DeliveryStatus.DONE)
        assert (await session.exec(waiting)).all() == []


async def test_two_processes_share_one_minute(
    database: Database, worker: Worker, settings: Settings, sink: SmtpSink
) -> None:
    settings.mail_per_minute = 90
    other = Database(settings)
    sent, delays = 0, []
    for _ in range(60):
        for process in (database, other):
            try:
                await allowances.spend(process, Channel.MAIL)
            except outbox.Later as later:
                delays.append(later.delay)
            else:
                sent += 1
    await other.close()
    assert sent == 90
    assert all(timedelta() < delay <= timedelta(seconds=61) for delay in delays)


async def test_a_share_of_a_minute_costs_one_transaction(
    database: Database, settings: Settings, sink: SmtpSink
) -> None:
    settings.mail_per_minute = 600
    before = database.commits
    for _ in range(60):
        await allowances.spend(database, Channel.MAIL)
    assert database.commits - before == 3


async def test_one_message_costs_a_handful_of_statements(database: Database, worker: Worker) -> None:
    gathering = await workshop(database)
    seen: list[str] = []
    row = await person(database, gathering)
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    async with database.write() as session:
        await messages.about_registration(session, Occasion.CONFIRMATION, row.id, "k")
    counted = [said for said in seen if not said.startswith(("BEGIN", "COMMIT", "PRAGMA"))]
    assert len(counted) == 4, counted


async def test_the_waiting_list_is_written_to_as_before(database: Database, worker: Worker, settings: Settings) -> None:
    row = await person(
        database, await workshop(database), status=RegistrationStatus.WAITLISTED, holds_seat=False, language="en"
    )
    await happen(database, worker, RegistrationWaitlisted, row)
    assert len(kept(settings)) == 1
