"""When `/join` opens, for whom, and into which room."""

from datetime import timedelta

import pytest
from sqlmodel import select

from service import clock
from service.auth import system
from service.db import Database
from service.domain import rooms, rooms_links
from service.errors import (
    InvalidState,
    JoinNotForHall,
    JoinNotOpen,
    JoinOver,
    LinkNotReady,
    NotConfirmed,
    ProviderNotConfigured,
)
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import Provider, Room, RoomLink, RoomStatus
from service.models.rooms_shapes import JoinLink, RoomCreate
from service.models.workshops import HallLinks, Mode, Workshop, WorkshopStatus
from tests import factories
from tests.factories import at

ADDRESS = "https://meet.example.go.id/j/1"


async def setting(database: Database, **values: object) -> tuple[Workshop, Registration]:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        return gathering, await factories.registration(session, gathering, **values)


async def open_room(database: Database, gathering: Workshop, url: str = ADDRESS, passcode: str | None = None) -> Room:
    async with database.write() as session:
        data = RoomCreate(provider=Provider.STATIC, url=url, passcode=passcode)
        return await rooms.open_room(session, system(gathering.organizer_id), gathering.id, data)


def zoom_room(gathering: Workshop) -> Room:
    return Room(
        organizer_id=gathering.organizer_id,
        workshop_id=gathering.id,
        provider=Provider.ZOOM,
        status=RoomStatus.ACTIVE,
        external_id="1",
    )


async def join(database: Database, row: Registration) -> JoinLink:
    async with database.read() as session:
        return await rooms.join(session, await session.get_one(Registration, row.id))


@pytest.mark.parametrize(
    ("moment", "opens_at"),
    [
        ("06-20 09:00", "2023-07-03T08:15:00+08:00"),
        ("07-03 08:14", "2023-07-03T08:15:00+08:00"),
        ("07-03 16:45", "2023-07-04T07:30:00+08:00"),
        ("07-04 07:29", "2023-07-04T07:30:00+08:00"),
    ],
)
async def test_before_the_window_the_next_opening_is_named_in_the_workshops_zone(
    database: Database, moment: str, opens_at: str
) -> None:
    gathering, row = await setting(database)
    await open_room(database, gathering)
    clock.freeze(at(moment))
    with pytest.raises(JoinNotOpen) as refused:
        await join(database, row)
    assert refused.value.extra == {"opens_at": opens_at}


@pytest.mark.parametrize("moment", ["07-03 08:15", "07-03 12:14", "07-03 12:20", "07-03 16:44", "07-04 15:59"])
async def test_inside_the_window_the_room_opens(database: Database, moment: str) -> None:
    gathering, row = await setting(database, mode=Mode.ONLINE)
    await open_room(database, gathering, passcode="481516")
    clock.freeze(at(moment))
    assert await join(database, row) == JoinLink(url=ADDRESS, passcode="481516")


async def test_the_window_is_the_organizers_setting(database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, join_window_minutes=15)
        gathering = await factories.workshop(session, house)
        row = await factories.registration(session, gathering)
    await open_room(database, gathering)
    clock.freeze(at("07-03 08:59"))
    with pytest.raises(JoinNotOpen):
        await join(database, row)
    clock.freeze(at("07-03 09:00"))
    assert (await join(database, row)).url == ADDRESS


async def test_after_the_last_block_nothing_opens_any_more(database: Database) -> None:
    gathering, row = await setting(database)
    await open_room(database, gathering)
    clock.freeze(at("07-04 16:00"))
    with pytest.raises(JoinOver) as refused:
        await join(database, row)
    assert (refused.value.code, refused.value.extra) == ("join_not_open", {"opens_at": None})


async def test_a_workshop_without_blocks_opens_around_its_own_hours(database: Database) -> None:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session), blocks=False)
        row = await factories.registration(session, gathering)
    await open_room(database, gathering)
    clock.freeze(gathering.starts_at - timedelta(minutes=60))
    assert (await join(database, row)).url == ADDRESS


async def test_without_an_active_room_the_link_is_not_ready(database: Database) -> None:
    gathering, row = await setting(database)
    clock.freeze(at("07-03 09:00"))
    with pytest.raises(LinkNotReady):
        await join(database, row)
    room = await open_room(database, gathering)
    async with database.write() as session:
        await rooms.cancel(session, system(gathering.organizer_id), room.id)
    with pytest.raises(LinkNotReady):
        await join(database, row)


async def test_a_replaced_room_is_where_the_same_link_leads(database: Database) -> None:
    gathering, row = await setting(database)
    await open_room(database, gathering)
    newer = await open_room(database, gathering, "https://meet.example.go.id/j/2")
    clock.freeze(at("07-03 09:00"))
    assert (await join(database, row)).url == "https://meet.example.go.id/j/2"
    async with database.write() as session:
        await rooms.cancel(session, system(gathering.organizer_id), newer.id)
    assert (await join(database, row)).url == ADDRESS


async def test_a_room_of_personal_links_admits_only_whoever_has_one(database: Database) -> None:
    gathering, row = await setting(database)
    async with database.write() as session:
        other = await factories.registration(session, gathering)
        room = Room(
            organizer_id=gathering.organizer_id,
            workshop_id=gathering.id,
            provider=Provider.ZOOM,
            status=RoomStatus.ACTIVE,
        )
        session.add(room)
        await session.flush()
        session.add(RoomLink(room_id=room.id, registration_id=row.id, url="https://zoom.example/w/1?tk=own"))
    clock.freeze(at("07-03 09:00"))
    assert (await join(database, row)).url == "https://zoom.example/w/1?tk=own"
    with pytest.raises(LinkNotReady):
        await join(database, other)


@pytest.mark.parametrize("status", [one for one in RegistrationStatus if one is not RegistrationStatus.CONFIRMED])
async def test_only_confirmed_people_join(database: Database, status: RegistrationStatus) -> None:
    gathering, row = await setting(database, status=status, holds_seat=False)
    await open_room(database, gathering)
    clock.freeze(at("07-03 09:00"))
    with pytest.raises(NotConfirmed):
        await join(database, row)


async def test_nobody_joins_a_cancelled_workshop_and_it_gets_no_room(database: Database) -> None:
    gathering, row = await setting(database)
    await open_room(database, gathering)
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).status = WorkshopStatus.CANCELLED
    clock.freeze(at("07-03 09:00"))
    with pytest.raises(InvalidState):
        await join(database, row)
    with pytest.raises(InvalidState):
        await open_room(database, gathering)


async def test_a_provider_that_is_not_set_up_is_refused(database: Database) -> None:
    gathering, _row = await setting(database)
    async with database.write() as session:
        with pytest.raises(ProviderNotConfigured):
            await rooms.open_room(
                session, system(gathering.organizer_id), gathering.id, RoomCreate(provider=Provider.ZOOM)
            )


@pytest.mark.parametrize(
    ("policy", "mode", "refused"),
    [
        (HallLinks.NEVER, Mode.OFFLINE, True),
        (HallLinks.NEVER, Mode.ONLINE, False),
        (HallLinks.ON_REQUEST, Mode.OFFLINE, False),
        (HallLinks.ALWAYS, Mode.OFFLINE, False),
    ],
)
async def test_the_policy_for_the_hall_decides_who_may_join(
    database: Database, policy: HallLinks, mode: Mode, refused: bool
) -> None:
    gathering, row = await setting(database, mode=mode)
    await open_room(database, gathering)
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).hall_links = policy
    clock.freeze(at("07-03 09:00"))
    if refused:
        with pytest.raises(JoinNotForHall) as said:
            await join(database, row)
        assert (said.value.status, said.value.code) == (409, "join_not_for_hall")
    else:
        assert (await join(database, row)).url == ADDRESS


async def requests(database: Database, row: Registration) -> tuple[bool, int]:
    """Whether the person has asked for the way in, and how many events say so."""
    async with database.read() as session:
        asked = (await session.get_one(Registration, row.id)).link_requested_at is not None
        rows = (await session.exec(select(EventRow).where(EventRow.type == "link.requested"))).all()
    return asked, len(rows)


async def test_joining_from_the_hall_is_the_request_and_counts_once(database: Database) -> None:
    gathering, row = await setting(database, mode=Mode.OFFLINE)
    async with database.write() as session:
        session.add(zoom_room(gathering))
    for moment, refusal in (("06-20 09:00", JoinNotOpen), ("07-03 09:00", LinkNotReady)):
        clock.freeze(at(moment))
        async with database.write() as session:
            with pytest.raises(refusal):
                await rooms.join(session, await session.get_one(Registration, row.id))
        assert await requests(database, row) == (True, 1)


async def test_a_shared_link_needs_no_provider_to_be_asked(database: Database) -> None:
    gathering, row = await setting(database, mode=Mode.OFFLINE)
    await open_room(database, gathering)
    clock.freeze(at("07-03 09:00"))
    async with database.write() as session:
        link = await rooms.join(session, await session.get_one(Registration, row.id))
    assert (link.url, await requests(database, row)) == (ADDRESS, (True, 0))


async def test_a_link_that_was_taken_back_is_never_shown(database: Database) -> None:
    gathering, row = await setting(database, mode=Mode.ONLINE)
    async with database.write() as session:
        room = zoom_room(gathering)
        session.add(room)
        await session.flush()
        session.add(RoomLink(room_id=room.id, registration_id=row.id, url=ADDRESS, revoked_at=clock.now()))
    clock.freeze(at("07-03 09:00"))
    with pytest.raises(LinkNotReady):
        await join(database, row)


@pytest.mark.parametrize(
    ("name", "organisation", "shown"),
    [
        ("Kepala Bidang", None, "12 Kepala Bidang"),
        ("Kepala Bidang", "Dinas Kominfo", "12 Kepala Bidang - Dinas Kominfo"),
        ("Kepala Bidang", "D" * 80, "12 Kepala Bidang - " + "D" * 44 + "…"),
        ("K" * 80, "Dinas Kominfo", "12 " + "K" * 60 + "…"),
        ("K" * 57, "Dinas Kominfo", "12 " + "K" * 57 + "…"),
    ],
)
async def test_the_name_shown_online_begins_with_the_number_and_fits(
    database: Database, name: str, organisation: str | None, shown: str
) -> None:
    _gathering, row = await setting(database, name=name, number=12)
    assert rooms_links.display_name(row, organisation) == shown
    assert len(shown) <= 64


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://meet.example/1",
        "https://",
        "/join",
        "https://a b.example",
        "https://a\x00.example",
    ],
)
def test_only_web_addresses_are_rooms(address: str) -> None:
    with pytest.raises(ValueError, match="url"):
        RoomCreate(provider=Provider.STATIC, url=address)
