"""Messages over WhatsApp's Cloud API: by preference, once, and by mail when WhatsApp will not."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlmodel import select

from service import clock, outbox
from service.clients import whatsapp
from service.db import Database
from service.domain import dispatch, messages, reminders
from service.domain.dispatch import Receipt
from service.events import RegistrationConfirmed, WorkshopCancelled
from service.models.messages import Channel, Message, MessageStatus, Occasion, Reminder
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration
from service.models.workshops import Workshop, WorkshopStatus
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.simulators.whatsapp import WhatsApp
from tests.subscribers.test_messages import again_now, happen, kept, person, rows, workshop
from tests.support.whatsapp import DIGITS, PHONE, connect, prefers_whatsapp


@pytest.fixture
async def simulator(settings: Settings) -> AsyncIterator[WhatsApp]:
    made = WhatsApp()
    await made.start()
    connect(settings, made)
    yield made
    await made.stop()


async def confirmed(database: Database, worker: Worker, **values: object) -> Registration:
    row = await person(database, await workshop(database), **(prefers_whatsapp() | values))
    await happen(database, worker, RegistrationConfirmed, row)
    return row


async def test_who_prefers_whatsapp_gets_the_approved_template_with_the_personal_link(
    database: Database, worker: Worker, settings: Settings, simulator: WhatsApp
) -> None:
    row = await confirmed(database, worker, name="Camat  Walenrang\u2028Timur", language="en")
    [sent] = simulator.messages
    async with database.read() as session:
        token = factories.participant_token(session, row)
    assert (sent.to, sent.template, sent.language) == (DIGITS, "bimtek_confirmation", "en")
    assert sent.parameters == [
        "Camat Walenrang Timur",
        "Bimtek Penyusunan Masterplan Smart City",
        "Monday, 3 July 2023, 08:00 WITA",
        f"{settings.base_url}/my/{token}",
    ]
    [message] = await rows(database)
    assert (message.channel, message.status, message.external_id) == (
        Channel.WHATSAPP,
        MessageStatus.SENT,
        sent.wamid,
    )
    assert sent.reference == str(message.id)
    assert kept(settings) == []


async def test_who_has_only_a_phone_is_spared_the_send_list_where_the_api_is(
    database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    await confirmed(database, worker, email=None, contact_key=PHONE, channel=None)
    assert [sent.to for sent in simulator.messages] == [DIGITS]


async def test_an_occasion_without_a_template_goes_by_mail(
    database: Database, worker: Worker, settings: Settings, simulator: WhatsApp
) -> None:
    settings.whatsapp_templates = {"invitation": "bimtek_invitation"}
    await confirmed(database, worker)
    assert (len(simulator.messages), len(kept(settings))) == (0, 1)


@pytest.mark.parametrize("code", [131026, 131047, 132001])
async def test_what_whatsapp_refuses_goes_on_by_mail_in_the_same_row(
    database: Database, worker: Worker, settings: Settings, simulator: WhatsApp, code: int
) -> None:
    simulator.refused[DIGITS] = code
    await confirmed(database, worker)
    [message] = await rows(database)
    assert (message.channel, message.status, message.error) == (
        Channel.MAIL,
        MessageStatus.SENT,
        f"WhatsApp {code}",
    )
    assert [one["Message-ID"] for one in kept(settings)] == [f"<{message.id}@127.0.0.1>"]
    assert simulator.attempts == 1


async def test_what_whatsapp_refuses_waits_on_the_send_list_for_who_has_no_mail(
    database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    simulator.refused[DIGITS] = 131026
    await confirmed(database, worker, email=None, contact_key=PHONE)
    [message] = await rows(database)
    assert (message.channel, message.status, message.error) == (
        Channel.SEND_LIST,
        MessageStatus.WAITING,
        "WhatsApp 131026",
    )
    await again_now(database, worker)
    assert simulator.attempts == 1


async def test_a_message_that_fell_back_to_mail_never_returns_to_whatsapp(
    database: Database, worker: Worker, settings: Settings, simulator: WhatsApp
) -> None:
    simulator.refused[DIGITS] = 131026
    (settings.data_dir / "mail").write_text("no folder")
    await confirmed(database, worker)
    simulator.refused.clear()
    (settings.data_dir / "mail").unlink()
    await again_now(database, worker)
    assert (simulator.attempts, len(kept(settings))) == (1, 1)


async def test_a_failure_that_is_reported_before_the_answer_is_kept_goes_on_by_mail(
    database: Database, worker: Worker, settings: Settings, simulator: WhatsApp
) -> None:
    row = await person(database, await workshop(database), **prefers_whatsapp())
    async with database.write() as session:
        [message] = await messages.about_registration(session, Occasion.CONFIRMATION, row.id, "k")
        assert await dispatch.take(session, message.id)
        await dispatch.receive(session, [Receipt("wamid.1", message.id, "failed", "131026")])
        await dispatch.sent(session, message.id, Channel.WHATSAPP, external_id="wamid.1")
    await worker.drain()
    [message] = await rows(database)
    assert (message.channel, message.status, message.error) == (Channel.MAIL, MessageStatus.SENT, "WhatsApp 131026")
    assert len(kept(settings)) == 1


async def test_too_fast_means_later_and_costs_no_attempt(
    database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    simulator.mode = "busy"
    before = clock.real_now()
    await confirmed(database, worker)
    async with database.read() as session:
        [delivery] = (await session.exec(select(Delivery).where(Delivery.subscriber == "messages.registration"))).all()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.PENDING, 0)
    assert delivery.due_at - before > timedelta(seconds=80)
    simulator.mode = "accept"
    await again_now(database, worker)
    [message] = await rows(database)
    assert (message.status, message.error) == (MessageStatus.SENT, None)


async def test_a_lost_answer_is_tried_again_unless_a_report_comes_first(
    database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    simulator.mode = "lost"
    await confirmed(database, worker)
    [message] = await rows(database)
    assert (message.status, message.attempts) == (MessageStatus.QUEUED, 1)
    simulator.mode = "accept"
    async with database.write() as session:
        await dispatch.receive(session, [Receipt(simulator.messages[0].wamid, message.id, "sent")])
    await again_now(database, worker)
    [message] = await rows(database)
    assert (message.status, message.external_id) == (MessageStatus.SENT, simulator.messages[0].wamid)
    assert len(simulator.messages) == 1


async def test_without_a_report_a_lost_answer_repeats_the_message_in_the_same_row(
    database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    simulator.mode = "lost"
    await confirmed(database, worker)
    simulator.mode = "accept"
    await again_now(database, worker)
    [message] = await rows(database)
    assert simulator.copies() == {str(message.id): 2}


async def test_whatsapp_being_away_keeps_nobody_waiting_for_mail(
    database: Database, worker: Worker, settings: Settings, simulator: WhatsApp
) -> None:
    simulator.mode = "error"
    gathering = await workshop(database, cancellation_reason="Cuti bersama")
    for number in range(3):
        values = prefers_whatsapp(phone=f"+62811000000{number}") if number != 1 else {}
        await person(database, gathering, **values)
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).status = WorkshopStatus.CANCELLED
    await happen(database, worker, WorkshopCancelled, gathering)
    assert (len(kept(settings)), simulator.attempts) == (1, 1)
    simulator.mode = "accept"
    await again_now(database, worker)
    assert sorted(one.status for one in await rows(database)) == ["sent"] * 3
    assert set(simulator.copies().values()) == {1}


async def test_an_error_says_neither_the_number_nor_the_token(simulator: WhatsApp, settings: Settings) -> None:
    message = whatsapp.Template("1", PHONE, "unknown", "id", ("a", "b", "c", "d"))
    with pytest.raises(whatsapp.WhatsAppRefused) as refused:
        await whatsapp.send(settings, message)
    await simulator.stop()
    with pytest.raises(whatsapp.WhatsAppUnavailable) as away:
        await whatsapp.send(settings, message)
    assert (str(refused.value), str(away.value)) == ("WhatsApp 132001", "WhatsApp ConnectError")
    assert away.value.__cause__ is None


async def test_a_preference_decides_at_the_time_of_sending(
    database: Database, worker: Worker, settings: Settings, simulator: WhatsApp
) -> None:
    row = await person(database, await workshop(database), phone=PHONE)
    async with database.write() as session:
        ids = {"organizer_id": row.organizer_id, "workshop_id": row.workshop_id, "registration_id": row.id}
        await outbox.record(session, RegistrationConfirmed(**ids))
        (await session.get_one(Registration, row.id)).channel = Channel.WHATSAPP
    await worker.drain()
    assert (len(simulator.messages), kept(settings)) == (1, [])
    assert isinstance((await rows(database))[0], Message)


@pytest.mark.parametrize(
    ("blocks", "kind", "day", "now", "said"),
    [
        (True, "hour", "07-03", "07-03 08:20", "Senin, 3 Juli 2023, pukul 09.15 WITA"),
        (True, "each_day", "07-04", "07-04 07:40", "Selasa, 4 Juli 2023, pukul 08.30 WITA"),
        (False, "each_day", "07-04", "07-04 07:40", "Selasa, 4 Juli 2023"),
    ],
)
async def test_a_reminder_says_when_its_own_day_begins(
    database: Database, worker: Worker, simulator: WhatsApp, blocks: bool, kind: str, day: str, now: str, said: str
) -> None:
    gathering = await workshop(database, blocks=blocks, reminders=[kind])
    await person(database, gathering, **prefers_whatsapp())
    async with database.write() as session:
        await reminders.plan(session, gathering.id)
    clock.freeze(factories.at(now))
    await worker.drain()
    assert [sent.parameters[2] for sent in simulator.messages] == [said]
    async with database.read() as session:
        assert [row.about for row in await session.exec(select(Reminder))] == [factories.at(f"{day} 00:00").date()]
