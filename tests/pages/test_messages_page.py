"""What the committee sees of a workshop's messages: who was not reached and why, what is planned, what to share."""

import re
from datetime import date
from urllib.parse import unquote

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.messages import Channel, Message, MessageStatus, Occasion, Reminder, ReminderStatus
from service.models.organizers import Role
from service.models.registrations import Registration
from service.models.workshops import ReminderKind, Workshop
from tests import factories
from tests.factories import at
from tests.pages.world import World, signed_in


async def message(
    database: Database, world: World, status: MessageStatus, error: str | None = None, **person: object
) -> Message:
    async with database.write() as session:
        row = await factories.registration(session, world.gathering, **person)
        made = Message(
            organizer_id=world.house.id,
            workshop_id=world.gathering.id,
            registration_id=row.id,
            occasion=Occasion.CONFIRMATION,
            occasion_key=f"confirmation:{row.id}",
            channel=Channel.MAIL,
            status=status,
            error=error,
        )
        session.add(made)
        return made


async def shown(client: AsyncClient, headers: dict[str, str], world: World) -> str:
    answer = await client.get(f"/staff/messages?workshop={world.gathering.id}", headers=headers)
    assert answer.status_code == 200
    return answer.text


def counts(page: str) -> dict[str, int]:
    """The counters by their labels."""
    found = re.findall(r"<dt>([^<]+)</dt><dd class=\"numbers\">(\d+)</dd>", page)
    return {label: int(number) for label, number in found}


async def test_the_page_counts_whom_no_message_reached(client: AsyncClient, database: Database, world: World) -> None:
    await message(database, world, MessageStatus.FAILED)
    await message(database, world, MessageStatus.BOUNCED)
    await message(database, world, MessageStatus.BOUNCED)
    await message(database, world, MessageStatus.WAITING)
    await message(database, world, MessageStatus.SENT)
    await message(database, world, MessageStatus.UNREACHABLE, email=None, contact_key=None)
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    assert counts(await shown(client, cookie, world)) == {
        "Tidak dapat dihubungi": 1,
        "Menunggu di daftar kirim": 1,
        "Gagal dikirim": 1,
        "Ditolak surel tujuan": 2,
    }


async def test_a_failure_says_why_and_is_sent_again_by_a_button(
    client: AsyncClient, database: Database, world: World
) -> None:
    failed = await message(database, world, MessageStatus.FAILED, "550 5.1.1 <mailbox> unknown", name="Camat Bua")
    cookie, csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = await shown(client, cookie, world)
    assert "Camat Bua" in page
    assert "550 5.1.1 &lt;mailbox&gt; unknown" in page
    [action] = re.findall(r'action="(/staff/messages/[^"]+/resend)"', page)
    assert (await client.post(action, headers=cookie, data={})).status_code == 403
    again = await client.post(action, headers=cookie, data={"csrf": csrf})
    assert again.headers["location"] == f"/staff/messages?workshop={world.gathering.id}&done=resent"
    async with database.read() as session:
        row = await session.get_one(Message, failed.id)
    assert (row.status, row.error) == (MessageStatus.QUEUED, None)
    after = (await client.get(again.headers["location"], headers=cookie)).text
    assert "Pesan dikirim ulang." in after
    assert "Camat Bua" not in after


async def test_the_group_text_carries_the_public_page_and_nobodys_link(
    client: AsyncClient, database: Database, world: World
) -> None:
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = await shown(client, cookie, world)
    public = f"http://127.0.0.1:8000/w/{world.house.slug}/{world.gathering.slug}"
    [share] = re.findall(r'href="https://wa\.me/\?text=([^"]+)"', page)
    for text in (page.split("<textarea")[1].split("</textarea>")[0], unquote(share)):
        assert public in text
        assert not re.search(r"/(my|join|portal)/", text)


async def test_planned_reminders_stand_with_their_times_in_the_workshops_zone(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        due = at("07-02 09:00")
        session.add(
            Reminder(
                organizer_id=world.house.id,
                workshop_id=world.gathering.id,
                kind=ReminderKind.DAY,
                about=date(2023, 7, 3),
                due_at=due,
                stale_at=at("07-03 08:00"),
                status=ReminderStatus.PLANNED,
            )
        )
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = await shown(client, cookie, world)
    assert "Pengingat H-1" in page
    assert "Minggu, 2 Juli 2023, pukul 09.00 WITA" in page
    assert "Direncanakan" in page


async def test_a_rehearsal_cannot_be_overlooked(client: AsyncClient, database: Database, world: World) -> None:
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    assert "Gladi sedang aktif" not in await shown(client, cookie, world)
    async with database.write() as session:
        (await session.get_one(Workshop, world.gathering.id)).rehearsal = True
    assert "Gladi sedang aktif" in await shown(client, cookie, world)


async def test_a_link_that_was_passed_on_is_shown_and_replaced_by_a_button(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).link_shared_at = clock.now()
    cookie, csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = await shown(client, cookie, world)
    assert "Kepala Bidang Aptika" in page
    [action] = re.findall(r'action="(/staff/messages/links/[^"]+)"', page)
    replaced = await client.post(action, headers=cookie, data={"csrf": csrf})
    assert replaced.headers["location"].endswith("&done=relinked")
    assert "Kepala Bidang Aptika" not in await shown(client, cookie, world)
    assert (await client.get(f"/my/{world.token}")).status_code == 404


async def test_without_a_choice_the_workshop_that_runs_or_comes_next_is_shown(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        await factories.workshop(
            session, world.house, title="Nanti", starts_at=at("09-03 08:00"), ends_at=at("09-04 16:00")
        )
        await factories.workshop(
            session, world.house, title="Dulu", starts_at=at("05-03 08:00"), ends_at=at("05-04 16:00")
        )
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = (await client.get("/staff/messages", headers=cookie)).text
    assert f'<option value="{world.gathering.id}" selected>' in page
    assert "Nanti" in page


async def test_a_house_without_workshops_is_told_so(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
    cookie, _csrf = await signed_in(database, house, Role.ORGANIZER)
    page = (await client.get("/staff/messages", headers=cookie)).text
    assert "Belum ada kegiatan" in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STEWARD])
async def test_the_page_is_for_staff_who_read_messages(
    client: AsyncClient, database: Database, world: World, role: Role
) -> None:
    failed = await message(database, world, MessageStatus.FAILED)
    cookie, csrf = await signed_in(database, world.house, role)
    assert (await client.get("/staff/messages", headers=cookie)).status_code == 403
    resend = f"/staff/messages/{failed.id}/resend"
    assert (await client.post(resend, headers=cookie, data={"csrf": csrf})).status_code == 403
    assert (await client.get("/staff/messages")).headers["location"].startswith("/sign-in")


async def test_another_house_finds_neither_workshop_nor_message_nor_person(
    client: AsyncClient, database: Database, world: World
) -> None:
    failed = await message(database, world, MessageStatus.FAILED)
    async with database.write() as session:
        other = await factories.organizer(session)
    cookie, csrf = await signed_in(database, other, Role.OWNER)
    assert (await client.get(f"/staff/messages?workshop={world.gathering.id}", headers=cookie)).status_code == 404
    for path in (f"{failed.id}/resend", f"links/{world.row.id}"):
        refused = await client.post(f"/staff/messages/{path}", headers=cookie, data={"csrf": csrf})
        assert refused.status_code == 404
