"""At the door: walk-ins take what is free, somebody comes for somebody else, modes are switched, all in one step."""

from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.organizers import Membership, Role
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.routers.test_registrations import types
from tests.support.access_world import cookie_of
from tests.support.door import Door, Json, scan, walk_in

MORNING = at("07-03 08:30")
INSTEAD = {"name": "Kepala Seksi Statistik", "email": "statistik@luwukab.go.id"}


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database, offline=2, online=1)


async def seated(door: Door, **values: object) -> tuple[Registration, Json]:
    """Somebody whose seat is counted."""
    row, who = await door.person(**values)
    async with door.database.write() as session:
        capacity = await session.get_one(Capacity, door.workshop.id)
        capacity.offline_taken += 1
        capacity.last_number = max(capacity.last_number, row.number)
    return row, who


async def row_of(door: Door, told: Json) -> Registration:
    async with door.database.read() as session:
        return await session.get_one(Registration, UUID(told["registration"]["id"]))


async def taken(door: Door) -> tuple[int, int]:
    async with door.database.read() as session:
        row = await session.get_one(Capacity, door.workshop.id)
        return row.offline_taken, row.online_taken


async def test_walk_ins_take_the_seats_that_are_free_and_come_in_without_one_after_that(door: Door) -> None:
    rows = [await row_of(door, await door.send(scan(walk_in(name), MORNING))) for name in "abc"]
    assert [(row.holds_seat, row.status) for row in rows] == [
        (True, "confirmed"),
        (True, "confirmed"),
        (False, "confirmed"),
    ]
    assert await taken(door) == (2, 0)


async def test_a_walk_in_takes_no_seat_that_is_held_for_others(door: Door) -> None:
    async with door.database.write() as session:
        capacity = await session.get_one(Capacity, door.workshop.id)
        capacity.offline_reserved = 2
    assert not (await row_of(door, await door.send(scan(walk_in("a"), MORNING)))).holds_seat


async def test_a_walk_in_with_an_address_is_sent_ticket_and_calendar(
    door: Door, worker: Worker, settings: Settings
) -> None:
    told = await door.send(scan(walk_in("a", email="tamu@luwukab.go.id", phone=""), MORNING))
    assert "email" not in told["registration"]
    await worker.drain()
    assert [invitation_of(mail) for mail in mails(settings)] == [("tamu@luwukab.go.id", "REQUEST")]
    await door.send(scan(walk_in("b"), MORNING))
    await worker.drain()
    assert len(mails(settings)) == 1


async def test_a_walk_in_who_is_registered_already_is_that_person(door: Door) -> None:
    person, _who = await seated(door, name="Kepala Bidang", email="bidang@luwukab.go.id")
    waits, _who = await seated(
        door, name="Staf", email="staf@luwukab.go.id", status=RegistrationStatus.WAITLISTED, holds_seat=False
    )
    for row in (person, waits):
        visitor = walk_in(f"hp-{row.number}", name=row.name, email=row.email)
        for _repeated in range(2):
            told = await door.send(scan(visitor, MORNING))
            assert told["registration"]["id"] == str(row.id)
            assert told["verdict"] != "refused"


async def test_an_address_nobody_can_use_is_said_at_once_and_left_out_of_a_batch(door: Door) -> None:
    item = scan(walk_in("a", email="bukan-surel"), MORNING)
    url = f"/api/v1/workshops/{door.workshop.id}/checkins"
    answer = await door.client.post(url, json=item, headers=door.headers)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/walk_in/email"]
    [told] = await door.upload([item])
    assert (told["verdict"], (await row_of(door, told)).email) == ("accepted", None)


async def test_a_walk_in_without_an_organisation_is_told_what_to_say_and_in_a_batch_comes_in(door: Door) -> None:
    item = scan({"walk_in": {"client_id": "hp-1", "name": "Tamu"}}, MORNING)
    url = f"/api/v1/workshops/{door.workshop.id}/checkins"
    answer = await door.client.post(url, json=item, headers=door.headers)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/walk_in/organisation")
    assert error["message"] == "Isi organisation atau organisation_name."
    [told] = await door.upload([item])
    assert (told["verdict"], told["registration"]["name"]) == ("accepted", "Tamu")


@pytest.mark.parametrize("way", ["single", "batch"])
async def test_somebody_comes_in_the_place_of_another_and_is_checked_in_in_one_step(door: Door, way: str) -> None:
    old, ticket = await seated(door, represents="Bupati")
    await seated(door)
    visitor = {"walk_in": {"client_id": "hp-1", "name": "Sekretaris", "substitute_for": str(old.id)}}
    item = scan(visitor, MORNING)
    told = await door.send(item) if way == "single" else (await door.upload([item]))[0]
    new = await row_of(door, told)
    assert (told["verdict"], new.substitute_for_id, new.holds_seat, new.represents) == (
        "accepted",
        old.id,
        True,
        "Bupati",
    )
    assert await taken(door) == (2, 0)
    assert (await door.send(scan(ticket, at("07-03 08:31"))))["reason"] == "cancelled"
    assert "registration.substituted" in await types(door.database)
    again = await door.upload([scan(visitor, MORNING)], headers=await door.device("Gerbang B"))
    assert (again[0]["registration"]["id"], again[0]["verdict"]) == (str(new.id), "already_in")


async def test_two_offline_doors_put_two_people_on_one_seat_and_nobody_is_dropped(door: Door) -> None:
    old, _ticket = await seated(door)
    await seated(door)
    visitors = [
        {"walk_in": {"client_id": f"hp-{number}", "name": f"Staf {number}", "substitute_for": str(old.id)}}
        for number in (1, 2)
    ]
    [first] = await door.upload([scan(visitors[0], MORNING)])
    [second] = await door.upload([scan(visitors[1], MORNING)], headers=await door.device("Gerbang B"))
    assert [first["verdict"], second["verdict"]] == ["accepted", "accepted"]
    rows = [await row_of(door, told) for told in (first, second)]
    assert [(row.holds_seat, row.substitute_for_id) for row in rows] == [(True, old.id), (False, None)]


async def test_who_is_unknown_or_of_another_workshop_cannot_be_replaced_but_the_person_comes_in(
    door: Door, client: AsyncClient, database: Database
) -> None:
    other = await Door.open(client, database)
    theirs, _ticket = await other.person()
    for number, someone in enumerate((theirs.id, factories.some_id())):
        visitor = {"client_id": f"hp-{number}", "name": f"Staf {number}", "substitute_for": str(someone)}
        assert (await door.send(scan({"walk_in": visitor}, MORNING)))["verdict"] == "accepted"
    async with database.read() as session:
        assert (await session.get_one(Registration, theirs.id)).status is RegistrationStatus.CONFIRMED


async def test_an_online_place_given_up_at_the_door_goes_to_who_waits_for_it(door: Door) -> None:
    old, _ticket = await door.person(mode=Mode.ONLINE)
    waits, _ticket = await door.person(
        mode=Mode.ONLINE, status=RegistrationStatus.WAITLISTED, holds_seat=False, queued_at=MORNING
    )
    async with door.database.write() as session:
        (await session.get_one(Capacity, door.workshop.id)).online_taken = 1
    visitor = {"client_id": "hp-1", "name": "Sekretaris", "substitute_for": str(old.id)}
    new = await row_of(door, await door.send(scan({"walk_in": visitor}, MORNING)))
    assert (new.mode, new.holds_seat, await taken(door)) == ("offline", True, (1, 1))
    async with door.database.read() as session:
        assert (await session.get_one(Registration, waits.id)).status is RegistrationStatus.CONFIRMED


async def of_device(door: Door) -> dict[str, str]:
    return door.headers


async def of_role_door(door: Door) -> dict[str, str]:
    async with door.database.write() as session:
        person = await factories.staff(session, door.house, Role.DOOR)
        membership = (await session.exec(select(Membership).where(Membership.staff_id == person.id))).one()
        membership.workshops = [str(door.workshop.id)]
        return await cookie_of(session, person, door.house)


@pytest.mark.parametrize("credential", [of_device, of_role_door])
async def test_the_door_switches_and_replaces_and_sees_no_contact(
    door: Door, worker: Worker, settings: Settings, credential: Callable[[Door], Awaitable[dict[str, str]]]
) -> None:
    headers = await credential(door)
    row, _ticket = await seated(door, nip="198001012005011001")
    url = f"/api/v1/registrations/{row.id}"
    told = await door.client.put(f"{url}/represents", json={"represents": "Kepala Dinas"}, headers=headers)
    assert (told.status_code, told.json()["represents"]) == (200, "Kepala Dinas")
    moved = await door.client.put(f"{url}/mode", json={"mode": "online"}, headers=headers)
    assert (moved.status_code, moved.json()["mode"], await taken(door)) == (200, "online", (0, 1))
    body = moved.json()
    assert [body[name] for name in ("email", "phone", "ticket", "links")] == [None] * 4
    assert "198001012005011001" not in moved.text
    replaced = await door.client.post(f"{url}/substitute", json=INSTEAD, headers=headers)
    assert (replaced.status_code, replaced.json()["name"], replaced.json()["email"]) == (201, INSTEAD["name"], None)
    await worker.drain()
    sent = [invitation_of(mail) for mail in mails(settings)]
    assert {(row.email, "CANCEL"), (INSTEAD["email"], "REQUEST")} <= set(sent)


def mails(settings: Settings) -> list[EmailMessage]:
    paths = (settings.data_dir / "mail").glob("*.eml")
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def invitation_of(mail: EmailMessage) -> tuple[str, str | None]:
    """To whom, and what the mail does to the person's calendar."""
    parts = [part.get_param("method") for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return str(mail["To"]), str(parts[0]) if parts else None


async def test_the_door_of_another_workshop_changes_nobody_here_and_sets_no_code(
    door: Door, client: AsyncClient, database: Database
) -> None:
    row, _ticket = await seated(door)
    other = await Door.open(client, database)
    url = f"/api/v1/registrations/{row.id}"
    assert (await client.put(f"{url}/mode", json={"mode": "online"}, headers=other.headers)).status_code == 404
    assert (await client.post(f"{url}/substitute", json=INSTEAD, headers=other.headers)).status_code == 404
    coded = await client.post(f"{url}/substitute", json=INSTEAD | {"code": "A-1"}, headers=door.headers)
    assert coded.status_code == 403


async def test_a_full_online_room_is_said_at_the_door_and_the_seat_in_the_hall_stays(door: Door) -> None:
    row, _ticket = await seated(door)
    async with door.database.write() as session:
        (await session.get_one(Capacity, door.workshop.id)).online_limit = 0
    url = f"/api/v1/registrations/{row.id}/mode"
    answer = await door.client.put(url, json={"mode": "online"}, headers=door.headers)
    assert (answer.json()["code"], await taken(door)) == ("mode_full", (1, 0))


async def test_somebody_let_in_without_a_seat_gets_one_online_if_there_is_one(door: Door) -> None:
    people = [await row_of(door, await door.send(scan(walk_in(name), MORNING))) for name in "abc"]
    url = f"/api/v1/registrations/{people[2].id}/mode"
    assert (await door.client.put(url, json={"mode": "online"}, headers=door.headers)).status_code == 200
    assert await taken(door) == (2, 1)
    async with door.database.read() as session:
        rows = (await session.exec(select(Registration))).all()
    assert all(row.holds_seat for row in rows)


async def test_when_the_workshop_is_over_the_door_replaces_nobody(door: Door, client: AsyncClient) -> None:
    row, _ticket = await seated(door)
    clock.freeze(door.workshop.ends_at)
    url = f"/api/v1/registrations/{row.id}/substitute"
    refused = await client.post(url, json=INSTEAD, headers=door.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    assert (await client.post(url, json=INSTEAD, headers=door.staff)).status_code == 201
