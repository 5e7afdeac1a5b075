"""What is parked is listed, and a person can have it tried again."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock, outbox
from service.auth import Permission
from service.db import Database
from service.events import WorkshopPublished
from service.models.organizers import Organizer
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.worker import Worker
from tests import factories

DELIVERIES = "/api/v1/deliveries"


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session)


@pytest.fixture
async def operator(database: Database, house: Organizer) -> dict[str, str]:
    async with database.write() as session:
        return await factories.api_key(session, house)


async def _delivery(database: Database, house: Organizer, status: DeliveryStatus) -> UUID:
    """A delivery to a subscriber that this version does not know."""
    async with database.write() as session:
        event = WorkshopPublished(organizer_id=house.id, workshop_id=factories.some_id())
        await outbox.record(session, event)
        row = (await session.exec(select(EventRow).order_by(col(EventRow.id).desc()).limit(1))).one()
        parked = Delivery(
            organizer_id=house.id,
            event_id=row.id,
            subscriber="former.thing",
            status=status,
            error="SMTP 550",
            attempts=11,
            settled_at=clock.real_now(),
        )
        session.add(parked)
        return parked.id


async def test_the_parked_ones_are_listed_newest_first_page_by_page(
    client: AsyncClient, database: Database, house: Organizer, operator: dict[str, str]
) -> None:
    parked = [str(await _delivery(database, house, DeliveryStatus.PARKED)) for _number in range(3)]
    await _delivery(database, house, DeliveryStatus.DONE)
    first = (await client.get(f"{DELIVERIES}?status=parked&limit=2", headers=operator)).json()
    rest = (await client.get(f"{DELIVERIES}?status=parked&limit=2&cursor={first['next']}", headers=operator)).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == parked[::-1]
    assert rest["next"] is None
    assert first["items"][0] | {"id": None, "event_id": None, "due_at": None, "settled_at": None} == {
        "id": None,
        "event_id": None,
        "event_type": "workshop.published",
        "subscriber": "former.thing",
        "status": "parked",
        "attempts": 11,
        "due_at": None,
        "error": "SMTP 550",
        "settled_at": None,
        "target": None,
        "response_status": None,
        "response_ms": None,
        "response_excerpt": None,
    }


async def test_a_replayed_delivery_is_tried_again(
    client: AsyncClient, database: Database, worker: Worker, house: Organizer, operator: dict[str, str]
) -> None:
    delivery = await _delivery(database, house, DeliveryStatus.PARKED)
    answer = await client.post(f"{DELIVERIES}/{delivery}/replay", headers=operator)
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (200, "pending", 0)
    await worker.drain()
    async with database.read() as session:
        row = await session.get_one(Delivery, delivery)
    assert (row.status, row.attempts) == (DeliveryStatus.PARKED, 1)
    assert row.error == "no handler for this event in this version"


@pytest.mark.parametrize("status", [DeliveryStatus.PENDING, DeliveryStatus.RUNNING, DeliveryStatus.DONE])
async def test_what_is_not_parked_cannot_be_replayed(
    client: AsyncClient, database: Database, house: Organizer, operator: dict[str, str], status: DeliveryStatus
) -> None:
    delivery = await _delivery(database, house, status)
    answer = await client.post(f"{DELIVERIES}/{delivery}/replay", headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")


async def test_another_houses_delivery_is_not_found(client: AsyncClient, database: Database, house: Organizer) -> None:
    delivery = await _delivery(database, house, DeliveryStatus.PARKED)
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
    assert (await client.post(f"{DELIVERIES}/{delivery}/replay", headers=stranger)).status_code == 404
    assert (await client.get(DELIVERIES, headers=stranger)).json()["items"] == []


async def test_who_may_only_manage_webhooks_may_replay_what_goes_to_them(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    own, told = [await _delivery(database, house, DeliveryStatus.PARKED) for _number in range(2)]
    async with database.write() as session:
        (await session.get_one(Delivery, told)).target = str(factories.some_id())
        key = await factories.api_key(session, house, Permission.WEBHOOKS_WRITE)
        other = await factories.api_key(session, house, Permission.WORKSHOPS_WRITE)

    async def replay(delivery_id: UUID, headers: dict[str, str]) -> int:
        return (await client.post(f"{DELIVERIES}/{delivery_id}/replay", headers=headers)).status_code

    assert [await replay(one, other) for one in (told, own)] == [403, 403]
    assert [await replay(one, key) for one in (told, own)] == [200, 403]
    assert (await client.get(DELIVERIES, headers=key)).status_code == 403
