"""What a message may say is gathered anew, for many at the price of one, and only while it is true."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import Database
from service.domain import letters, rooms_links
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import HallLinks, Mode, Workshop, WorkshopStatus
from service.tokens import new_id
from tests import factories

S = RegistrationStatus


def message(row: Registration, occasion: Occasion, **values: Any) -> Message:
    return Message(
        organizer_id=row.organizer_id,
        workshop_id=row.workshop_id,
        registration_id=row.id,
        occasion=occasion.value,
        occasion_key=f"{new_id()}",
        channel=Channel.MAIL,
        status=MessageStatus.QUEUED,
        **values,
    )


async def gathering(session: AsyncSession, **values: Any) -> Workshop:
    return await factories.workshop(session, await factories.organizer(session), **values)


async def test_the_queries_grow_with_the_workshops_not_with_the_messages(database: Database) -> None:
    counts = []
    async with database.write() as session:
        made = await gathering(session)
        people = [await factories.registration(session, made) for _ in range(3)]
        for number in (1, 3):
            statements: list[str] = []

            def note(
                _connection: object, _cursor: object, said: str, *_rest: object, kept: list[str] = statements
            ) -> None:
                kept.append(said)

            event.listen(database.engine.sync_engine, "before_cursor_execute", note)
            found = await letters.facts_of(session, [message(row, Occasion.REMINDER_DAY) for row in people[:number]])
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
            assert all(found)
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 5


@pytest.mark.parametrize(
    ("occasion", "alive"),
    [
        (Occasion.CHANGED, {S.CONFIRMED, S.WAITLISTED, S.PENDING}),
        (Occasion.ROOM_CHANGED, {S.CONFIRMED}),
        (Occasion.REMINDER_WEEK, {S.CONFIRMED}),
        (Occasion.REMINDER_DAY, {S.CONFIRMED}),
        (Occasion.REMINDER_HOUR, {S.CONFIRMED}),
        (Occasion.REMINDER_EACH_DAY, {S.CONFIRMED}),
        (Occasion.THANKS, {S.CONFIRMED}),
    ],
)
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_message_lives_as_long_as_its_occasion(
    database: Database, occasion: Occasion, alive: set[RegistrationStatus]
) -> None:
    async with database.write() as session:
        made = await gathering(session)
        found = {}
        for status in S:
            row = await factories.registration(session, made, status=status)
            found[status] = await letters.facts(session, message(row, occasion)) is not None
        assert {status for status, lives in found.items() if lives} == alive
        made.status = WorkshopStatus.CANCELLED
        row = await factories.registration(session, made)
        assert await letters.facts(session, message(row, occasion)) is None


@pytest.mark.parametrize(
    ("mode", "policy", "enters"),
    [
        (Mode.ONLINE, HallLinks.NEVER, True),
        (Mode.OFFLINE, HallLinks.NEVER, False),
        (Mode.OFFLINE, HallLinks.ON_REQUEST, True),
        (Mode.OFFLINE, HallLinks.ALWAYS, True),
    ],
)
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_hall_is_shown_the_online_room_when_the_workshop_allows_it(
    database: Database, mode: Mode, policy: HallLinks, enters: bool
) -> None:
    async with database.write() as session:
        row = await factories.registration(session, await gathering(session, hall_links=policy), mode=mode)
        found = await letters.facts(session, message(row, Occasion.REMINDER_DAY))
        assert found
        assert bool(found.join_url) is bool(found.display_name) is enters
        replaced = await letters.facts(session, message(row, Occasion.ROOM_CHANGED))
        assert bool(replaced) is enters


async def test_only_what_people_can_do_without_carries_a_way_out(database: Database) -> None:
    async with database.write() as session:
        row = await factories.registration(session, await gathering(session))
        for occasion, carries in ((Occasion.REMINDER_DAY, True), (Occasion.CONFIRMATION, False)):
            found = await letters.facts(session, message(row, occasion))
            assert found
            assert bool(found.unsubscribe_url) is carries


async def test_the_committee_learns_whose_link_it_is_and_gets_no_link(database: Database) -> None:
    async with database.write() as session:
        row = await factories.registration(session, await gathering(session), name="Kepala Bidang Aptika")
        found = await letters.facts(session, message(row, Occasion.LINK_SHARED, to_committee=True, what="4"))
        assert found
        assert (found.person, found.places, found.recipient) == ("Kepala Bidang Aptika", 4, found.organizer)
        assert (found.my_url, found.join_url, found.calendar_url, list(found.phones)) == (None, None, None, [])


async def test_the_name_to_carry_is_the_one_the_room_knows(database: Database) -> None:
    async with database.write() as session:
        made = await gathering(session)
        row = await factories.registration(session, made, name="Kepala Bidang " * 8, mode=Mode.ONLINE)
        found = await letters.facts(session, message(row, Occasion.REMINDER_HOUR))
        assert found
        assert found.display_name == rooms_links.display_name(row, None)
        assert len(found.display_name) <= rooms_links.LONGEST_NAME
