"""Workshops within another website's page: framed by the organizer's own websites only, and without a cookie."""

import re
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import Capacity, Modality, Workshop, WorkshopStatus
from service.pages.guards import STAMP, TRAP, hidden
from service.settings import Settings
from tests import factories
from tests.pages.reading import Reading

SITE = "https://luwukab.go.id"
TYPED = {"name": "Kepala Seksi Data", "email": "data@luwukab.go.id", "mode": "offline", "consent": "yes"}


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu", embed_origins=[SITE, "http://127.0.0.1:8080"])
        await factories.workshop(session, house, slug="bimtek-1", title="Bimtek <Satu>")
        await factories.workshop(session, house, slug="rancangan", title="Rancangan", status=WorkshopStatus.DRAFT)
        await factories.organizer(session, "tertutup")
        return house


def policy(answer: Response) -> str:
    return answer.headers["content-security-policy"]


def typed(settings: Settings, **changes: str) -> dict[str, str]:
    stamp = hidden(settings, clock.real_now() - timedelta(seconds=9)).stamp
    return TYPED | {STAMP: stamp} | changes


@pytest.mark.parametrize("path", ["/embed/luwu", "/embed/luwu/bimtek-1", "/embed/luwu/bimtek-1/registered"])
async def test_only_the_organizers_websites_may_frame_its_pages(
    client: AsyncClient, database: Database, house: Organizer, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert policy(answer).endswith(f"frame-ancestors {SITE} http://127.0.0.1:8080")
    assert "default-src 'self'" in policy(answer)
    assert "x-frame-options" not in answer.headers
    async with database.write() as session:
        (await session.get_one(Organizer, house.id)).embed_origins = []
    assert policy(await client.get(path)).endswith("frame-ancestors 'none'")


async def test_everything_else_is_framed_by_nobody(client: AsyncClient, house: Organizer) -> None:
    for path in ("/", "/o/luwu", "/w/luwu/bimtek-1", "/embed/nobody", "/sign-in"):
        assert policy(await client.get(path)).endswith("frame-ancestors 'none'"), path


@pytest.mark.parametrize("query", ["", "?lang=en", "?lang=id", "?lang=xx"])
async def test_no_cookie_is_set_or_read_and_the_language_goes_along(
    client: AsyncClient, settings: Settings, house: Organizer, query: str
) -> None:
    english = query == "?lang=en"
    page = await client.get(f"/embed/luwu/bimtek-1{query}", headers={"Cookie": "bimtek-lang=en"})
    assert f'<html lang="{"en" if english else "id"}"' in page.text
    [form] = Reading(page.text).all("form")
    assert form["action"] == f"/embed/luwu/bimtek-1?lang={'en' if english else 'id'}"
    sent = await client.post(form["action"], data=typed(settings))
    assert sent.status_code == 303
    done = await client.get(sent.headers["location"])
    assert f'<html lang="{"en" if english else "id"}"' in done.text
    assert not any("set-cookie" in answer.headers for answer in (page, sent, done))


async def test_an_address_that_was_cut_or_stretched_is_answered_for_people(
    client: AsyncClient, house: Organizer
) -> None:
    wrong = await client.get(f"/embed/luwu/bimtek-1/registered?status={'x' * 99}")
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "text/html; charset=utf-8")


async def test_links_leave_the_frame_and_nothing_else_does(client: AsyncClient, house: Organizer) -> None:
    for path in ("/embed/luwu", "/embed/luwu/bimtek-1", "/embed/luwu/bimtek-1/registered"):
        reading = Reading((await client.get(path)).text)
        outward = [a for a in reading.all("a") if not a["href"].startswith("#")]
        assert outward, path
        assert {a.get("target") for a in outward} == {"_top"}
        assert not any("target" in a for a in reading.all("form"))


async def test_the_list_shows_what_comes_and_only_what_is_public(client: AsyncClient, house: Organizer) -> None:
    page = (await client.get("/embed/luwu")).text
    assert "Bimtek &lt;Satu&gt;" in page
    assert "Rancangan" not in page
    clock.freeze(clock.now() + timedelta(days=60))
    assert "Belum ada kegiatan yang diumumkan" in (await client.get("/embed/luwu")).text


async def test_who_registers_in_the_frame_is_registered_once_and_told_so_there(
    client: AsyncClient, database: Database, settings: Settings, house: Organizer
) -> None:
    for _again in range(2):
        sent = await client.post("/embed/luwu/bimtek-1", data=typed(settings))
        assert sent.headers["location"] == "/embed/luwu/bimtek-1/registered?status=confirmed&lang=id"
    assert "Silakan periksa surel Anda" in (await client.get(sent.headers["location"])).text
    async with database.read() as session:
        assert [row.email for row in await session.exec(select(Registration))] == [TYPED["email"]]


async def test_what_is_wrong_is_said_in_the_frame_with_what_was_typed(
    client: AsyncClient, database: Database, settings: Settings, house: Organizer
) -> None:
    wrong = await client.post("/embed/luwu/bimtek-1", data=typed(settings, email="salah", position="Kasi <A>"))
    assert wrong.status_code == 422
    assert 'href="#email"' in wrong.text
    assert 'value="Kasi &lt;A&gt;"' in wrong.text
    assert SITE in policy(wrong)
    hurried = await client.post("/embed/luwu/bimtek-1", data=TYPED)
    assert "Silakan kirim sekali lagi." in hurried.text
    trapped = await client.post("/embed/luwu/bimtek-1", data=typed(settings, **{TRAP: "x"}))
    assert trapped.status_code == 303
    async with database.read() as session:
        assert (await session.exec(select(Registration))).all() == []


async def test_a_workshop_that_is_gone_is_said_to_be_so_in_the_frame(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    for slug in ("rancangan", "tidak-ada", "a%00b"):
        gone = await client.get(f"/embed/luwu/{slug}")
        assert (gone.status_code, "Kegiatan ini tidak ditemukan." in gone.text, SITE in policy(gone)) == (
            404,
            True,
            True,
        )
    async with database.write() as session:
        row = (await session.exec(select(Workshop).where(Workshop.slug == "bimtek-1"))).one()
        row.status = WorkshopStatus.CANCELLED
    assert "Kegiatan ini dibatalkan" in (await client.get("/embed/luwu/bimtek-1")).text


async def test_why_nobody_can_register_is_said_as_on_the_workshops_own_page(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    async with database.write() as session:
        row = (await session.exec(select(Workshop).where(Workshop.slug == "bimtek-1"))).one()
        row.waiting_list, row.modality = False, Modality.OFFLINE
        (await session.get_one(Capacity, row.id)).offline_limit = 0
    for path in ("/embed/luwu/bimtek-1", "/w/luwu/bimtek-1"):
        assert "Semua kursi terisi dan tidak ada daftar tunggu." in (await client.get(path)).text, path


async def test_the_script_is_served_to_every_website_and_asks_again_with_its_etag(
    client: AsyncClient, house: Organizer
) -> None:
    script = await client.get("/embed/luwu.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=3600"
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    again = await client.get("/embed/luwu.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304
    assert not re.search(r"cookie\b(?!,)|localStorage|sessionStorage|fetch\(|XMLHttp|sendBeacon", script.text)
    assert (await client.get("/embed/nobody.js")).status_code == 404
