"""What tests of participants' and the committee's pages begin with."""

import pytest

from service.db import Database
from tests import factories
from tests.pages.portal_world import Portal, opened
from tests.pages.world import World


@pytest.fixture
async def world(database: Database) -> World:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, venue_name="Aula Bappelitbangda", online=5)
        row = await factories.registration(session, gathering, name="Kepala Bidang Aptika", organisation_name="Kominfo")
        return World(house, gathering, row, factories.participant_token(session, row))


@pytest.fixture
async def portal(database: Database) -> Portal:
    return await opened(database)
