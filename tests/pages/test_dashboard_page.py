"""The dashboard as the committee, a meeting room and everybody see it."""

import re
from datetime import date
from html import unescape

import pytest
from httpx import AsyncClient

from service import clock
from service.auth import system
from service.db import Database
from service.domain import commitments, dashboard_links, reports
from service.models.commitments_shapes import ReasonGiven
from service.models.dashboard_shapes import DashboardLinkCreate
from service.models.organizers import Organizer, Role
from service.models.workshops import WorkshopStatus
from service.pages import dashboard_screen, dashboard_view as view, once
from tests import factories
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in
from tests.support import fixture_world
from tests.support.promises import scene
from tests.support.report_tables import Tables


@pytest.fixture
async def luwu(database: Database) -> Tables:
    """The fixture's world on the morning after its last due date but one."""
    async with database.write() as session:
        tables = Tables(session, fixture_world.world(fixture_world.fixture()))
        await tables.write()
    clock.freeze(at("08-01 08:00"))
    return tables


def figures(html: str) -> dict[str, str]:
    """Label -> number of the figures at the top."""
    found = re.findall(r"<dt>(?:<a [^>]*>)?([^<]+?)(?:</a>)?</dt>\s*<dd class=\"figure-number\">(.+?)</dd>", html)
    return {label: re.sub(r"<[^>]*>", "", number) for label, number in found}


def spoken_share(part: int, whole: int) -> str:
    """In percent, as a page says it."""
    return f"{round(part * 100 / whole, 1):g}".replace(".", ",")


def links(html: str) -> set[str]:
    return {unescape(address) for address in re.findall(r'href="([^"]+)"', html)}


async def test_the_head_of_the_office_sees_who_must_act_and_walks_to_each_item(
    client: AsyncClient, database: Database, luwu: Tables
) -> None:
    cookie, _csrf = await signed_in(database, luwu.organizer, Role.VIEWER)
    for language, share in (("en", "33.3"), ("id", "33,3")):
        client.headers["Accept-Language"] = language
        shown = (await client.get("/dashboard", headers=cookie)).text
        assert faults(shown, language) == []
        numbers = [text.split()[0] for text in figures(shown).values()]
        assert numbers == [share, "23", "33", "5", "7"]
    workshop = f"workshop={luwu.workshop.id}"
    address = "/staff/commitments?"
    assert {
        f"{address}{workshop}&overdue=true",
        f"{address}{workshop}&organisation=dlh&dimension=environment",
        f"{address}{workshop}&dimension=governance",
        f"/dashboard/reports/most-overdue?{workshop}",
    } <= links(shown)
    # A viewer shares nothing, and is offered no form to.
    assert "<form method=" not in shown
    assert 'method="post"' not in shown

    past = (await client.get("/dashboard", params={"as_of": "2023-07-21"}, headers=cookie)).text
    assert list(figures(past).values())[1] != "23"
    assert f"{address}{workshop}&overdue=true&as_of=2023-07-21" in links(past)
    odd = await client.get("/dashboard", params={"as_of": "kemarin"}, headers=cookie)
    assert (odd.status_code, list(figures(odd.text).values())[1], faults(odd.text, "id")) == (400, "23", [])
    assert '<a href="#as_of">Pilih tanggal, misalnya 2023-07-21.</a>' in odd.text
    assert (await client.get("/dashboard", params={"workshop": "xyz"}, headers=cookie)).status_code == 404
    assert "Halaman publik diperbarui." not in (await client.get("/dashboard?done=x", headers=cookie)).text
    assert re.findall(r"submit\">([^<]+)", shown) == ["Tampilkan kegiatan", "Tampilkan tanggal ini"]
    assert (await client.get("/dashboard", params={"as_of": "9999-12-31"}, headers=cookie)).status_code == 200
    for name in reports.REPORTS:
        report = await client.get(f"/dashboard/reports/{name}", params={"as_of": "2023-08-01"}, headers=cookie)
        assert (report.status_code, faults(report.text, "id")) == (200, []), name
        assert f"/api/v1/reports/{name}.xlsx?{workshop}&as_of=2023-08-01" in links(report.text)
    assert (await client.get("/dashboard/reports/unknown", headers=cookie)).status_code == 404


async def test_a_screen_shows_offices_and_data_and_nothing_once_its_link_is_closed(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_screen, "LINES", 3)
    async with database.write() as session:
        s = await scene(session, "luwu")
        await factories.registration(session, s.workshop, name="Kenari-7f3a")
        await s.ask(session, due_date=date(2023, 7, 14))
        gone = await s.ask(session, due_date=date(2023, 7, 14))
        await commitments.decline(session, s.agency_actor(), gone.id, ReasonGiven(reason="Kenari-alasan"))
        for number in range(5):
            await s.ask(session, code=f"K-{number:03}", due_date=date(2023, 7, 14), organisation=s.other.code)
    clock.freeze(at("08-01 08:00"))
    owner, csrf = await signed_in(database, s.house, Role.OWNER)
    typed = {"csrf": csrf, "once": once.value(), "name": "Ruang rapat", "workshop": str(s.workshop.id)}
    refused = await client.post("/dashboard/links", data=typed | {"name": ""}, headers=owner)
    assert (refused.status_code, "Tuliskan tempat layar itu." in refused.text) == (422, True)
    assert (await client.post("/dashboard/links", data=typed | {"csrf": "x"}, headers=owner)).status_code == 403
    made = (await client.post("/dashboard/links", data=typed | {"fixed": "yes"}, headers=owner)).text
    [token] = set(re.findall(r"/dashboard/([\w-]{43})", made))
    again = await client.post("/dashboard/links", data=typed | {"fixed": "yes"}, headers=owner)
    assert (again.status_code, again.headers["location"]) == (303, "/dashboard?done=sent")
    assert token not in (await client.get("/dashboard", headers=owner)).text

    wall = await client.get(f"/dashboard/{token}")
    assert (wall.status_code, wall.headers["cache-control"]) == (200, "no-store")
    assert list(figures(wall.text).values())[1:] == ["6", "6", "0", "6"]
    detail = (await client.get(f"/dashboard/{token}", params={"detail": "1"})).text
    home = f"/dashboard/{token}"
    workshop = f"workshop={s.workshop.id}"
    late = f"{home}/items?{workshop}&organisation={s.other.code}&overdue=true"
    assert late in links(detail)
    first = (await client.get(late)).text
    [more] = [address for address in links(first) if "after=" in address]
    second = (await client.get(f"{home}/items{more}")).text
    codes = re.findall(r"K-\d{3}", first + second)
    assert codes == [f"K-{number:03}" for number in range(5)]
    everything = wall.text + detail + first + (await client.get(f"{home}/items")).text
    assert "Kenari" not in everything
    assert not [address for address in links(everything) if address.startswith(("/staff", "/api", "/portal"))]
    assert (await client.get(f"{home}/items", params={"workshop": "x"})).status_code == 404
    for path in (wall.text, detail, first):
        assert faults(path, "id") == []

    [closing] = re.findall(r'action="(/dashboard/links/[^"]+)"', made)
    assert (await client.post(closing, data={"csrf": csrf}, headers=owner)).status_code == 303
    for path in (home, f"{home}/items"):
        assert (await client.get(path)).status_code == 404


async def test_a_screen_without_a_workshop_says_so_and_one_of_another_house_stays_closed(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        row = await dashboard_links.add(session, system(house.id), DashboardLinkCreate(name="Layar"))
        token = dashboard_links.token_of(session, row)
    empty = await client.get(f"/dashboard/{token}")
    assert (empty.status_code, "Belum ada data yang diminta" in empty.text) == (200, True)
    assert (await client.get(f"/dashboard/{token}/items")).status_code == 404
    assert (await client.get(f"/dashboard/{factories.forged(token)}")).status_code == 404


async def test_everybody_sees_what_the_organizer_chose_and_nothing_before(
    client: AsyncClient, database: Database, luwu: Tables
) -> None:
    page = f"/w/{luwu.organizer.slug}/progress"
    assert (await client.get(page)).status_code == 404
    owner, csrf = await signed_in(database, luwu.organizer, Role.OWNER)
    organizer, _csrf = await signed_in(database, luwu.organizer, Role.ORGANIZER)
    wanted = {"csrf": csrf, "enabled": "yes"}
    assert (await client.post("/dashboard/progress", data=wanted, headers=organizer)).status_code == 403
    assert (await client.post("/dashboard/progress", data=wanted, headers=owner)).status_code == 303
    shown = await client.get(page)
    assert faults(shown.text, "id") == []
    assert "33,3" in shown.text
    assert '<svg class="steps"' not in shown.text
    assert 'class="nexts"' not in shown.text
    assert "Terlambat" not in shown.text
    again = await client.get(page, headers={"If-None-Match": shown.headers["etag"]})
    assert again.status_code == 304

    await client.post("/dashboard/progress", data=wanted | {"burn_up": "yes", "organisations": "yes"}, headers=owner)
    more = (await client.get(page)).text
    assert '<svg class="steps"' in more
    assert "komitmen diterima" not in more
    assert not {"Terlambat", "Jatuh tempo", "jatuh tempo", "line-due"} & set(re.findall(r"[Jj]atuh tempo|[\w-]+", more))
    rows = re.findall(r"<tr>(.*?)</tr>", more[more.index("figures-table") :])
    assert {len(re.findall(r"<t[hd]", row)) for row in rows} == {4}
    # Every share stands beside the items that it is of, and is what the API calls readiness.
    told = re.findall(r"<b>([\d,]+)<small> %</small></b>.*?<small[^>]*>(\d+) dari (\d+) butir", more)
    assert len(told) == 6
    assert [share for share, _of, _all in told] == [spoken_share(int(of), int(every)) for _share, of, every in told]
    offices = re.findall(r"<li><span[^>]*>[^<]+</span> <span class=\"muted\">([^<]+)</span>", more)
    assert sum(int(one.split()[0]) for one in offices) == 20
    assert all(re.fullmatch(r"[1-9]\d* data", one) for one in offices)
    assert re.findall(r"C-[A-Z]\d\d", more) == []
    # Light enough for a cheap phone, as all public pages are.
    sheets = [(await client.get(address)).content for address in re.findall(r'rel="stylesheet" href="([^"]+)"', more)]
    assert len(sheets) == 2
    assert sum(map(len, sheets)) + len(more.encode()) < 50_000


async def test_a_workshop_called_progress_keeps_its_address_until_the_page_is_switched_on(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        await factories.workshop(session, house, slug="progress", title="Rapat kemajuan")
    assert "Rapat kemajuan" in (await client.get(f"/w/{house.slug}/progress")).text
    async with database.write() as session:
        (await session.get_one(Organizer, house.id)).public_progress = {"enabled": True}
    assert "Perkembangan pemenuhan data" in (await client.get(f"/w/{house.slug}/progress")).text


def test_a_dimension_is_short_without_what_all_of_them_say() -> None:
    assert view.short("Tata Kelola Cerdas (Smart Governance)") == "Tata Kelola"
    assert view.short("(Smart)") == "(Smart)"


async def test_what_is_planned_or_called_off_is_never_public(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, public_progress={"enabled": True})
        await factories.workshop(session, house, status=WorkshopStatus.DRAFT, never_published=True)
        await factories.workshop(session, house, status=WorkshopStatus.CANCELLED, never_published=True)
        await factories.workshop(session, house, status=WorkshopStatus.CANCELLED)
    assert (await client.get(f"/w/{house.slug}/progress")).status_code == 404
