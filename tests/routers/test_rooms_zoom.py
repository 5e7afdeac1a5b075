"""Rooms that a provider makes, over HTTP: asked for, replaced, compared, and what a day still allows."""

from collections.abc import Iterator
from typing import Any

import pytest
from httpx import AsyncClient

from service.db import Database
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.simulators.zoom import ZoomSimulator
from tests.support.zoomed import Zoomed, zoomed


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, zoom: ZoomSimulator) -> Settings:
    return settings.model_copy(update=dict(zoom.settings()))


@pytest.fixture
async def world(database: Database, worker: Worker, zoom: ZoomSimulator) -> Zoomed:
    return await zoomed(database, worker, zoom)


@pytest.fixture
async def key(world: Zoomed) -> dict[str, str]:
    async with world.database.write() as session:
        return await factories.api_key(session, world.house)


async def listed(client: AsyncClient, world: Zoomed, key: dict[str, str]) -> list[Any]:
    answer = await client.get(f"/api/v1/workshops/{world.gathering.id}/rooms", headers=key)
    items: list[Any] = answer.json()["items"]
    return items


async def budget(client: AsyncClient, world: Zoomed, key: dict[str, str]) -> Any:
    return (await client.get(f"/api/v1/workshops/{world.gathering.id}/rooms/budget", headers=key)).json()


async def test_a_room_is_pending_then_active_and_shows_who_may_enter(
    client: AsyncClient, world: Zoomed, key: dict[str, str]
) -> None:
    person = await world.person()
    path = f"/api/v1/workshops/{world.gathering.id}/rooms"
    answer = await client.post(path, json={"provider": "zoom"}, headers=key)
    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    assert answer.json()["people"] == {"admitted": 0, "waiting": 1, "failed": 0, "online": 0}
    await world.worker.drain()
    (room,) = await listed(client, world, key)
    assert (room["status"], room["url"], room["people"]["admitted"]) == ("active", None, 1)
    link = (await world.links())[person.id]
    assert link not in str(room)


async def test_the_budget_is_shown_before_it_is_spent(client: AsyncClient, world: Zoomed, key: dict[str, str]) -> None:
    await world.person()
    before = await budget(client, world, key)
    assert (before["configured"], before["limit"], before["spent"], before["remaining"]) == (True, 100, 0, 100)
    assert (before["needed"], before["people"]) == (1, 1)
    await world.open_room()
    after = await budget(client, world, key)
    assert after["spent"] == sum(world.zoom.writes.values()) == before["needed"]
    assert after["remaining"] == 99


async def test_an_address_has_no_place_in_a_room_that_the_provider_makes(
    client: AsyncClient, world: Zoomed, key: dict[str, str]
) -> None:
    body = {"provider": "zoom", "url": "https://meet.example.go.id/j/1"}
    answer = await client.post(f"/api/v1/workshops/{world.gathering.id}/rooms", json=body, headers=key)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/url")


async def test_a_leaked_room_is_replaced_and_everybody_gets_a_new_way_in(
    client: AsyncClient, world: Zoomed, key: dict[str, str]
) -> None:
    person, former = await world.person(), await world.open_room()
    before = (await world.links())[person.id]
    answer = await client.post(f"/api/v1/rooms/{former.id}/replacement", json={}, headers=key)
    assert (answer.status_code, answer.json()["status"], answer.json()["replaces"]) == (201, "pending", str(former.id))
    await world.worker.drain()
    newest, oldest = await listed(client, world, key)
    assert (newest["status"], oldest["status"]) == ("active", "cancelled")
    assert newest["people"] == {"admitted": 1, "waiting": 0, "failed": 0, "online": 0}
    with pytest.raises(LookupError):
        world.zoom.join(before)


async def test_a_comparison_is_asked_for_and_its_outcome_shown(
    client: AsyncClient, world: Zoomed, key: dict[str, str]
) -> None:
    await world.person()
    room = await world.open_room()
    world.zoom.only().registrants.clear()
    answer = await client.post(f"/api/v1/rooms/{room.id}/reconciliation", headers=key)
    assert (answer.status_code, answer.json()["checked_at"]) == (202, None)
    await world.worker.drain()
    (shown,) = await listed(client, world, key)
    assert (shown["repaired"], shown["checked_at"]) == (1, "2023-06-20T01:00:00Z")


async def test_a_room_that_failed_says_why_in_the_readers_language(
    client: AsyncClient, world: Zoomed, key: dict[str, str]
) -> None:
    room = await world.open_room()
    world.zoom.only().deleted = True
    await client.post(f"/api/v1/rooms/{room.id}/reconciliation", headers=key)
    await world.worker.drain()
    path = f"/api/v1/workshops/{world.gathering.id}/rooms"
    shown = (await client.get(path, headers=key | {"Accept-Language": "en"})).json()["items"][0]
    assert shown["status"] == "failed"
    assert shown["error"] == "The provider no longer has this room. Make a new one with the action replace room."
