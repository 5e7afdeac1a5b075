"""The committee invites: what it may set, and what it is told when that makes no sense."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.db import Database
from service.documents import mail
from service.domain import letters
from service.models.messages import Message, Occasion
from service.models.people import Organisation
from service.models.workshops import Capacity
from service.worker import Worker
from tests.factories import at
from tests.routers.test_quotas import DEADLINE, House, person
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


async def test_a_withdrawn_invitation_frees_its_seats_ends_its_link_and_can_be_made_anew(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    clock.freeze(at("06-20 08:00"))
    house = await House.open(client, database)
    async with database.write() as session:
        office = (await session.exec(select(Organisation).where(Organisation.code == "dinkes"))).one()
        office.contacts = [{"email": "dinkes@luwukab.go.id"}]
    dinkes = await house.invite()
    await house.name(dinkes, person(1))
    for index in (2, 3):
        await house.register(index)
    assert await house.statuses() == ["confirmed", "confirmed", "waitlisted"]
    url, link = f"{house.url}/invitations/{dinkes['id']}", dinkes["link"].rsplit("/", 1)[1]
    for _again in range(2):
        answer = await client.post(f"{url}/withdrawal", json={"reason": "Salah instansi"}, headers=house.key)
        assert answer.status_code == 200, answer.text
    gone = answer.json()
    assert (gone["status"], gone["reason"], gone["held"]["offline"]) == ("withdrawn", "Salah instansi", 0)
    assert gone["named"]["offline"] == 1
    assert await house.statuses() == ["confirmed", "confirmed", "confirmed"]
    for dead in (f"/api/v1/invitations/{link}", f"/invitations/{link}"):
        assert (await client.get(dead)).status_code == 410
    assert gone["link"] is None
    refused = await client.put(f"/api/v1/invitations/{link}/delegates", json={"items": []})
    assert refused.json()["code"] == "invitation_withdrawn"
    changed = await client.patch(url, json={"quota": {"offline": 1}}, headers=house.key | {"If-Match": "*"})
    assert changed.status_code == (await client.post(f"{url}/resend", headers=house.key)).status_code == 409
    assert (await types(database)).count("invitation.withdrawn") == 1
    await worker.drain()
    async with database.read() as session:
        query = select(Message).where(Message.occasion == Occasion.INVITATION_WITHDRAWN)
        [told] = (await session.exec(query)).all()
        facts = await letters.facts(session, told)
        assert facts is not None
        said = mail.compose(facts).text
        [first] = (await session.exec(select(Message).where(Message.occasion == Occasion.INVITATION))).all()
        assert await letters.facts(session, first) is None
    assert ("Salah instansi" in said, "/invitations/" in said) == (True, False)
    # Invited anew it has a new link; the old one stays dead.
    anew = await house.invite(quota={"offline": 3, "online": 0})
    assert (anew["id"], anew["status"], anew["reason"]) == (dinkes["id"], "sent", None)
    assert anew["link"] != dinkes["link"]
    assert (await client.get(f"/api/v1/invitations/{link}")).status_code == 404
    assert [one["name"] for one in (await house.name(anew, person(1), person(4)))["delegates"]] == ["Staf 1", "Staf 4"]
