"""A house with one published workshop that everybody may see, and what fills its registration form."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.pages.guards import STAMP, hidden
from service.settings import Settings
from tests import factories

PERSON = {
    "name": "Kepala Bidang Aptika, S.Kom.",
    "email": "aptika@luwukab.go.id",
    "mode": "offline",
    "organisation": "dinkes",
    "consent": "yes",
}


class World:
    """A house with one published workshop, an organisation, the address of its page, and what fills its form."""

    def __init__(self, house: Organizer, gathering: Workshop, settings: Settings) -> None:
        self.house, self.gathering = house, gathering
        self.url = f"/w/{house.slug}/{gathering.slug}"
        self.stamp = {STAMP: hidden(settings, clock.real_now() - timedelta(seconds=settings.form_seconds + 1)).stamp}
        self.person = PERSON | self.stamp


async def make(database: Database, **values: Any) -> World:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.organisation(session, house, "dinkes", name="Dinas Kesehatan")
        return World(house, await factories.workshop(session, house, **values), database.settings)


async def registered(database: Database) -> list[Registration]:
    async with database.read() as session:
        return list(await session.exec(select(Registration).order_by(col(Registration.number))))
