"""What participants see behind their mailed links, and what staff see of the messages that wait for a phone."""

import re
from datetime import datetime

import pytest
from httpx import AsyncClient
from sqlmodel import col, func, select

from service import auth, clock, outbox
from service.auth import system
from service.db import Database
from service.domain import registrations, rooms, workshops
from service.domain.letters import held_token
from service.events import RegistrationConfirmed
from service.models.attendance import Attendance, AttendanceMode, Presence
from service.models.messages import Message, MessageStatus
from service.models.organizers import Organizer, Role
from service.models.outbox import EventRow
from service.models.registrations import HeldRegistration, Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate
from service.models.rooms import Provider
from service.models.rooms_shapes import RoomCreate
from service.models.workshops import AttendanceBlock, Modality, Mode, Workshop
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.factories import at

ADDRESS = "https://meet.example.go.id/j/1"


class World:
    """A house with a workshop, one participant and that person's link."""

    def __init__(self, house: Organizer, gathering: Workshop, row: Registration, token: str) -> None:
        self.house, self.gathering, self.row, self.token = house, gathering, row, token


@pytest.fixture
async def world(database: Database) -> World:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, venue_name="Aula Bappelitbangda")
        row = await factories.registration(session, gathering, name="Kepala Bidang Aptika", organisation_name="Kominfo")
        return World(house, gathering, row, factories.participant_token(session, row))


async def open_room(database: Database, world: World, url: str = ADDRESS) -> None:
    async with database.write() as session:
        data = RoomCreate(provider=Provider.STATIC, url=url, passcode="481516")
        await rooms.open_room(session, system(world.house.id), world.gathering.id, data)


async def signed_in(database: Database, house: Organizer, role: Role) -> tuple[dict[str, str], str]:
    """The cookie of a signed-in member of staff, and the CSRF value."""
    async with database.write() as session:
        staff = await factories.staff(session, house, role, name="Panitia Satu")
        cookie, row = await auth.open_session(session, staff, house.id)
        return {"Cookie": f"bimtek={cookie}"}, row.csrf


async def facts_in(database: Database) -> list[int]:
    async with database.read() as session:
        tables = (EventRow, Attendance, Presence, Message)
        return [(await session.exec(select(func.count()).select_from(table))).one() for table in tables]


async def test_before_the_window_the_page_counts_down_and_has_no_button(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    answer = await client.get(f"/join/{world.token}")
    assert answer.status_code == 200
    assert "Senin, 3 Juli 2023, pukul 08.15 WITA" in answer.text
    assert "<form" not in answer.text
    assert (await client.post(f"/join/{world.token}")).status_code == 409


async def test_inside_the_window_the_button_leads_into_the_current_room(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    clock.freeze(at("07-03 09:00"))
    door = await client.get(f"/join/{world.token}")
    assert f'action="/join/{world.token}"' in door.text
    assert f"{world.row.number} Kominfo Kepala Bidang Aptika" in door.text
    assert ADDRESS not in door.text
    inside = await client.post(f"/join/{world.token}")
    assert (inside.status_code, inside.headers["location"]) == (303, ADDRESS)
    assert inside.headers["referrer-policy"] == "no-referrer"
    assert inside.headers["cache-control"] == "no-store"
    await open_room(database, world, "https://meet.example.go.id/j/2")
    swapped = await client.post(f"/join/{world.token}")
    assert swapped.headers["location"] == "https://meet.example.go.id/j/2"


async def test_a_member_of_staff_who_is_signed_in_enters_by_an_own_link_like_anybody_else(
    client: AsyncClient, database: Database, world: World
) -> None:
    await open_room(database, world)
    clock.freeze(at("07-03 09:00"))
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    assert (await client.post(f"/join/{world.token}", headers=cookie)).headers["location"] == ADDRESS


async def test_opening_the_pages_records_nothing(client: AsyncClient, database: Database, world: World) -> None:
    await open_room(database, world)
    clock.freeze(at("07-03 09:00"))
    before = await facts_in(database)
    for path in (f"/join/{world.token}", f"/my/{world.token}", f"/my/{world.token}/ticket.svg"):
        assert (await client.get(path)).status_code == 200
        await client.head(path)
    assert await facts_in(database) == before


@pytest.mark.parametrize(
    ("moment", "room", "said"),
    [
        ("07-03 09:00", False, "Tautan pribadi sedang disiapkan"),
        ("07-04 16:30", True, "Kegiatan sudah berakhir"),
    ],
)
async def test_a_door_without_a_room_says_why(
    client: AsyncClient, database: Database, world: World, moment: str, room: bool, said: str
) -> None:
    if room:
        await open_room(database, world)
    clock.freeze(at(moment))
    answer = await client.get(f"/join/{world.token}")
    assert said in answer.text
    assert "<form" not in answer.text


async def test_a_dead_or_foreign_link_opens_no_page(client: AsyncClient, database: Database, world: World) -> None:
    async with database.write() as session:
        ticket = factories.ticket(session, world.row)
        (await session.get_one(Registration, world.row.id)).link_version += 1
    for token in (world.token, ticket, "x", "a" * 43):
        for page in ("my", "join", "confirm"):
            assert (await client.get(f"/{page}/{token}")).status_code == 404
        assert (await client.post(f"/join/{token}")).status_code == 404
        assert (await client.post(f"/confirm/{token}")).status_code == 404


async def test_my_page_shows_the_place_the_ticket_and_the_attendance(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        first = (await session.exec(select(AttendanceBlock).order_by(col(AttendanceBlock.position)))).first()
        assert first
        fact = Attendance(
            registration_id=world.row.id,
            block_id=first.id,
            workshop_id=world.gathering.id,
            present=True,
            mode=AttendanceMode.OFFLINE,
            first_in=at("07-03 09:02"),
            last_fact_at=at("07-03 09:02"),
        )
        session.add(fact)
    clock.freeze(at("07-03 17:00"))
    text = (await client.get(f"/my/{world.token}")).text
    assert "tercatat pukul 09.02 WITA" in text
    assert [text.count(word) for word in ("Tidak tercatat hadir", "Belum berlangsung")] == [1, 2]
    assert f'href="/join/{world.token}"' in text
    assert f'src="/my/{world.token}/ticket.svg"' in text
    assert "Aula Bappelitbangda" in text


async def test_whoever_has_no_place_sees_no_ticket_and_no_room(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).status = RegistrationStatus.WAITLISTED
    text = (await client.get(f"/my/{world.token}")).text
    assert "/join/" not in text
    assert "ticket.svg" not in text
    assert (await client.get(f"/my/{world.token}/ticket.svg")).status_code == 404
    assert (await client.get(f"/join/{world.token}")).status_code == 409


async def test_a_workshop_in_the_hall_alone_offers_no_online_room(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session), modality=Modality.OFFLINE)
        token = factories.participant_token(session, await factories.registration(session, gathering))
    assert f"/join/{token}" not in (await client.get(f"/my/{token}")).text
    clock.freeze(at("07-03 09:00"))
    assert "tidak mempunyai ruang daring" in (await client.get(f"/join/{token}")).text


async def test_the_known_contact_confirms_the_second_person_by_a_button(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        workshop = await workshops.find_public(session, world.gathering.id)
        for name in ("Kepala Dinas", "Sekretaris Dinas"):
            data = RegistrationCreate(name=name, email="kominfo@luwukab.go.id", mode=Mode.OFFLINE, consent=True)
            await registrations.register_public(session, workshop.id, data)
        held = (await session.exec(select(HeldRegistration))).one()
        token = held_token(session, held)
    question = await client.get(f"/confirm/{token}")
    assert "Sekretaris Dinas" in question.text
    async with database.read() as session:
        assert (await session.get_one(HeldRegistration, held.id)).registration_id is None
    first = await client.post(f"/confirm/{token}")
    again = await client.post(f"/confirm/{token}")
    shown = await client.get(f"/confirm/{token}")
    assert {answer.status_code for answer in (first, again, shown)} == {303}
    assert len({answer.headers["location"] for answer in (first, again, shown)}) == 1
    assert "Sekretaris Dinas" in (await client.get(first.headers["location"])).text


async def test_a_confirmation_that_came_too_late_finds_nothing(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        held = HeldRegistration(
            organizer_id=world.house.id,
            workshop_id=world.gathering.id,
            number=9,
            data={"name": "Sekretaris Dinas"},
            key_id=world.row.key_id,
            expires_at=clock.now(),
        )
        session.add(held)
        await session.flush()
        token = held_token(session, held)
    clock.freeze(datetime.fromisoformat("2023-06-20T09:00:01+08:00"))
    answers = [await client.get(f"/confirm/{token}"), await client.post(f"/confirm/{token}")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "Sekretaris" not in answers[0].text


async def test_demo_mail_is_readable_in_the_demo_and_nowhere_else(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings, world: World
) -> None:
    ids = {"workshop_id": world.gathering.id, "registration_id": world.row.id}
    async with database.write() as session:
        await outbox.record(session, RegistrationConfirmed(organizer_id=world.house.id, **ids))
    await worker.drain()
    async with database.read() as session:
        [message] = await session.exec(select(Message))
    assert (await client.get("/demo/mail")).status_code == 404
    assert (await client.get(f"/demo/mail/{message.id}")).status_code == 404
    settings.now = clock.now()
    listing = (await client.get("/demo/mail")).text
    assert f'href="/demo/mail/{message.id}"' in listing
    assert "Pendaftaran terkonfirmasi: Bimtek Penyusunan Masterplan Smart City" in listing
    letter = (await client.get(f"/demo/mail/{message.id}")).text
    assert f"/my/{world.token}" in letter
    assert (await client.get(f"/demo/mail/{factories.some_id()}")).status_code == 404
    settings.smtp_host = "smtp.example"
    assert (await client.get("/demo/mail")).status_code == 404


async def test_the_send_list_opens_whatsapp_and_keeps_who_marked_it(
    client: AsyncClient, database: Database, worker: Worker, world: World
) -> None:
    phone = {"email": None, "phone": "+6281100000000", "contact_key": "+6281100000000", "name": "Camat Walenrang"}
    async with database.write() as session:
        row = await factories.registration(session, world.gathering, **phone)
        ids = {"workshop_id": world.gathering.id, "registration_id": row.id}
        await outbox.record(session, RegistrationConfirmed(organizer_id=world.house.id, **ids))
    await worker.drain()
    cookie, csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = (await client.get("/staff/send-list", headers=cookie)).text
    assert "Camat Walenrang" in page
    assert 'href="https://wa.me/6281100000000?text=Yth.%20Camat%20Walenrang' in page
    [action] = re.findall(r'action="(/staff/send-list/[^"]+)"', page)
    assert (await client.post(action, headers=cookie, data={})).status_code == 403
    marked = await client.post(action, headers=cookie, data={"csrf": csrf})
    assert (marked.status_code, marked.headers["location"]) == (303, "/staff/send-list")
    async with database.read() as session:
        [message] = await session.exec(select(Message))
    assert message.status is MessageStatus.SENT
    assert message.sent_at == clock.now()
    after = (await client.get("/staff/send-list", headers=cookie)).text
    assert "Panitia Satu" in after
    assert "wa.me" not in after


async def test_the_send_list_is_for_staff_who_write_messages(
    client: AsyncClient, database: Database, world: World
) -> None:
    reader, _csrf = await signed_in(database, world.house, Role.VIEWER)
    assert (await client.get("/staff/send-list", headers=reader)).status_code == 403
    assert (await client.get("/staff/send-list")).headers["location"].startswith("/sign-in")
