"""The committee invites: what it may set, and what it is told when that makes no sense."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.people import Organisation
from service.models.workshops import Capacity
from service.worker import Worker
from tests.factories import at
from tests.routers.test_quotas import DEADLINE, House
from tests.routers.test_registrations import types

LONG_AGO = "2023-01-01T00:00:00+08:00"
AFTERWARDS = "2023-08-01T00:00:00+08:00"


def pointers(answer: Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


async def batch(house: House, **values: Any) -> Response:
    return await house.client.post(f"{house.url}/invitations/batch", json=values, headers=house.key)


@pytest.mark.parametrize("deadline", [LONG_AGO, AFTERWARDS])
async def test_a_deadline_lies_between_now_and_the_end_of_the_workshop(
    client: AsyncClient, database: Database, deadline: str
) -> None:
    house = await House.open(client, database)
    one = {"organisation": "disdik", "deadline": deadline}
    assert pointers(await client.post(f"{house.url}/invitations", json=one, headers=house.key)) == ["/deadline"]
    assert pointers(await batch(house, organisations=["disdik"], deadline=deadline)) == ["/deadline"]
    made = await house.invite()
    url, key = f"{house.url}/invitations/{made['id']}", house.key | {"If-Match": "*"}
    assert pointers(await client.patch(url, json={"deadline": deadline}, headers=key)) == ["/deadline"]
    assert await types(database) == ["invitation.sent"]


async def test_a_deadline_that_has_passed_may_stay_as_it_is(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    made = await house.invite()
    clock.freeze(at("06-30 16:01"))
    kept = await house.change(made, deadline=DEADLINE, letter_number="005/1")
    assert (kept["letter_number"], kept["held"]["offline"]) == ("005/1", 0)


async def test_nothing_is_held_beyond_the_end_of_a_workshop_that_was_moved_to_before_the_deadline(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    house = await House.open(client, database, blocks=False)
    made = await house.invite()
    earlier = {"starts_at": "2023-06-29T08:00:00+08:00", "ends_at": "2023-06-29T12:00:00+08:00"}
    moved = await client.patch(house.url, json=earlier, headers=house.key | {"If-Match": "*"})
    assert moved.status_code == 200, moved.text
    assert (await house.read(made))["held"]["offline"] == 2
    clock.freeze(at("06-29 12:01"))
    assert (await house.read(made))["held"]["offline"] == 0
    await worker.drain()
    async with database.read() as session:
        row = (await session.exec(select(Capacity))).one()
    assert (row.offline_reserved, row.release_due_at) == (0, None)
    assert "invitation.released" in await types(database)
    await house.change(made, quota={"offline": 1})
    assert (await house.read(made))["held"]["offline"] == 0


async def test_whoever_is_invited_already_is_found_by_the_answer(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    made = await house.invite()
    again = await client.post(f"{house.url}/invitations", json={"organisation": "dinkes"}, headers=house.key)
    problem = again.json()
    assert (again.status_code, problem["code"], problem["invitation_id"]) == (409, "already_invited", made["id"])


@pytest.mark.parametrize(
    ("typed", "quota"),
    [
        ({"offline": 2}, {"offline": 2, "online": 0}),
        ({"online": 1}, {"offline": 0, "online": 1}),
        ({"offline": 2, "online": None}, {"offline": 2, "online": None}),
        ({"offline": None}, {"offline": None, "online": None}),
        ({}, {"offline": None, "online": None}),
    ],
)
async def test_a_number_for_one_mode_alone_leaves_nobody_for_the_other(
    client: AsyncClient, database: Database, typed: dict[str, Any], quota: dict[str, Any]
) -> None:
    house = await House.open(client, database)
    assert (await house.invite(quota=typed))["quota"] == quota
    [made] = (await batch(house, organisations=["disdik"], quota=typed)).json()["items"]
    assert made["quota"] == quota
    changed = await house.change(made, quota={"online": 3})
    assert changed["quota"] == quota | {"online": 3}


async def test_many_are_meant_by_codes_or_by_a_class_that_there_is(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    for neither in ({}, {"organisations": ["dinkes"], "org_class": "opd"}):
        assert pointers(await batch(house, **neither)) == ["/organisations"]
    async with database.write() as session:
        for row, org_class in zip(await session.exec(select(Organisation)), ("opd", "vertikal"), strict=True):
            row.org_class = org_class
    unknown = await batch(house, org_class="odp")
    assert pointers(unknown) == ["/org_class"]
    assert "opd, vertikal" in unknown.json()["errors"][0]["message"]
    assert len((await batch(house, org_class="opd")).json()["items"]) == 1
