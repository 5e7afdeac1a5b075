"""Who was there, as the provider tells it during and after; and whether it would let in whom it should."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from service import clock
from service.clients.zoom_webhooks import read_webhook
from service.db import Database
from service.domain import rooms, rooms_links, rooms_notices, rooms_schedule
from service.domain.rooms_notices import Told
from service.models.attendance import Presence, PresenceMatch
from service.models.outbox import DeliveryStatus, EventRow
from service.models.registrations import RegistrationStatus
from service.models.rooms import NoticeKind, Provider, Room, RoomLink, RoomStatus
from service.settings import Settings
from service.worker import Worker
from tests.factories import at
from tests.simulators.zoom import ZoomSimulator
from tests.support.zoomed import Zoomed, real_time_passes, zoomed

MORNING, NOON = at("07-03 09:00"), at("07-03 12:00")
EVENING = at("07-03 17:30")


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


async def tell(world: Zoomed, *told: Told) -> int:
    async with world.database.write() as session:
        return await rooms_notices.keep(session, Provider.ZOOM, world.house.slug, told)


def told_by(zoom: ZoomSimulator) -> list[Told]:
    """What the simulator's webhooks say, oldest first."""
    found: list[Told] = []
    for hook in zoom.hooks:
        notices = read_webhook(zoom.settings()["zoom_webhook_secret"], zoom.signed(hook.raw), hook.raw)
        assert isinstance(notices, list)
        found += [Told(**(vars(one) | {"kind": NoticeKind(one.kind)})) for one in notices]
    return found


async def presences(world: Zoomed) -> list[tuple[datetime, datetime, str]]:
    async with world.database.read() as session:
        rows = await session.exec(select(Presence).order_by(col(Presence.joined_at), col(Presence.left_at)))
        return [(row.joined_at, row.left_at, row.source) for row in rows]


async def events(world: Zoomed, kind: str) -> int:
    async with world.database.read() as session:
        return len((await session.exec(select(EventRow).where(EventRow.type == kind))).all())


def joined(minute: int, connection: str | None = "c1", **values: str) -> Told:
    return notice(NoticeKind.JOINED, minute, connection, **values)


def left(minute: int, connection: str | None = "c1", **values: str) -> Told:
    return notice(NoticeKind.LEFT, minute, connection, **values)


def notice(kind: NoticeKind, minute: int, connection: str | None, **values: str) -> Told:
    told = {"registrant": None, "display_name": "iPhone", "external_id": ""} | values
    return Told(
        key=f"{kind}-{minute}-{connection}",
        kind=kind,
        sitting="s1",
        at=MORNING + timedelta(minutes=minute),
        connection=connection,
        **told,  # type: ignore[arg-type] # texts, all of them
    )


async def test_whoever_joined_by_their_link_was_there(world: Zoomed) -> None:
    person = await world.person()
    room = await world.open_room()
    connection = world.zoom.join((await world.links())[person.id], at=MORNING)
    world.zoom.leave(connection, at=NOON)
    clock.freeze(NOON)
    assert await tell(world, *told_by(world.zoom)) == 3
    await world.worker.drain()
    async with world.database.read() as session:
        (row,) = (await session.exec(select(Presence))).all()
        matched = (await session.exec(select(PresenceMatch.registration_id))).all()
    assert (row.joined_at, row.left_at, row.source, row.workshop_id) == (MORNING, NOON, "zoom", room.workshop_id)
    assert matched == [person.id]


async def test_in_whatever_order_and_however_often_notices_come_the_connections_are_the_same(
    database: Database, worker: Worker, zoom: ZoomSimulator
) -> None:
    """Each order happens in a room of its own, all rooms at a time."""
    clock.freeze(NOON)
    orders = list(itertools.permutations(range(4)))
    worlds = [await zoomed(database, worker, zoom) for _order in orders]
    asked = [await world.ask_for_room() for world in worlds]
    await worker.drain()
    opened = [await world.room(room.id) for world, room in zip(worlds, asked, strict=True)]

    def notices(room: Room) -> list[Told]:
        here = {"external_id": room.external_id or ""}
        return [joined(0, **here), left(30, **here), joined(60, **here), left(90, **here)]

    for place in (0, 1, 2, 3, 0):
        for order, world, room in zip(orders, worlds, opened, strict=True):
            await tell(world, notices(room)[order[place]])
        await worker.drain()
    for order, room in zip(orders, opened, strict=True):
        async with database.read() as session:
            query = select(Presence.joined_at, Presence.left_at).where(Presence.workshop_id == room.workshop_id)
            found = set(await session.exec(query))
        arrived, gone, back, ended = notices(room)
        assert found == {(arrived.at, gone.at), (back.at, ended.at)}, order


async def test_who_is_connected_now_is_counted(world: Zoomed) -> None:
    clock.freeze(NOON)
    room = await world.open_room()
    here = {"external_id": room.external_id or ""}

    async def online() -> dict[UUID, int]:
        async with world.database.read() as session:
            return await rooms_notices.online(session, [room.id])

    assert await online() == {}
    await tell(world, joined(0, "a", **here), joined(5, "b", **here), joined(6, "c", **here), left(20, "b", **here))
    assert await online() == {room.id: 2}
    await tell(world, joined(40, "b", **here))
    assert await online() == {room.id: 3}
    await tell(world, notice(NoticeKind.ENDED, 60, None, **here))
    assert await online() == {}


async def test_the_end_of_the_sitting_ends_whoever_did_not_say_goodbye(world: Zoomed) -> None:
    clock.freeze(NOON)
    room = await world.open_room()
    here = {"external_id": room.external_id or ""}
    await tell(world, joined(0, "a", **here), joined(5, "b", **here), left(20, "b", **here), joined(30, "c", **here))
    await tell(world, notice(NoticeKind.ENDED, 60, None, **here))
    await world.worker.drain()
    assert [(start, end) for start, end, _source in await presences(world)] == [
        (MORNING, MORNING + timedelta(minutes=60)),
        (MORNING + timedelta(minutes=5), MORNING + timedelta(minutes=20)),
        (MORNING + timedelta(minutes=30), MORNING + timedelta(minutes=60)),
    ]
    await tell(world, left(45, "c", **here))
    await world.worker.drain()
    assert (await presences(world))[-1][1] == MORNING + timedelta(minutes=45)


async def test_a_provider_whose_clock_runs_ahead_is_waited_for(world: Zoomed) -> None:
    clock.freeze(MORNING + timedelta(minutes=26))
    room = await world.open_room()
    here = {"external_id": room.external_id or ""}
    await tell(world, joined(0, **here), left(30, **here), joined(0, "absurd", **here), left(6000, "absurd", **here))
    await world.worker.drain()
    assert await presences(world) == []
    statuses = [one.status for one in await world.deliveries("rooms.presence")]
    assert sorted(statuses) == [DeliveryStatus.PARKED] * 2 + [DeliveryStatus.PENDING] * 2


async def test_a_meeting_is_known_by_itself_whichever_organizers_address_the_account_was_given(
    world: Zoomed, database: Database, worker: Worker, zoom: ZoomSimulator
) -> None:
    other = await zoomed(database, worker, zoom)
    room = await other.open_room()
    assert await tell(world, joined(0, external_id="99999999999")) == 0
    assert await tell(world, joined(0, external_id=room.external_id or "")) == 1
    assert await tell(other, joined(0, external_id=room.external_id or "")) == 0


async def test_presence_that_came_before_the_link_was_known_becomes_the_persons(world: Zoomed) -> None:
    person = await world.person()
    room = await world.open_room()
    registrant = world.zoom.only().registrants[person.email or ""].id
    async with world.database.write() as session:
        link = await session.get_one(RoomLink, (room.id, person.id))
        await session.delete(link)
        (await session.get_one(Room, room.id)).check_due_at = None
    clock.freeze(NOON)
    here = {"external_id": room.external_id or "", "registrant": registrant}
    await tell(world, joined(0, **here), left(30, **here))
    await world.worker.drain()
    async with world.database.read() as session:
        assert (await session.exec(select(PresenceMatch))).all() == []
    async with world.database.write() as session:
        await rooms.request_check(session, world.actor, room.id)
    await world.worker.drain()
    async with world.database.read() as session:
        assert (await session.exec(select(PresenceMatch.registration_id))).all() == [person.id]


async def test_after_the_day_the_report_fills_what_notices_left_out_without_counting_twice(world: Zoomed) -> None:
    person = await world.person()
    room = await world.open_room()
    link = (await world.links())[person.id]
    world.zoom.leave(world.zoom.join(link, at=MORNING), at=NOON)
    told = told_by(world.zoom)
    world.zoom.leave(world.zoom.join(link, at=at("07-03 13:00")), at=at("07-03 16:15"))
    world.zoom.end(room.external_id or "", at=at("07-03 16:20"))
    clock.freeze(EVENING)
    await tell(world, *told)
    await world.worker.drain()
    async with world.database.read() as session:
        rows = await session.exec(
            select(Presence.joined_at, Presence.left_at)
            .join(PresenceMatch, col(PresenceMatch.presence_id) == col(Presence.id))
            .where(PresenceMatch.registration_id == person.id)
        )
        assert set(rows) == {(MORNING, NOON), (at("07-03 13:00"), at("07-03 16:15"))}
    assert await events(world, "room_report.requested") == 1


async def test_a_report_that_is_not_ready_is_waited_for_and_given_up_after_a_day(
    world: Zoomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.open_room()
    world.zoom.report_ready = False
    clock.freeze(EVENING)
    await world.worker.drain()
    (delivery,) = await world.deliveries("rooms.report")
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.PENDING, 0)
    clock.freeze(EVENING + timedelta(hours=24, minutes=1))
    real_time_passes(monkeypatch, timedelta(minutes=16))
    await world.worker.drain()
    first = (await world.deliveries("rooms.report"))[0]
    assert (first.status, first.error) == (
        DeliveryStatus.PARKED,
        "the provider had no report of this day after 24 hours",
    )


async def test_each_day_is_reported_once_and_checks_come_by_the_hour_until_the_end(world: Zoomed) -> None:
    await world.open_room()
    found = []
    for moment in (
        "07-03 08:00",
        "07-03 16:59",
        "07-03 17:00",
        "07-03 17:00",
        "07-04 16:14",
        "07-04 16:15",
        "07-09 09:00",
    ):
        clock.freeze(at(moment))
        async with world.database.write() as session:
            await rooms_schedule.fire(session)
        found.append((await events(world, "room_report.requested"), await events(world, "room_check.requested")))
    assert found == [(0, 1), (0, 2), (1, 2), (1, 2), (1, 3), (2, 3), (2, 3)]
    async with world.database.write() as session:
        assert await rooms_schedule.fire(session) == 0


async def test_a_pasted_link_is_neither_checked_nor_reported_on(world: Zoomed) -> None:
    async with world.database.write() as session:
        room = Room(organizer_id=world.house.id, workshop_id=world.gathering.id, provider=Provider.STATIC)
        session.add(room)
        await rooms_schedule.arm(session, room)
        clock.freeze(at("07-09 09:00"))
        assert await rooms_schedule.fire(session) == 0


async def test_a_comparison_lets_in_whom_the_provider_lost_and_turns_strangers_out(world: Zoomed) -> None:
    lost, kept, gone = [await world.person() for _number in range(3)]
    room = await world.open_room()
    meeting = world.zoom.only()
    before = await world.links()
    meeting.registrants.pop(lost.email or "")
    stranger = meeting.add({"email": "orang-lain@example.com", "first_name": "Orang lain"})
    async with world.database.write() as session:
        link = await session.get_one(RoomLink, (room.id, gone.id))
        link.url, link.revoked_at = None, clock.now()
        row = await session.get_one(type(gone), gone.id)
        row.status = RegistrationStatus.CANCELLED
    async with world.database.write() as session:
        await rooms.request_check(session, world.actor, room.id)
    await world.worker.drain()
    assert set(world.inside()) == {lost.email, kept.email}
    after = await world.links()
    assert (after[kept.id], set(after)) == (before[kept.id], {kept.id, lost.id})
    assert world.zoom.join(after[lost.id]).registrant
    checked = await world.room(room.id)
    assert (checked.repaired, checked.checked_at) == (3, clock.now())
    assert stranger.status == "cancelled"
    async with world.database.write() as session:
        await rooms.request_check(session, world.actor, room.id)
    await world.worker.drain()
    assert (await world.room(room.id)).repaired == 0


async def test_a_room_that_somebody_deleted_at_the_provider_is_shown_as_failed(world: Zoomed) -> None:
    person = await world.person()
    room = await world.open_room()
    world.zoom.only().deleted = True
    async with world.database.write() as session:
        await rooms.request_check(session, world.actor, room.id)
    await world.worker.drain()
    found = await world.room(room.id)
    assert found.status is RoomStatus.FAILED
    assert "ganti ruang" in (found.error or "")
    async with world.database.read() as session:
        assert await rooms_links.current(session, world.gathering.id) is None
        assert (await session.get_one(type(person), person.id)).status == "confirmed"
