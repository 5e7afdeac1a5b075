"""What participants see and change behind their mailed links."""

from datetime import datetime

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock, outbox
from service.db import Database
from service.domain import registrations, workshops
from service.domain.letters import held_token
from service.events import RegistrationConfirmed
from service.models.attendance import Attendance, AttendanceMode
from service.models.messages import Channel, Message
from service.models.registrations import HeldRegistration, Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate
from service.models.workshops import AttendanceBlock, Capacity, HallLinks, Mode
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.world import World, policy


async def stored(database: Database, world: World) -> Registration:
    async with database.read() as session:
        return await session.get_one(Registration, world.row.id)


async def full_online(database: Database, world: World) -> None:
    async with database.write() as session:
        capacity = await session.get_one(Capacity, world.gathering.id)
        capacity.online_limit = capacity.online_taken = 1


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
    async with database.write() as session:
        made = (await session.get_one(HeldRegistration, held.id)).registration_id
        (await session.get_one(Registration, made)).link_version += 1
    answers = [await client.get(f"/confirm/{token}"), await client.post(f"/confirm/{token}")]
    assert [answer.status_code for answer in answers] == [404, 404]


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


async def test_the_person_switches_to_online_and_back_on_the_page(
    client: AsyncClient, database: Database, world: World
) -> None:
    page = f"/my/{world.token}"
    assert "Pindah ke daring" in (await client.get(page)).text
    moved = await client.post(page, data={"do": "mode", "mode": "online"})
    assert (moved.status_code, moved.headers["location"]) == (303, f"{page}?done=switched")
    after = (await client.get(moved.headers["location"])).text
    assert "Cara hadir sudah diubah." in after
    assert "Kursi daring Anda sudah pasti" in after
    assert "Pindah ke luring" in after
    assert (await stored(database, world)).mode is Mode.ONLINE


async def test_a_full_room_refuses_the_switch_and_the_seat_in_the_hall_stays(
    client: AsyncClient, database: Database, world: World
) -> None:
    await full_online(database, world)
    page = (await client.get(f"/my/{world.token}")).text
    assert "Kursi daring sedang penuh. Kursi Anda di tempat tetap berlaku." in page
    assert "Pindah ke" not in page
    refused = await client.post(f"/my/{world.token}", data={"do": "mode", "mode": "online"})
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    row = await stored(database, world)
    assert (row.mode, row.holds_seat) == (Mode.OFFLINE, True)


async def test_the_person_chooses_channel_and_language_and_takes_the_choice_back(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).phone = "+6281100000000"
    page = f"/my/{world.token}"
    chosen = await client.post(page, data={"do": "preferences", "channel": "whatsapp", "language": "en"})
    assert chosen.headers["location"] == f"{page}?done=preferred"
    row = await stored(database, world)
    assert (row.channel, row.language) == (Channel.WHATSAPP, "en")
    shown = (await client.get(page)).text
    assert '<option value="whatsapp" selected>' in shown
    assert '<option value="en" selected>' in shown
    await client.post(page, data={"do": "preferences", "channel": "", "language": ""})
    row = await stored(database, world)
    assert (row.channel, row.language) == (None, None)


async def test_saving_the_language_alone_keeps_the_channel(
    client: AsyncClient, database: Database, world: World
) -> None:
    """The page asks for a channel only from people who can be reached by several."""
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).channel = Channel.MAIL
    page = f"/my/{world.token}"
    assert 'name="channel"' not in (await client.get(page)).text
    await client.post(page, data={"do": "preferences", "language": "en"})
    assert (await stored(database, world)).channel is Channel.MAIL


@pytest.mark.parametrize(
    "typed",
    [{}, {"do": "cancel"}, {"do": "mode"}, {"do": "mode", "mode": "both"}, {"do": "preferences", "language": "xx"}],
)
async def test_a_form_that_says_something_else_changes_nothing(
    client: AsyncClient, database: Database, world: World, typed: dict[str, str]
) -> None:
    before = await stored(database, world)
    assert (await client.post(f"/my/{world.token}", data=typed)).status_code in (400, 422)
    assert (await stored(database, world)).model_dump() == before.model_dump()


@pytest.mark.parametrize(
    ("hall_links", "said"),
    [
        (HallLinks.NEVER, "hanya untuk peserta daring"),
        (HallLinks.ON_REQUEST, "dapat diminta pada halaman itu"),
        (HallLinks.ALWAYS, "Ruang daring boleh dipakai juga"),
    ],
)
async def test_the_page_says_whether_a_seat_in_the_hall_gives_a_way_into_the_room(
    client: AsyncClient, database: Database, world: World, hall_links: HallLinks, said: str
) -> None:
    await policy(database, world, hall_links)
    text = (await client.get(f"/my/{world.token}")).text
    assert said in text
    assert (world.join in text) == (hall_links is not HallLinks.NEVER)


async def test_the_calendar_can_be_added_wherever_the_person_keeps_one(client: AsyncClient, world: World) -> None:
    text = (await client.get(f"/my/{world.token}")).text
    for address in (f"webcal://127.0.0.1:8000/calendar/my/{world.token}.ics", "https://calendar.google.com/", ".ics"):
        assert address in text


async def test_nothing_can_be_chosen_once_it_is_over(client: AsyncClient, database: Database, world: World) -> None:
    clock.freeze(at("07-05 09:00"))
    text = (await client.get(f"/my/{world.token}")).text
    assert "Pindah ke" not in text
    assert (await client.post(f"/my/{world.token}", data={"do": "mode", "mode": "online"})).status_code == 409


@pytest.mark.parametrize(
    ("changes", "moment", "said"),
    [
        ({}, "07-01 09:00", ["Kursi Anda di tempat sudah pasti", "Pintu dibuka Senin, 3 Juli 2023, pukul 07.00 WITA."]),
        (
            {"mode": Mode.ONLINE},
            "07-03 07:00",
            ["Kursi daring Anda sudah pasti", "Ruang daring dibuka Senin, 3 Juli 2023, pukul 08.15 WITA."],
        ),
        ({"mode": Mode.ONLINE}, "07-03 08:30", ["Ruang daring sudah dibuka. Silakan masuk."]),
        (
            {"status": RegistrationStatus.PENDING},
            "07-01 09:00",
            ["Pendaftaran menunggu persetujuan panitia", "Persetujuan panitia tetap diperlukan."],
        ),
        (
            {"status": RegistrationStatus.WAITLISTED, "holds_seat": False},
            "07-01 09:00",
            ["Kursi di tempat sudah penuh: Anda pada daftar tunggu", "Kursi daring masih tersedia."],
        ),
        (
            {"status": RegistrationStatus.REJECTED, "holds_seat": False, "reason": "Kuota instansi penuh"},
            "07-01 09:00",
            ["Pendaftaran tidak disetujui", "Alasan: Kuota instansi penuh"],
        ),
        ({}, "07-05 09:00", ["Kegiatan sudah selesai"]),
    ],
)
async def test_the_page_says_where_one_stands_and_what_to_do_next(
    client: AsyncClient, database: Database, world: World, changes: dict[str, object], moment: str, said: list[str]
) -> None:
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).sqlmodel_update(changes)
    clock.freeze(at(moment))
    text = (await client.get(f"/my/{world.token}")).text
    assert [words for words in said if words not in text] == []


async def test_the_way_into_the_room_counts_down_and_is_true_without_a_script(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).mode = Mode.ONLINE
    clock.freeze(at("07-03 08:00"))
    text = (await client.get(f"/my/{world.token}")).text
    assert 'data-opens-at="2023-07-03T00:15:00+00:00" data-now="2023-07-03T00:00:00+00:00"' in text
    assert "<strong>Senin, 3 Juli 2023, pukul 08.15 WITA</strong>" in text
    clock.freeze(at("07-03 08:15"))
    assert "countdown" not in (await client.get(f"/my/{world.token}")).text


async def test_the_large_ticket_exists_while_the_ticket_is_good(
    client: AsyncClient, database: Database, world: World
) -> None:
    page = await client.get(f"/my/{world.token}/ticket")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "Kepala Bidang Aptika" in page.text
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).status = RegistrationStatus.WAITLISTED
    answers = [await client.get(f"/my/{world.token}/{path}") for path in ("ticket", "ticket.svg")]
    assert [answer.status_code for answer in answers] == [404, 404]
