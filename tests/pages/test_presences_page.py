"""The committee takes over a meeting's report and says whose each connection is, with plain forms."""

import html
import re

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.attendance import Presence, PresenceMatch
from service.models.organizers import Role
from service.models.registrations import Registration
from tests import factories
from tests.factories import at
from tests.pages.world import World, signed_in
from tests.support import zoom_files
from tests.support.zoom_files import report, row

HERE = "/staff/presences"
# The statements behind it run on both kinds of database in tests/routers.
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


class Committee:
    """A signed-in browser without script."""

    def __init__(self, client: AsyncClient, world: World, cookie: dict[str, str], csrf: str) -> None:
        self.client, self.world, self.cookie, self.csrf = client, world, cookie, csrf

    async def upload(self, text: str, *, csrf: str | None = None, zone: str = "Asia/Makassar") -> Response:
        data = {"workshop": str(self.world.gathering.id), "timezone": zone, "csrf": csrf or self.csrf}
        files = {"file": ("participants.csv", text.encode(), "text/csv")}
        return await self.client.post(HERE, data=data, files=files, headers=self.cookie)

    async def confirm(self, tried: str) -> Response:
        [packed] = re.findall(r'name="packed" value="([^"]+)"', tried)
        return await self.post(f"{HERE}/confirmed", workshop=str(self.world.gathering.id), packed=packed)

    async def post(self, address: str, **data: object) -> Response:
        return await self.client.post(address, data={"csrf": self.csrf} | data, headers=self.cookie)

    async def shown(self, show: str = "waiting") -> str:
        query = {"workshop": str(self.world.gathering.id), "show": show}
        answer = await self.client.get(HERE, params=query, headers=self.cookie)
        assert answer.status_code == 200
        return html.unescape(answer.text)


@pytest.fixture
async def committee(client: AsyncClient, database: Database, world: World) -> Committee:
    clock.freeze(at("07-03 18:00"))
    return Committee(client, world, *await signed_in(database, world.house, Role.ORGANIZER))


async def matches(database: Database) -> dict[str, list[str]]:
    """Names of registrations by the name shown online, of what a person decided."""
    query = (
        select(Presence.display_name, Registration.name)
        .join(PresenceMatch, PresenceMatch.presence_id == Presence.id)  # type: ignore[arg-type] # a column
        .join(Registration, Registration.id == PresenceMatch.registration_id)  # type: ignore[arg-type] # a column
    )
    found: dict[str, list[str]] = {}
    async with database.read() as session:
        for shown, name in await session.exec(query.order_by(Registration.name)):
            found.setdefault(shown, []).append(name)
    return found


@ON_SQLITE
async def test_a_report_is_shown_before_it_is_stored_and_stored_by_a_second_word(
    committee: Committee, database: Database
) -> None:
    tried = await committee.upload(zoom_files.ABOUT + zoom_files.ENGLISH)
    assert tried.status_code == 200
    counts = dict(re.findall(r'<dt>([^<]+)</dt><dd class="numbers">(\d+)</dd>', tried.text))
    assert counts == {"Sambungan baru": "2", "Sudah diketahui": "0", "Milik peserta": "0", "Perlu dicocokkan": "2"}
    assert "Tidak ada sambungan yang perlu dicocokkan." in await committee.shown()
    done = await committee.confirm(tried.text)
    assert done.headers["location"] == f"{HERE}?workshop={committee.world.gathering.id}&done=imported"
    page = await committee.shown()
    assert "Dinkes_Staf (Kepala Bidang Aptika)" in page
    assert "Senin, 3 Juli 2023, 09.20–11.45 WITA" in page
    assert await matches(database) == {}


async def test_a_wrong_zone_and_a_wrong_workshop_are_seen_before_anything_is_stored(committee: Committee) -> None:
    clock.freeze(at("07-04 18:00"))
    doubt = "Kurang dari separuh waktunya"
    for zone, first, doubted in (("Asia/Makassar", "08.55", False), ("UTC", "16.55", True)):
        page = (await committee.upload(zoom_files.REGISTRANTS, zone=zone)).text
        assert f"Senin, 3 Juli 2023, pukul {first} WITA" in page
        assert (doubt in page) is doubted, zone
    title = committee.world.gathering.title
    elsewhere = await committee.upload(report(row("A", "09:20", "10:00", day="2023-06-05")))
    assert f"1 baris bukan pada hari {title} (3–4 Juli 2023)." in elsewhere.text
    unclear = await committee.upload(report(row("A", "09:20", "10:00", day="05/06/2023")))
    assert unclear.status_code == 422
    assert f"Kegiatan yang dipilih: {title}, 3–4 Juli 2023." in unclear.text


@ON_SQLITE
async def test_a_stranger_s_form_is_refused_and_a_bad_file_says_what_to_do(committee: Committee) -> None:
    assert (await committee.upload(zoom_files.ENGLISH, csrf="guessed")).status_code == 403
    refused = await committee.upload(zoom_files.TOTALS)
    assert refused.status_code == 422
    assert "Show unique users" in refused.text
    for packed in ("", "!", "eJyLjgUAARUAuQ", "eJwrSS0uAQAEXQHB"):
        data = {"workshop": str(committee.world.gathering.id), "packed": packed}
        assert (await committee.post(f"{HERE}/confirmed", **data)).status_code == 400
    viewer = await committee.client.post(HERE, files={"file": ("x.csv", b"")}, data={"csrf": "x"})
    assert viewer.headers["location"].startswith("/sign-in?next=/staff/presences")


async def test_a_suggestion_a_search_several_people_and_nobody(committee: Committee, database: Database) -> None:
    async with database.write() as session:
        await factories.registration(session, committee.world.gathering, name="Camat Bua", organisation_name="Bua")
    await committee.confirm((await committee.upload(zoom_files.ENGLISH)).text)
    page = await committee.shown()
    [(action, person)] = re.findall(
        rf'action="({HERE}/[^"]+/match)"(?:(?!</form>).)*?name="person" value="([^"]+)"', page, re.DOTALL
    )
    await committee.post(action, person=person)
    assert await matches(database) == {"Dinkes_Staf (Kepala Bidang Aptika)": ["Kepala Bidang Aptika"]}
    [iphone] = re.findall(rf'action="({HERE}/[^"]+)/match"', await committee.shown())
    found = await committee.post(iphone, q="camat b", person=person)
    ticked = re.findall(r'name="person" value="([^"]+)"( checked)?', found.text)
    assert [mark for _id, mark in ticked] == [" checked", ""]
    assert "camat" not in str(found.url)
    assert (await committee.post(f"{iphone}/match")).status_code == 422
    both = await committee.post(f"{iphone}/match", person=[one for one, _mark in ticked])
    assert both.status_code == 303
    assert (await matches(database))["iPhone"] == ["Camat Bua", "Kepala Bidang Aptika"]
    await committee.post(f"{iphone}/match", nobody="yes")
    assert "iPhone" not in await matches(database)
    assert "iPhone" in await committee.shown("nobodys")
    assert "Tidak ada sambungan yang perlu dicocokkan." in await committee.shown()
    again = await committee.upload(zoom_files.ENGLISH)
    await committee.confirm(again.text)
    assert "Tidak ada sambungan yang perlu dicocokkan." in await committee.shown()


@ON_SQLITE
async def test_one_word_may_hold_for_every_connection_of_that_name(committee: Committee, database: Database) -> None:
    rows = [zoom_files.row("Aula Bua", start, end) for start, end in (("09:20", "10:00"), ("10:10", "11:00"))]
    await committee.confirm((await committee.upload(zoom_files.report(*rows))).text)
    page = await committee.shown()
    assert "Berlaku juga untuk 1 sambungan lain" in page
    action = re.findall(rf'action="({HERE}/[^"]+/match)"', page)[0]
    await committee.post(action, person=str(committee.world.row.id), also="yes")
    assert await matches(database) == {"Aula Bua": [committee.world.row.name] * 2}


@ON_SQLITE
async def test_another_house_s_connection_is_not_found(committee: Committee, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        theirs = Presence(
            organizer_id=house.id, workshop_id=gathering.id, external_id="x", display_name="x",
            joined_at=clock.now(), left_at=clock.now(),
        )  # fmt: skip
        session.add(theirs)
    for address in (f"{HERE}/{theirs.id}", f"{HERE}?workshop={gathering.id}"):
        assert (await committee.client.get(address, headers=committee.cookie)).status_code == 404
    assert (await committee.post(f"{HERE}/{theirs.id}/match", nobody="yes")).status_code == 404
