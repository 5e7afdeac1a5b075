"""The outbox: what is recorded is delivered at least once, in order of nothing, and sealed into a chain."""

from sqlmodel import select

from service import outbox
from service.db import Database
from service.events import WorkshopPublished
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.worker import Worker
from tests import factories


async def test_an_event_rolled_back_with_its_transaction_is_never_delivered(database: Database, worker: Worker) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
    try:
        async with database.write() as session:
            gathering = await factories.workshop(session, house)
            await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=gathering.id))
            raise LookupError  # noqa: TRY301 - any failure of a domain function
    except LookupError:
        pass
    await worker.drain()
    async with database.read() as session:
        assert (await session.exec(select(EventRow))).all() == []


async def test_a_committed_event_is_sealed_and_its_deliveries_are_settled(database: Database, worker: Worker) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=gathering.id))
    await worker.drain()
    async with database.read() as session:
        [row] = (await session.exec(select(EventRow))).all()
        deliveries = (await session.exec(select(Delivery))).all()
    assert row.sequence == 1
    assert row.hash
    assert {delivery.status for delivery in deliveries} <= {DeliveryStatus.DONE}
