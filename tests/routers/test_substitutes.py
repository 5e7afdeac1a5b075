"""Somebody else comes: what the replaced person keeps (nothing), and until when one can be replaced."""

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.registrations import Registration
from service.models.workshops import Workshop, WorkshopStatus
from tests import factories
from tests.factories import at
from tests.routers.test_registrations import make

WHO = {"name": "Kepala Seksi", "email": "seksi@luwukab.go.id"}


async def person(database: Database) -> tuple[Registration, dict[str, str], dict[str, str]]:
    """Somebody confirmed, the headers of the mailed link, and of an all-permitted key."""
    _house, gathering, key = await make(database)
    async with database.write() as session:
        row = await factories.registration(session, gathering)
        return row, factories.bearer(factories.participant_token(session, row)), key


async def test_who_names_a_substitute_is_left_without_links_and_ticket(client: AsyncClient, database: Database) -> None:
    row, own, key = await person(database)
    answer = await client.post("/api/v1/my/registration/substitute", json=WHO, headers=own)
    assert (answer.status_code, answer.json()["status"]) == (201, "cancelled")
    assert (answer.json()["ticket"], answer.json()["links"]) == (None, None)
    seen = (await client.get(f"/api/v1/registrations/{row.id}", headers=key)).json()
    assert (seen["ticket"], seen["links"]) == (None, None)


async def test_no_link_of_whatever_version_opens_for_somebody_who_was_replaced(
    client: AsyncClient, database: Database
) -> None:
    row, own, _key = await person(database)
    await client.post("/api/v1/my/registration/substitute", json=WHO, headers=own)
    for version in (1, 2, 3):
        async with database.read() as session:
            row.link_version = version
            token = factories.participant_token(session, row)
        bearer = factories.bearer(token)
        assert (await client.get("/api/v1/my/registration", headers=bearer)).status_code == 401
        assert (await client.get(f"/calendar/my/{token}.ics")).status_code == 404
        assert (await client.get(f"/my/{token}")).status_code == 404


@pytest.mark.parametrize("ended", ["completed", "cancelled", "over"])
@pytest.mark.parametrize("action", ["cancellation", "substitute"])
async def test_when_the_workshop_has_ended_only_staff_change_who_was_registered(
    client: AsyncClient, database: Database, ended: str, action: str
) -> None:
    row, own, key = await person(database)
    if ended == "over":
        clock.freeze(at("07-04 16:00"))
    else:
        async with database.write() as session:
            (await session.get_one(Workshop, row.workshop_id)).status = WorkshopStatus(ended)
    body = WHO if action == "substitute" else {"reason": "Bertugas"}
    refused = await client.post(f"/api/v1/my/registration/{action}", json=body, headers=own)
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    allowed = await client.post(f"/api/v1/registrations/{row.id}/{action}", json=body, headers=key)
    assert allowed.status_code in (200, 201)
