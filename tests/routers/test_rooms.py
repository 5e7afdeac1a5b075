"""Rooms over HTTP: who may see an address, and where it never appears."""

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.auth import Permission
from service.db import Database
from service.models.organizers import Organizer
from service.models.outbox import EventRow
from service.models.registrations import Registration
from service.models.workshops import HallLinks, Workshop
from service.worker import Worker
from tests import factories
from tests.factories import at

CANARY = "https://meet.example.go.id/j/canary-81234567890"
ROOM = {"provider": "static", "url": CANARY, "passcode": "canary-481516"}


async def make(database: Database) -> tuple[Organizer, Workshop, dict[str, str]]:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        return house, gathering, await factories.api_key(session, house)


async def open_room(client: AsyncClient, gathering: Workshop, key: dict[str, str], **changes: object) -> Response:
    return await client.post(f"/api/v1/workshops/{gathering.id}/rooms", json=ROOM | changes, headers=key)


async def test_a_room_is_opened_listed_and_closed(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    first = (await open_room(client, gathering, key)).json()
    second = (await open_room(client, gathering, key, url="https://meet.example.go.id/j/2")).json()
    assert (first["status"], first["url"], first["passcode"]) == ("active", CANARY, "canary-481516")
    path = f"/api/v1/workshops/{gathering.id}/rooms"
    page = (await client.get(path, headers=key, params={"limit": 1})).json()
    rest = (await client.get(path, headers=key, params={"limit": 1, "cursor": page["next"]})).json()
    assert [page["items"], rest["items"], rest["next"]] == [[second], [first], None]
    closed = await client.post(f"/api/v1/rooms/{second['id']}/cancellation", headers=key)
    assert closed.json()["status"] == "cancelled"
    again = await client.post(f"/api/v1/rooms/{second['id']}/cancellation", headers=key)
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"provider": "zoom", "url": None, "passcode": None}, 409, "provider_not_configured"),
        ({"url": None}, 422, "invalid_input"),
        ({"url": "javascript:alert(1)"}, 422, "invalid_input"),
        ({"provider": "other"}, 422, "invalid_input"),
        ({"passcode": "x" * 65}, 422, "invalid_input"),
    ],
)
async def test_what_is_no_room_is_refused_without_an_echo(
    client: AsyncClient, database: Database, changes: dict[str, object], status: int, code: str
) -> None:
    _house, gathering, key = await make(database)
    answer = await open_room(client, gathering, key, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "canary" not in answer.text
    assert "javascript" not in answer.text


async def test_strangers_find_no_room_and_readers_need_the_permission(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    room = (await open_room(client, gathering, key)).json()
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
        reader = await factories.api_key(session, _house, Permission.WORKSHOPS_READ)
    path = f"/api/v1/workshops/{gathering.id}/rooms"
    assert (await client.get(path, headers=stranger)).status_code == 404
    assert (await client.get(path, headers=reader)).status_code == 403
    assert (await client.get(path)).status_code == 401
    assert (await client.post(f"/api/v1/rooms/{room['id']}/cancellation", headers=stranger)).status_code == 404


async def test_the_address_of_a_room_appears_nowhere_public(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    house, gathering, key = await make(database)
    await open_room(client, gathering, key)
    async with database.write() as session:
        row = await factories.registration(session, gathering)
        token = factories.participant_token(session, row)
    await worker.drain()
    public = [
        f"/api/v1/workshops/{gathering.id}",
        "/api/v1/workshops",
        f"/calendar/{house.slug}.ics",
        f"/calendar/{house.slug}/{gathering.slug}.ics",
        f"/calendar/my/{token}.ics",
        f"/my/{token}",
        f"/join/{token}",
        f"/w/{house.slug}/{gathering.slug}",
    ]
    shown = [await client.get(path) for path in public]
    shown.append(await client.post("/api/v1/my/join", headers=factories.bearer(token)))
    shown.append(await client.get("/api/v1/events", headers=key))
    assert [answer.request.url.path for answer in shown if "canary" in answer.text] == []
    async with database.read() as session:
        events = (await session.exec(select(EventRow))).all()
    assert [event for event in events if "canary" in str(event.data)] == []
    # The control: inside the window its owner does get it, so the canary would have been noticed.
    clock.freeze(at("07-03 09:00"))
    mine = await client.post("/api/v1/my/join", headers=factories.bearer(token))
    assert mine.json() == {"url": CANARY, "passcode": "canary-481516"}


async def test_the_join_call_says_when_it_opens(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    await open_room(client, gathering, key)
    async with database.write() as session:
        token = factories.participant_token(session, await factories.registration(session, gathering))
    answer = await client.post("/api/v1/my/join", headers=factories.bearer(token))
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["opens_at"]) == ("join_not_open", "2023-07-03T08:15:00+08:00")


async def test_a_pasted_link_is_replaced_in_one_call_and_nobodys_link_changes(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _house, gathering, key = await make(database)
    former = (await open_room(client, gathering, key)).json()
    async with database.write() as session:
        token = factories.participant_token(session, await factories.registration(session, gathering))
    path = f"/api/v1/rooms/{former['id']}/replacement"
    refused = await client.post(path, json={}, headers=key)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/url")
    answer = await client.post(path, json={"url": "https://meet.example.go.id/j/2"}, headers=key)
    room = answer.json()
    assert (answer.status_code, room["status"], room["replaces"]) == (201, "active", former["id"])
    assert (room["people"], room["checked_at"], room["repaired"]) == (None, None, 0)
    await worker.drain()
    listed = (await client.get(f"/api/v1/workshops/{gathering.id}/rooms", headers=key)).json()["items"]
    assert [(one["id"], one["status"]) for one in listed] == [(room["id"], "active"), (former["id"], "cancelled")]
    clock.freeze(at("07-03 09:00"))
    mine = await client.post("/api/v1/my/join", headers=factories.bearer(token))
    assert mine.json() == {"url": "https://meet.example.go.id/j/2", "passcode": None}
    async with database.read() as session:
        kinds = [row.type for row in await session.exec(select(EventRow)) if row.type.startswith("room.")]
    assert sorted(kinds) == ["room.cancelled", "room.opened", "room.opened", "room.replaced"]
    again = await client.post(path, json={"url": "https://meet.example.go.id/j/3"}, headers=key)
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")


async def test_only_a_providers_active_room_is_compared(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    room = (await open_room(client, gathering, key)).json()
    answer = await client.post(f"/api/v1/rooms/{room['id']}/reconciliation", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")


async def test_the_budget_of_a_provider_that_is_not_set_up_says_so(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    answer = await client.get(f"/api/v1/workshops/{gathering.id}/rooms/budget", headers=key)
    budget = answer.json()
    assert (answer.status_code, budget["provider"], budget["configured"]) == (200, "zoom", False)
    assert (budget["limit"], budget["remaining"], budget["needed"], budget["people"]) == (None, None, 0, 0)


async def test_what_the_hall_may_not_have_is_refused_and_a_request_survives_its_refusal(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, _key = await make(database)
    async with database.write() as session:
        token = factories.participant_token(session, await factories.registration(session, gathering))
    waiting = await client.post("/api/v1/my/join", headers=factories.bearer(token))
    assert waiting.json()["code"] == "join_not_open"
    async with database.read() as session:
        assert (await session.exec(select(Registration.link_requested_at))).one() == clock.now()
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).hall_links = HallLinks.NEVER
        (await session.exec(select(Registration))).one().link_requested_at = None
    refused = await client.post("/api/v1/my/join", headers=factories.bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (409, "join_not_for_hall")
