"""What programs read of public pages: JSON-LD, the preview of a link, the map of the site, ETags; and the weight."""

import json
import re
import struct
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from pydantic import TypeAdapter, ValidationError

from service import clock
from service.db import Database
from service.documents import preview
from service.models.columns import Line
from service.models.organizers import Organizer
from service.models.workshops import Capacity, Modality, Workshop, WorkshopStatus
from service.pages import guards, render
from service.pages.linked_data import data_block
from tests import factories
from tests.factories import at
from tests.nasty.names import NAMES
from tests.pages.public_world import World, make
from tests.pages.reading import Reading

BASE = "http://127.0.0.1:8000"
PLACE = {
    "venue_name": "Aula Bappelitbangda",
    "venue_address": "Belopa",
    "venue_latitude": -3.3948,
    "venue_longitude": 120.3719,
}


def linked(html: str) -> dict[str, Any]:
    """The page's one block of JSON-LD."""
    found: dict[str, Any] = json.loads(Reading(html).data)
    return found


def metas(html: str) -> dict[str, str]:
    """What the head says to search engines and messengers."""
    found = [a for a in Reading(html).all("meta") if "name" in a or "property" in a]
    return {a.get("name") or a["property"]: a["content"] for a in found if a.get("name") != "theme-color"}


def accepted(title: str) -> bool:
    """Whether a workshop can be called so."""
    try:
        return TypeAdapter(Line).validate_python(title) == title
    except ValidationError:
        return False


async def read(client: AsyncClient, world: World, language: str = "id") -> str:
    return (await client.get(world.url, headers={"Accept-Language": language})).text


async def test_an_event_says_when_where_and_how_many_can_still_come(client: AsyncClient, database: Database) -> None:
    world = await make(database, offline=50, online=10, description="Penyamaan pemahaman", **PLACE)
    async with database.write() as session:
        (await session.get_one(Capacity, world.gathering.id)).offline_reserved = 20
    event = linked(await read(client, world))
    page = f"{BASE}{world.url}"
    assert {name: event[name] for name in ("@context", "@type", "@id", "url", "name", "inLanguage")} == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": page,
        "url": page,
        "name": world.gathering.title,
        "inLanguage": "id",
    }
    assert (event["startDate"], event["endDate"]) == ("2023-07-03T08:00:00+08:00", "2023-07-04T16:00:00+08:00")
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert event["location"] == [
        {
            "@type": "Place",
            "name": "Aula Bappelitbangda",
            "address": {"@type": "PostalAddress", "streetAddress": "Belopa", "addressCountry": "ID"},
            "geo": {"@type": "GeoCoordinates", "latitude": -3.3948, "longitude": 120.3719},
        },
        {"@type": "VirtualLocation", "url": page},
    ]
    assert (event["maximumAttendeeCapacity"], event["remainingAttendeeCapacity"]) == (60, 40)
    assert (event["maximumPhysicalAttendeeCapacity"], event["maximumVirtualAttendeeCapacity"]) == (50, 10)
    assert event["offers"]["availability"] == "https://schema.org/InStock"
    assert event["offers"]["validThrough"] == "2023-07-04T12:00:00+08:00"
    assert event["organizer"]["url"] == f"{BASE}/o/luwu"
    assert [(day["name"], day["startDate"], day["endDate"]) for day in event["subEvent"]] == [
        (f"{event['name']}, hari ke-1", "2023-07-03T09:15:00+08:00", "2023-07-03T16:15:00+08:00"),
        (f"{event['name']}, hari ke-2", "2023-07-04T08:30:00+08:00", "2023-07-04T15:30:00+08:00"),
    ]
    assert all(datetime.fromisoformat(day["startDate"]).utcoffset() == timedelta(hours=8) for day in event["subEvent"])


@pytest.mark.parametrize(
    ("values", "told", "silent"),
    [
        (
            {"status": WorkshopStatus.CANCELLED},
            {"eventStatus": "https://schema.org/EventCancelled"},
            {"offers", "remainingAttendeeCapacity"},
        ),
        (
            {"modality": Modality.OFFLINE, "offline": 0, "waiting_list": False},
            {
                "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
                "location": [{"@type": "Place", "name": "Aula"}],
                "remainingAttendeeCapacity": 0,
            },
            {"maximumVirtualAttendeeCapacity"},
        ),
        (
            {"modality": Modality.ONLINE, "offline": 7, "online": None, "blocks": False},
            {"eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode"},
            {"remainingAttendeeCapacity", "maximumPhysicalAttendeeCapacity", "subEvent"},
        ),
    ],
)
async def test_an_event_says_nothing_that_is_not_so(
    client: AsyncClient, database: Database, values: dict[str, Any], told: dict[str, object], silent: set[str]
) -> None:
    world = await make(database, venue_name="Aula", **values)
    event = linked(await read(client, world))
    assert {name: event[name] for name in told} == told
    assert silent & set(event) == set()
    if values.get("modality") is Modality.ONLINE:
        assert [place["@type"] for place in event["location"]] == ["VirtualLocation"]
    if event.get("maximumAttendeeCapacity") == 0:
        assert event["offers"]["availability"] == "https://schema.org/SoldOut"


async def test_no_title_breaks_out_of_the_page_its_data_or_its_preview(client: AsyncClient, database: Database) -> None:
    typed = [
        *NAMES[::6],
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "a\u2028b\u2029c",
        "]]>&\"'",
        '#read("x") $x$',
    ]
    titles = [title for title in typed if accepted(title)]
    assert len(titles) > 8
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        for number, title in enumerate(titles):
            await factories.workshop(
                session, house, slug=f"n-{number}", title=title, description=title, venue_name=title, blocks=False
            )
    for number, title in enumerate(titles):
        html = (await client.get(f"/w/luwu/n-{number}")).text
        reading = Reading(html)
        assert reading.inline.strip() == ""
        assert len(reading.all("script")) == 1
        assert linked(html)["name"] == title
        assert metas(html)["og:title"] == title
        block = html[html.index("ld+json") : html.index("</script>")]
        assert block.isascii()
        assert not set(block.partition(">")[2]) & {"<", ">", "&"}


def test_the_data_block_reads_as_what_it_was_made_of() -> None:
    data = {"a": "</script>\u2028 & <!--", "b": [1, "\ud800"]}
    assert json.loads(str(data_block(data))) == data


async def test_a_link_shows_its_title_its_facts_and_a_picture(client: AsyncClient, database: Database) -> None:
    world = await make(database, description="Kata " * 100, **PLACE)
    said = metas(await read(client, world))
    assert said["og:title"] == world.gathering.title
    assert said["og:description"] == said["description"]
    assert said["description"].startswith("3–4 Juli 2023 · Aula Bappelitbangda · Hibrida · ")
    assert len(said["description"]) <= 200
    assert said["description"].endswith("Kata…")
    assert (said["og:locale"], said["og:locale:alternate"]) == ("id_ID", "en_GB")
    assert said["twitter:card"] == "summary_large_image"
    assert said["og:image"] == f"{BASE}{world.url}/preview/id.png?v=1"
    picture = await client.get(said["og:image"].removeprefix(BASE))
    assert picture.headers["content-type"] == "image/png"
    assert struct.unpack(">II", picture.content[16:24]) == (1200, 630)
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    again = await client.get(said["og:image"].removeprefix(BASE), headers={"If-None-Match": picture.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_picture_speaks_its_language_and_belongs_to_what_is_public(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database)
    indonesian, english = [await client.get(f"{world.url}/preview/{one}.png") for one in ("id", "en")]
    assert indonesian.headers["etag"] != english.headers["etag"]
    assert indonesian.content != english.content
    assert "set-cookie" not in english.headers
    assert (await client.get(f"{world.url}/preview/fr.png")).status_code == 404
    async with database.write() as session:
        (await session.get_one(Workshop, world.gathering.id)).status = WorkshopStatus.DRAFT
    assert (await client.get(f"{world.url}/preview/id.png")).status_code == 404


def test_the_pictures_colours_are_those_of_the_sheet() -> None:
    sheet = (render.STATIC / "bimtek.css").read_text().split("@media (prefers-color-scheme: dark)")[0]
    named = dict(re.findall(r'data-accent="(\w+)"\] \{ --accent: (#\w{6});', sheet))
    [plain] = re.findall(r"^  --accent: (#\w{6});", sheet, re.MULTILINE)
    assert {"laut": plain, **named} == preview.COLOURS
    assert set(render.ACCENTS) == set(preview.COLOURS)


@pytest.mark.parametrize("title", ["", "W" * 300, "Kota " * 60, "城市 🌊 مدينة", '#panic("x")', "\x00\u202e\ud800"])
def test_a_picture_can_be_drawn_of_every_title(title: str) -> None:
    drawn = preview.png(preview.Preview("laut", "L", title, title, (title, title), "Hibrida"))
    assert drawn.startswith(b"\x89PNG")
    assert drawn == preview.png(preview.Preview("laut", "L", title, title, (title, title), "Hibrida"))


async def test_a_workshops_own_image_is_the_one_that_is_shown(client: AsyncClient, database: Database) -> None:
    world = await make(database, image="/static/favicon.svg")
    html = await read(client, world)
    assert metas(html)["og:image"] == f"{BASE}/static/favicon.svg"
    assert linked(html)["image"] == [f"{BASE}/static/favicon.svg"]
    assert "og:image:width" not in metas(html)


async def test_each_language_has_its_address_and_names_the_other(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    page = f"{BASE}{world.url}"
    for path, canonical in ((world.url, page), (f"{world.url}?lang=en", f"{page}?lang=en")):
        links = Reading((await client.get(path)).text).all("link")
        assert [a["href"] for a in links if a["rel"] == "canonical"] == [canonical]
        assert {a["hreflang"]: a["href"] for a in links if "hreflang" in a} == {
            "id": f"{page}?lang=id",
            "en": f"{page}?lang=en",
            "x-default": page,
        }


async def test_an_organizers_pages_lead_readers_to_its_feeds(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    for path in ("/o/luwu", "/o/luwu/months/2023-07", world.url):
        links = Reading((await client.get(path)).text).all("link")
        feeds = {a["type"]: a["href"] for a in links if a["rel"] == "alternate" and "type" in a}
        assert len(feeds) == 2
        for kind, address in feeds.items():
            answer = await client.get(address)
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)


async def test_the_map_of_the_site_names_public_pages_alone(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    async with database.write() as session:
        house = await session.get_one(Organizer, world.house.id)
        await factories.workshop(session, house, slug="rancangan", status=WorkshopStatus.DRAFT)
        await factories.workshop(session, house, slug="gagal", status=WorkshopStatus.CANCELLED, never_published=True)
        await factories.organizer(session, "kosong")
    answer = await client.get("/sitemap.xml")
    assert answer.headers["content-type"] == "application/xml"
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    entries = ET.fromstring(answer.text).findall("s:url", space)
    found = {entry.findtext("s:loc", "", space): entry.findtext("s:lastmod", "", space) for entry in entries}
    assert list(found) == [f"{BASE}/", f"{BASE}/o/luwu", f"{BASE}{world.url}"]
    assert datetime.fromisoformat(found[f"{BASE}{world.url}"]) == world.gathering.updated_at.replace(microsecond=0)
    for address in found:
        assert (await client.get(address.removeprefix(BASE))).status_code == 200


async def test_robots_are_told_where_the_map_is_and_no_secret_address(client: AsyncClient, database: Database) -> None:
    robots = (await client.get("/robots.txt")).text
    assert f"Sitemap: {BASE}/sitemap.xml" in robots
    assert re.findall(r"Disallow: (.*)", robots) == ["/api/", "/staff"]
    database.settings.now = clock.now()
    assert re.findall(r"Disallow: (.*)", (await client.get("/robots.txt?demo")).text) == ["/"]


async def test_an_unchanged_page_is_not_sent_again(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make(database, offline=50)
    for path in ("/", "/o/luwu", "/o/luwu/months/2023-07", world.url):
        first = await client.get(path)
        kept = {"If-None-Match": first.headers["etag"], "Cookie": "bimtek-lang=id"}
        again = await client.get(path, headers=kept)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
        other = await client.get(path, headers={**kept, "Cookie": "bimtek-lang=en"})
        assert (other.status_code, other.headers["content-language"]) == (200, "en")
    later = clock.real_now() + guards.LONGEST / 2
    monkeypatch.setattr(clock, "real_now", lambda: later)
    stale = await client.get(world.url, headers=kept)
    assert stale.status_code == 200
    await client.post(world.url, data=world.person)
    assert (await client.get(world.url, headers={**kept, "If-None-Match": stale.headers["etag"]})).status_code == 200


async def test_the_place_leads_to_a_map_without_asking_anybody_before_the_click(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database, **PLACE)
    html = await read(client, world)
    addresses = {a["href"] for a in Reading(html).all("a")}
    point = "-3.394800,120.371900"
    assert f"geo:{point}?q={point}" in addresses
    assert "https://www.openstreetmap.org/?mlat=-3.394800&mlon=120.371900#map=17/-3.394800/120.371900" in addresses
    loaded = Reading(html).all("img", "iframe", "source", "object") + [
        a for a in Reading(html).all("link") if a["rel"] not in {"canonical", "alternate"}
    ]
    assert not [a for a in loaded if "//" in (a.get("src") or a.get("href") or "")]
    async with database.write() as session:
        row = await session.get_one(Workshop, world.gathering.id)
        row.venue_latitude, row.venue_name = None, 'Aula "A" & B'
    sought = "Aula%20%22A%22%20%26%20B%2C%20Belopa"
    addresses = {a["href"] for a in Reading(await read(client, world)).all("a")}
    assert {f"geo:0,0?q={sought}", f"https://www.openstreetmap.org/search?query={sought}"} <= addresses


async def test_seats_kept_for_the_invited_are_said_in_words(client: AsyncClient, database: Database) -> None:
    world = await make(database, offline=50, online=10)
    assert "disisihkan" not in await read(client, world)
    async with database.write() as session:
        capacity = await session.get_one(Capacity, world.gathering.id)
        capacity.offline_taken, capacity.offline_reserved = 5, 30
    html = await read(client, world)
    assert "Luring: sisa 15 dari 50 kursi" in html
    assert "30 kursi disisihkan bagi instansi yang diundang" in html
    assert "Sisa 15 kursi" in html
    assert "disisihkan" not in html[html.index("Daring: sisa") :]


async def test_the_pages_are_light_enough_for_a_cheap_phone_and_need_no_script(
    client: AsyncClient, database: Database
) -> None:
    questions = [
        {"code": f"q{number}", "label": "Pertanyaan tambahan panitia", "kind": "text", "required": True}
        for number in range(3)
    ]
    world = await make(database, description="Penyamaan pemahaman. " * 20, questions=questions, **PLACE)
    async with database.write() as session:
        house = await session.get_one(Organizer, world.house.id)
        for number in range(50):
            await factories.organisation(session, house, name=f"Dinas Pekerjaan Umum dan Penataan Ruang {number}")
        for week in range(40):
            start, end = at("07-03 08:00") + timedelta(weeks=week - 20), at("07-04 16:00") + timedelta(weeks=week - 20)
            title = "Bimbingan Teknis Penyusunan Masterplan Kota Cerdas (Smart City) dan Quick Win Tahap I"
            await factories.workshop(session, house, title=title, starts_at=start, ends_at=end, blocks=False)
    sheet = len((await client.get("/static/bimtek.css")).content)
    for path in ("/", "/o/luwu", "/o/luwu/months/2023-07", world.url):
        html = (await client.get(path)).text
        assert sheet + len(html.encode()) < 50_000, path
        assert [a for a in Reading(html).all("script") if a.get("type") != "application/ld+json"] == []


@pytest.mark.parametrize(
    ("logo", "shown"),
    [("/logos/luwu/1.png", True), ("https://elsewhere.example/1.png", False), ("//elsewhere.example/1.png", False)],
)
async def test_no_page_loads_a_logo_from_elsewhere(
    client: AsyncClient, database: Database, logo: str, *, shown: bool
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu", logo=logo)
    page = (await client.get(f"/o/{house.slug}")).text
    assert (f'src="{logo}"' in page) is shown
    assert ('class="seal"' in page) is not shown


@pytest.mark.parametrize("slug", ["nobody", "a%00b", "%ED%A0%80", "x" * 201])
async def test_what_was_done_for_no_organizer_is_a_page_that_says_so(client: AsyncClient, slug: str) -> None:
    answer = await client.get(f"/done/{slug}/erased")
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
