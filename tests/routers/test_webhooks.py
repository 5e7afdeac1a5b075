"""Webhooks over the API: added, changed, rotated, replayed, removed; nobody else's."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service.auth import Permission
from service.db import Database
from service.domain import deliveries
from service.models.outbox import Delivery, DeliveryStatus
from service.models.webhooks import Webhook
from service.settings import Settings
from tests import factories
from tests.simulators.webhooks import WebhookReceiver
from tests.support.webhook_world import WEBHOOKS, HookWorld

URL = "https://dashboard.luwukab.go.id/hooks/bimtek"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.webhook_networks = [ip_network("127.0.0.0/8")]
    return settings


@pytest.fixture
async def world(client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HookWorld]:
    async with WebhookReceiver() as receiver:
        yield await HookWorld.build(client, database, receiver, monkeypatch)


async def test_a_secret_is_shown_once_and_stored_nowhere(world: HookWorld) -> None:
    answer = await world.client.post(WEBHOOKS, json={"url": URL, "description": "Dasbor"}, headers=world.key)
    made = answer.json()
    assert (answer.status_code, made["status"], made["types"], made["description"]) == (201, "active", [], "Dasbor")
    assert made["secret"].startswith("whsec_")
    read = await world.client.get(f"{WEBHOOKS}/{made['id']}", headers=world.key)
    assert read.json() == {name: value for name, value in made.items() if name != "secret"}
    assert read.headers["etag"].startswith('"1-')
    assert (await world.client.get(WEBHOOKS, headers=world.key)).json() == {"items": [read.json()], "next": None}
    async with world.database.read() as session:
        row = (await session.exec(select(Webhook))).one()
    assert made["secret"] not in str(row.model_dump())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://dashboard.luwukab.go.id/"}, "/url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "/url"),
        ({"url": "https://2130706433/"}, "/url"),
        ({"url": "https://user:secret@dashboard.luwukab.go.id/"}, "/url"),
        ({"url": f"{URL}#x"}, "/url"),
        ({"url": URL + "x" * 2000}, "/url"),
        ({"url": URL, "types": ["registration.invented"]}, "/types/0"),
        ({"url": URL, "types": ["invented.*"]}, "/types/0"),
        ({"url": URL, "types": ["*"]}, "/types/0"),
        ({"url": URL, "secret": "whsec_mine"}, "/secret"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused(world: HookWorld, body: dict[str, object], pointer: str) -> None:
    answer = await world.client.post(WEBHOOKS, json=body, headers=world.key)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert "secret@" not in answer.text


async def test_a_house_has_at_most_twenty(world: HookWorld) -> None:
    for _number in range(20):
        assert (await world.client.post(WEBHOOKS, json={"url": URL}, headers=world.key)).status_code == 201
    answer = await world.client.post(WEBHOOKS, json={"url": URL}, headers=world.key)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_webhooks")
    first = (await world.client.get(f"{WEBHOOKS}?limit=15", headers=world.key)).json()
    rest = (await world.client.get(f"{WEBHOOKS}?limit=15&cursor={first['next']}", headers=world.key)).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (15, 5, None)


async def test_a_change_needs_the_version_and_another_address_must_be_acceptable(world: HookWorld) -> None:
    made = await world.hook()
    address = f"{WEBHOOKS}/{made['id']}"
    assert (await world.client.patch(address, json={"types": []}, headers=world.key)).status_code == 428
    stale = await world.client.patch(address, json={"types": []}, headers=world.key | {"If-Match": '"7"'})
    assert stale.status_code == 412
    current = world.key | {"If-Match": (await world.client.get(address, headers=world.key)).headers["etag"]}
    inside = await world.client.patch(address, json={"url": "https://10.0.0.1/"}, headers=current)
    assert inside.status_code == 422
    nothing = await world.client.patch(address, json={"url": None}, headers=current)
    assert nothing.status_code == 422
    changed = await world.client.patch(
        address, json={"types": ["checkin.*", "checkin.*"], "description": None, "url": URL}, headers=current
    )
    assert changed.json() | {"updated_at": None} == {
        name: value for name, value in made.items() if name != "secret"
    } | {"types": ["checkin.*"], "url": URL, "version": 2, "updated_at": None}


async def test_a_disabled_webhook_that_is_made_active_again_begins_anew(world: HookWorld) -> None:
    hook = await world.hook()
    world.receiver.mode = 410
    await world.happens()
    world.receiver.mode = 200
    disabled = await world.read(hook)
    english = await world.client.get(f"{WEBHOOKS}/{hook['id']}", headers=world.key | {"Accept-Language": "en"})
    assert english.json()["disabled_reason"] == "The receiver answered 410: this address is no longer used."
    await world.happens()
    headers = world.key | {"If-Match": f'"{disabled["version"]}"'}
    active = await world.client.patch(f"{WEBHOOKS}/{hook['id']}", json={"status": "active"}, headers=headers)
    assert (active.json()["status"], active.json()["disabled_reason"], active.json()["failing_since"]) == (
        "active",
        None,
        None,
    )
    world.receiver.received.clear()
    await world.happens()
    assert [one.event["type"] for one in world.receiver.received].count("organisation.changed") == 1


async def test_a_delivery_is_sent_again_with_the_same_id_whether_it_was_taken_or_parked(world: HookWorld) -> None:
    hook = await world.hook()
    await world.happens()
    world.receiver.mode = 410
    await world.happens()
    world.receiver.mode = 200
    headers = world.key | {"If-Match": "*"}
    await world.client.patch(f"{WEBHOOKS}/{hook['id']}", json={"status": "active"}, headers=headers)
    await world.worker.drain()
    sent = [entry for entry in await world.log(hook) if entry["event_type"] == "organisation.changed"]
    assert [entry["status"] for entry in sent] == ["parked", "done"]
    world.receiver.received.clear()
    for entry in sent:
        answer = await world.client.post(f"/api/v1/deliveries/{entry['id']}/replay", headers=world.key)
        assert (answer.status_code, answer.json()["status"]) == (200, "pending")
        again = await world.client.post(f"/api/v1/deliveries/{entry['id']}/replay", headers=world.key)
        assert (again.status_code, again.json()["code"]) == (409, "invalid_state")
    await world.worker.drain()
    assert sorted(world.receiver.ids) == sorted(entry["event_id"] for entry in sent)
    assert {entry["status"] for entry in await world.log(hook)} == {"done"}


async def test_the_log_is_the_webhooks_own_and_goes_page_by_page(world: HookWorld) -> None:
    hook, other = await world.hook(), await world.hook(types=["checkin.*"])
    await world.happens(times=5)
    first = (await world.client.get(f"{WEBHOOKS}/{hook['id']}/deliveries?limit=4", headers=world.key)).json()
    address = f"{WEBHOOKS}/{hook['id']}/deliveries?limit=4&cursor={first['next']}"
    rest = (await world.client.get(address, headers=world.key)).json()
    found = [entry["event_id"] for entry in first["items"] + rest["items"]]
    told = [event["id"] for event in await world.feed()]
    assert (sorted(found), rest["next"]) == (sorted(told), None)
    assert await world.log(other) == []
    assert await world.log(hook, "?status=parked") == []


async def test_old_deliveries_are_forgotten_and_the_events_stay(world: HookWorld) -> None:
    hook = await world.hook()
    await world.happens()
    told = await world.feed()
    world.passed = timedelta(days=31)
    await world.happens()
    async with world.database.write() as session:
        session.add(
            Delivery(
                organizer_id=world.house.id,
                event_id=factories.uuid(told[0]["id"]),
                subscriber="messages.confirmation",
                status=DeliveryStatus.DONE,
                settled_at=datetime(2020, 1, 1, tzinfo=UTC),
            )
        )
        await session.flush()
        await deliveries.forget_old(session)
    async with world.database.read() as session:
        kept = [row.subscriber for row in await session.exec(select(Delivery))]
    assert (len(await world.log(hook)), "messages.confirmation" in kept) == (1, True)
    assert (await world.feed())[: len(told)] == told


async def test_only_who_may_write_webhooks_sees_them(world: HookWorld) -> None:
    hook = await world.hook()
    async with world.database.write() as session:
        lesser = await factories.api_key(session, world.house, Permission.EVENTS_READ, Permission.DELIVERIES_WRITE)
        stranger = await factories.api_key(session, await factories.organizer(session))
    assert (await world.client.get(WEBHOOKS, headers=lesser)).status_code == 403
    assert (await world.client.get(WEBHOOKS, headers=stranger)).json()["items"] == []
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/deliveries"),
        ("POST", "/rotation"),
        ("POST", "/test"),
    ):
        answer = await world.client.request(method, f"{WEBHOOKS}/{hook['id']}{path}", headers=stranger)
        assert answer.status_code == 404
    [entry] = await world.log(hook)
    assert (await world.client.post(f"/api/v1/deliveries/{entry['id']}/replay", headers=stranger)).status_code == 404


async def test_the_addresses_of_webhooks_that_come_in_stay_theirs(world: HookWorld) -> None:
    # Not 422 for an id that is none: no word is set for WhatsApp's challenge here.
    assert (await world.client.get(f"{WEBHOOKS}/whatsapp", headers=world.key)).status_code == 404
    assert (await world.client.get(f"{WEBHOOKS}/{factories.some_id()}", headers=world.key)).status_code == 404
