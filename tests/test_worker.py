"""The worker: a slow delivery holds up nothing else, a broken one stops nothing, what is old is forgotten."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.db import Database
from service.events import OrganisationChanged, WorkshopPublished
from service.models.idempotency import IdempotencyRecord, LimitCounter
from service.models.organizers import Organizer
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.models.registrations import HeldRegistration
from service.worker import AT_ONE_TARGET, TARGETED_AT_ONCE, Worker
from tests import factories


@pytest.fixture
def release() -> Iterator[asyncio.Event]:
    """A subscriber that hangs until the event is set, like a mail server that does not answer."""
    gate = asyncio.Event()

    @outbox.subscribe("tests.hangs", OrganisationChanged)
    async def hang(_reaction: outbox.Reaction) -> None:
        await gate.wait()

    yield gate
    outbox._subscribers.pop("tests.hangs")


async def happened(database: Database, house: Organizer, times: int = 1) -> None:
    async with database.write() as session:
        for _ in range(times):
            agency = await factories.organisation(session, house)
            event = OrganisationChanged(organizer_id=house.id, organisation_id=agency.id)
            await outbox.record(session, event)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - the condition lies in the database
            await asyncio.sleep(0.01)


async def test_a_delivery_that_hangs_holds_up_neither_the_feed_nor_the_end(
    database: Database, worker: Worker, release: asyncio.Event
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
    running = asyncio.create_task(worker.run())
    await happened(database, house, times=30)

    async def sealed() -> bool:
        async with database.read() as session:
            return all((await session.exec(select(col(EventRow.sequence).is_not(None)))).all())

    async def hanging() -> bool:
        async with database.read() as session:
            query = select(Delivery.id).where(col(Delivery.status) == DeliveryStatus.RUNNING)
            return len((await session.exec(query)).all()) > 0

    await until(hanging)
    await happened(database, house)
    await until(sealed)
    release.set()

    async def done() -> bool:
        async with database.read() as session:
            return {one.status for one in await session.exec(select(Delivery))} == {DeliveryStatus.DONE}

    await until(done)
    worker.stop()
    async with asyncio.timeout(10):
        await running


async def test_no_more_is_claimed_than_can_run(database: Database, worker: Worker, release: asyncio.Event) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
    await happened(database, house, times=50)
    await worker.seal()
    assert await worker.deliver()
    async with database.read() as session:
        query = select(Delivery.id).where(col(Delivery.status) == DeliveryStatus.RUNNING)
        claimed = len((await session.exec(query)).all())
    assert claimed == 20
    release.set()
    await worker.drain()


async def test_an_event_this_version_cannot_read_is_kept_with_its_error(database: Database, worker: Worker) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=gathering.id))
    async with database.write() as session:
        [row] = await session.exec(select(EventRow))
        row.data = {}
        session.add(row)
        session.add(Delivery(organizer_id=house.id, event_id=row.id, subscriber="rooms.close"))
    await worker.drain()
    async with database.read() as session:
        errors = {one.error for one in await session.exec(select(Delivery)) if one.subscriber == "rooms.close"}
    assert errors <= {"TypeError", "no handler for this event in this version"}
    assert errors


async def test_what_is_kept_for_a_while_is_forgotten(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        session.add(IdempotencyRecord(caller="c", key="k", fingerprint="f"))
        session.add(LimitCounter(key="k", window_ends_at=clock.real_now(), count=1))
        session.add(
            HeldRegistration(
                organizer_id=house.id,
                workshop_id=gathering.id,
                number=1,
                data={"name": "Kepala Bidang"},
                key_id="k",
                expires_at=clock.now(),
            )
        )
    await worker.tidy()
    async with database.read() as session:
        assert len((await session.exec(select(IdempotencyRecord))).all()) == 1
    later = clock.real_now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    clock.freeze(clock.now() + timedelta(hours=1))
    await worker.tidy()
    async with database.read() as session:
        assert (await session.exec(select(IdempotencyRecord))).all() == []
        assert (await session.exec(select(LimitCounter))).all() == []
        [held] = await session.exec(select(HeldRegistration))
    assert held.data == {}


async def targeted(database: Database, house: Organizer, targets: dict[str, int]) -> None:
    """That many deliveries to each target, due before everything that happens from now on."""
    async with database.write() as session:
        agency = await factories.organisation(session, house)
        events = [OrganisationChanged(organizer_id=house.id, organisation_id=agency.id)] * max(targets.values())
        await outbox.record_all(session, events)
        due_at = clock.real_now() - timedelta(minutes=1)
        recorded = (await session.exec(select(EventRow.id))).all()
        for target, times in targets.items():
            for event_id in recorded[:times]:
                row = Delivery(organizer_id=house.id, event_id=event_id, subscriber="tests.hangs", target=target)
                row.due_at = due_at
                session.add(row)


async def test_webhooks_that_hang_hold_up_neither_the_mail_nor_one_another(
    database: Database, worker: Worker, release: asyncio.Event
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
    await targeted(database, house, {"slow": 60, "other": 2})
    await worker.seal()
    async with asyncio.timeout(10):
        for _pass in range(4):
            await worker.deliver()
    async with database.read() as session:
        query = select(Delivery.target).where(col(Delivery.status) == DeliveryStatus.RUNNING)
        running = Counter((await session.exec(query)).all())
    assert (running[""], running["other"]) == (20, 2)
    assert AT_ONE_TARGET <= running["slow"] < TARGETED_AT_ONCE - 2
    release.set()
    await worker.drain()


async def test_two_that_settle_failures_of_the_same_targets_do_not_lock_each_other_out(database: Database) -> None:
    async with database.write() as session:
        houses = [await factories.organizer(session) for _number in range(2)]

    def after(house: Organizer) -> outbox.After:
        async def touch(session: AsyncSession) -> None:
            await session.exec(update(Organizer).where(col(Organizer.id) == house.id).values(name="Lain"))
            await asyncio.sleep(0.1)

        return touch

    async def settle(order: list[Organizer]) -> None:
        outcomes = []
        for house in order:
            delivery = Delivery(
                organizer_id=house.id, event_id=factories.some_id(), subscriber="s", target=str(house.id)
            )
            outcomes.append(outbox._outcome(delivery, DeliveryStatus.DONE, answer=outbox.Answer(after=after(house))))
        async with database.write() as session:
            await outbox.settle(session, outcomes)

    await asyncio.gather(settle(houses), settle(houses[::-1]))
    async with database.read() as session:
        assert set((await session.exec(select(Organizer.name))).all()) == {"Lain"}
