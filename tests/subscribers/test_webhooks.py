"""Webhooks out: signed, told again until taken, never twice without saying so, and given up when hopeless."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from httpx import AsyncClient

from service import clock
from service.clients import webhooks as client_module
from service.db import Database
from service.events import OrganisationChanged, PasswordResetRequested, RegistrationConfirmed, WorkshopPublished
from service.models.outbox import DeliveryStatus
from service.models.webhooks import Webhook
from service.settings import Settings
from service.subscribers.webhooks import GAPS
from tests import factories
from tests.simulators.webhooks import ForgedError, Received, WebhookReceiver
from tests.support.webhook_world import WEBHOOKS, HookWorld

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.webhook_networks = [ip_network("127.0.0.0/8")]
    return settings


@pytest.fixture
async def world(client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HookWorld]:
    async with WebhookReceiver() as receiver:
        yield await HookWorld.build(client, database, receiver, monkeypatch)


def now() -> float:
    return clock.real_now().timestamp()


def signed_by(one: Received, secret: str) -> bool:
    try:
        one.verify(secret, now())
    except ForgedError:
        return False
    return True


async def test_an_event_arrives_signed_as_the_change_feed_tells_it(world: HookWorld) -> None:
    hook = await world.hook()
    await world.happens()
    [one] = world.receiver.received
    one.verify(hook["secret"], now())
    assert not signed_by(one, "whsec_" + "A" * 43 + "=")
    told = (await world.feed())[-1]
    assert one.id == told["id"]
    assert one.event == {
        "specversion": "1.0",
        "id": told["id"],
        "source": f"http://127.0.0.1:8000/api/v1/organizers/{world.house.slug}",
        "type": "organisation.changed",
        "time": told["happened_at"],
        "datacontenttype": "application/json",
        "sequence": told["sequence"],
        "actor": told["actor"],
        "data": told["data"],
    }
    assert one.headers["content-type"] == "application/cloudevents+json"
    assert one.headers["user-agent"].startswith("Bimtek/")
    assert "cookie" not in one.headers
    [entry] = await world.log(hook, "?limit=1")
    assert (entry["status"], entry["target"], entry["response_status"], entry["response_excerpt"]) == (
        "done",
        hook["id"],
        200,
        "ok",
    )
    assert entry["response_ms"] >= 0


async def test_after_a_rotation_both_secrets_sign_for_a_day(world: HookWorld) -> None:
    hook = await world.hook()
    answer = await world.client.post(f"{WEBHOOKS}/{hook['id']}/rotation", headers=world.key)
    secret = answer.json()["secret"]
    assert secret != hook["secret"]
    assert datetime.fromisoformat(answer.json()["former_until"]) > clock.real_now() + 23 * HOUR
    await world.worker.drain()
    assert all(signed_by(world.receiver.received[-1], one) for one in (hook["secret"], secret))
    world.passed += DAY
    await world.happens()
    last = world.receiver.received[-1]
    assert (signed_by(last, hook["secret"]), signed_by(last, secret)) == (False, True)


async def test_failures_are_tried_again_after_each_gap_and_then_the_webhook_is_disabled(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.mode = 500
    await world.happens()
    for number, gap in enumerate(GAPS, start=1):
        await world.pass_time(gap - SECOND)
        assert len(world.receiver.received) == number
        await world.pass_time(2 * SECOND)
        assert len(world.receiver.received) == number + 1
    assert len(set(world.receiver.ids)) == 1
    assert len({one.headers["webhook-timestamp"] for one in world.receiver.received}) == len(GAPS) + 1
    world.receiver.received[-1].verify(hook["secret"], now())
    read = await world.read(hook)
    assert (read["status"], read["version"]) == ("disabled", hook["version"] + 1)
    assert read["disabled_reason"] == "Pengiriman gagal terus-menerus selama berhari-hari."
    [entry] = await world.log(hook, "?status=parked")
    assert (entry["attempts"], entry["error"], entry["response_status"]) == (10, "HTTP 500", 500)
    disabled = (await world.feed())[-1]
    assert (disabled["type"], disabled["data"]) == ("webhook.disabled", {"webhook_id": hook["id"]})
    await world.pass_time(30 * DAY)
    assert len(world.receiver.received) == len(GAPS) + 1


async def test_an_hour_away_loses_nothing_and_doubles_nothing(world: HookWorld) -> None:
    hook = await world.hook()
    await world.receiver.stop()
    for _quarter in range(4):
        await world.happens(times=6)
        await world.pass_time(HOUR / 4)
    assert (await world.read(hook))["failing_since"] is not None
    await world.receiver.start()
    for _round in range(40):
        await world.pass_time(timedelta(minutes=30))
        if all(one.status is DeliveryStatus.DONE for one in await world.deliveries()):
            break
    told = [event["id"] for event in await world.feed() if event["type"] == "organisation.changed"]
    assert len(told) == 24
    assert sorted(world.receiver.ids) == sorted(told)
    assert (await world.read(hook))["failing_since"] is None


async def test_an_answer_that_got_lost_brings_the_same_id_again(
    world: HookWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.hook()
    world.receiver.mode = "hang"
    monkeypatch.setattr(client_module, "SECONDS", 0.2)
    await world.happens()
    world.receiver.mode = 200
    monkeypatch.setattr(client_module, "SECONDS", 5.0)
    await world.pass_time(6 * SECOND)
    first, second = world.receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    [done] = [one for one in await world.deliveries() if str(one.event_id) == first.id]
    assert (done.status, done.attempts) == (DeliveryStatus.DONE, 2)


async def test_no_connection_to_the_database_is_held_while_a_receiver_hangs(
    world: HookWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.hook()
    world.receiver.mode = "hang"
    monkeypatch.setattr(client_module, "SECONDS", 1.0)
    telling = asyncio.create_task(world.happens())
    async with asyncio.timeout(5):
        while not world.receiver.received:  # noqa: ASYNC110 - the receiver is another task
            await asyncio.sleep(0.01)
    held: Any = world.database.engine.pool
    assert held.checkedout() == 0
    await telling


async def test_receivers_that_hang_leave_room_for_others(world: HookWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = await world.hook()
    world.receiver.mode = "hang"
    monkeypatch.setattr(client_module, "SECONDS", 0.3)
    await world.happens(times=30)
    # Eight at once while nothing is known against it, then one of every eight that are claimed.
    assert len(world.receiver.received) == 11
    world.passed += 10 * SECOND
    await world.worker.step()
    assert len(world.receiver.received) == 12
    assert (await world.read(hook))["status"] == "active"


async def test_only_the_types_that_were_asked_for_arrive(world: HookWorld) -> None:
    await world.hook(types=["registration.*", "workshop.published"])
    house = world.house.id
    workshop, person = factories.some_id(), factories.some_id()
    await world.happens(
        OrganisationChanged(organizer_id=house, organisation_id=factories.some_id()),
        WorkshopPublished(organizer_id=house, workshop_id=workshop),
        RegistrationConfirmed(organizer_id=house, workshop_id=workshop, registration_id=person),
    )
    assert sorted(one.event["type"] for one in world.receiver.received) == [
        "registration.confirmed",
        "workshop.published",
    ]


async def test_events_of_accounts_arrive_only_where_they_were_asked_for(world: HookWorld) -> None:
    await world.hook(types=[])
    house = world.house.id
    happened = [
        PasswordResetRequested(organizer_id=house, staff_id=factories.some_id()),
        OrganisationChanged(organizer_id=house, organisation_id=factories.some_id()),
    ]
    await world.happens(*happened)
    assert [one.event["type"] for one in world.receiver.received] == ["organisation.changed"]
    await world.hook(types=["password_reset.*"])
    await world.happens(*happened)
    assert sorted(one.event["type"] for one in world.receiver.received) == [
        "organisation.changed",
        "password_reset.requested",
    ]


async def test_another_houses_events_stay_there(world: HookWorld) -> None:
    await world.hook()
    async with world.database.write() as session:
        other = await factories.organizer(session)
    theirs, ours = (
        OrganisationChanged(organizer_id=house.id, organisation_id=factories.some_id())
        for house in (other, world.house)
    )
    await world.happens(theirs, ours)
    assert [one.event["data"] for one in world.receiver.received] == [ours.data()]
    assert {one.organizer_id for one in await world.deliveries()} == {world.house.id}


async def test_without_webhooks_an_event_has_no_delivery_to_one(world: HookWorld) -> None:
    await world.happens()
    assert await world.deliveries() == []


async def test_410_disables_at_once_and_what_waits_is_parked(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.mode = 503
    await world.happens()
    world.receiver.mode = 410
    await world.happens()
    read = await world.read(hook)
    assert (read["status"], read["disabled_reason"]) == (
        "disabled",
        "Penerima menjawab 410: alamat ini tidak dipakai lagi.",
    )
    calls = len(world.receiver.received)
    await world.pass_time(6 * SECOND)
    assert len(world.receiver.received) == calls
    assert sorted(entry["error"] for entry in await world.log(hook, "?status=parked")) == [
        "HTTP 410",
        "the webhook is disabled",
    ]


async def test_failing_for_five_days_disables_whatever_the_attempt(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.mode = 500
    await world.happens()
    world.passed += 5 * DAY + SECOND
    await world.happens()
    assert (await world.read(hook))["status"] == "disabled"


async def test_one_event_that_is_always_refused_disables_nothing_while_others_are_taken(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.refused = {"workshop.published"}
    await world.happens(WorkshopPublished(organizer_id=world.house.id, workshop_id=factories.some_id()))
    for gap in GAPS:
        await world.happens()
        await world.pass_time(gap + SECOND)
    [parked] = await world.log(hook, "?status=parked")
    assert (parked["event_type"], parked["attempts"]) == ("workshop.published", 10)
    read = await world.read(hook)
    assert (read["status"], read["failing_since"]) == ("active", None)
    await world.pass_time(6 * DAY)
    world.receiver.refused = {"organisation.changed"}
    await world.happens()
    assert (await world.read(hook))["status"] == "active"


async def test_a_receiver_that_asks_to_wait_is_left_alone_so_long(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.mode, world.receiver.headers = 429, {"Retry-After": "120"}
    await world.happens()
    await world.pass_time(119 * SECOND)
    assert len(world.receiver.received) == 1
    world.receiver.mode = 204
    await world.pass_time(2 * SECOND)
    [entry] = await world.log(hook, "?limit=1")
    assert (len(world.receiver.received), entry["status"], entry["attempts"]) == (2, "done", 1)


async def test_a_receiver_that_asks_to_wait_for_ever_is_given_up(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.mode, world.receiver.headers = 503, {"Retry-After": "3600"}
    await world.happens()
    for _hour in range(24 * 5):
        await world.pass_time(HOUR + SECOND)
    assert (await world.read(hook))["status"] == "disabled"


async def test_a_redirect_is_a_failure_and_leads_nowhere(world: HookWorld) -> None:
    hook = await world.hook()
    async with WebhookReceiver() as inner:
        world.receiver.mode, world.receiver.headers = 301, {"Location": inner.url}
        await world.happens()
        assert inner.connections == 0
    [entry] = await world.log(hook, "?limit=1")
    assert (entry["status"], entry["error"], entry["attempts"]) == ("pending", "HTTP 301", 1)


async def test_a_trial_goes_to_its_own_webhook_alone_whatever_that_wants(world: HookWorld) -> None:
    await world.hook()
    async with WebhookReceiver() as other:
        quiet = await world.hook(url=other.url, types=["checkin.recorded"])
        await world.client.patch(
            f"{WEBHOOKS}/{quiet['id']}", json={"status": "disabled"}, headers=world.key | {"If-Match": '"1"'}
        )
        await world.worker.drain()
        world.receiver.received.clear()
        other.mode = 500
        answer = await world.client.post(f"{WEBHOOKS}/{quiet['id']}/test", headers=world.key)
        assert answer.status_code == 202
        await world.worker.drain()
        await world.pass_time(DAY)
        [one] = other.received
    one.verify(quiet["secret"], now() - 86_400)
    assert (one.event["type"], one.event["data"]) == ("webhook.tested", {"webhook_id": quiet["id"]})
    assert world.receiver.received == []
    [entry] = await world.log(quiet)
    assert (entry["status"], entry["error"], entry["attempts"]) == ("parked", "HTTP 500", 1)
    assert (await world.read(quiet))["failing_since"] is None


async def test_a_huge_answer_is_kept_in_part_and_made_printable(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.answer = b"\x1b[31m\x00galat\r\n" + "é".encode() * 2000
    await world.happens()
    [entry] = await world.log(hook, "?limit=1")
    assert entry["response_excerpt"] == " [31m galat  " + "é" * 487


async def test_removing_a_webhook_removes_what_was_still_to_come(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.mode = 500
    await world.happens()
    assert (await world.client.delete(f"{WEBHOOKS}/{hook['id']}", headers=world.key)).status_code == 204
    calls = len(world.receiver.received)
    await world.pass_time(6 * SECOND)
    assert (len(world.receiver.received), await world.deliveries()) == (calls, [])


async def test_a_secret_whose_key_is_gone_signs_nothing_until_it_is_rotated(world: HookWorld) -> None:
    hook = await world.hook()
    async with world.database.write() as session:
        (await session.get_one(Webhook, factories.uuid(hook["id"]))).key_id = "deadbeef"
    await world.happens()
    [parked] = await world.log(hook, "?status=parked")
    assert (parked["error"], world.receiver.received) == (
        "the key of its secret is no longer configured: rotate the secret",
        [],
    )
    answer = await world.client.post(f"{WEBHOOKS}/{hook['id']}/rotation", headers=world.key)
    await world.worker.drain()
    [one] = world.receiver.received
    one.verify(answer.json()["secret"], now())


async def test_no_personal_data_and_no_link_in_bodies_answers_and_logs(
    world: HookWorld, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    hook = await world.hook(url=world.receiver.url + "/rahasia-7f3a")
    async with world.database.write() as session:
        gathering = await factories.workshop(session, world.house)
    body = {"name": "Kenari-7f3a", "email": "kenari-7f3a@luwukab.go.id", "phone": "+6281299990001", "mode": "offline"}
    path = f"/api/v1/workshops/{gathering.id}/registrations"
    answer = await world.client.post(path, json=body, headers=world.key)
    assert answer.status_code == 201, answer.text
    await world.worker.drain()
    world.receiver.mode = 500
    await world.happens()
    sent = b"".join(one.body for one in world.receiver.received).decode()
    assert "registration.confirmed" in sent
    links = re.findall(r"[A-Za-z0-9_-]{43}", answer.text)
    assert links
    log = str(await world.log(hook))
    captured = caplog.text + "".join(capsys.readouterr())
    for canary in ("kenari", "81299990001", *links):
        assert canary.lower() not in (sent + log + captured).lower()
    for secret in ("rahasia-7f3a", hook["secret"], "v1,"):
        assert secret not in log + captured
