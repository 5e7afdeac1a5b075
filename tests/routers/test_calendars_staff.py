"""A staff member's calendar: the house's workshops, drafts too, and how much data is due on which day."""

import asyncio
from datetime import date, timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.commitments import Commitment, FulfilmentStatus
from service.models.organizers import Membership, Role, Staff
from service.models.workshops import Workshop, WorkshopStatus
from tests import factories
from tests.support import feeds
from tests.support.access_world import Headers, cookie_of
from tests.support.feeds import edit, set_on
from tests.support.promises import DUE, Scene, scene

CALENDAR = "/api/v1/session/calendar"
HOST = "http://127.0.0.1:8000"


class House:
    """A scene with a draft and two promises of two organisations, and a member of every role with its headers."""

    scene: Scene
    draft: Workshop
    asked: list[Commitment]
    members: dict[Role, Staff]
    headers: dict[Role, Headers]


@pytest.fixture
async def house(database: Database) -> House:
    made = House()
    async with database.write() as session:
        made.scene = s = await scene(session, "luwu")
        made.draft = await factories.workshop(
            session, s.house, title="Rancangan", blocks=False, status=WorkshopStatus.DRAFT
        )
        made.asked = [await s.ask(session, organisation=one.code) for one in (s.agency, s.other)]
        await factories.registration(session, s.workshop, name="Kenari", email="kenari@luwukab.go.id")
        made.members = {role: await factories.staff(session, s.house, role) for role in _ROLES}
        made.headers = {role: await cookie_of(session, person, s.house) for role, person in made.members.items()}
    return made


_ROLES = (Role.OWNER, Role.ORGANIZER, Role.VIEWER, Role.STEWARD, Role.DOOR)


async def _path(client: AsyncClient, headers: Headers) -> str:
    answer = await client.post(CALENDAR, headers=headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body == {"url": body["url"], "webcal": body["url"].replace("http:", "webcal:")}
    assert answer.headers["cache-control"] == "no-store"
    return str(body["url"]).removeprefix(HOST)


async def _membership(database: Database, person: Staff) -> Membership:
    async with database.read() as session:
        return (await session.exec(select(Membership).where(Membership.staff_id == person.id))).one()


@pytest.mark.parametrize("role", [Role.OWNER, Role.ORGANIZER, Role.VIEWER, Role.STEWARD])
async def test_the_staff_sees_drafts_as_tentative_and_due_data_by_day(
    client: AsyncClient, house: House, role: Role
) -> None:
    path = await _path(client, house.headers[role])
    draft, *blocks, due = await feeds.events(client, path)
    assert (str(draft["SUMMARY"]), draft["STATUS"], "URL" in draft) == ("Rancangan", "TENTATIVE", False)
    assert "Rancangan, belum diumumkan." in str(draft["DESCRIPTION"])
    assert {str(block["STATUS"]) for block in blocks} == {"CONFIRMED"}
    assert (due.decoded("DTSTART"), str(due["SUMMARY"]), due["TRANSP"]) == (DUE, "2 data jatuh tempo", "TRANSPARENT")
    assert "dari 2 instansi" in str(due["DESCRIPTION"])
    answer = await client.get(path)
    assert "kenari" not in answer.text.lower()
    assert "/join/" not in answer.text
    english = (await feeds.events(client, path, **{"Accept-Language": "en"}))[-1]
    assert str(english["SUMMARY"]) == "2 data items due"
    assert await feeds.name(client, path) == f"{house.scene.house.name}: panitia"


async def test_a_door_role_sees_its_workshops_and_no_data(
    client: AsyncClient, database: Database, house: House
) -> None:
    path = await _path(client, house.headers[Role.DOOR])
    assert await feeds.events(client, path) == []
    membership = await _membership(database, house.members[Role.DOOR])
    await set_on(database, membership, workshops=[str(house.scene.workshop.id)])()
    seen = await feeds.events(client, path)
    assert len(seen) == 4
    assert {str(event["SUMMARY"]).split(" · ")[0] for event in seen} == {house.scene.workshop.title}


async def test_each_new_link_ends_the_former_and_one_can_be_ended(client: AsyncClient, house: House) -> None:
    headers = house.headers[Role.OWNER]
    former, path = await _path(client, headers), await _path(client, headers)
    assert [(await client.get(one)).status_code for one in (former, path)] == [404, 200]
    assert (await client.delete(CALENDAR, headers=headers)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(CALENDAR, headers=headers)).status_code == 204
    again = await _path(client, headers)
    assert [(await client.get(one)).status_code for one in (former, path, again)] == [404, 404, 200]


async def test_of_links_asked_for_at_once_one_is_alive(client: AsyncClient, house: House) -> None:
    headers = house.headers[Role.OWNER]
    paths = await asyncio.gather(*(_path(client, headers) for _ in range(6)))
    assert sorted([(await client.get(path)).status_code for path in paths]) == [200] + [404] * 5


async def test_a_repeated_request_is_not_replayed(client: AsyncClient, house: House) -> None:
    headers = house.headers[Role.OWNER] | {"Idempotency-Key": "same"}
    assert await _path(client, headers) != await _path(client, headers)


async def test_the_calendar_dies_with_the_membership_and_with_the_account(
    client: AsyncClient, database: Database, house: House
) -> None:
    paths = {role: await _path(client, house.headers[role]) for role in _ROLES}
    await set_on(database, await _membership(database, house.members[Role.OWNER]), disabled_at=clock.now())()
    await set_on(database, house.members[Role.VIEWER], disabled_at=clock.now())()
    async with database.write() as session:
        gone = await session.get_one(Membership, (await _membership(database, house.members[Role.STEWARD])).id)
        await session.delete(gone)
    dead = {role for role, path in paths.items() if (await client.get(path)).status_code == 404}
    assert dead == {Role.OWNER, Role.VIEWER, Role.STEWARD}


async def test_who_is_no_member_is_told_so(client: AsyncClient, database: Database, house: House) -> None:
    async with database.write() as session:
        above = await cookie_of(session, await factories.staff(session, super_owner=True), house.scene.house)
    for answer in (await client.post(CALENDAR, headers=above), await client.delete(CALENDAR, headers=above)):
        assert (answer.status_code, answer.json()["code"]) == (409, "no_membership")
    assert (await client.post(CALENDAR)).status_code == 401
    assert (await client.post(CALENDAR, headers=house.scene.headers)).status_code == 403


async def test_no_other_link_opens_it_and_it_opens_nothing_else(
    client: AsyncClient, database: Database, house: House
) -> None:
    path = await _path(client, house.headers[Role.OWNER])
    token = path.rpartition("/")[2].removesuffix(".ics")
    for word in ("my", "organisation"):
        assert (await client.get(f"/calendar/{word}/{token}.ics")).status_code == 404
    async with database.write() as session:
        person = await factories.registration(session, house.scene.workshop)
        others = [
            factories.participant_token(session, person),
            factories.portal_token(session, house.scene.agency),
            factories.ticket(session, person),
            factories.forged(token),
            "x",
            "%00",
        ]
    for other in others:
        answer = await client.get(f"/calendar/staff/{other}.ics")
        assert answer.status_code == 404
        assert other not in answer.text
    assert (await client.get("/api/v1/session", headers=factories.bearer(token))).status_code == 401


async def test_the_etag_follows_everything_shown_and_nothing_else(
    client: AsyncClient, database: Database, house: House
) -> None:
    path = await _path(client, house.headers[Role.VIEWER])
    first, second = house.asked
    membership = await _membership(database, house.members[Role.VIEWER])
    delivered = {"fulfilment_status": FulfilmentStatus.SUBMITTED}

    def at_once(row: Commitment, **values: object) -> feeds.Step:
        async def step() -> None:
            await set_on(database, row, changed_at=clock.now(), **values)()

        return step

    steps = {
        "delivered": (at_once(first, **delivered), True),
        "due later": (at_once(second, due_date=DUE + timedelta(days=30)), True),
        "already delivered": (at_once(first, due_date=date(2023, 8, 30)), False),
        "the last one": (at_once(second, **delivered), True),
        "published": (edit(database, house.draft, status=WorkshopStatus.PUBLISHED), True),
        "holidays": (edit(database, house.scene.house), False),
        "one's name": (edit(database, house.members[Role.VIEWER], name="Kenari"), False),
        "one's role": (set_on(database, membership, role=Role.STEWARD), False),
        "another role": (set_on(database, membership, role=Role.DOOR), True),
    }
    changed = await feeds.changes(client, path, [step for step, _shows in steps.values()])
    assert dict(zip(steps, changed, strict=True)) == {title: shows for title, (_step, shows) in steps.items()}


async def test_a_304_costs_one_statement(client: AsyncClient, database: Database, house: House) -> None:
    path = await _path(client, house.headers[Role.OWNER])
    etag = (await client.get(path)).headers["etag"]
    with feeds.counted(database) as statements:
        answer = await client.get(path, headers={"If-None-Match": etag, "Cookie": "other=1"})
    assert answer.status_code == 304
    assert len([one for one in statements if "SELECT" in one]) == 1, statements


async def test_who_is_let_in_again_has_no_calendar_until_it_is_asked_for(client: AsyncClient, house: House) -> None:
    path = await _path(client, house.headers[Role.VIEWER])
    member = f"/api/v1/staff/{house.members[Role.VIEWER].id}"
    for disabled in (True, False):
        answer = await client.patch(
            member, json={"disabled": disabled}, headers=house.headers[Role.OWNER] | {"If-Match": "*"}
        )
        assert answer.status_code == 200, answer.text
        assert (await client.get(path)).status_code == 404
