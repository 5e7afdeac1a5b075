"""Webhooks out, when a receiver is slow, asks for patience or moves: what waits, for how long, and what is shown."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from uuid import UUID

import pytest
from httpx import AsyncClient

from service import clock
from service.clients import webhooks as client_module
from service.db import Database
from service.domain import webhooks
from service.models.outbox import DeliveryStatus
from service.settings import Settings
from tests.simulators.webhooks import WebhookReceiver
from tests.support.webhook_world import WEBHOOKS, HookWorld

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.webhook_networks = [ip_network("127.0.0.0/8")]
    return settings


@pytest.fixture
async def world(client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HookWorld]:
    async with WebhookReceiver() as receiver:
        yield await HookWorld.build(client, database, receiver, monkeypatch)


async def test_what_a_failing_receiver_leaves_waiting_is_looked_at_ever_less_often(
    world: HookWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.hook()
    world.receiver.mode = "hang"
    monkeypatch.setattr(client_module, "SECONDS", 0.1)
    await world.happens(times=30)
    for age, least in ((HOUR, 14 * timedelta(minutes=1)), (5 * HOUR, 59 * timedelta(minutes=1))):
        world.passed = age
        await world.worker.drain()
        turned_away = [
            one for one in await world.deliveries() if one.status is DeliveryStatus.PENDING and not one.error
        ]
        assert len(turned_away) > 10
        assert min(one.due_at for one in turned_away) > clock.real_now() + least


async def test_an_attempt_at_a_former_address_says_nothing_about_the_new_one(
    world: HookWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await world.hook(types=["organisation.changed"])
    world.receiver.mode = "hang"
    monkeypatch.setattr(client_module, "SECONDS", 1.0)
    telling = asyncio.create_task(world.happens())
    async with asyncio.timeout(5):
        while not world.receiver.received:  # noqa: ASYNC110 - the receiver is another task
            await asyncio.sleep(0.01)
    moved = {"url": world.receiver.url + "/2"}
    answer = await world.client.patch(f"{WEBHOOKS}/{hook['id']}", json=moved, headers=world.key | {"If-Match": "*"})
    assert answer.status_code == 200
    await telling
    assert (await world.read(hook))["failing_since"] is None
    async with world.database.write() as session:
        await webhooks.disable(session, UUID(hook["id"]), hook["url"], webhooks.GONE)
    assert (await world.read(hook))["status"] == "active"


async def test_a_receiver_that_asks_for_patience_is_not_asked_every_second_and_its_answer_is_shown(
    world: HookWorld,
) -> None:
    hook = await world.hook()
    world.receiver.mode, world.receiver.headers = 429, {"Retry-After": "1"}
    await world.happens()
    await world.pass_time(2 * SECOND)
    assert len(world.receiver.received) == 1
    [entry] = await world.log(hook, "?status=pending")
    assert (entry["attempts"], entry["response_status"]) == (0, 429)
    await world.pass_time(4 * SECOND)
    assert len(world.receiver.received) == 2
