"""The send list on a committee phone: one tap opens WhatsApp, another marks it sent."""

import re
from datetime import timedelta

from httpx import AsyncClient
from sqlmodel import select, update

from service import clock, outbox
from service.db import Database
from service.events import RegistrationConfirmed
from service.models.messages import Message, MessageStatus
from service.models.organizers import Role
from service.models.workshops import Workshop
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.world import World, signed_in


async def waiting(database: Database, worker: Worker, gathering: Workshop, *names: str) -> None:
    """Confirmations for people who have a telephone only."""
    for number, name in enumerate(names):
        phone = f"+62811{len(name):04}{number:04}"
        async with database.write() as session:
            contact = {"email": None, "phone": phone, "contact_key": phone, "name": name}
            row = await factories.registration(session, gathering, **contact)
            ids = {"workshop_id": gathering.id, "registration_id": row.id}
            await outbox.record(session, RegistrationConfirmed(organizer_id=gathering.organizer_id, **ids))
        await worker.drain()


async def test_the_send_list_opens_whatsapp_and_keeps_who_marked_it(
    client: AsyncClient, database: Database, worker: Worker, world: World
) -> None:
    await waiting(database, worker, world.gathering, "Camat Walenrang")
    cookie, csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = (await client.get("/staff/send-list", headers=cookie)).text
    assert "Camat Walenrang" in page
    assert re.search(r'href="https://wa\.me/62811\d+\?text=Yth\.%20Camat%20Walenrang', page)
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


async def test_what_waits_stands_under_its_workshop_and_the_count_says_how_much_is_left(
    client: AsyncClient, database: Database, worker: Worker, world: World
) -> None:
    async with database.write() as session:
        earlier = await factories.workshop(session, world.house, title="Rapat Persiapan", starts_at=at("06-30 08:00"))
    await waiting(database, worker, world.gathering, "Camat Bua", "Camat Belopa")
    await waiting(database, worker, earlier, "Camat Suli Barat")
    cookie, csrf = await signed_in(database, world.house, Role.ORGANIZER)
    page = (await client.get("/staff/send-list", headers=cookie)).text
    heads = [page.index(text) for text in ("Rapat Persiapan", "Camat Suli", world.gathering.title, "Camat Bua")]
    assert heads == sorted(heads)
    assert '<b class="numbers">3</b>' in page
    action = re.findall(r'action="(/staff/send-list/[^"]+)"', page)[0]
    await client.post(action, headers=cookie, data={"csrf": csrf})
    after = (await client.get("/staff/send-list", headers=cookie)).text
    assert '<b class="numbers">2</b>' in after
    assert after.index("Camat Belopa") < after.index("Camat Suli Barat")
    only = (await client.get(f"/staff/send-list?workshop={world.gathering.id}", headers=cookie)).text
    assert ("Camat Bua" in only, "Camat Suli Barat" in only) == (True, False)


async def test_another_house_sees_nothing_of_it(
    client: AsyncClient, database: Database, worker: Worker, world: World
) -> None:
    await waiting(database, worker, world.gathering, "Camat Bua")
    async with database.write() as session:
        other = await factories.organizer(session)
    cookie, _csrf = await signed_in(database, other, Role.OWNER)
    for address in ("/staff/send-list", f"/staff/send-list?workshop={world.gathering.id}"):
        assert "Camat Bua" not in (await client.get(address, headers=cookie)).text


async def test_the_send_list_is_for_staff_who_write_messages(
    client: AsyncClient, database: Database, world: World
) -> None:
    reader, _csrf = await signed_in(database, world.house, Role.VIEWER)
    assert (await client.get("/staff/send-list", headers=reader)).status_code == 403
    assert (await client.get("/staff/send-list")).headers["location"].startswith("/sign-in")


async def test_the_menu_shows_what_a_member_of_staff_may_open(
    client: AsyncClient, database: Database, world: World
) -> None:
    for role, shown in ((Role.ORGANIZER, True), (Role.VIEWER, False)):
        cookie, _csrf = await signed_in(database, world.house, role)
        home = (await client.get("/staff", headers=cookie)).text
        assert ('href="/staff/messages"' in home) == shown
        beside = await client.get("/staff/messages", headers=cookie)
        assert ('href="/staff/send-list"' in beside.text) == shown


async def test_what_came_too_late_is_not_offered(
    client: AsyncClient, database: Database, worker: Worker, world: World
) -> None:
    await waiting(database, worker, world.gathering, "Camat Bua")
    async with database.write() as session:
        await session.exec(update(Message).values(stale_at=clock.now()))
    cookie, _csrf = await signed_in(database, world.house, Role.ORGANIZER)
    assert "Camat Bua" in (await client.get("/staff/send-list", headers=cookie)).text
    clock.freeze(clock.now() + timedelta(seconds=1))
    assert "Camat Bua" not in (await client.get("/staff/send-list", headers=cookie)).text
