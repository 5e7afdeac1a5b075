"""The menu that puts a feed into one's own calendar, on the pages that have a feed."""

from html import unescape
from urllib.parse import quote

import pytest
from httpx import AsyncClient

from service.db import Database
from service.domain.calendars_organisations import calendar_url
from tests import factories

HOST = "http://127.0.0.1:8000"


@pytest.fixture
async def pages(database: Database) -> dict[str, str]:
    """The pages with a feed, and the feed's address."""
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.workshop(session, house, slug="bimtek-1")
        agency = await factories.organisation(session, house)
        return {
            "/o/luwu": f"{HOST}/calendar/luwu.ics",
            "/w/luwu/bimtek-1": f"{HOST}/calendar/luwu/bimtek-1.ics",
            f"/portal/{factories.portal_token(session, agency)}": calendar_url(session, agency),
        }


async def test_every_page_with_a_feed_offers_every_calendar(client: AsyncClient, pages: dict[str, str]) -> None:
    for page, feed in pages.items():
        html = unescape((await client.get(page)).text)
        assert (await client.get(feed.removeprefix(HOST))).status_code == 200
        rest = feed.partition("://")[2]
        assert f'href="webcal://{rest}"' in html
        assert f'href="https://calendar.google.com/calendar/render?cid=webcal%3A%2F%2F{quote(rest, safe="")}"' in html
        for host in ("outlook.live.com", "outlook.office.com"):
            assert f'href="https://{host}/calendar/0/addfromweb?url={quote(feed, safe="")}&name=' in html
        assert (f'href="{feed}?download=1"' in html) == (not page.startswith("/portal"))


async def test_the_menu_works_without_scripts_and_says_what_it_is(client: AsyncClient, pages: dict[str, str]) -> None:
    for page in pages:
        for language, words in (("id", "Tambahkan ke kalender"), ("en", "Add to calendar")):
            html = (await client.get(page, headers={"Accept-Language": language})).text
            _before, summary, menu = html.partition("<summary>")
            assert summary
            assert words in menu.partition("</summary>")[0]
            assert "<script" not in menu.partition("</details>")[0]


async def test_the_portals_own_token_is_in_no_calendar_link(client: AsyncClient, pages: dict[str, str]) -> None:
    [page] = [one for one in pages if one.startswith("/portal")]
    token = page.rpartition("/")[2]
    menu = (await client.get(page)).text.partition("<summary>")[2].partition("</details>")[0]
    assert token not in menu
