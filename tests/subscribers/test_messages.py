"""One message per occasion and person: mailed once, under one Message-ID, over whatever channel there is."""

import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from sqlmodel import col, select, update

from service import clock, outbox
from service.auth import system
from service.clients import mail as mail_client
from service.db import Database
from service.domain import messages, registrations, substitutes
from service.events import (
    Event,
    InvitationSent,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationRepeated,
    RegistrationWaitlisted,
    WorkshopCancelled,
)
from service.models.invitations import Invitation
from service.models.messages import Channel, Message, MessageStatus
from service.models.organizers import Organizer
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate, SubstituteCreate
from service.models.workshops import Mode, Workshop, WorkshopStatus
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.support.smtp import SmtpSink

LINK = re.compile(r"https?://\S+")


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def by_smtp(settings: Settings, sink: SmtpSink, database: Database) -> None:
    """The worker's mail goes to the sink."""
    settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", sink.port, "none"
    assert database.settings is settings


async def workshop(database: Database, **values: Any) -> Workshop:
    async with database.write() as session:
        return await factories.workshop(session, await factories.organizer(session), **values)


async def person(database: Database, gathering: Workshop, **values: Any) -> Registration:
    async with database.write() as session:
        return await factories.registration(session, gathering, **values)


async def happen(
    database: Database, worker: Worker, kind: type[Event], row: Registration | Workshop, **ids: object
) -> None:
    if isinstance(row, Registration):
        ids |= {"registration_id": row.id, "workshop_id": row.workshop_id}
    else:
        ids |= {"workshop_id": row.id}
    async with database.write() as session:
        await outbox.record(session, kind(organizer_id=row.organizer_id, **ids))
    await worker.drain()


async def rows(database: Database) -> list[Message]:
    async with database.read() as session:
        return list(await session.exec(select(Message).order_by(col(Message.id))))


async def again_now(database: Database, worker: Worker) -> None:
    """Every delivery that was put off becomes due, as if its gap had passed."""
    async with database.write() as session:
        waiting = update(Delivery).where(col(Delivery.status) == DeliveryStatus.PENDING)
        await session.exec(waiting.values(due_at=clock.real_now()))
    await worker.drain()


def kept(settings: Settings) -> list[EmailMessage]:
    paths = sorted(mail_client.folder(settings).glob("*.eml")) if mail_client.folder(settings).exists() else []
    return [message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default) for path in paths]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content()).replace("\r\n", "\n")


async def test_a_confirmation_carries_the_stable_links_and_the_calendar(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    row = await person(database, gathering, name="Kepala Bidang Aptika, S.Kom.", mode=Mode.ONLINE)
    await happen(database, worker, RegistrationConfirmed, row)
    async with database.read() as session:
        token = factories.participant_token(session, row)
    [message] = kept(settings)
    base = settings.base_url
    links = {f"{base}/my/{token}", f"{base}/join/{token}", f"{base}/calendar/my/{token}.ics"}
    assert set(LINK.findall(text_of(message))) == links
    assert "Yth. Kepala Bidang Aptika, S.Kom.," in text_of(message)
    assert "Senin, 3 Juli 2023, pukul 08.00 WITA" in text_of(message)
    assert message["Subject"] == "Pendaftaran terkonfirmasi: Bimtek Penyusunan Masterplan Smart City"
    [calendar] = message.iter_attachments()
    assert calendar.get_content().count(b"\r\nRDATE;") == 3
    assert b"\r\nMETHOD:REQUEST\r\n" in calendar.get_content()


async def test_english_is_written_to_an_english_house(database: Database, worker: Worker, settings: Settings) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, language="en")
        row = await factories.registration(session, await factories.workshop(session, house))
    await happen(database, worker, RegistrationConfirmed, row)
    [message] = kept(settings)
    assert "Monday, 3 July 2023, 08:00 WITA" in text_of(message)
    assert message["Subject"].startswith("Registration confirmed: ")


@pytest.mark.usefixtures("by_smtp")
async def test_a_message_put_off_by_the_server_is_delivered_once_under_the_same_message_id(
    database: Database, worker: Worker, sink: SmtpSink, settings: Settings
) -> None:
    row = await person(database, await workshop(database))
    sink.answer("data", "451 greylisted", "451 greylisted")
    await happen(database, worker, RegistrationConfirmed, row)
    [waiting] = await rows(database)
    assert (waiting.status, waiting.error, waiting.attempts) == (MessageStatus.QUEUED, "SMTP 451", 1)
    for _ in range(3):
        await again_now(database, worker)
    [sent] = await rows(database)
    assert (sent.status, sent.error, sent.attempts) == (MessageStatus.SENT, None, 2)
    assert [message["Message-ID"] for message in sink.messages] == [f"<{sent.id}@127.0.0.1>"]
    assert len(set(sink.seen)) == 1
    assert len(sink.seen) == 3


@pytest.mark.usefixtures("by_smtp")
async def test_a_kill_between_sending_and_settling_repeats_the_message_id_and_makes_no_second_row(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    row = await person(database, await workshop(database))
    await happen(database, worker, RegistrationConfirmed, row)
    async with database.write() as session:
        await session.exec(update(Message).values(status=MessageStatus.QUEUED, sent_at=None))
        await session.exec(update(Delivery).values(status=DeliveryStatus.PENDING))
    await again_now(database, worker)
    assert len(await rows(database)) == 1
    assert len(sink.messages) == 2
    assert len({message["Message-ID"] for message in sink.messages}) == 1


@pytest.mark.usefixtures("by_smtp")
async def test_what_was_sent_is_not_sent_again_on_redelivery(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    row = await person(database, await workshop(database))
    await happen(database, worker, RegistrationConfirmed, row)
    async with database.write() as session:
        await session.exec(update(Delivery).values(status=DeliveryStatus.PENDING))
    await again_now(database, worker)
    assert len(sink.messages) == 1


@pytest.mark.usefixtures("by_smtp")
async def test_a_refused_recipient_fails_for_good_and_the_delivery_waits_for_a_person(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    row = await person(database, await workshop(database), email="hilang@luwukab.go.id")
    sink.answer("recipient", "550 no such user hilang@luwukab.go.id")
    await happen(database, worker, RegistrationConfirmed, row)
    [failed] = await rows(database)
    assert (failed.status, failed.error) == (MessageStatus.FAILED, "SMTP 550")
    async with database.write() as session:
        parked = select(Delivery).where(Delivery.status == DeliveryStatus.PARKED)
        [delivery] = (await session.exec(parked)).all()
        assert delivery.error == "SMTP 550"
        await outbox.replay(session, delivery)
    await worker.drain()
    assert [row.status for row in await rows(database)] == [MessageStatus.SENT]


async def test_somebody_with_only_a_phone_stands_on_the_send_list(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await person(database, await workshop(database), email=None, phone="+6281100000000", contact_key="+62811")
    await happen(database, worker, RegistrationConfirmed, row)
    [message] = await rows(database)
    assert (message.channel, message.status) == (Channel.SEND_LIST, MessageStatus.WAITING)
    assert kept(settings) == []


async def test_somebody_without_any_contact_is_counted_as_unreachable(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await person(database, await workshop(database), email=None, contact_key=None)
    await happen(database, worker, RegistrationConfirmed, row)
    [message] = await rows(database)
    assert (message.channel, message.status) == (Channel.NONE, MessageStatus.UNREACHABLE)
    assert kept(settings) == []


async def test_a_confirmation_whose_registration_was_cancelled_first_is_dropped(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await person(database, await workshop(database), status=RegistrationStatus.CANCELLED, holds_seat=False)
    await happen(database, worker, RegistrationConfirmed, row)
    assert [(one.occasion, one.status) for one in await rows(database)] == [("confirmation", MessageStatus.DROPPED)]
    await happen(database, worker, RegistrationCancelled, row)
    [message] = kept(settings)
    assert message["Subject"].startswith("Pendaftaran dibatalkan")
    assert LINK.findall(text_of(message)) == []


async def test_what_is_overtaken_leaves_the_send_list(database: Database, worker: Worker) -> None:
    values = {"email": None, "phone": "+6281100000000", "contact_key": "+62811", "holds_seat": False}
    row = await person(database, await workshop(database), status=RegistrationStatus.WAITLISTED, **values)
    await happen(database, worker, RegistrationWaitlisted, row)
    async with database.write() as session:
        (await session.get_one(Registration, row.id)).status = RegistrationStatus.CANCELLED
    await happen(database, worker, RegistrationCancelled, row)
    assert [(one.occasion, one.status) for one in await rows(database)] == [
        ("waitlisted", MessageStatus.DROPPED),
        ("cancelled", MessageStatus.WAITING),
    ]


async def test_a_cancelled_workshop_is_told_once_to_everybody_who_is_still_registered(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database, cancellation_reason="Pergeseran cuti bersama")
    for status in RegistrationStatus:
        await person(database, gathering, status=status)
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).status = WorkshopStatus.CANCELLED
    await happen(database, worker, WorkshopCancelled, gathering)
    sent = kept(settings)
    assert len(sent) == 3
    assert all("Alasan: Pergeseran cuti bersama" in text_of(message) for message in sent)
    async with database.write() as session:
        await session.exec(update(Delivery).values(status=DeliveryStatus.PENDING))
    await again_now(database, worker)
    assert len(await rows(database)) == 3


@pytest.mark.usefixtures("by_smtp")
async def test_one_refusal_among_many_holds_nobody_else_up(database: Database, worker: Worker, sink: SmtpSink) -> None:
    gathering = await workshop(database)
    for _ in range(3):
        await person(database, gathering)
    sink.answer("recipient", "550 unknown", "451 later")
    await happen(database, worker, WorkshopCancelled, gathering)
    await again_now(database, worker)
    assert sorted(one.status for one in await rows(database)) == ["failed", "sent", "sent"]
    assert len(sink.messages) == 2


async def test_a_repeated_registration_tells_the_true_number_and_only_once_in_ten_minutes(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await person(database, await workshop(database))
    await happen(database, worker, RegistrationRepeated, row)
    await happen(database, worker, RegistrationRepeated, row)
    [message] = kept(settings)
    assert f"Nomor pendaftaran: {row.number}\n" in text_of(message)
    assert "/my/" in text_of(message)


async def test_a_held_registration_is_confirmed_by_the_stored_address_alone(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        for name, email in (("Kepala Dinas", "kominfo@luwukab.go.id"), ("Penyusup", "KOMINFO@luwukab.go.id")):
            data = RegistrationCreate(name=name, email=email, mode=Mode.OFFLINE, consent=True)
            await registrations.register_public(session, gathering.id, data)
    await worker.drain()
    sent = kept(settings)
    assert [message["To"] for message in sent] == ["kominfo@luwukab.go.id"] * 2
    [question] = [message for message in sent if message["Subject"].startswith("Mohon konfirmasi")]
    assert "Penyusup" not in str(question)
    [link] = LINK.findall(text_of(question))
    assert link.startswith(f"{settings.base_url}/confirm/")


async def test_a_substitution_tells_both_and_the_old_links_are_not_repeated(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    async with database.write() as session:
        data = RegistrationCreate(name="Kepala Dinas", email="kadis@luwukab.go.id", mode=Mode.OFFLINE, consent=True)
        actor = system(gathering.organizer_id)
        old = await registrations.register(session, actor, gathering.id, data)
        other = SubstituteCreate(name="Sekretaris", email="sekretaris@luwukab.go.id", position="Sekretaris")
        _old, new = await substitutes.substitute(session, actor, old.id, other)
    await worker.drain()
    async with database.read() as session:
        token = factories.participant_token(session, new)
    told = {message["To"]: text_of(message) for message in kept(settings)}
    assert LINK.findall(told["kadis@luwukab.go.id"]) == []
    assert f"/my/{token}" in told["sekretaris@luwukab.go.id"]
    assert "Status: terkonfirmasi." in told["sekretaris@luwukab.go.id"]


async def test_an_invitation_goes_to_the_organisations_contacts(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    contacts = [{"name": None, "position": "Sekretaris", "email": "dinkes@luwukab.go.id", "phone": None}]
    async with database.write() as session:
        house = await session.get_one(Organizer, gathering.organizer_id)
        agency = await factories.organisation(session, house, contacts=contacts)
        invitation = Invitation(
            organizer_id=gathering.organizer_id,
            workshop_id=gathering.id,
            organisation_id=agency.id,
            letter_number="000.1.5/123/Diskominfo-SP",
            key_id=agency.key_id,
        )
        session.add(invitation)
    await happen(database, worker, InvitationSent, gathering, invitation_id=invitation.id)
    [message] = kept(settings)
    assert message["To"] == "dinkes@luwukab.go.id"
    assert "Nomor surat: 000.1.5/123/Diskominfo-SP" in text_of(message)
    assert [link.rpartition("/")[0] for link in LINK.findall(text_of(message))] == [f"{settings.base_url}/invitations"]


async def test_no_address_and_no_link_is_kept_with_a_message(database: Database, worker: Worker) -> None:
    gathering = await workshop(database)
    row = await person(database, gathering, email="kenari@luwukab.go.id", name="Kenari")
    phone = await person(database, gathering, email=None, phone="+6281100000000", contact_key="+6281100000000")
    for one in (row, phone):
        await happen(database, worker, RegistrationConfirmed, one)
    async with database.read() as session:
        token = factories.participant_token(session, row)
        stored = [str(message.model_dump()) for message in await session.exec(select(Message))]
        stored += [str(delivery.model_dump()) for delivery in await session.exec(select(Delivery))]
    for secret in ("kenari", "Kenari", "81100000000", token, "/my/", "http"):
        assert [text for text in stored if secret in text] == []


async def test_resending_keeps_the_row_of_what_failed_and_makes_a_new_one_for_what_was_sent(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await person(database, await workshop(database))
    await happen(database, worker, RegistrationConfirmed, row)
    [first] = await rows(database)
    async with database.write() as session:
        second = await messages.resend(session, system(row.organizer_id), first.id)
    await worker.drain()
    assert [one.status for one in await rows(database)] == [MessageStatus.SENT, MessageStatus.SENT]
    assert {message["Message-ID"] for message in kept(settings)} == {
        f"<{one}@127.0.0.1>" for one in (first.id, second.id)
    }
    async with database.write() as session:
        await session.exec(update(Message).values(status=MessageStatus.FAILED))
        third = await messages.resend(session, system(row.organizer_id), first.id)
    assert third.id == first.id
    await worker.drain()
    assert {one.id: one.status for one in await rows(database)}[first.id] is MessageStatus.SENT


@pytest.mark.usefixtures("by_smtp")
async def test_a_resent_message_is_not_sent_again_on_redelivery(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    row = await person(database, await workshop(database))
    await happen(database, worker, RegistrationConfirmed, row)
    [first] = await rows(database)
    async with database.write() as session:
        await messages.resend(session, system(row.organizer_id), first.id)
    await worker.drain()
    async with database.write() as session:
        await session.exec(update(Delivery).values(status=DeliveryStatus.PENDING))
    await again_now(database, worker)
    assert len(sink.messages) == 2
