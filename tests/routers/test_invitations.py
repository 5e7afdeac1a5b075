"""Invitations: quotas per organisation, delegates named by its secret link, until the deadline."""

from typing import Any

from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.workshops import Capacity
from tests import factories
from tests.factories import at
from tests.routers.test_registrations import make, types

SECRETARY = {"name": "Sekretaris Dinas Kesehatan", "email": "sekretaris@luwukab.go.id", "mode": "offline"}
PLANNER = {"name": "Kepala Subbagian Perencanaan", "phone": "0812-0000-0002", "mode": "online"}


class Invited:
    """An invited organisation: its secret link and the committee's key."""

    def __init__(self, client: AsyncClient, workshop: str, key: dict[str, str], made: dict[str, Any]) -> None:
        self.client, self.workshop, self.key, self.made = client, workshop, key, made
        self.url = f"/api/v1/invitations/{made['link'].rsplit('/', 1)[1]}"

    async def name(self, *delegates: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = await self.client.put(f"{self.url}/delegates", json={"items": list(delegates)})
        return answer.status_code, answer.json()


async def invited(client: AsyncClient, database: Database, **values: Any) -> Invited:
    house, gathering, key = await make(database, offline=10)
    async with database.write() as session:
        await factories.organisation(session, house, "dinkes")
    body = {"organisation": "dinkes", "quota": {"offline": 2, "online": 1}, "letter_number": "005/12"} | values
    answer = await client.post(f"/api/v1/workshops/{gathering.id}/invitations", json=body, headers=key)
    assert answer.status_code == 201, answer.text
    return Invited(client, str(gathering.id), key, answer.json())


async def test_an_organisation_names_its_delegates_and_they_are_registered(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    status, view = await dinkes.name(SECRETARY, PLANNER)
    assert status == 200
    assert [(one["name"], one["status"], one["mode"]) for one in view["delegates"]] == [
        (SECRETARY["name"], "confirmed", "offline"),
        (PLANNER["name"], "confirmed", "online"),
    ]
    people = await client.get(f"/api/v1/workshops/{dinkes.workshop}/registrations", headers=dinkes.key)
    assert {one["organisation"] for one in people.json()["items"]} == {"dinkes"}
    listed = await client.get(f"/api/v1/workshops/{dinkes.workshop}/invitations", headers=dinkes.key)
    assert listed.json()["items"][0]["named"] == {"offline": 1, "online": 1}


async def test_a_delegate_left_out_is_withdrawn_and_one_kept_stays(client: AsyncClient, database: Database) -> None:
    dinkes = await invited(client, database)
    _status, view = await dinkes.name(SECRETARY, PLANNER)
    kept = view["delegates"][1]
    status, view = await dinkes.name({"id": kept["id"], "name": kept["name"], "mode": "offline"})
    assert status == 200
    assert [(one["id"], one["mode"]) for one in view["delegates"]] == [(kept["id"], "offline")]
    async with database.read() as session:
        capacity = await session.get(Capacity, factories.uuid(dinkes.workshop))
        assert capacity
        assert (capacity.offline_taken, capacity.online_taken) == (1, 0)


async def test_a_list_that_is_sent_twice_names_the_same_people_and_writes_to_nobody_again(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    status, view = await dinkes.name(SECRETARY, PLANNER)
    happened = await types(database)
    again = {"email": str(SECRETARY["email"]).upper(), "name": SECRETARY["name"].lower()}
    assert (await dinkes.name(SECRETARY, PLANNER, SECRETARY | again)) == (status, view)
    assert (await types(database)) == [*happened, "registration.repeated"]


async def test_the_list_can_be_sent_back_as_it_was_read_with_one_more(client: AsyncClient, database: Database) -> None:
    dinkes = await invited(client, database)
    _status, view = await dinkes.name(SECRETARY | {"represents": "Kepala Dinas"})
    status, after = await dinkes.name(*view["delegates"], PLANNER)
    assert (status, len(after["delegates"]), after["delegates"][0]) == (200, 2, view["delegates"][0])


async def test_the_quota_holds_and_a_refusal_changes_nothing(client: AsyncClient, database: Database) -> None:
    dinkes = await invited(client, database)
    await dinkes.name(SECRETARY)
    many = [SECRETARY | {"name": f"Staf {index}", "email": f"s{index}@luwukab.go.id"} for index in range(3)]
    status, problem = await dinkes.name(*many)
    assert (status, problem["code"], problem["quota"]) == (409, "quota_exceeded", 2)
    view = (await client.get(dinkes.url)).json()
    assert [one["name"] for one in view["delegates"]] == [SECRETARY["name"]]


async def test_after_the_deadline_nothing_changes_any_more(client: AsyncClient, database: Database) -> None:
    dinkes = await invited(client, database, deadline="2023-06-30T16:00:00+08:00")
    clock.freeze(at("06-30 16:01"))
    status, problem = await dinkes.name(SECRETARY)
    assert (status, problem["code"]) == (409, "invitation_over")
    declined = await client.post(f"{dinkes.url}/decline", json={"reason": "Bertugas"})
    assert declined.status_code == 409


async def test_declining_withdraws_delegates_and_naming_again_undoes_it(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    await dinkes.name(SECRETARY)
    declined = (await client.post(f"{dinkes.url}/decline", json={"reason": "Bertugas di luar daerah"})).json()
    assert (declined["status"], declined["delegates"]) == ("declined", [])
    await client.post(f"{dinkes.url}/decline", json={"reason": "Bertugas di luar daerah"})
    assert (await types(database)).count("invitation.declined") == 1
    _status, view = await dinkes.name(SECRETARY)
    assert (view["status"], len(view["delegates"])) == ("sent", 1)


async def test_an_organisation_is_invited_once(client: AsyncClient, database: Database) -> None:
    dinkes = await invited(client, database)
    url = f"/api/v1/workshops/{dinkes.workshop}/invitations"
    again = await client.post(url, json={"organisation": "dinkes"}, headers=dinkes.key)
    unknown = await client.post(url, json={"organisation": "tidak-ada"}, headers=dinkes.key)
    assert (again.status_code, unknown.status_code) == (409, 422)


async def test_a_wrong_link_opens_nothing(client: AsyncClient, database: Database) -> None:
    dinkes = await invited(client, database)
    swapped = dinkes.url[:-1] + ("A" if dinkes.url[-1] != "A" else "Q")
    assert (await client.get(swapped)).status_code == 404
    assert (await client.get("/api/v1/invitations/x")).status_code == 404


async def test_a_reader_without_the_right_to_invite_sees_no_link(client: AsyncClient, database: Database) -> None:
    dinkes = await invited(client, database)
    async with database.write() as session:
        house = await factories.house_of(session, dinkes.workshop)
        viewer = await factories.api_key(session, house, *factories.ROLE_VIEWER)
    listed = await client.get(f"/api/v1/workshops/{dinkes.workshop}/invitations", headers=viewer)
    assert listed.json()["items"][0]["link"] is None


async def test_somebody_elses_registration_cannot_be_claimed_as_a_delegate(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    people = f"/api/v1/workshops/{dinkes.workshop}/registrations"
    other = (await client.post(people, json=SECRETARY, headers=dinkes.key)).json()
    status, _problem = await dinkes.name({"id": other["id"], "name": other["name"], "mode": "offline"})
    assert status == 422


async def test_somebody_who_registered_first_becomes_the_delegate_and_keeps_the_seat(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    people = f"/api/v1/workshops/{dinkes.workshop}/registrations"
    for typed in ({}, {"organisation_name": "dinas DINKES"}, {"organisation": "dinkes"}):
        body = SECRETARY | {"consent": True, "email": f"s{len(str(typed))}@luwukab.go.id"}
        await client.post(people, json=body | typed)
        status, view = await dinkes.name({**SECRETARY, "email": body["email"], "position": "Sekretaris"})
        assert (status, [one["email"] for one in view["delegates"]]) == (200, [body["email"]])
    rows = (await client.get(people, headers=dinkes.key)).json()["items"]
    assert [(one["status"], one["organisation"], one["position"]) for one in rows] == [
        ("cancelled", "dinkes", "Sekretaris"),
        ("cancelled", "dinkes", "Sekretaris"),
        ("confirmed", "dinkes", "Sekretaris"),
    ]


async def test_naming_somebody_of_another_organisation_tells_nothing_and_names_the_others(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    people = f"/api/v1/workshops/{dinkes.workshop}/registrations"
    elsewhere = SECRETARY | {"consent": True, "organisation_name": "Perusahaan Daerah"}
    await client.post(people, json=elsewhere)
    status, view = await dinkes.name(SECRETARY, PLANNER)
    assert (status, [one["name"] for one in view["delegates"]]) == (200, [PLANNER["name"]])
    assert await types(database) == [
        "invitation.sent",
        "registration.confirmed",
        "registration.repeated",
        "registration.confirmed",
    ]
    [kept, _planner] = (await client.get(people, headers=dinkes.key)).json()["items"]
    assert (kept["status"], kept["organisation_name"]) == ("confirmed", "Perusahaan Daerah")


async def test_a_delegate_who_is_sent_again_is_corrected_and_what_is_left_out_stays(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    _status, view = await dinkes.name(SECRETARY | {"position": "Sekretaris"})
    one = view["delegates"][0]
    changed = {"id": one["id"], "name": "Plt. Sekretaris", "email": "plt@luwukab.go.id", "mode": "online"}
    status, view = await dinkes.name(changed)
    assert status == 200
    [shown] = view["delegates"]
    assert shown == one | changed


async def test_an_invitation_over_its_quota_can_be_put_right_but_not_grow(
    client: AsyncClient, database: Database
) -> None:
    dinkes = await invited(client, database)
    _status, view = await dinkes.name(SECRETARY, PLANNER, SECRETARY | {"name": "Staf", "email": "staf@luwukab.go.id"})
    planner = next(one for one in view["delegates"] if one["name"] == PLANNER["name"])
    # The committee moves the third person into the hall, where the quota is two.
    moved = await client.put(
        f"/api/v1/registrations/{planner['id']}/mode", json={"mode": "offline"}, headers=dinkes.key | {"If-Match": "*"}
    )
    assert moved.status_code == 200
    hall = [one | {"mode": "offline"} for one in view["delegates"]]
    named = [{name: one[name] for name in ("id", "name", "mode")} for one in hall]
    grown, problem = await dinkes.name(*named, SECRETARY | {"name": "Ajudan", "email": "ajudan@luwukab.go.id"})
    assert (grown, problem["code"]) == (409, "quota_exceeded")
    assert (await dinkes.name(*named))[0] == 200
    back = [one | {"mode": "online"} if one["id"] == planner["id"] else one for one in named]
    assert (await dinkes.name(*back))[0] == 200
