"""Seats set aside for invited organisations: who may take them, when they go back, and who gets them then."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.registrations import Registration
from service.models.workshops import Capacity
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.routers.test_registrations import make, types
from tests.support.statements import counted

DEADLINE = "2023-06-30T16:00:00+08:00"
AFTER = at("06-30 16:01")


class House:
    """A workshop of few seats whose committee invites dinkes and disdik."""

    def __init__(self, client: AsyncClient, database: Database, url: str, key: dict[str, str]) -> None:
        self.client, self.database, self.url, self.key = client, database, url, key

    @classmethod
    async def open(cls, client: AsyncClient, database: Database, **values: Any) -> "House":
        house, gathering, key = await make(database, **({"offline": 3, "online": 1} | values))
        async with database.write() as session:
            for code in ("dinkes", "disdik"):
                await factories.organisation(session, house, code)
        return cls(client, database, f"/api/v1/workshops/{gathering.id}", key)

    async def invite(self, code: str = "dinkes", **values: Any) -> dict[str, Any]:
        body = {"organisation": code, "quota": {"offline": 2, "online": 0}, "deadline": DEADLINE} | values
        answer = await self.client.post(f"{self.url}/invitations", json=body, headers=self.key)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def name(self, invitation: dict[str, Any], *items: dict[str, Any], **values: Any) -> dict[str, Any]:
        url = f"/api/v1/invitations/{invitation['link'].rsplit('/', 1)[1]}/delegates"
        answer = await self.client.put(url, json={"items": list(items)} | values)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def register(self, index: int, **values: Any) -> dict[str, Any]:
        answer = await self.client.post(f"{self.url}/registrations", json=person(index) | {"consent": True} | values)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def enter(self, index: int, **values: Any) -> dict[str, Any]:
        """By staff."""
        answer = await self.client.post(f"{self.url}/registrations", json=person(index) | values, headers=self.key)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def read(self, invitation: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.get(f"{self.url}/invitations/{invitation['id']}", headers=self.key)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def change(self, invitation: dict[str, Any], **values: Any) -> dict[str, Any]:
        headers = self.key | {"If-Match": "*"}
        answer = await self.client.patch(f"{self.url}/invitations/{invitation['id']}", json=values, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def id_of(self, index: int) -> str:
        async with self.database.read() as session:
            query = select(Registration.id).where(Registration.name == f"Staf {index}")
            return str((await session.exec(query)).one())

    async def left(self) -> int:
        return int((await self.client.get(self.url)).json()["seats_left"]["offline"])

    async def statuses(self) -> list[str]:
        async with self.database.read() as session:
            query = select(Registration.status).where(col(Registration.status) != "cancelled")
            return list(await session.exec(query.order_by(col(Registration.number))))


def person(index: int, mode: str = "offline") -> dict[str, Any]:
    return {"name": f"Staf {index}", "email": f"staf{index}@luwukab.go.id", "mode": mode}


async def test_what_is_set_aside_the_public_does_not_get_and_the_delegates_do(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    assert (dinkes["held"], await house.left()) == ({"offline": 2, "online": 0}, 1)
    told = [(await house.register(index))["status"] for index in (1, 2)]
    assert told == ["confirmed", "waitlisted"]
    view = await house.name(dinkes, person(3), person(4))
    assert ([one["status"] for one in view["delegates"]], view["held"]["offline"]) == (["confirmed"] * 2, 0)


async def test_without_a_deadline_a_quota_is_only_a_bound(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    assert (await house.invite(deadline=None))["held"] == {"offline": 0, "online": 0}
    assert await house.left() == 3


async def test_only_what_is_free_is_set_aside_and_a_larger_hall_fills_it_up(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database, offline=2)
    await house.register(1)
    dinkes = await house.invite()
    assert dinkes["held"]["offline"] == 1
    limit = {"capacity": {"offline": {"limit": 4}}}
    await client.patch(house.url, json=limit, headers=house.key | {"If-Match": "*"})
    assert ((await house.read(dinkes))["held"]["offline"], await house.left()) == (2, 1)


@pytest.mark.parametrize("by", ["worker", "the next registration"])
async def test_at_the_deadline_what_is_unused_goes_to_who_waits(
    client: AsyncClient, database: Database, worker: Worker, by: str
) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    await house.name(dinkes, person(1))
    for index in (2, 3):
        await house.register(index)
    assert await house.statuses() == ["confirmed", "confirmed", "waitlisted"]
    clock.freeze(AFTER)
    if by == "worker":
        assert await worker.fire()
        assert not await worker.fire()
    else:
        assert (await house.register(4))["status"] == "waitlisted"
    assert (await house.statuses())[:3] == ["confirmed"] * 3
    seen = await house.read(dinkes)
    assert (seen["held"]["offline"], seen["released_at"] is None) == (0, False)
    assert (await types(database)).count("invitation.released") == 1


async def test_a_seat_of_the_quota_that_becomes_free_goes_back_to_it_until_the_deadline(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    view = await house.name(dinkes, person(1), person(2))
    for index in (3, 4):
        await house.register(index)
    first, second = (one["id"] for one in view["delegates"])
    await client.post(f"/api/v1/registrations/{first}/cancellation", headers=house.key)
    assert (await house.read(dinkes))["held"]["offline"] == 1
    assert await house.statuses() == ["confirmed", "confirmed", "waitlisted"]
    clock.freeze(AFTER)
    await client.post(f"/api/v1/registrations/{second}/cancellation", headers=house.key)
    assert await house.statuses() == ["confirmed", "confirmed"]


async def test_declining_gives_everything_back_and_naming_again_sets_it_aside_again(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    await house.name(dinkes, person(1))
    for index in (2, 3):
        await house.register(index)
    link = f"/api/v1/invitations/{dinkes['link'].rsplit('/', 1)[1]}"
    declined = (await client.post(f"{link}/decline", json={"reason": "Bertugas"})).json()
    assert (declined["held"]["offline"], await house.statuses()) == (0, ["confirmed", "confirmed"])
    view = await house.name(dinkes, person(1))
    assert (view["status"], view["delegates"][0]["status"], view["held"]["offline"]) == ("sent", "confirmed", 0)


async def test_a_later_change_of_quota_or_deadline_is_reckoned_with(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    for index in (1, 2):
        await house.register(index)
    changed = await house.change(dinkes, quota={"offline": 1})
    assert (changed["held"]["offline"], changed["quota"]) == (1, {"offline": 1, "online": 0})
    assert await house.statuses() == ["confirmed", "confirmed"]
    await house.change(dinkes, deadline=None)
    assert await house.left() == 1
    await house.change(dinkes, deadline=DEADLINE, quota={"offline": 5}, addressee="Kepala Dinas")
    assert await house.left() == 0
    clock.freeze(AFTER)
    longer = await house.change(dinkes, deadline="2023-07-01T16:00:00+08:00")
    assert (longer["held"]["offline"], longer["released_at"]) == (1, None)


async def test_a_change_needs_the_version_and_another_houses_invitation_is_not_found(
    client: AsyncClient, database: Database
) -> None:
    house, other = await House.open(client, database), await House.open(client, database)
    dinkes = await house.invite()
    url = f"{house.url}/invitations/{dinkes['id']}"
    read = await client.get(url, headers=house.key)
    assert (await client.get(url, headers=house.key | {"If-None-Match": read.headers["ETag"]})).status_code == 304
    assert (await client.patch(url, json={}, headers=house.key)).status_code == 428
    stale = await client.patch(url, json={"letter_number": "1"}, headers=house.key | {"If-Match": '"9"'})
    assert stale.status_code == 412
    good = await client.patch(url, json={"letter_number": "1"}, headers=house.key | {"If-Match": read.headers["ETag"]})
    assert (good.status_code, good.json()["letter_number"]) == (200, "1")
    elsewhere = f"{other.url}/invitations/{dinkes['id']}"
    assert (await client.get(elsewhere, headers=other.key)).status_code == 404
    assert (await client.get(elsewhere, headers=house.key)).status_code == 404


async def test_nobody_is_confirmed_beyond_a_limit_that_was_lowered_below_what_is_promised(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite(quota={"offline": 3, "online": 0})
    limit = {"capacity": {"offline": {"limit": 1}}}
    await client.patch(house.url, json=limit, headers=house.key | {"If-Match": "*"})
    view = await house.name(dinkes, person(1), person(2))
    assert [one["status"] for one in view["delegates"]] == ["confirmed", "waitlisted"]
    await client.post(f"/api/v1/registrations/{view['delegates'][0]['id']}/cancellation", headers=house.key)
    assert await house.statuses() == ["confirmed"]


async def test_staff_enter_a_participant_on_a_seat_held_for_the_organisation(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database, approval=True)
    dinkes = await house.invite()
    entered = await house.enter(1, organisation="dinkes")
    speaker = await house.enter(2, organisation="dinkes", role="speaker")
    public = await house.register(3, organisation="dinkes")
    assert [one["status"] for one in (entered, speaker, public)] == ["confirmed", "pending", "pending"]
    seen = await house.read(dinkes)
    assert (seen["named"]["offline"], seen["held"]["offline"]) == (1, 1)


async def test_who_is_named_needs_no_approval_also_after_asking_for_it(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database, approval=True)
    dinkes = await house.invite()
    assert (await house.register(1, organisation="dinkes"))["status"] == "pending"
    view = await house.name(dinkes, person(1), person(2))
    assert ([one["status"] for one in view["delegates"]], view["held"]["offline"]) == (["confirmed"] * 2, 0)
    assert (await types(database)).count("registration.confirmed") == 2


async def test_who_had_a_seat_of_everybody_and_is_named_leaves_it_to_everybody(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    await house.register(1, organisation="dinkes")
    assert (await house.register(2))["status"] == "waitlisted"
    await house.name(dinkes, person(1))
    assert (await house.statuses(), await house.left()) == (["confirmed", "confirmed"], 0)


async def test_all_or_none_wait_together_and_come_together(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database, offline=2)
    dinkes = await house.invite(deadline=None)
    taken = await house.enter(1)
    view = await house.name(dinkes, person(2), person(3), all_or_none=True)
    assert [one["status"] for one in view["delegates"]] == ["waitlisted", "waitlisted"]
    assert (await house.read(dinkes))["waiting"]["offline"] == 2
    # One seat is not enough for both, and an empty seat helps nobody.
    assert (await house.register(4))["status"] == "confirmed"
    await client.post(f"/api/v1/registrations/{taken['id']}/cancellation", headers=house.key)
    assert await house.statuses() == ["waitlisted", "waitlisted", "confirmed"]
    limit = {"capacity": {"offline": {"limit": 3}}}
    await client.patch(house.url, json=limit, headers=house.key | {"If-Match": "*"})
    assert await house.statuses() == ["confirmed"] * 3


async def test_a_group_that_grows_smaller_or_gives_up_its_wish_gets_what_there_is(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database, offline=1)
    dinkes = await house.invite(deadline=None, all_or_none=True)
    view = await house.name(dinkes, person(1), person(2))
    assert [one["status"] for one in view["delegates"]] == ["waitlisted"] * 2
    rejected = view["delegates"][0]["id"]
    await client.post(f"/api/v1/registrations/{rejected}/rejection", json={"reason": "Penuh"}, headers=house.key)
    assert (await house.statuses())[1] == "confirmed"
    disdik = await house.invite("disdik", quota={}, deadline=None, all_or_none=True)
    await house.name(disdik, person(3, "online"), person(4))
    changed = await house.change(disdik, all_or_none=False)
    assert (changed["waiting"], changed["named"]) == ({"offline": 1, "online": 0}, {"offline": 1, "online": 1})


async def test_a_replaced_delegate_hands_the_seat_on_even_when_the_hall_is_full(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database, offline=1)
    dinkes = await house.invite(quota={"offline": 1, "online": 1}, deadline=None)
    [named] = (await house.name(dinkes, person(1)))["delegates"]
    assert (await house.register(2))["status"] == "waitlisted"
    view = await house.name(dinkes, person(3) | {"replaces": named["id"], "represents": "Kepala Dinas"})
    assert [(one["name"], one["status"], one["represents"]) for one in view["delegates"]] == [
        ("Staf 3", "confirmed", "Kepala Dinas")
    ]
    assert (await types(database))[-1] == "registration.substituted"
    [named] = view["delegates"]
    view = await house.name(dinkes, person(4, "online") | {"replaces": named["id"]})
    assert ([one["mode"] for one in view["delegates"]], await house.statuses()) == (["online"], ["confirmed"] * 2)


async def test_an_id_counts_once_and_only_where_it_is_named(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    [named] = (await house.name(dinkes, person(1)))["delegates"]
    stays = {"id": named["id"], "name": named["name"], "mode": "offline"}
    link = f"/api/v1/invitations/{dinkes['link'].rsplit('/', 1)[1]}/delegates"
    for items in ([stays, person(2) | {"replaces": named["id"]}], [person(2) | {"replaces": str(factories.some_id())}]):
        assert (await client.put(link, json={"items": items})).status_code == 422


async def test_many_are_invited_at_once_and_who_was_is_left_alone(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    await house.invite()
    url = f"{house.url}/invitations/batch"
    body = {"org_class": "opd", "quota": {"offline": 1}, "deadline": DEADLINE, "letter_number": "005/1"}
    made = await client.post(url, json=body, headers=house.key)
    assert made.status_code == 201, made.text
    assert [one["organisation"] for one in made.json()["items"]] == ["disdik"]
    assert (made.json()["already"], made.json()["items"][0]["held"]["offline"]) == (["dinkes"], 1)
    again = await client.post(url, json={"organisations": ["disdik", "dinkes"]}, headers=house.key)
    assert (again.json()["items"], again.json()["already"]) == ([], ["dinkes", "disdik"])
    unknown = await client.post(url, json={"organisations": ["dinkes", "tidak-ada"]}, headers=house.key)
    assert [one["pointer"] for one in unknown.json()["errors"]] == ["/organisations/1"]
    assert (await client.post(url, json={}, headers=house.key)).status_code == 422


async def test_an_invitation_is_sent_again_while_it_can_be_answered(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite()
    url = f"{house.url}/invitations/{dinkes['id']}/resend"
    assert (await client.post(url, headers=house.key)).status_code == 200
    assert (await types(database)).count("invitation.sent") == 2
    clock.freeze(AFTER)
    assert (await client.post(url, headers=house.key)).json()["code"] == "invitation_over"


async def test_switching_gives_the_seat_back_to_the_quota_and_takes_one_there(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database)
    dinkes = await house.invite(quota={"offline": 1, "online": 1})
    [named] = (await house.name(dinkes, person(1)))["delegates"]
    assert (await house.read(dinkes))["held"] == {"offline": 0, "online": 1}
    url = f"/api/v1/registrations/{named['id']}/mode"
    moved = await client.put(url, json={"mode": "online"}, headers=house.key | {"If-Match": "*"})
    assert (moved.status_code, (await house.read(dinkes))["held"]) == (200, {"offline": 1, "online": 0})


async def test_a_group_stands_in_the_queue_where_the_last_of_it_stands(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database, offline=0)
    dinkes = await house.invite(quota={}, deadline=None, all_or_none=True)
    await house.enter(1)
    await house.name(dinkes, person(2))
    await house.enter(3)
    await house.name(dinkes, person(2) | {"id": await house.id_of(2)}, person(4))
    await house.enter(5)
    for seats, seated in ((3, {1, 3, 5}), (5, {1, 2, 3, 4, 5})):
        limit = {"capacity": {"offline": {"limit": seats}}}
        await client.patch(house.url, json=limit, headers=house.key | {"If-Match": "*"})
        statuses = await house.statuses()
        assert {number for number, status in enumerate(statuses, 1) if status == "confirmed"} == seated


async def test_a_group_before_others_takes_what_is_enough_for_it(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database, offline=0)
    dinkes = await house.invite(quota={}, deadline=None, all_or_none=True)
    await house.name(dinkes, person(1), person(2))
    await house.enter(3)
    limit = {"capacity": {"offline": {"limit": 2}}}
    await client.patch(house.url, json=limit, headers=house.key | {"If-Match": "*"})
    assert await house.statuses() == ["confirmed", "confirmed", "waitlisted"]


async def test_a_deadline_that_is_not_due_costs_no_statement(client: AsyncClient, database: Database) -> None:
    house = await House.open(client, database)
    with counted(database) as before:
        await house.register(1)
    await house.invite(quota={"offline": 1})
    with counted(database) as after:
        await house.register(2)
    async with database.read() as session:
        row = (await session.exec(select(Capacity))).one()
    assert (row.release_due_at, row.offline_reserved, row.offline_taken) == (at("06-30 16:00"), 1, 2)
    assert len(before) == len(after)
