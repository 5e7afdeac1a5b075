"""Whoever waits is never overtaken: a seat that appears goes to the queue before anybody new can take it."""

from httpx import AsyncClient

from service.db import Database
from service.models.workshops import WorkshopStatus
from tests.routers.test_registrations import form, make, taken


async def test_seats_added_to_a_draft_go_to_those_who_wait_when_it_is_published(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, key = await make(database, offline=1, status=WorkshopStatus.DRAFT, venue_name="Aula")
    workshop = f"/api/v1/workshops/{gathering.id}"
    people = f"{workshop}/registrations"
    await client.post(people, json=form(), headers=key)
    second = (await client.post(people, json=form(name="B", email="b@luwukab.go.id"), headers=key)).json()
    assert second["status"] == "waitlisted"
    limit = {"capacity": {"offline": {"limit": 2}}}
    assert (await client.patch(workshop, json=limit, headers=key | {"If-Match": "*"})).status_code == 200
    published = await client.post(f"{workshop}/publication", headers=key)
    assert published.json()["capacity"]["offline"]["taken"] == 2
    newcomer = await client.post(people, json=form(name="C", email="c@luwukab.go.id"))
    assert newcomer.json()["status"] == "waitlisted"
    assert (await client.get(f"/api/v1/registrations/{second['id']}", headers=key)).json()["status"] == "confirmed"


async def test_who_waits_for_a_mode_that_goes_gets_a_seat_in_the_other_and_keeps_it(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, key = await make(database, offline=5, online=0)
    key |= {"If-Match": "*"}
    workshop = f"/api/v1/workshops/{gathering.id}"
    waiting = (await client.post(f"{workshop}/registrations", json=form(mode="online"), headers=key)).json()
    assert waiting["status"] == "waitlisted"
    without = {"modality": "offline", "capacity": {"online": {"limit": 1}}}
    await client.patch(workshop, json=without, headers=key)
    assert await taken(database, gathering) == (1, 0)
    await client.patch(workshop, json={"modality": "hybrid"}, headers=key)
    assert await taken(database, gathering) == (1, 0)
