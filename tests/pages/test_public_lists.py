"""Finding a workshop: what comes and what is over, the search, turning pages, and words in their own language."""

import re
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.workshops import Modality, WorkshopStatus
from service.pages import listing
from tests import factories
from tests.factories import at, weeks_later
from tests.pages.public_world import make
from tests.pages.reading import Reading


def titles(html: str) -> list[str]:
    """The workshops of a list, in their order."""
    return re.findall(r'<h3[^>]*><a href="[^"]+">([^<]+)</a></h3>', html)


def onward(html: str, label: str) -> str:
    """The path of the link with this label; empty when there is none."""
    found = re.findall(rf'href="([^"]+)"><svg[^>]*>(?:<[^>]+>)*</svg>{label}</a>', html)
    return found[0].replace("&amp;", "&") if found else ""


async def test_what_comes_stands_soonest_first_and_what_is_over_latest_first(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        for name, week in (("Ketiga", 3), ("Pertama", 1), ("Kedua", 2), ("Lama", -20), ("Baru lewat", -4)):
            start, end = weeks_later(week, at("07-03 08:00")), weeks_later(week, at("07-04 16:00"))
            await factories.workshop(session, house, title=name, starts_at=start, ends_at=end, blocks=False)
        await factories.workshop(session, house, title="Selesai lebih awal", status=WorkshopStatus.COMPLETED)
        await factories.workshop(session, house, title="Batal", status=WorkshopStatus.CANCELLED)
    clock.freeze(at("06-20 08:00"))
    shown = titles((await client.get("/o/luwu")).text)
    assert shown == ["Batal", "Pertama", "Kedua", "Ketiga", "Selesai lebih awal", "Baru lewat", "Lama"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=evaluasi", ["Evaluasi 100%"]),
        ("q=%25", ["Evaluasi 100%"]),
        ("kind=evaluation", ["Evaluasi 100%"]),
        ("modality=online", ["Rapat daring"]),
        ("modality=online&q=evaluasi", []),
        ("kind=nonsense&modality=nonsense&utm_source=wa", ["Rapat daring", "Evaluasi 100%"]),
    ],
)
async def test_a_visitor_finds_by_words_kind_and_way_of_attending(
    client: AsyncClient, database: Database, query: str, found: list[str]
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.workshop(session, house, title="Rapat daring", modality=Modality.ONLINE)
        await factories.workshop(session, house, title="Evaluasi 100%", kinds=["evaluation", "field_review"])
    for path in ("/", "/o/luwu"):
        answer = await client.get(f"{path}?{query}")
        assert answer.status_code == 200
        assert titles(answer.text) == found
        assert ("Tidak ada kegiatan yang sesuai" in answer.text) == (found == [])


async def test_a_search_keeps_its_words_in_the_form_the_language_switch_and_out_of_search_engines(
    client: AsyncClient, database: Database
) -> None:
    await make(database)
    answer = await client.get("/", params={"q": '"><script>', "kind": "bimtek"})
    assert 'value="&#34;&gt;&lt;script&gt;"' in answer.text
    assert '<option value="bimtek" selected>' in answer.text
    assert 'href="?q=%22%3E%3Cscript%3E&amp;kind=bimtek&amp;lang=en"' in answer.text
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "hreflang" not in answer.text.split("<body>")[0]


async def test_long_lists_turn_pages_in_both_directions_of_time(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SHOWN", 2)
    monkeypatch.setattr(listing, "SHOWN_PAST", 1)
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        for week in (-3, -2, -1, 1, 2, 3):
            start, end = weeks_later(week, at("07-03 08:00")), weeks_later(week, at("07-04 16:00"))
            await factories.workshop(session, house, title=f"{week:+}", starts_at=start, ends_at=end, blocks=False)
    clock.freeze(at("07-03 08:00"))
    first = (await client.get("/o/luwu")).text
    assert titles(first) == ["+1", "+2", "-1"]
    second = (await client.get(onward(first, "Kegiatan berikutnya"))).text
    assert titles(second) == ["+3"]
    past = (await client.get(onward(first, "Semua kegiatan yang sudah lewat"))).text
    assert titles(past) == ["-1", "-2"]
    older = (await client.get(onward(past, "Kegiatan sebelumnya"))).text
    assert titles(older) == ["-3"]
    assert onward(older, "Kegiatan sebelumnya") == ""
    assert titles((await client.get("/o/luwu?after=nonsense")).text) == ["+1", "+2", "-1"]


async def test_an_english_page_names_the_language_of_what_is_not_english(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database, description="Penyamaan pemahaman.", venue_name="Aula Bappelitbangda")
    async with database.write() as session:
        other = await factories.organizer(session, "world", language="en")
        await factories.workshop(session, other, title="Smart City Forum")
    english = (await client.get("/", headers={"Accept-Language": "en"})).text
    assert re.search(rf'<h3 lang="id"><a href="[^"]+">{world.gathering.title}</a>', english)
    assert re.search(r'<h3><a href="[^"]+">Smart City Forum</a>', english)
    assert re.search(r'<h3 lang="en"><a href="[^"]+">Smart City Forum</a>', (await client.get("/")).text)
    page = (await client.get(world.url, headers={"Accept-Language": "en"})).text
    assert f'<h1 lang="id">{world.gathering.title}</h1>' in page
    assert '<td lang="id">Materi' in page
    assert "Penyamaan" in page


async def test_every_link_of_a_list_leads_somewhere(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    for path in ("/", "/o/luwu", world.url):
        found = {a["href"] for a in Reading((await client.get(path)).text).all("a")}
        mine = {urlsplit(a)._replace(scheme="", netloc="").geturl() for a in found if "127.0.0.1" in a or a[0] == "/"}
        for address in {one for one in mine if not one.startswith("/calendar/0")}:
            if not address.startswith("/calendar"):
                assert (await client.get(address)).status_code in {200, 303}, address
