"""The door of the online room, as a participant finds it behind the one link that never changes."""

import pytest
from httpx import AsyncClient
from sqlmodel import func, select

from service import clock
from service.db import Database
from service.models.attendance import Attendance, Presence
from service.models.messages import Message
from service.models.organizers import Organizer, Role
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import JoinUse, RoomLink
from service.models.workshops import HallLinks, Modality, Mode, Workshop, WorkshopStatus
from tests import factories
from tests.factories import at
from tests.pages.world import ADDRESS, World, open_room, personal_room, policy, signed_in

OPEN, BEFORE = at("07-03 09:00"), at("07-03 07:00")


async def facts_in(database: Database) -> list[int]:
    async with database.read() as session:
        tables = (EventRow, Attendance, Presence, Message, JoinUse)
        return [(await session.exec(select(func.count()).select_from(table))).one() for table in tables]


async def change(database: Database, world: World, **values: object) -> None:
    async with database.write() as session:
        row = await session.get_one(Registration, world.row.id)
        for name, value in values.items():
            setattr(row, name, value)


async def requests(database: Database) -> int:
    async with database.read() as session:
        query = select(func.count()).where(EventRow.type == "link.requested")
        return (await session.exec(query)).one()


async def test_before_the_window_the_page_counts_down_and_has_no_button(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    await change(database, world, mode=Mode.ONLINE)
    answer = await client.get(world.join)
    assert answer.status_code == 200
    assert "Senin, 3 Juli 2023, pukul 08.15 WITA" in answer.text
    assert "<form" not in answer.text
    assert (await client.post(world.join)).status_code == 409


async def test_inside_the_window_the_button_leads_into_the_current_room(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    clock.freeze(OPEN)
    door = await client.get(world.join)
    assert f'action="{world.join}"' in door.text
    assert f"{world.row.number} Kepala Bidang Aptika - Kominfo" in door.text
    assert ADDRESS not in door.text
    inside = await client.post(world.join)
    assert (inside.status_code, inside.headers["location"]) == (303, ADDRESS)
    assert inside.headers["cache-control"] == "no-store"
    await open_room(database, world, "https://meet.example.go.id/j/2")
    swapped = await client.post(world.join)
    assert swapped.headers["location"] == "https://meet.example.go.id/j/2"


async def test_the_door_tells_what_runs_now_where_and_whom_to_ask(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        (await session.get_one(Organizer, world.house.id)).committee_emails = ["panitia@luwukab.go.id"]
    await open_room(database, world)
    clock.freeze(at("07-03 09:30"))
    text = (await client.get(world.join)).text
    assert "Acara Hari I - pagi" in text
    assert [text.count(word) for word in ("sedang berlangsung", "Materi")] == [1, 2]
    assert "Aula Bappelitbangda" in text
    assert 'href="mailto:panitia@luwukab.go.id"' in text


async def test_a_room_with_a_passcode_tells_it_to_whoever_pressed_the_button(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world, passcode="481516")
    clock.freeze(OPEN)
    assert "481516" not in (await client.get(world.join)).text
    inside = await client.post(world.join)
    assert inside.status_code == 200
    assert "481516" in inside.text
    assert f'href="{ADDRESS}"' in inside.text
    await open_room(database, world, f"{ADDRESS}?pwd=abc", passcode="481516")
    assert (await client.post(world.join)).headers["location"] == f"{ADDRESS}?pwd=abc"


async def test_a_member_of_staff_who_is_signed_in_enters_by_an_own_link_like_anybody_else(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    clock.freeze(OPEN)
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    assert (await client.post(world.join, headers=cookie)).headers["location"] == ADDRESS


async def test_opening_the_pages_records_nothing(client: AsyncClient, database: Database, world: World) -> None:
    await open_room(database, world)
    for moment in (BEFORE, OPEN):
        clock.freeze(moment)
        before = await facts_in(database)
        for path in (world.join, f"/my/{world.token}", f"/my/{world.token}/ticket.svg"):
            assert (await client.get(path)).status_code == 200
            await client.head(path)
        assert await facts_in(database) == before
    async with database.read() as session:
        assert (await session.get_one(Registration, world.row.id)).link_requested_at is None


@pytest.mark.parametrize(
    ("moment", "room", "said"),
    [
        ("07-03 09:00", False, "Tautan pribadi sedang disiapkan"),
        ("07-04 16:30", True, "sudah berakhir"),
    ],
)
async def test_a_door_without_a_room_says_why(
    client: AsyncClient, database: Database, world: World, moment: str, room: bool, said: str
) -> None:
    if room:
        await open_room(database, world)
    clock.freeze(at(moment))
    answer = await client.get(world.join)
    assert said in answer.text
    assert "<form" not in answer.text


async def test_whose_personal_link_is_not_ready_is_asked_to_wait_and_gets_in_as_soon_as_it_is(
    client: AsyncClient, database: Database, world: World
) -> None:
    room = await personal_room(database, world)
    await change(database, world, mode=Mode.ONLINE)
    clock.freeze(OPEN)
    for answer in (await client.get(world.join), await client.post(world.join)):
        assert "Tautan pribadi sedang disiapkan" in answer.text
        assert "Coba lagi" in answer.text
        assert int(answer.headers["retry-after"]) > 0
    async with database.write() as session:
        session.add(RoomLink(room_id=room.id, registration_id=world.row.id, url=ADDRESS))
    assert f'action="{world.join}"' in (await client.get(world.join)).text
    assert (await client.post(world.join)).headers["location"] == ADDRESS


async def test_in_the_hall_a_link_that_is_never_given_leads_back_to_the_registration(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    await policy(database, world, HallLinks.NEVER)
    clock.freeze(OPEN)
    for answer, status in ((await client.get(world.join), 200), (await client.post(world.join), 409)):
        assert answer.status_code == status
        assert "Anda terdaftar hadir di tempat" in answer.text
        assert f'href="/my/{world.token}#cara-hadir"' in answer.text
        assert "<form" not in answer.text
    assert world.join not in (await client.get(f"/my/{world.token}")).text


async def test_in_the_hall_the_button_asks_for_a_link_and_keeps_the_seat(
    client: AsyncClient, database: Database, world: World
) -> None:
    room = await personal_room(database, world)
    clock.freeze(OPEN)
    assert "Minta tautan dan masuk" in (await client.get(world.join)).text
    asked = await client.post(world.join)
    assert (asked.status_code, await requests(database)) == (409, 1)
    assert "Tautan pribadi sedang disiapkan" in (await client.get(world.join)).text
    async with database.write() as session:
        row = await session.get_one(Registration, world.row.id)
        session.add(RoomLink(room_id=room.id, registration_id=row.id, url=ADDRESS))
    assert (row.link_requested_at, row.mode, row.holds_seat) == (clock.now(), Mode.OFFLINE, True)
    door = (await client.get(world.join)).text
    assert "Masuk ke ruang daring" in door
    assert "tetap milik Anda" in door
    assert (await client.post(world.join)).headers["location"] == ADDRESS
    assert await requests(database) == 1


async def test_in_the_hall_a_link_can_be_asked_for_before_the_window(
    client: AsyncClient, database: Database, world: World
) -> None:
    await personal_room(database, world)
    clock.freeze(BEFORE)
    assert "Minta tautan daring" in (await client.get(world.join)).text
    asked = await client.post(world.join)
    assert (asked.status_code, asked.headers["location"]) == (303, world.join)
    door = (await client.get(world.join)).text
    assert "Permintaan tautan daring sudah tercatat" in door
    assert "<form" not in door
    assert await requests(database) == 1


async def test_an_application_that_asks_too_early_has_asked_all_the_same(
    client: AsyncClient, database: Database, world: World
) -> None:
    await personal_room(database, world)
    headers = factories.bearer(world.token)
    clock.freeze(BEFORE)
    early = await client.post("/api/v1/my/join", headers=headers)
    clock.freeze(OPEN)
    waiting = await client.post("/api/v1/my/join", headers=headers)
    assert [answer.json()["code"] for answer in (early, waiting)] == ["join_not_open", "link_not_ready"]
    assert [answer.headers["content-type"] for answer in (early, waiting)] == ["application/problem+json"] * 2
    assert early.json()["opens_at"] == "2023-07-03T08:15:00+08:00"
    assert waiting.headers["retry-after"]
    assert await requests(database) == 1


async def test_in_the_hall_a_link_that_is_always_given_needs_no_asking(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    await policy(database, world, HallLinks.ALWAYS)
    clock.freeze(OPEN)
    assert "Ruang daring boleh dipakai" in (await client.get(world.join)).text
    assert (await client.post(world.join)).headers["location"] == ADDRESS
    assert await requests(database) == 0


async def test_a_dead_or_foreign_link_opens_no_page(client: AsyncClient, database: Database, world: World) -> None:
    async with database.write() as session:
        ticket = factories.ticket(session, world.row)
        (await session.get_one(Registration, world.row.id)).link_version += 1
    for token in (world.token, ticket, "x", "a" * 43):
        for page in ("my", "join", "confirm"):
            assert (await client.get(f"/{page}/{token}")).status_code == 404
            assert (await client.post(f"/{page}/{token}")).status_code == 404


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (RegistrationStatus.WAITLISTED, "Daftar tunggu"),
        (RegistrationStatus.PENDING, "Menunggu persetujuan"),
        (RegistrationStatus.CANCELLED, "tidak berlaku lagi"),
    ],
)
async def test_whoever_has_no_place_is_told_how_the_registration_stands_and_gets_no_ticket(
    client: AsyncClient, database: Database, world: World, status: RegistrationStatus, said: str
) -> None:
    await open_room(database, world)
    await change(database, world, status=status)
    clock.freeze(OPEN)
    for answer, code in ((await client.get(world.join), 200), (await client.post(world.join), 409)):
        assert answer.status_code == code
        assert said in answer.text
        assert "<form" not in answer.text
        assert ADDRESS not in answer.text
    text = (await client.get(f"/my/{world.token}")).text
    assert world.join not in text
    assert "ticket.svg" not in text
    assert (await client.get(f"/my/{world.token}/ticket.svg")).status_code == 404


async def test_a_cancelled_workshop_says_so_and_why(client: AsyncClient, database: Database, world: World) -> None:
    await open_room(database, world)
    async with database.write() as session:
        row = await session.get_one(Workshop, world.gathering.id)
        row.status, row.cancellation_reason = WorkshopStatus.CANCELLED, "Aula dipakai untuk pengungsian"
    clock.freeze(OPEN)
    for answer in (await client.get(world.join), await client.post(world.join), await client.get(f"/my/{world.token}")):
        assert "Kegiatan dibatalkan" in answer.text
        assert "Aula dipakai untuk pengungsian" in answer.text
        assert ADDRESS not in answer.text
        assert "Terkonfirmasi" not in answer.text
        assert "ticket.svg" not in answer.text
    assert (await client.get(f"/my/{world.token}/ticket.svg")).status_code == 404


async def test_a_workshop_in_the_hall_alone_offers_no_online_room(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session), modality=Modality.OFFLINE)
        token = factories.participant_token(session, await factories.registration(session, gathering))
    assert f"/join/{token}" not in (await client.get(f"/my/{token}")).text
    clock.freeze(OPEN)
    assert "tidak mempunyai ruang daring" in (await client.get(f"/join/{token}")).text


async def test_a_link_used_from_many_places_is_flagged_once_and_replaced_by_the_committee(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    clock.freeze(OPEN)
    async with database.write() as session:
        staff = await factories.api_key(session, world.house)
    agents = ["Mozilla/5.0 (Linux; Android 13)", "Mozilla/5.0 (iPhone)", "Mozilla/5.0 (Windows NT 10.0)"]
    for agent in agents[:2]:
        await client.post(world.join, headers={"User-Agent": agent})
    path = f"/api/v1/registrations/{world.row.id}"
    assert (await client.get(path, headers=staff)).json()["link_shared_at"] is None
    api = {"User-Agent": agents[2]} | factories.bearer(world.token)
    assert (await client.post("/api/v1/my/join", headers=api)).json()["url"] == ADDRESS
    await client.post(world.join, headers={"User-Agent": "X11; CrOS"})
    shown = (await client.get(path, headers=staff)).json()
    assert shown["link_shared_at"] == "2023-07-03T01:00:00Z"
    async with database.read() as session:
        events = (await session.exec(select(EventRow).where(EventRow.type == "link.shared"))).all()
    assert [event.data["places"] for event in events] == [3]
    renewed = await client.post(f"{path}/links", headers=staff)
    assert renewed.status_code == 200
    assert renewed.json()["link_shared_at"] is None
    assert (await client.post(world.join)).status_code == 404
    fresh = renewed.json()["links"]["join"].removeprefix("http://127.0.0.1:8000")
    assert (await client.post(fresh)).headers["location"] == ADDRESS
