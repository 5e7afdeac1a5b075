"""What people are told who have to ask somebody, and who came with a link that is dead or too often."""

from html import unescape

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Organizer
from tests import factories
from tests.factories import at
from tests.pages import public_world
from tests.pages.public_world import registered
from tests.pages.world import World

LETTERHEAD = "Telepon (0471) 000000, diskominfo@luwukab.go.id"
COMMITTEE = "panitia@luwukab.go.id"


async def reachable(database: Database, house: Organizer, contact: str | None) -> None:
    async with database.write() as session:
        row = await session.get_one(Organizer, house.id)
        row.committee_emails = [COMMITTEE]
        row.letterhead = {"contact": contact} if contact else {}
        row.version += 1


async def test_everybody_reads_the_contact_of_the_letters_and_never_the_committees_own(
    client: AsyncClient, database: Database
) -> None:
    world = await public_world.make(database)
    embedded = f"/embed/luwu/{world.gathering.slug}"
    wrong = {**world.person, "name": ""}
    told = []
    for contact in (None, LETTERHEAD):
        await reachable(database, world.house, contact)
        clock.freeze(at("06-19 08:00"))
        texts = [(await client.get(path)).text for path in (world.url, embedded, "/done/luwu/substituted")]
        texts.append((await client.post(world.url, data=wrong)).text)
        clock.freeze(at("07-05 08:00"))
        texts += [(await client.get(path)).text for path in (world.url, embedded)]
        assert not any(COMMITTEE in text for text in texts)
        told.append([LETTERHEAD in text for text in texts])
    assert told == [[False] * 6, [True] * 6]


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        (None, f'href="mailto:{COMMITTEE}"'),
        ("bimtek@luwukab.go.id", 'href="mailto:bimtek@luwukab.go.id"'),
        (LETTERHEAD, f">{LETTERHEAD}<"),
    ],
)
async def test_behind_a_personal_link_the_committees_address_stands_in_for_it(
    client: AsyncClient, database: Database, world: World, contact: str | None, shown: str
) -> None:
    await reachable(database, world.house, contact)
    for page in ("", "/data", "/privacy"):
        assert shown in (await client.get(f"/my/{world.token}{page}")).text


async def test_every_dead_link_is_told_to_be_replaced_by_the_newest(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        agency = factories.portal_token(session, await factories.organisation(session, world.house))
    dead = [factories.forged(world.token), factories.forged(agency), "x", "x" * 65]
    kinds = ("my/{}", "my/{}/privacy", "join/{}", "invitations/{}", "portal/{}", "unsubscribe/{}")
    pages = {}
    for path in (f"/{kind.format(token)}" for kind in kinds for token in dead):
        answer = await client.get(path)
        pages[path] = (answer.status_code, "Buka tautan terbaru dari surel atau pesan WhatsApp" in answer.text)
    assert pages == dict.fromkeys(pages, (404, True))
    english = await client.get(f"/my/{dead[0]}?lang=en")
    assert "Open the newest link in the mail or WhatsApp message" in english.text
    assert (await client.get("/api/v1/invitations/x")).json()["title"] == "Tidak ditemukan"


async def test_people_are_told_minutes_to_wait_and_programs_seconds(
    client: AsyncClient, database: Database, world: World
) -> None:
    database.settings.failed_links = 1
    wrong = factories.forged(world.token)
    answers = [await client.get(f"/my/{wrong}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 429]
    assert int(answers[1].headers["retry-after"]) > 60
    assert "Coba lagi dalam 10 menit." in answers[1].text
    assert "Retry-After" not in answers[1].text
    assert "detik" not in answers[1].text
    api = await client.get(f"/api/v1/invitations/{wrong}")
    assert api.json()["detail"] == "Tunggu sesuai header Retry-After, lalu coba lagi."


async def test_a_form_too_many_says_minutes_too(client: AsyncClient, database: Database) -> None:
    world = await public_world.make(database)
    database.settings.registrations_per_address = 1
    await client.post(world.url, data=world.person)
    late = await client.post(world.url, data=world.person)
    assert (late.status_code, "Terlalu banyak permintaan. Coba lagi dalam 10 menit." in late.text) == (429, True)
    assert len(await registered(database)) == 1


async def test_the_frame_of_the_event_is_told_where_the_programme_is_shorter(
    client: AsyncClient, database: Database
) -> None:
    world = await public_world.make(database, starts_at=at("07-03 08:00"), ends_at=at("07-04 17:00"))
    text = unescape((await client.get(world.url)).text)
    assert "Seluruh kegiatan: Senin, 3 Juli 2023, pukul 08.00 WITA sampai Selasa, 4 Juli 2023, pukul 17.00 WITA" in text
