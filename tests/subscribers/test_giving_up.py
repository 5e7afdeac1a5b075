"""What was put off too often has failed: the committee sees it, and a replayed delivery sends it after all."""

from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select, update

from service import outbox
from service.db import Database
from service.domain import messages
from service.events import Event, RegistrationConfirmed, WorkshopCancelled
from service.models.messages import MessageStatus, Occasion
from service.models.organizers import Organizer
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration
from service.models.workshops import Workshop, WorkshopStatus
from service.outbox import RETRY_GAPS
from service.settings import Settings
from service.tokens import new_id
from service.worker import Worker
from tests.simulators.smtp import SmtpSink
from tests.subscribers.test_messages import again_now, happen, kept, person, rows, workshop


@pytest.fixture
async def sink(settings: Settings) -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", made.port, "none"
    yield made
    await made.stop()


async def to_the_last(database: Database, worker: Worker, kind: type[Event], row: Registration | Workshop) -> None:
    """It happens, and every attempt but the last one is over."""
    await happen(database, worker, kind, row)
    async with database.write() as session:
        waiting = update(Delivery).where(col(Delivery.status) == DeliveryStatus.PENDING)
        await session.exec(waiting.values(attempts=len(RETRY_GAPS)))
    await again_now(database, worker)


async def replay(database: Database, worker: Worker) -> None:
    async with database.write() as session:
        for delivery in await session.exec(select(Delivery).where(Delivery.status == DeliveryStatus.PARKED)):
            await outbox.replay(session, delivery)
    await worker.drain()


async def called_off(database: Database, people: int) -> tuple[Workshop, list[Registration]]:
    gathering = await workshop(database, status=WorkshopStatus.CANCELLED)
    return gathering, [await person(database, gathering) for _ in range(people)]


async def test_a_lone_message_fails_at_the_last_attempt_and_is_sent_by_a_replay(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    sink.mode = "refuse"
    await to_the_last(database, worker, RegistrationConfirmed, await person(database, await workshop(database)))
    [message] = await rows(database)
    assert message.status is MessageStatus.FAILED
    assert message.error
    sink.mode = "accept"
    await replay(database, worker)
    [message] = await rows(database)
    assert (message.status, message.error, len(sink.messages)) == (MessageStatus.SENT, None, 1)


async def test_of_many_all_that_is_left_fails_and_a_replay_sends_it_but_nothing_that_was_refused(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    gathering, people = await called_off(database, 4)
    sink.refused[str(people[0].email)] = "550 no such user"
    sink.answer("data", *["451 later"] * 2 * len(people))
    await to_the_last(database, worker, WorkshopCancelled, gathering)
    assert [(one.status, one.error) for one in await rows(database)] == [
        (MessageStatus.FAILED, "SMTP 550"),
        *[(MessageStatus.FAILED, "given up: SMTP 451")] * 3,
    ]
    sink.answer("data")
    await replay(database, worker)
    assert [one.status for one in await rows(database)] == [MessageStatus.FAILED, *[MessageStatus.SENT] * 3]
    assert len(sink.messages) == 3


async def test_what_was_never_tried_says_why_it_was_given_up(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    gathering, _people = await called_off(database, 3)
    sink.mode = "refuse"
    await to_the_last(database, worker, WorkshopCancelled, gathering)
    shown = [(one.status, (one.error or "").split(": ")[0]) for one in await rows(database)]
    assert shown == [(MessageStatus.FAILED, "given up")] * 3


async def test_one_address_that_the_server_cannot_spell_keeps_nobody_waiting(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    gathering = await workshop(database, status=WorkshopStatus.CANCELLED)
    for email in ("panitia-\u00e9@luwukab.go.id", "camat@luwukab.go.id", "sekretaris@luwukab.go.id"):
        await person(database, gathering, email=email)
    await happen(database, worker, WorkshopCancelled, gathering)
    assert [one.status for one in await rows(database)] == [MessageStatus.FAILED, *[MessageStatus.SENT] * 2]


async def test_calling_a_workshop_off_clears_the_send_list_of_all_else(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await workshop(database)
    row = await person(database, gathering, email=None, phone="+628122", contact_key="+628122")
    await happen(database, worker, RegistrationConfirmed, row)
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).status = WorkshopStatus.CANCELLED
    await happen(database, worker, WorkshopCancelled, gathering)
    await again_now(database, worker)
    assert [(one.occasion, one.status) for one in await rows(database)] == [
        ("confirmation", MessageStatus.DROPPED),
        ("workshop_cancelled", MessageStatus.WAITING),
    ]
    assert kept(settings) == []


async def test_one_of_several_recipients_that_is_refused_is_shown_with_the_message(
    database: Database, worker: Worker, sink: SmtpSink
) -> None:
    gathering = await workshop(database, rehearsal=True)
    async with database.write() as session:
        house = await session.get_one(Organizer, gathering.organizer_id)
        house.committee_emails = ["panitia@luwukab.go.id", "lama@luwukab.go.id"]
    sink.refused["lama@luwukab.go.id"] = "550 no such user"
    await happen(database, worker, RegistrationConfirmed, await person(database, gathering))
    assert [(one.status, one.error) for one in await rows(database)] == [(MessageStatus.SENT, "SMTP 550")]
    assert sink.recipients == [["panitia@luwukab.go.id"]]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_a_crowd_larger_than_a_statement_takes_is_written_to(database: Database) -> None:
    gathering = await workshop(database)
    model = await person(database, gathering)
    columns = model.model_dump()
    crowd = [Registration(**columns | {"id": new_id()}) for _ in range(33_000)]
    async with database.write() as session:
        made = await messages.about_people(session, Occasion.REMINDER_DAY, crowd, "k", registration_id=None)
    assert len({message.id for message in made}) == 33_000
