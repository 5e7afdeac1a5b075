"""Door devices: added with a token shown once, revoked at once, bound to their workshop."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.auth import Permission
from service.db import Database
from service.models.devices import Device
from tests import factories
from tests.factories import at
from tests.support.door import Door, scan


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(at("07-03 09:02"))
    return await Door.open(client, database)


async def test_a_new_device_checks_in_and_its_token_is_shown_once(door: Door, client: AsyncClient) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/devices"
    made = await client.post(url, json={"name": "Gerbang B", "gate": "B"}, headers=door.staff)
    assert made.status_code == 201
    token = made.json().pop("token")
    _, ticket = await door.person()
    told = await door.send(scan(ticket, clock.now()), factories.bearer(token))
    assert told["first"]["device"] == "Gerbang B"
    listed = await client.get(url, headers=door.staff)
    assert [device["name"] for device in listed.json()["items"]] == ["Gerbang A", "Gerbang B"]
    assert token not in listed.text


async def test_a_revoked_device_opens_nothing_any_more_and_leaves_the_list(door: Door, client: AsyncClient) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/devices"
    [device] = (await client.get(url, headers=door.staff)).json()["items"]
    for _ in range(2):
        assert (await client.delete(f"/api/v1/devices/{device['id']}", headers=door.staff)).status_code == 204
    assert (await client.get(f"/api/v1/workshops/{door.workshop.id}/roster", headers=door.headers)).status_code == 401
    assert (await client.get(url, headers=door.staff)).json()["items"] == []


async def test_an_upload_leaves_on_the_device_when_it_was_and_how_wrong_its_clock_is(door: Door) -> None:
    other = await door.device("Gerbang B")
    await door.upload([], skew=timedelta(hours=-2))
    await door.upload([], headers=door.staff, skew=timedelta(hours=1))
    await door.send(scan((await door.person())[1], clock.now()), other)
    async with door.database.read() as session:
        rows = (await session.exec(select(Device).order_by(col(Device.id)))).all()
    assert [(row.synced_at, row.skew_seconds) for row in rows] == [(clock.now(), -7200), (None, None)]


async def test_the_roster_tells_the_time_of_each_request_and_its_people_once(door: Door, client: AsyncClient) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/roster"
    await door.person()
    rosters = []
    for minute in (3, 4):
        clock.freeze(at(f"07-03 09:0{minute}"))
        rosters.append((await client.get(url, headers=door.headers)).json())
    assert rosters[0]["items"] == rosters[1]["items"]
    assert [one["server_time"] for one in rosters] == ["2023-07-03T01:03:00Z", "2023-07-03T01:04:00Z"]
    elsewhere = await Door.open(client, door.database)
    empty = await client.get(f"/api/v1/workshops/{elsewhere.workshop.id}/roster", headers=elsewhere.headers)
    assert empty.json()["items"] == []


async def test_devices_are_listed_page_by_page(door: Door, client: AsyncClient) -> None:
    for name in ("B", "C"):
        await door.device(name)
    url = f"/api/v1/workshops/{door.workshop.id}/devices"
    first = (await client.get(url, params={"limit": 2}, headers=door.staff)).json()
    second = (await client.get(url, params={"limit": 2, "cursor": first["next"]}, headers=door.staff)).json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["Gerbang A", "B", "C"]
    assert second["next"] is None


async def test_another_house_finds_neither_devices_nor_workshop(door: Door, client: AsyncClient) -> None:
    other = await Door.open(client, door.database)
    url = f"/api/v1/workshops/{door.workshop.id}/devices"
    [device] = (await client.get(url, headers=door.staff)).json()["items"]
    answers = [
        await client.get(url, headers=other.staff),
        await client.post(url, json={"name": "x"}, headers=other.staff),
        await client.delete(f"/api/v1/devices/{device['id']}", headers=other.staff),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_a_device_itself_and_a_key_without_permission_may_not_add_devices(
    door: Door, client: AsyncClient
) -> None:
    async with door.database.write() as session:
        reader = await factories.api_key(session, door.house, Permission.ATTENDANCE_READ)
    url = f"/api/v1/workshops/{door.workshop.id}/devices"
    for headers in (door.headers, reader):
        assert (await client.post(url, json={"name": "x"}, headers=headers)).status_code == 403
    assert (await client.post(url, json={"name": "x"})).status_code == 401
