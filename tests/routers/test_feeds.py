"""Feeds of workshops, read by parsers of others."""

import json
from datetime import datetime
from xml.etree import ElementTree as ET

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.organizers import Organizer
from service.models.workshops import Capacity, Modality, Workshop, WorkshopStatus
from tests import factories
from tests.factories import at
from tests.nasty.names import NAMES

ATOM = "{http://www.w3.org/2005/Atom}"
NASTY = "".join(one for one in NAMES[40] + "</title>\u0001\ufffe" if one != "\x00")


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.workshop(
            session,
            house,
            slug="bimtek-1",
            description="Alinea satu.\n\nAlinea <b>dua</b>.",
            venue_name="Aula Bappelitbangda",
            venue_address="Belopa",
        )
        await factories.workshop(
            session,
            house,
            slug="rapat",
            title=NASTY,
            modality=Modality.ONLINE,
            status=WorkshopStatus.CANCELLED,
            starts_at=at("06-01 08:00"),
            ends_at=at("06-01 12:00"),
        )
        await factories.workshop(session, house, slug="rancangan", status=WorkshopStatus.DRAFT)
        await factories.workshop(session, house, slug="rahasia", never_published=True)
        await factories.workshop(session, await factories.organizer(session), slug="tetangga")
        return house


async def test_the_atom_feed_has_what_rfc_4287_demands_and_the_public_workshops_only(
    client: AsyncClient, house: Organizer
) -> None:
    answer = await client.get("/feeds/luwu.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    assert feed.findtext(f"{ATOM}id") == house.id.urn
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == house.name
    links = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
    assert links == {"self": "http://127.0.0.1:8000/feeds/luwu.atom", "alternate": "http://127.0.0.1:8000/o/luwu"}
    entries = feed.findall(f"{ATOM}entry")
    assert [one.find(f"{ATOM}link").get("href").rsplit("/", 1)[1] for one in entries] == ["bimtek-1", "rapat"]  # type: ignore[union-attr] # RFC 4287 wants it
    for one in entries:
        assert datetime.fromisoformat(one.findtext(f"{ATOM}updated", "")).tzinfo
        assert one.findtext(f"{ATOM}id", "").startswith("urn:uuid:")
    said = entries[0].findtext(f"{ATOM}content", "")
    assert "<li><b>Waktu:</b> Senin, 3 Juli 2023, pukul 08.00 WITA sampai Selasa, 4 Juli 2023, pukul 16.00 WITA" in said
    assert "<li><b>Tempat:</b> Aula Bappelitbangda, Belopa</li>" in said
    assert "Luring: sisa 50; Daring: tanpa batas" in said
    assert "<p>Alinea satu.</p><p>Alinea &lt;b&gt;dua&lt;/b&gt;.</p>" in said
    assert "dibatalkan" in entries[1].findtext(f"{ATOM}content", "")


async def test_the_json_feed_says_the_same_and_gives_programs_their_own_values(
    client: AsyncClient, house: Organizer
) -> None:
    answer = await client.get("/feeds/luwu.json")
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://127.0.0.1:8000/feeds/luwu.json"
    assert (feed["authors"][0]["name"], feed["language"]) == (house.name, "id")
    first, second = feed["items"]
    assert first["_bimtek"] == {
        "slug": "bimtek-1",
        "status": "published",
        "modality": "hybrid",
        "timezone": "Asia/Makassar",
        "venue": {"name": "Aula Bappelitbangda", "address": "Belopa", "latitude": None, "longitude": None},
        "seats_left": {"offline": 50, "online": None},
        "starts_at": "2023-07-03T08:00:00+08:00",
        "ends_at": "2023-07-04T16:00:00+08:00",
        "calendar": "http://127.0.0.1:8000/calendar/luwu/bimtek-1.ics",
    }
    assert second["title"] == NASTY
    entries = ET.fromstring((await client.get("/feeds/luwu.atom")).content).findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}id") for one in entries] == [first["id"], second["id"]]
    assert entries[1].findtext(f"{ATOM}title") == NASTY.replace("\u0001", "").replace("\ufffe", "")


@pytest.mark.parametrize("path", ["/feeds/luwu.atom", "/feeds/luwu.json"])
async def test_a_poller_gets_304_until_a_row_changes_and_any_website_may_read_it(
    client: AsyncClient, database: Database, house: Organizer, path: str
) -> None:
    first = await client.get(path)
    assert (first.headers["cache-control"], first.headers["access-control-allow-origin"]) == (
        "public, max-age=900",
        "*",
    )
    asked = {"If-None-Match": first.headers["etag"]}
    clock.freeze(at("06-21 09:00"))
    assert (await client.get(path, headers=asked)).status_code == 304
    assert (await client.get(path)).content == first.content
    async with database.write() as session:
        row = (await session.exec(select(Workshop).where(Workshop.slug == "bimtek-1"))).one()
        (await session.get_one(Capacity, row.id)).offline_taken = 7
    changed = await client.get(path, headers=asked)
    assert changed.status_code == 200
    assert "sisa 43" in changed.text
    english = await client.get(path, headers={"Accept-Language": "en"})
    assert "Monday" in english.text
    assert english.headers["etag"] != changed.headers["etag"]


@pytest.mark.parametrize("slug", ["nobody", "lu%00wu", "..%2Fluwu"])
async def test_an_unknown_organizer_has_no_feed(client: AsyncClient, house: Organizer, slug: str) -> None:
    assert (await client.get(f"/feeds/{slug}.atom")).status_code == 404
    assert json.loads((await client.get(f"/feeds/{slug}.json")).content)["status"] == 404
