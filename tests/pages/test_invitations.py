"""The page behind an invitation's link: what the organisation sees and does there without an account."""

import asyncio
import re

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.auth import system
from service.db import Database
from service.domain import invitations
from service.models.invitations import Invitation, InvitationStatus
from service.models.invitations_shapes import InvitationCreate, Quota
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Modality
from service.settings import Settings
from tests import factories
from tests.factories import at

SECRETARY = {"do": "add", "name": "Sekretaris Dinas", "email": "sekretaris@luwukab.go.id", "mode": "offline"}
PLANNER = {"do": "add", "name": "Kasubag Perencanaan", "phone": "0812-0000-0002", "mode": "online"}


async def invited(database: Database, modality: Modality = Modality.HYBRID) -> str:
    """The path of an invitation for two in the hall and one online, until 1 July."""
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, modality=modality, venue_name="Aula Bappelitbangda")
        agency = await factories.organisation(session, house, "dinkes", name="Dinas Kesehatan")
        data = InvitationCreate(
            organisation=agency.code,
            quota=Quota(offline=2, online=1),
            letter_number="005/12/Diskominfo-SP",
            deadline=at("07-01 16:00"),
        )
        row = await invitations.invite(session, system(house.id), gathering.id, data)
        return invitations.link_of(session, row).removeprefix("http://127.0.0.1:8000")


async def people(database: Database) -> list[tuple[str, RegistrationStatus]]:
    async with database.read() as session:
        rows = await session.exec(select(Registration).order_by("number"))
        return [(row.name, row.status) for row in rows]


async def test_the_page_says_who_is_invited_to_what_until_when_and_for_how_many(
    client: AsyncClient, database: Database
) -> None:
    page = await client.get(await invited(database))
    assert page.status_code == 200
    for said in (
        "Undangan untuk Dinas Kesehatan",
        "005/12/Diskominfo-SP",
        "Sabtu, 1 Juli 2023, pukul 16.00 WITA",
        "Aula Bappelitbangda",
        "0 dari kuota 2 sudah ditunjuk",
        "0 dari kuota 1 sudah ditunjuk",
    ):
        assert said in page.text
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    [workshop_page] = re.findall(r'href="(/w/[^"]+)"', page.text)
    assert (await client.get(workshop_page)).status_code == 200


async def test_a_delegate_is_named_and_taken_back(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    added = await client.post(path, data=SECRETARY)
    assert (added.status_code, added.headers["location"]) == (303, f"{path}?done=added")
    await client.post(path, data=PLANNER)
    page = (await client.get(added.headers["location"])).text
    assert "Peserta sudah ditunjuk" in page
    assert "1 dari kuota 2 sudah ditunjuk" in page
    first, _second = re.findall(r'name="delegate" value="([^"]+)"', page)
    taken = await client.post(path, data={"do": "withdraw", "delegate": first})
    assert taken.headers["location"] == f"{path}?done=withdrawn"
    assert await people(database) == [
        ("Sekretaris Dinas", RegistrationStatus.CANCELLED),
        ("Kasubag Perencanaan", RegistrationStatus.CONFIRMED),
    ]


async def test_two_who_name_somebody_at_once_lose_nobody(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await asyncio.gather(client.post(path, data=SECRETARY), client.post(path, data=PLANNER))
    assert {status for _name, status in await people(database)} == {RegistrationStatus.CONFIRMED}
    assert len(await people(database)) == 2


async def test_beyond_the_quota_nobody_is_named_and_the_page_says_why(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await client.post(path, data=PLANNER)
    answer = await client.post(path, data={**SECRETARY, "mode": "online"})
    assert answer.status_code == 409
    assert "Kuota undangan terlampaui" in answer.text
    assert 'value="Sekretaris Dinas"' in answer.text
    assert re.search(r'value="online"[^>]* disabled', answer.text)
    assert await people(database) == [("Kasubag Perencanaan", RegistrationStatus.CONFIRMED)]


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": ""}, "name", "Tuliskan nama lengkap."),
        ({"mode": ""}, "mode", "Pilih cara hadir."),
        ({"email": ""}, "email", "Isi alamat surel atau nomor telepon."),
        ({"email": "bukan surel"}, "email", "Isi dengan alamat surel, misalnya nama@luwukab.go.id."),
        ({"do": "decline"}, "reason", "Tuliskan alasan secara singkat."),
    ],
)
async def test_what_is_missing_is_said_at_its_field(
    client: AsyncClient, database: Database, typed: dict[str, str], field: str, said: str
) -> None:
    answer = await client.post(await invited(database), data={**SECRETARY, **typed})
    assert answer.status_code == 422
    assert f'<a href="#{field}">{said}</a>' in answer.text
    assert await people(database) == []


async def test_declining_takes_delegates_back_and_naming_one_again_reopens(
    client: AsyncClient, database: Database
) -> None:
    path = await invited(database)
    await client.post(path, data=SECRETARY)
    await client.post(path, data={"do": "decline", "reason": "Bertugas di luar daerah"})
    page = (await client.get(path)).text
    assert "Alasan: Bertugas di luar daerah" in page
    assert "Belum ada peserta yang ditunjuk." in page
    await client.post(path, data=PLANNER)
    async with database.read() as session:
        assert (await session.exec(select(Invitation.status))).one() is InvitationStatus.SENT


async def test_after_the_deadline_the_page_has_no_form_and_takes_no_answer(
    client: AsyncClient, database: Database
) -> None:
    path = await invited(database)
    clock.freeze(at("07-01 16:01"))
    page = (await client.get(path)).text
    assert "Batas waktu undangan sudah lewat" in page
    assert "<form" not in page
    assert (await client.post(path, data=SECRETARY)).status_code == 409
    assert await people(database) == []


async def test_only_offered_modes_are_asked_for(client: AsyncClient, database: Database) -> None:
    page = (await client.get(await invited(database, Modality.OFFLINE))).text
    assert re.findall(r'name="mode" value="(\w+)"', page) == ["offline"]


@pytest.mark.parametrize("typed", [{}, {"do": "publish"}, {"do": "withdraw", "delegate": "x"}])
async def test_a_button_that_does_not_exist_does_nothing(
    client: AsyncClient, database: Database, typed: dict[str, str]
) -> None:
    assert (await client.post(await invited(database), data=typed)).status_code == 400


async def test_a_dead_link_opens_nothing(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    async with database.write() as session:
        (await session.exec(select(Invitation))).one().link_version += 1
    for dead in (path, "/invitations/x", f"/invitations/{'a' * 43}"):
        answers = [await client.get(dead), await client.post(dead, data=SECRETARY)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert "Dinas Kesehatan" not in answers[0].text + answers[1].text


async def test_looking_changes_nothing_and_the_demo_says_that_it_is_one(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    path = await invited(database)
    settings.now = clock.now()
    assert "Mode demo" in (await client.get(f"{path}?done=added")).text
    await client.head(path)
    assert await people(database) == []
