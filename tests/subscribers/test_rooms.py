"""Rooms at their provider: made once, kept as the workshop is planned, closed; what a day allows is not exceeded."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from service import outbox
from service.db import Database
from service.domain import rooms, rooms_budget, rooms_links, workshops
from service.events import RoomRequested
from service.models.outbox import DeliveryStatus, EventRow
from service.models.rooms import Provider, ProviderCall, RoomStatus
from service.models.rooms_shapes import RoomCreate, RoomReplacement
from service.models.workshops_shapes import WorkshopPatch
from service.settings import Settings
from service.worker import Worker
from tests.factories import at
from tests.simulators.zoom import ZoomSimulator
from tests.support.zoomed import Zoomed, real_time_passes, zoomed


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


async def kinds(world: Zoomed) -> list[str]:
    async with world.database.read() as session:
        rows = (await session.exec(select(EventRow).order_by(EventRow.sequence))).all()  # type: ignore[arg-type] # a column
    return [row.type for row in rows if row.type.startswith("room.")]


async def patch(world: Zoomed, **changes: object) -> None:
    async with world.database.write() as session:
        workshop, capacity = await workshops.find_for_change(session, world.actor, world.gathering.id)
        await workshops.change(session, world.actor, workshop, capacity, WorkshopPatch.model_validate(changes))


async def test_a_room_is_asked_for_at_once_and_current_when_the_provider_has_made_it(world: Zoomed) -> None:
    asked = await world.ask_for_room()
    assert (asked.status, asked.external_id) == (RoomStatus.PENDING, None)
    await world.worker.drain()
    room, meeting = await world.room(asked.id), world.zoom.only()
    assert (room.status, room.external_id, room.passcode) == (RoomStatus.ACTIVE, str(meeting.id), meeting.password)
    assert room.url is None
    assert meeting.topic == world.gathering.title
    (first, last) = meeting.days
    assert first[0] <= at("07-03 09:15")
    assert first[1] >= at("07-03 16:15")
    assert last[0] <= at("07-04 08:30")
    assert last[1] >= at("07-04 15:30")
    assert await kinds(world) == ["room.requested", "room.opened"]


async def test_an_answer_that_was_lost_makes_no_second_room(world: Zoomed, monkeypatch: pytest.MonkeyPatch) -> None:
    world.zoom.fail("lost", on="create", times=1)
    room = await world.open_room()
    assert room.status is RoomStatus.PENDING
    assert room.error
    real_time_passes(monkeypatch, timedelta(minutes=10))
    await world.worker.drain()
    room = await world.room(room.id)
    assert (room.status, room.error) == (RoomStatus.ACTIVE, None)
    assert room.external_id == str(world.zoom.only().id)
    assert world.zoom.calls["create"] == 1


async def test_a_provider_that_refuses_leaves_the_room_failed_in_words_and_is_not_asked_again(world: Zoomed) -> None:
    world.zoom.host_id = world.zoom.host_email = "somebody else"
    world.zoom.fail("500", on="nothing")
    async with world.database.write() as session:
        world.database.settings.zoom_user_id = "nobody@zoom.invalid"
        asked = await rooms.open_room(
            session, world.actor, world.gathering.id, RoomCreate(provider=Provider.ZOOM), configured=True
        )
    await world.worker.drain()
    room = await world.room(asked.id)
    assert room.status is RoomStatus.FAILED
    assert room.error
    assert await kinds(world) == ["room.requested", "room.failed"]
    assert await world.open_deliveries() == set()


async def test_a_room_that_is_cancelled_before_it_was_made_is_not_made(world: Zoomed) -> None:
    asked = await world.ask_for_room()
    async with world.database.write() as session:
        await rooms.cancel(session, world.actor, asked.id)
    await world.worker.drain()
    assert world.zoom.meetings == {}


async def test_a_room_that_was_made_but_never_answered_for_is_closed_when_cancelled(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.zoom.fail("lost", on="create", times=1)
    asked = await world.open_room()
    async with world.database.write() as session:
        await rooms.cancel(session, world.actor, asked.id)
    real_time_passes(monkeypatch, timedelta(minutes=10))
    await world.worker.drain()
    assert (len(world.zoom.meetings), world.zoom.live()) == (1, [])


async def test_new_times_and_a_new_title_reach_the_provider_once(world: Zoomed) -> None:
    await world.open_room()
    await patch(world, title="Bimtek Smart City Kabupaten Luwu")
    await world.worker.drain()
    await patch(world, description="Bahan rapat")
    await world.worker.drain()
    assert world.zoom.only().topic == "Bimtek Smart City Kabupaten Luwu"
    assert world.zoom.calls["update"] == 1


async def test_a_workshop_that_is_called_off_closes_its_room(world: Zoomed) -> None:
    room = await world.open_room()
    async with world.database.write() as session:
        await workshops.cancel(session, world.actor, world.gathering.id, "Hari libur nasional")
    await world.worker.drain()
    assert (await world.room(room.id)).status is RoomStatus.CANCELLED
    assert world.zoom.live() == []


async def test_a_spent_budget_waits_for_midnight_utc_and_says_so(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.database.settings.zoom_daily_writes = 1
    async with world.database.write() as session:
        assert await rooms_budget.spend(session, "zoom:meetings", 1, 1)
    room = await world.open_room()
    assert (room.status, world.zoom.meetings) == (RoomStatus.PENDING, {})
    assert "Jatah harian" in (room.error or "")
    (delivery,) = await world.deliveries("rooms.open")
    assert delivery.due_at - rooms_budget.resets_at() < timedelta(minutes=1)
    assert delivery.attempts == 0
    real_time_passes(monkeypatch, timedelta(days=1))
    await world.worker.drain()
    assert (await world.room(room.id)).status is RoomStatus.ACTIVE


async def test_what_was_asked_is_counted_before_it_is_known_to_have_worked(world: Zoomed) -> None:
    world.zoom.fail("drop", on="create", times=1)
    await world.ask_for_room()
    await world.worker.drain()
    async with world.database.read() as session:
        budget = await rooms_budget.read(session, Provider.ZOOM, 100)
        rows = (await session.exec(select(ProviderCall))).all()
    assert (budget.spent, budget.remaining, len(rows)) == (1, 99, 1)


async def test_a_budget_is_never_exceeded(database: Database) -> None:
    for expected in (True, True, False):
        async with database.write() as session:
            assert await rooms_budget.spend(session, "zoom:meetings", 2, 5) is expected
    async with database.write() as session:
        await rooms_budget.give_back(session, "zoom:meetings", 2)
        assert await rooms_budget.spend(session, "zoom:meetings", 3, 5)


async def test_a_replacement_closes_the_leaked_room_at_once_and_tells_when_the_new_one_is_there(world: Zoomed) -> None:
    former, person = await world.open_room(), await world.person()
    async with world.database.write() as session:
        asked = await rooms.replace(session, world.actor, former.id, RoomReplacement(), configured=True)
        assert await rooms_links.current(session, world.gathering.id) is None
    await world.worker.drain()
    room = await world.room(asked.id)
    assert (room.status, room.replaces_id) == (RoomStatus.ACTIVE, former.id)
    assert room.external_id == str(world.zoom.only().id) != former.external_id
    assert list((await world.links()).keys()) == [person.id]
    assert await kinds(world) == [
        *("room.requested", "room.opened"),
        *("room.cancelled", "room.requested"),
        *("room.opened", "room.replaced"),
    ]


async def test_asked_for_twice_a_room_is_made_once(world: Zoomed) -> None:
    room = await world.open_room()
    async with world.database.write() as session:
        ids = {"organizer_id": room.organizer_id, "workshop_id": room.workshop_id, "room_id": room.id}
        await outbox.record(session, RoomRequested(**ids))
    await world.worker.drain()
    assert world.zoom.calls["create"] == 1
    assert {one.status for one in await world.deliveries("rooms.open")} == {DeliveryStatus.DONE}


async def test_a_provider_that_never_answers_leaves_the_room_failed_and_a_replacement_cleans_up(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.zoom.fail("lost", on="create", times=1)
    world.zoom.fail("500", on="list")
    asked = await world.ask_for_room()
    await world.worker.drain()
    for hours in range(1, 120, 9):
        real_time_passes(monkeypatch, timedelta(hours=hours))
        await world.worker.drain()
    room = await world.room(asked.id)
    assert room.status is RoomStatus.FAILED
    assert "tidak menjawab" in (room.error or "")
    world.zoom.heal()
    async with world.database.write() as session:
        await rooms.replace(session, world.actor, room.id, RoomReplacement(), configured=True)
    real_time_passes(monkeypatch, timedelta(hours=121))
    await world.worker.drain()
    async with world.database.read() as session:
        current = await rooms_links.current(session, world.gathering.id)
    assert current
    assert current.external_id == str(world.zoom.only().id)
