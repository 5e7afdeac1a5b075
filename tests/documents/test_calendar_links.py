"""Links that put a feed into the calendars people use."""

from urllib.parse import parse_qs, urlsplit

import pytest

from service.documents.calendar_links import calendar_links

FEED = "https://bimtek.example/calendar/luwu.ics"
NASTY = 'Bimtek & Rapat?\r\nX: 1 / "#+ 100%'


def test_every_calendar_gets_the_address_in_the_form_it_takes() -> None:
    links = calendar_links(FEED, "Diskominfo-SP Kabupaten Luwu")
    named = "url=https%3A%2F%2Fbimtek.example%2Fcalendar%2Fluwu.ics&name=Diskominfo-SP%20Kabupaten%20Luwu"
    assert links.webcal == "webcal://bimtek.example/calendar/luwu.ics"
    assert links.google == (
        "https://calendar.google.com/calendar/render?cid=webcal%3A%2F%2Fbimtek.example%2Fcalendar%2Fluwu.ics"
    )
    assert links.outlook == f"https://outlook.live.com/calendar/0/addfromweb?{named}"
    assert links.office == f"https://outlook.office.com/calendar/0/addfromweb?{named}"
    assert links.file == f"{FEED}?download=1"


@pytest.mark.parametrize("url", [FEED, f"{FEED}?kind=bimtek&kind=evaluation", "http://127.0.0.1:8000/calendar/a/b.ics"])
def test_what_is_encoded_comes_out_whole(url: str) -> None:
    links = calendar_links(url, NASTY)
    rest = url.partition("://")[2]
    assert parse_qs(urlsplit(links.google).query) == {"cid": [f"webcal://{rest}"]}
    for one in (links.outlook, links.office):
        assert parse_qs(urlsplit(one).query) == {"url": [url], "name": [NASTY]}
    assert parse_qs(urlsplit(links.file).query) == parse_qs(urlsplit(url).query) | {"download": ["1"]}
    assert not any(
        character in one for one in (links.google, links.outlook, links.office) for character in "\r\n \"'<>"
    )
