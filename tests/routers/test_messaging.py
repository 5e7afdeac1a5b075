"""How a workshop writes to people is set in one place, under the workshop's version."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import col, select

from service import clock
from service.auth import Permission
from service.db import Database
from service.domain import reminders
from service.models.outbox import EventRow
from service.models.workshops import Workshop
from service.worker import Worker
from tests import factories
from tests.factories import at

ALL = ["week", "day", "hour", "each_day", "thanks", "commitments_week", "commitments_day", "commitments_overdue"]
ALL += ["review", "escalation"]
DEFAULT: dict[str, Any] = {"rehearsal": False, "reminders": ALL, "hall_links": "on_request"}


class House:
    """A workshop and a key of its house."""

    def __init__(self, client: AsyncClient, gathering: Workshop, key: dict[str, str]) -> None:
        self.client, self.gathering, self.key = client, gathering, key
        self.url = f"/api/v1/workshops/{gathering.id}/messaging"

    async def put(self, version: int, **values: object) -> Response:
        headers = self.key | {"If-Match": f'"{version}"'}
        return await self.client.put(self.url, json=DEFAULT | values, headers=headers)


@pytest.fixture
async def house(database: Database, client: AsyncClient) -> House:
    async with database.write() as session:
        row = await factories.organizer(session)
        gathering = await factories.workshop(session, row)
        return House(client, gathering, await factories.api_key(session, row))


async def changes(database: Database) -> list[object]:
    async with database.read() as session:
        found = await session.exec(
            select(EventRow).where(EventRow.type == "workshop.changed").order_by(col(EventRow.id))
        )
        return [event.data["what"] for event in found]


async def test_it_is_read_and_replaced_under_the_workshops_version(house: House, database: Database) -> None:
    read = await house.client.get(house.url, headers=house.key)
    assert read.json() == DEFAULT | {"version": 1}
    fresh = {"If-None-Match": read.headers["etag"]}
    assert (await house.client.get(house.url, headers=house.key | fresh)).status_code == 304
    changed = await house.put(1, rehearsal=True, reminders=["thanks", "week", "week"], hall_links="never")
    assert changed.json() == {
        "rehearsal": True,
        "reminders": ["week", "thanks"],
        "hall_links": "never",
        "version": 2,
    }
    assert (await house.client.get(house.url, headers=house.key | fresh)).status_code == 200
    assert (await house.put(1)).status_code == 412
    assert (await house.client.put(house.url, json=DEFAULT, headers=house.key)).status_code == 428
    assert await changes(database) == ["messaging"]


async def test_setting_the_same_again_is_no_change(house: House, database: Database) -> None:
    assert (await house.put(1)).json()["version"] == 1
    assert await changes(database) == []


@pytest.mark.parametrize(
    "wrong", [{"reminders": ["never"]}, {"hall_links": "sometimes"}, {"rehearsal": None}, {"more": 1}]
)
async def test_what_it_does_not_know_is_refused(house: House, wrong: dict[str, object]) -> None:
    assert (await house.put(1, **wrong)).status_code == 422


async def test_reminders_are_listed_by_their_time_with_what_became_of_them(
    house: House, database: Database, worker: Worker
) -> None:
    async with database.write() as session:
        await reminders.plan(session, house.gathering.id)
    clock.freeze(at("06-30 08:00"))
    await worker.drain()
    url = house.url.replace("messaging", "reminders")
    first = (await house.client.get(url, params={"limit": 3}, headers=house.key)).json()
    rest = (await house.client.get(url, params={"cursor": first["next"]}, headers=house.key)).json()
    found = [(one["kind"], one["about"], one["due_at"], one["status"]) for one in first["items"] + rest["items"]]
    assert found == [
        ("week", "2023-07-03", "2023-06-26T00:00:00Z", "dropped"),
        ("day", "2023-07-03", "2023-06-30T00:00:00Z", "fired"),
        ("hour", "2023-07-03", "2023-07-03T00:15:00Z", "planned"),
        ("each_day", "2023-07-04", "2023-07-03T23:30:00Z", "planned"),
    ]
    assert rest["next"] is None
    assert (await house.client.get(url, params={"cursor": "bm8"}, headers=house.key)).status_code == 422


async def test_a_kind_that_is_switched_off_is_no_longer_planned(
    house: House, database: Database, worker: Worker
) -> None:
    async with database.write() as session:
        await reminders.plan(session, house.gathering.id)
    await house.put(1, reminders=["hour"])
    await worker.drain()
    answer = await house.client.get(house.url.replace("messaging", "reminders"), headers=house.key)
    assert [one["kind"] for one in answer.json()["items"]] == ["hour"]


async def test_the_end_of_a_rehearsal_sends_nothing_by_itself(house: House, database: Database, worker: Worker) -> None:
    async with database.write() as session:
        await factories.registration(session, house.gathering)
    await house.put(1, rehearsal=True)
    await house.put(2, rehearsal=False)
    await worker.drain()
    answer = await house.client.get("/api/v1/messages", headers=house.key)
    assert answer.json()["items"] == []


async def test_a_reader_reads_and_does_not_write(house: House, database: Database) -> None:
    async with database.write() as session:
        owner = await factories.house_of(session, str(house.gathering.id))
        reader = await factories.api_key(session, owner, Permission.WORKSHOPS_READ)
    assert (await house.client.get(house.url, headers=reader)).status_code == 200
    headers = reader | {"If-Match": "*"}
    assert (await house.client.put(house.url, json=DEFAULT, headers=headers)).status_code == 403
