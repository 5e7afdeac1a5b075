"""What a change of the house's rules does to what is already known."""

from datetime import timedelta

from sqlmodel import select

from service import clock
from service.auth import system
from service.db import Database
from service.domain import organizers, presences
from service.models.attendance import Attendance
from service.models.attendance_shapes import PresenceCreate
from service.models.organizers_shapes import OrganizerPatch
from tests import factories
from tests.factories import at


async def test_a_lower_threshold_counts_presence_that_is_already_known(database: Database) -> None:
    clock.freeze(at("07-03 18:00"))
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        person = await factories.registration(session, gathering)
        joined = at("07-03 09:15")
        seen = PresenceCreate(
            registration_id=person.id,
            external_id="z1",
            display_name="Sekretaris",
            joined_at=joined,
            left_at=joined + timedelta(minutes=70),
        )
        await presences.report(session, system(house.id), gathering.id, [seen])

    async def present() -> list[bool]:
        async with database.read() as session:
            return [row.present for row in await session.exec(select(Attendance))]

    assert await present() == [False]
    async with database.write() as session:
        row = await organizers.own(session, system(house.id), lock=True)
        await organizers.change_organizer(session, system(house.id), row, OrganizerPatch(online_threshold=0.4))
    assert await present() == [True]
