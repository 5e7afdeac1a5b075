"""The month of an organizer: a table of weeks and a list of days that say the same, in its own zone."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Holiday
from service.models.workshops import WorkshopStatus
from service.pages.months import Month
from tests import factories
from tests.factories import at
from tests.pages.reading import faults


def table(html: str) -> str:
    return html[html.index("<table") : html.index("</table>")]


def bars(html: str) -> list[tuple[list[str], str]]:
    """What runs in the table: on which days, and its title."""
    cell = r'<td(?: colspan="\d+")? headers="([^"]+)">.*?<a [^>]*>(?:<.*?</span>)?([^<]+)</a>'
    found = re.findall(cell, html, re.DOTALL)
    return [([word.removeprefix("d") for word in days.split()], unescape(title)) for days, title in found]


def days(html: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the list for phones says of each day: the workshops, and the holiday."""
    part = html[html.index('<ol class="list month-list">') : html.index("</ol>")]
    entries = re.findall(r'<h2 class="small-head">([^<]+?)(?: <span.*?)?</h2>(.*?)</li>', part, re.DOTALL)
    return [
        (day, re.findall(r'<a class="link-row"[^>]*>([^<]+)|class="off"[^>]*>([^<]+)', rest)) for day, rest in entries
    ]


async def month(client: AsyncClient, word: str, language: str = "id") -> str:
    answer = await client.get(f"/o/luwu/months/{word}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert faults(answer.text, language) == []
    return answer.text


async def test_several_days_are_spanned_in_the_table_and_repeated_in_the_list(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.workshop(session, house, title="Bimtek <I>")
        session.add(Holiday(organizer_id=house.id, day=date(2023, 7, 19), name="1 Muharam"))
        await factories.workshop(session, house, title="Rancangan", status=WorkshopStatus.DRAFT)
        other = await factories.organizer(session, "banjar")
        session.add(Holiday(organizer_id=other.id, day=date(2023, 7, 20), name="Bukan kita"))
        await factories.workshop(session, other, title="Milik Banjar")
    html = await month(client, "2023-07")
    assert bars(html) == [(["2023-07-03", "2023-07-04"], "Bimtek <I>")]
    assert 'colspan="2" headers="d2023-07-03 d2023-07-04 "' in html
    assert days(html) == [
        ("Senin, 3 Juli 2023", [("Bimtek &lt;I&gt;", "")]),
        ("Selasa, 4 Juli 2023", [("Bimtek &lt;I&gt;", "")]),
        ("Rabu, 19 Juli 2023", [("", "1 Muharam")]),
    ]
    assert "Hari ke-1 dari 2" in html
    assert "Hari ke-2 dari 2" in html
    assert table(html).count("1 Muharam") == 1


async def test_every_row_of_the_table_has_seven_columns(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        for first, last in (("07-01", "07-12"), ("07-03", "07-03"), ("07-05", "07-06"), ("07-31", "08-02")):
            title, start, end = f"{first} {last}", at(f"{first} 08:00"), at(f"{last} 16:00")
            await factories.workshop(session, house, title=title, blocks=False, starts_at=start, ends_at=end)
    html = await month(client, "2023-07")
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table(html), re.DOTALL):
        assert sum(int(width or 1) for width in re.findall(r"<t[hd](?:[^>]* colspan=\"(\d+)\")?", row)) == 7
    assert [(found[0], found[-1], title) for found, title in bars(html)] == [
        ("2023-07-01", "2023-07-02", "07-01 07-12"),
        ("2023-07-03", "2023-07-09", "07-01 07-12"),
        ("2023-07-03", "2023-07-03", "07-03 07-03"),
        ("2023-07-05", "2023-07-06", "07-05 07-06"),
        ("2023-07-10", "2023-07-12", "07-01 07-12"),
        ("2023-07-31", "2023-08-02", "07-31 08-02"),
    ]


async def test_days_between_that_have_no_programme_are_left_free(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        gathering = await factories.workshop(session, house, title="Dua pertemuan")
        later = await factories.workshop(session, house, title="Lain", blocks=False)
        gathering.starts_at, gathering.ends_at = at("06-26 08:00"), at("07-14 16:00")
        later.starts_at, later.ends_at = at("07-10 08:00"), at("07-11 00:00")
    html = await month(client, "2023-07")
    assert "Hari ke-4 dari 4" in html
    assert bars(html) == [
        (["2023-07-03", "2023-07-04"], "Dua pertemuan"),
        (["2023-07-10"], "Lain"),
        (["2023-07-14"], "Dua pertemuan"),
    ]


@pytest.mark.parametrize(("zone", "day"), [("Asia/Makassar", "2023-07-01"), ("Asia/Jakarta", "2023-06-30")])
async def test_a_day_is_one_of_the_organizers_zone(
    client: AsyncClient, database: Database, zone: str, day: str
) -> None:
    # 00:30 in Makassar is still the evening before in Jakarta.
    start = datetime(2023, 6, 30, 16, 30, tzinfo=UTC)
    async with database.write() as session:
        house = await factories.organizer(session, "luwu", timezone=zone)
        end = start + timedelta(minutes=20)
        await factories.workshop(session, house, blocks=False, starts_at=start, ends_at=end, timezone="Asia/Makassar")
    assert [found for found, _title in bars(await month(client, day[:7]))] == [[day]]


async def test_an_empty_month_says_when_something_is(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.workshop(session, house, title="Bimtek I")
    before, after = await month(client, "2023-06"), await month(client, "2023-08")
    for html, said in ((before, "Kegiatan berikutnya:"), (after, "Kegiatan terakhir:")):
        assert "Tidak ada kegiatan pada bulan ini." in html
        assert said in html
        assert re.search(r'/w/luwu/[^"]+">Bimtek I</a>, 3–4 Juli 2023\.', html)
    async with database.write() as session:
        await factories.organizer(session, "kosong")
    empty = await client.get("/o/kosong/months/2023-07")
    assert "Tidak ada kegiatan pada bulan ini." in empty.text
    assert empty.headers["x-robots-tag"] == "noindex"


async def test_months_turn_one_beyond_what_there_is_and_no_further(client: AsyncClient, database: Database) -> None:
    clock.freeze(at("06-20 08:00"))
    async with database.write() as session:
        await factories.workshop(session, await factories.organizer(session, "luwu"))

    async def turns(word: str) -> dict[str, str]:
        html = await month(client, word)
        return dict(re.findall(r'rel="(prev|next)" href="/o/luwu/months/([^"]+)"', html))

    assert await turns("2023-05") == {"next": "2023-06"}
    assert await turns("2023-06") == {"prev": "2023-05", "next": "2023-07"}
    assert await turns("2023-08") == {"prev": "2023-07"}
    assert 'href="/o/luwu/months/2023-06">Bulan ini' in await month(client, "2023-08")
    here = await client.get("/o/luwu/months")
    assert (here.status_code, here.headers["location"]) == (303, "/o/luwu/months/2023-06")


@pytest.mark.parametrize(
    "word", ["2023-13", "2023-00", "1969-12", "2200-01", "2023-7", "x", "２０２３-07", "2023-07%0a"]
)
async def test_what_is_no_month_is_not_found(client: AsyncClient, database: Database, word: str) -> None:
    async with database.write() as session:
        await factories.organizer(session, "luwu")
    assert (await client.get(f"/o/luwu/months/{word}")).status_code == 404
    assert (await client.get("/o/nobody/months/2023-07")).status_code == 404


async def test_a_cancelled_workshop_is_called_so_and_today_is_marked(client: AsyncClient, database: Database) -> None:
    clock.freeze(at("07-04 08:00"))
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.workshop(session, house, title="Batal", status=WorkshopStatus.CANCELLED)
    html = await month(client, "2023-07", "en")
    assert "Cancelled: </span>Batal</a>" in html
    assert re.findall(r'<time datetime="([^"]+)" aria-current="date">', html) == ["2023-07-04"]
    assert '<h2 class="small-head">Tuesday, 4 July 2023 <span class="muted">(today)</span></h2>' in html


def test_months_follow_one_another_across_years() -> None:
    assert (Month(2023, 12).after, Month(2024, 1).before) == (Month(2024, 1), Month(2023, 12))
    assert (Month(2024, 2).last, Month(2199, 12).last) == (date(2024, 2, 29), date(2199, 12, 31))
