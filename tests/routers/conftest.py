"""Fixtures of the API tests."""

import pytest
from httpx import AsyncClient

from service.db import Database
from tests import factories
from tests.support.workshops import House


@pytest.fixture
async def house(client: AsyncClient, database: Database) -> House:
    async with database.write() as session:
        row = await factories.organizer(session, "luwu")
        key = await factories.api_key(session, row)
    return House(client, row, key)
