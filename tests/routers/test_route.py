"""What every route of the API does: conditional reads and known parameters."""

import pytest
from httpx import AsyncClient

from service.db import Database
from tests import factories
from tests.routers.test_registrations import make

READS = [
    "/api/v1/organizers/{slug}/organisations",
    "/api/v1/organisations",
    "/api/v1/data-items",
    "/api/v1/commitments",
    "/api/v1/messages",
    "/api/v1/events",
    "/api/v1/staff",
    "/api/v1/api-keys",
    "/api/v1/reports",
    "/api/v1/workshops/{id}/registrations",
    "/api/v1/workshops/{id}/invitations",
    "/api/v1/workshops/{id}/devices",
    "/api/v1/workshops/{id}/attendance",
    "/api/v1/workshops/{id}/rooms",
]


@pytest.mark.parametrize("path", READS)
async def test_every_read_can_be_asked_whether_it_changed(client: AsyncClient, database: Database, path: str) -> None:
    house, gathering, key = await make(database)
    url = path.format(id=gathering.id, slug=house.slug)
    first = await client.get(url, headers=key)
    assert first.status_code == 200, first.text
    unchanged = await client.get(url, headers=key | {"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_the_etag_of_a_list_changes_with_it(client: AsyncClient, database: Database) -> None:
    house, _gathering, key = await make(database)
    before = await client.get("/api/v1/organisations", headers=key)
    async with database.write() as session:
        await factories.organisation(session, house, "dinkes")
    after = await client.get("/api/v1/organisations", headers=key | {"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert [one["code"] for one in after.json()["items"]] == ["dinkes"]


async def test_an_unknown_parameter_is_named(client: AsyncClient, database: Database) -> None:
    await make(database)
    answer = await client.get("/api/v1/workshops?organisasi=luwu")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/organisasi")
