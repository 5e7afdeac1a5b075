"""The recap of attendance, and the badges whose codes open the door."""

import io
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import typst
import zxingcpp
from httpx import AsyncClient, Response
from PIL import Image

from service import auth, clock
from service.auth import Permission
from service.db import Database
from service.documents import pdf
from service.domain import attendance_recaps, reports
from service.models.invitations import Invitation
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.workshops import Mode
from tests import factories
from tests.factories import at
from tests.support import fixture_world
from tests.support.door import Door, scan
from tests.support.online import connection, known_online, report
from tests.support.report_tables import Tables
from tests.support.sheets import ONE, pages_of, sheets_of, text_of

END = date(2023, 8, 1)


class World(Door):
    """A door with three people of one agency that was invited, and an agency that was invited and named nobody."""

    people: list[Registration]

    async def get(self, path: str, **params: Any) -> Response:
        url = f"/api/v1/workshops/{self.workshop.id}/{path}"
        return await self.client.get(url, params=params, headers=self.staff)


@pytest.fixture
async def world(client: AsyncClient, database: Database) -> World:
    made = await World.open(client, database)
    async with database.write() as session:
        for code, offline, online in (("dinkes", 2, 1), ("arsip", 1, None)):
            agency = await factories.organisation(session, made.house, code)
            session.add(
                Invitation(
                    organizer_id=made.house.id,
                    workshop_id=made.workshop.id,
                    organisation_id=agency.id,
                    key_id=agency.key_id,
                    quota_offline=offline,
                    quota_online=online,
                )
            )
            if code == "dinkes":
                health = agency.id
        made.people = [
            await factories.registration(session, made.workshop, name="Kepala Rajin", organisation_id=health),
            await factories.registration(
                session, made.workshop, name="Staf Daring", organisation_id=health, mode=Mode.ONLINE
            ),
            await factories.registration(
                session, made.workshop, name="Tenaga Ahli", organisation_id=health, role=ParticipantRole.SPEAKER
            ),
        ]
    return made


async def attended(world: World) -> None:
    """The head everywhere but on the last afternoon (11 of 14 JP), the clerk online on the first day's morning."""
    for block, time in (("D1P", "07-03 09:20"), ("D1S", "07-03 13:05"), ("D2P", "07-04 08:35")):
        clock.freeze(at(time))
        await world.send(scan({"registration_id": str(world.people[0].id)}, at(time), block=block))
    clock.freeze(at("07-03 17:00"))
    await known_online(world, world.people[1], "z1")
    await report(world, connection("09:00", "12:00"), connection("13:00", "13:30"))
    clock.freeze(at("07-04 18:00"))


async def test_the_recap_counts_organisations_and_people_as_of_a_moment(world: World) -> None:
    await attended(world)
    text = text_of(await world.get("attendance-recap.pdf"))
    for said in (
        "1. Dinas arsip 1 L + bebas D 0 0 / 0 0 / 0 0 / 0 0 / 0 0 0",
        "2. Dinas dinkes 2 L + 1 D 3 1 / 1 1 / 0 1 / 0 0 / 0 2 14",
        "Jumlah 3 L + bebas D 3 1 / 1 1 / 0 1 / 0 0 / 0 2 14",
        "Kepala Rajin Dinas dinkes L L L 11 / 14 78,5% Tidak",
        "Staf Daring Dinas dinkes D 135 (D 30) 3 / 14 21,4% Tidak",
        "Tenaga Ahli Narasumber Dinas dinkes 0 / 14 0% –",
        "Keadaan : Selasa, 4 Juli 2023, 18.00 WITA",
        "sekurang-kurangnya 80% dari 14 JP",
    ):
        assert said in text
    earlier = text_of(await world.get("attendance-recap.pdf", as_of="2023-07-03"))
    assert "Kepala Rajin Dinas dinkes L L 7 / 14 50% Tidak" in earlier
    assert "Senin, 3 Juli 2023, 23.59 WITA" in earlier
    agencies, people = sheets_of(await world.get("attendance-recap.xlsx"))
    assert [cell.value for cell in [*agencies.rows][8]][1:] == [
        "Dinas dinkes",
        "2 L + 1 D",
        3,
        1,
        1,
        1,
        0,
        1,
        0,
        0,
        0,
        2,
        14,
    ]
    lines = {row[1]: row[4:] for row in people.iter_rows(values_only=True) if row[1]}
    assert lines["Kepala Rajin"] == ("L", "L", "L", None, 11, 14, "78,5%", "Tidak")


async def test_the_recap_of_the_fixture_agrees_with_the_reports_that_are_known(database: Database) -> None:
    data = fixture_world.fixture()
    async with database.write() as session:
        tables = Tables(session, fixture_world.world(data))
        await tables.write()
    known = fixture_world.expected(data)
    actor = auth.system(tables.organizer.id)
    async with database.read() as session:
        recap = await attendance_recaps.of_workshop(session, actor, tables.workshop.id, END)
        told = await reports.ask(session, actor, "certificate-eligibility", tables.workshop.id, END)
    assert [one.earned for one in recap.people].count("Ya") == known["certificate-eligibility"]["eligible"]
    assert told.model_dump(mode="json")["answer"] == known["certificate-eligibility"]
    assert sum(one.hours for one in recap.organisations) == sum(one.hours for one in recap.people) == recap.total.hours
    assert recap.total.unique == sum(one.hours > 0 for one in recap.people)


async def test_a_recap_of_nobody_at_the_end_of_the_calendar_is_still_a_paper(
    client: AsyncClient, database: Database
) -> None:
    empty = await World.open(client, database, blocks=False)
    assert "0 JP" in text_of(await empty.get("attendance-recap.pdf", as_of="9999-12-31"))
    assert (await empty.get("attendance-recap.xlsx")).status_code == 200
    assert (await empty.get("badges.pdf")).status_code == 404


@pytest.fixture
def picture(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The pages of what is rendered, as pictures, beside the document."""
    pages: list[bytes] = []
    real = pdf.render

    def render(template: str, data: Mapping[str, object], made_at: Any) -> bytes:
        made = typst.compile(
            pdf.source(template),
            font_paths=pdf.fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(pdf.printable(data))},
            format="png",
            ppi=110,
        )
        pages.extend([made] if isinstance(made, bytes) else made)
        return real(template, data, made_at)

    monkeypatch.setattr(pdf, "render", render)
    return pages


@ONE
async def test_the_code_on_every_badge_is_the_ticket_that_the_door_takes(world: World, picture: list[bytes]) -> None:
    async with world.database.write() as session:
        for number in range(6):
            await factories.registration(session, world.workshop, name=f"Peserta {number}", organisation_name="BPS")
        gone = await factories.registration(session, world.workshop, status=RegistrationStatus.CANCELLED)
        tickets = {factories.ticket(session, one) for one in world.people}
    answer = await world.get("badges.pdf")
    assert [page.extract_text().count(" · No. ") for page in pages_of(answer)] == [8, 1]
    assert ("Kepala Rajin" in text_of(answer), "NARASUMBER" in text_of(answer)) == (True, True)
    assert gone.name not in text_of(answer)
    codes = [[code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(page)))] for page in picture]
    assert [len(page) for page in codes] == [8, 1]
    assert tickets < {*codes[0], *codes[1]}
    clock.freeze(at("07-03 08:02"))
    accepted = await world.send(scan({"ticket": next(iter(tickets))}, at("07-03 08:02")))
    assert accepted["verdict"] == "accepted"


async def test_badges_are_printed_again_for_some_people_or_for_what_changed_since(world: World) -> None:
    one = text_of(await world.get("badges.pdf", registration=str(world.people[0].id)))
    assert "Kepala Rajin" in one
    assert "Staf Daring" not in one
    online = text_of(await world.get("badges.pdf", mode="online", paper="f4"))
    assert "Staf Daring" in online
    assert "Kepala Rajin" not in online
    since = clock.now()
    assert (await world.get("badges.pdf", since=since.isoformat())).status_code == 404
    clock.freeze(at("07-02 10:00"))
    await world.change(world.people[1], name="Staf Baru", updated_at=clock.now())
    later = text_of(await world.get("badges.pdf", since=since.isoformat()))
    assert "Staf Baru" in later
    assert "Kepala Rajin" not in later
    async with world.database.write() as session:
        only = await factories.api_key(session, world.house, Permission.ATTENDANCE_READ, Permission.REGISTRATIONS_WRITE)
    url = f"/api/v1/workshops/{world.workshop.id}/badges.pdf"
    assert (await world.client.get(url, headers=only)).status_code == 403
