"""Edits of time and place are told once, to those who knew the former plan."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from service import clock, outbox
from service.db import Database
from service.events import RoomReplaced, WorkshopChanged
from service.models.messages import MessageStatus
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.models.registrations import RegistrationStatus
from service.models.rooms import Provider, Room, RoomStatus
from service.models.workshops import HallLinks, Mode, Workshop, WorkshopStatus
from service.settings import Settings
from service.worker import Worker
from tests.subscribers.test_messages import kept, person, rows, workshop


async def edit(database: Database, gathering: Workshop, *whats: str) -> None:
    for what in whats:
        async with database.write() as session:
            changed = WorkshopChanged(organizer_id=gathering.organizer_id, workshop_id=gathering.id, what=what)
            await outbox.record(session, changed)


async def after(database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch, **later: int) -> None:
    """Real time moves on and whatever is due then is delivered; twice, since a delivery may be put off again."""
    now = clock.real_now() + timedelta(**later)
    monkeypatch.setattr(clock, "real_now", lambda: now)
    await worker.drain()


async def test_edits_in_a_row_are_told_once_with_all_that_changed(
    database: Database, worker: Worker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering = await workshop(database)
    await person(database, gathering)
    await edit(database, gathering, "venue,agenda", "details", "time", "capacity")
    await worker.drain()
    assert await rows(database) == []
    await after(database, worker, monkeypatch, minutes=6)
    assert [(one.occasion, one.what, one.status) for one in await rows(database)] == [
        ("changed", "time,venue", MessageStatus.SENT)
    ]
    assert len(kept(settings)) == 1


async def test_the_order_in_which_edits_are_delivered_does_not_matter(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering = await workshop(database)
    await person(database, gathering)
    await edit(database, gathering, "time", "venue", "time")
    await worker.drain()
    now = clock.real_now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "real_now", lambda: now)
    async with database.read() as session:
        ids = list(await session.exec(select(Delivery.id).where(Delivery.subscriber == "messages.changed")))
    for order in itertools.permutations(ids):
        for delivery_id in order:
            async with database.write() as session:
                one = update(Delivery).where(col(Delivery.id) == delivery_id)
                await session.exec(one.values(status=DeliveryStatus.PENDING, due_at=now))
            await worker.drain()
    assert [one.what for one in await rows(database)] == ["time,venue"]


async def test_a_later_edit_is_told_by_itself(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering = await workshop(database)
    await person(database, gathering)
    await edit(database, gathering, "time")
    async with database.write() as session:
        [first] = (await session.exec(select(EventRow))).all()
        earlier = UUID(int=first.id.int - (10 * 60_000 << 80))
        await session.exec(update(EventRow).values(id=earlier))
    await edit(database, gathering, "venue")
    await worker.drain()
    await after(database, worker, monkeypatch, minutes=6)
    assert [one.what for one in await rows(database)] == ["time", "venue"]


async def made_ago(database: Database, *minutes: int) -> list[UUID]:
    """Moves the edits, in their order, to so many minutes ago."""
    moved = []
    async with database.write() as session:
        edits = (await session.exec(select(EventRow.id).order_by(col(EventRow.id)))).all()
        for identity, ago in zip(edits, minutes, strict=True):
            moved.append(UUID(int=identity.int - (ago * 60_000 << 80)))
            await session.exec(update(EventRow).where(col(EventRow.id) == identity).values(id=moved[-1]))
    return moved


async def test_a_series_without_end_is_told_every_half_hour(database: Database, worker: Worker) -> None:
    gathering = await workshop(database)
    await person(database, gathering)
    await edit(database, gathering, *["time"] * 8, *["venue"] * 8)
    minutes = range(16 * 4 + 6, 6, -4)
    edits = await made_ago(database, *minutes)
    await worker.drain()
    told = await rows(database)
    assert [(one.what, one.occasion_key.rsplit(":", 1)[1]) for one in told] == [
        ("time", str(edits[6])),
        ("time,venue", str(edits[13])),
        ("venue", str(edits[15])),
    ]


async def test_only_those_who_have_a_place_or_wait_for_one_are_told_and_knew_the_plan(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering = await workshop(database)
    people = {status: await person(database, gathering, status=status) for status in RegistrationStatus}
    await edit(database, gathering, "time")
    await person(database, gathering, created_at=clock.now() + timedelta(minutes=1))
    await after(database, worker, monkeypatch, minutes=6)
    told = {people[status].id for status in (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)}
    assert {one.registration_id for one in await rows(database)} == told


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"status": WorkshopStatus.DRAFT}, "time"),
        ({"status": WorkshopStatus.COMPLETED}, "venue"),
        ({}, "agenda,details"),
        ({"ends_at": clock.start_of_day(clock.real_now().date().replace(year=2023, month=6, day=1), "UTC")}, "time"),
    ],
)
async def test_nobody_is_told_of_drafts_of_what_is_over_or_of_small_things(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], what: str
) -> None:
    gathering = await workshop(database, **values)
    await person(database, gathering)
    await edit(database, gathering, what)
    await after(database, worker, monkeypatch, minutes=6)
    assert await rows(database) == []


async def test_a_swapped_room_is_told_to_who_has_a_way_into_it(database: Database, worker: Worker) -> None:
    for policy, expected in ((HallLinks.NEVER, 1), (HallLinks.ON_REQUEST, 1), (HallLinks.ALWAYS, 2)):
        gathering = await workshop(database, hall_links=policy)
        await person(database, gathering, mode=Mode.OFFLINE)
        await person(database, gathering, mode=Mode.ONLINE)
        await person(database, gathering, mode=Mode.ONLINE, status=RegistrationStatus.CANCELLED)
        async with database.write() as session:
            rooms = [
                Room(
                    organizer_id=gathering.organizer_id,
                    workshop_id=gathering.id,
                    provider=Provider.STATIC,
                    status=status,
                    url="https://meet.example/secret-room",
                )
                for status in (RoomStatus.CANCELLED, RoomStatus.ACTIVE)
            ]
            session.add_all(rooms)
            await session.flush()
            ids = {"workshop_id": gathering.id, "room_id": rooms[1].id, "former_id": rooms[0].id}
            await outbox.record(session, RoomReplaced(organizer_id=gathering.organizer_id, **ids))
        await worker.drain()
        told = [one for one in await rows(database) if one.workshop_id == gathering.id]
        assert [(one.occasion, one.status) for one in told] == [("room_changed", MessageStatus.SENT)] * expected


async def test_who_came_after_the_swap_is_not_told_of_it(database: Database, worker: Worker) -> None:
    gathering = await workshop(database)
    await person(database, gathering, mode=Mode.ONLINE, confirmed_at=clock.now() + timedelta(seconds=1))
    async with database.write() as session:
        house, url = gathering.organizer_id, "https://meet.example/secret-room"
        room = Room(organizer_id=house, workshop_id=gathering.id, provider=Provider.STATIC, url=url)
        room.status = RoomStatus.ACTIVE
        session.add(room)
        await session.flush()
        ids = {"workshop_id": gathering.id, "room_id": room.id, "former_id": room.id}
        await outbox.record(session, RoomReplaced(organizer_id=house, **ids))
    await worker.drain()
    assert await rows(database) == []
